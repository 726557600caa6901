LN-05: 4 campaigned as a voter, and nobody heard it; then it was demoted. It comes back as a learner of term 2 in a cluster of term
1. The leader learns of the term and steps down, and there is a leader again at once, in a term that is higher than both.

> begin 4
1 leads in term 1; all have entry 1
> lose vote 4 any
> transfer 4
[      21] 1 is asked to hand over to 4
> quietly run 5
> isolate 4
[      26] 4 is cut off
> quietly run 450
> change 1 demote 4
[     476] 1 is asked to demote 4 : yes
> quietly run 10
> pass
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
4 is precandidate in term 2, leader 0, log up to 1, committed 1, applied 1
> heal
[     486] all links are joined
> show heartbeats
> run 60
[     497] 4 >> 1 term 3 prevote last 1/1
[     497] 4 >> 2 term 3 prevote last 1/1
[     497] 4 >> 3 term 3 prevote last 1/1
[     498] 1 >> 4 term 1 prevote refused
[     498] 2 >> 4 term 1 prevote refused
[     498] 3 >> 4 term 1 prevote refused
[     498] 4 is follower in term 2, leader 0
[     507] 1 >> 2 term 1 heartbeat 11 match 2 commit 2 of 2
[     507] 1 >> 3 term 1 heartbeat 11 match 2 commit 2 of 2
[     507] 1 >> 4 term 1 heartbeat 11 match 1 commit 1 of 2
[     508] 2 >> 1 term 1 heard heartbeat 11
[     508] 3 >> 1 term 1 heard heartbeat 11
[     508] 4 >> 1 term 2 heard heartbeat 0
[     508] 1 is follower in term 2, leader 0
> quietly run 700
> state
1 is leader in term 3, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 3, leader 1, log up to 3, committed 3, applied 3
3 is follower in term 3, leader 1, log up to 3, committed 3, applied 3
4 is follower in term 3, leader 1, log up to 3, committed 3, applied 3
