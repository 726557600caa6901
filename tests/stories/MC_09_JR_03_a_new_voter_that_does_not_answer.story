MC-09, MC-08: 4 was added and is dead. It stays "joining" for as long as that takes (it isn't given up, and does no harm: three are
the voters, two are enough). It can be removed again.

> begin 3 1
1 leads in term 1; all have entry 1
> add 4
[      21] 1 is asked to add 0 m4: yes
> quietly run 5000
> crash 3
[    5021] 3 is killed
> propose 1
> run 10
[    5022] 1 >> 2 term 1 append 3..3 after 2/1 commit 2
[    5024] 2 >> 1 term 1 has up to 3
[    5024] 1 applies 3..3
[    5024] 1 says of write 1: done, at 3/1
[    5025] 1 >> 2 term 1 append nothing after 3/1 commit 3
[    5025] 2 applies 3..3
[    5026] 2 >> 1 term 1 has up to 3
> change 1 remove 4
[    5031] 1 is asked to remove 4 : yes
> run 4
[    5031] 1 has members since 4: 1=m1, 2=m2, 3=m3
[    5032] 1 >> 2 term 1 append 4..4 after 3/1 commit 3
[    5032] 2 has members since 4: 1=m1, 2=m2, 3=m3
[    5034] 2 >> 1 term 1 has up to 4
[    5034] 1 applies 4..4
[    5035] 1 >> 2 term 1 append nothing after 4/1 commit 4
[    5035] 2 applies 4..4
