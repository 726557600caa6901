CQ-05: a candidate at a higher term, whom nobody votes for. It comes to that when the leader asks 3 to campaign, and its
requests for votes are lost. The others hear their leader, so they don't heed 3. But 3 can't follow a leader of a lower term.

> begin 3
1 leads in term 1; all have entry 1
> lose vote 3 any 2
> transfer 3
[      21] 1 is asked to hand over to 3
> run 20
[      22] 1 >> 3 term 1 campaign now
[      22] 3 is candidate in term 2, leader 0
[      23] 3  x 1 term 2 vote last 1/1 by transfer
[      23] 3  x 2 term 2 vote last 1/1 by transfer

The next heartbeat of 1 reaches it, and is answered with term 2: 1 leads no more, and takes that term. What follows is an
election like any other.
> show heartbeats
> run 40
[      57] 1 >> 2 term 1 heartbeat 2 match 1 commit 1 of 1
[      57] 1 >> 3 term 1 heartbeat 2 match 1 commit 1 of 1
[      58] 2 >> 1 term 1 heard heartbeat 2
[      58] 3 >> 1 term 2 heard heartbeat 0
[      58] 1 is follower in term 2, leader 0
> quietly run 600
> state
1 is leader in term 3, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 3, leader 1, log up to 2, committed 2, applied 2
3 is follower in term 3, leader 1, log up to 2, committed 2, applied 2
