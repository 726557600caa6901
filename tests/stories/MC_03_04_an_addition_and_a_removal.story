MC-03, MC-04, JR-03: the bug of 2015 in changes by single servers, one adds and another removes. 1 leads {1,2,3,4} and makes 5 a
voter; only 5 gets that.

> begin 4 1
1 leads in term 1; all have entry 1
> quietly start 5
> quietly add 5
> quietly run 7
> quietly lose append 1 2
> quietly lose append 1 3
> quietly lose append 1 4
> run 5

1 counts {1,2,3,4,5}, of which {1,4,5} would do. 2 is elected by {2,3,4}, and would remove 1, so that {2,3} would do. It may not:
it has committed nothing of its own term yet.
> cut 1 2
[      33] 1 > 2 is cut
[      33] 2 > 1 is cut
> cut 1 3
[      33] 1 > 3 is cut
[      33] 3 > 1 is cut
> cut 1 4
[      33] 1 > 4 is cut
[      33] 4 > 1 is cut
> cut 5 2
[      33] 5 > 2 is cut
[      33] 2 > 5 is cut
> cut 5 3
[      33] 5 > 3 is cut
[      33] 3 > 5 is cut
> cut 5 4
[      33] 5 > 4 is cut
[      33] 4 > 5 is cut
> quietly elect 2
> change 2 remove 1
[     231] 2 is asked to remove 1 : busy

When it may, three of {1,2,3,4} have an entry of term 2, so at most one of {1,4,5} lacks it ...
> quietly run 5
> change 2 remove 1
[     236] 2 is asked to remove 1 : yes
> quietly run 10
> logs
1 has 1 1m | 1m
2 has 1 1m 2 2m |
3 has 1 1m 2 2m |
4 has 1 1m 2 2m |
5 has 1 1m | 1m

... and 1 can't come back: the one whom it needs besides 5 refuses. There are never two majorities.
> quietly pass
> heal
[     246] all links are joined
> quietly wait 1
> quietly isolate 2
> quietly isolate 3
> quietly join 2 3
> timeout 1
[     440] 1: the election time-out is over
> run 5
[     440] 1 is precandidate in term 2, leader 0
[     441] 1 >> 4 term 3 prevote last 3/1
[     441] 1 >> 5 term 3 prevote last 3/1
[     442] 4 >> 1 term 2 prevote refused, was removed
[     442] 5 >> 1 term 2 prevote refused, was removed
> quietly heal
> quietly run 1000
> state
1 is precandidate in term 2, leader 0, log up to 3, committed 2, applied 2
2 is leader in term 2, leader 2, log up to 5, committed 5, applied 5
3 is follower in term 2, leader 2, log up to 5, committed 5, applied 5
4 is follower in term 2, leader 2, log up to 5, committed 5, applied 5
5 is follower in term 2, leader 2, log up to 5, committed 5, applied 5
