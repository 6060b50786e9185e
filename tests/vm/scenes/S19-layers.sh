# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 200
# What stands above and below the shim: IPsec and tunnels, before and after another pair is in use (RFC 5533, 4.6, 16.1).

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
need "daemons on A" start_daemons A
need "daemons on B" start_daemons B
ctl A trigger $A1 $B1
need "established" wait_for 20 settled

key=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
# A security association each way, the same on both hosts.
association() { # SOURCE DESTINATION PROTOCOL SPI [more...]
	as_src=$1 as_dst=$2 as_proto=$3 as_spi=$4
	shift 4
	for as_host in A B; do
		ip -n $as_host xfrm state add src "$as_src" dst "$as_dst" proto "$as_proto" spi "$as_spi" mode transport \
			auth-trunc 'hmac(sha256)' $key 128 "$@" || return 1
	done
}
policy() { # HOST out|in SOURCE DESTINATION UPPER-PROTOCOL PROTOCOL
	ip -n "$1" xfrm policy add src "$3" dst "$4" proto "$5" dir "$2" tmpl proto "$6" mode transport
}
secure() {
	association $A1 $B1 esp 1 enc 'ecb(cipher_null)' '' && association $B1 $A1 esp 2 enc 'ecb(cipher_null)' '' &&
		policy A out $A1 $B1 udp esp && policy B in $A1 $B1 udp esp &&
		association $A1 $B1 ah 3 && association $B1 $A1 ah 4 &&
		policy A out $A1 $B1 ipv6-icmp ah && policy B in $A1 $B1 ipv6-icmp ah &&
		policy B out $B1 $A1 ipv6-icmp ah && policy A in $B1 $A1 ipv6-icmp ah
}
need "associations and policies between the ULIDs" secure

capture plain PA1 host ip6 proto 50 or ip6 proto 51
need "datagrams in ESP" start_udp_stream esp A $A1 B $B1 6001
check "ping in AH" ping_from A $A1 $B1 -c 2 -i 0.2
sleep 1
stop plain
check "ESP and AH are on the wire" test "$(captured plain ip6 proto 50)" -gt 0 -a "$(captured plain ip6 proto 51)" -ge 4

# --- the same over other locators ---------------------------------------------------------------------------------

tunnel() {
	ip -n A -6 tunnel add tun1 mode ip6ip6 local $A1 remote $B1 encaplimit none && ip -n A addr add fd00::a/64 dev tun1 nodad &&
		ip -n A link set dev tun1 up &&
		ip -n B -6 tunnel add tun1 mode ip6ip6 local $B1 remote $A1 encaplimit none &&
		ip -n B addr add fd00::b/64 dev tun1 nodad && ip -n B link set dev tun1 up
}
need "a tunnel whose ends are the ULIDs" tunnel
check "... works" ping_from A fd00::a fd00::b
move() { # HOST LOCAL PEER
	ctl "$1" move "$(context "$1" id)" "$2" "$3" && wait_for 20 pair_is "$1" "$2>$3"
}
capture core core pa2
need "another pair" move A $A2 $B2
need "... for the way back" move B $B2 $A2
check "AH goes on" ping_from A $A1 $B1 -c 2 -i 0.2
check "the tunnel goes on" ping_from A fd00::a fd00::b -c 2 -i 0.2
stop_udp_stream esp >"$LOGS/esp.gap"
cat "$LOGS/esp.gap"
check "ESP goes on" grep -q 'lost=0' "$LOGS/esp.gap"
sleep 1
stop core
on_wire() { # FILTER: packets of both ways over the new pair with a Payload Extension header (octet 40)
	captured core "ip6 proto 140 and ip6[42] & 0x80 != 0 and $1"
}
check "IPv6, Shim6, ESP" test "$(on_wire "src $A2 and ip6[40] = 50")" -gt 0
check "IPv6, Shim6, AH" test "$(on_wire "ip6[40] = 51")" -ge 4
check "IPv6, Shim6, IPv6" test "$(on_wire "ip6[40] = 41")" -ge 4
check "nothing that should be in ESP or AH goes without" test "$(on_wire "ip6[40] = 17 or ip6[40] = 58")" = 0

# --- policies see what the shim restored --------------------------------------------------------------------------

bad() {
	in_ns B awk '/XfrmInNoPols|XfrmInTmplMismatch/ { n += $2 } END { print n }' /proc/net/xfrm_stat
}
ip -n A xfrm policy delete src $A1 dst $B1 proto udp dir out
before=$(bad)
bg recv ip netns exec B "$STREAMS" udp-recv $B1 6002 "$LOGS/recv"
need "a receiver" wait_for 20 udp_listening B 6002
in_ns A sh -c "for i in 1 2 3; do echo x | nc -u -s $A1 -w 1 $B1 6002; done"
check "datagrams without ESP are refused" test "$(bad)" -ge $((before + 3)) -a ! -s "$LOGS/recv"
stop recv

# --- below the shim: IPsec of the locators, a tunnel of a router on the path --------------------------------------

no_ipsec() {
	for h in A B; do
		ip -n $h xfrm state flush && ip -n $h xfrm policy flush || return 1
	done
}
need "no IPsec" no_ipsec
below() {
	association $A2 $B2 esp 5 enc 'ecb(cipher_null)' '' && policy A out $A2 $B2 140 esp && policy B in $A2 $B2 140 esp
}
need "ESP for Shim6 between the locators" below
capture below core pa2 ip6 proto 50
check "a ping" ping_from A $A1 $B1 -c 2 -i 0.2
# Large segments are cut and encrypted before a device is known.
bg echo ip netns exec B "$HERE/tests/kmod/xfer.py" serve $B1
need "an echo server" wait_for 20 listening B 5000
check "TCP" in_ns A "$HERE/tests/kmod/xfer.py" tcp $A1 $B1 500000
stop echo
sleep 1
stop below
check "... in ESP, Shim6 and all" test "$(captured below "src $A2 and ip6[48] = 58")" -ge 2
need "no IPsec again" no_ipsec
routers() {
	ip -n PA2 -6 tunnel add tun2 mode ip6ip6 local 2001:db8:c:a2::2 remote 2001:db8:c:b2::2 encaplimit none &&
		ip -n PB2 -6 tunnel add tun2 mode ip6ip6 local 2001:db8:c:b2::2 remote 2001:db8:c:a2::2 encaplimit none &&
		ip -n PA2 link set dev tun2 up && ip -n PB2 link set dev tun2 up &&
		ip -n PA2 -6 route add 2001:db8:b2::/64 dev tun2 && ip -n PB2 -6 route add 2001:db8:a2::/64 dev tun2
}
need "routers with a tunnel between them" routers
capture routers core pa2 ip6 proto 41
check "a ping" ping_from A $A1 $B1 -c 2 -i 0.2
sleep 1
stop routers
check "... IPv6, IPv6, Shim6" test "$(captured routers 'ip6[46] = 140 and ip6[80] = 58')" -ge 4
finish
