CM-02, Figure 8 of the paper, in which the old entry survives: 1 comes back before 5 does, and gets an entry of its own term to a
majority, along with the old one. Whoever has that doesn't vote for 5 any more.

> begin 5
1 leads in term 1; all have entry 1
> quietly lose append 1 3
> quietly lose append 1 4
> quietly lose append 1 5
> quietly propose 1
> quietly run 10
> quietly crash 1
> quietly pass
> quietly lose append 5 any
> quietly elect 5
> quietly run 10
> quietly crash 5
> quietly pass
> logs
1 is down
2 has 1 | 1
3 has 1 |
4 has 1 |
5 is down
> disks
on disk of 1: term 1, vote 1, entries up to 2
on disk of 2: term 2, vote 0, entries up to 2
on disk of 3: term 2, vote 5, entries up to 1
on disk of 4: term 2, vote 5, entries up to 1
on disk of 5: term 2, vote 5, entries up to 2

1 leads term 3, and its entry gets to 3, but not to 4.
> quietly start 1
> quietly lose append 1 4
> quietly elect 1
> quietly run 10
> logs
1 has 1 1 3 |
2 has 1 1 3 |
3 has 1 1 3 |
4 has 1 |
5 is down

1 is killed. 5 has an entry of term 2, and 2 and 3 have one of term 3: they refuse. 2 wins, and nothing is lost.
> quietly crash 1
> quietly start 5
> quietly pass
> elect 5
[     661] 5: the election time-out is over
[     661] 5 is precandidate in term 2, leader 0
[     662] 5 >> 2 term 3 prevote last 2/2
[     662] 5 >> 3 term 3 prevote last 2/2
[     662] 5 >> 4 term 3 prevote last 2/2
[     663] 2 >> 5 term 3 prevote refused
[     663] 5 is follower in term 3, leader 0
[     663] 3 >> 5 term 3 prevote refused
[     663] 4 >> 5 term 3 prevote refused
[     681] 5: the election time-out is over
[     681] 5 is precandidate in term 3, leader 0
[     682] 5 >> 2 term 4 prevote last 2/2
[     682] 5 >> 3 term 4 prevote last 2/2
[     682] 5 >> 4 term 4 prevote last 2/2
[     683] 2 >> 5 term 3 prevote refused
[     683] 3 >> 5 term 3 prevote refused
[     683] 4 >> 5 term 4 prevote granted
[     695] 3 is precandidate in term 3, leader 0
[     696] 3 >> 2 term 4 prevote last 3/3
[     696] 3 >> 4 term 4 prevote last 3/3
[     696] 3 >> 5 term 4 prevote last 3/3
[     697] 2 >> 3 term 4 prevote granted
[     697] 4 >> 3 term 4 prevote granted
[     697] 3 is candidate in term 4, leader 0
[     697] 5 >> 3 term 4 prevote granted
[     699] 3 >> 2 term 4 vote last 3/3
[     699] 2 is follower in term 4, leader 0
[     699] 3 >> 4 term 4 vote last 3/3
[     699] 4 is follower in term 4, leader 0
[     699] 3 >> 5 term 4 vote last 3/3
[     699] 5 is follower in term 4, leader 0
[     701] 2 >> 3 term 4 vote granted
[     701] 4 >> 3 term 4 vote granted
[     701] 3 leads in term 4
[     701] 5 >> 3 term 4 vote granted
[     701] 5: the election time-out is over
[     701] 5 is precandidate in term 4, leader 0
[     702] 2 is follower in term 4, leader 3
[     702] 4 is follower in term 4, leader 3
[     702] 5 is follower in term 4, leader 3
[     702] 3 >> 2 term 4 append 4..4 after 3/3 commit 3
[     702] 3 >> 4 term 4 append 4..4 after 3/3 commit 3
[     702] 3 >> 5 term 4 append 4..4 after 3/3 commit 3
[     702] 5 >> 2 term 5 prevote last 2/2
[     702] 5 >> 3 term 5 prevote last 2/2
[     702] 5 >> 4 term 5 prevote last 2/2
[     703] 4 >> 3 term 4 can't follow 3, try 1/1
[     703] 5 >> 3 term 4 can't follow 3, try 2/2
[     703] 2 >> 5 term 4 prevote refused
[     703] 3 >> 5 term 4 prevote refused
[     703] 4 >> 5 term 4 prevote refused
[     704] 3 >> 2 term 4 append 4..4 after 3/3 commit 3
[     704] 3 >> 4 term 4 append 4..4 after 3/3 commit 3
[     704] 3 >> 5 term 4 append 4..4 after 3/3 commit 3
[     704] 3 >> 4 term 4 append 2..4 after 1/1 commit 3
[     704] 3 >> 5 term 4 append 3..4 after 2/1 commit 3
[     704] 2 >> 3 term 4 has up to 4
[     705] 2 >> 3 term 4 has up to 4
[     705] 4 >> 3 term 4 can't follow 3, try 1/1
[     705] 5 >> 3 term 4 can't follow 3, try 2/2
[     705] 5 >> 3 term 4 can't follow 2, try 1/1
[     705] 4 applies 2..3
[     706] 3 >> 5 term 4 append 2..4 after 1/1 commit 3
[     706] 5 applies 1..1
[     706] 4 >> 3 term 4 has up to 4
[     706] 3 leads in term 4 and is ready
[     706] 3 applies 4..4
[     707] 3 >> 2 term 4 append nothing after 4/4 commit 4
[     707] 2 applies 4..4
[     707] 3 >> 4 term 4 append nothing after 4/4 commit 4
[     707] 4 applies 4..4
[     707] 5 applies 2..3
[     708] 2 >> 3 term 4 has up to 4
[     708] 4 >> 3 term 4 has up to 4
[     708] 5 >> 3 term 4 has up to 4
[     709] 3 >> 5 term 4 append nothing after 4/4 commit 4
[     709] 5 applies 4..4
[     710] 5 >> 3 term 4 has up to 4
5 doesn't lead
> quietly elect 2
> quietly run 120
> logs
1 is down
2 has 1 1 3 4 |
3 has 1 1 3 4 |
4 has 1 1 3 4 |
5 has 1 1 3 4 |
