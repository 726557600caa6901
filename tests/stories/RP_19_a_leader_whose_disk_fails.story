RP-19: the entry is on the others' disks when the leader's fails. Nothing is tried again on such a disk: the process ends. The
others elect 2, who has the entry and commits it. 1 starts again and gets the same entry from 2.

> begin 3
1 leads in term 1; all have entry 1
> hang 1 10
[      21] 1: the disk hangs
> fail 1
> propose 1
> run 20
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[      24] 2 >> 1 term 1 has up to 2
[      24] 3 >> 1 term 1 has up to 2
[      25] 1 >> 2 term 1 append nothing after 2/1 commit 2
[      25] 2 applies 2..2
[      25] 1 >> 3 term 1 append nothing after 2/1 commit 2
[      25] 3 applies 2..2
[      26] 2 >> 1 term 1 has up to 2
[      26] 3 >> 1 term 1 has up to 2
[      31] 1: the disk failed: write log-0000000000000001: simulated
[      31] 1 stops: its disk failed
[      31] 1 is killed
[      31] 1 says of write 1: unknown
> quietly elect 2
> quietly run 10
> logs
1 is down
2 has 1 1 2 |
3 has 1 1 2 |

Its caller was told "unknown", as the connection ended. The entry is there.
> quietly run 3000
> logs
1 has 1 1 2 |
2 has 1 1 2 |
3 has 1 1 2 |
> answers
1 writes: 0 done, 0 not done, 1 unknown; 0 reads answered
