LV-12: all are killed at once, and again. Each time somebody leads within five election time-outs, in a term that is one higher, and
what was done is there. (test_seeds.c does that again and again.)

> begin 3
1 leads in term 1; all have entry 1
> quietly crash 1
> quietly crash 2
> quietly crash 3
> start 1
[      21] 1 starts with 1 entries after 0 in term 1
> start 2
[      21] 2 starts with 1 entries after 0 in term 1
> start 3
[      21] 3 starts with 1 entries after 0 in term 1
> quietly elect
> state
1 is follower in term 2, leader 2, log up to 2, committed 0, applied 0
2 is leader in term 2, leader 2, log up to 2, committed 2, applied 2
3 is follower in term 2, leader 2, log up to 2, committed 0, applied 0
> quietly crash 1
> quietly crash 2
> quietly crash 3
> start 1
[     293] 1 starts with 2 entries after 0 in term 2
> start 2
[     293] 2 starts with 2 entries after 0 in term 2
> start 3
[     293] 3 starts with 2 entries after 0 in term 2
> quietly elect
> propose leader
> run 10
[     642] 3 >> 1 term 3 has up to 3
[     643] 1 >> 2 term 3 append nothing after 3/3 commit 3
[     643] 2 applies 3..3
[     643] 1 >> 3 term 3 append nothing after 3/3 commit 3
[     643] 3 applies 3..3
[     643] 1 >> 2 term 3 append 4..4 after 3/3 commit 3
[     643] 1 >> 3 term 3 append 4..4 after 3/3 commit 3
[     644] 2 >> 1 term 3 has up to 3
[     644] 3 >> 1 term 3 has up to 3
[     645] 2 >> 1 term 3 has up to 4
[     645] 1 applies 4..4
[     645] 1 says of write 1: done, at 4/3
[     645] 3 >> 1 term 3 has up to 4
[     646] 1 >> 2 term 3 append nothing after 4/3 commit 4
[     646] 2 applies 4..4
[     646] 1 >> 3 term 3 append nothing after 4/3 commit 4
[     646] 3 applies 4..4
[     647] 2 >> 1 term 3 has up to 4
[     647] 3 >> 1 term 3 has up to 4
> quietly run 100
> state
1 is leader in term 3, leader 1, log up to 4, committed 4, applied 4
2 is follower in term 3, leader 1, log up to 4, committed 4, applied 4
3 is follower in term 3, leader 1, log up to 4, committed 4, applied 4
