# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 300
# What a host knows by itself acts long before its Send Timeout of 15 s, in the profile rfc: carrier, addresses, routes,
# neighbours. A link that flaps moves traffic once. Standby by command, and values of the configuration that change while
# all runs.

. "${0%/*}/../lib.sh"
RATE=50 EVERY=0.1
. "${0%/*}/../streams.sh"

conf() { # TEXT: A's daemons read it
	printf '%s\n' "$1" >"$LOGS/A.conf"
	kill -HUP "$(cat /run/shim6-A/reapd.pid)" "$(cat /run/shim6-A/shim6d.pid)"
}

need "topology" topology
# Before any neighbour is known: a timer that runs keeps the 15 to 45 s that it began with.
in_ns A sysctl -q -w net.ipv6.neigh.up1.base_reachable_time_ms=1000 net.ipv6.neigh.up1.delay_first_probe_time=1
printf '\n' >"$LOGS/A.conf"
need "daemons on A" start_daemons A -c "$LOGS/A.conf"
need "daemons on B" start_daemons B
bg A.monitor ip netns exec A shim6ctl -r /run/shim6-A monitor --quiet
need "UDP stream A to B" start_udp_stream ab A $A1 B $B1 6001
need "UDP stream B to A" start_udp_stream ba B $B1 A $A1 6002
need "a context on both sides" wait_for 40 settled
id=$(context A id)

all_alive() {
	alive ab.udp && alive ba.udp
}
# Away from A1, but not by a timeout.
timeouts=0
leaves() { # WHAT [SECONDS]
	timeouts=$(counter A send-timeout)
	check "$1: A uses the other uplink" wait_for "${2:-10}" pair_is A "$A2>*"
	check "$1: no Send Timeout was needed" [ "$(counter A send-timeout)" = "$timeouts" ]
	check "$1: both streams arrive" wait_for 10 all_alive
	check "$1: both ends operational" wait_for 20 settled
}
# Back on the ULIDs; refused as long as they are known not to work. Each end chooses its own pair, and B does not follow who
# moves twice in a second.
home() {
	pair_is A "$A1>$B1" && pair_is B "$B1>$A1" && settled && return
	ctl A move "$id" $A1 $B1
	ctl B move "$(context B id)" $B1 $A1
	sleep 1
	return 1
}

# S5534-3.2-03
ip -n PA1 link set host down
leaves "carrier lost"
ip -n PA1 -batch - <<END
link set host up
addr replace 2001:db8:a1::1/64 dev host nodad
END
host_routes A a 1
need "carrier back: on the ULIDs again" wait_for 30 home

# S5534-3.1-04: it still works, so traffic may stay.
looked() { # how often A looked for another pair because its address may not work for long
	grep -c 'exploration begins: the local locator may not work for long' "$LOGS/A.reapd.log"
}
had=$(looked)
more() { [ "$(looked)" -gt "$had" ]; }
ip -n A addr change $A1/64 dev up1 valid_lft forever preferred_lft 0
check "address deprecated: A looks for another pair at once" wait_for 5 more
check "address deprecated: both ends operational" wait_for 20 settled
check "address deprecated: both streams arrive" wait_for 10 all_alive
ip -n A addr change $A1/64 dev up1 valid_lft forever preferred_lft forever
need "address preferred again: on the ULIDs again" wait_for 30 home

# S5534-3.2-01
ip -n A -6 route del default dev up1
ip -n A -6 route del default table 101
leaves "no default route"
host_routes A a 1
need "route back: on the ULIDs again" wait_for 30 home

# S5534-3.2-02: the router forwards as ever, but answers no neighbour solicitation.
in_ns PA1 nft 'add chain ip6 provider deaf { type filter hook input priority 0; }
	add rule ip6 provider deaf icmpv6 type nd-neighbor-solicit drop'
leaves "router does not answer" 20
in_ns PA1 nft flush chain ip6 provider deaf
need "router answers again: on the ULIDs again" wait_for 60 home

# --- addresses that come ----------------------------------------------------------------------

told() { # ADDRESS: B knows it
	case ,$(context B ls_peer), in *",$1,"*) ;; *) context B ls_peer; return 1 ;; esac
}
ip -n A addr add 2001:db8:a1::77/64 dev up1 nodad
check "a new address is offered to the peer at once" wait_for 5 told 2001:db8:a1::77
ip -n PA1 addr add 2001:db8:a1::dd/64 dev host nodad
in_ns A sysctl -q -w net.ipv6.conf.all.accept_dad=1 net.ipv6.conf.up1.accept_dad=1 net.ipv6.conf.up1.dad_transmits=1
ip -n A addr add 2001:db8:a1::dd/64 dev up1
dad_failed() {
	ip -n A -6 addr show dev up1 | grep -q 'dadfailed'
}
check "an address that another host has: the kernel says so" wait_for 20 dad_failed
sleep 1
check "... it is no locator" not told 2001:db8:a1::dd
says_why() {
	ctl A locators | grep '2001:db8:a1::dd' | grep -q duplicate
}
check "... and shim6ctl says why" says_why
ip -n A addr del 2001:db8:a1::dd/64 dev up1

# --- standby by command and configuration -----------------------------------------------------

capture standby A up2 'ip6 proto 140'
quiet() { # for three seconds
	q=$(captured standby)
	sleep 3
	[ "$(captured standby)" = "$q" ]
}
busy() {
	! quiet
}
conf 'reap { standby_interval = 1 }'
check "standby off, as the profile has it: no Probe over the other uplink" quiet
ctl A standby "$id" on
check "standby on for this context: Probes over the other uplink" wait_for 20 busy
check "... and traffic stays" pair_is A "$A1>$B1"
ctl A standby "$id" off
check "standby off for this context: none" wait_for 20 quiet
ctl A standby "$id" default
conf 'reap { standby_interval = 1 standby = on }'
check "standby on by configuration, at run time" wait_for 20 busy
conf 'reap { standby_interval = 1 }'
check "standby off by configuration, at run time" wait_for 20 quiet
stop standby

# --- other values, at run time ----------------------------------------------------------------

# S5534-4.1-01: a silent failure takes the Send Timeout that is in force.
conf 'reap { send_timeout = 3 }'
sleep 1
hints=$(counter A reap-hint)
begin=$(date +%s)
break_provider PA1
check "Send Timeout of 3 s, set at run time: A moves before 15 s are over" wait_for 12 pair_is A "$A2>*"
echo "    after $(($(date +%s) - begin)) s"
check "... without a hint" [ "$(counter A reap-hint)" = "$hints" ]
heal_provider PA1
need "on the ULIDs again" wait_for 30 home
conf 'reap { profile = fast standby = off }'
sleep 3
hints=$(counter A reap-hint)
begin=$(date +%s)
break_provider PA1
check "profile fast, set at run time: A moves" wait_for 12 pair_is A "$A2>*"
echo "    after $(($(date +%s) - begin)) s"
check "... by a hint" counted A reap-hint "$hints"
heal_provider PA1

# --- a link that flaps ------------------------------------------------------------------------

conf 'reap { failback = prefer-ulid failback_hold = 4 standby_interval = 1 }'
check "fail-back: on the ULIDs again by itself" wait_for 40 pair_is A "$A1>$B1"
moves() {
	grep -c 'now over' "$LOGS/A.monitor.log"
}
wait_for 20 settled
had=$(moves)
flapped=$(cut -d' ' -f1 /proc/uptime)
for _ in 1 2 3 4; do
	ip -n A link set up1 down
	sleep 1
	host_routes A a 1
	sleep 1
done
check "a link that flaps: A's stream goes on" shorter ab.udp 800 "$flapped"
check "a link that flaps: B's stream goes on" shorter ba.udp 800 "$flapped"
check "a link that flaps: traffic left it once" [ $(($(moves) - had)) = 1 ]
check "... and is on the other one" pair_is A "$A2>*"
check "... and goes back when it has been up for long enough" wait_for 60 pair_is A "$A1>$B1"
check "... once" [ $(($(moves) - had)) = 2 ]
check "both streams arrive" wait_for 10 all_alive
echo "    udp A to B: $(stop_udp_stream ab)"
echo "    udp B to A: $(stop_udp_stream ba)"
finish
