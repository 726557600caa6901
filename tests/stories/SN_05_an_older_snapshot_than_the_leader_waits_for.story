SN-05: the first snapshot is on its way to 3 for so long that the leader sends a newer one, and waits for that. Then the first
arrives. The leader's log still has what comes after it, so that is enough: 3 gets entries, and the second one is old when it
arrives.

> set snapshot_every=10
> set trailing=20
> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> quietly propose 1 40
> quietly run 110
> logs
1 has (up to 21 in a snapshot) 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 |
2 has (up to 21 in a snapshot) 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 |
3 has 1 |
> hold snapshot 1 3 4500 1
> hold snapshot 1 3 1000
> heal
[     131] all links are joined
> quietly run 200
> quietly propose 1 10
> quietly run 200
> peers
1: m2 is fed, has 51, next 52
1: m3 gets a snapshot, has 1, next 42
> quietly run 4000
> peers
1: m2 is fed, has 51, next 52
1: m3 gets a snapshot, has 1, next 52
> run 300
[    4659] 1 >> 3 term 1 snapshot 41/1
[    4660] 3 has members since 41: 1=m1, 2=m2, 3=m3
[    4660] 3 has installed snapshot 41
[    4661] 3 >> 1 term 1 has up to 41
[    4662] 1 >> 3 term 1 append 42..51 after 41/1 commit 51
[    4663] 3 applies 42..51
[    4664] 3 >> 1 term 1 has up to 51
> run 2000
[    5159] 1 >> 3 term 1 snapshot 51/1
[    5160] 3 >> 1 term 1 has up to 51
> peers
1: m2 is fed, has 51, next 52
1: m3 is fed, has 51, next 52
