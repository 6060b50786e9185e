# SPDX-License-Identifier: GPL-2.0-or-later
# Rules that ask the context table.

forget_mtu
rules
zero
check "no context: ping" A ping -q -c 2 -i 0.1 -W 2 -I $A1 $B1
check "no context: untouched" none_tagged
contexts
zero
traffic "locators are the ULIDs"
check "locators are the ULIDs: untouched" none_tagged

# A session that is open while the path changes loses nothing and does not stall.
hold_open
check "open session before the switch" hold_use 1000000
switch
zero
check "open session after the switch" hold_use 1000000
traffic "other locators"
check "other locators: all of it is tagged" all_tagged
switch_back
zero
check "open session back on the ULIDs" hold_use 1000000
check "back on the ULIDs: untouched" none_tagged
check "back on the ULIDs: the MTU is whole again" says "mtu 1500\|^$B1" \
	A sh -c "ip -6 route get $B1 from $A1 | grep -v 'mtu 14' "

# One direction only.
genl A set ct_local=$TAG_A loc_local=$A2 loc_peer=$B1
check "open session with only one end switched, to a mixed pair" hold_use 1000000
switch

# The interface of the ULID goes; the pair is kept routable, as shim6d does.
ip -n A link set a1 down
ip -6 -n A route add $B1 via 2001:db8:a2::ff dev a2
check "open session after its ULID's interface is gone" hold_use 1000000
ip -n A link set a1 up
ip -6 -n A route del $B1 via 2001:db8:a2::ff dev a2
ip -n A addr add $A1/64 dev a1 nodad 2>/dev/null
ip -6 -n A route add default via 2001:db8:a1::ff dev a1 table 1 2>/dev/null
ip -6 -n A route add 2001:db8:a1::/64 dev a1 table 1 2>/dev/null
ip -6 -n A route add default via 2001:db8:a1::ff 2>/dev/null
hold_close
flush
no_rules
