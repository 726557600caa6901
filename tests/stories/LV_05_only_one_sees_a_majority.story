LV-05: everybody sees 3, and nobody else. 1, which led, hears 3 only and steps down. 3 is the only one who can lead, and does.

> begin 5
1 leads in term 1; all have entry 1
> quietly isolate 1
> quietly isolate 2
> quietly isolate 4
> quietly isolate 5
> quietly join 3 1
> quietly join 3 2
> quietly join 3 4
> quietly join 3 5
> run 600
[     288] 2 is precandidate in term 1, leader 0
[     288] 5 is precandidate in term 1, leader 0
[     289] 2 >> 3 term 2 prevote last 1/1
[     289] 5 >> 3 term 2 prevote last 1/1
[     290] 3 >> 2 term 1 prevote refused
[     290] 3 >> 5 term 1 prevote refused
[     361] 4 is precandidate in term 1, leader 0
[     362] 4 >> 3 term 2 prevote last 1/1
[     363] 3 >> 4 term 1 prevote refused
[     456] 1 is follower in term 1, leader 0
[     512] 5 >> 3 term 2 prevote last 1/1
[     513] 3 >> 5 term 1 prevote refused
[     518] 2 >> 3 term 2 prevote last 1/1
[     519] 3 >> 2 term 1 prevote refused
[     612] 4 >> 3 term 2 prevote last 1/1
[     613] 3 >> 4 term 2 prevote granted
> quietly run 5000
> propose 3
> run 10
[    5622] 3 >> 1 term 2 append 3..3 after 2/2 commit 2
[    5622] 3 >> 2 term 2 append 3..3 after 2/2 commit 2
[    5622] 3 >> 4 term 2 append 3..3 after 2/2 commit 2
[    5622] 3 >> 5 term 2 append 3..3 after 2/2 commit 2
[    5624] 1 >> 3 term 2 has up to 3
[    5624] 2 >> 3 term 2 has up to 3
[    5624] 3 applies 3..3
[    5624] 3 says of write 1: done, at 3/2
[    5624] 4 >> 3 term 2 has up to 3
[    5624] 5 >> 3 term 2 has up to 3
[    5625] 3 >> 1 term 2 append nothing after 3/2 commit 3
[    5625] 1 applies 3..3
[    5625] 3 >> 2 term 2 append nothing after 3/2 commit 3
[    5625] 2 applies 3..3
[    5625] 3 >> 4 term 2 append nothing after 3/2 commit 3
[    5625] 4 applies 3..3
[    5625] 3 >> 5 term 2 append nothing after 3/2 commit 3
[    5625] 5 applies 3..3
[    5626] 1 >> 3 term 2 has up to 3
[    5626] 2 >> 3 term 2 has up to 3
[    5626] 4 >> 3 term 2 has up to 3
[    5626] 5 >> 3 term 2 has up to 3
> state
1 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
2 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
3 is leader in term 2, leader 3, log up to 3, committed 3, applied 3
4 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
5 is follower in term 2, leader 3, log up to 3, committed 3, applied 3
