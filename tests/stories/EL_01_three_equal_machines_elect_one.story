EL-01: three equal logs. The first whose time-out is over asks whether it would win (prevote), then for votes, and leads
after one round. Its own vote is on its disk before it asks (2 ms later), theirs before they answer.

> cluster 3
[       0] 1 starts with 0 entries after 0 in term 0
[       0] 2 starts with 0 entries after 0 in term 0
[       0] 3 starts with 0 entries after 0 in term 0
> elect 1
[       0] 1: the election time-out is over
[       0] 1 is precandidate in term 0, leader 0
[       1] 1 >> 2 term 1 prevote last 0/0
[       1] 1 >> 3 term 1 prevote last 0/0
[       2] 2 >> 1 term 1 prevote granted
[       2] 1 is candidate in term 1, leader 0
[       2] 3 >> 1 term 1 prevote granted
[       4] 1 >> 2 term 1 vote last 0/0
[       4] 2 is follower in term 1, leader 0
[       4] 1 >> 3 term 1 vote last 0/0
[       4] 3 is follower in term 1, leader 0
[       6] 2 >> 1 term 1 vote granted
[       6] 1 leads in term 1

Its first entry is committed by the first acknowledgement; the other machine learns of it just as soon.
> run 10
[       6] 3 >> 1 term 1 vote granted
[       7] 2 is follower in term 1, leader 1
[       7] 3 is follower in term 1, leader 1
[       7] 1 >> 2 term 1 append 1..1 after 0/0 commit 0
[       7] 1 >> 3 term 1 append 1..1 after 0/0 commit 0
[       9] 2 >> 1 term 1 has up to 1
[       9] 1 leads in term 1 and is ready
[       9] 1 applies 1..1
[       9] 3 >> 1 term 1 has up to 1
[      10] 1 >> 2 term 1 append nothing after 1/1 commit 1
[      10] 2 applies 1..1
[      10] 1 >> 3 term 1 append nothing after 1/1 commit 1
[      10] 3 applies 1..1
[      11] 2 >> 1 term 1 has up to 1
[      11] 3 >> 1 term 1 has up to 1
> state
1 is leader in term 1, leader 1, log up to 1, committed 1, applied 1
2 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
3 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
> disks
on disk of 1: term 1, vote 1, entries up to 1
on disk of 2: term 1, vote 1, entries up to 1
on disk of 3: term 1, vote 1, entries up to 1
