MC-10: 4 has caught up, and the leader makes it a voter. Only 2 gets that list. 1 dies, and of {1,2,3,4} three are needed.

> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4
> quietly run 41
> lose append 1 3
> lose append 1 4
> run 4
[      63] 4 >> 1 term 1 has up to 2
[      63] 1  x 3 term 1 append 3..3 after 2/1 commit 2
[      63] 1  x 4 term 1 append 3..3 after 2/1 commit 2
[      63] 1 has members since 3: 1=m1, 2=m2, 3=m3, 4=m4
[      64] 1 >> 2 term 1 append 3..3 after 2/1 commit 2
[      64] 2 has members since 3: 1=m1, 2=m2, 3=m3, 4=m4
[      66] 2 >> 1 term 1 has up to 3
> crash 1
[      66] 1 is killed

4 believes that it is joining. 2 asks it all the same, for its list says voter; and 4 answers, for who asks may know better.
Without its vote, nobody would lead.
> pass
> elect 2
[     264] 2: the election time-out is over
[     264] 2 is precandidate in term 1, leader 0
[     265] 2 >> 3 term 2 prevote last 3/1
[     265] 2 >> 4 term 2 prevote last 3/1
[     266] 3 >> 2 term 2 prevote granted
[     266] 4 >> 2 term 2 prevote granted
[     266] 2 is candidate in term 2, leader 0
[     268] 2 >> 3 term 2 vote last 3/1
[     268] 3 is follower in term 2, leader 0
[     268] 2 >> 4 term 2 vote last 3/1
[     268] 4 is follower in term 2, leader 0
[     270] 3 >> 2 term 2 vote granted
[     270] 4 >> 2 term 2 vote granted
[     270] 2 leads in term 2
> run 10
[     271] 3 is follower in term 2, leader 2
[     271] 4 is follower in term 2, leader 2
[     271] 2 >> 3 term 2 append 4..4 after 3/1 commit 2
[     271] 2 >> 4 term 2 append 4..4 after 3/1 commit 2
[     272] 3 >> 2 term 2 can't follow 3, try 2/1
[     272] 4 >> 2 term 2 can't follow 3, try 2/1
[     273] 2 >> 3 term 2 append 3..4 after 2/1 commit 2
[     273] 3 has members since 3: 1=m1, 2=m2, 3=m3, 4=m4
[     273] 2 >> 4 term 2 append 3..4 after 2/1 commit 2
[     273] 4 has members since 3: 1=m1, 2=m2, 3=m3, 4=m4
[     275] 3 >> 2 term 2 has up to 4
[     275] 4 >> 2 term 2 has up to 4
[     275] 2 leads in term 2 and is ready
[     275] 2 applies 3..4
[     276] 2 >> 3 term 2 append nothing after 4/2 commit 4
[     276] 3 applies 3..4
[     276] 2 >> 4 term 2 append nothing after 4/2 commit 4
[     276] 4 applies 3..4
[     277] 3 >> 2 term 2 has up to 4
[     277] 4 >> 2 term 2 has up to 4
> state
1 is down
2 is leader in term 2, leader 2, log up to 4, committed 4, applied 4
3 is follower in term 2, leader 2, log up to 4, committed 4, applied 4
4 is follower in term 2, leader 2, log up to 4, committed 4, applied 4
