JR-14, MC-22: 4 was added, and a snapshot was taken since. All start again from that, go on, and take another one. 3, which gets
that one and nothing else, knows all four.

> set snapshot_every=6
> set trailing=0
> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4
> quietly run 100
> quietly propose 1 10
> quietly run 50
> quietly isolate 3
> quietly crash 1
> quietly crash 2
> quietly crash 4
> quietly start 1
> quietly start 2
> quietly start 4
> quietly elect 2
> quietly run 100
> quietly propose 2 10
> quietly run 50
> logs
1 has (up to 24 in a snapshot) |
2 has (up to 24 in a snapshot) |
3 has (up to 13 in a snapshot) |
4 has (up to 24 in a snapshot) |
> heal
[     327] all links are joined
> run 120
[     378] 3 is follower in term 2, leader 2
[     430] 2 >> 3 term 2 snapshot 24/2
[     431] 3 has members since 24: 1=m1, 2=m2, 3=m3, 4=m4
[     431] 3 has installed snapshot 24
[     432] 3 >> 2 term 2 has up to 24
[     433] 2 >> 3 term 2 append nothing after 24/2 commit 24
[     434] 3 >> 2 term 2 has up to 24
