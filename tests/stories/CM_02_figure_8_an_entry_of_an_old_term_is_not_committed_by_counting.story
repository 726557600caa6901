CM-02, RP-01, Figure 8 of the paper, in which the old entries are lost. In term 1, 1 gets 300 entries to 2 only; nobody is told
that they are done. (So many, because they don't fit in one message with the first entry of a later term.)

> begin 5
1 leads in term 1; all have entry 1
> quietly lose append 1 3
> quietly lose append 1 4
> quietly lose append 1 5
> quietly propose 1 300
> quietly run 10
> quietly crash 1
> quietly pass
> answers
300 writes: 0 done, 0 not done, 300 unknown; 0 reads answered

5 is elected by 3 and 4, who have nothing of that, and gets its own entry to nobody. It is killed.
> quietly lose append 5 any
> quietly elect 5
> quietly run 10
> quietly crash 5
> quietly pass
> quietly start 1
> state
1 is follower in term 1, leader 0, log up to 301, committed 0, applied 0
2 is follower in term 2, leader 5, log up to 301, committed 1, applied 1
3 is follower in term 2, leader 5, log up to 1, committed 1, applied 1
4 is follower in term 2, leader 5, log up to 1, committed 1, applied 1
5 is down

1 is back and leads term 3. 3 gets the first message of its old entries, and the next is lost: entries up to 257 are on three of
five disks. They aren't committed for all that, since they are of term 1.
> quietly lose append 1 2
> quietly lose append 1 4
> quietly elect 1
> quietly lose append 1 3 1
> run 3
[     455] 4 >> 1 term 3 vote granted
[     456] 2 is follower in term 3, leader 1
[     456] 3 is follower in term 3, leader 1
[     456] 4 is follower in term 3, leader 1
[     456] 1 >> 3 term 3 append 302..302 after 301/1 commit 0
[     457] 3 >> 1 term 3 can't follow 301, try 1/1
[     457] 1  x 3 term 3 append 2..257 after 1/1 commit 0
> quietly lose append 1 3
> run 10
> disks
on disk of 1: term 3, vote 1, entries up to 302
on disk of 2: term 3, vote 1, entries up to 301
on disk of 3: term 3, vote 1, entries up to 1
on disk of 4: term 3, vote 1, entries up to 1
on disk of 5: term 2, vote 5, entries up to 2
> state
1 is leader in term 3, leader 1, log up to 302, committed 0, applied 0
2 is follower in term 3, leader 1, log up to 301, committed 1, applied 1
3 is follower in term 3, leader 1, log up to 1, committed 1, applied 1
4 is follower in term 3, leader 1, log up to 1, committed 1, applied 1
5 is down

1 is killed, 5 comes back: its last entry is of term 2, so it wins against 3 and 4, and all that 1 had is overwritten. Had 257 been
called committed, it would be lost now.
> crash 1
[     468] 1 is killed
> quietly pass
> quietly crash 2
> start 5
[     468] 5 starts with 2 entries after 0 in term 2
> quietly elect 5
> quietly run 10
> state
1 is down
2 is down
3 is follower in term 4, leader 5, log up to 3, committed 3, applied 3
4 is follower in term 4, leader 5, log up to 3, committed 3, applied 3
5 is leader in term 4, leader 5, log up to 3, committed 3, applied 3
