LV-01: 1, 2 and 3 see each other; 4 sees 2 only, and 5 sees 3 only. 1 leads. 4 and 5 don't hear it and ask for prevotes all the
time; 2 and 3 refuse, for they hear it. A hundred election time-outs later it leads the same term.

> begin 5
1 leads in term 1; all have entry 1
> quietly cut 4 1
> quietly cut 4 3
> quietly cut 4 5
> quietly cut 5 1
> quietly cut 5 2
> propose 1
> run 400
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      22] 1 >> 3 term 1 append 2..2 after 1/1 commit 1
[      24] 2 >> 1 term 1 has up to 2
[      24] 3 >> 1 term 1 has up to 2
[      24] 1 applies 2..2
[      24] 1 says of write 1: done, at 2/1
[      25] 1 >> 2 term 1 append nothing after 2/1 commit 2
[      25] 2 applies 2..2
[      25] 1 >> 3 term 1 append nothing after 2/1 commit 2
[      25] 3 applies 2..2
[      26] 2 >> 1 term 1 has up to 2
[      26] 3 >> 1 term 1 has up to 2
[     288] 5 is precandidate in term 1, leader 0
[     289] 5 >> 3 term 2 prevote last 1/1
[     290] 3 >> 5 term 1 prevote refused
[     361] 4 is precandidate in term 1, leader 0
[     362] 4 >> 2 term 2 prevote last 1/1
[     363] 2 >> 4 term 1 prevote refused
> quietly run 40000
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
4 is precandidate in term 1, leader 0, log up to 1, committed 1, applied 1
5 is precandidate in term 1, leader 0, log up to 1, committed 1, applied 1
