# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Host A with its daemons, and the peer of packets (peer.py) where host B would be.

peer_setup() { # OPTIONS of A's daemons...
	topology && start_daemon reapd A "$@" && start_daemon shim6d A "$@" && wait_for 20 debug A dump || return 1
	# Without checksum offload the checksums are those that go out.
	in_ns A ethtool -K up1 tx off && in_ns A ethtool -K up2 tx off || return 1
	# B's own stack knows no Shim6: it must neither answer nor refuse what peer.py reads.
	in_ns B ip6tables -t raw -A PREROUTING -p 140 -j DROP || return 1
	# Addresses without a host behind them come to B all the same.
	ip -n PB1 -6 route add 2001:db8:b1:0:f00d::/80 via $B1 dev host &&
		ip -n PB2 -6 route add 2001:db8:b2:0:f00d::/80 via $B2 dev host || return 1
	# Neighbours are known before the first message, which might get lost otherwise.
	ping_from A $A1 $B1 && ping_from A $A2 $B2
}

peer() { # SCRIPT...: names of python files here
	checks_of "$HERE/tests/peer/run" "$(cat "$LOGS/A.shim6d.bg")" "$@"
}
