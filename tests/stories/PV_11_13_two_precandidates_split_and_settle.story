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
[     360] 3 is precandidate in term 2, leader 0
[     361] 3 >> 2 term 3 prevote last 1/1
[     362] 2 >> 3 term 3 prevote granted
[     362] 3 is candidate in term 3, leader 0
[     364] 3 >> 2 term 3 vote last 1/1
[     364] 2 is follower in term 3, leader 0
[     366] 2 >> 3 term 3 vote granted
[     366] 3 leads in term 3
[     367] 2 is follower in term 3, leader 3
[     367] 3 >> 2 term 3 append 2..2 after 1/1 commit 1
[     369] 3 >> 2 term 3 append 2..2 after 1/1 commit 1
[     369] 2 >> 3 term 3 has up to 2
[     369] 3 leads in term 3 and is ready
[     369] 3 applies 2..2
[     370] 2 >> 3 term 3 has up to 2
[     370] 3 >> 2 term 3 append nothing after 2/3 commit 2
[     370] 2 applies 2..2
[     371] 2 >> 3 term 3 has up to 2
> state
1 is down
2 is follower in term 3, leader 3, log up to 2, committed 2, applied 2
3 is leader in term 3, leader 3, log up to 2, committed 2, applied 2
