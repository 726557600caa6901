RD-04, RD-02: three reads that come together are let through by one round. A read that comes while that round is under way needs
another one: the answers might be older than the read.

> begin 3
1 leads in term 1; all have entry 1
> show heartbeats
> read 1
> read 1
> read 1
> run 1
[      22] 1 >> 2 term 1 heartbeat 2 match 1 commit 1 of 1
[      22] 1 >> 3 term 1 heartbeat 2 match 1 commit 1 of 1
> read 1
> run 4
[      23] 2 >> 1 term 1 heard heartbeat 2
[      23] 1 lets a read see all up to 1
[      23] 1 lets a read see all up to 1
[      23] 1 lets a read see all up to 1
[      23] 3 >> 1 term 1 heard heartbeat 2
[      23] 1 >> 2 term 1 heartbeat 3 match 1 commit 1 of 1
[      23] 1 >> 3 term 1 heartbeat 3 match 1 commit 1 of 1
[      24] 2 >> 1 term 1 heard heartbeat 3
[      24] 1 lets a read see all up to 1
[      24] 3 >> 1 term 1 heard heartbeat 3
