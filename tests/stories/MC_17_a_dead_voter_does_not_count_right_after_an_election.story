Three voters, one of them dead. Leadership is handed over, and the other one is removed at once. Everybody is taken for heard
when a leader begins, or it would step down: whoever hasn't answered since is no reason to let a voter go. The two that would
be left could neither commit the list nor take it back.

> begin 3
1 leads in term 1; all have entry 1
> crash 3
[      21] 3 is killed
> run 1500
> state
1 is leader in term 1, leader 1, log up to 1, committed 1, applied 1
2 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
3 is down
> transfer 2
[    1521] 1 is asked to hand over to 2
> run 20
[    1522] 1 >> 2 term 1 campaign now
[    1522] 2 is candidate in term 2, leader 0
[    1524] 2 >> 1 term 2 vote last 1/1 by transfer
[    1524] 1 is follower in term 2, leader 0
[    1526] 1 >> 2 term 2 vote granted
[    1526] 2 leads in term 2
[    1527] 1 is follower in term 2, leader 2
[    1527] 2 >> 1 term 2 append 2..2 after 1/1 commit 1
[    1529] 1 >> 2 term 2 has up to 2
[    1529] 2 leads in term 2 and is ready
[    1529] 2 applies 2..2
[    1530] 2 >> 1 term 2 append nothing after 2/2 commit 2
[    1530] 1 applies 2..2
[    1531] 1 >> 2 term 2 has up to 2
> change 2 remove 1
[    1541] 2 is asked to remove 1 : refused
> run 2000
> state
1 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
2 is leader in term 2, leader 2, log up to 2, committed 2, applied 2
3 is down
