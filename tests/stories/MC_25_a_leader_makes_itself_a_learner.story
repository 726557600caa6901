MC-25: the leader demotes itself. It leads until that is committed by 2 and 3, who are the voters now, and hands over. A learner
gets entries, counts for nothing, and never campaigns.

> begin 3
1 leads in term 1; all have entry 1
> change 1 demote 1
[      21] 1 is asked to demote 1 : yes
> run 10
[      21] 1 has members since 2: 1=m1 learner, 2=m2, 3=m3
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 2 has members since 2: 1=m1 learner, 2=m2, 3=m3
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[      22] 3 has members since 2: 1=m1 learner, 2=m2, 3=m3
[      24] 2 >> 1 term 1 has up to 2
[      24] 3 >> 1 term 1 has up to 2
[      24] 1 is follower in term 1, leader 0
[      24] 1 applies 2..2
[      25] 1 >> 2 term 1 append nothing after 2/1 commit 2
[      25] 2 applies 2..2
[      25] 1 >> 3 term 1 append nothing after 2/1 commit 2
[      25] 3 applies 2..2
[      25] 1 >> 3 term 1 campaign now
[      25] 3 is candidate in term 2, leader 0
[      26] 2 >> 1 term 1 has up to 2
[      26] 3 >> 1 term 1 has up to 2
[      27] 3 >> 2 term 2 vote last 2/1 by transfer
[      27] 2 is follower in term 2, leader 0
[      29] 2 >> 3 term 2 vote granted
[      29] 3 leads in term 2
[      30] 1 is follower in term 2, leader 3
[      30] 2 is follower in term 2, leader 3
[      30] 3 >> 1 term 2 append 3..3 after 2/1 commit 2
[      30] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
> quietly run 20
> propose leader
> run 10
[      52] 3 >> 1 term 2 append 4..4 after 3/2 commit 3
[      52] 3 >> 2 term 2 append 4..4 after 3/2 commit 3
[      54] 1 >> 3 term 2 has up to 4
[      54] 2 >> 3 term 2 has up to 4
[      54] 3 applies 4..4
[      54] 3 says of write 1: done, at 4/2
[      55] 3 >> 1 term 2 append nothing after 4/2 commit 4
[      55] 1 applies 4..4
[      55] 3 >> 2 term 2 append nothing after 4/2 commit 4
[      55] 2 applies 4..4
[      56] 1 >> 3 term 2 has up to 4
[      56] 2 >> 3 term 2 has up to 4
> timeout 1
[      61] 1: the election time-out is over
> run 10
> peers
3: m1 is fed, has 4, next 5
3: m2 is fed, has 4, next 5
