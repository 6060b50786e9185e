# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 300
# Host A and a peer made of packets: what A answers and what it must not, what it begins, repeats and recovers, payload and
# ICMPv6 errors about it.

. "${0%/*}/../lib.sh"
. "$HERE/tests/peer/peer.sh"

need "host A, and a peer of packets" peer_setup -o dataplane.icmp=deliver
peer responder payload initiator
finish
