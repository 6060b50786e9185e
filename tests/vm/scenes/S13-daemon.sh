# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 420
# The life of shim6d: how it may be started, what it leaves alone, what it takes up again, what it ends.

. "${0%/*}/../lib.sh"

rules() { # HOST [PROGRAM]: how many lines of the mangle table name us
	in_ns "$1" "${2:-ip6tables}" -t mangle -S 2>/dev/null | grep -c SHIM6
}
no_rules() { [ "$(rules "$@")" = 0 ]; }
gone() { # HOST: no context of this host is left
	[ "$(contexts "$1")" = 0 ]
}
said() { # DAEMON-LOG TEXT
	grep -q -- "$2" "$LOGS/$1.log"
}

need "topology" topology
need "daemons on B" start_daemons B

# --- ip6tables-legacy, beside rules of a user; kill -9; idle contexts -----------------------------------------

LEGACY="-o dataplane.ip6tables=ip6tables-legacy -o gc.idle=4"
in_ns A ip6tables-legacy -t mangle -A INPUT -p udp -j ACCEPT
in_ns A sysctl -q -w net.netfilter.nf_conntrack_icmpv6_timeout=3	# else a ping is a flow for 30 s
# shellcheck disable=SC2086
need "daemons on A, ip6tables-legacy" start_daemons A $LEGACY -o trigger.packets=5
check "ping makes a context" in_ns A ping -6 -q -c 8 -i 0.2 -I $A1 $B1
check "... soon" wait_for 10 context_is A ESTABLISHED
tags="$(context A ct_local) $(context A ct_peer)"
installed=$(rules A ip6tables-legacy)
stop A.shim6d KILL
check "killed: the rules stay" test "$(rules A ip6tables-legacy)" = "$installed"
# shellcheck disable=SC2086
start_daemon shim6d A $LEGACY
need "started again" wait_for 20 ctl A status
check "... it has the context" test "$(context A ct_local) $(context A ct_peer)" = "$tags"
check "... and the rules once" test "$(rules A ip6tables-legacy)" = "$installed"
check "without flows and packets the context goes" wait_for 90 gone A
check "... as idle" said A.shim6d 'deleted: idle'

# --- a configuration read again -----------------------------------------------------------------------------------

stop A.shim6d
check "no rule is left, but the user's" sh -c \
	"ip netns exec A ip6tables-legacy -t mangle -S | grep -v '^-P' | tr '\n' ' ' | grep -qx -- '-A INPUT -p udp -j ACCEPT '"
in_ns A ip6tables-legacy -t mangle -F
printf 'gc { idle = 200 }\n' >"$LOGS/A.conf"
start_daemon shim6d A -c "$LOGS/A.conf"
need "shim6d with a file" wait_for 20 ctl A status
need "context" debug A "context $A1 $B1"
need "established" wait_for 10 context_is A ESTABLISHED "ls_local=$A1,$A2"
printf 'daemon { debug_port = 1 }\nlocators { exclude_interfaces = { up2 } }\n' >"$LOGS/A.conf"
kill -HUP "$(cat /run/shim6-A/shim6d.pid)"
check "SIGHUP: the locator that is excluded now is gone" wait_for 10 context_is A ESTABLISHED "ls_local=$A1"
check "... at the peer, too" wait_for 10 context_is B ESTABLISHED "ls_peer=$A1"
check "... what needs a restart is named" said A.shim6d 'need a restart: daemon.debug_port'
printf 'gc { idle = never }\n' >"$LOGS/A.conf"
kill -HUP "$(cat /run/shim6-A/shim6d.pid)"
check "SIGHUP with a mistake: named with its line" wait_for 10 said A.shim6d 'A.conf:1: gc.idle: "never"'
check "... nothing changes" context_is A ESTABLISHED "ls_local=$A1"
printf '\n' >"$LOGS/A.conf"
kill -HUP "$(cat /run/shim6-A/shim6d.pid)"
check "SIGHUP: the locator is back" wait_for 10 context_is A ESTABLISHED "ls_local=$A1,$A2"

# --- one at a time ------------------------------------------------------------------------------------------------

check "a second one in the same directory does not start" not in_ns A shim6d -f -o daemon.rundir=/run/shim6-A
check "a second one in another directory does not start" not in_ns A shim6d -f -o daemon.rundir=/run/shim6-A2
check "... and leaves the context alone" context_is A ESTABLISHED
check "... in the kernel" sh -c "ip netns exec A shim6ctl -r /run/shim6-A --json status | grep -q '\"kernel_contexts\": *1'"

# --- static rules ---------------------------------------------------------------------------------------------------

id=$(context A id)
check "shim: a rule" debug A "shim $id $A2 $B2"
check "deshim at the peer" debug B "deshim $(context B id) $A2 $B2"
capture static PA2 host ip6 proto 140
check "ping with them" ping_from A $A1 $B1 -c 3 -i 0.2
travelled() {
	[ "$(captured static "src $A2 and dst $B2")" -ge 3 ]
}
check "... which travels over the locators" wait_for 20 travelled
stop static
check "shim with the ULIDs takes the rule away" debug A "shim $id $A1 $B1"
check "... it is gone" not sh -c "ip netns exec A ip6tables -t mangle -S | grep -q -- --src-loc"
check "shim for nothing is refused" not debug A "shim 99 $A2 $B2"

# --- a ULID that becomes invalid ends its contexts (RFC 5533, 1.5) ---------------------------------------------

ip -n A addr change $A1/64 dev up1 valid_lft 1000 preferred_lft 1000
sleep 2
ip -n A addr change $A1/64 dev up1 valid_lft 3 preferred_lft 3	# nothing but the time changes
check "the ULID's lifetime ends: so does its context" wait_for 20 gone A
check "... for that reason" said A.shim6d 'the ULID became invalid'
check "normal end" stop A.shim6d
check "... leaves no rule" no_rules A
host_routes A a 1

# --- hooks of the module ----------------------------------------------------------------------------------------------

start_daemon shim6d A -o dataplane.attach=hooks
need "shim6d with hooks" wait_for 20 ctl A status
check "no rule of ours" no_rules A
need "context" debug A "context $A1 $B1"
need "established" wait_for 10 context_is A ESTABLISHED
check "normal end" stop A.shim6d
check "... leaves no rule" no_rules A

# --- no uplink, no other pair yet: nothing goes round and round on lo of a host that forwards --------------------

stop A.reapd
start_daemon shim6d A
need "shim6d" wait_for 20 ctl A status
need "context" debug A "context $A1 $B1"
need "established" wait_for 10 context_is A ESTABLISHED
in_ns A sysctl -q -w net.ipv6.conf.all.forwarding=1
ip -n A -6 route del default dev up2 metric 102		# the ULID has no other way than its own uplink
bg receiver ip netns exec B "$STREAMS" udp-recv $B1 6009 "$LOGS/6009"
receives() { [ -n "$(in_ns B ss -Hlun 'sport = :6009')" ]; }
need "a receiver" wait_for 40 receives
bg udp ip netns exec A "$STREAMS" udp-send $A1 $B1 6009 --rate 20
arrived() { [ -s "$LOGS/6009" ]; }
need "datagrams arrive" wait_for 40 arrived
ip -n A link set up1 down
on_lo() { ip netns exec A cat /sys/class/net/lo/statistics/tx_packets; }
before=$(on_lo)
sleep 4
check "a sender whose uplink is gone goes on" stop udp
check "... and gets no error" grep -q 'refused=0$' "$LOGS/udp.log"
check "... and none went round on lo" test $(($(on_lo) - before)) -lt 300
check "... they were counted" sh -c "ip netns exec A shim6ctl -r /run/shim6-A stats | grep -E 'out_no_route .*[1-9]'"
in_ns A sysctl -q -w net.ipv6.conf.all.forwarding=0
host_routes A a
stop receiver
stop A.shim6d

# --- other ways to start ------------------------------------------------------------------------------------------------

mkdir -p /run/shim6-bg
check "in the background: returns when it works" in_ns A shim6d -o daemon.rundir=/run/shim6-bg
check "... answers at once" debug A help
pid=$(cat /run/shim6-bg/shim6d.pid)
check "... has two capabilities" grep -q '^CapPrm:.*0000000000003000$' "/proc/$pid/status"
check "... and a filter of system calls" grep -q '^Seccomp:.*2$' "/proc/$pid/status"
kill "$pid"
ended() { [ ! -e "/proc/$pid" ]; }
check "... ends" wait_for 20 ended
check "... leaves an empty directory" test -z "$(ls /run/shim6-bg)"

mkdir -p /run/shim6-user && chown 1000 /run/shim6-user
bg user ip netns exec A setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all,+net_admin,+net_raw \
	--ambient-caps=-all,+net_admin,+net_raw shim6d -f -o daemon.rundir=/run/shim6-user
check "a user with two capabilities can run it" wait_for 20 debug A help
check "... with rules" test "$(rules A)" -gt 5
check "... ends well" stop user
check "... without a trace" no_rules A
stop_daemons B
finish
