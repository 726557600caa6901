CQ-14: 2 confirms a round of 1, is killed and starts again at once. It doesn't remember a leader, so it votes for 3. The read
that was let through before that was right; none is let through by 1 afterwards, for the round that it needs must be answered
in its own term. (What 1 sends to 2 takes 15 ms, so that it learns late.)

> begin 3
1 leads in term 1; all have entry 1
> read 1
> run 5
[      23] 1 lets a read see all up to 1
> cut 1 3
[      26] 1 > 3 is cut
[      26] 3 > 1 is cut
> crash 2
[      26] 2 is killed
> start 2
[      26] 2 starts with 1 entries after 0 in term 1
> hold any 1 2 15
> timeout 3
[      26] 3: the election time-out is over
> run 12
[      26] 3 is precandidate in term 1, leader 0
[      27] 3 >> 2 term 2 prevote last 1/1
[      28] 2 >> 3 term 2 prevote granted
[      28] 3 is candidate in term 2, leader 0
[      30] 3 >> 2 term 2 vote last 1/1
[      30] 2 is follower in term 2, leader 0
[      32] 2 >> 3 term 2 vote granted
[      32] 3 leads in term 2
[      33] 2 is follower in term 2, leader 3
[      33] 3 >> 2 term 2 append 2..2 after 1/1 commit 1
[      33] 2 applies 1..1
[      35] 2 >> 3 term 2 has up to 2
[      35] 3 leads in term 2 and is ready
[      35] 3 applies 2..2
[      36] 3 >> 2 term 2 append nothing after 2/2 commit 2
[      36] 2 applies 2..2
[      37] 2 >> 3 term 2 has up to 2
> read 1
> propose 3
> run 40
[      39] 3 >> 2 term 2 append 3..3 after 2/2 commit 2
[      41] 2 >> 3 term 2 has up to 3
[      41] 3 applies 3..3
[      41] 3 says of write 1: done, at 3/2
[      42] 3 >> 2 term 2 append nothing after 3/2 commit 3
[      42] 2 applies 3..3
[      43] 2 >> 3 term 2 has up to 3
[      55] 1 is follower in term 2, leader 0
[      55] 1 doesn't let a read through: not the leader
> state
1 is follower in term 2, leader 0, log up to 1, committed 1, applied 1
2 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
3 is leader in term 2, leader 3, log up to 3, committed 3, applied 3
