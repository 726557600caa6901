LV-03: a leader that is heard by everybody and hears nobody: it holds the others back, for they follow. It stops by itself when
nothing was heard from a majority for the longest election time-out, and falls silent; only then they elect another.

> begin 3
1 leads in term 1; all have entry 1
> cut 2 > 1
[      21] 2 > 1 is cut
> cut 3 > 1
[      21] 3 > 1 is cut
> propose 1
> run 500
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[     456] 1 is follower in term 1, leader 0
[     456] 1 says of write 1: unknown
> elect 2
[     607] 2: the election time-out is over
[     607] 2 is precandidate in term 1, leader 0
[     608] 2 >> 3 term 2 prevote last 2/1
[     609] 3 >> 2 term 2 prevote granted
[     609] 2 is candidate in term 2, leader 0
[     611] 2 >> 3 term 2 vote last 2/1
[     611] 3 is follower in term 2, leader 0
[     613] 3 >> 2 term 2 vote granted
[     613] 2 leads in term 2
> run 20
[     614] 3 is follower in term 2, leader 2
[     614] 2 >> 3 term 2 append 3..3 after 2/1 commit 1
[     616] 3 >> 2 term 2 has up to 3
[     616] 2 leads in term 2 and is ready
[     616] 2 applies 2..3
[     617] 2 >> 3 term 2 append nothing after 3/2 commit 3
[     617] 3 applies 2..3
[     618] 3 >> 2 term 2 has up to 3
> logs
1 has 1 | 1
2 has 1 1 2 |
3 has 1 1 2 |
> answers
1 writes: 0 done, 0 not done, 1 unknown; 0 reads answered
