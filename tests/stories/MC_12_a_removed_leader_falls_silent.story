MC-12: a leader removes itself, and its last word ("campaign now") is lost. It doesn't go on with heartbeats, so the others find
out by themselves.

> begin 3
1 leads in term 1; all have entry 1
> lose campaign 1 any
> change 1 remove 1
[      21] 1 is asked to remove 1 : yes
> run 10
[      21] 1 has members since 2: 2=m2, 3=m3
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 2 has members since 2: 2=m2, 3=m3
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[      22] 3 has members since 2: 2=m2, 3=m3
[      24] 2 >> 1 term 1 has up to 2
[      24] 3 >> 1 term 1 has up to 2
[      24] 1  x 3 term 1 campaign now
[      24] 1 is follower in term 1, leader 0
[      24] 1 applies 2..2
[      25] 1 >> 2 term 1 append nothing after 2/1 commit 2
[      25] 2 applies 2..2
[      25] 1 >> 3 term 1 append nothing after 2/1 commit 2
[      25] 3 applies 2..2
[      26] 2 >> 1 term 1 has up to 2
[      26] 3 >> 1 term 1 has up to 2
> show heartbeats
> quietly show sending
> run 150
> quietly run 300
> state
1 is follower in term 1, leader 0, log up to 2, committed 2, applied 2
2 is leader in term 2, leader 2, log up to 3, committed 3, applied 3
3 is follower in term 2, leader 2, log up to 3, committed 3, applied 3
