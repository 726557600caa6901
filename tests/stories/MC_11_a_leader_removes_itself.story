MC-11: a leader that removes itself leads until that is committed, without counting itself; then it tells the
farthest voter to campaign, and goes quiet.

> begin 3
1 leads in term 1; all have entry 1

> change leader remove leader
[      21] 1 is asked to remove 1 : yes
> run 100
[      21] 1 has members since 2: 2=m2, 3=m3
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 2 has members since 2: 2=m2, 3=m3
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[      22] 3 has members since 2: 2=m2, 3=m3
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
[      30] 2 is follower in term 2, leader 3
[      30] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[      32] 2 >> 3 term 2 has up to 3
[      32] 3 leads in term 2 and is ready
[      32] 3 applies 3..3
[      33] 3 >> 2 term 2 append nothing after 3/2 commit 3
[      33] 2 applies 3..3
[      34] 2 >> 3 term 2 has up to 3

> propose leader
> run 50
[     122] 3 >> 2 term 2 append 4..4 after 3/2 commit 3
[     124] 2 >> 3 term 2 has up to 4
[     124] 3 applies 4..4
[     124] 3 says of write 1: done, at 4/2
[     125] 3 >> 2 term 2 append nothing after 4/2 commit 4
[     125] 2 applies 4..4
[     126] 2 >> 3 term 2 has up to 4
> state
1 is follower in term 1, leader 0, log up to 2, committed 2, applied 2
2 is follower in term 2, leader 3, log up to 4, committed 4, applied 4
3 is leader in term 2, leader 3, log up to 4, committed 4, applied 4
