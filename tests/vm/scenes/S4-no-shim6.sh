# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# A peer without shim6: the handshake fails as the RFC says, traffic is untouched, nothing is repeated without end.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
need "daemons on A only" start_daemons A
capture wire PA1 host
need "ssh session" start_ssh_session ssh
# B's stack answers as any host: ICMPv6 Parameter Problem, unrecognised Next Header (RFC 5533, 7.8)
check "A learns that B has no Shim6" wait_for 40 context_is A NO-SUPPORT
check "the session goes on" alive ssh.echo
more_packets() { [ "$(wc -l <"$LOGS/ssh.echo")" -ge $((lines + 150)) ]; }
lines=$(wc -l <"$LOGS/ssh.echo")
check "... for many more packets" wait_for 40 more_packets
check "one I1 was sent, no more (hold-down)" test "$("$JUDGE" count "$LOGS/wire.pcap" 1 $A1)" = 1
check "a person's wish is refused in the hold-down, with the reason" sh -c \
	"echo 'context $A1 $B1' | ip netns exec A nc -u -w1 localhost $PORT | grep -i '^error: .*hold'"
stop ssh
stop wire
check "no extension header" test "$("$JUDGE" count "$LOGS/wire.pcap" payload)" = 0

# A peer that drops what it does not know: retries with back-off.
in_ns B ip6tables -I INPUT -p 140 -j DROP
capture silent PA1 host "ip6 proto 140"
check "context to a silent peer" debug A "context $A1 $B2"
i1_seen() { [ "$("$JUDGE" count "$LOGS/silent.pcap" 1 $A1)" -ge "$1" ]; }
check "I1 is repeated" wait_for 30 i1_seen 3
check "each gap is within the RFC's bounds (4 s, doubled, times 0.5 to 1.5)" sh -c "'$JUDGE' times '$LOGS/silent.pcap' 1 $A1 |
	awk 'BEGIN { t = 4 } { print; if (\$1 < t * 0.5 - 0.2 || \$1 > t * 1.5 + 0.5) bad = 1; t *= 2 } END { exit bad || NR < 2 }'"
check "state is I1-SENT meanwhile" sh -c "echo dump | ip netns exec A nc -u -w1 localhost $PORT | grep -q 'state=I1-SENT.*ulid_peer=$B2'"
check "ping to it is untouched" ping_from A $A1 $B2
finish
