MC-04: as MC-03, with two additions. 1 leads {1,2} and makes 3 a voter, which only 3 gets: {1,3} would be a majority. 2 can't be
elected at all without 1, so there is no second addition: of two, both are needed.

> begin 2 2
1 leads in term 1; all have entry 1
> quietly start 3
> quietly start 4
> quietly add 3
> quietly run 7
> quietly lose append 1 2
> run 4
> cut 1 2
[      32] 1 > 2 is cut
[      32] 2 > 1 is cut
> cut 3 2
[      32] 3 > 2 is cut
[      32] 2 > 3 is cut
> timeout 2
[      32] 2: the election time-out is over
> run 10
[      32] 2 is precandidate in term 1, leader 0
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is precandidate in term 1, leader 0, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 1, log up to 0, committed 0, applied 0
4 is follower in term 0, leader 0, log up to 0, committed 0, applied 0

1 and 3 are enough for the new list, and it is committed. 2 learns of it when it is back.
> quietly pass
> heal
[      42] all links are joined
> quietly run 300
> state
1 is leader in term 1, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
3 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
4 is follower in term 0, leader 0, log up to 0, committed 0, applied 0
