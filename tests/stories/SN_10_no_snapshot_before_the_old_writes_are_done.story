SN-10: 1 led and took three writes; its disk stands still, so they are under way. It comes back to a leader who would have a snapshot
for it. But its new term waits behind the old writes, and before that is on the disk it answers nothing, so it gets nothing. Then all
comes in its order: the old writes, the term, and the snapshot in place of all that.

> set snapshot_every=5
> set trailing=0
> begin 3
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> hang 1 1000
[      21] 1: the disk hangs
> propose 1 3
> quietly elect 2
> quietly propose 2 8
> quietly run 300
> heal
[     516] all links are joined
> quietly run 450
> logs
1 has 1 | 1 1 1
2 has (up to 10 in a snapshot) |
3 has (up to 10 in a snapshot) |
> disks
on disk of 1: term 1, vote 1, entries up to 1
on disk of 2: term 2, vote 2, entries up to 10
on disk of 3: term 2, vote 2, entries up to 10
> quietly run 60
> disks
on disk of 1: term 2, vote 0, entries up to 4
on disk of 2: term 2, vote 2, entries up to 10
on disk of 3: term 2, vote 2, entries up to 10
> run 80
[    1069] 2 >> 1 term 2 snapshot 10/2
[    1070] 1 has members since 10: 1=m1, 2=m2, 3=m3
[    1070] 1 has installed snapshot 10
[    1071] 1 >> 2 term 2 has up to 10
[    1072] 2 >> 1 term 2 append nothing after 10/2 commit 10
[    1073] 1 >> 2 term 2 has up to 10
> logs
1 has (up to 10 in a snapshot) |
2 has (up to 10 in a snapshot) |
3 has (up to 10 in a snapshot) |
> disks
on disk of 1: term 2, vote 0, entries up to 10
on disk of 2: term 2, vote 2, entries up to 10
on disk of 3: term 2, vote 2, entries up to 10
