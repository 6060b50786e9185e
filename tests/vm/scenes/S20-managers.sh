# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 300
# Beside the programs that look after addresses: prefixes from radvd and from a DHCPv6 server (dnsmasq), taken by
# systemd-networkd, NetworkManager, and ifupdown with dhclient. They are reloaded and restarted and made to take off what they
# do not know: nobody's addresses are lost for good.

SECURITY=" "			# verify = required, the default
. "${0%/*}/../lib.sh"

MANAGERS=$HERE/build/managers	# scripts/managers
STATE=/var/lib/shim6-A

# --- two providers: the first sends router advertisements, the second has a DHCPv6 server -------------------------------

# The prefixes that PA1 advertises: each with its valid and preferred lifetime.
advertise() { # PREFIX SECONDS...
	{
		echo "interface host { AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvDefaultLifetime 600;"
		while [ $# -gt 0 ]; do
			echo "prefix $1/64 { AdvValidLifetime $2; AdvPreferredLifetime $2; };"
			shift 2
		done
		echo "};"
	} >"$LOGS/radvd.conf"
	[ ! -e "$LOGS/radvd.bg" ] || kill -HUP "$(cat "$LOGS/radvd.bg")"
}

uplinks() {
	{
		echo "netns add A"
		for i in 1 2; do
			echo "netns add PA$i"
			echo "link add up$i netns A type veth peer name host netns PA$i"
		done
	} | ip -batch - || return 1
	# As on a host that nobody touched; other scenes want it otherwise and new namespaces inherit that.
	in_ns A sysctl -q -w net.ipv6.conf.up1.accept_dad=1 net.ipv6.conf.up1.dad_transmits=1 net.ipv6.conf.up1.accept_ra=1 \
		net.ipv6.conf.up2.accept_dad=1 net.ipv6.conf.up2.dad_transmits=1 net.ipv6.conf.up2.accept_ra=1
	for i in 1 2; do
		in_ns PA$i sh -c "echo 1 >/proc/sys/net/ipv6/conf/all/forwarding; ip -batch -" <<-IP || return 1
			addr add 2001:db8:a$i::1/64 dev host nodad
			link set host up
		IP
	done
	advertise 2001:db8:a1:: 600
	bg radvd ip netns exec PA1 radvd -n -C "$LOGS/radvd.conf" -m stderr -p /run/radvd.pid
	cat >"$LOGS/dnsmasq.conf" <<-CONF
		port=0
		interface=host
		bind-interfaces
		enable-ra
		ra-param=host,4,600
		dhcp-range=2001:db8:a2::1000,2001:db8:a2::1fff,64,120
		leasefile-ro
		user=root
		log-dhcp
	CONF
	bg dnsmasq ip netns exec PA2 dnsmasq -k -C "$LOGS/dnsmasq.conf" --log-facility=-
}

# --- the managers ------------------------------------------------------------------------------------------------------

# /sys read-only says, as in containers, that there is no udev to wait for.
in_a() { # COMMAND...
	exec ip netns exec A sh -c 'mount -o remount,bind,ro /sys && exec "$@"' - "$@"
}

networkd_start() {
	mkdir -p /etc/systemd/network /run/systemd
	printf '%s\n' '[Match]' 'Name=up*' '[Network]' 'IPv6AcceptRA=yes' >/etc/systemd/network/up.network
	SYSTEMD_LOG_TARGET=console bg networkd in_a /lib/systemd/systemd-networkd
}
networkd_ready() {
	[ "$(in_ns A networkctl list | grep -c 'routable *configured')" = 2 ]
}
networkd_reload() { in_ns A networkctl reload; }
networkd_strip() { in_ns A networkctl reconfigure up1; }
networkd_stop() { stop networkd; }

nm_start() {
	mkdir -p /etc/NetworkManager/system-connections
	cat >/etc/NetworkManager/NetworkManager.conf <<-CONF
		[main]
		plugins=keyfile
		dhcp=internal
		auth-polkit=false
		dns=none
		no-auto-default=*
	CONF
	for i in 1 2; do
		printf '%s\n' '[connection]' id=up$i type=ethernet interface-name=up$i '[ipv4]' method=disabled '[ipv6]' method=auto \
			>/etc/NetworkManager/system-connections/up$i.nmconnection
	done
	chmod 600 /etc/NetworkManager/system-connections/*
	bg nm in_a NetworkManager --debug
}
nm_ready() {
	[ "$(in_ns A nmcli -t -f DEVICE,STATE device | grep -c '^up[12]:connected$')" = 2 ]
}
nm_reload() { in_ns A nmcli general reload && in_ns A nmcli connection reload; }
nm_strip() { in_ns A nmcli device reapply up1; }
nm_stop() { stop nm; }

ifupdown_start() {
	mkdir -p /run/network /var/lib/dhcp
	printf '%s\n' 'auto up1 up2' 'iface up1 inet6 auto' 'iface up2 inet6 dhcp' >/etc/network/interfaces
	in_ns A ifup -a >"$LOGS/ifupdown.log" 2>&1
}
ifupdown_ready() { true; }
ifupdown_reload() { in_ns A ifup -a; }
ifupdown_strip() { in_ns A sh -c 'ifdown up1 && ifup up1'; }
ifupdown_stop() { in_ns A ifdown -a >>"$LOGS/ifupdown.log" 2>&1; }

# --- what is there -----------------------------------------------------------------------------------------------------

addresses() { # INTERFACE [PATTERN]: of global scope that match
	ip -n A -6 -o addr show dev "$1" scope global -tentative | grep -E "${2:-}"
}
theirs() { # the manager's, one line each
	for i in 1 2; do
		addresses up$i | grep -v ' home ' | sed 's/.* inet6 \([^ ]*\).*/\1/'
	done
}
managed() {
	"$1_ready" && theirs | grep -q '^2001:db8:a1:.*/64' && theirs | grep -q '^2001:db8:a2::1.*/128'
}
ours() { # PREFIX...: there is one of ours in each
	for prefix; do
		[ -n "$(own_address A "$prefix")" ] || return 1
	done
}
both() { ours 2001:db8:a1: 2001:db8:a2:; }
no_other() { # the same as before
	[ "$(own_address A 2001:db8:a1:) $(own_address A 2001:db8:a2:)" = "$one $two" ]
}
lives() { # ADDRESS FROM TO: seconds it has left
	left=$(ip -n A -6 addr show to "$1" | sed -n 's/.*valid_lft \([0-9]*\)sec.*/\1/p')
	[ -n "$left" ] && [ "$left" -ge "$2" ] && [ "$left" -le "$3" ] || { echo "$1: $left s"; return 1; }
}
# What it has left is what the manager's in the same prefix has, however often that one renews it; shim6d looks every 10 s.
lives_as() { # ADDRESS INTERFACE PREFIX
	lifetimes=$(addresses "$2" " $3" | sed -n 's/.* inet6 \([^ ]*\)\/.* valid_lft \([0-9]*\)sec.*/\1 \2/p')
	echo "$lifetimes"
	echo "$lifetimes" | awk -v address="$1" '
		$1 == address { ours = $2; next }
		$2 > theirs { theirs = $2 }
		END { exit !(ours > 0 && theirs > 0 && ours <= theirs + 2 && theirs <= ours + 15) }'
}
taken_off() { # MANAGER: how many times one of ours was deleted
	grep -c 'Deleted.* home ' "$LOGS/$1-monitor.log"
}
more_taken_off() { # MANAGER THAN
	[ "$(taken_off "$1")" -gt "$2" ]
}
leaves_by_its_own() { # whatever the destination
	for k in 1 2 3 4 5 6 7 8; do
		ip -n A -6 route get 2001:db8:f::$k from "$1" | grep -q "dev $2 " || return 1
	done
}
routed() {
	leaves_by_its_own "$one" up1 && leaves_by_its_own "$two" up2
}
rule_of_last_resort() { ip -n A -6 rule show | grep -q '^32800:'; }
ours_gone() { ! ip -n A -6 addr show | grep -q ' home '; }

beside() { # NAME MANAGER [radv]
	need "$1: uplinks" uplinks
	need "$1: starts" $2_start
	need "$1: an address by a router advertisement, one by DHCPv6" wait_for 60 managed $2
	give_key /var/lib/shim6-A A
	need "$1: shim6d beside it" start_daemon shim6d A -o routing.sources=install
	need "$1: ... ours in both prefixes" wait_for 120 both
	one=$(own_address A 2001:db8:a1:) two=$(own_address A 2001:db8:a2:)
	check "$1: ... with the lifetime of router advertisements" wait_for 30 lives_as "$one" up1 2001:db8:a1:
	check "$1: ... and of DHCPv6" lives "$two" 10 120
	check "$1: packets leave by their own uplink" wait_for 20 routed
	bg $2-monitor ip -n A -o -6 monitor address
	check "$1: reloaded" $2_reload
	if [ $2 != ifupdown ]; then
		check "$1: ended" $2_stop
		check "$1: started again" $2_start
		check "$1: ... is done" wait_for 60 managed $2
		check "$1: none of ours was touched" test "$(taken_off $2)" = 0
	fi
	before=$(taken_off $2)
	check "$1: takes everything off the first uplink" $2_strip
	check "$1: ... ours went, too" wait_for 20 more_taken_off $2 $before
	check "$1: ... the manager's is there again" wait_for 60 managed $2
	check "$1: ... so is ours, the same" wait_for 20 no_other
	check "$1: ... and its routing" wait_for 20 routed
	check "$1: ... and the rule of last resort" rule_of_last_resort
	if [ "${3:-}" ]; then
		advertise 2001:db8:a1:: 600 2001:db8:a8:: 15
		check "$1: another prefix is advertised: a CGA in it" wait_for 60 ours 2001:db8:a8:
		# Ours is given 20 s at least, as nobody looks for ten; it goes with the prefix nevertheless.
		check "$1: ... with its lifetime" lives "$(own_address A 2001:db8:a8:)" 1 20
		advertise 2001:db8:a1:: 600
		check "$1: it is advertised no more: the address ends with it" wait_for 60 not ours 2001:db8:a8:
		check "$1: ... the others do not" no_other
	fi
	before=$(theirs)
	check "$1: shim6ctl addr remove" ctl A addr remove
	check "$1: ... takes ours" wait_for 10 ours_gone
	check "$1: ... and leaves the manager's" test "$(theirs)" = "$before"
	check "$1: ... and no routing" not sh -c "ip -n A -6 -d rule show | grep -E '^3200[01]:'"
	ctl A addr install >/dev/null
	check "$1: shim6d ends" stop A.shim6d
	$2_stop
	for b in $2-monitor radvd dnsmasq; do
		stop $b 2>/dev/null
	done
	topology_gone
}

# --- the three ---------------------------------------------------------------------------------------------------------

need "the managers are there" test -e "$MANAGERS/.complete"
tar -C "$MANAGERS/root" -c etc usr var | tar -C / -x --keep-directory-symlink
mkdir -p /run/dbus
system_users messagebus systemd-network
dbus-uuidgen --ensure=/etc/machine-id
bg dbus dbus-daemon --system --nofork --nopidfile

beside systemd-networkd networkd radv
beside NetworkManager nm radv
beside ifupdown ifupdown
finish
