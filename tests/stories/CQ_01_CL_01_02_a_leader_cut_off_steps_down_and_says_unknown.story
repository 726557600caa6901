CQ-01, CL-01, CL-02, JR-07, RD-03, RD-09, JR-05: a leader that is cut off from the majority doesn't know it at first. It takes a
write and a read, and answers neither. When the longest election time-out is over it leads no more, in the same term: the write
is "unknown", for it is in the log and may yet be committed; the read is refused.

> begin 3
1 leads in term 1; all have entry 1
> isolate 1
[      21] 1 is cut off
> propose 1
> read 1
> run 500
[     288] 2 is precandidate in term 1, leader 0
[     289] 2 >> 3 term 2 prevote last 1/1
[     290] 3 >> 2 term 2 prevote granted
[     290] 2 is candidate in term 2, leader 0
[     292] 2 >> 3 term 2 vote last 1/1
[     292] 3 is follower in term 2, leader 0
[     294] 3 >> 2 term 2 vote granted
[     294] 2 leads in term 2
[     295] 3 is follower in term 2, leader 2
[     295] 2 >> 3 term 2 append 2..2 after 1/1 commit 1
[     297] 3 >> 2 term 2 has up to 2
[     297] 2 leads in term 2 and is ready
[     297] 2 applies 2..2
[     298] 2 >> 3 term 2 append nothing after 2/2 commit 2
[     298] 3 applies 2..2
[     299] 3 >> 2 term 2 has up to 2
[     421] 1 is follower in term 1, leader 0
[     421] 1 says of write 1: unknown
[     421] 1 doesn't let a read through: not the leader

Meanwhile 2 and 3 have elected another. A write that is asked of somebody who doesn't lead was never in any log, and only
then the answer is "not the leader".
> propose 1
> run 10
[     521] 1 says of write 2: not done, not the leader
> quietly run 500
> propose leader
> quietly run 10
> logs
1 has 1 | 1
2 has 1 2 2 |
3 has 1 2 2 |

1 comes back: its entry is overwritten. "Unknown" was the right word.
> heal
[    1041] all links are joined
> run 60
[    1045] 1 is follower in term 2, leader 2
[    1097] 2 >> 1 term 2 append 2..3 after 1/1 commit 3
[    1098] 1 applies 2..3
[    1099] 1 >> 2 term 2 has up to 3
> logs
1 has 1 2 2 |
2 has 1 2 2 |
3 has 1 2 2 |
> answers
3 writes: 1 done, 1 not done, 1 unknown; 0 reads answered
