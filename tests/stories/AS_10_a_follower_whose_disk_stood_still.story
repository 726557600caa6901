AS-10: a follower's disk stands still for two seconds. It has the entries, and acknowledges none; nothing waits for it. When the
disk goes on, it acknowledges all that it has, and is fed as before.

> begin 3
1 leads in term 1; all have entry 1
> hang 3 2000
[      21] 3: the disk hangs
> quietly propose 1 3
> quietly run 500
> quietly propose 1 3
> quietly run 500
> state
1 is leader in term 1, leader 1, log up to 7, committed 7, applied 7
2 is follower in term 1, leader 1, log up to 7, committed 7, applied 7
3 is follower in term 1, leader 1, log up to 7, committed 7, applied 1
> disks
on disk of 1: term 1, vote 1, entries up to 7
on disk of 2: term 1, vote 1, entries up to 7
on disk of 3: term 1, vote 1, entries up to 1
> peers
1: m2 is fed, has 7, next 8
1: m3 is probed and was sent to, has 1, next 2
> quietly run 950
> run 100
[    2009] 1 >> 3 term 1 append 2..7 after 1/1 commit 7
[    2021] 3 applies 2..4
[    2022] 3 >> 1 term 1 has up to 4
[    2022] 3 applies 5..7
[    2023] 1 >> 3 term 1 append 5..7 after 4/1 commit 7
[    2023] 3 >> 1 term 1 has up to 7
[    2024] 3 >> 1 term 1 has up to 7
> peers
1: m2 is fed, has 7, next 8
1: m3 is fed, has 7, next 8
