# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# shim6d and reapd are killed with -9 in the middle of a shimmed transfer and started again: nothing is lost. A normal
# end leaves nothing behind.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

FAST="-o reap.send_timeout=3"

need "topology" topology
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
need "UDP stream A to B" start_udp_stream ab A $A1 B $B1 6001
need "context" wait_for 40 settled
break_provider PA1
need "switched to provider 2" wait_for 40 pair_is A "$A2>*"
need "settled" wait_for 30 settled
stop_udp_stream ab >/dev/null

# From here on everything is shimmed, and nothing may be lost.
start_iperf3 B
start_udp_stream shimmed A $A1 B $B1 6003
# Less than the machine can do, so that a second without an octet means something.
bg iperf in_ns A iperf3 -c $B1 -B $A1 -t 25 -i 1 -b 20M --forceflush
tags="$(context A ct_local) $(context A ct_peer)"
iperf_interval() { [ "$(grep -c 'bits/sec' "$LOGS/iperf.log")" -ge "$1" ]; }
need "iperf3 runs" wait_for 15 iperf_interval 3

stop A.shim6d KILL
check "kill -9 of shim6d: the stream goes on" wait_for 5 alive shimmed.udp
sleep 2		# a while without the daemon
check "... without the daemon" alive shimmed.udp
check "rules are still there" sh -c "ip netns exec A ip6tables-save -t mangle | grep -q -- '-j SHIM6'"
# shellcheck disable=SC2086
start_daemon shim6d A $FAST
need "shim6d is back" wait_for 20 ctl A status
check "it took the context up again, same tags" test "$(context A ct_local) $(context A ct_peer)" = "$tags"
check "ESTABLISHED, same pair" context_is A ESTABLISHED loc_local=$A2
check "reapd knows it" wait_for 20 settled
check "rules stand there once" test "$(in_ns A ip6tables-save -t mangle | grep -c -- '-A OUTPUT -j SHIM6_OUT')" = 1

stop A.reapd KILL
check "kill -9 of reapd: the stream goes on" wait_for 5 alive shimmed.udp
# shellcheck disable=SC2086
start_daemon reapd A $FAST
check "reapd is resynchronised" wait_for 20 context_is A ESTABLISHED reap=operational

need "iperf3 came to its end" wait_for 40 grep -q 'iperf Done' "$LOGS/iperf.log"
check "no interval of iperf3 was empty" not grep -E ' 0\.00 (bits|Kbits)/sec' "$LOGS/iperf.log"
result=$(stop_udp_stream shimmed)
echo "    shimmed UDP: $result"
check "not one datagram was lost" sh -c "echo '$result' | grep -q 'lost=0'"

# Failure detection works after the restarts as before.
heal_provider PA1
start_udp_stream again A $A1 B $B1 6004
break_provider PA2
check "a failure after the restarts is repaired" wait_for 40 pair_is A "$A1>*"
check "... and the stream goes on" wait_for 20 alive again.udp
heal_provider PA2
check "... both ends are operational" wait_for 30 settled

# reapd needs no shim6d to move a session; the state file of then is no reason to move it back.
stop A.shim6d KILL
break_provider PA1
check "shim6d is dead, then the provider is: the stream stops" wait_for 10 not alive again.udp
check "... by reapd alone" wait_for 30 alive again.udp
# shellcheck disable=SC2086
start_daemon shim6d A $FAST
need "shim6d is back again" wait_for 20 ctl A status
check "... with the pair that reapd has chosen" pair_is A "$A2>*"
check "... and the stream does not notice" alive again.udp
heal_provider PA1
stop_udp_stream again >/dev/null

check "both daemons end well" stop_daemons A
check "no rule is left" test "$(in_ns A ip6tables-save -t mangle | grep -ci shim6)" = 0
check "no policy rule is left" not sh -c "ip -n A -6 rule | grep -q 1386"
check "no route is left" test -z "$(ip -n A -6 route show table 1386 2>/dev/null)"
check "no socket and no pid file is left" test -z "$(find /run/shim6-A -type s -o -name '*.pid' -o -name '*.state')"
stop_daemons B		# or its next packet would make A recover the context (RFC 5533, 7.5)
# shellcheck disable=SC2086
start_daemons A $FAST
check "no context is left in the kernel" sh -c "ip netns exec A shim6ctl -r /run/shim6-A --json status | grep -q '\"kernel_contexts\": *0'"
stop A.shim6d

# reapd alone does not hold the module: another one may take its place (an upgrade), and reapd goes on with that.
check "the module is unloaded under reapd" wait_for 10 modprobe -r ip6t_shim6_data ip6t_shim6 shim6
check "... and loaded again" modprobe -a shim6 ip6t_shim6 ip6t_shim6_data
check "reapd has noticed" wait_for 5 grep -q 'loaded anew' "$LOGS/A.reapd.log"
# shellcheck disable=SC2086
start_daemon shim6d A $FAST
need "shim6d is back" wait_for 20 ctl A status
# shellcheck disable=SC2086
need "B, too" start_daemons B $FAST
start_udp_stream anew A $A1 B $B1 6005
check "flows of then are counted: a context" wait_for 40 settled
break_provider PA1
check "a failure is seen by the new module and repaired" wait_for 40 pair_is A "$A2>*"
check "... and the stream goes on" wait_for 20 alive anew.udp
heal_provider PA1
stop_udp_stream anew >/dev/null
stop_daemons A
stop_daemons B
finish
