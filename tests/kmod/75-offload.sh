# SPDX-License-Identifier: GPL-2.0-or-later
# Every combination of what the devices on the way do and do not do for TCP and UDP.
load_modules

features() { # NAMESPACE FEATURES DEVICE...: on, all others off
	where=$1 all=
	for f in tx sg tso gso gro; do
		case " $2 " in *" $f "*) all="$all $f on" ;; *) all="$all $f off" ;; esac
	done
	shift 2
	for d; do
		in_ns "$where" ethtool -K "$d" $all >/dev/null 2>&1
	done
}
of_hosts() { # FEATURES
	features A "$1" a1 a2
	features B "$1" b1 b2
}
of_router() { features R "$1" ra1 ra2 rb1 rb2; }

rules
contexts
switch
for hosts in "" "tx sg gso" "tx sg tso gso" "tx sg tso gso gro"; do
	of_hosts "$hosts"
	for router in "" "tx sg gso gro" "tx sg tso gso"; do
		of_router "$router"
		check "hosts [$hosts], router [$router]: TCP" A timeout 60 $XFER tcp $A1 $B1 1000000
		check "hosts [$hosts], router [$router]: UDP" A timeout 60 $XFER udp $A1 $B1 3000
	done
done

# Large segments go through a router uncut, measured right: it would complain of those that are too long.
of_hosts "tx sg tso gso"
of_router "tx sg tso gso"
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

# Who makes no sums gets them made. That of SCTP is another one.
if sums_nothing; then
	check "a device that sums nothing: it does not" says "tx-checksum-ip-generic: off" A ethtool -k v2
	check "a device that sums nothing: TCP" A $XFER tcp $A1 $B1 1000000
	wrong() { B awk '$1 == "SctpChecksumErrors" { print $2 }' /proc/net/sctp/snmp; }
	before=$(wrong)
	check "a device that sums nothing: SCTP" env XFER_SCTP=1 ip netns exec A $XFER tcp $A1 $B1 1000000
	check "... and no checksum of it was wrong" equal "$(wrong)" "$before"
	sums_as_ever
fi
flush
no_rules
