EL-17, MC-01: a list of members is in force as soon as it is in the log, for candidates as well, so it makes no difference
whether it was applied before the campaign.

> begin 4
1 leads in term 1; all have entry 1
> change 1 remove 4
[      21] 1 is asked to remove 4 : yes
> run 1
[      21] 1 has members since 2: 1=m1, 2=m2, 3=m3
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 2 has members since 2: 1=m1, 2=m2, 3=m3
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[      22] 3 has members since 2: 1=m1, 2=m2, 3=m3
> lose append 1 any
> run 3
[      24] 2 >> 1 term 1 has up to 2
[      24] 1  x 2 term 1 append nothing after 2/1 commit 2
[      24] 1  x 3 term 1 append nothing after 2/1 commit 2
[      24] 1 applies 2..2
[      24] 3 >> 1 term 1 has up to 2

1 has the acknowledgements: the list is committed, and 1 is killed before it could tell anybody.
> crash 1
[      25] 1 is killed
> state
1 is down
2 is follower in term 1, leader 1, log up to 2, committed 1, applied 1
3 is follower in term 1, leader 1, log up to 2, committed 1, applied 1
4 is follower in term 1, leader 1, log up to 1, committed 1, applied 1

2 has the list in its log, and doesn't know that it is committed. It asks 1 and 3, not 4; two of the three are enough.
> show sending
> elect 2
[     222] 2: the election time-out is over
[     222] 2  > 1 term 2 prevote last 2/1
[     222] 2  > 3 term 2 prevote last 2/1
[     222] 2 is precandidate in term 1, leader 0
[     223] 2 >> 3 term 2 prevote last 2/1
[     223] 3  > 2 term 2 prevote granted
[     224] 3 >> 2 term 2 prevote granted
[     224] 2 is candidate in term 2, leader 0
[     225] 2  > 1 term 2 vote last 2/1
[     225] 2  > 3 term 2 vote last 2/1
[     226] 2 >> 3 term 2 vote last 2/1
[     226] 3 is follower in term 2, leader 0
[     227] 3  > 2 term 2 vote granted
[     228] 3 >> 2 term 2 vote granted
[     228] 2  > 1 term 2 append 3..3 after 2/1 commit 1
[     228] 2  > 3 term 2 append 3..3 after 2/1 commit 1
[     228] 2 leads in term 2
