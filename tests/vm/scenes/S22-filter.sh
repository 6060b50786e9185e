# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Others change the packet filter while the daemons run: what is ours is put back, what is theirs stays, sessions go on.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

FAST="-o reap.send_timeout=3"
LEGACY="-o dataplane.ip6tables=ip6tables-legacy"

put_back() { # HOST TIMES
	test "$(grep -c "put back" "$LOGS/$1.shim6d.log")" = "$2"
}
whole() { # HOST PROGRAM
	in_ns "$1" "$2" -t mangle -S | sort >"$LOGS/rules.now"
	cmp "$LOGS/rules.now" "$LOGS/$1.rules"
}
saved() { # FILE: the ruleset of A
	in_ns A nft list ruleset >"$LOGS/$1"
}

need "topology" topology
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
# shellcheck disable=SC2086
start_daemon shim6d core $LEGACY
need "a third one, with the older ip6tables" wait_for 20 ctl core status
in_ns core ip6tables-legacy -t mangle -S | sort >"$LOGS/core.rules"
in_ns A ip6tables -t mangle -A OUTPUT -p tcp --dport 4 -j MARK --set-mark 4
in_ns A ip6tables -t mangle -S | sort >"$LOGS/A.rules"
need "ssh session" start_ssh_session ssh
need "context" wait_for 40 settled
break_provider PA1
need "shimmed" wait_for 60 pair_is A "$A2>*"

# --- deleted by hand ----------------------------------------------------------------------------------------------

in_ns core ip6tables-legacy -t mangle -F SHIM6_IN	# nobody is told: it is found within a minute, see the end
in_ns A ip6tables -t mangle -D SHIM6_OUT 1
check "a rule deleted by hand is put back" wait_for 20 whole A ip6tables
check "... and that is said once" wait_for 5 put_back A 1
in_ns A sh -c 'ip6tables -t mangle -D INPUT -j SHIM6_IN; ip6tables -t mangle -F SHIM6_IN; ip6tables -t mangle -X SHIM6_IN'
check "a chain deleted by hand is put back" wait_for 20 whole A ip6tables
check "... and that is said once" wait_for 5 put_back A 2
in_ns A nft flush ruleset
check "nft flush ruleset: ours is put back" wait_for 20 sh -c "ip netns exec A ip6tables -t mangle -S SHIM6_OUT | grep -q -- '-j SHIM6'"
check "... and theirs is not" not sh -c "ip netns exec A ip6tables -t mangle -S | grep -q MARK"
check "... and that is said once" wait_for 5 put_back A 3
check "counted" sh -c "ip netns exec A shim6ctl -r /run/shim6-A stats | grep -Eq 'rules_lost +3'"
check "the session goes on" wait_for 20 alive ssh.echo

# --- firewalld ----------------------------------------------------------------------------------------------------

need "firewalld is there" test -e "$HERE/build/managers/root/usr/sbin/firewalld"
tar -C "$HERE/build/managers/root" -c etc usr var | tar -C / -x --keep-directory-symlink
mkdir -p /run/dbus
bg dbus dbus-daemon --system --nofork --nopidfile
wait_for 20 test -S /run/dbus/system_bus_socket
bg firewalld ip netns exec A /usr/bin/python3 /usr/sbin/firewalld --nofork --nopid
fw() {
	in_ns A /usr/bin/python3 /usr/bin/firewall-cmd "$@"
}
need "firewalld runs" wait_for 60 fw --state
check "firewalld: drops what it does not know" not in_ns B timeout 5 nc -z -w 3 -s $B1 $A1 4444
check "firewalld: the shimmed session goes on" wait_for 20 alive ssh.echo
check "firewalld: ours is there" wait_for 20 sh -c "ip netns exec A ip6tables -t mangle -S SHIM6_OUT | grep -q -- '-j SHIM6'"
check "firewalld: reload" fw --reload
check "... and ours is there" wait_for 20 sh -c "ip netns exec A ip6tables -t mangle -S SHIM6_OUT | grep -q -- '-j SHIM6'"
check "firewalld: complete reload" fw --complete-reload
check "... and ours is there" wait_for 20 sh -c "ip netns exec A ip6tables -t mangle -S SHIM6_OUT | grep -q -- '-j SHIM6'"
check "firewalld: the session goes on" wait_for 20 alive ssh.echo
heal_provider PA1
break_provider PA2
check "firewalld: exploration passes it" wait_for 60 pair_is A "$A1>*"
check "firewalld: the session goes on behind it" wait_for 20 alive ssh.echo
check "firewalld ends" stop firewalld
stop dbus
heal_provider PA2

# --- native nftables beside the hooks -----------------------------------------------------------------------------

check "the end of A's daemon" stop A.shim6d
# shellcheck disable=SC2086
start_daemon shim6d A $FAST -o dataplane.attach=hooks
need "shim6d with hooks" wait_for 20 ctl A status
check "hooks: no rule of ours" not sh -c "ip netns exec A ip6tables -t mangle -S | grep SHIM6"
in_ns A nft flush ruleset
check "hooks: a strict ruleset" in_ns A nft -f - <<-END
	table inet guard {
		chain input {
			type filter hook input priority filter; policy drop;
			iif lo accept
			ct state established,related accept
			icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, packet-too-big } accept
		}
		chain marking {
			type route hook output priority mangle; policy accept;
			meta mark set 0x7
		}
	}
END
need "hooks: a context" debug A "context $A1 $B1"
need "hooks: control messages reach the daemons" wait_for 20 settled
saved ruleset
check "hooks: the saved ruleset is all that there is" sh -c "grep -q 'type route hook output' $LOGS/ruleset && ! grep -Ei 'shim6|xt ' $LOGS/ruleset"
in_ns A nft flush ruleset
check "hooks: it loads" in_ns A nft -f "$LOGS/ruleset"
saved ruleset2
check "hooks: and is the same" cmp "$LOGS/ruleset" "$LOGS/ruleset2"
check "hooks: the session goes on" wait_for 20 alive ssh.echo
break_provider PA1
check "hooks: and on over the other provider" wait_for 60 pair_is A "$A2>*"
check "hooks: shimmed" wait_for 20 alive ssh.echo
check "the older ip6tables: what was flushed is put back within a minute" wait_for 70 whole core ip6tables-legacy
check "... and that is said once" wait_for 5 put_back core 1
check "the session is the same" running ssh
finish
