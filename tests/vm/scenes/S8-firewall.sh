# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Stateful firewalls on both hosts: shimmed packets pass them as the flow between ULIDs that they belong to.  A is the
# gateway of others, too, and masquerades whatever leaves by its uplinks.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

FAST="-o reap.send_timeout=3"

firewall() { # HOST RULE...: policy drop, established flows and Shim6 control messages in, and one more rule
	fw=$1
	shift
	in_ns $fw ip6tables-restore <<-END
		*filter
		:INPUT DROP
		:FORWARD DROP
		:OUTPUT ACCEPT
		-A INPUT -i lo -j ACCEPT
		-A INPUT -p icmpv6 --icmpv6-type neighbour-solicitation -j ACCEPT
		-A INPUT -p icmpv6 --icmpv6-type neighbour-advertisement -j ACCEPT
		-A INPUT -m shim6 --control -j ACCEPT
		-A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
		$*
		COMMIT
	END
}

need "topology" topology
need "firewall of A: nobody may begin" firewall A
need "A masquerades" in_ns A ip6tables -t nat -A POSTROUTING -o up+ -j MASQUERADE
need "firewall of B: ssh from A's ULID may" firewall B -A INPUT -p tcp -s $A1 -d $B1 --dport 22 -m conntrack --ctstate NEW -j ACCEPT
# shellcheck disable=SC2086
need "daemons on A" start_daemons A $FAST
# shellcheck disable=SC2086
need "daemons on B" start_daemons B $FAST
check "the firewall of B is no decoration" not ping_from A $A1 $B1
need "ssh session" start_ssh_session ssh
need "context" wait_for 40 settled
break_provider PA1
check "A leaves provider 1" wait_for 40 pair_is A "$A2>*"
check "the session goes on through both firewalls" wait_for 20 alive ssh.echo
check "conntrack knows the flow by its ULIDs" sh -c \
	"ip netns exec B conntrack -L -f ipv6 -p tcp 2>/dev/null | grep ESTABLISHED | grep -q 'src=$A1 dst=$B1'"
check "... and as the one it was: no second entry" test \
	"$(in_ns B conntrack -L -f ipv6 -p tcp 2>/dev/null | grep -c "src=$A1 dst=$B1.*dport=22")" = 1
bg telnet ip netns exec B nc -6 -l -k 23
need "somebody listens there" wait_for 20 listening B 23
check "what is not allowed is not allowed shimmed either" not in_ns A timeout 3 nc -z -w 2 -s $A1 $B1 23
check "ping is not either" not ping_from A $A1 $B1
heal_provider PA1
break_provider PA2
check "provider 1 is back, provider 2 dies: A leaves it" wait_for 60 pair_is A "$A1>*"
check "the session goes on once more" wait_for 20 alive ssh.echo
check "the session is the same" running ssh
finish
