# SPDX-License-Identifier: GPL-2.0-or-later
# Every combination of what the devices on the way do and do not do for TCP and UDP.
load_modules

features() { # NAMESPACE DEVICE FEATURE...: on, all others off
	on=" $3 "
	for f in tx sg tso gso gro; do
		case $on in *" $f "*) v=on ;; *) v=off ;; esac
		ip netns exec "$1" ethtool -K "$2" $f $v >/dev/null 2>&1
	done
}
offload_row() { # FEATURES OF A AND B, FEATURES OF R
	for d in a1 a2; do features A $d "$1"; done
	for d in b1 b2; do features B $d "$1"; done
	for d in ra1 ra2 rb1 rb2; do features R $d "$2"; done
	check "hosts [$1], router [$2]: TCP" A timeout 60 $XFER tcp $A1 $B1 1000000
	check "hosts [$1], router [$2]: UDP" A timeout 60 $XFER udp $A1 $B1 3000
}

rules
contexts
switch
for hosts in "" "tx sg gso" "tx sg tso gso" "tx sg tso gso gro"; do
	for router in "" "tx sg gso gro" "tx sg tso gso"; do
		offload_row "$hosts" "$router"
	done
done

# Large segments go through a router uncut, measured right: it would complain of those that are too long.
all="tx sg tso gso"
for d in a1 a2; do features A $d "$all"; done
for d in b1 b2; do features B $d "$all"; done
for d in ra1 ra2 rb1 rb2; do features R $d "$all"; done
R ip6tables-legacy -I FORWARD -p 140 -m length --length 3000:65535
before=$(stat A out_segmented)
check "large segments: TCP" A $XFER tcp $A1 $B1 8000000
check "large segments: they pass the router uncut" \
	above "$(R ip6tables-legacy -L FORWARD -v -n -x | awk 'NR == 3 { print $1 }')" 0
check "large segments: none is cut before it leaves" equal "$(stat A out_segmented)" "$before"
R ip6tables-legacy -D FORWARD 1
# The router's way on is narrower, and it says so in time.
ip -n R link set rb2 mtu 1400
ip -n B link set b2 mtu 1400
forget_mtu
check "large segments: a narrow link behind the router" A $XFER tcp $A1 $B1 4000000
check "large segments: the hosts learn of it" above "$(stat A icmp_too_big)" 0
ip -n R link set rb2 mtu 1500
ip -n B link set b2 mtu 1500
forget_mtu
# A device that can do nothing for tunnels gets what was cut by the stack.
check "large segments: a queue that wants packets" A tc qdisc replace dev a2 root tbf rate 1gbit burst 1600 latency 50ms
check "large segments: through that queue" A $XFER tcp $A1 $B1 1000000
A tc qdisc del dev a2 root
flush
no_rules
