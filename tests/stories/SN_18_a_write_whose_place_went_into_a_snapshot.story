SN-18: a caller waits for its write at 1, which is cut off. Its place in the log is taken by another entry, which goes into a
snapshot before 1 ever hears of it. The caller isn't left waiting: "unknown" comes when 1 leads no more.

> set snapshot_every=5
> set trailing=0
> begin 3
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> propose 1
> quietly elect 2
> quietly propose 2 8
> run 260
[     217] 3 is follower in term 2, leader 2
[     217] 2 >> 3 term 2 append 2..2 after 1/1 commit 1
[     219] 3 >> 2 term 2 has up to 2
[     219] 2 leads in term 2 and is ready
[     219] 2 applies 2..2
[     220] 2 >> 3 term 2 append 3..10 after 2/2 commit 2
[     220] 3 applies 2..2
[     222] 3 >> 2 term 2 has up to 10
[     222] 2 applies 3..10
[     222] 2 says of write 2: done, at 3/2
[     222] 2 says of write 3: done, at 4/2
[     222] 2 says of write 4: done, at 5/2
[     222] 2 says of write 5: done, at 6/2
[     222] 2 says of write 6: done, at 7/2
[     222] 2 says of write 7: done, at 8/2
[     222] 2 says of write 8: done, at 9/2
[     222] 2 says of write 9: done, at 10/2
[     223] 2 >> 3 term 2 append nothing after 10/2 commit 10
[     223] 3 applies 3..10
[     224] 3 >> 2 term 2 has up to 10
[     456] 1 is follower in term 1, leader 0
[     456] 1 says of write 1: unknown
> heal
[     476] all links are joined
> run 150
[     517] 1 is follower in term 2, leader 2
[     569] 2 >> 1 term 2 snapshot 10/2
[     570] 1 has members since 10: 1=m1, 2=m2, 3=m3
[     570] 1 has installed snapshot 10
[     571] 1 >> 2 term 2 has up to 10
[     572] 2 >> 1 term 2 append nothing after 10/2 commit 10
[     573] 1 >> 2 term 2 has up to 10
> logs
1 has (up to 10 in a snapshot) |
2 has (up to 10 in a snapshot) |
3 has (up to 10 in a snapshot) |
> answers
9 writes: 8 done, 0 not done, 1 unknown; 0 reads answered
