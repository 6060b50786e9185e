# SPDX-License-Identifier: GPL-2.0-or-later
# Headers before and behind the Shim6 header, and ICMPv6 errors about tagged packets.

headers() { # TITLE
	B python3 -IS tests/kmod/headers.py listen $B1 10 >"$tmp/headers" 2>&1 &
	listener=$!
	soon grep -q listening "$tmp/headers"
	R python3 -IS tests/kmod/headers.py send $TAG_B $A2 $B2 $A1 $B1
	wait $listener
	for label in plain hopopts dstopts-before dstopts-behind routing all-of-them fragments; do
		check "$1: $label" grep -q "^$label $A1" "$tmp/headers"
	done
	check "$1: nothing that may not arrive" fails grep bad "$tmp/headers"
	check "$1: and it was looked for to the end" grep -q '^end' "$tmp/headers"
}

rules
contexts
switch
bad=$(stat B in_malformed)
headers "headers"
check "headers: a wrong length is counted" above "$(stat B in_malformed)" "$bad"
check "headers: with segments left it is left alone" above "$(stat B in_transit)" 0
B nft -f - <<-END
	table ip6 fw {
		chain in {
			type filter hook input priority 0; policy accept;
			ct state invalid drop
		}
	}
END
headers "headers, tracked"
B nft delete table ip6 fw

# Errors reach the socket of the ULIDs.
unreachable() {
	A python3 - <<-END
		import errno, socket
		s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
		s.bind(("$A1", 0))
		s.connect(("$B1", 9))
		s.settimeout(3)
		s.send(b"x" * 64)
		try:
		    s.recv(1)
		except OSError as e:
		    print(e)
		    raise SystemExit(e.errno != errno.EACCES)
	END
}
R ip6tables-legacy -A FORWARD -p 140 -s $A2 -j REJECT --reject-with icmp6-adm-prohibited
check "an error about a tagged packet reaches the socket of the ULIDs" unreachable
check "it was translated" above "$(stat A icmp_restored)" 0
R ip6tables-legacy -D FORWARD -p 140 -s $A2 -j REJECT --reject-with icmp6-adm-prohibited

# An error has to be one about a packet of ours, and right.
counted() { above "$(stat A "$1")" "$before"; }
complain() { # CASE COUNTER
	before=$(stat A "$2")
	restored=$(stat A icmp_restored)
	R python3 -IS tests/kmod/headers.py icmp $TAG_B $A2 $B2 $A1 $B1 "$1"
	soon counted "$2" || return 1
	[ "$1" = right ] || equal "$(stat A icmp_restored)" "$restored"
}
check "a router's error is translated" complain right icmp_restored
# The kernel refuses what is there already, and that changes nothing.
check "a context cannot be added twice" \
	sh -c "! ip netns exec A $GENL add ct_local=$TAG_A ct_peer=$TAG_B ulid_local=$A1 ulid_peer=$B1 loc_local=$A2 loc_peer=$B2"
check "... and its errors are still known by its locators" complain right icmp_restored
check "an error about a tag that nobody sends is counted, and left as it is" complain tag icmp_unknown
check "an error with a wrong checksum is counted and dropped" complain checksum icmp_malformed
check "an error about a packet that is too short for its tag is counted and dropped" complain length icmp_malformed

# A raw socket may send what it likes.
malformed=$(stat A out_malformed)
long=$(stat A out_too_long)
tagged=$(stat A out_tagged)
A python3 -IS tests/kmod/headers.py lie $TAG_B $A2 $B2 $A1 $B1
check "a packet whose headers cannot be read is counted and left as it is" equal "$(stat A out_malformed)" $((malformed + 1))
check "a packet that says it is too long for 8 octets more is counted and dropped" \
	equal "$(stat A out_too_long)" $((long + 1))
check "neither went out with a tag" equal "$(stat A out_tagged)" "$tagged"

# Nothing can be cut off a fragment, nor off a packet whose headers fill it: 1280 = 40 + 1224 + 16.
mtu 1280 1280
fragments=$(stat A out_refragment)
full=$(stat A out_no_room)
check "packets that fill the path and cannot be cut: the host lives" \
	A timeout 30 python3 -IS tests/kmod/headers.py full $TAG_B $A2 $B2 $A1 $B1 1280
check "a fragment that fills the path is counted and dropped" equal "$(stat A out_refragment)" $((fragments + 1))
check "headers that leave no room for a piece are counted and dropped" equal "$(stat A out_no_room)" $((full + 1))
mtu 1500 1500

# A peer that does not know Shim6 complains about the header; that is nothing for the upper layer.
B $IPT -t mangle -F INPUT
A ping -q -c 1 -W 1 -I $A1 $B1 >/dev/null
check "an error about the Shim6 header stays with the shim" above "$(stat A icmp_about_shim)" 0
flush
no_rules
