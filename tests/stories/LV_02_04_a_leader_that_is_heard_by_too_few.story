LV-02, LV-04: a leader that hears everybody, and is heard by one of four only. The time-outs of the others are over; it hears
them out, takes the higher term from the first that asks for its vote, and follows.

> begin 5
1 leads in term 1; all have entry 1
> cut 1 > 3
[      21] 1 > 3 is cut
> cut 1 > 4
[      21] 1 > 4 is cut
> cut 1 > 5
[      21] 1 > 5 is cut
> timeout 3
[      21] 3: the election time-out is over

Not yet: 2 and 1 itself refuse, 4 and 5 heard the leader a moment ago.
> run 10
[      21] 3 is precandidate in term 1, leader 0
[      22] 3 >> 1 term 2 prevote last 1/1
[      22] 3 >> 2 term 2 prevote last 1/1
[      22] 3 >> 4 term 2 prevote last 1/1
[      22] 3 >> 5 term 2 prevote last 1/1
[      23] 2 >> 3 term 1 prevote refused
[      23] 4 >> 3 term 1 prevote refused
[      23] 5 >> 3 term 1 prevote refused
[      23] 3 is follower in term 1, leader 0
> elect 3
[     210] 3: the election time-out is over
[     210] 3 is precandidate in term 1, leader 0
[     211] 3 >> 1 term 2 prevote last 1/1
[     211] 3 >> 2 term 2 prevote last 1/1
[     211] 3 >> 4 term 2 prevote last 1/1
[     211] 3 >> 5 term 2 prevote last 1/1
[     212] 2 >> 3 term 1 prevote refused
[     212] 4 >> 3 term 2 prevote granted
[     212] 5 >> 3 term 2 prevote granted
[     212] 3 is candidate in term 2, leader 0
[     214] 3 >> 1 term 2 vote last 1/1
[     214] 3 >> 2 term 2 vote last 1/1
[     214] 3 >> 4 term 2 vote last 1/1
[     214] 4 is follower in term 2, leader 0
[     214] 3 >> 5 term 2 vote last 1/1
[     214] 5 is follower in term 2, leader 0
[     216] 4 >> 3 term 2 vote granted
[     216] 5 >> 3 term 2 vote granted
[     216] 3 leads in term 2
> quietly run 5000
> state
1 is follower in term 2, leader 3, log up to 2, committed 1, applied 1
2 is follower in term 2, leader 3, log up to 2, committed 2, applied 2
3 is leader in term 2, leader 3, log up to 2, committed 2, applied 2
4 is follower in term 2, leader 3, log up to 2, committed 2, applied 2
5 is follower in term 2, leader 3, log up to 2, committed 2, applied 2
