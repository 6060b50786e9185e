# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 180
# Payload of host A to a peer made of packets, and ICMPv6 errors about it.

. "${0%/*}/../lib.sh"
. "$HERE/tests/peer/peer.sh"

need "host A, and a peer of packets" peer_setup
peer payload.py
finish
