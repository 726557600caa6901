SN-15: 3 misses six entries. A snapshot was taken meanwhile, but six entries before a snapshot are kept, and those are enough.

> set snapshot_every=5
> set trailing=6
> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> quietly propose 1 6
> quietly run 60
> heal
[      81] all links are joined
> run 90
[     159] 1 >> 3 term 1 append 2..7 after 1/1 commit 7
[     160] 3 applies 2..7
[     161] 3 >> 1 term 1 has up to 7
> peers
1: m2 is fed, has 7, next 8
1: m3 is fed, has 7, next 8

FC-10, SN-01: now it misses forty. What it would need next is gone, so it gets a snapshot, and no append until it has that. 2 goes
on as if nothing was.
> isolate 3
[     171] 3 is cut off
> quietly propose 1 20
> quietly run 20
> quietly propose 1 20
> quietly run 300
> hold snapshot 1 3 30
> heal
[     491] all links are joined
> quietly propose 1
> quietly run 20
> peers
1: m2 is fed, has 48, next 49
1: m3 gets a snapshot, has 7, next 48
> logs
1 has (up to 41 in a snapshot) 1 1 1 1 1 1 1 |
2 has (up to 41 in a snapshot) 1 1 1 1 1 1 1 |
3 has (up to 1 in a snapshot) 1 1 1 1 1 1 |
> propose 1
> run 40
[     512] 1 >> 2 term 1 append 49..49 after 48/1 commit 48
[     514] 2 >> 1 term 1 has up to 49
[     514] 1 applies 49..49
[     514] 1 says of write 48: done, at 49/1
[     515] 1 >> 2 term 1 append nothing after 49/1 commit 49
[     515] 2 applies 49..49
[     516] 2 >> 1 term 1 has up to 49
[     524] 1 >> 3 term 1 snapshot 47/1
[     525] 3 has members since 47: 1=m1, 2=m2, 3=m3
[     525] 3 has installed snapshot 47
[     526] 3 >> 1 term 1 has up to 47
[     527] 1 >> 3 term 1 append 48..49 after 47/1 commit 49
[     528] 3 applies 48..49
[     529] 3 >> 1 term 1 has up to 49
> peers
1: m2 is fed, has 49, next 50
1: m3 is fed, has 49, next 50
