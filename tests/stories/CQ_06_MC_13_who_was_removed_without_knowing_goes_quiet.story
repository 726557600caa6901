CQ-06, MC-13: 3 is removed while it is cut off, so it doesn't know. When it is back it asks for a prevote, over and over. It is
told in so many words that it was removed, and asks no more. Leader and term stay as they are.

> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> change 1 remove 3
[      21] 1 is asked to remove 3 : yes
> quietly run 1000
> heal
[    1021] all links are joined
> timeout 3
[    1021] 3: the election time-out is over
> run 5
[    1022] 3 >> 1 term 2 prevote last 1/1
[    1022] 3 >> 2 term 2 prevote last 1/1
[    1023] 1 >> 3 term 1 prevote refused, was removed
[    1023] 3 is follower in term 1, leader 0
[    1023] 2 >> 3 term 1 prevote refused, was removed

A hundred election time-outs later.
> run 40000
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is follower in term 1, leader 1, log up to 2, committed 2, applied 2
3 is follower in term 1, leader 0, log up to 1, committed 1, applied 1
