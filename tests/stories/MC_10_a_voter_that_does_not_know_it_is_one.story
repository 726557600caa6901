MC-10: 4 is a voter by the newest list, which 1 and 2 have; 4 and 3 haven't got it. The leader dies, and so does 3: of the four, 2
and 4 are left, and two more are needed... three of four. So 3 starts again.

> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4
> quietly lose append 1 3
> quietly run 7
> quietly lose append 1 4
> run 60
[      58] 1  x 4 term 1 append nothing after 2/1 commit 2

4 believes that it is joining. 2 asks it all the same, for 2's list says voter; and it answers, for who asks knows better. With 3
that makes three of four.
> crash 1
[      88] 1 is killed
> quietly pass
> elect 2
[     257] 2: the election time-out is over
[     257] 2 is precandidate in term 1, leader 0
[     258] 2 >> 3 term 2 prevote last 2/1
[     259] 3 >> 2 term 2 prevote granted
[     259] 2 is candidate in term 2, leader 0
[     261] 2 >> 3 term 2 vote last 2/1
[     261] 3 is follower in term 2, leader 0
[     263] 3 >> 2 term 2 vote granted
[     263] 2 leads in term 2
> run 10
[     264] 3 is follower in term 2, leader 2
[     264] 4 is follower in term 2, leader 2
[     264] 2 >> 3 term 2 append 3..3 after 2/1 commit 2
[     264] 2 >> 4 term 2 append 3..3 after 2/1 commit 2
[     265] 3 >> 2 term 2 can't follow 2, try 1/1
[     266] 2 >> 3 term 2 append 3..3 after 2/1 commit 2
[     266] 2 >> 3 term 2 append 2..3 after 1/1 commit 2
[     266] 3 has members since 2: 1=m1, 2=m2, 3=m3, 4=m4 joining
[     267] 3 >> 2 term 2 can't follow 2, try 1/1
[     267] 3 applies 2..2
[     268] 3 >> 2 term 2 has up to 3
[     268] 2 leads in term 2 and is ready
[     268] 2 applies 3..3
[     269] 2 >> 3 term 2 append nothing after 3/2 commit 3
[     269] 3 applies 3..3
[     270] 3 >> 2 term 2 has up to 3
> state
1 is down
2 is leader in term 2, leader 2, log up to 3, committed 3, applied 3
3 is follower in term 2, leader 2, log up to 3, committed 3, applied 3
4 is follower in term 2, leader 2, log up to 0, committed 0, applied 0
