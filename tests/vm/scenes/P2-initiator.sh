# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 240
# Host A begins, repeats, recovers and updates, with a peer made of packets at the other end.

. "${0%/*}/../lib.sh"
. "$HERE/tests/peer/peer.sh"

# One-sided contexts here are no reason to explore.
need "host A, and a peer of packets" peer_setup -o reap.send_timeout=15
peer initiator.py
finish
