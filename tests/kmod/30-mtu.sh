# SPDX-License-Identifier: GPL-2.0-or-later
# 8 octets more, on all kinds of paths: nothing may be lost.

rules
contexts

hold_open
check "MTU 1280: open session before" hold_use 100000
mtu 1280 1280
switch
check "MTU 1280: open session after the switch" hold_use 1000000
traffic "MTU 1280"
check "MTU 1280: cut above the shim (Q25)" above "$(stat A out_fragmented)" 0
hold_close

# The narrow link is behind the router, which says Packet Too Big about the locators.
mtu 1500 1400
hold_open
check "MTU 1400 behind the router: open session" hold_use 1000000
traffic "MTU 1400 behind the router"
check "MTU 1400 behind the router: its Packet Too Big was translated" above "$(stat A icmp_too_big)" 0
hold_close
mtu 1500 1500

# Large segments.
A ethtool -K a2 tso off gso off >/dev/null 2>&1
B ethtool -K b2 tso off gso off >/dev/null 2>&1
traffic "no GSO on the device"
A ethtool -K a2 tso on gso on >/dev/null 2>&1
B ethtool -K b2 tso on gso on >/dev/null 2>&1
traffic "large segments left to the device"
echo 2 >/sys/module/shim6/parameters/soft_gso
segmented=$(stat A out_segmented)
traffic "large segments cut by the shim"
check "large segments cut by the shim: indeed" above "$(stat A out_segmented)" "$segmented"
echo 1 >/sys/module/shim6/parameters/soft_gso
ip -n A link set a1 gso_max_size 150000 2>/dev/null
check "BIG TCP" A $XFER tcp $A1 $B1 4000000
ip -n A link set a1 gso_max_size 65536 2>/dev/null
for ns in A R B; do
	for dev in a1 a2 b1 b2 ra1 ra2 rb1 rb2; do
		in_ns $ns ethtool -K $dev gro on >/dev/null 2>&1
	done
done
traffic "GRO"
flush
no_rules
