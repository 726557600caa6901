RP-22: the cluster is idle after a write, and 2 missed the message that it is committed. The next heartbeat tells it.

> begin 3
1 leads in term 1; all have entry 1
> propose 1
> run 2
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
> lose append 1 2
> run 10
[      24] 2 >> 1 term 1 has up to 2
[      24] 1  x 2 term 1 append nothing after 2/1 commit 2
[      24] 1 applies 2..2
[      24] 1 says of write 1: done, at 2/1
[      24] 3 >> 1 term 1 has up to 2
[      25] 1 >> 3 term 1 append nothing after 2/1 commit 2
[      25] 3 applies 2..2
[      26] 3 >> 1 term 1 has up to 2
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 1, leader 1, log up to 2, committed 1, applied 1
3 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
> show heartbeats
> run 30
[      57] 1 >> 2 term 1 heartbeat 2 match 2 commit 2 of 2
[      57] 2 applies 2..2
[      57] 1 >> 3 term 1 heartbeat 2 match 2 commit 2 of 2
[      58] 2 >> 1 term 1 heard heartbeat 2
[      58] 3 >> 1 term 1 heard heartbeat 2
> pass

FC-05: now the acknowledgements are lost. Two beats later the leader knows that something is missing, and probes: one append, one
answer, and 2 is fed as before. That takes no new entry.
> lose ack 2 1 2
> propose 1
> quietly run 10
> peers
1: m2 is fed, has 2, next 4
1: m3 is fed, has 3, next 4
> quietly run 37
> run 50
[     157] 1 >> 2 term 1 heartbeat 4 match 2 commit 2 of 3
[     157] 1 >> 3 term 1 heartbeat 4 match 3 commit 3 of 3
[     158] 2 >> 1 term 1 heard heartbeat 4
[     158] 3 >> 1 term 1 heard heartbeat 4
[     159] 1 >> 2 term 1 append 3..3 after 2/1 commit 3
[     160] 2 >> 1 term 1 has up to 3
> peers
1: m2 is fed, has 3, next 4
1: m3 is fed, has 3, next 4
