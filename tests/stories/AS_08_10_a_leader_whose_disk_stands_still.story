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
> quietly run 700
> run 150
[     856] 1 is follower in term 1, leader 0
[     856] 1 says of write 1: unknown
> quietly elect
> quietly propose leader
> quietly run 100
> state
1 is follower in term 2, leader 3, log up to 3, committed 2, applied 1
2 is follower in term 2, leader 3, log up to 4, committed 4, applied 4
3 is leader in term 2, leader 3, log up to 4, committed 4, applied 4

AS-10: the disk goes on, and so does replication, by itself. The caller, who was told "unknown", finds its write.
> quietly run 9500
> state
1 is follower in term 2, leader 3, log up to 4, committed 4, applied 4
2 is follower in term 2, leader 3, log up to 4, committed 4, applied 4
3 is leader in term 2, leader 3, log up to 4, committed 4, applied 4
> answers
2 writes: 1 done, 0 not done, 1 unknown; 0 reads answered
