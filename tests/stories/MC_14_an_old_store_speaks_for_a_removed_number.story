MC-14: 3 is removed, gets an empty disk, and is added again: the same machine, the same address, and a new number, 4. What the old
one said arrives later, and is dropped: number 3 is nobody's.

> begin 3
1 leads in term 1; all have entry 1
> hold ack 3 1 200
> propose 1
> quietly run 10
> crash 3
[      31] 3 is killed
> change 1 remove 3
[      31] 1 is asked to remove 3 : yes
> quietly run 10
> pass
> wipe 3 anew
[      41] 3 gets an empty disk
> start 3
[      41] 3 starts with 0 entries after 0 in term 0
> add 3
[      41] 1 is asked to add 0 m3: yes
> run 1
[      41] 1 has members since 4: 1=m1, 2=m2, 4=m3 joining
[      42] 1 >> 2 term 1 append 4..4 after 3/1 commit 3
[      42] 2 has members since 4: 1=m1, 2=m2, 4=m3 joining
[      42] 1 >> 3 term 1 append nothing after 4/1 commit 3
[      42] 3 is follower in term 1, leader 1
> quietly run 100
> peers
1: m2 is fed, has 5, next 6
1: m3 is fed, has 5, next 6
> run 120
[     224] 3 >> 1 term 1 has up to 2
[     226] 3 >> 1 term 1 has up to 2
> peers
1: m2 is fed, has 5, next 6
1: m3 is fed, has 5, next 6
