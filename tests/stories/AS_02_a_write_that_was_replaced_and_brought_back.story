Five voters; the disk of 5 is full, so what it is told waits, and only its votes go on. 1 leads in term 2 and tells 5 alone of
some entries, 2 leads in term 3 and tells it of others in their place, then 1 leads again and brings the first ones back. When
there is space, the first write is done before the others are: it must not be taken for the last one. (5 takes nothing in place
of what isn't written yet.)

> begin 5
1 leads in term 1; all have entry 1
> quietly full 5
> quietly propose 1 60
> quietly run 30
> quietly propose 1 60
> quietly run 30
> disks
on disk of 1: term 1, vote 1, entries up to 121
on disk of 2: term 1, vote 1, entries up to 121
on disk of 3: term 1, vote 1, entries up to 121
on disk of 4: term 1, vote 1, entries up to 121
on disk of 5: term 1, vote 1, entries up to 1
> cut 1 2
[      81] 1 > 2 is cut
[      81] 2 > 1 is cut
> cut 1 3
[      81] 1 > 3 is cut
[      81] 3 > 1 is cut
> cut 1 4
[      81] 1 > 4 is cut
[      81] 4 > 1 is cut
> propose 1 3
> run 5
[      82] 1 >> 5 term 1 append 122..124 after 121/1 commit 121
> isolate 1
[      86] 1 is cut off
> lose append 2 3 999
> lose append 2 4 999
> lose append 2 1 999
> quietly elect 2
> quietly propose 2 5
> quietly run 120
> crash 2
[     408] 2 is killed
[     408] 2 says of write 124: unknown
[     408] 2 says of write 125: unknown
[     408] 2 says of write 126: unknown
[     408] 2 says of write 127: unknown
[     408] 2 says of write 128: unknown
> pass
> heal
[     408] all links are joined
> quietly elect 1
> quietly run 30
> full 5 no
[     627] 5: the disk is full no more
> run 250
[     650] 1 >> 5 term 3 append 125..125 after 124/1 commit 125
[     700] 1 >> 5 term 3 append 125..125 after 124/1 commit 125
[     750] 1 >> 5 term 3 append 125..125 after 124/1 commit 125
[     799] 5 applies 2..61
[     799] 5 applies 62..121
[     799] 5 applies 122..124
[     799] 5 applies 125..125
[     800] 1 >> 5 term 3 append 125..125 after 124/1 commit 125
[     800] 5 >> 1 term 3 has up to 61
[     800] 5 >> 1 term 3 has up to 121
[     800] 5 >> 1 term 3 has up to 124
[     800] 5 >> 1 term 3 has up to 125
[     801] 5 >> 1 term 3 has up to 125
[     801] 1 >> 5 term 3 snapshot 121/1
[     801] 1 >> 5 term 3 append 122..125 after 121/1 commit 125
[     802] 5 >> 1 term 3 has up to 125
[     802] 5 >> 1 term 3 has up to 125
> disks
on disk of 1: term 3, vote 1, entries up to 125
on disk of 2: term 2, vote 2, entries up to 127
on disk of 3: term 3, vote 1, entries up to 125
on disk of 4: term 3, vote 1, entries up to 125
on disk of 5: term 3, vote 1, entries up to 125
> run 50
> disks
on disk of 1: term 3, vote 1, entries up to 125
on disk of 2: term 2, vote 2, entries up to 127
on disk of 3: term 3, vote 1, entries up to 125
on disk of 4: term 3, vote 1, entries up to 125
on disk of 5: term 3, vote 1, entries up to 125
