TV-01: 3 is to vote for 1, and is killed before its vote is on the disk. It wasn't sent either. After the restart there is no vote,
and it may give it to 2.

> cluster 3
[       0] 1 starts with 0 entries after 0 in term 0
[       0] 2 starts with 0 entries after 0 in term 0
[       0] 3 starts with 0 entries after 0 in term 0
> quietly hang 3 50
> quietly cut 1 2
> timeout 1
[       0] 1: the election time-out is over
> run 5
[       0] 1 is precandidate in term 0, leader 0
[       1] 1 >> 3 term 1 prevote last 0/0
[       2] 3 >> 1 term 1 prevote granted
[       2] 1 is candidate in term 1, leader 0
[       4] 1 >> 3 term 1 vote last 0/0
[       4] 3 is follower in term 1, leader 0
> disks
on disk of 1: term 1, vote 1, entries up to 0
on disk of 2: term 0, vote 0, entries up to 0
on disk of 3: term 0, vote 0, entries up to 0
> crash 3 before
[       5] 3 is killed
> start 3
[       5] 3 starts with 0 entries after 0 in term 0
> disks
on disk of 1: term 1, vote 1, entries up to 0
on disk of 2: term 0, vote 0, entries up to 0
on disk of 3: term 0, vote 0, entries up to 0
> timeout 2
[       5] 2: the election time-out is over
> run 6
[       5] 2 is precandidate in term 0, leader 0
[       6] 2 >> 3 term 1 prevote last 0/0
[       7] 3 >> 2 term 1 prevote granted
[       7] 2 is candidate in term 1, leader 0
[       9] 2 >> 3 term 1 vote last 0/0
[       9] 3 is follower in term 1, leader 0
> disks
on disk of 1: term 1, vote 1, entries up to 0
on disk of 2: term 1, vote 2, entries up to 0
on disk of 3: term 0, vote 0, entries up to 0

TV-02: now its vote is on the disk, and the word of it is lost. It is killed, starts again, and 1 asks in the same term: it refuses,
for it remembers.
> crash 3
[      11] 3 is killed
> start 3
[      11] 3 starts with 0 entries after 0 in term 1
> hold vote 1 3 1
> run 0
> timeout 1
[      11] 1: the election time-out is over
> run 6
[      11] 1 is precandidate in term 1, leader 0
[      12] 1 >> 3 term 2 prevote last 0/0
[      13] 3 >> 1 term 2 prevote granted
[      13] 1 is candidate in term 2, leader 0
[      16] 1 >> 3 term 2 vote last 0/0
[      16] 3 is follower in term 2, leader 0
> state
1 is candidate in term 2, leader 0, log up to 0, committed 0, applied 0
2 is candidate in term 1, leader 0, log up to 0, committed 0, applied 0
3 is follower in term 2, leader 0, log up to 0, committed 0, applied 0
