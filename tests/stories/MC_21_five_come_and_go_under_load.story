MC-21: five are added and three of the old ones are removed, one after the other, while writes go on. The last list is as it was
asked for, everybody has it, and all writes are done.

> begin 3 5
1 leads in term 1; all have entry 1
> quietly start 4
> quietly start 5
> quietly start 6
> quietly start 7
> quietly start 8
> quietly add 4
> quietly propose 1 5
> quietly run 150
> quietly add 5
> quietly propose 1 5
> quietly run 150
> quietly change leader remove 3
> quietly propose 1 5
> quietly run 100
> quietly add 6
> quietly propose 1 5
> quietly run 150
> quietly change leader remove 2
> quietly propose 1 5
> quietly run 100
> quietly add 7
> quietly propose 1 5
> quietly run 150
> quietly add 8
> quietly propose 1 5
> quietly run 200
> change leader remove 1
[    1021] 1 is asked to remove 1 : yes
> quietly run 600
> quietly propose leader 5
> quietly run 100
> peers
6: m4 is fed, has 55, next 56
6: m5 is fed, has 55, next 56
6: m7 is fed, has 55, next 56
6: m8 is fed, has 55, next 56
> answers
40 writes: 40 done, 0 not done, 0 unknown; 0 reads answered
> state
1 is follower in term 1, leader 0, log up to 49, committed 49, applied 49
2 is follower in term 1, leader 0, log up to 33, committed 28, applied 28
3 is follower in term 1, leader 0, log up to 20, committed 15, applied 15
4 is follower in term 2, leader 6, log up to 55, committed 55, applied 55
5 is follower in term 2, leader 6, log up to 55, committed 55, applied 55
6 is leader in term 2, leader 6, log up to 55, committed 55, applied 55
7 is follower in term 2, leader 6, log up to 55, committed 55, applied 55
8 is follower in term 2, leader 6, log up to 55, committed 55, applied 55
