# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 400
# shim6ctl, as an operator uses it: every command, JSON, errors, doctor.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

json() { # HOST PYTHON-EXPRESSION over o COMMAND...: the output as JSON, the expression is true
	json_host=$1 json_expr=$2
	shift 2
	ctl "$json_host" --json "$@" | python3 -IS -c 'import json, sys; o = json.load(sys.stdin); sys.exit(not eval(sys.argv[1]))' \
		"$json_expr"
}
output() { # PATTERN HOST COMMAND...: the text has a line like that
	pattern=$1
	shift
	ctl "$@" | tee "$LOGS/output" | grep -Eq -- "$pattern" || { cat "$LOGS/output"; return 1; }
}
complains() { # PATTERN HOST COMMAND...: fails, says why on stderr, and nothing on stdout
	pattern=$1
	shift
	ctl "$@" >"$LOGS/output" 2>"$LOGS/stderr" && return 1
	test ! -s "$LOGS/output" && grep -Eq -- "$pattern" "$LOGS/stderr" || { cat "$LOGS/output" "$LOGS/stderr"; return 1; }
}

need "topology" topology
check "no daemon: it says so" complains 'cannot connect to .*/shim6d.sock: .*is shim6d running' A status
check "no daemon: doctor finds it" not ctl A doctor
need "daemons on A" start_daemons A -o dataplane.ip6tables=ip6tables-legacy
need "daemons on B" start_daemons B

check "status" output '^shim6d [0-9].*, pid [0-9]+, up ' A status
check "status: reapd" output 'reapd +connected, pid' A status
check "status: module" output 'data plane .*shim6.ko [0-9]' A status
check "status warns of unverified locators" output '^warning: security.verify' A status
check "status --json" json A 'o["ok"] and o["verify"] == "none" and o["contexts"] == 0' status
check "--json behind the command" sh -c "ip netns exec A shim6ctl -r /run/shim6-A status --json | grep -q '\"ok\": true'"
check "locators" output "^$A1/64 +up1 +yes" A locators
check "locators --json" json A "{x['addr'] for x in o if x['announced']} >= {'$A1', '$A2'}" locators
check "no contexts: only the heads" output '^ID +STATE' A contexts

bg A.monitor ip netns exec A shim6ctl -r /run/shim6-A monitor
need "monitor begins with what is there" wait_for 20 grep -q 'locators of this host' "$LOGS/A.monitor.log"
check "trigger" output '^context [0-9]+: I1-SENT' A trigger $A1 $B1
need "established" wait_for 20 settled
id=$(context A id)
check "contexts" output "^ *$id +ESTABLISHED +operational +$A1 +$B1 +the ULIDs" A contexts
check "contexts ID" output "Ls.peer. +generation" A contexts "$id"
check "contexts --json" json A "len(o) == 1 and o[0]['id'] == $id and not o[0]['shimmed']" contexts
check "the other side did not begin it" json B "o[0]['triggered'] is False" contexts
check "update" output "^context $id: Update" A update "$id"
check "monitor saw it come" wait_for 5 grep -q "context $id .*-> ESTABLISHED" "$LOGS/A.monitor.log"
check "stats" output '^shim6d +' A stats
check "stats --explain" output '^kernel +.*[a-z]+ [a-z]+ ' A stats --all --explain
check "stats --json: all three" json A "{x['source'] for x in o} == {'kernel', 'shim6d', 'reapd'}" stats
check "doctor has nothing to say" ctl A doctor
cat "$LOGS/check.out"

check "delete" output "^context $id: deleted" A delete "$id"
check "monitor saw it go" wait_for 5 grep -q "context $id .*gone" "$LOGS/A.monitor.log"
check "delete again: no such context" complains 'no such context' A delete "$id"
check "contexts of none" complains 'no such context' A contexts 4000000000
check "trigger with nonsense" complains 'not an IPv6 address' A trigger here there
check "trigger from an address of others" complains 'not a locator of this host' A trigger 2001:db8:77::1 $B1
check "trigger chooses the local address" output '^context [0-9]+: ' A trigger $B1

ip -n A -6 rule del from 2001:db8:a2::/64 table 102
check "doctor: a locator that leaves by the wrong interface" not ctl A doctor
grep -E 'fault' "$LOGS/check.out"
# To the peer it may be the right one, as which next hop a packet takes depends on its addresses.
ip -n A -6 route replace default metric 1 nexthop via 2001:db8:a1::1 dev up1 nexthop via 2001:db8:a2::1 dev up2
check "doctor: a route with two next hops" output "packets from $A2 leave by up1, not by up2" A doctor
ip -n A -6 route del default metric 1
flushed() { # shim6d may just be looking, which it does once a minute
	in_ns A ip6tables-legacy -t mangle -F OUTPUT
	ctl A doctor | grep -q 'OUTPUT does not jump'
}
check "doctor: rules that were flushed" wait_for 10 flushed
kill -STOP "$(cat "$LOGS/A.shim6d.bg")"
check "a daemon that hangs: it gives up" complains 'no answer within' A --timeout 1 status
kill -CONT "$(cat "$LOGS/A.shim6d.bg")"
stop_daemons A
check "the monitor ends with its daemon" wait_for 5 not running A.monitor
check "... and says so" grep -q 'the connection ended' "$LOGS/A.monitor.log"
finish
