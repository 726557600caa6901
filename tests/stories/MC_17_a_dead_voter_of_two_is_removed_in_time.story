MC-17: before the leader knows that it is alone, the dead one can be removed: the new list counts from the moment it is in the log,
and its majority is 1. That is safe: 2 can't be elected without 1, by any list, and when it is back it is told that it was removed.

> begin 2
1 leads in term 1; all have entry 1
> crash 2
[      21] 2 is killed
> change 1 remove 2
[      21] 1 is asked to remove 2 : yes
> run 1
[      21] 1 has members since 2: 1=m1
[      22] 1 applies 2..2
> quietly run 1000
> start 2
[    1022] 2 starts with 1 entries after 0 in term 1
> run 600
[    1288] 2 is precandidate in term 1, leader 0
[    1289] 2 >> 1 term 2 prevote last 1/1
[    1290] 1 >> 2 term 1 prevote refused, was removed
[    1290] 2 is follower in term 1, leader 0
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 1, leader 0, log up to 1, committed 0, applied 0
