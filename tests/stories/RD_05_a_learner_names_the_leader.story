RD-05: a read is confirmed by who leads. A learner can't; it says so, and knows who does. The read goes there, and needs the voters:
the learner's answers don't count. (In the daemon, the node does that detour: daemon/node.)

> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4 learner
> quietly run 100
> read 4
> run 1
[     121] 4 doesn't let a read through: not the leader
> read 1
> run 3
[     124] 1 lets a read see all up to 2
> cut 1 2
[     125] 1 > 2 is cut
[     125] 2 > 1 is cut
> cut 1 3
[     125] 1 > 3 is cut
[     125] 3 > 1 is cut
> read 1
> run 500
[     422] 3 is precandidate in term 1, leader 0
[     423] 3 >> 2 term 2 prevote last 2/1
[     424] 2 >> 3 term 2 prevote granted
[     424] 3 is candidate in term 2, leader 0
[     426] 3 >> 2 term 2 vote last 2/1
[     426] 2 is follower in term 2, leader 0
[     428] 2 >> 3 term 2 vote granted
[     428] 3 leads in term 2
[     429] 2 is follower in term 2, leader 3
[     429] 4 is follower in term 2, leader 3
[     429] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[     429] 3 >> 4 term 2 append 3..3 after 2/1 commit 2
[     431] 4 >> 3 term 2 has up to 2
[     431] 2 >> 3 term 2 has up to 3
[     431] 3 leads in term 2 and is ready
[     431] 3 applies 3..3
[     432] 3 >> 4 term 2 append 3..3 after 2/1 commit 2
[     432] 3 >> 2 term 2 append nothing after 3/2 commit 3
[     432] 2 applies 3..3
[     432] 3 >> 4 term 2 append nothing after 3/2 commit 3
[     432] 4 applies 3..3
[     432] 4 >> 3 term 2 has up to 3
[     433] 4 >> 3 term 2 has up to 3
[     433] 2 >> 3 term 2 has up to 3
[     433] 4 >> 3 term 2 has up to 3
[     477] 1 is follower in term 2, leader 0
[     477] 1 doesn't let a read through: not the leader
