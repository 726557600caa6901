CQ-12, RD-11, JR-05: the leader is stopped for longer than an election time-out. A read and a write were asked of it just
before. When it goes on, it doesn't know how long it slept. The read is let through by nothing but a round of heartbeats that was
sent after it was asked: those come back with the new term.

> begin 3
1 leads in term 1; all have entry 1
> quietly run 100
> pause 1
[     121] 1 is paused
> read 1
> propose 1
> elect 2
[     307] 2: the election time-out is over
[     307] 2 is precandidate in term 1, leader 0
[     308] 2 >> 3 term 2 prevote last 1/1
[     309] 3 >> 2 term 2 prevote granted
[     309] 2 is candidate in term 2, leader 0
[     311] 2 >> 3 term 2 vote last 1/1
[     311] 3 is follower in term 2, leader 0
[     313] 3 >> 2 term 2 vote granted
[     313] 2 leads in term 2
> propose 2
> run 20
[     314] 3 is follower in term 2, leader 2
[     314] 2 >> 3 term 2 append 2..2 after 1/1 commit 1
[     316] 3 >> 2 term 2 has up to 2
[     316] 2 leads in term 2 and is ready
[     316] 2 applies 2..2
[     317] 2 >> 3 term 2 append 3..3 after 2/2 commit 2
[     317] 3 applies 2..2
[     319] 3 >> 2 term 2 has up to 3
[     319] 2 applies 3..3
[     319] 2 says of write 2: done, at 3/2
[     320] 2 >> 3 term 2 append nothing after 3/2 commit 3
[     320] 3 applies 3..3
[     321] 3 >> 2 term 2 has up to 3
> resume 1
[     333] 1 goes on
> run 60
[     333] 2 >> 1 term 2 prevote last 1/1
[     333] 2 >> 1 term 2 vote last 1/1
[     333] 1 is follower in term 2, leader 2
[     333] 1 says of write 1: unknown
[     333] 1 doesn't let a read through: not the leader
[     333] 2 >> 1 term 2 append 2..2 after 1/1 commit 1
[     334] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[     334] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[     334] 1 >> 2 term 1 prevote refused
[     335] 2 >> 1 term 2 can't follow 0, try 0/0
[     335] 3 >> 1 term 2 can't follow 0, try 0/0
[     366] 2 >> 1 term 2 append 2..3 after 1/1 commit 3
[     367] 1 applies 2..3
[     368] 1 >> 2 term 2 has up to 3

The write got into its log, and nowhere else: "unknown", and it is overwritten. What 1 sent when it went on carries its term,
which is over, so it changes nothing.
> logs
1 has 1 2 2 |
2 has 1 2 2 |
3 has 1 2 2 |
