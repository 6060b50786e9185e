# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# attach = hooks beside a strict ruleset in native nftables, which is saved and loaded while the daemons run.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

FAST="-o reap.send_timeout=3"

saved() { # FILE: the ruleset of A
	in_ns A nft list ruleset >"$LOGS/$1"
}

need "topology" topology
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
need "ssh session" start_ssh_session ssh
check "the end of A's daemon" stop A.shim6d
# shellcheck disable=SC2086
start_daemon shim6d A $FAST -o dataplane.attach=hooks
need "shim6d with hooks" wait_for 20 ctl A status
check "no rule of ours" not sh -c "ip netns exec A ip6tables -t mangle -S | grep SHIM6"
in_ns A nft flush ruleset
check "a strict ruleset" in_ns A nft -f - <<-END
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
need "a context" debug A "context $A1 $B1"
need "control messages reach the daemons" wait_for 20 settled
saved ruleset
check "the saved ruleset is all that there is" sh -c "grep -q 'type route hook output' $LOGS/ruleset && ! grep -Ei 'shim6|xt ' $LOGS/ruleset"
in_ns A nft flush ruleset
check "it loads" in_ns A nft -f "$LOGS/ruleset"
saved ruleset2
check "and is the same" cmp "$LOGS/ruleset" "$LOGS/ruleset2"
check "the session goes on" wait_for 20 alive ssh.echo
break_provider PA1
check "and on over the other provider" wait_for 60 pair_is A "$A2>*"
check "shimmed" wait_for 20 alive ssh.echo
check "the session is the same" running ssh
finish
