SN-04: the snapshot is at the leader's last entry, so there is nothing to send after it. 3 is fed as soon as it has it, and isn't
probed.

> set snapshot_every=5
> set trailing=0
> begin 3
1 leads in term 1; all have entry 1
> isolate 3
[      21] 3 is cut off
> quietly propose 1 9
> quietly run 110
> logs
1 has (up to 10 in a snapshot) |
2 has (up to 10 in a snapshot) |
3 has 1 |
> heal
[     131] all links are joined
> run 90
[     159] 1 >> 3 term 1 snapshot 10/1
[     160] 3 has members since 10: 1=m1, 2=m2, 3=m3
[     160] 3 has installed snapshot 10
[     161] 3 >> 1 term 1 has up to 10
> peers
1: m2 is fed, has 10, next 11
1: m3 is fed, has 10, next 11
> propose 1
> run 4
[     222] 1 >> 2 term 1 append 11..11 after 10/1 commit 10
[     222] 1 >> 3 term 1 append 11..11 after 10/1 commit 10
[     224] 2 >> 1 term 1 has up to 11
[     224] 1 applies 11..11
[     224] 1 says of write 10: done, at 11/1
[     224] 3 >> 1 term 1 has up to 11
[     225] 1 >> 2 term 1 append nothing after 11/1 commit 11
[     225] 2 applies 11..11
[     225] 1 >> 3 term 1 append nothing after 11/1 commit 11
[     225] 3 applies 11..11
