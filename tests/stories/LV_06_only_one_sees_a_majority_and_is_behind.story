LV-06: as LV-05, but 3 lacks an entry that is committed. Nobody votes for 3, and nobody else reaches a majority. Plain Raft stands
still here, and so does ours: there is no leader until a link comes back. Nothing is lost, and each of them knows that there is no
leader (which is what the alarm is raised for).

> begin 5
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> propose 1
> quietly run 20
> quietly isolate 1
> quietly isolate 2
> quietly isolate 4
> quietly isolate 5
> quietly run 500
> quietly join 3 1
> quietly join 3 2
> quietly join 3 4
> quietly join 3 5
> quietly run 20000
> state
1 is precandidate in term 1, leader 0, log up to 2, committed 2, applied 2
2 is precandidate in term 1, leader 0, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 0, log up to 1, committed 1, applied 1
4 is precandidate in term 1, leader 0, log up to 2, committed 2, applied 2
5 is precandidate in term 1, leader 0, log up to 2, committed 2, applied 2
> timeout 3
[   20541] 3: the election time-out is over
> run 5
[   20541] 3 is precandidate in term 1, leader 0
[   20542] 3 >> 1 term 2 prevote last 1/1
[   20542] 3 >> 2 term 2 prevote last 1/1
[   20542] 3 >> 4 term 2 prevote last 1/1
[   20542] 3 >> 5 term 2 prevote last 1/1
[   20543] 1 >> 3 term 1 prevote refused
[   20543] 2 >> 3 term 1 prevote refused
[   20543] 4 >> 3 term 1 prevote refused
[   20543] 3 is follower in term 1, leader 0
[   20543] 5 >> 3 term 1 prevote refused
[   20545] 4 >> 3 term 2 prevote last 2/1
[   20546] 3 >> 4 term 2 prevote granted

One link more, and 3 isn't the only one: 1 and 2 and 3 are a majority.
> join 1 2
[   20546] 1 > 2 is joined
[   20546] 2 > 1 is joined
> quietly run 1500
> state
1 is leader in term 2, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 2, leader 1, log up to 3, committed 3, applied 3
3 is follower in term 2, leader 1, log up to 3, committed 3, applied 3
4 is precandidate in term 2, leader 0, log up to 2, committed 2, applied 2
5 is precandidate in term 2, leader 0, log up to 2, committed 2, applied 2
