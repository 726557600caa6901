MC-24: 1 is cut off and appends 20 writes and the removal of 3. The others elect 2, make eight writes and a snapshot, and forget
their log up to there. 1 comes back with a longer log, of an older term: the snapshot replaces all of it, and the list goes back.

> set snapshot_every=5
> set trailing=0
> begin 3
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> change 1 remove 3
[      21] 1 is asked to remove 3 : yes
> quietly propose 1 20
> run 1
[      21] 1 has members since 22: 1=m1, 2=m2
> quietly elect 2
> quietly propose 2 8
> quietly run 300
> logs
1 has 1 | 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1m
2 has (up to 10 in a snapshot) |
3 has (up to 10 in a snapshot) |
> heal
[     516] all links are joined
> run 170
[     567] 1 is follower in term 2, leader 2
[     619] 2 >> 1 term 2 snapshot 10/2
[     620] 1 has members since 10: 1=m1, 2=m2, 3=m3
[     620] 1 has installed snapshot 10
[     621] 1 >> 2 term 2 has up to 10
[     622] 2 >> 1 term 2 append nothing after 10/2 commit 10
[     623] 1 >> 2 term 2 has up to 10
> logs
1 has (up to 10 in a snapshot) |
2 has (up to 10 in a snapshot) |
3 has (up to 10 in a snapshot) |
