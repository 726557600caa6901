EL-09: of four machines, two campaign in the same moment, and each gets two votes. Nobody wins the term; the next time-out
ends it, one term later.

> quietly cluster 4
> hold vote 1 4 10 1
> hold vote 2 3 10 1
> timeout 1
[       0] 1: the election time-out is over
> timeout 2
[       0] 2: the election time-out is over

3 hears 1 first, 4 hears 2 first: two votes each, three are needed.
> run 30
[       0] 1 is precandidate in term 0, leader 0
[       0] 2 is precandidate in term 0, leader 0
[       1] 1 >> 2 term 1 prevote last 0/0
[       1] 1 >> 3 term 1 prevote last 0/0
[       1] 1 >> 4 term 1 prevote last 0/0
[       1] 2 >> 1 term 1 prevote last 0/0
[       1] 2 >> 3 term 1 prevote last 0/0
[       1] 2 >> 4 term 1 prevote last 0/0
[       2] 2 >> 1 term 1 prevote granted
[       2] 3 >> 1 term 1 prevote granted
[       2] 1 is candidate in term 1, leader 0
[       2] 4 >> 1 term 1 prevote granted
[       2] 1 >> 2 term 1 prevote granted
[       2] 3 >> 2 term 1 prevote granted
[       2] 2 is candidate in term 1, leader 0
[       2] 4 >> 2 term 1 prevote granted
[       4] 1 >> 2 term 1 vote last 0/0
[       4] 1 >> 3 term 1 vote last 0/0
[       4] 3 is follower in term 1, leader 0
[       4] 2 >> 1 term 1 vote last 0/0
[       4] 2 >> 4 term 1 vote last 0/0
[       4] 4 is follower in term 1, leader 0
[       5] 2 >> 1 term 1 vote refused
[       5] 1 >> 2 term 1 vote refused
[       6] 3 >> 1 term 1 vote granted
[       6] 4 >> 2 term 1 vote granted
[      14] 1 >> 4 term 1 vote last 0/0
[      14] 2 >> 3 term 1 vote last 0/0
[      15] 4 >> 1 term 1 vote refused
[      15] 3 >> 2 term 1 vote refused
> state
1 is candidate in term 1, leader 0, log up to 0, committed 0, applied 0
2 is candidate in term 1, leader 0, log up to 0, committed 0, applied 0
3 is follower in term 1, leader 0, log up to 0, committed 0, applied 0
4 is follower in term 1, leader 0, log up to 0, committed 0, applied 0

One of the time-outs is over first; there is a leader in term 2, and terms go no further.
> run 198
[     222] 3 is precandidate in term 1, leader 0
[     223] 3 >> 1 term 2 prevote last 0/0
[     223] 3 >> 2 term 2 prevote last 0/0
[     223] 3 >> 4 term 2 prevote last 0/0
[     224] 1 >> 3 term 2 prevote granted
[     224] 2 >> 3 term 2 prevote granted
[     224] 3 is candidate in term 2, leader 0
[     224] 4 >> 3 term 2 prevote granted
[     226] 3 >> 1 term 2 vote last 0/0
[     226] 1 is follower in term 2, leader 0
[     226] 3 >> 2 term 2 vote last 0/0
[     226] 2 is follower in term 2, leader 0
[     226] 3 >> 4 term 2 vote last 0/0
[     226] 4 is follower in term 2, leader 0
[     228] 1 >> 3 term 2 vote granted
[     228] 2 >> 3 term 2 vote granted
[     228] 3 leads in term 2
[     228] 4 >> 3 term 2 vote granted
> quietly run 3000
> state
1 is follower in term 2, leader 3, log up to 1, committed 1, applied 1
2 is follower in term 2, leader 3, log up to 1, committed 1, applied 1
3 is leader in term 2, leader 3, log up to 1, committed 1, applied 1
4 is follower in term 2, leader 3, log up to 1, committed 1, applied 1
