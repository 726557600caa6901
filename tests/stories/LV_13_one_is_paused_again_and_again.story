LV-13: 3 is stopped and goes on, each for a bit longer than an election time-out. When it goes on, its time-out is over: it may ask
for prevotes, and is refused. The leader stays, the term stays, and writes are done. The second time it answers nine heartbeats at
once; it is sent what it lacks once more, not nine times (FC-03).

> begin 3
1 leads in term 1; all have entry 1
> pause 3
[      21] 3 is paused
> quietly run 440
> resume 3
[     461] 3 goes on
> run 20
[     461] 3 is precandidate in term 1, leader 0
[     461] 3 is follower in term 1, leader 1
[     462] 3 >> 1 term 2 prevote last 1/1
[     462] 3 >> 2 term 2 prevote last 1/1
[     463] 1 >> 3 term 1 prevote refused
[     463] 2 >> 3 term 1 prevote refused
> quietly run 440
> pause 3
[     921] 3 is paused
> quietly propose 1 5
> quietly run 440
> resume 3
[    1361] 3 goes on
> run 20
[    1361] 3 is precandidate in term 1, leader 0
[    1361] 1 >> 3 term 1 append 2..6 after 1/1 commit 1
[    1361] 3 is follower in term 1, leader 1
[    1361] 1 >> 3 term 1 append nothing after 6/1 commit 6
[    1362] 3 >> 1 term 2 prevote last 1/1
[    1362] 3 >> 2 term 2 prevote last 1/1
[    1362] 3 applies 2..6
[    1363] 1 >> 3 term 1 prevote refused
[    1363] 2 >> 3 term 1 prevote refused
[    1363] 1 >> 3 term 1 append 2..6 after 1/1 commit 6
[    1363] 3 >> 1 term 1 has up to 6
[    1364] 3 >> 1 term 1 has up to 6
> quietly run 440
> quietly pause 3
> quietly run 440
> quietly resume 3
> quietly run 440
> answers
5 writes: 5 done, 0 not done, 0 unknown; 0 reads answered
> state
1 is leader in term 1, leader 1, log up to 6, committed 6, applied 6
2 is follower in term 1, leader 1, log up to 6, committed 6, applied 6
3 is follower in term 1, leader 1, log up to 6, committed 6, applied 6
