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

check "the older ip6tables: what was flushed is put back within a minute" wait_for 70 whole core ip6tables-legacy
check "... and that is said once" wait_for 5 put_back core 1
check "the session is the same" running ssh
finish
