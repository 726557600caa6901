RP-20: five appends in a row, a millisecond apart, and the first is lost. 2 refuses what comes after it, as long as it
lacks that. At the first refusal the leader goes back, and sends all that there is in one message; the second refusal is of what
was overtaken by that, and is answered by nothing.

> begin 3
1 leads in term 1; all have entry 1
> lose append 1 2 1
> quietly cut 1 3
> propose 1
> run 1
[      21] 1  x 2 term 1 append 2..2 after 1/1 commit 1
> propose 1
> run 1
[      23] 1 >> 2 term 1 append 3..3 after 2/1 commit 1
> propose 1
> run 1
[      24] 2 >> 1 term 1 can't follow 2, try 1/1
[      24] 1 >> 2 term 1 append 4..4 after 3/1 commit 1
> propose 1
> run 1
[      25] 1 >> 2 term 1 append 2..4 after 1/1 commit 1
[      25] 2 >> 1 term 1 can't follow 3, try 1/1
> propose 1
> run 10
[      27] 2 >> 1 term 1 has up to 4
[      27] 1 applies 2..4
[      27] 1 says of write 1: done, at 2/1
[      27] 1 says of write 2: done, at 3/1
[      27] 1 says of write 3: done, at 4/1
[      28] 1 >> 2 term 1 append 5..6 after 4/1 commit 4
[      28] 2 applies 2..4
[      30] 2 >> 1 term 1 has up to 6
[      30] 1 applies 5..6
[      30] 1 says of write 4: done, at 5/1
[      30] 1 says of write 5: done, at 6/1
[      31] 1 >> 2 term 1 append nothing after 6/1 commit 6
[      31] 2 applies 5..6
[      32] 2 >> 1 term 1 has up to 6
