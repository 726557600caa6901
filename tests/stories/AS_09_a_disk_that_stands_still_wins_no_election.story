AS-09: 2's disk stands still, and 2 is the first to campaign. It gets prevotes, for they cost nothing. But it asks for no vote before
its own is on its disk, and so disturbs nobody; 3 leads instead, in the same term.

> begin 5
1 leads in term 1; all have entry 1
> hang 2 60000
[      21] 2: the disk hangs
> crash 1
[      21] 1 is killed
> wait 2
> timeout 2
[     210] 2: the election time-out is over
> run 10
[     210] 2 is precandidate in term 1, leader 0
[     211] 2 >> 3 term 2 prevote last 1/1
[     211] 2 >> 4 term 2 prevote last 1/1
[     211] 2 >> 5 term 2 prevote last 1/1
[     212] 3 >> 2 term 2 prevote granted
[     212] 4 >> 2 term 2 prevote granted
[     212] 2 is candidate in term 2, leader 0
[     212] 5 >> 2 term 2 prevote granted
> elect 3
[     220] 3: the election time-out is over
[     220] 3 is precandidate in term 1, leader 0
[     221] 3 >> 2 term 2 prevote last 1/1
[     221] 3 >> 4 term 2 prevote last 1/1
[     221] 3 >> 5 term 2 prevote last 1/1
[     222] 4 >> 3 term 2 prevote granted
[     222] 5 >> 3 term 2 prevote granted
[     222] 3 is candidate in term 2, leader 0
[     224] 3 >> 2 term 2 vote last 1/1
[     224] 3 >> 4 term 2 vote last 1/1
[     224] 4 is follower in term 2, leader 0
[     224] 3 >> 5 term 2 vote last 1/1
[     224] 5 is follower in term 2, leader 0
[     226] 4 >> 3 term 2 vote granted
[     226] 5 >> 3 term 2 vote granted
[     226] 3 leads in term 2
> quietly run 20
> state
1 is down
2 is follower in term 2, leader 3, log up to 2, committed 1, applied 1
3 is leader in term 2, leader 3, log up to 2, committed 2, applied 2
4 is follower in term 2, leader 3, log up to 2, committed 2, applied 2
5 is follower in term 2, leader 3, log up to 2, committed 2, applied 2
