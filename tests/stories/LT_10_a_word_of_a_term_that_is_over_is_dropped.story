LT-10: "campaign now" is on its way to 2 while 3 is elected. It arrives when its term is over, and 3 still leads.

> begin 3
1 leads in term 1; all have entry 1
> hold campaign 1 2 350
> transfer 2
[      21] 1 is asked to hand over to 2
> quietly run 5
> crash 1
[      26] 1 is killed
> quietly elect 3
> quietly run 10
> run 200
[     372] 1 >> 2 term 1 campaign now
> state
1 is down
2 is follower in term 2, leader 3, log up to 2, committed 2, applied 2
3 is leader in term 2, leader 3, log up to 2, committed 2, applied 2
