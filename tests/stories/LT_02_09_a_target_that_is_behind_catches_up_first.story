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
> run 120
[      42] 1 says of write 3: not done, busy
[     159] 1 >> 3 term 1 append 2..3 after 1/1 commit 3
[     160] 3 applies 2..3
[     161] 3 >> 1 term 1 has up to 3
[     162] 1 >> 3 term 1 campaign now
[     162] 3 is candidate in term 2, leader 0

A write that comes once the new leader is there is taken.
> propose 3
> run 4
[     162] 3 says of write 4: not done, not the leader
[     164] 3 >> 1 term 2 vote last 3/1 by transfer
[     164] 1 is follower in term 2, leader 0
[     164] 3 >> 2 term 2 vote last 3/1 by transfer
[     164] 2 is follower in term 2, leader 0
[     166] 1 >> 3 term 2 vote granted
[     166] 3 leads in term 2
[     166] 2 >> 3 term 2 vote granted
> answers
4 writes: 2 done, 2 not done, 0 unknown; 0 reads answered
