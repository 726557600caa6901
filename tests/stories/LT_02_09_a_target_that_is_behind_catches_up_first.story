LT-02, LT-09: 3 was cut off while two writes were made. It is to take over. Writes are refused from now on, or it would never be
level with the leader; it gets what it lacks, acknowledges it, and only then is told to campaign.

> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> quietly propose 1 2
> quietly run 100
> heal
[     121] all links are joined
> transfer 3
[     121] 1 is asked to hand over to 3
> run 1
> propose 1
> run 50
[     122] 1 says of write 3: not done, busy
[     159] 1 >> 3 term 1 append 2..3 after 1/1 commit 3
[     160] 3 applies 2..3
[     161] 3 >> 1 term 1 has up to 3
[     162] 1 >> 3 term 1 campaign now
[     162] 3 is candidate in term 2, leader 0
[     164] 3 >> 1 term 2 vote last 3/1 by transfer
[     164] 1 is follower in term 2, leader 0
[     164] 3 >> 2 term 2 vote last 3/1 by transfer
[     164] 2 is follower in term 2, leader 0
[     166] 1 >> 3 term 2 vote granted
[     166] 3 leads in term 2
[     166] 2 >> 3 term 2 vote granted
[     167] 1 is follower in term 2, leader 3
[     167] 2 is follower in term 2, leader 3
[     167] 3 >> 1 term 2 append 4..4 after 3/1 commit 3
[     167] 3 >> 2 term 2 append 4..4 after 3/1 commit 3
[     169] 1 >> 3 term 2 has up to 4
[     169] 3 leads in term 2 and is ready
[     169] 3 applies 4..4
[     169] 2 >> 3 term 2 has up to 4
[     170] 3 >> 1 term 2 append nothing after 4/2 commit 4
[     170] 1 applies 4..4
[     170] 3 >> 2 term 2 append nothing after 4/2 commit 4
[     170] 2 applies 4..4
[     171] 1 >> 3 term 2 has up to 4
[     171] 2 >> 3 term 2 has up to 4

A write that comes once the new leader is there is taken.
> propose 3
> run 4
[     173] 3 >> 1 term 2 append 5..5 after 4/2 commit 4
[     173] 3 >> 2 term 2 append 5..5 after 4/2 commit 4
[     175] 1 >> 3 term 2 has up to 5
[     175] 3 applies 5..5
[     175] 3 says of write 4: done, at 5/2
[     175] 2 >> 3 term 2 has up to 5
[     176] 3 >> 1 term 2 append nothing after 5/2 commit 5
[     176] 1 applies 5..5
[     176] 3 >> 2 term 2 append nothing after 5/2 commit 5
[     176] 2 applies 5..5
> answers
4 writes: 3 done, 1 not done, 0 unknown; 0 reads answered
