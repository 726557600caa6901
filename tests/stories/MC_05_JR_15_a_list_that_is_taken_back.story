MC-05, MC-06, JR-15: 1 is cut off and appends the removal of 3. Nobody gets it. The others elect 2, and 1's entry is overwritten:
with it goes the list, and the one before it is in force again.

> begin 3
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> change 1 remove 3
[      21] 1 is asked to remove 3 : yes
> run 1
[      21] 1 has members since 2: 1=m1, 2=m2
> quietly elect 2
> quietly run 300
> logs
1 has 1 | 1m
2 has 1 2 |
3 has 1 2 |
> heal
[     516] all links are joined
> run 150
[     567] 1 is follower in term 2, leader 2
[     619] 2 >> 1 term 2 append 2..2 after 1/1 commit 2
[     619] 1 has members since 0: 1=m1, 2=m2, 3=m3
[     620] 1 applies 2..2
[     621] 1 >> 2 term 2 has up to 2
> logs
1 has 1 2 |
2 has 1 2 |
3 has 1 2 |
