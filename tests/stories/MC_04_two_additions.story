MC-04: as MC-03, with two additions. 1 leads {1,2} and makes 3 a voter, and 2 doesn't learn of it: {1,3} is a majority of {1,2,3}.
2 would have to add 4 on its side for a second one. But of {1,2} both are needed to elect it, so it can't.

> begin 2 2
1 leads in term 1; all have entry 1
> quietly start 3
> quietly start 4
> quietly add 3
> quietly run 7
> cut 1 2
[      28] 1 > 2 is cut
[      28] 2 > 1 is cut
> cut 3 2
[      28] 3 > 2 is cut
[      28] 2 > 3 is cut
> run 50
[      59] 1 >> 3 term 1 append nothing after 2/1 commit 2
[      60] 3 >> 1 term 1 can't follow 2, try 0/0
[      61] 1 >> 3 term 1 append 1..2 after 0/0 commit 2
[      61] 3 has members since 2: 1=m1, 2=m2, 3=m3 joining
[      62] 3 applies 1..2
[      63] 3 >> 1 term 1 has up to 2
[      63] 1 has members since 3: 1=m1, 2=m2, 3=m3
[      64] 1 >> 3 term 1 append 3..3 after 2/1 commit 2
[      64] 3 has members since 3: 1=m1, 2=m2, 3=m3
[      66] 3 >> 1 term 1 has up to 3
[      66] 1 applies 3..3
[      67] 1 >> 3 term 1 append nothing after 3/1 commit 3
[      67] 3 applies 3..3
[      68] 3 >> 1 term 1 has up to 3
> timeout 2
[      78] 2: the election time-out is over
> run 10
[      78] 2 is precandidate in term 1, leader 0

1 and 3 have committed the new list. 2 learns of it when it is back.
> heal
[      88] all links are joined
> quietly run 300
> state
1 is leader in term 1, leader 1, log up to 3, committed 3, applied 3
2 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
3 is follower in term 1, leader 1, log up to 3, committed 3, applied 3
4 is follower in term 0, leader 0, log up to 0, committed 0, applied 0
