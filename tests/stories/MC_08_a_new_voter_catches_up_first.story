MC-08: 4 is added. At first it is "joining", and counts for nothing. Each lap it must reach what was the end of the log when the
lap began; when a lap took less than an election time-out, it votes.

> begin 3 1
1 leads in term 1; all have entry 1
> quietly propose 1 5
> quietly run 20
> start 4
[      41] 4 starts with 0 entries after 0 in term 0
> add 4
[      41] 1 is asked to add 0 m4: yes
> run 8
[      41] 1 has members since 7: 1=m1, 2=m2, 3=m3, 4=m4 joining
[      42] 1 >> 2 term 1 append 7..7 after 6/1 commit 6
[      42] 2 has members since 7: 1=m1, 2=m2, 3=m3, 4=m4 joining
[      42] 1 >> 3 term 1 append 7..7 after 6/1 commit 6
[      42] 3 has members since 7: 1=m1, 2=m2, 3=m3, 4=m4 joining
[      42] 1 >> 4 term 1 append nothing after 7/1 commit 6
[      42] 4 is follower in term 1, leader 1
[      44] 2 >> 1 term 1 has up to 7
[      44] 1 applies 7..7
[      44] 3 >> 1 term 1 has up to 7
[      45] 1 >> 2 term 1 append nothing after 7/1 commit 7
[      45] 2 applies 7..7
[      45] 1 >> 3 term 1 append nothing after 7/1 commit 7
[      45] 3 applies 7..7
[      46] 2 >> 1 term 1 has up to 7
[      46] 3 >> 1 term 1 has up to 7
> run 60
[      59] 1 >> 4 term 1 append nothing after 7/1 commit 7
[      60] 4 >> 1 term 1 can't follow 7, try 0/0
[      61] 1 >> 4 term 1 append 1..7 after 0/0 commit 7
[      61] 4 has members since 7: 1=m1, 2=m2, 3=m3, 4=m4 joining
[      62] 4 applies 1..7
[      63] 4 >> 1 term 1 has up to 7
[      63] 1 has members since 8: 1=m1, 2=m2, 3=m3, 4=m4
[      64] 1 >> 2 term 1 append 8..8 after 7/1 commit 7
[      64] 2 has members since 8: 1=m1, 2=m2, 3=m3, 4=m4
[      64] 1 >> 3 term 1 append 8..8 after 7/1 commit 7
[      64] 3 has members since 8: 1=m1, 2=m2, 3=m3, 4=m4
[      64] 1 >> 4 term 1 append 8..8 after 7/1 commit 7
[      64] 4 has members since 8: 1=m1, 2=m2, 3=m3, 4=m4
[      66] 2 >> 1 term 1 has up to 8
[      66] 3 >> 1 term 1 has up to 8
[      66] 1 applies 8..8
[      66] 4 >> 1 term 1 has up to 8
[      67] 1 >> 2 term 1 append nothing after 8/1 commit 8
[      67] 2 applies 8..8
[      67] 1 >> 3 term 1 append nothing after 8/1 commit 8
[      67] 3 applies 8..8
[      67] 1 >> 4 term 1 append nothing after 8/1 commit 8
[      67] 4 applies 8..8
[      68] 2 >> 1 term 1 has up to 8
[      68] 3 >> 1 term 1 has up to 8
[      68] 4 >> 1 term 1 has up to 8
> state
1 is leader in term 1, leader 1, log up to 8, committed 8, applied 8
2 is follower in term 1, leader 1, log up to 8, committed 8, applied 8
3 is follower in term 1, leader 1, log up to 8, committed 8, applied 8
4 is follower in term 1, leader 1, log up to 8, committed 8, applied 8
