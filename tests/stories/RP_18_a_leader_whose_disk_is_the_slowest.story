RP-18: the leader's disk needs 300 ms, the others' a millisecond. Two of three have the entry, so it is committed, and they apply
it. The leader hands it to its state machine, and to the caller, when it has it itself.

> begin 3
1 leads in term 1; all have entry 1
> hang 1 300
[      21] 1: the disk hangs
> propose 1
> run 10
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
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 1
2 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
> disks
on disk of 1: term 1, vote 1, entries up to 1
on disk of 2: term 1, vote 1, entries up to 2
on disk of 3: term 1, vote 1, entries up to 2
> quietly run 280
> run 20
[     321] 1 applies 2..2
[     321] 1 says of write 1: done, at 2/1
