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
# All addresses are static and without duplicate address detection.

A1=2001:db8:a1::a A2=2001:db8:a2::a
B1=2001:db8:b1::b B2=2001:db8:b2::b
PROVIDERS="PA1 PA2 PB1 PB2"
NODES="A B $PROVIDERS core"

in_ns() { # NAMESPACE COMMAND...: run in a namespace
	ip netns exec "$@"
}

lower() {
	echo "$1" | tr A-Z a-z
}

topology() {
	for n in $NODES; do
		ip netns add "$n" || return 1
		in_ns "$n" sysctl -q -w net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.default.dad_transmits=0 net.ipv6.conf.default.accept_ra=0 \
			net.ipv6.conf.all.forwarding="$(case $n in A|B) echo 0 ;; *) echo 1 ;; esac)" || return 1
	done
	for p in $PROVIDERS; do
		l=$(lower "${p#P}")			# a1
		host=${p#P} host=${host%?}		# A
		up=up${p#P?}				# up1
		ip link add "$up" netns "$host" type veth peer name host netns "$p" &&
		ip link add core netns "$p" type veth peer name "p$l" netns core &&
		ip -n "$p" -batch - <<-END || return 1
			addr add 2001:db8:$l::1/64 dev host nodad
			addr add 2001:db8:c:$l::2/64 dev core nodad
			link set lo up
			link set host up
			link set core up
			route add default via 2001:db8:c:$l::1 dev core
		END
		ip -n core -batch - <<-END || return 1
			addr add 2001:db8:c:$l::1/64 dev p$l nodad
			link set p$l up
			route add 2001:db8:$l::/64 via 2001:db8:c:$l::2 dev p$l
		END
		in_ns "$p" nft -f - <<-END || return 1
			table ip6 provider {
				chain cut {
				}
				chain forward {
					type filter hook forward priority 0; policy accept;
					iif "host" ip6 saddr != 2001:db8:$l::/64 counter drop comment "ingress filter"
					jump cut
				}
			}
		END
	done
	ip -n core link set lo up
	in_ns core nft add table ip6 core '{ chain cut { type filter hook forward priority 0; policy accept; }; }' || return 1
	host_routes A a
	host_routes B b
}

# Addresses and routes of a host, again after a link came back: what its own set-up would do.
host_routes() { # HOST LETTER [UPLINK-NUMBER]
	ip -n "$1" link set lo up
	for i in ${3:-1 2}; do
		ip -n "$1" -batch - <<-END || return 1
			addr replace 2001:db8:$2$i::$2/64 dev up$i nodad
			link set up$i up
			route replace default via 2001:db8:$2$i::1 dev up$i metric 10$i
			route replace default via 2001:db8:$2$i::1 dev up$i table 10$i
		END
		ip -n "$1" -6 rule show | grep -q "lookup 10$i" ||
			ip -n "$1" -6 rule add from "2001:db8:$2$i::/64" table "10$i" || return 1
	done
}

topology_gone() {
	for n in $(ip netns list | cut -d' ' -f1); do
		ip netns pids "$n" | xargs -r kill -9 2>/dev/null
		ip netns del "$n"
	done
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
