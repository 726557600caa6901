LT-02, LT-09: 3 was cut off while two writes were made. It is to take over. Writes are refused from now on, or it would never be
level with the leader; it gets what it lacks, acknowledges it, and only then is told to campaign.

> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> propose 1 2
> quietly run 20
> heal
[      41] all links are joined
> transfer 3
[      41] 1 is asked to hand over to 3
> run 1
> propose 1
> run 90
[      42] 1 says of write 3: not done, busy

A write that comes once the new leader is there is taken.
> propose 3
> run 4
[     132] 3 says of write 4: not done, not the leader
> answers
4 writes: 2 done, 2 not done, 0 unknown; 0 reads answered
