EL-13: a log of five entries, the last four of term 2, is replaced by one that is shorter: nothing of that was committed, and who
wins term 3 has a majority's word.

> begin 3
1 leads in term 1; all have entry 1
> crash 1
[      21] 1 is killed
> quietly lose append 3 2
> quietly elect 3
> propose 3 3
> run 10
[     217] 2 is follower in term 2, leader 3
> logs
1 is down
2 has 1 |
3 has 1 | 2 2 2 2

3 leads term 2 and has four entries of its own, which nobody else got. It is cut off; 1 comes back, and 1 and 2 elect one
of them.
> isolate 3
[     226] 3 is cut off
> start 1
[     226] 1 starts with 1 entries after 0 in term 1
> quietly elect
> quietly run 600
> logs
1 has 1 3 |
2 has 1 3 |
3 has 1 | 2 2 2 2

3 comes back: what is sent follows entry 1, which both have, and replaces all that 3 has behind it. Its callers were told "unknown"
when it stopped to lead.
> pass
> heal
[    1117] all links are joined
> run 120
[    1165] 3 is follower in term 3, leader 2
[    1217] 2 >> 3 term 3 append 2..2 after 1/1 commit 2
[    1218] 3 applies 2..2
[    1219] 3 >> 2 term 3 has up to 2
> logs
1 has 1 3 |
2 has 1 3 |
3 has 1 3 |
> answers
3 writes: 0 done, 0 not done, 3 unknown; 0 reads answered
