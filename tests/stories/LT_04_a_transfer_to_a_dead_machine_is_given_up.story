LT-04: the target is dead, and the leader doesn't know yet. It waits for it as long as the longest election time-out, refuses
writes meanwhile ("busy": nothing was appended, try again), and then goes on as if nothing had been.

> begin 3
1 leads in term 1; all have entry 1
> crash 3
[      21] 3 is killed
> propose 1
> quietly run 10
> transfer 3
[      31] 1 is asked to hand over to 3
> run 10
> propose 1
> run 10
[      41] 1 says of write 2: not done, busy
> quietly run 430
> propose 1
> run 10
[     482] 1 >> 2 term 1 append 3..3 after 2/1 commit 2
[     484] 2 >> 1 term 1 has up to 3
[     484] 1 applies 3..3
[     484] 1 says of write 3: done, at 3/1
[     485] 1 >> 2 term 1 append nothing after 3/1 commit 3
[     485] 2 applies 3..3
[     486] 2 >> 1 term 1 has up to 3
> state
1 is leader in term 1, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
3 is down
