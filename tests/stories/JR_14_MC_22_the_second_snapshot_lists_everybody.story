JR-12, JR-13, JR-14, MC-22: 4 was added, and a snapshot was taken since. 1, 2 and 4 start again from that and the entries after it,
go on, and take another one. 3, which gets that one and nothing else, knows all four.

> set snapshot_every=6
> set trailing=0
> begin 3 1
1 leads in term 1; all have entry 1
> quietly start 4
> quietly add 4
> quietly run 100
> quietly propose 1 10
> quietly run 50
> quietly propose 1 3
> quietly run 50
> quietly isolate 3
> quietly crash 1
> quietly crash 2
> quietly crash 4
> start 1
[     221] 1 starts with 3 entries after 13 in term 1
> start 2
[     221] 2 starts with 3 entries after 13 in term 1
> start 4
[     221] 4 starts with 3 entries after 13 in term 1
> quietly elect 2
> quietly run 100
> quietly propose 2 10
> quietly run 50
> logs
1 has (up to 27 in a snapshot) |
2 has (up to 27 in a snapshot) |
3 has (up to 13 in a snapshot) 1 1 1 |
4 has (up to 27 in a snapshot) |
> heal
[     377] all links are joined
> run 120
[     428] 3 is follower in term 2, leader 2
[     480] 2 >> 3 term 2 snapshot 27/2
[     481] 3 has members since 27: 1=m1, 2=m2, 3=m3, 4=m4
[     481] 3 has installed snapshot 27
[     482] 3 >> 2 term 2 has up to 27
[     483] 2 >> 3 term 2 append nothing after 27/2 commit 27
[     484] 3 >> 2 term 2 has up to 27
