# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 120
# Which contexts host A keeps.

. "${0%/*}/../lib.sh"
. "$HERE/tests/peer/peer.sh"

need "host A, and a peer of packets" peer_setup -o gc.idle=4
peer lifetime
finish
