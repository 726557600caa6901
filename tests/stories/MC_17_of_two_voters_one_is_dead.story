MC-17: of two voters one is dead. When nothing was heard from it for an election time-out, the other leads no more, and there is
nobody who could be asked to remove it. Without force (--recover-as-single) it stays like this.

> begin 2
1 leads in term 1; all have entry 1
> crash 2
[      21] 2 is killed
> quietly run 450
> change 1 remove 2
[     471] 1 is asked to remove 2 : not the leader
> propose 1
> quietly run 60000
> state
1 is precandidate in term 1, leader 0, log up to 1, committed 1, applied 1
2 is down

It needs nothing but the other one.
> quietly start 2
> quietly run 700
> state
1 is leader in term 2, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 2, leader 1, log up to 2, committed 2, applied 2
