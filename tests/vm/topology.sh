# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
#
# Two hosts with two providers each, in network namespaces:
#
#        2001:db8:a1::/64                                   2001:db8:b1::/64
#       up1 ::a ------ ::1 PA1 -------+      +------- PB1 ::1 ------ ::b up1
#      /                               \    /                               \
#     A                                 core                                 B
#      \                               /    \                               /
#       up2 ::a ------ ::1 PA2 -------+      +------- PB2 ::1 ------ ::b up2
#        2001:db8:a2::/64                                   2001:db8:b2::/64
#
# Interface names: up1 and up2 on hosts; host and core on providers; pa1 pa2 pb1
# pb2 on the core. Core links are 2001:db8:c:a1::/64 and so on (core ::1, provider
# ::2). Every provider drops what a customer sends from another prefix than its
# own, and every host sends by the uplink that its source address belongs to.
# All addresses are static and without duplicate address detection. With UPLINKS=4 there are PA3, up3, 2001:db8:a3::/64
# and so on.

UPLINKS=${UPLINKS:-2}
A1=2001:db8:a1::a A2=2001:db8:a2::a
B1=2001:db8:b1::b B2=2001:db8:b2::b
PROVIDERS="$(seq -f PA%g $UPLINKS) $(seq -f PB%g $UPLINKS)"
NODES="A B $PROVIDERS core"

. "${HERE:-.}/tests/guest.sh"

lower() {
	echo "$1" | tr A-Z a-z
}

# As few programs as can be: each costs a tenth of a second in an emulated machine.
topology() {
	# What new namespaces, and interfaces in them, begin with.
	sysctl -q -w net.core.devconf_inherit_init_net=1 \
		net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.dad_transmits=0 net.ipv6.conf.default.accept_ra=0 || return 1
	{
		for n in $NODES; do
			echo "netns add $n"
		done
		for p in $PROVIDERS; do
			# PA1: up1 in A
			host=${p#P} host=${host%?}
			echo "link add up${p#P?} netns $host type veth peer name host netns $p"
			echo "link add core netns $p type veth peer name $(lower "$p") netns core"
		done
	} | ip -batch - || return 1
	for p in $PROVIDERS; do
		l=$(lower "${p#P}")			# a1
		in_ns "$p" sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ip -batch "$1" && nft -f "$2"' - \
			/dev/fd/3 /dev/fd/4 3<<-IP 4<<-NFT || return 1
			addr add 2001:db8:$l::1/64 dev host nodad
			addr add 2001:db8:c:$l::2/64 dev core nodad
			link set lo up
			link set host up
			link set core up
			route add default via 2001:db8:c:$l::1 dev core
		IP
			table ip6 provider {
				chain cut {
				}
				chain forward {
					type filter hook forward priority 0; policy accept;
					iif "host" ip6 saddr != 2001:db8:$l::/64 counter drop comment "ingress filter"
					jump cut
				}
			}
		NFT
	done
	{
		echo "link set lo up"
		for p in $PROVIDERS; do
			l=$(lower "${p#P}")
			echo "addr add 2001:db8:c:$l::1/64 dev p$l nodad"
			echo "link set p$l up"
			echo "route add 2001:db8:$l::/64 via 2001:db8:c:$l::2 dev p$l"
		done
	} | in_ns core sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ip -batch - && nft "$1"' - \
		'add table ip6 core { chain cut { type filter hook forward priority 0; policy accept; }; }' || return 1
	host_routes A a
	host_routes B b
}

# Addresses and routes of a host, again after a link came back: what its own set-up would do.
host_routes() { # HOST LETTER [UPLINK-NUMBER]
	hr_rules=$(ip -n "$1" -6 rule show)
	{
		echo "link set lo up"
		for i in ${3:-$(seq "$UPLINKS")}; do
			echo "addr replace 2001:db8:$2$i::$2/64 dev up$i nodad"
			echo "link set up$i up"
			echo "route replace default via 2001:db8:$2$i::1 dev up$i metric 10$i"
			echo "route replace default via 2001:db8:$2$i::1 dev up$i table 10$i"
			case $hr_rules in
			*"lookup 10$i"*) ;;
			*) echo "rule add from 2001:db8:$2$i::/64 table 10$i" ;;
			esac
		done
	} | ip -6 -n "$1" -batch -
}

topology_gone() {
	for n in $(ls /run/netns 2>/dev/null); do
		ip netns pids "$n" | xargs -r kill -9 2>/dev/null
		echo "netns del $n"
	done | ip -batch -
}

# A provider that still answers on its link but forwards nothing: nobody gets an error.
break_provider() { # PROVIDER [both|from-host|to-host]
	case ${2:-both} in
	both) in_ns "$1" nft add rule ip6 provider cut drop ;;
	from-host) in_ns "$1" nft add rule ip6 provider cut iif "host" drop ;;
	to-host) in_ns "$1" nft add rule ip6 provider cut oif "host" drop ;;
	*) echo "break_provider: $2?" >&2; return 1 ;;
	esac
}

heal_provider() { # PROVIDER
	in_ns "$1" nft flush chain ip6 provider cut
}

# One locator pair only, dropped in the core; "there" is from the first to the second.
break_pair() { # ADDRESS ADDRESS [both|there]
	in_ns core nft add rule ip6 core cut ip6 saddr "$1" ip6 daddr "$2" drop || return 1
	[ "${3:-both}" = there ] || in_ns core nft add rule ip6 core cut ip6 saddr "$2" ip6 daddr "$1" drop
}

heal_pairs() {
	in_ns core nft flush chain ip6 core cut
}
