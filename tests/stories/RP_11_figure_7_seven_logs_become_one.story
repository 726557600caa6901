RP-11, JR-18, Figure 7 of the paper: 1 is the leader for term 8, 2 to 7 are a to f. They come to their logs as they would: 7 leads terms 2
and 3 and reaches nobody, 6 leads term 4, 1 leads term 5, 4 leads term 6 and 5 term 7, and each dies at the right moment.

> begin 7
1 leads in term 1; all have entry 1
> quietly propose 1 2
> quietly run 20
> quietly lose append 7 any
> quietly crash 1
> quietly start 1
> quietly elect 7
> quietly propose 7 2
> quietly run 20
> quietly crash 7
> quietly start 7
> quietly elect 7
> quietly propose 7 4
> quietly run 20
> quietly crash 7
> quietly start 7
> quietly lose append 6 7
> quietly elect 6
> quietly run 20
> quietly lose append 6 3
> quietly propose 6
> quietly run 5
> quietly lose append 6 any
> quietly propose 6 2
> quietly run 5
> logs
1 has 1 1 1 4 4 |
2 has 1 1 1 4 4 |
3 has 1 1 1 4 |
4 has 1 1 1 4 4 |
5 has 1 1 1 4 4 |
6 has 1 1 1 4 4 | 4 4
7 has | 1 1 1 2 2 2 3 3 3 3 3
> quietly crash 6
> quietly start 6
> quietly lose append 1 3
> quietly lose append 1 6
> quietly lose append 1 7
> quietly elect 1
> quietly propose 1
> quietly run 20
> quietly crash 1
> quietly start 1
> quietly pass
> quietly lose append 4 3
> quietly lose append 4 6
> quietly lose append 4 7
> quietly elect 4
> quietly propose 4
> quietly run 20
> quietly lose append 4 2
> quietly propose 4
> quietly run 5
> quietly lose append 4 any
> quietly propose 4
> quietly run 5
> quietly crash 4
> quietly start 4
> quietly lose append 5 any
> quietly elect 5
> quietly propose 5
> quietly run 20
> quietly crash 5
> quietly start 5
> quietly pass
> logs
1 has 1 1 1 4 4 5 5 6 6 | 6
2 has 1 1 1 4 4 5 5 6 6 |
3 has 1 1 1 4 |
4 has | 1 1 1 4 4 5 5 6 6 6 6
5 has | 1 1 1 4 4 5 5 6 6 6 7 7
6 has | 1 1 1 4 4 4 4
7 has | 1 1 1 2 2 2 3 3 3 3 3

1 gets the votes of 2, 3, 6 and 7. It tries the end of its own log with everybody. Who can't follow says where his log might agree
(a hint by terms), and one refusal is enough for each, however many terms the logs differ in.
> quietly elect 1
> run 3
[    1522] 7 >> 1 term 8 vote granted
[    1523] 2 is follower in term 8, leader 1
[    1523] 3 is follower in term 8, leader 1
[    1523] 4 is follower in term 8, leader 1
[    1523] 5 is follower in term 8, leader 1
[    1523] 6 is follower in term 8, leader 1
[    1523] 7 is follower in term 8, leader 1
[    1523] 1 >> 2 term 8 append 11..11 after 10/6 commit 9
[    1523] 1 >> 3 term 8 append 11..11 after 10/6 commit 9
[    1523] 1 >> 4 term 8 append 11..11 after 10/6 commit 9
[    1523] 4 applies 1..9
[    1523] 1 >> 5 term 8 append 11..11 after 10/6 commit 9
[    1523] 5 applies 1..9
[    1523] 1 >> 6 term 8 append 11..11 after 10/6 commit 9
[    1523] 1 >> 7 term 8 append 11..11 after 10/6 commit 9
[    1524] 2 >> 1 term 8 can't follow 10, try 9/6
[    1524] 3 >> 1 term 8 can't follow 10, try 4/4
[    1524] 6 >> 1 term 8 can't follow 10, try 7/4
[    1524] 7 >> 1 term 8 can't follow 10, try 10/3
[    1525] 1 >> 2 term 8 append 10..11 after 9/6 commit 9
[    1525] 1 >> 3 term 8 append 5..11 after 4/4 commit 9
[    1525] 1 >> 6 term 8 append 6..11 after 5/4 commit 9
[    1525] 6 applies 1..5
[    1525] 1 >> 7 term 8 append 4..11 after 3/1 commit 9
[    1525] 7 applies 1..3
[    1525] 4 >> 1 term 8 has up to 11
[    1525] 5 >> 1 term 8 has up to 11
> quietly run 10
> logs
1 has 1 1 1 4 4 5 5 6 6 6 8 |
2 has 1 1 1 4 4 5 5 6 6 6 8 |
3 has 1 1 1 4 4 5 5 6 6 6 8 |
4 has 1 1 1 4 4 5 5 6 6 6 8 |
5 has 1 1 1 4 4 5 5 6 6 6 8 |
6 has 1 1 1 4 4 5 5 6 6 6 8 |
7 has 1 1 1 4 4 5 5 6 6 6 8 |
