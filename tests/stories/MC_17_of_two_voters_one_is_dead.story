MC-17: of two voters one is dead. The other leads for a while and then knows that it is alone; while it leads, the removal of the
dead one is refused, for two of two are needed for it, and after that there is no leader to ask. Without force it stays like this.

> begin 2
1 leads in term 1; all have entry 1
> crash 2
[      21] 2 is killed
> change 1 remove 2
[      21] 1 is asked to remove 2 : yes
> run 1
[      21] 1 has members since 2: 1=m1
[      22] 1 applies 2..2
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is down
> run 450
> change 1 remove 2
[     472] 1 is asked to remove 99 : not found
> quietly run 60000
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is down

It needs nothing but the other one.
> quietly start 2
> quietly run 500
> state
1 is leader in term 1, leader 1, log up to 2, committed 2, applied 2
2 is precandidate in term 1, leader 0, log up to 1, committed 0, applied 0
