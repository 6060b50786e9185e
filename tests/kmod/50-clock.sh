# SPDX-License-Identifier: GPL-2.0-or-later
# The REAP clock and the events.  The machine may be slow, so what has to come is waited for, and what must not come
# is given a good while after what does come.

listen() { # NAMESPACE GROUP: events go to $tmp/ev.NAMESPACE until unlisten
	ip netns exec "$1" $GENL events "$2" 300 >"$tmp/ev.$1" 2>&1 &
	listeners="${listeners:-} $!"
	soon grep -q listening "$tmp/ev.$1"
}
unlisten() {
	kill $listeners
	wait $listeners
	listeners=
} 2>/dev/null
happens() { # NAMESPACE EVENT [COUNT]: waits for it, up to 20 s
	tries=200
	until [ "$(grep -c "$2" "$tmp/ev.$1")" -ge "${3:-1}" ]; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || { cat "$tmp/ev.$1"; return 1; }
		sleep 0.1
	done
}
events_of() { # NAMESPACE: what has happened, in one line
	awk '/^event=/ { sub("event=ev_", "", $1); x = ""
		for (i = 2; i <= NF; i++) if ($i ~ /^ka_expired/) x = "/" substr($i, 12)
		printf "%s%s ", $1, x }' "$tmp/ev.$1"
}
one_way() { # NAMESPACE: a packet to the peer's ULID that nothing answers
	case $1 in
	A) echo x | A nc -u -q 0 -s $A1 $B1 9 ;;
	B) echo x | B nc -u -q 0 -s $B1 $A1 9 ;;
	esac
}

rules
for ns in A B; do	# no port unreachable, which would be a packet of the context
	in_ns $ns ip6tables-legacy -A INPUT -p udp --dport 9 -j DROP
done
contexts send_timeout=1500 ka_timeout=2500 ka_interval=1000

# Looked at in the end.  No packet, so nothing but the timer is seen.
listen R reap
long=$listeners listeners=
genl R add ct_local=1 ct_peer=2 ulid_local=2001:db8::1 ulid_peer=2001:db8::2 loc_local=2001:db8::1 loc_peer=2001:db8::2 \
	send_timeout=17000
genl R set ct_local=1 reap_ops=4
long_since=$(cut -d' ' -f1 /proc/uptime)

listen A reap
listen B reap
one_way A
check "one way: the receiver's keepalives are due" happens B ka_expired=1
check "one way: at each interval, the last at the timeout" equal "$(events_of B)" \
	"keepalive_due/0 keepalive_due/0 keepalive_due/1 "
check "one way: the sender's timer runs out" happens A ev_send_timeout
sleep 2
check "one way: once" equal "$(events_of A)" "send_timeout "
one_way A
check "after the last keepalive the next packet starts anew (Q47)" happens B ka_expired=0 3
happens B ka_expired=1 2
happens A ev_send_timeout 2
unlisten

listen A reap
A ping -q -c 6 -i 0.5 -W 1 -I $A1 $B1 >/dev/null
genl A set ct_local=$TAG_A reap_ops=1	# the last echo reply may have come late
sleep 2
check "both ways: no send timeout" fails grep ev_send_timeout "$tmp/ev.A"
genl A set ct_local=$TAG_A reap_ops=4
check "START_SEND runs out" happens A ev_send_timeout
genl A set ct_local=$TAG_A send_timeout=5000	# time for two programs to start
genl A set ct_local=$TAG_A reap_ops=64
genl A set ct_local=$TAG_A reap_ops=1
sleep 6
check "STOP_SEND stops what TX started" equal "$(grep -c ev_send_timeout "$tmp/ev.A")" 1
genl A set ct_local=$TAG_A send_timeout=1500
unlisten

genl A set ct_local=$TAG_A reap_mode=1
listen A reap
for i in 1 2 3; do
	one_way B
done
one_way A
check "Exploring: a packet in is reported" happens A ev_activity
sleep 2
check "Exploring: once, and no timer runs" equal "$(events_of A)" "activity "
unlisten
genl A set ct_local=$TAG_A reap_mode=2
listen A reap
one_way B
one_way A
check "InboundOk: send timeout" happens A ev_send_timeout
sleep 1
check "InboundOk: no keepalive" equal "$(events_of A)" "send_timeout "
unlisten

genl A set ct_local=$TAG_A reap_mode=0 flags=8
listen A control
one_way B
one_way B
check "NOTIFY_CTL: reported to the control daemon" happens A ev_activity
sleep 1
check "NOTIFY_CTL: once" equal "$(events_of A)" "activity "
check "NOTIFY_CTL: and cleared" says "flags=0" genl A get $TAG_A
unlisten

# States other than ESTABLISHED.
switch
genl A set ct_local=$TAG_A flags=1
zero
A ping -q -c 1 -W 1 -I $A1 $B1 >/dev/null
check "INBOUND: nothing goes out tagged" sh -c "set -- $(counts); [ \$2 -gt 0 ]"
check "INBOUND: counted" above "$(stat A out_held)" 0
genl A set ct_local=$TAG_A flags=2
check "DISCARD: tagged packets are dropped" fails B ping -q -c 1 -W 1 -I $B1 $A1
check "DISCARD: counted" above "$(stat A in_discarded)" 0
genl A set ct_local=$TAG_A flags=0
check "ESTABLISHED again" A ping -q -c 1 -W 2 -I $A1 $B1

# The context is lost at one end.
listen B control
genl B del $TAG_B
A python3 -IS -c "import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('$A1', 0)); [s.sendto(b'x', ('$B1', 9)) for _ in range(400)]"
check "unknown tag: reported, with addresses" happens B "ct_local=$TAG_B src=$A2 dst=$B2"
check "unknown tag: not more than 64 a second" above "$(stat B in_unknown_tag_quiet)" 0
unlisten
for ns in A B; do
	in_ns $ns ip6tables-legacy -F INPUT
done
check "a timeout of 17 s" happens R ev_send_timeout
check "... is not late" awk -v since="$long_since" '
	/ev_send_timeout/ && match($0, /t=[0-9.]+/) { late = substr($0, RSTART + 2, RLENGTH - 2) - since - 17 }
	END { print late " s late"; exit late > 0.1 || late < -0.5 }' "$tmp/ev.R"
listeners=$long
unlisten
genl R flush
flush
no_rules
