LT-01, LT-12: the target has everything, so it is told at once. It skips the prevote (which the others would refuse, for they
have a leader), and its request for votes says why it may disturb them. One round, and it leads.

> begin 3
1 leads in term 1; all have entry 1
> transfer 2
[      21] 1 is asked to hand over to 2
> run 20
[      22] 1 >> 2 term 1 campaign now
[      22] 2 is candidate in term 2, leader 0
[      24] 2 >> 1 term 2 vote last 1/1 by transfer
[      24] 1 is follower in term 2, leader 0
[      24] 2 >> 3 term 2 vote last 1/1 by transfer
[      24] 3 is follower in term 2, leader 0
[      26] 1 >> 2 term 2 vote granted
[      26] 2 leads in term 2
[      26] 3 >> 2 term 2 vote granted
[      27] 1 is follower in term 2, leader 2
[      27] 3 is follower in term 2, leader 2
[      27] 2 >> 1 term 2 append 2..2 after 1/1 commit 1
[      27] 2 >> 3 term 2 append 2..2 after 1/1 commit 1
[      29] 1 >> 2 term 2 has up to 2
[      29] 2 leads in term 2 and is ready
[      29] 2 applies 2..2
[      29] 3 >> 2 term 2 has up to 2
[      30] 2 >> 1 term 2 append nothing after 2/2 commit 2
[      30] 1 applies 2..2
[      30] 2 >> 3 term 2 append nothing after 2/2 commit 2
[      30] 3 applies 2..2
[      31] 1 >> 2 term 2 has up to 2
[      31] 3 >> 2 term 2 has up to 2
> state
1 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
2 is leader in term 2, leader 2, log up to 2, committed 2, applied 2
3 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
