MC-04: as MC-03, with two removals. 1 leads {1,2,3,4} and removes 4, which nobody gets: {1,3} would be a majority of its list.

> begin 4
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> change 1 remove 4
[      21] 1 is asked to remove 4 : yes
> run 1
[      21] 1 has members since 2: 1=m1, 2=m2, 3=m3

2 is elected by {2,3,4} and would remove 1, so that {2,4} would be a majority. It must commit an entry of its own first, and three
of the four have that. So nobody is left who would make {1,3} of it.
> quietly elect 2
> change 2 remove 1
[     216] 2 is asked to remove 1 : busy
> quietly run 5
> change 2 remove 1
[     221] 2 is asked to remove 1 : yes
> run 3
[     221] 2 has members since 3: 2=m2, 3=m3, 4=m4
[     222] 2 >> 3 term 2 append 3..3 after 2/2 commit 2
[     222] 3 has members since 3: 2=m2, 3=m3, 4=m4
[     222] 2 >> 4 term 2 append 3..3 after 2/2 commit 2
[     222] 4 has members since 3: 2=m2, 3=m3, 4=m4
[     224] 3 >> 2 term 2 has up to 3
[     224] 2 applies 3..3
[     224] 4 >> 2 term 2 has up to 3
> logs
1 has 1 | 1m
2 has 1 2 2m |
3 has 1 2 | 2m
4 has 1 2 | 2m
> cut 1 2
[     224] 1 > 2 is cut
[     224] 2 > 1 is cut
> cut 3 2
[     224] 3 > 2 is cut
[     224] 2 > 3 is cut
> crash 4
[     224] 4 is killed
> crash 2
[     224] 2 is killed
> quietly heal
> wait 3
[     225] 2 >> 3 term 2 append nothing after 3/2 commit 3
[     225] 3 applies 3..3
[     258] 1 is follower in term 2, leader 0
> timeout 1
[     422] 1: the election time-out is over
> run 5
[     422] 1 is precandidate in term 2, leader 0
[     423] 1 >> 3 term 3 prevote last 2/1
[     424] 3 >> 1 term 2 prevote refused, was removed
[     424] 1 is follower in term 2, leader 0
> state
1 is follower in term 2, leader 0, log up to 2, committed 1, applied 1
2 is down
3 is follower in term 2, leader 2, log up to 3, committed 3, applied 3
4 is down
