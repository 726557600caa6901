LV-07: 1 and 3 don't see each other, both see 2. 1 leads, 3 doesn't hear it and asks; 2 hears it and refuses. 3 gets no entries while
that lasts, and nothing else happens.

> begin 3
1 leads in term 1; all have entry 1
> cut 1 3
[      21] 1 > 3 is cut
[      21] 3 > 1 is cut
> propose 1
> run 600
[      22] 1 >> 2 term 1 append 2..2 after 1/1 commit 1
[      24] 2 >> 1 term 1 has up to 2
[      24] 1 applies 2..2
[      24] 1 says of write 1: done, at 2/1
[      25] 1 >> 2 term 1 append nothing after 2/1 commit 2
[      25] 2 applies 2..2
[      26] 2 >> 1 term 1 has up to 2
[     359] 3 is precandidate in term 1, leader 0
[     360] 3 >> 2 term 2 prevote last 1/1
[     361] 2 >> 3 term 1 prevote refused
> quietly run 40000
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
3 is precandidate in term 1, leader 0, log up to 1, committed 1, applied 1
