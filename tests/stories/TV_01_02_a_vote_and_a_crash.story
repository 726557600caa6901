TV-01: 3 is to vote for 1, and is killed before its vote is on the disk. The word of it wasn't sent either. After the restart there
is no vote, and 2 may have it.

> quietly cluster 3
> quietly hang 3 10
> quietly cut 1 2
> double vote 1 3 15 1
> timeout 1
[       0] 1: the election time-out is over
> run 5
[       0] 1 is precandidate in term 0, leader 0
[       1] 1 >> 3 term 1 prevote last 0/0
[       2] 3 >> 1 term 1 prevote granted
[       2] 1 is candidate in term 1, leader 0
[       4] 1 >> 3 term 1 vote last 0/0
[       4] 3 is follower in term 1, leader 0
> crash 3 before
[       5] 3 is killed
> start 3
[       5] 3 starts with 0 entries after 0 in term 0
> disks
on disk of 1: term 1, vote 1, entries up to 0
on disk of 2: term 0, vote 0, entries up to 0
on disk of 3: term 0, vote 0, entries up to 0
> lose vote-answer 3 2
> timeout 2
[       5] 2: the election time-out is over
> run 7
[       5] 2 is precandidate in term 0, leader 0
[       6] 2 >> 3 term 1 prevote last 0/0
[       7] 3 >> 2 term 1 prevote granted
[       7] 2 is candidate in term 1, leader 0
[       9] 2 >> 3 term 1 vote last 0/0
[       9] 3 is follower in term 1, leader 0
[      10] 3  x 2 term 1 vote granted
> disks
on disk of 1: term 1, vote 1, entries up to 0
on disk of 2: term 1, vote 2, entries up to 0
on disk of 3: term 1, vote 2, entries up to 0

TV-02: now its vote is on the disk, and the word of it is lost. It is killed, and starts again. The request of 1 comes a second time,
of the same term: it refuses, for it finds its vote.
> crash 3
[      12] 3 is killed
> start 3
[      12] 3 starts with 0 entries after 0 in term 1
> run 9
[      19] 1 >> 3 term 1 vote last 0/0
[      20] 3 >> 1 term 1 vote refused
