CQ-15, LT-04: 1 is to hand over to 3, but the word doesn't get there in time, and the transfer is given up: writes are taken
again. Then the word arrives, twice, and it is still the same term: 3 campaigns, over everybody's head. At worst that is one clean
election; the second word finds that 3 leads, or has a term that is over, and is dropped.

> begin 3
1 leads in term 1; all have entry 1
> hold campaign 1 3 450
> transfer 3
[      21] 1 is asked to hand over to 3
> run 10
> propose 1
> quietly run 430
> propose 1
> run 5
[     462] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[     462] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[     464] 2 >> 1 term 1 has up to 2
[     464] 1 applies 2..2
[     464] 1 says of write 2: done, at 2/1
[     464] 3 >> 1 term 1 has up to 2
[     465] 1 >> 2 term 1 append nothing after 2/1 commit 2
[     465] 2 applies 2..2
[     465] 1 >> 3 term 1 append nothing after 2/1 commit 2
[     465] 3 applies 2..2
[     466] 2 >> 1 term 1 has up to 2
[     466] 3 >> 1 term 1 has up to 2

> double campaign any any 5
> run 25
[     472] 1 >> 3 term 1 campaign now
[     472] 3 is candidate in term 2, leader 0
[     474] 3 >> 1 term 2 vote last 2/1 by transfer
[     474] 1 is follower in term 2, leader 0
[     474] 3 >> 2 term 2 vote last 2/1 by transfer
[     474] 2 is follower in term 2, leader 0
[     476] 1 >> 3 term 2 vote granted
[     476] 3 leads in term 2
[     476] 2 >> 3 term 2 vote granted
[     477] 1 is follower in term 2, leader 3
[     477] 2 is follower in term 2, leader 3
[     477] 3 >> 1 term 2 append 3..3 after 2/1 commit 2
[     477] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[     479] 1 >> 3 term 2 has up to 3
[     479] 3 leads in term 2 and is ready
[     479] 3 applies 3..3
[     479] 2 >> 3 term 2 has up to 3
[     480] 3 >> 1 term 2 append nothing after 3/2 commit 3
[     480] 1 applies 3..3
[     480] 3 >> 2 term 2 append nothing after 3/2 commit 3
[     480] 2 applies 3..3
[     481] 1 >> 3 term 2 has up to 3
[     481] 2 >> 3 term 2 has up to 3
> quietly run 20

A read that is asked of the old leader after that isn't let through.
> read 1
> run 20
[     511] 1 doesn't let a read through: not the leader
> state
1 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
2 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
3 is leader in term 2, leader 3, log up to 3, committed 3, applied 3
