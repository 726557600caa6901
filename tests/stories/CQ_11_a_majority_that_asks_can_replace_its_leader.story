CQ-11: whoever asks for prevotes has forgotten its leader, so when a majority asks, it can elect another, although the leader
was heard a moment ago. (3's own requests are lost, or it would be a split vote.)

> begin 3
1 leads in term 1; all have entry 1
> lose prevote 3 any 2
> timeout 2
[      21] 2: the election time-out is over
> timeout 3
[      21] 3: the election time-out is over
> run 12
[      21] 2 is precandidate in term 1, leader 0
[      21] 3  x 1 term 2 prevote last 1/1
[      21] 3  x 2 term 2 prevote last 1/1
[      21] 3 is precandidate in term 1, leader 0
[      22] 2 >> 1 term 2 prevote last 1/1
[      22] 2 >> 3 term 2 prevote last 1/1
[      23] 1 >> 2 term 1 prevote refused
[      23] 3 >> 2 term 2 prevote granted
[      23] 2 is candidate in term 2, leader 0
[      25] 2 >> 1 term 2 vote last 1/1
[      25] 2 >> 3 term 2 vote last 1/1
[      25] 3 is follower in term 2, leader 0
[      27] 3 >> 2 term 2 vote granted
[      27] 2 leads in term 2
[      28] 1 is follower in term 2, leader 2
[      28] 3 is follower in term 2, leader 2
[      28] 2 >> 1 term 2 append 2..2 after 1/1 commit 1
[      28] 2 >> 3 term 2 append 2..2 after 1/1 commit 1
[      30] 1 >> 2 term 2 has up to 1
[      30] 3 >> 2 term 2 has up to 2
[      30] 2 leads in term 2 and is ready
[      30] 2 applies 2..2
[      31] 2 >> 1 term 2 append 2..2 after 1/1 commit 1
[      31] 2 >> 1 term 2 append nothing after 2/2 commit 2
[      31] 1 applies 2..2
[      31] 2 >> 3 term 2 append nothing after 2/2 commit 2
[      31] 3 applies 2..2
[      31] 1 >> 2 term 2 has up to 2
[      32] 1 >> 2 term 2 has up to 2
[      32] 1 >> 2 term 2 has up to 2
[      32] 3 >> 2 term 2 has up to 2

1 refused, for it leads; 3 granted. 1 follows.
> state
1 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
2 is leader in term 2, leader 2, log up to 2, committed 2, applied 2
3 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
