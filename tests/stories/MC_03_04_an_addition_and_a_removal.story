MC-03, MC-04, JR-03: the bug of 2015 in changes by single servers: one leader adds and another removes. 1
leads {1,2,3,4} and makes 5 a voter, which only 5 learns.

> begin 4 1
1 leads in term 1; all have entry 1
> quietly start 5
> quietly add 5
> quietly run 7
> quietly isolate 1
> quietly isolate 5
> quietly join 1 5
> run 60
[      59] 1 >> 5 term 1 append nothing after 2/1 commit 2
[      60] 5 >> 1 term 1 can't follow 2, try 0/0
[      61] 1 >> 5 term 1 append 1..2 after 0/0 commit 2
[      61] 5 has members since 2: 1=m1, 2=m2, 3=m3, 4=m4, 5=m5 joining
[      62] 5 applies 1..2
[      63] 5 >> 1 term 1 has up to 2
[      63] 1 has members since 3: 1=m1, 2=m2, 3=m3, 4=m4, 5=m5
[      64] 1 >> 5 term 1 append 3..3 after 2/1 commit 2
[      64] 5 has members since 3: 1=m1, 2=m2, 3=m3, 4=m4, 5=m5
[      66] 5 >> 1 term 1 has up to 3

1 counts {1,2,3,4,5}, of which {1,4,5} would do. 2 is elected by {2,3,4}, and would remove 1, so that {2,3} would do. It may not:
it has committed nothing of its own term yet.
> quietly elect 2
> change 2 remove 1
[     231] 2 is asked to remove 1 : busy

When it may, three of {1,2,3,4} have an entry of term 2; so whichever three 1 turns to, one of them has it, or 1 is alone with 5.
> quietly run 5
> change 2 remove 1
[     236] 2 is asked to remove 1 : yes
> quietly run 3
> logs
1 has 1 1m | 1m
2 has 1 1m 2 2m |
3 has 1 1m 2 | 2m
4 has 1 1m 2 | 2m
5 has 1 1m | 1m

2 and 3 die. 1 needs 4 besides 5; 4's log is newer than 1's, and it has the removal: it refuses. There are never two majorities.
> quietly crash 2
> quietly crash 3
> quietly heal
> quietly wait 1
> timeout 1
[     437] 1: the election time-out is over
> run 5
[     437] 1 is precandidate in term 2, leader 0
[     438] 1 >> 4 term 3 prevote last 3/1
[     438] 1 >> 5 term 3 prevote last 3/1
[     439] 4 >> 1 term 2 prevote refused, was removed
[     439] 1 is follower in term 2, leader 0
[     439] 5 >> 1 term 3 prevote granted
