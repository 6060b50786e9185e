#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the data plane costs, beside its peers on the same kernel; inside the virtual machine.
# usage: tests/bench/dataplane.sh [ROUNDS [CONTEXTS]]	default 5 rounds, 1000000 contexts
#
# Every case has two namespaces of its own, joined by two links, that stay as they are; a round measures each case once,
# so that whatever the machine does meanwhile, it does to all.  Lines "ROUND CASE METRIC VALUE" go to
# build/out/dataplane.tsv; tests/bench/dataplane.py makes the tables of them.

set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/kmod/load.sh
rounds=${1:-5}
contexts=${2:-1000000}
datagrams=${DATAGRAMS:-6400}
megabytes=${MEGABYTES:-64}
tool=build/bench/dataplane
out=build/out/dataplane.tsv
A1=2001:db8:1::1 A2=2001:db8:2::1 B1=2001:db8:1::2 B2=2001:db8:2::2
mkdir -p build/out
: >"$out"

die() {
	echo "tests/bench/dataplane.sh: $*" >&2
	exit 1
}
genl() {
	ns=$1
	shift
	ip netns exec "$ns" python3 -IS tests/kmod/genl.py "$@" >/dev/null || die "genl.py $*"
}
note() { # ROUND CASE METRIC VALUE
	printf '%s\t%s\t%s\t%s\n' "$@" | tee -a "$out"
}
measure() { # ROUND CASE METRIC COMMAND...
	round=$1 case=$2 metric=$3
	shift 3
	value=$($tool "$@") && note "$round" "$case" "$metric" "$value" || note "$round" "$case" failed "$metric"
}

pair() { # CASE
	for side in a b; do
		ip netns add "$1.$side" && ip -n "$1.$side" link set lo up || die "cannot make a namespace"
		ip netns exec "$1.$side" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 \
			net.ipv6.conf.all.seg6_enabled=1 net.ipv6.conf.default.seg6_enabled=1
	done
	for i in 1 2; do
		ip link add "up$i" netns "$1.a" type veth peer name "up$i" netns "$1.b"
		ip -n "$1.a" addr add "2001:db8:$i::1/64" dev "up$i" nodad
		ip -n "$1.b" addr add "2001:db8:$i::2/64" dev "up$i" nodad
		ip -n "$1.a" link set "up$i" up
		ip -n "$1.b" link set "up$i" up
	done
}
both() { # CASE COMMAND...: in both namespaces
	c=$1
	shift
	ip netns exec "$c.a" "$@" && ip netns exec "$c.b" "$@" || die "$c: $*"
}

never() { # CASE IPTABLES
	both "$1" "$2" -t mangle -A OUTPUT -p 250 -j ACCEPT
	both "$1" "$2" -t mangle -A INPUT -p 250 -j ACCEPT
}
npt() { # CASE IPTABLES: the prefix changes on the way out, and back on the way in
	ip netns exec "$1.a" "$2" -t mangle -A POSTROUTING -s 2001:db8:1::/64 -o up1 \
		-j SNPT --src-pfx 2001:db8:1::/64 --dst-pfx 2001:db8:9::/64 &&
	ip netns exec "$1.a" "$2" -t mangle -A PREROUTING -d 2001:db8:9::/64 \
		-j DNPT --src-pfx 2001:db8:9::/64 --dst-pfx 2001:db8:1::/64 &&
	ip netns exec "$1.b" "$2" -t mangle -A INPUT -s 2001:db8:9::/64 \
		-j SNPT --src-pfx 2001:db8:9::/64 --dst-pfx 2001:db8:1::/64 &&
	ip netns exec "$1.b" "$2" -t mangle -A OUTPUT -d 2001:db8:1::1 \
		-j DNPT --src-pfx 2001:db8:1::/64 --dst-pfx 2001:db8:9::/64 &&
	ip -n "$1.b" -6 route add 2001:db8:9::/64 via $A1 dev up1 || die "$1: NPT"
}
xfrm() { # CASE
	for dir in "out in" "in out"; do
		set -- "$1" $dir
		ip -n "$1.a" xfrm policy add src $([ "$2" = out ] && echo $A1 || echo $B1) \
			dst $([ "$2" = out ] && echo $B1 || echo $A1) dir "$2" tmpl proto esp mode transport &&
		ip -n "$1.b" xfrm policy add src $([ "$2" = out ] && echo $A1 || echo $B1) \
			dst $([ "$2" = out ] && echo $B1 || echo $A1) dir "$3" tmpl proto esp mode transport || die "xfrm policy"
		set -- "$1"
	done
	for ns in "$1.a" "$1.b"; do
		ip -n "$ns" xfrm state add src $A1 dst $B1 proto esp spi 1 mode transport enc ecb'(cipher_null)' '' \
			auth digest_null '' &&
		ip -n "$ns" xfrm state add src $B1 dst $A1 proto esp spi 2 mode transport enc ecb'(cipher_null)' '' \
			auth digest_null '' || die "xfrm state"
	done
}
srv6() { # CASE
	ip -n "$1.a" -6 route add $B1/128 encap seg6 mode inline segs $B2 dev up2 src $A1 2>/dev/null
}
shim_rules() { # CASE IPTABLES
	both "$1" "$2" -t mangle -A OUTPUT -j SHIM6
	both "$1" "$2" -t mangle -A INPUT -j SHIM6
}
shimd_rules() { # CASE IPTABLES: all that shim6d installs (src/shim6d/ruletext.c)
	for ns in "$1.a" "$1.b"; do
		ip netns exec "$ns" "$2-restore" --noflush <<-END || die "$1: rules"
			*mangle
			:SHIM6_IN - [0:0]
			:SHIM6_OUT - [0:0]
			:SHIM6_CTL - [0:0]
			-A SHIM6_IN -p 140 -m shim6 --control -j SHIM6_CTL
			-A SHIM6_CTL -m shim6 --control --type keepalive,probe -j NFQUEUE --queue-num 2 --queue-bypass
			-A SHIM6_CTL -m shim6 --control -j NFQUEUE --queue-num 1 --queue-bypass
			-A SHIM6_IN -j SHIM6
			-A SHIM6_OUT -j SHIM6
			-I INPUT -j SHIM6_IN
			-I OUTPUT -j SHIM6_OUT
			COMMIT
		END
	done
}
shim_hooks() { # CASE
	genl "$1.a" param hooks=1
	genl "$1.b" param hooks=1
}
add() { # CASE LOC-A LOC-B
	$tool add "$1.a" $A1 $B1 "$2" "$3" 0xa1 0xb1 >/dev/null && $tool add "$1.b" $B1 $A1 "$3" "$2" 0xb1 0xa1 >/dev/null ||
		die "$1: no context"
}
drop() { # CASE
	$tool flush "$1.a" >/dev/null
	$tool flush "$1.b" >/dev/null
}

load_modules || die "the modules do not load: run make modules first"
modprobe -a esp6 ip6t_NPT ip6table_mangle dummy 2>/dev/null
sysctl -qw net.core.netdev_max_backlog=10000 net.core.netdev_budget_usecs=100000
peers="plain never-nft never-legacy npt-nft npt-legacy xfrm"
ours="rules-nft rules-legacy shimd-nft shimd-legacy hooks"
for c in $peers $ours srv6; do
	pair $c
done
never never-nft ip6tables-nft
never never-legacy ip6tables-legacy
npt npt-nft ip6tables-nft
npt npt-legacy ip6tables-legacy
xfrm xfrm
srv6 srv6 && peers="$peers srv6"
shim_rules rules-nft ip6tables-nft
shim_rules rules-legacy ip6tables-legacy
shimd_rules shimd-nft ip6tables-nft
shimd_rules shimd-legacy ip6tables-legacy
shim_hooks hooks
[ -z "${CASES:-}" ] || peers=$CASES

for round in $(seq "$rounds"); do
	for c in $peers; do
		measure "$round" $c udp udp $c.a $c.b $A1 $B1 "$datagrams"
		case $c in
		plain|npt-*|xfrm) measure "$round" $c tcp tcp $c.a $c.b $A1 $B1 "$megabytes" ;;
		esac
	done
	for c in $ours; do
		measure "$round" $c none udp $c.a $c.b $A1 $B1 "$datagrams"
	done
	for c in $ours; do
		add $c $A1 $B1
		measure "$round" $c ulids udp $c.a $c.b $A1 $B1 "$datagrams"
		drop $c
		add $c $A2 $B2
		measure "$round" $c shimmed udp $c.a $c.b $A1 $B1 "$datagrams"
		case $c in
		shimd-*) ;;
		*) measure "$round" $c tcp tcp $c.a $c.b $A1 $B1 "$megabytes" ;;
		esac
		drop $c
	done
done
dump=$(ip netns exec hooks.a python3 -IS tests/kmod/genl.py stats out_tagged)
[ "${dump:-0}" -gt 0 ] || die "nothing was shimmed"
for c in $peers $ours; do
	ip netns del $c.a
	ip netns del $c.b
done

# --- many of them: all packets go to a device that drops them -------------------

sink() { # NAMESPACE
	ip netns add "$1" && ip -n "$1" link set lo up && ip -n "$1" link add sink type dummy || die "no sink"
	ip netns exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	ip -n "$1" addr add $A1/64 dev sink nodad
	ip -n "$1" link set sink up
	ip -n "$1" -6 neigh add 2001:db8:1::fe lladdr 02:00:00:00:00:fe dev sink nud permanent	# one for all peers
	ip -n "$1" -6 route add 2001:db8:ffff::/64 via 2001:db8:1::fe dev sink
}
objects() { # SLAB: size of one, with what lies between two
	cat "/sys/kernel/slab/$1/slab_size"
}
kib() { # what the kernel has taken, contexts and tables
	awk '/^(Slab|VmallocUsed|Percpu):/ { n += $2 } END { print n }' /proc/meminfo
}

sysctl -qw net.netfilter.nf_conntrack_max=2000000
echo 262144 >/sys/module/nf_conntrack/parameters/hashsize
sink none
sink many
genl many param hooks=1
sink track
ip netns exec track ip6tables-legacy -A OUTPUT -m conntrack --ctstate INVALID -j DROP
for n in $(printf '%s\n' 1 1000 100000 "$contexts" | sort -nu); do
	[ "$n" -le "$contexts" ] || continue
	genl many param max_contexts="$n"
	before=$(kib)
	measure 1 "insert-$n" rate fill many $A1 "$n"
	after=$(kib)
	[ "$n" != "$contexts" ] || note 1 context octets $(((after - before) * 1024 / n))
	measure 1 "dump-$n" rate dump many
	for round in $(seq "$rounds"); do
		measure "$round" many "lookup-$n" spread many $A1 "$n" "$datagrams"
		measure "$round" none "lookup-$n" spread none $A1 "$n" "$datagrams"
	done
	measure 1 "flush-$n" rate flush many
	if [ "$n" -le "${TRACKED:-100000}" ]; then
		$tool touch track $A1 "$n" >/dev/null
		for round in $(seq "$rounds"); do
			measure "$round" track "lookup-$n" spread track $A1 "$n" "$datagrams"
		done
		ip netns exec track conntrack -F >/dev/null 2>&1
	fi
done
for slab in shim6_ctx nf_conntrack xfrm_state; do
	note 1 $slab octets "$(objects $slab)"
done

states=${STATES:-2000}
sa="mode transport enc ecb(cipher_null) '' auth digest_null ''"
seq "$states" | sed "s/.*/xfrm state add src $A1 dst $B1 proto esp spi & $sa/" >/tmp/states
before=$(kib)
begin=$(date +%s%N)
ip -n none -batch /tmp/states || die "xfrm states"
end=$(date +%s%N)
note 1 xfrm-insert rate $((states * 1000000000 / (end - begin)))
note 1 xfrm octets $((($(kib) - before) * 1024 / states))
begin=$(date +%s%N)
ip -n none xfrm state list >/dev/null
note 1 xfrm-dump rate $((states * 1000000000 / ($(date +%s%N) - begin)))
begin=$(date +%s%N)
ip -n none xfrm state flush
note 1 xfrm-flush rate $((states * 1000000000 / ($(date +%s%N) - begin)))
dmesg | grep -E 'WARNING|BUG:|Oops|rcu.*stall|hung' && die "the kernel complained"
echo "dataplane: done"
