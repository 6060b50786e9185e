# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Providers die silently, both ways and one way; the uplink goes down; the address goes away; the other provider dies.
# Send Timeout 3 s instead of 15, announced to the peer as RFC 5534 5.3 says.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

FAST="-o reap.send_timeout=3"

need "topology" topology
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
need "ssh session" start_ssh_session ssh
need "UDP stream A to B" start_udp_stream ab A $A1 B $B1 6001
need "UDP stream B to A" start_udp_stream ba B $B1 A $A1 6002
need "a context on both sides" wait_for 40 settled

# Every stream arrives again within SECONDS.
all_alive() {
	alive ssh.echo && alive ab.udp && alive ba.udp
}
broken_at_b() { # A's first locator, as B knows it
	ctl B --json contexts >"$LOGS/b.json" && grep -A3 "\"addr\": *\"$A1\"" "$LOGS/b.json" | grep -q broken
}
recovers() { # WHAT SECONDS
	check "$1: sessions go on" wait_for "$2" all_alive || dump_logs
	check "$1: both ends operational" wait_for 30 settled
	check "$1: the ssh session is the same" running ssh
}

break_provider PA1
check "provider 1 swallows everything: A leaves it" wait_for 40 pair_is A "$A2>*"
# Its retransmissions have become rare by now.
check "provider 1 swallows everything: TCP is told, and begins anew on the other path" wait_for 5 counted A tcp_kicked
check "provider 1 swallows everything: B leaves it" wait_for 40 pair_is B "*>$A2"
recovers "provider 1 dead" 30
heal_provider PA1

# One direction only: what A sends through provider 2 is lost, what it receives is not.
break_provider PA2 from-host
check "one direction dead (from A): A leaves provider 2" wait_for 40 pair_is A "$A1>*"
recovers "one direction dead (from A)" 30
heal_provider PA2

via_b=$(context B loc_peer)
[ "$via_b" = $A1 ] && dead=PA1 || dead=PA2
break_provider $dead to-host
check "one direction dead (to A): B leaves it" wait_for 40 not pair_is B "*>$via_b"
recovers "one direction dead (to A)" 30
heal_provider $dead

# The ULID's own uplink: address and routes of A1 vanish from the host.
timeouts=$(counter A send-timeout)
ip -n A link set up1 down
check "link down: A uses the other uplink at once" wait_for 10 pair_is A "$A2>*"
check "link down: no Send Timeout was needed" [ "$(counter A send-timeout)" = "$timeouts" ]
recovers "link down" 30
check "link down: the ULID is not on the host any more" not sh -c "ip -n A -6 addr show | grep -q $A1"
host_routes A a 1
check "link up again: sessions go on" wait_for 10 all_alive

ip -n A addr del $A1/64 dev up1
check "address deleted: sessions go on" wait_for 20 all_alive
# The ULID stays in the list as long as the context lives, but is marked as broken (RFC 5533, 5.15.3).
check "address deleted: B was told" wait_for 20 broken_at_b
host_routes A a 1
check "address back: B was told" wait_for 20 not broken_at_b

break_provider PA2
check "provider 2 dead after provider 1 is back: A uses provider 1" wait_for 40 pair_is A "$A1>*"
recovers "provider 2 dead" 30
heal_provider PA2
echo "    udp A to B: $(stop_udp_stream ab)"
echo "    udp B to A: $(stop_udp_stream ba)"
check "ssh: every line came back, in order" stop ssh
finish
