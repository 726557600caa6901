PV-11, PV-13: the leader is dead, and both others ask in the same moment. Each has forgotten its leader, so each grants the
other's prevote, and then both campaign and refuse each other the vote.

> begin 3
1 leads in term 1; all have entry 1
> crash 1
[      21] 1 is killed
> timeout 2
[      21] 2: the election time-out is over
> timeout 3
[      21] 3: the election time-out is over
> run 10
[      21] 2 is precandidate in term 1, leader 0
[      21] 3 is precandidate in term 1, leader 0
[      22] 2 >> 3 term 2 prevote last 1/1
[      22] 3 >> 2 term 2 prevote last 1/1
[      23] 3 >> 2 term 2 prevote granted
[      23] 2 is candidate in term 2, leader 0
[      23] 2 >> 3 term 2 prevote granted
[      23] 3 is candidate in term 2, leader 0
[      25] 2 >> 3 term 2 vote last 1/1
[      25] 3 >> 2 term 2 vote last 1/1
[      26] 3 >> 2 term 2 vote refused
[      26] 2 >> 3 term 2 vote refused

No leader in term 2. The next time-outs are drawn anew, and differ. (test_seeds.c does that a thousand times.)
> run 400
[     314] 2 is precandidate in term 2, leader 0
[     315] 2 >> 3 term 3 prevote last 1/1
[     316] 3 >> 2 term 3 prevote granted
[     316] 2 is candidate in term 3, leader 0
[     318] 2 >> 3 term 3 vote last 1/1
[     318] 3 is follower in term 3, leader 0
[     320] 3 >> 2 term 3 vote granted
[     320] 2 leads in term 3
[     321] 3 is follower in term 3, leader 2
[     321] 2 >> 3 term 3 append 2..2 after 1/1 commit 1
[     323] 3 >> 2 term 3 has up to 2
[     323] 2 leads in term 3 and is ready
[     323] 2 applies 2..2
[     324] 2 >> 3 term 3 append nothing after 2/3 commit 2
[     324] 3 applies 2..2
[     325] 3 >> 2 term 3 has up to 2
> state
1 is down
2 is leader in term 3, leader 2, log up to 2, committed 2, applied 2
3 is follower in term 3, leader 2, log up to 2, committed 2, applied 2
