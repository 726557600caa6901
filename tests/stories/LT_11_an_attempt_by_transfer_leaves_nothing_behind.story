LT-11: 2 campaigns because the leader said so, and its requests are lost. When it campaigns again, for another reason, it asks
for prevotes first, and its requests don't say "by transfer": who has a leader doesn't heed them.

> begin 3
1 leads in term 1; all have entry 1
> lose vote 2 any 2
> transfer 2
[      21] 1 is asked to hand over to 2
> run 4
[      22] 1 >> 2 term 1 campaign now
[      22] 2 is candidate in term 2, leader 0
[      23] 2  x 1 term 2 vote last 1/1 by transfer
[      23] 2  x 3 term 2 vote last 1/1 by transfer
> cut 1 2
[      25] 1 > 2 is cut
[      25] 2 > 1 is cut
> timeout 2
[      25] 2: the election time-out is over
> run 5
[      25] 2 is precandidate in term 2, leader 0
[      26] 2 >> 3 term 3 prevote last 1/1
[      27] 3 >> 2 term 1 prevote refused

1 refused nothing, for it can't be heard; 3 did, for it has a leader. Then the leader dies, and 2 wins as anybody would.
> crash 1
[      30] 1 is killed
> elect 2
[     210] 2: the election time-out is over
[     211] 2 >> 3 term 3 prevote last 1/1
[     212] 3 >> 2 term 3 prevote granted
[     212] 2 is candidate in term 3, leader 0
[     214] 2 >> 3 term 3 vote last 1/1
[     214] 3 is follower in term 3, leader 0
[     216] 3 >> 2 term 3 vote granted
[     216] 2 leads in term 3
