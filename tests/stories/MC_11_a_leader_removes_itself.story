MC-11: a leader that removes itself leads until that is committed, without counting itself; then it tells the
farthest voter to campaign, and goes quiet.

> cluster 3
[       0] 1 starts with 0 entries after 0 in term 0
[       0] 2 starts with 0 entries after 0 in term 0
[       0] 3 starts with 0 entries after 0 in term 0
> elect
[     320] 1 is precandidate in term 0, leader 0
[     321] 1 >> 2 term 1 prevote last 0/0
[     321] 1 >> 3 term 1 prevote last 0/0
[     322] 2 >> 1 term 1 prevote granted
[     322] 1 is candidate in term 1, leader 0
[     322] 3 >> 1 term 1 prevote granted
[     324] 1 >> 2 term 1 vote last 0/0
[     324] 2 is follower in term 1, leader 0
[     324] 1 >> 3 term 1 vote last 0/0
[     324] 3 is follower in term 1, leader 0
[     326] 2 >> 1 term 1 vote granted
[     326] 1 leads in term 1
[     326] 3 >> 1 term 1 vote granted
[     327] 2 is follower in term 1, leader 1
[     327] 3 is follower in term 1, leader 1
[     327] 1 >> 2 term 1 append 1..1 after 0/0 commit 0
[     327] 1 >> 3 term 1 append 1..1 after 0/0 commit 0
[     329] 1 >> 2 term 1 append 1..1 after 0/0 commit 0
[     329] 1 >> 3 term 1 append 1..1 after 0/0 commit 0
[     329] 2 >> 1 term 1 has up to 1
[     329] 1 leads in term 1 and is ready
[     329] 1 applies 1..1

> change leader remove leader
[     329] 1 is asked to remove 1 : yes
> run 100
[     329] 3 >> 1 term 1 has up to 1
[     329] 1 has members since 2: 2=m2, 3=m3
[     330] 2 >> 1 term 1 has up to 1
[     330] 3 >> 1 term 1 has up to 1
[     330] 1 >> 2 term 1 append nothing after 1/1 commit 1
[     330] 2 applies 1..1
[     330] 1 >> 3 term 1 append nothing after 1/1 commit 1
[     330] 3 applies 1..1
[     330] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[     330] 2 has members since 2: 2=m2, 3=m3
[     330] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[     330] 3 has members since 2: 2=m2, 3=m3
[     331] 2 >> 1 term 1 has up to 1
[     331] 3 >> 1 term 1 has up to 1
[     332] 2 >> 1 term 1 has up to 2
[     332] 3 >> 1 term 1 has up to 2
[     332] 1 is follower in term 1, leader 0
[     332] 1 applies 2..2
[     333] 1 >> 2 term 1 append nothing after 2/1 commit 2
[     333] 2 applies 2..2
[     333] 1 >> 3 term 1 append nothing after 2/1 commit 2
[     333] 3 applies 2..2
[     333] 1 >> 3 term 1 campaign now
[     333] 3 is candidate in term 2, leader 0
[     334] 2 >> 1 term 1 has up to 2
[     334] 3 >> 1 term 1 has up to 2
[     335] 3 >> 2 term 2 vote last 2/1 by transfer
[     335] 2 is follower in term 2, leader 0
[     337] 2 >> 3 term 2 vote granted
[     337] 3 leads in term 2
[     338] 2 is follower in term 2, leader 3
[     338] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[     340] 3 >> 2 term 2 append 3..3 after 2/1 commit 2
[     340] 2 >> 3 term 2 has up to 3
[     340] 3 leads in term 2 and is ready
[     340] 3 applies 3..3
[     341] 2 >> 3 term 2 has up to 3
[     341] 3 >> 2 term 2 append nothing after 3/2 commit 3
[     341] 2 applies 3..3
[     342] 2 >> 3 term 2 has up to 3

> propose leader
> run 50
[     430] 3 >> 2 term 2 append 4..4 after 3/2 commit 3
[     432] 2 >> 3 term 2 has up to 4
[     432] 3 applies 4..4
[     432] 3 says of write 1: done, at 4/2
[     433] 3 >> 2 term 2 append nothing after 4/2 commit 4
[     433] 2 applies 4..4
[     434] 2 >> 3 term 2 has up to 4
> state
1 is follower in term 1, leader 0, log up to 2, committed 2, applied 2
2 is follower in term 2, leader 3, log up to 4, committed 4, applied 4
3 is leader in term 2, leader 3, log up to 4, committed 4, applied 4
