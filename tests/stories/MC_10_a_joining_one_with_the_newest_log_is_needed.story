MC-10: 4 joins, and 1 lets it vote by a list that reaches nobody but 4. Then 2 is elected by 3, without that list, and gives its
first entry to 4 alone, before its disk is lost. Now 1 needs three of four by its list, and 4, whose log is newer, refuses
it; 3 needs 1, whose log is longer. 4 has the newest log of all, and by its own list doesn't vote yet.

> begin 3 1
1 leads in term 1; all have entry 1
> quietly add 4
> quietly run 100
> quietly lose append 1 2 99
> quietly lose append 1 3 99
> quietly start 4
> quietly run 200
> quietly lose append 2 3 99
> quietly isolate 1
> quietly elect 2
> quietly run 30
> quietly crash 2
> quietly wipe 2
> quietly start 2
> quietly heal
> quietly pass
> quietly run 2000
> state
1 is precandidate in term 2, leader 0, log up to 3, committed 2, applied 2
2 is follower in term 0, leader 0, log up to 0, committed 0, applied 0
3 is precandidate in term 2, leader 0, log up to 2, committed 2, applied 2
4 is follower in term 2, leader 2, log up to 3, committed 2, applied 2
> logs
1 has 1 1m | 1m
2 has |
3 has 1 1m |
4 has 1 1m | 2

After some time 4 asks the voters, and both vote for it. It commits what it has, and lets one of them lead.
> quietly run 3000
> state
1 is follower in term 4, leader 3, log up to 6, committed 6, applied 6
2 is follower in term 0, leader 0, log up to 0, committed 0, applied 0
3 is leader in term 4, leader 3, log up to 6, committed 6, applied 6
4 is follower in term 4, leader 3, log up to 6, committed 6, applied 6
> quietly run 3000
> state
1 is follower in term 4, leader 3, log up to 6, committed 6, applied 6
2 is follower in term 0, leader 0, log up to 0, committed 0, applied 0
3 is leader in term 4, leader 3, log up to 6, committed 6, applied 6
4 is follower in term 4, leader 3, log up to 6, committed 6, applied 6
