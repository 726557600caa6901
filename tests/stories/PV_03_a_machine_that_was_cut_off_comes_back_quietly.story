PV-03: a machine that is cut off can't be elected, so it asks for a prevote again and again, but its term doesn't rise. When
it comes back, nobody hears of a new term.

> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> propose 1 2
> quietly run 2000
> timeout 3
[    2021] 3: the election time-out is over
> run 20
> state
1 is leader in term 1, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
3 is precandidate in term 1, leader 0, log up to 1, committed 1, applied 1

It is back, and asks once more before it hears the leader: both refuse, for they have one.
> heal
[    2041] all links are joined
> timeout 3
[    2041] 3: the election time-out is over
> run 5
[    2042] 3 >> 1 term 2 prevote last 1/1
[    2042] 3 >> 2 term 2 prevote last 1/1
[    2043] 1 >> 3 term 1 prevote refused
[    2043] 2 >> 3 term 1 prevote refused
[    2043] 3 is follower in term 1, leader 0

The next heartbeat finds it, and it gets what it missed. The leader and the term are the same.
> run 100
[    2057] 3 is follower in term 1, leader 1
[    2059] 1 >> 3 term 1 append 2..3 after 1/1 commit 3
[    2060] 3 applies 2..3
[    2061] 3 >> 1 term 1 has up to 3
> state
1 is leader in term 1, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
3 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
