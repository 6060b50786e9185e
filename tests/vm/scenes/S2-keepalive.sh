# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# One-way UDP: keepalives in the opposite direction, at the RFC's interval (RFC 5534, 4.1: a third to half of 15 s), only then.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
need "daemons on A" start_daemons A
need "daemons on B" start_daemons B
need "one-way UDP stream" start_udp_stream one A $A1 B $B1 6000
need "a context by 45 packets one way" wait_for 30 settled
capture wire PA1 host "ip6 proto 140"
ka_seen() { # AT-LEAST
	[ "$(captured wire "ip6[6] == 140 and ip6[42] == 66 and src $B1")" -ge "$1" ]
}
check "keepalives come back" wait_for 45 ka_seen 4
check "one every 5 to 7.5 s (15 s timeout, last one at its end)" sh -c \
	"'$JUDGE' times '$LOGS/wire.pcap' 66 $B1 | awk '{ print; if (\$1 < 2 || \$1 > 8.5) bad = 1 } END { exit bad || NR < 3 }'"
check "none from the sender" test "$("$JUDGE" count "$LOGS/wire.pcap" 66 $A1)" = 0
check "no probe: the path is known to work" test "$("$JUDGE" count "$LOGS/wire.pcap" 67)" = 0
check "nothing lost" sh -c "'$STREAMS' gap '$LOGS/one.udp' | grep -q 'lost=0'"
stop wire

bg back in_ns B ping -6 -q -i 0.5 -I $B1 $A1
capture both PA1 host "ip6 proto 140"
sleep 10	# the absence of something takes its time: more than one Keepalive Interval
stop both
check "traffic both ways: no keepalive" test "$("$JUDGE" count "$LOGS/both.pcap" 66)" = 0
check "traffic both ways: no probe" test "$("$JUDGE" count "$LOGS/both.pcap" 67)" = 0
stop back
stop_udp_stream one >/dev/null

wait_for 30 settled
sleep 16	# the last keepalives of the stream, up to one Keepalive Timeout
capture idle PA1 host "ip6 proto 140"
sleep 9
stop idle
check "idle: nothing at all" test "$(captured idle)" = 0
check "idle: the context is there" settled
finish
