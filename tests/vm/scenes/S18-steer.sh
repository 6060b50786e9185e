# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 200
# What an administrator steers: forks of a context, the main and the backup provider; and ICMPv6 errors, which steer too.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
need "daemons on B" start_daemons B

# --- a fork and its own pair (RFC 5533, 4.2, 12.4) -----------------------------------------------------------------

fork_is() { # KEY VALUE
	[ "$(context A "$1" "fii=$fii ")" = "$2" ] || { debug A dump; return 1; }
}
a_fork() { # HOW OF-TITLES: with packets chosen where dataplane.attach = HOW has them
	by=$2
	need "daemons on A$by" start_daemons A -o dataplane.fork_mark=0xff0000 -o dataplane.attach="$1"
	ctl A trigger $A1 $B1
	need "established$by" wait_for 20 settled
	ctl A trigger --fork $A1 $B1 | tee "$LOGS/fork"
	fii=$(sed -n 's/.* instance \([0-9]*\) for packets with mark 0x[0-9a-f]*0000$/\1/p' "$LOGS/fork")
	mark=$((fii << 16))
	need "a fork with a number for marks$by" test "${fii:-0}" -ge 1 -a "$fii" -le 255
	need "... is established beside the context$by" wait_for 20 fork_is state ESTABLISHED
	check "... at the peer, too$by" test "$(contexts B)" = 2
	fork=$(context A id "fii=$fii ")
	check "move it$by" ctl A move "$fork" $A2 $B2
	need "... it has a pair of its own$by" wait_for 20 fork_is loc_local $A2
	check "... the context keeps its pair$by" context_is A ESTABLISHED fii=0 loc_local=$A1 loc_peer=$B1
	capture fork PA2 host ip6 proto 140 or icmp6
	in_ns A ip6tables -t mangle -I OUTPUT -m mark --mark 5 -j SHIM6 --fii $fii
	check "a packet with the mark$by" ping_from A $A1 $B1 -c 2 -i 0.2 -m $mark
	check "a packet of a rule$by" ping_from A $A1 $B1 -c 2 -i 0.2 -m 5
	check "one without$by" ping_from A $A1 $B1 -c 2 -i 0.2
	check "one with a mark of no fork$by" ping_from A $A1 $B1 -m $(((fii ^ 1) << 16))
	sleep 1
	stop fork
	check "the first two go over the pair of the fork, the others do not$by" \
		test "$(captured fork "src $A2 and dst $B2 and ip6[40] = 58")" = 4
	check "the answers come as before: a fork steers one direction$by" \
		test "$(captured fork "src host $B1 or (src host $B2 and ip6[40] = 58)")" = 0
	check "delete it$by" ctl A delete "$fork"
	check "... the context is still there$by" context_is A ESTABLISHED fii=0
	check "... and takes the packets with the mark$by" ping_from A $A1 $B1 -m $mark
	in_ns A ip6tables -t mangle -D OUTPUT -m mark --mark 5 -j SHIM6 --fii $fii
}
a_fork hooks ", by hooks"
check "A ends" stop_daemons A
for id in $(debug B dump | sed -n 's/^id=\([0-9]*\) .*/\1/p'); do
	ctl B delete "$id"
done
a_fork rules ""

# --- main and backup ------------------------------------------------------------------------------------------------

need "datagrams" start_udp_stream main A $A1 B $B1 6001
check "provider 1 becomes the backup" ctl A locators prefer 2001:db8:a1::/48 1 10
check "... it is listed so" sh -c "ip netns exec A shim6ctl -r /run/shim6-A --json locators | grep -q '\"prio\": *1'"
check "... the session leaves it, without a failure" wait_for 20 pair_is A "$A2>*"
check "... at the peer, too" wait_for 20 pair_is B "*>$A2"
check "a mistake is named" not ctl A locators prefer 2001:db8:a1::/48 many
check "provider 2 becomes the backup" ctl A locators prefer 2001:db8:a2::/48 2
check "... the session is back" wait_for 20 pair_is A "$A1>*"
check "... at the peer, too" wait_for 20 pair_is B "*>$A1"
check "what was said is taken back" ctl A locators forget
stop_udp_stream main >"$LOGS/main.gap"
cat "$LOGS/main.gap"
check "no datagram was lost" grep -q 'lost=0' "$LOGS/main.gap"

# --- errors of routers (RFC 5533, 8) -------------------------------------------------------------------------------

need "all is quiet" wait_for 20 settled
acted() {
	ctl A stats --all icmp_acted | sed -n 's/^kernel *icmp_acted *//p'
}
# errors TYPE/CODE...: a router's, about a datagram of A1 to B1
errors() {
	in_ns PA1 python3 -IS - $A1 $B1 "$@" <<-'END'
		import socket, struct, sys
		a, b = (socket.inet_pton(socket.AF_INET6, x) for x in sys.argv[1:3])
		datagram = struct.pack("!IHBB", 0x60000000, 16, 17, 60) + a + b + struct.pack("!HHHH", 5000, 9, 16, 0) + bytes(8)
		s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
		for error in sys.argv[3:]:
		    s.sendto(struct.pack("!BBHI", *map(int, error.split("/")), 0, 0) + datagram, (sys.argv[1], 0))
	END
}
in_ns PA1 nft add rule ip6 provider cut iif "host" reject with icmpv6 type admin-prohibited
check "an application whose provider refuses hears nothing of it" in_ns A python3 -IS - $A1 $B1 <<-'END'
	import socket, sys, time
	s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
	s.bind((sys.argv[1], 0))
	s.connect((sys.argv[2], 9))
	s.send(b"x")
	time.sleep(1)
	s.setsockopt(socket.IPPROTO_IPV6, 25, 1)	# IPV6_RECVERR: hear of everything from here on
	s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0 or sys.exit("error")
END
check "... its packets take another pair, before any time-out" wait_for 10 pair_is A "$A2>*"
heal_provider PA1
need "all is quiet" wait_for 20 settled
check "... and is moved back by hand" ctl A move "$(context A id)" $A1 $B1
need "... when the pair works again" wait_for 20 pair_is A "$A1>$B1"
before=$(acted)
need "all that another pair may cure" errors 1/0 1/1 1/2 1/3 1/5 1/6 3/0 3/1
check "... is acted upon" test $(($(acted) - before)) = 8
check "... a Probe finds the pair well" wait_for 20 settled
before=$(acted)
need "what is for upper layers only" errors 1/4 4/0
check "... reaches them" test "$(acted)" = "$before"
finish
