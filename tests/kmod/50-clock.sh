# SPDX-License-Identifier: GPL-2.0-or-later
# The REAP clock and the events.  Times are in seconds and generous, only their order is certain.

listen() { # NAMESPACE GROUP SECONDS COUNT FILE
	genl "$1" events "$2" "$3" "$4" >"$5" 2>&1 &
	listener=$!
	soon grep -q listening "$5"
}
events_of() { # FILE: the events in order, in one line
	sed -n 's/^event=\([a-z_0-9]*\) t=[0-9.]* ct_local=[^ ]* *\(ka_expired=.\)*.*/\1 \2/p' "$1" | tr '\n' ' ' | tr -s ' '
}
one_way() { # a datagram from $1's ULID to the peer's that nothing answers
	ip netns exec "$1" python3 -c "import socket; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(('$2', 0)); s.sendto(b'x', ('$3', 9))"
}

rules
for ns in A B; do	# no port unreachable, which would be a packet of the context
	ip netns exec $ns ip6tables-legacy -A INPUT -p udp --dport 9 -j DROP
done
contexts send_timeout=1500 ka_timeout=2500 ka_interval=1000

listen A reap 8 3 "$tmp/ev.a"
a=$listener
listen B reap 8 3 "$tmp/ev.b"
b=$listener
one_way A $A1 $B1
wait $b
check "one way: keepalives at the interval, the last at the timeout" equal "$(events_of "$tmp/ev.b")" \
	"ev_keepalive_due ka_expired=0 ev_keepalive_due ka_expired=0 ev_keepalive_due ka_expired=1 "
check "one way: send timeout, once" equal "$(events_of "$tmp/ev.a")" "ev_send_timeout "
listen B reap 6 1 "$tmp/ev.b"
b=$listener
one_way A $A1 $B1
wait $b
check "after the last keepalive the next packet starts anew (Q47)" says "ev_keepalive_due" cat "$tmp/ev.b"
wait $a

listen A reap 3 1 "$tmp/ev.a"
a=$listener
for i in 1 2 3 4 5 6; do
	A ping -q -c 1 -W 1 -I $A1 $B1 >/dev/null
	sleep 0.3
done
wait $a
check "both ways: no send timeout" fails says "ev_send_timeout" cat "$tmp/ev.a"
listen A reap 4 1 "$tmp/ev.a"
a=$listener
genl A set ct_local=$TAG_A reap_ops=8
wait $a
check "START_SEND runs out" says "ev_send_timeout" cat "$tmp/ev.a"
listen A reap 3 1 "$tmp/ev.a"
a=$listener
genl A set ct_local=$TAG_A reap_ops=64
genl A set ct_local=$TAG_A reap_ops=1
wait $a
check "STOP_SEND stops what TX started" fails says "ev_send_timeout" cat "$tmp/ev.a"

genl A set ct_local=$TAG_A reap_mode=1
listen A reap 4 2 "$tmp/ev.a"
a=$listener
for i in 1 2 3; do
	one_way B $B1 $A1
done
one_way A $A1 $B1
wait $a
check "Exploring: a packet in is reported once, no timer runs" equal "$(events_of "$tmp/ev.a")" "ev_activity "
genl A set ct_local=$TAG_A reap_mode=2
listen A reap 4 2 "$tmp/ev.a"
a=$listener
one_way B $B1 $A1
one_way A $A1 $B1
wait $a
check "InboundOk: no keepalive, send timeout" equal "$(events_of "$tmp/ev.a")" "ev_send_timeout "

genl A set ct_local=$TAG_A reap_mode=0 flags=8
listen A control 2 2 "$tmp/ev.a"
a=$listener
one_way B $B1 $A1
one_way B $B1 $A1
wait $a
check "NOTIFY_CTL: reported to the control daemon once" equal "$(events_of "$tmp/ev.a")" "ev_activity "
check "NOTIFY_CTL: and cleared" says "flags=0" genl A get $TAG_A

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
listen B control 8 1000 "$tmp/ev.b"
b=$listener
genl B del $TAG_B
A ping -q -c 1 -W 1 -I $A1 $B1 >/dev/null
A ping -q -f -c 200 -W 1 -I $A1 $B1 >/dev/null
check "unknown tag: reported, with addresses" soon says "ct_local=$TAG_B src=$A2 dst=$B2" cat "$tmp/ev.b"
check "unknown tag: not more than 64 a second" above "$(stat B in_unknown_tag_quiet)" 0
kill $b
wait $b
for ns in A B; do
	ip netns exec $ns ip6tables-legacy -F INPUT
done
flush
no_rules
