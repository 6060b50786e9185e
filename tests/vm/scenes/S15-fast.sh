# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 240
# The profile "fast": a silent failure is bridged long before the Send Timeout, for TCP and UDP; a standby is kept verified;
# and traffic goes back to the ULIDs when they have worked again for a while. S5534-3.4-01, S5534-4.2-02

. "${0%/*}/../lib.sh"
RATE=50 EVERY=0.1
. "${0%/*}/../streams.sh"

FAST="-o reap.profile=fast -o reap.standby_interval=2 -o reap.failback=prefer-ulid -o reap.failback_hold=8"

hinted() { # who notices first tells the other one by a Probe
	counted A reap-hint "$a_hints" || counted B reap-hint "$b_hints"
}

# S5534-5.3-01, S5534-5.3-02: 3 s are told to the peer, whose Keepalives then come more often.
need "topology" topology
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
bg A.monitor ip netns exec A shim6ctl -r /run/shim6-A monitor --quiet
capture wire A up2 'ip6 proto 140'
bg server ip netns exec B "$HERE/tests/bench/traffic.py" server tcp $B1 7001
need "TCP server" wait_for 20 listening B 7001
bg client ip netns exec A "$HERE/tests/bench/traffic.py" client tcp $A1 $B1 7001 "$LOGS/tcp.echo"
need "UDP stream A to B" start_udp_stream ab A $A1 B $B1 6001
need "UDP stream B to A" start_udp_stream ba B $B1 A $A1 6002
need "a context on both sides" wait_for 40 settled

all_alive() {
	alive tcp.echo && alive ab.udp && alive ba.udp
}

sleep 6
check "standby: probes over the other provider while all is well" [ "$(captured wire)" -ge 2 ]
check "in peace traffic stays on the ULIDs" pair_is A "$A1>$B1"
check "in peace both ends are operational" wait_for 10 settled

a_hints=$(counter A reap-hint) b_hints=$(counter B reap-hint)
break_provider PA1
check "provider 1 dies silently: A leaves it" wait_for 10 pair_is A "$A2>*"
check "provider 1 dies silently: B leaves it" wait_for 10 pair_is B "*>$A2"
check "all streams arrive" wait_for 10 all_alive
check "a hint was what told" hinted
# S5534-9-01
check "who subscribed is told of the failure" grep -q 'reachability: operational -> ' "$LOGS/A.monitor.log"
check "who subscribed is told of the switch" grep -q "now over $A2" "$LOGS/A.monitor.log"
check "TCP was gone before its Send Timeout for less than that" shorter tcp.echo 2500
check "UDP from A, too" shorter ab.udp 2500
check "UDP from B, too" shorter ba.udp 2500
check "both ends operational" wait_for 20 settled

heal_provider PA1
sleep 3
check "provider 1 works again: hold time" pair_is A "$A2>*"
check "provider 1 works again: back on the ULIDs" wait_for 40 pair_is A "$A1>$B1"
check "provider 1 works again: B, too" wait_for 10 pair_is B "$B1>$A1"
check "provider 1 works again: all streams arrive" wait_for 10 all_alive
need "both ends operational, before errors come" wait_for 20 settled

# S5534-3.3-05: ICMPv6 errors make A look, and nothing else.
in_ns PA1 nft add rule ip6 provider cut iif host limit rate 1/second burst 1 packets reject with icmpv6 type admin-prohibited
# The module tells of one in ten seconds.
check "ICMPv6 errors start a test of the pair" wait_for 25 grep -q 'an ICMPv6 error' "$LOGS/A.reapd.log"
sleep 1
check "ICMPv6 errors: traffic continues on the pair" pair_is A "$A1>$B1"
heal_provider PA1
echo "    tcp: $(longest tcp.echo) ms; udp A to B: $(longest ab.udp) ms; udp B to A: $(longest ba.udp) ms"
finish
