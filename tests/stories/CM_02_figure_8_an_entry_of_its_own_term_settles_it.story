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

1 is killed. 5 has an entry of term 2, and 2 and 3 have one of term 3: they refuse. (5 asks twice, for at first it doesn't know the
term.) 2 wins, and nothing is lost.
> quietly crash 1
> quietly start 5
> quietly pass
> wait 5
> timeout 5
[     661] 5: the election time-out is over
> run 5
[     661] 5 is precandidate in term 2, leader 0
[     662] 5 >> 2 term 3 prevote last 2/2
[     662] 5 >> 3 term 3 prevote last 2/2
[     662] 5 >> 4 term 3 prevote last 2/2
[     663] 2 >> 5 term 3 prevote refused
[     663] 5 is follower in term 3, leader 0
[     663] 3 >> 5 term 3 prevote refused
[     663] 4 >> 5 term 3 prevote refused
> timeout 5
[     666] 5: the election time-out is over
> run 4
[     666] 5 is precandidate in term 3, leader 0
[     667] 5 >> 2 term 4 prevote last 2/2
[     667] 5 >> 3 term 4 prevote last 2/2
[     667] 5 >> 4 term 4 prevote last 2/2
[     668] 2 >> 5 term 3 prevote refused
[     668] 3 >> 5 term 3 prevote refused
[     668] 4 >> 5 term 4 prevote granted
> quietly elect 2
> quietly run 120
> logs
1 is down
2 has 1 1 3 4 |
3 has 1 1 3 4 |
4 has 1 1 3 4 |
5 has 1 1 3 4 |
