2 is told to campaign, raises its term, and dies before anybody hears of it. It is removed, and added again when it is back,
with its old store. The leader's term is the lower one: 2 takes its number from it all the same, answers under it, and so the
others learn of the higher term.

> begin 3
1 leads in term 1; all have entry 1
> lose vote 2 1 99
> lose vote 2 3 99
> transfer 2
[      21] 1 is asked to hand over to 2
> run 3
[      22] 1 >> 2 term 1 campaign now
[      22] 2 is candidate in term 2, leader 0
[      23] 2  x 1 term 2 vote last 1/1 by transfer
[      23] 2  x 3 term 2 vote last 1/1 by transfer
> crash 2
[      24] 2 is killed
> run 1000
> change 1 remove 2
[    1024] 1 is asked to remove 2 : yes
> run 100
[    1024] 1 has members since 2: 1=m1, 3=m3
[    1025] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[    1025] 3 has members since 2: 1=m1, 3=m3
[    1027] 3 >> 1 term 1 has up to 2
[    1027] 1 applies 2..2
[    1028] 1 >> 3 term 1 append nothing after 2/1 commit 2
[    1028] 3 applies 2..2
[    1029] 3 >> 1 term 1 has up to 2
> pass
> start 2
[    1124] 2 starts with 1 entries after 0 in term 2
> run 2000
[    1350] 2 is precandidate in term 2, leader 0
[    1351] 2 >> 1 term 3 prevote last 1/1
[    1351] 2 >> 3 term 3 prevote last 1/1
[    1352] 1 >> 2 term 1 prevote refused, was removed
[    1352] 2 is follower in term 2, leader 0
[    1352] 3 >> 2 term 1 prevote refused, was removed
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 2, leader 0, log up to 1, committed 0, applied 0
3 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
> add 2
[    3124] 1 is asked to add 0 m2: yes
> run 2000
[    3124] 1 has members since 3: 1=m1, 3=m3, 4=m2 joining
[    3125] 1 >> 3 term 1 append 3..3 after 2/1 commit 2
[    3125] 3 has members since 3: 1=m1, 3=m3, 4=m2 joining
[    3125] 1 >> 2 term 1 append nothing after 3/1 commit 2
[    3125] 2 is follower in term 2, leader 0
[    3126] 2 >> 1 term 2 can't follow 0, try 0/0
[    3126] 1 is follower in term 2, leader 0
[    3127] 3 >> 1 term 1 has up to 3
[    3399] 1 is precandidate in term 2, leader 0
[    3400] 1 >> 3 term 3 prevote last 3/1
[    3401] 3 >> 1 term 3 prevote granted
[    3401] 1 is candidate in term 3, leader 0
[    3403] 1 >> 3 term 3 vote last 3/1
[    3403] 3 is follower in term 3, leader 0
[    3405] 3 >> 1 term 3 vote granted
[    3405] 1 leads in term 3
[    3406] 3 is follower in term 3, leader 1
[    3406] 2 is follower in term 3, leader 1
[    3406] 1 >> 3 term 3 append 4..4 after 3/1 commit 2
[    3406] 1 >> 2 term 3 append 4..4 after 3/1 commit 2
[    3408] 3 >> 1 term 3 has up to 4
[    3408] 1 leads in term 3 and is ready
[    3408] 1 applies 3..4
[    3409] 1 >> 3 term 3 append nothing after 4/3 commit 4
[    3409] 3 applies 3..4
[    3410] 3 >> 1 term 3 has up to 4
[    3458] 1 >> 2 term 3 append 4..4 after 3/1 commit 4
[    3459] 2 >> 1 term 3 can't follow 3, try 1/1
[    3460] 1 >> 2 term 3 append 2..4 after 1/1 commit 4
[    3460] 2 has members since 3: 1=m1, 3=m3, 4=m2 joining
[    3460] 2 applies 1..1
[    3461] 2 applies 2..4
[    3462] 2 >> 1 term 3 has up to 4
[    3462] 1 has members since 5: 1=m1, 3=m3, 4=m2
[    3463] 1 >> 3 term 3 append 5..5 after 4/3 commit 4
[    3463] 3 has members since 5: 1=m1, 3=m3, 4=m2
[    3463] 1 >> 2 term 3 append 5..5 after 4/3 commit 4
[    3463] 2 has members since 5: 1=m1, 3=m3, 4=m2
[    3465] 3 >> 1 term 3 has up to 5
[    3465] 1 applies 5..5
[    3465] 2 >> 1 term 3 has up to 5
[    3466] 1 >> 3 term 3 append nothing after 5/3 commit 5
[    3466] 3 applies 5..5
[    3466] 1 >> 2 term 3 append nothing after 5/3 commit 5
[    3466] 2 applies 5..5
[    3467] 3 >> 1 term 3 has up to 5
[    3467] 2 >> 1 term 3 has up to 5
> state
1 is leader in term 3, leader 1, log up to 5, committed 5, applied 5
2 is follower in term 3, leader 1, log up to 5, committed 5, applied 5
3 is follower in term 3, leader 1, log up to 5, committed 5, applied 5
