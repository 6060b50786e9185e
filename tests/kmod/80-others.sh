# SPDX-License-Identifier: GPL-2.0-or-later
# Beside what else people have in their packet filters: nothing of theirs is touched, and sessions go on.
load_modules

others_row() { # TITLE
	zero
	check "$1: ping" A ping -q -c 2 -i 0.1 -W 2 -I $A1 $B1
	check "$1: TCP" A timeout 60 $XFER tcp $A1 $B1 1000000
	check "$1: all of it is tagged" all_tagged
}

# A ruleset in native nftables, stateful and strict, with our own hooks: saved and loaded, it is the same.
for ns in A B; do
	genl $ns param hooks=1 conntrack=1
	check "nftables: a strict ruleset on $ns" in_ns $ns nft -f - <<-END
		table inet guard {
			chain input {
				type filter hook input priority filter; policy drop;
				iif lo accept
				ct state established,related accept
				meta l4proto 140 accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert, packet-too-big } accept
				ip6 saddr $A1 ip6 daddr $B1 accept
			}
			chain marking {
				type route hook output priority mangle; policy accept;
				meta mark set 0x7
			}
		}
	END
done
contexts
switch
others_row "nftables beside the hooks"
A nft list ruleset >"$tmp/ruleset"
A nft flush ruleset
check "nftables: what is saved is the whole of it" \
	equal "$(grep -cE 'policy drop|route hook output|ct state established|meta mark set' "$tmp/ruleset")" 4
check "nftables: a saved ruleset loads" A nft -f "$tmp/ruleset"
A nft list ruleset >"$tmp/ruleset2"
check "nftables: and is the same" cmp "$tmp/ruleset" "$tmp/ruleset2"
others_row "nftables loaded again"
for ns in A B; do
	in_ns $ns nft flush ruleset
	genl $ns param hooks=0
done

# The rest with rules, of both kinds of ip6tables at once.
rules
A ip6tables-legacy -A INPUT -p 140 -j ACCEPT
A ip6tables-legacy -t mangle -A OUTPUT -j MARK --set-mark 9
others_row "ip6tables of the other kind beside it"
A ip6tables-legacy -F
A ip6tables-legacy -t mangle -F

# Rules behind the shim's. In mangle they see the ULIDs and may queue, mark and drop; behind mangle there are locators.
hits() { # TABLE TARGET: packets that its rule in A's OUTPUT has counted
	A $IPT -t "$1" -L OUTPUT -v -n -x | awk -v target="$2" '$3 == target { print $1 }'
}
A $IPT -t mangle -A OUTPUT -s $A1 -d $B1 -j MARK --set-mark 9
A $IPT -t mangle -A OUTPUT -s $A1 -d $B1 -j NFQUEUE --queue-num 9
A $IPT -A OUTPUT -p 140 -s $A2 -d $B2 -j ACCEPT
A python3 -IS tests/kmod/queue.py 9 >"$tmp/queue" &
queue=$!
soon grep -q ready "$tmp/queue"
others_row "rules behind"
check "rules behind: mangle sees the ULIDs" test "$(hits mangle MARK)" -gt 0
check "rules behind: what was queued is translated when it comes back" test "$(hits mangle NFQUEUE)" -gt 0
check "rules behind: filter sees the locators" test "$(hits filter ACCEPT)" -gt 0
# Large segments are cut for who wants to see packets, before a device is known.
A $IPT -t mangle -D OUTPUT 3
A $IPT -R OUTPUT 1 -p 140 -s $A2 -d $B2 -j NFQUEUE --queue-num 9
others_row "a queue behind the shim"
check "a queue behind the shim: it saw them" test "$(hits filter NFQUEUE)" -gt 0
A $IPT -F OUTPUT
kill $queue
A $IPT -t mangle -A OUTPUT -s $A1 -d $B1 -j DROP
before=$(stat A out_tagged)
check "rules behind: dropped" sh -c "! ip netns exec A ping -q -c 2 -i 0.1 -W 1 -I $A1 $B1"
check "rules behind: what is dropped was not translated" equal "$(stat A out_tagged)" "$before"
A $IPT -F OUTPUT
no_rules
rules

# Policy routing: the locator's uplink is chosen by a mark, and by it alone.
ip -6 -n A rule del from 2001:db8:a2::/64 table 2
ip -6 -n A rule add fwmark 9 table 2
A $IPT -t mangle -I OUTPUT -j MARK --set-mark 9
R ip6tables-legacy -A FORWARD -i ra1 -p 140	# counts as not tagged
others_row "policy routing by mark"
R ip6tables-legacy -D FORWARD -i ra1 -p 140
ip -6 -n A rule del fwmark 9
ip -6 -n A rule add from 2001:db8:a2::/64 table 2
A $IPT -t mangle -D OUTPUT -j MARK --set-mark 9

# Conntrack zones: the packets between locators in one of their own.
for ns in A B; do
	in_ns $ns $IPT -t raw -A PREROUTING -p 140 -j CT --zone 5
	in_ns $ns $IPT -A INPUT -m conntrack --ctstate INVALID -j DROP
done
others_row "conntrack zones"
for ns in A B; do
	in_ns $ns $IPT -t raw -F
	in_ns $ns $IPT -F
done

# NAT66 elsewhere in the ruleset.
A $IPT -t nat -A POSTROUTING -s 2001:db8:77::/64 -j SNAT --to-source $A1
B $IPT -t nat -A PREROUTING -p tcp -d 2001:db8:77::1 -j DNAT --to-destination $B1
ip -n A addr add 2001:db8:77::5/128 dev lo nodad
others_row "NAT66 of others"
check "NAT66 of others: theirs is translated" A timeout 60 $XFER tcp 2001:db8:77::5 $B2 100000
check "NAT66 of others: connection tracking has it" says "src=2001:db8:77::5.*dst=$A1" A conntrack -L -f ipv6 -p tcp
A $IPT -t nat -F
B $IPT -t nat -F

# NAT of what the sessions themselves are: it is done to what is inside.  They begin on the ULIDs, as sessions do.
nat_row() { # TITLE PORT
	switch_back
	export XFER_PORT=$2
	hold_open
	unset XFER_PORT
	check "$1: a session on the ULIDs" hold_use 1000
	switch
	zero
	check "$1: it goes on" hold_use 100000
	check "$1: all of it is tagged" all_tagged
	switch_back
	check "$1: and back on the ULIDs" hold_use 100000
	hold_close
}
for dev in a1 a2; do
	A $IPT -t nat -A POSTROUTING -o $dev -j MASQUERADE
done
nat_row "MASQUERADE on the uplinks" 5000
switch
others_row "MASQUERADE on the uplinks, new sessions"
A $IPT -t nat -F
A $IPT -t nat -A POSTROUTING -p tcp -d $B1 -j SNAT --to-source [$A1]:7000-7099
nat_row "SNAT to another port" 5000
check "SNAT to another port: connection tracking has it" says "dport=70[0-9][0-9] " A conntrack -L -f ipv6 -p tcp
A $IPT -t nat -F
A $IPT -t nat -A OUTPUT -p tcp -d $B1 --dport 5001 -j DNAT --to-destination [$B1]:5000
nat_row "DNAT of what goes out" 5001
switch
export XFER_PORT=5001
others_row "DNAT of what goes out, new sessions"
A $IPT -t nat -A OUTPUT -p udp -d $B1 --dport 5001 -j DNAT --to-destination [$B1]:5000
zero
check "DNAT of what goes out, datagrams that need pieces" A $XFER udp $A1 $B1 3000
check "DNAT of what goes out, datagrams that need pieces: all of it is tagged" all_tagged
unset XFER_PORT
A $IPT -t nat -F
B $IPT -t nat -A PREROUTING -p tcp --dport 5002 -j DNAT --to-destination [$B1]:5000
nat_row "DNAT of what comes in" 5002
B $IPT -t nat -F
# NAT that gives another address: the peer knows that session by it, so it is none of the context's.
ip -n A addr add 2001:db8:a1::77/64 dev a1 nodad
A $IPT -t nat -A POSTROUTING -p tcp -d $B1 -j SNAT --to-source 2001:db8:a1::77
switch_back
hold_open
switch
before=$(stat A out_natted)
check "SNAT to another address: the session is left alone" hold_use 1000
check "SNAT to another address: counted" above "$(stat A out_natted)" "$before"
hold_close
A $IPT -t nat -F
ip -n A addr del 2001:db8:a1::77/64 dev a1

# Sequence numbers that connection tracking changes: B's service is behind SYNPROXY.  (With --timestamp it would look into
# the packets that leave itself.)
B $IPT -t raw -A PREROUTING -p tcp --dport 5000 --syn -j CT --notrack
B $IPT -A INPUT -p tcp --dport 5000 -m conntrack --ctstate INVALID,UNTRACKED \
	-j SYNPROXY --sack-perm --wscale 7 --mss 1440
B $IPT -A INPUT -p tcp -m conntrack --ctstate INVALID -j DROP
B sysctl -qw net.netfilter.nf_conntrack_tcp_loose=0
nat_row "SYNPROXY" 5000
B sysctl -qw net.netfilter.nf_conntrack_tcp_loose=1
B $IPT -t raw -F
B $IPT -F

# Helpers: FTP behind a firewall that lets nothing else out or in; it has to read what comes in, and what goes out.
modprobe -q nf_conntrack_ftp
A $IPT -t raw -A OUTPUT -p tcp --dport 21 -j CT --helper ftp
A $IPT -A OUTPUT -p tcp -m conntrack --ctstate NEW ! --dport 21 -j DROP
A $IPT -A INPUT -p tcp -m conntrack --ctstate NEW -j DROP
check "helpers: the firewall is no decoration" fails A timeout 5 $XFER tcp $A1 $B1 1000
ftp_rows() { # TITLE
	for mode in passive active; do
		switch_back
		: >"$tmp/ftpd"
		rm -f "$tmp/go"
		B $XFER ftpd $B1 >"$tmp/ftpd" 2>&1 &
		soon grep -q serving "$tmp/ftpd"
		A timeout 60 $XFER ftp $A1 $B1 "$tmp/go" $mode >"$tmp/ftp" 2>&1 &
		ftp=$!
		soon grep -q open "$tmp/ftp"
		switch
		: >"$tmp/go"
		wait $ftp
		check "helpers${1:-}: a shimmed $mode FTP session announces a connection, which passes" equal $? 0
	done
}
ftp_rows
# NAT has them write into what is said, which takes another checksum. Without NAT to another port it would not.
modprobe -q nf_nat_ftp
A $IPT -t nat -A POSTROUTING -p tcp -d $B1 -j SNAT --to-source [$A1]:7000-7099
ftp_rows " and NAT"
if sums_nothing; then
	ftp_rows " and NAT, a device that sums nothing"
	sums_as_ever
fi
A $IPT -t nat -F
A $IPT -t raw -F
A $IPT -F
no_rules

# All of a host in a VRF, with its own rules for what leaves by which uplink.
ip -n A link add shop type vrf table 10
ip -n A link set shop up
for d in a1 a2; do
	ip -n A link set $d master shop
	ip -n A addr add 2001:db8:$d::1/64 dev $d nodad 2>/dev/null	# the kernel takes it away with its routes
	ip -6 -n A route add default via 2001:db8:$d::ff dev $d table ${d#a}
done
rules
vrf_row() { # TITLE
	zero
	check "VRF, $1: ping" A ping -q -c 2 -i 0.1 -W 2 -I shop -I $A1 $B1
	check "VRF, $1: TCP" A env XFER_DEVICE=shop timeout 60 $XFER tcp $A1 $B1 1000000
	check "VRF, $1: UDP" A env XFER_DEVICE=shop timeout 60 $XFER udp $A1 $B1 3000
	check "VRF, $1: all of it is tagged" all_tagged
}
vrf_row "rules"
for ns in A B; do
	in_ns $ns $IPT -t mangle -F
	genl $ns param hooks=1
done
vrf_row "own hooks"
for ns in A B; do
	genl $ns param hooks=0
done
no_rules
flush
genl A param conntrack=0
genl B param conntrack=0
