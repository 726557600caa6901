AS-08: the leader's disk stands still for ten seconds, its network is fine. It goes on with heartbeats, and commits by the others'
disks, until nothing got to its own for twice the longest election time-out. Then it gives up, and another leads.

> begin 3
1 leads in term 1; all have entry 1
> hang 1 10000
[      21] 1: the disk hangs
> propose 1
> quietly run 20
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 1
2 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
> run 800
> quietly run 450
> propose leader
> run 4
[    1292] 2 >> 3 term 2 append 4..4 after 3/2 commit 3
[    1294] 2 >> 3 term 2 append 4..4 after 3/2 commit 3
[    1294] 3 >> 2 term 2 has up to 4
[    1294] 2 applies 4..4
[    1294] 2 says of write 2: done, at 4/2
[    1295] 3 >> 2 term 2 has up to 4
[    1295] 2 >> 3 term 2 append nothing after 4/2 commit 4
[    1295] 3 applies 4..4
> state
1 is follower in term 2, leader 2, log up to 3, committed 2, applied 1
2 is leader in term 2, leader 2, log up to 4, committed 4, applied 4
3 is follower in term 2, leader 2, log up to 4, committed 4, applied 4

AS-10: the disk goes on, and so does replication, by itself.
> quietly run 9000
> state
1 is follower in term 2, leader 2, log up to 4, committed 4, applied 4
2 is leader in term 2, leader 2, log up to 4, committed 4, applied 4
3 is follower in term 2, leader 2, log up to 4, committed 4, applied 4
