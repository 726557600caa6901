RD-01, JR-04, JR-05, JR-11: two writes are done, a machine is added, and all are killed at once. Whoever leads next doesn't know what
is committed before an entry of its own term is: a read that comes before that waits for it, and sees everything.

> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4
> quietly propose 1 2
> quietly run 100
> logs
1 has 1 1 1 1m 1m |
2 has 1 1 1 1m 1m |
3 has 1 1 1 1m 1m |
4 has 1 1 1 1m 1m |
> quietly crash 1
> quietly crash 2
> quietly crash 3
> quietly crash 4
> quietly start 2
> quietly start 3
> quietly start 4
> quietly elect 3
> state
1 is down
2 is follower in term 2, leader 0, log up to 5, committed 0, applied 0
3 is leader in term 2, leader 3, log up to 6, committed 0, applied 0
4 is follower in term 2, leader 0, log up to 5, committed 0, applied 0
> read 3
> run 10
[     128] 2 is follower in term 2, leader 3
[     128] 4 is follower in term 2, leader 3
[     128] 3 >> 2 term 2 append 6..6 after 5/1 commit 0
[     128] 3 >> 4 term 2 append 6..6 after 5/1 commit 0
[     130] 3 >> 2 term 2 append 6..6 after 5/1 commit 0
[     130] 3 >> 4 term 2 append 6..6 after 5/1 commit 0
[     130] 2 >> 3 term 2 has up to 6
[     130] 4 >> 3 term 2 has up to 6
[     130] 3 leads in term 2 and is ready
[     130] 3 applies 1..6
[     130] 3 lets a read see all up to 6
[     131] 2 >> 3 term 2 has up to 6
[     131] 4 >> 3 term 2 has up to 6
[     131] 3 >> 2 term 2 append nothing after 6/2 commit 6
[     131] 2 applies 1..6
[     131] 3 >> 4 term 2 append nothing after 6/2 commit 6
[     131] 4 applies 1..6
[     132] 2 >> 3 term 2 has up to 6
[     132] 4 >> 3 term 2 has up to 6
