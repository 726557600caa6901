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
> quietly join 3 1
> quietly join 3 2
> quietly join 3 4
> quietly join 3 5
> quietly run 20000
> state
1 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
2 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
3 is leader in term 2, leader 3, log up to 3, committed 3, applied 3
4 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
5 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
> timeout 3
3 waits for no time-out
> run 5

One link more, and 3 isn't the only one: 1 and 2 and 3 are a majority.
> join 1 2
[   20046] 1 > 2 is joined
[   20046] 2 > 1 is joined
> quietly run 1500
> state
1 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
2 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
3 is leader in term 2, leader 3, log up to 3, committed 3, applied 3
4 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
5 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
