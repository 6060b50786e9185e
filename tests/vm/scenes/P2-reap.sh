# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 180
# Host A's reachability with a peer made of packets at the other end, with a Send Timeout of 4 s.

. "${0%/*}/../lib.sh"
. "$HERE/tests/peer/peer.sh"

need "host A, and a peer of packets" peer_setup -o reap.send_timeout=4
peer reap
check "the failure is in the log" grep -q 'exploration begins: send timeout' "$LOGS/A.reapd.log"
check "the switch is in the log" grep -q 'now over' "$LOGS/A.shim6d.log"
finish
