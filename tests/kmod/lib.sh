# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by run.sh: namespaces, and how a check is written down.

A1=2001:db8:a1::1 A2=2001:db8:a2::1 B1=2001:db8:b1::1 B2=2001:db8:b2::1
TAG_A=0x0a0a0a0a0a01 TAG_B=0x0b0b0b0b0b02	# each the receiver's: A takes TAG_A off
passed=0
failed=0
tmp=$(mktemp -d)
IPT=ip6tables-nft

# Compiled once, as they start hundreds of times.
export SHIM6_NL_H="$PWD/include/uapi/shim6_nl.h"
python3 -IS - "$tmp" genl xfer <<-END
	import py_compile, sys
	for name in sys.argv[2:]:
	    py_compile.compile("tests/kmod/%s.py" % name, "%s/%s.pyc" % (sys.argv[1], name), doraise=True)
END
export GENL="python3 -IS $tmp/genl.pyc"
export XFER="python3 -IS $tmp/xfer.pyc"

A() { in_ns A "$@"; }
R() { in_ns R "$@"; }
B() { in_ns B "$@"; }
genl() { # NAMESPACE ARGUMENT...
	ns=$1
	shift
	in_ns "$ns" $GENL "$@"
}

# check TITLE COMMAND...: the command has to succeed; its output is shown if it does not.
check() {
	title=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then
		passed=$((passed + 1))
		echo "ok $title"
	else
		failed=$((failed + 1))
		echo "not ok $title"
		sed 's/^/#	/' "$tmp/out" | head -n 20
	fi
}
fails() { ! "$@"; }
says() { # WORDS COMMAND...: its output has these words
	words=$1
	shift
	"$@" 2>&1 | tee -a /dev/stderr | grep -q -- "$words"
}
equal() { [ "$1" = "$2" ] || { echo "$1, not $2"; return 1; }; }
above() { [ "$1" -gt "$2" ] || { echo "$1, not above $2"; return 1; }; }
stat() { genl "$1" stats "$2"; }
soon() { # COMMAND...: within 5 s
	tries=50
	until "$@" >/dev/null 2>&1; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { "$@"; return; }
		sleep 0.1
	done
}

# Two links DEVICE1 and DEVICE2 from there to R, with the networks 2001:db8:NET1 and 2001:db8:NET2.
uplinks() { # NAMESPACE DEVICE NET
	for n in 1 2; do
		ip link add "$2$n" netns "$1" type veth peer name "r$2$n" netns R
	done
	for n in 1 2; do
		echo "addr add 2001:db8:$3$n::ff/64 dev r$2$n nodad"
		echo "link set r$2$n up"
	done | ip -6 -n R -batch -
	{
		echo link set lo up
		for n in 1 2; do
			echo "addr add 2001:db8:$3$n::1/64 dev $2$n nodad"
			echo "link set $2$n up"
			echo "route add default via 2001:db8:$3$n::ff dev $2$n table $n"
			echo "route add 2001:db8:$3$n::/64 dev $2$n table $n"
			echo "rule add from 2001:db8:$3$n::/64 table $n"
		done
		echo "route add default via 2001:db8:${3}1::ff"
	} | ip -6 -n "$1" -batch -
}

topology() {
	for ns in A R B; do
		ip netns add $ns
		# As soon as an address is there it is used.
		in_ns $ns sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.icmp.ratelimit=0
	done
	ip -n R link set lo up
	R sysctl -qw net.ipv6.conf.all.forwarding=1
	uplinks A a a
	uplinks B b b
	# Count what passes: tagged packets, and those of the ULIDs.
	for p in "-p 140" "-s $A1 -d $B1 ! -p 140" "-s $B1 -d $A1 ! -p 140"; do
		R ip6tables-legacy -A FORWARD $p
	done
	B $XFER serve :: >"$tmp/serve" 2>&1 &
	soon A ping -c 1 -W 1 $B1
	soon A ping -c 1 -W 1 -I $A2 $B2
	soon grep -q serving "$tmp/serve"
}

topology_gone() {
	# A job that is a function is a shell: killing that leaves the program.
	for ns in A R B; do
		ip netns pids $ns 2>/dev/null | xargs -r kill -9
	done
	wait
	for ns in A R B; do
		ip netns del $ns 2>/dev/null
	done
}

cleanup() {
	topology_gone
	rm -rf "$tmp"
}

# Packets that R has forwarded since zero(): tagged, then of the ULIDs.
counts() {
	R ip6tables-legacy -L FORWARD -v -n -x | awk 'NR == 3 { t = $1 } NR > 3 { u += $1 } END { print t, u }'
}
zero() { R ip6tables-legacy -Z FORWARD; }
all_tagged() {
	set -- $(counts)
	[ "$1" -gt 0 ] && [ "$2" = 0 ] || { echo "tagged $1, of the ULIDs $2"; return 1; }
}
none_tagged() {
	set -- $(counts)
	[ "$1" = 0 ] && [ "$2" -gt 0 ] || { echo "tagged $1, of the ULIDs $2"; return 1; }
}

# Contexts on both sides, locators = ULIDs.  Arguments are added to both.
contexts() {
	genl A add ct_local=$TAG_A ct_peer=$TAG_B ulid_local=$A1 ulid_peer=$B1 loc_local=$A1 loc_peer=$B1 "$@"
	genl B add ct_local=$TAG_B ct_peer=$TAG_A ulid_local=$B1 ulid_peer=$A1 loc_local=$B1 loc_peer=$A1 "$@"
}
switch() { # both ends to the other pair
	genl A set ct_local=$TAG_A loc_local=$A2 loc_peer=$B2
	genl B set ct_local=$TAG_B loc_local=$B2 loc_peer=$A2
}
switch_back() {
	genl A set ct_local=$TAG_A loc_local=$A1 loc_peer=$B1
	genl B set ct_local=$TAG_B loc_local=$B1 loc_peer=$A1
}
rules() {
	for ns in A B; do
		in_ns $ns $IPT -t mangle -A OUTPUT -j SHIM6
		in_ns $ns $IPT -t mangle -A INPUT -j SHIM6
	done
}
no_rules() {
	for ns in A B; do
		in_ns $ns $IPT -t mangle -F
	done
}
flush() {
	genl A flush
	genl B flush
}
mtu() { # of the second path: A's link, B's link, R's ends of them
	ip -n A link set a2 mtu "$1"
	ip -n B link set b2 mtu "$2"
	ip -n R link set ra2 mtu "$1"
	ip -n R link set rb2 mtu "$2"
	forget_mtu
}
forget_mtu() {
	for ns in A R B; do
		ip -6 -n $ns route flush cache
	done
}

# A's second uplink on devices on top of it: these are taken for hardware, which would make sums over the addresses it sees.
over() { # DEVICE-OF-A DEVICE-OF-R NOT-THAT NOT-THAT
	ip -n A addr flush dev "$3" scope global
	ip -n R addr flush dev "$4" scope global
	ip -n A addr add $A2/64 dev "$1" nodad
	ip -n R addr add 2001:db8:a2::ff/64 dev "$2" nodad
	ip -n A -6 route replace 2001:db8:a2::/64 dev "$1" table 2
	ip -n A -6 route replace default via 2001:db8:a2::ff dev "$1" table 2
}
sums_nothing() { # fails on the debug kernel, which has neither VLANs nor SCTP
	[ -z "${SHIM6_DEBUG_KERNEL:-}" ] || return 1
	ip -n A link add link a2 name v2 type vlan id 5
	ip -n R link add link ra2 name rv2 type vlan id 5
	ip -n A link set v2 up
	ip -n R link set rv2 up
	A ethtool -K v2 tx off >/dev/null
	over v2 rv2 a2 ra2
}
sums_as_ever() {
	over a2 ra2 v2 rv2
	ip -n A link del v2
	ip -n R link del rv2
}

# Everything that sessions do, over whatever is set up.
traffic() { # TITLE
	check "$1: ping" A ping -q -c 2 -i 0.1 -W 2 -I $A1 $B1
	check "$1: ping of 2000 octets" A ping -q -c 2 -i 0.1 -W 2 -s 2000 -I $A1 $B1
	A $XFER all $A1 $B1 >"$tmp/traffic" 2>&1
	for what in "UDP of 100 octets" "UDP of 1452 octets" "UDP of 3000 octets" "TCP, 4 MB both ways"; do
		check "$1: $what" says "^$what ok" cat "$tmp/traffic"
	done
}

# A TCP session that is opened now and used later.
hold_open() {
	rm -f "$tmp/fifo"
	mkfifo "$tmp/fifo"
	: >"$tmp/hold"
	A $XFER hold $A1 $B1 "$tmp/fifo" >"$tmp/hold" 2>&1 &
	holder=$!
	exec 9>"$tmp/fifo"
	soon grep -q open "$tmp/hold"
}
hold_use() { # OCTETS
	lines=$(wc -l <"$tmp/hold")
	echo "$1" >&9
	tries=$((${XFER_LIMIT:-20} * 12))
	while [ "$(wc -l <"$tmp/hold")" = "$lines" ] && [ $tries -gt 0 ]; do
		sleep 0.1
		tries=$((tries - 1))
	done
	tail -n 1 "$tmp/hold" | tee /dev/stderr | grep -q '^ok'
}
hold_close() {
	exec 9>&-
	wait $holder
}
