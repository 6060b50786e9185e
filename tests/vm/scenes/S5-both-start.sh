# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Both hosts begin at the same moment: one context. The core delays so that the I1s cross (RFC 5533, 7.4).

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
for i in pa1 pa2 pb1 pb2; do
	in_ns core tc qdisc add dev $i root netem delay 400ms
done
need "daemons on A" start_daemons A
need "daemons on B" start_daemons B
capture wire core pa1 "ip6 proto 140"
debug A "context $A1 $B1" >"$LOGS/a.out" &
a=$!
debug B "context $B1 $A1" >"$LOGS/b.out"
wait $a
check "both said ok" grep -q '^ok' "$LOGS/a.out"
check "... both" grep -q '^ok' "$LOGS/b.out"
need "ESTABLISHED on both" wait_for 30 settled
check "one context each" test "$(contexts A):$(contexts B)" = 1:1
check "tags agree" test "$(context A ct_peer):$(context A ct_local)" = "$(context B ct_local):$(context B ct_peer)"
wait_for 5 sh -c 'test "$("$1" count "$2" 4)" -ge 2' - "$JUDGE" "$LOGS/wire.pcap"
stop wire
check "the I1s did cross" test "$("$JUDGE" count "$LOGS/wire.pcap" 1 $A1):$("$JUDGE" count "$LOGS/wire.pcap" 1 $B1)" = 1:1
check "and were answered by R2" test "$("$JUDGE" count "$LOGS/wire.pcap" 4)" -ge 2
check "traffic passes" ping_from A $A1 $B1 -c 3 -i 0.3
finish
