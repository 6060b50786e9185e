# SPDX-License-Identifier: GPL-2.0-or-later
# Static rules, in both spellings and with both kinds of ip6tables.

static_openhip() { # the forms of the OpenHIP manual
	A $1 -t mangle -A OUTPUT --src $A1 --dst $B1 -j shim6_data --cid $TAG_B --src_loc $A2 --dst_loc $B2
	A $1 -t mangle -A INPUT -m shim6 --data --mcid $TAG_A -j shim6_data --cid $TAG_A --src_loc $B1 --dst_loc $A1
	B $1 -t mangle -A OUTPUT --src $B1 --dst $A1 -j shim6_data --cid $TAG_A --src_loc $B2 --dst_loc $A2
	B $1 -t mangle -A INPUT -m shim6 --data --mcid $TAG_B -j shim6_data --cid $TAG_B --src_loc $A1 --dst_loc $B1
}

static_ours() {
	A $1 -t mangle -A OUTPUT -s $A1 -d $B1 -j SHIM6 --cid $TAG_B --src-loc $A2 --dst-loc $B2
	A $1 -t mangle -A INPUT -m shim6 --data -j SHIM6 --cid $TAG_A --src-loc $B1 --dst-loc $A1
	B $1 -t mangle -A OUTPUT -s $B1 -d $A1 -j SHIM6 --cid $TAG_A --src-loc $B2 --dst-loc $A2
	B $1 -t mangle -A INPUT -m shim6 --data -j SHIM6 --cid $TAG_B --src-loc $A1 --dst-loc $B1
}

for form in openhip ours; do
	for ipt in ip6tables-nft ip6tables-legacy; do
		static_$form $ipt
		zero
		check "static, $form, $ipt: ping" A ping -q -c 3 -i 0.1 -W 2 -I $A1 $B1
		check "static, $form, $ipt: all of it is tagged" all_tagged
		A $ipt -t mangle -F
		B $ipt -t mangle -F
	done
done

static_ours $IPT
R tcpdump -i ra2 -U -w "$tmp/pcap" ip6 2>"$tmp/tcpdump" &
capture=$!
soon grep -q listening "$tmp/tcpdump"
A ethtool -K a2 tx off >/dev/null 2>&1		# checksums are complete on the wire
traffic "static"
A ethtool -K a2 tx on >/dev/null 2>&1
sleep 0.3
kill $capture
wait $capture
check "static: packets on the wire as RFC 5533, 5.2 has it, checksums of the ULIDs" \
	$XFER wire "$tmp/pcap" $TAG_B $A2 $B2 $A1 $B1
no_rules
