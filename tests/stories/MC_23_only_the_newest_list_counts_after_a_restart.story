MC-23: the log of 2 has three lists: with 4 joining, with 4 as voter, and without 3. After its restart the newest is in force at
once, though 2 doesn't know that it is committed. It sends nothing to 3.

> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4
> quietly run 100
> quietly change 1 remove 3
> quietly run 20
> logs
1 has 1 1m 1m 1m |
2 has 1 1m 1m 1m |
3 has 1 1m 1m |
4 has 1 1m 1m 1m |
> crash 2
[     141] 2 is killed
> start 2
[     141] 2 starts with 4 entries after 0 in term 1
> show sending
> timeout 2
[     141] 2: the election time-out is over
> run 1
[     141] 2  > 1 term 2 prevote last 4/1
[     141] 2  > 4 term 2 prevote last 4/1
[     141] 2 is precandidate in term 1, leader 0
[     142] 2 >> 1 term 2 prevote last 4/1
[     142] 1  > 2 term 1 prevote refused
[     142] 2 >> 4 term 2 prevote last 4/1
[     142] 4  > 2 term 1 prevote refused
