FC-07, FC-06: a leader is cut off and is asked for more and more. Five eighths of its log may be uncommitted; what comes after
that is refused ("busy"). After an hour its log is as long as it was then.

> set log_entries=64
> set snapshot_every=10
> set trailing=0
> begin 3
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> quietly propose 1 30
> quietly run 1
> quietly propose 1 10
> quietly run 1
> quietly propose 1 10
> quietly run 1
> state
1 is leader in term 1, leader 1, log up to 41, committed 1, applied 1
2 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
3 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
> answers
50 writes: 0 done, 10 not done, 0 unknown; 0 reads answered

When it leads no more, the forty are "unknown", and it takes none.
> quietly run 450
> quietly propose 1 10
> quietly run 3600000
> answers
60 writes: 0 done, 20 not done, 40 unknown; 0 reads answered
> state
1 is precandidate in term 1, leader 0, log up to 41, committed 1, applied 1
2 is leader in term 2, leader 2, log up to 2, committed 2, applied 2
3 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
