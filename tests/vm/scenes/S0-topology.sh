# SPDX-License-Identifier: GPL-2.0-or-later
# The ground that all other scenes stand on: paths, ingress filters, silent loss. No shim6 in it.

. "${0%/*}/../lib.sh"

need "namespaces, links and routes" topology

for a in $A1 $A2; do
	for b in $B1 $B2; do
		check "ping $a -> $b" wait_for 5 ping_from A $a $b
	done
done

ip -n A -6 rule add from $A1 table 102 priority 10
check "a provider drops what is not from its prefix" not ping_from A $A1 $B1
check "... and counts it" sh -c "ip netns exec PA2 nft list table ip6 provider | grep -q 'packets [1-9].*ingress filter'"
ip -n A -6 rule del from $A1 table 102 priority 10

break_provider PA1
check "provider 1 dead: nothing passes" not ping_from A $A1 $B1
check "provider 1 dead: the other does" ping_from A $A2 $B1
check "provider 1 dead: its router still answers" ping_from A $A1 2001:db8:a1::1
heal_provider PA1
check "provider 1 back" ping_from A $A1 $B1

break_pair $A1 $B2
check "one pair dead" not ping_from A $A1 $B2
check "one pair dead: the others are not" ping_from A $A1 $B1
heal_pairs

start_sshd B
check "ssh" test "$(ssh_from A $A1 $B1 echo hello)" = hello
start_iperf3 B
check "iperf3" in_ns A iperf3 -c $B1 -B $A1 -n 2M
capture wire PB1 host 'tcp port 5201'
in_ns A iperf3 -c $B1 -B $A1 -n 1M >/dev/null
stop wire
check "tcpdump sees it" test "$(captured wire)" -gt 10

ip -n A link set up1 down
check "uplink 1 down: its address is gone" not sh -c "ip -n A -6 addr | grep -q $A1"
check "uplink 1 down: the other works" ping_from A $A2 $B1
host_routes A a 1
check "uplink 1 up again" wait_for 5 ping_from A $A1 $B1

finish
