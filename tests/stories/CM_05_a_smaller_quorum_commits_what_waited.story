CM-05: of four machines, 3 and 4 are dead, so two can't commit. The leader doesn't know yet, and a write waits. 4 is removed: of
the three that are left two are enough, and both the list and the write before it are committed at once.

> begin 4
1 leads in term 1; all have entry 1
> quietly run 50
> crash 3
[      71] 3 is killed
> crash 4
[      71] 4 is killed
> propose 1
> run 10
[      72] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      74] 2 >> 1 term 1 has up to 2
> state
1 is leader in term 1, leader 1, log up to 2, committed 1, applied 1
2 is follower in term 1, leader 1, log up to 2, committed 1, applied 1
3 is down
4 is down
> change 1 remove 4
[      81] 1 is asked to remove 4 : yes
> run 10
[      81] 1 has members since 3: 1=m1, 2=m2, 3=m3
[      81] 1 applies 2..2
[      81] 1 says of write 1: done, at 2/1
[      82] 1 >> 2 term 1 append 3..3 after 2/1 commit 2
[      82] 2 has members since 3: 1=m1, 2=m2, 3=m3
[      82] 2 applies 2..2
[      84] 2 >> 1 term 1 has up to 3
[      84] 1 applies 3..3
[      85] 1 >> 2 term 1 append nothing after 3/1 commit 3
[      85] 2 applies 3..3
[      86] 2 >> 1 term 1 has up to 3
> state
1 is leader in term 1, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
3 is down
4 is down
