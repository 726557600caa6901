JR-02, JR-06: ten writes are done; the leader is killed, and then the next one. What was done is there after each failover, and
every machine knows who leads.

> begin 5
1 leads in term 1; all have entry 1
> quietly propose 1 10
> quietly run 20
> crash 1
[      41] 1 is killed
> quietly elect
> quietly propose leader 10
> quietly run 20
> crash leader
[     278] 4 is killed
> quietly elect
> read leader
> run 5
[     480] 5 >> 2 term 3 append nothing after 23/3 commit 23
[     480] 2 applies 23..23
[     480] 5 >> 3 term 3 append nothing after 23/3 commit 23
[     480] 3 applies 23..23
[     481] 2 >> 5 term 3 has up to 23
[     481] 3 >> 5 term 3 has up to 23
[     481] 5 lets a read see all up to 23
> quietly run 100
> state
1 is down
2 is follower in term 3, leader 5, log up to 23, committed 23, applied 23
3 is follower in term 3, leader 5, log up to 23, committed 23, applied 23
4 is down
5 is leader in term 3, leader 5, log up to 23, committed 23, applied 23
> answers
20 writes: 20 done, 0 not done, 0 unknown; 1 reads answered
