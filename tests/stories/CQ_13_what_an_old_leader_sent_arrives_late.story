CQ-13: the leader takes a write, and what it sends is held back for a second. It steps down; the others elect 2. Then its old
appends and heartbeats arrive. Nobody takes them: they are of a term that is over, and 1 is told so.

> begin 3
1 leads in term 1; all have entry 1
> hold any 1 any 1000
> propose 1
> quietly run 500
> pass
> propose 2
> quietly run 100
> logs
1 has 1 2 2 |
2 has 1 2 2 |
3 has 1 2 2 |
> run 430
[    1022] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[    1022] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[    1023] 2 >> 1 term 2 can't follow 0, try 0/0
[    1023] 3 >> 1 term 2 can't follow 0, try 0/0
> logs
1 has 1 2 2 |
2 has 1 2 2 |
3 has 1 2 2 |
