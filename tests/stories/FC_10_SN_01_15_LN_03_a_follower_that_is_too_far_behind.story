SN-15: 3 misses seven entries. A snapshot was taken meanwhile, but six entries before a snapshot are kept, and those are enough.

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
> run 60
> peers
1: m2 is fed, has 7, next 8
1: m3 is fed, has 1, next 8

FC-10, SN-01: now it misses forty. What it would need next is gone, so it gets a snapshot, and nothing else until it has that
("gets a snapshot"). 2 goes on as if nothing was.
> isolate 3
[     141] 3 is cut off
> quietly propose 1 20
> quietly run 20
> quietly propose 1 20
> quietly run 300
> heal
[     461] all links are joined
> lose ack 3 1 1
> quietly run 40
> peers
1: m2 is fed, has 47, next 48
1: m3 is fed, has 1, next 48
> quietly propose 1
> run 150
[     502] 1 >> 2 term 1 append 48..48 after 47/1 commit 47
[     502] 1 >> 3 term 1 append 48..48 after 47/1 commit 47
[     502] 3  x 1 term 1 can't follow 47, try 1/1
[     502] 3 is follower in term 1, leader 1
[     504] 2 >> 1 term 1 has up to 48
[     504] 1 applies 48..48
[     504] 1 says of write 47: done, at 48/1
[     505] 1 >> 2 term 1 append nothing after 48/1 commit 48
[     505] 2 applies 48..48
[     505] 1 >> 3 term 1 append nothing after 48/1 commit 48
[     506] 2 >> 1 term 1 has up to 48
[     506] 3 >> 1 term 1 can't follow 48, try 1/1
[     507] 1 >> 3 term 1 snapshot 47/1
[     508] 3 has members since 47: 1=m1, 2=m2, 3=m3
[     508] 3 has installed snapshot 47
[     509] 3 >> 1 term 1 has up to 47
[     510] 1 >> 3 term 1 append 48..48 after 47/1 commit 48
[     511] 3 applies 48..48
[     512] 3 >> 1 term 1 has up to 48
> peers
1: m2 is fed, has 48, next 49
1: m3 is fed, has 48, next 49
> logs
1 has (up to 41 in a snapshot) 1 1 1 1 1 1 1 |
2 has (up to 41 in a snapshot) 1 1 1 1 1 1 1 |
3 has (up to 47 in a snapshot) 1 |
