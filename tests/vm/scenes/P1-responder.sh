# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 240
# Host A answers a peer made of packets, and does not answer what must not be answered.

. "${0%/*}/../lib.sh"
. "$HERE/tests/peer/peer.sh"

need "host A, and a peer of packets" peer_setup
peer responder.py
finish
