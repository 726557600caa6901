PV-05: 3 was cut off during term 1; the others are in term 2. The leader dies just as 3 comes back. Whatever the terms, a
leader must come out of it.

> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> quietly transfer 2
> quietly run 20
> state
1 is follower in term 2, leader 2, log up to 2, committed 2, applied 2
2 is leader in term 2, leader 2, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
> crash 2
[      41] 2 is killed
> heal
[      41] all links are joined
> quietly run 250

3 asks first: its log is too short. The refusal carries term 2, which it takes.
> timeout 3
[     291] 3: the election time-out is over
> run 5
[     291] 3 is precandidate in term 1, leader 0
[     292] 3 >> 1 term 2 prevote last 1/1
[     293] 1 >> 3 term 2 prevote refused
[     293] 3 is follower in term 2, leader 0

1 asks for term 3. 3 grants that, and 1 leads.
> elect 1
[     296] 1: the election time-out is over
[     296] 1 is precandidate in term 2, leader 0
[     297] 1 >> 3 term 3 prevote last 2/2
[     298] 3 >> 1 term 3 prevote granted
[     298] 1 is candidate in term 3, leader 0
[     300] 1 >> 3 term 3 vote last 2/2
[     300] 3 is follower in term 3, leader 0
[     302] 3 >> 1 term 3 vote granted
[     302] 1 leads in term 3
> run 10
[     303] 3 is follower in term 3, leader 1
[     303] 1 >> 3 term 3 append 3..3 after 2/2 commit 2
[     304] 3 >> 1 term 3 can't follow 2, try 1/1
[     305] 1 >> 3 term 3 append 2..3 after 1/1 commit 2
[     306] 3 applies 2..2
[     307] 3 >> 1 term 3 has up to 3
[     307] 1 leads in term 3 and is ready
[     307] 1 applies 3..3
[     308] 1 >> 3 term 3 append nothing after 3/3 commit 3
[     308] 3 applies 3..3
[     309] 3 >> 1 term 3 has up to 3
> state
1 is leader in term 3, leader 1, log up to 3, committed 3, applied 3
2 is down
3 is follower in term 3, leader 1, log up to 3, committed 3, applied 3
