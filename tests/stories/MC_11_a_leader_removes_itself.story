MC-11: a leader that removes itself leads until that is committed, without counting itself; then it tells the
farthest voter to campaign, and goes quiet.

> cluster 3
[       0] 1 starts with 0 entries after 0 in term 0
[       0] 2 starts with 0 entries after 0 in term 0
[       0] 3 starts with 0 entries after 0 in term 0
> elect
[     319] 1 is precandidate in term 0, leader 0
[     320] 1 >> 2 term 1 prevote last 0/0
[     320] 1 >> 3 term 1 prevote last 0/0
[     321] 2 >> 1 term 1 prevote granted
[     321] 1 is candidate in term 1, leader 0
[     321] 3 >> 1 term 1 prevote granted
[     322] 1 >> 2 term 1 vote last 0/0
[     322] 2 is follower in term 1, leader 0
[     322] 1 >> 3 term 1 vote last 0/0
[     322] 3 is follower in term 1, leader 0
[     324] 3 >> 1 term 1 vote granted
[     324] 1 leads in term 1
[     324] 2 >> 1 term 1 vote granted
[     325] 2 is follower in term 1, leader 1
[     325] 3 is follower in term 1, leader 1
[     325] 1 >> 2 term 1 append 1..1 after 0/0 commit 0
[     325] 1 >> 3 term 1 append 1..1 after 0/0 commit 0
[     326] 2 >> 1 term 1 has up to 1
[     326] 1 leads in term 1 and is ready
[     326] 1 applies 1..1

> change leader remove leader
[     326] 1 is asked to remove 1 : yes
> run 100
[     326] 1 has members since 2: 2=m2, 3=m3
[     326] 3 >> 1 term 1 has up to 1
[     327] 1 >> 2 term 1 append 1..1 after 0/0 commit 0
[     327] 1 >> 3 term 1 append 1..1 after 0/0 commit 0
[     327] 1 >> 2 term 1 append nothing after 1/1 commit 1
[     327] 2 applies 1..1
[     327] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[     327] 2 has members since 2: 2=m2, 3=m3
[     327] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[     327] 3 has members since 2: 2=m2, 3=m3
[     327] 3 applies 1..1
[     328] 2 >> 1 term 1 has up to 1
[     328] 3 >> 1 term 1 has up to 1
[     328] 2 >> 1 term 1 has up to 1
[     328] 2 >> 1 term 1 has up to 2
[     328] 3 >> 1 term 1 has up to 2
[     328] 1 is follower in term 1, leader 0
[     328] 1 applies 2..2
[     329] 1 >> 2 term 1 append nothing after 2/1 commit 2
[     329] 2 applies 2..2
[     329] 1 >> 3 term 1 append nothing after 2/1 commit 2
[     329] 3 applies 2..2
[     329] 1 >> 3 term 1 campaign now
[     329] 3 is candidate in term 2, leader 0
[     330] 2 >> 1 term 1 has up to 2
[     330] 3 >> 1 term 1 has up to 2
[     330] 3 >> 2 term 2 vote last 2/1 by transfer
[     330] 2 is follower in term 2, leader 0
[     331] 2 >> 3 term 2 vote granted
[     331] 3 leads in term 2
[     332] 2 is follower in term 2, leader 3
[     332] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[     333] 2 >> 3 term 2 has up to 3
[     333] 3 leads in term 2 and is ready
[     333] 3 applies 3..3
[     334] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[     334] 3 >> 2 term 2 append nothing after 3/2 commit 3
[     334] 2 applies 3..3
[     335] 2 >> 3 term 2 has up to 3
[     335] 2 >> 3 term 2 has up to 3

> propose leader
> run 50
[     427] 3 >> 2 term 2 append 4..4 after 3/2 commit 3
[     428] 2 >> 3 term 2 has up to 4
[     428] 3 applies 4..4
[     429] 3 >> 2 term 2 append nothing after 4/2 commit 4
[     429] 2 applies 4..4
[     430] 2 >> 3 term 2 has up to 4
> state
1 is follower in term 1, log up to 2, committed 2, applied 2
2 is follower in term 2, log up to 4, committed 4, applied 4
3 is leader in term 2, log up to 4, committed 4, applied 4
