# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Rules typed by hand, in both spellings, without any daemon: they shim and deshim, are shown in full, are saved and restored.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

TAG_A=0x0a1a2a3a4a5a TAG_B=0x010203040506	# of A's packets to B, and back

need "topology" topology

# The manual's: target shim6_data, underscores.
openhip() {
	in_ns A ip6tables -t mangle -A OUTPUT --src $A1 --dst $B1 -j shim6_data --cid $TAG_A --src_loc $A2 --dst_loc $B2 &&
	in_ns B ip6tables -t mangle -A INPUT -m shim6 --data --mcid $TAG_A -j shim6_data --cid $TAG_A --src_loc $A1 --dst_loc $B1
}
# Ours: target SHIM6, hyphens.
ours() {
	in_ns B ip6tables -t mangle -A OUTPUT --src $B1 --dst $A1 -j SHIM6 --cid $TAG_B --src-loc $B2 --dst-loc $A2 &&
	in_ns A ip6tables -t mangle -A INPUT -m shim6 --data --mcid $TAG_B -j SHIM6 --cid $TAG_B --src-loc $B1 --dst-loc $A1
}
need "rules in the manual's spelling" openhip
need "rules in ours" ours
for h in A B; do
	for i in 1 2; do
		in_ns $h ethtool -K up$i tx off >/dev/null
	done
done
capture wire core pa2
break_provider PA1	# only the other locators work now
check "ping between the ULIDs" wait_for 10 ping_from A $A1 $B1
start_sshd B
check "ssh between the ULIDs" test "$(ssh_from A $A1 $B1 echo hello)" = hello
start_iperf3 B
check "iperf3, A to B" in_ns A iperf3 -c $B1 -B $A1 -n 4M
check "iperf3, B to A" in_ns A iperf3 -c $B1 -B $A1 -n 4M -R
check "large datagrams" in_ns A ping -6 -q -c 3 -i 0.3 -s 3000 -I $A1 $B1
stop wire
check "on the wire: A's locators, tag, the ULIDs' checksum" sh -c "
	tcpdump -r '$LOGS/wire.pcap' -w '$LOGS/small.pcap' 'ip6 proto 140 and less 300' 2>/dev/null
	tcpdump -r '$LOGS/small.pcap' -w '$LOGS/unfragmented.pcap' 'ip6[40] != 44' 2>/dev/null
	'$JUDGE' payload '$LOGS/unfragmented.pcap' --src $A2 --dst $B2 --tag $TAG_A --ulids $A1 $B1 --least 10"
check "on the wire: B's" \
	"$JUDGE" payload "$LOGS/unfragmented.pcap" --src $B2 --dst $A2 --tag $TAG_B --ulids $B1 $A1 --least 10

in_ns A ip6tables -t mangle -L -v -n >"$LOGS/list.txt"
check "the list shows target, tag and locators in full" grep -Ei "(SHIM6|shim6_data).*$TAG_A.*$A2.*$B2" "$LOGS/list.txt"
check "the list shows the match in full" grep -E "shim6.*data.*$TAG_B" "$LOGS/list.txt"
check "it counts packets" grep -E "^ *[1-9][0-9KMG]* .*$TAG_A" "$LOGS/list.txt"
for h in A B; do
	in_ns $h ip6tables-save -t mangle | grep -v '^#' | sed 's/\[.*\]//' >"$LOGS/$h.saved"
	in_ns $h ip6tables-save -t mangle | in_ns $h ip6tables-restore
	in_ns $h ip6tables-save -t mangle | grep -v '^#' | sed 's/\[.*\]//' >"$LOGS/$h.restored"
	check "$h: save and restore give the same rules" cmp "$LOGS/$h.saved" "$LOGS/$h.restored"
	check "$h: and rules they are" grep -qi -- '-j shim6' "$LOGS/$h.restored"
done
check "restored rules work" ping_from A $A1 $B1
finish
