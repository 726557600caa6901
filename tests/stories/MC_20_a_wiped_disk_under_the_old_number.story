MC-20: 3 voted for 1 in term 1. Its disk is replaced by an empty one, and it starts under its old number: it could vote a second
time. But the number is registered for a store, and this is another: nobody hears it, and it is told so, stops, and starts again as
one without a number, who is nobody.

> begin 3
1 leads in term 1; all have entry 1
> crash 3
[      21] 3 is killed
> wipe 3
[      21] 3 gets an empty disk and keeps its number
> start 3
[      21] 3 starts with 0 entries after 0 in term 0
> timeout 3
[      21] 3: the election time-out is over
> run 60
[      21] 3 is precandidate in term 0, leader 0
[      22] 3 >> 1 term 1 prevote last 0/0
[      22] 3 >> 2 term 1 prevote last 0/0
[      57] 3 is precandidate in term 0, leader 0
[      57] 3 stops: its number is another store's
[      57] 3 is killed
> quietly run 3000
> state
1 is leader in term 1, leader 1, log up to 1, committed 1, applied 1
2 is follower in term 1, leader 1, log up to 1, committed 1, applied 1
3 is follower in term 0, leader 0, log up to 0, committed 0, applied 0

It takes part again when the number is removed and the machine is added, as 4.
> change 1 remove #3
[    3081] 1 is asked to remove 3 : yes
> quietly run 50
> add 3
[    3131] 1 is asked to add 0 m3: yes
> quietly run 300
> state
1 is leader in term 1, leader 1, log up to 4, committed 4, applied 4
2 is follower in term 1, leader 1, log up to 4, committed 4, applied 4
3 is follower in term 1, leader 1, log up to 4, committed 4, applied 4
