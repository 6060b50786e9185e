# SPDX-License-Identifier: GPL-2.0-or-later
# A stateful firewall behind the shim sees the flow of the ULIDs.

firewall() { # of A, which opens the sessions
	A nft -f - <<-END
		table ip6 fw {
			chain in {
				type filter hook input priority 0; policy drop;
				ct state established,related counter accept
				icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
				counter
			}
		}
	END
}

rules
contexts
firewall
traffic "firewall, locators are the ULIDs"
switch
traffic "firewall, other locators"
hold_open
check "firewall: open session" hold_use 100000
mtu 1500 1400
check "firewall: Packet Too Big about a tagged packet is related to its flow" hold_use 1000000
check "firewall: it was translated" above "$(stat A icmp_too_big)" 0
mtu 1500 1500
check "connection tracking has the flow of the ULIDs" says "src=$A1 dst=$B1" A conntrack -L -f ipv6 -p tcp
check "connection tracking has no flow of protocol 140" fails says "unknown  *140" A conntrack -L -f ipv6
hold_close
A nft delete table ip6 fw
flush
no_rules

# The module's own hooks instead of rules.
for ns in A B; do
	genl $ns param hooks=1
done
check "own hooks: on" says "hooks=1" genl A info
contexts
switch
zero
traffic "own hooks"
check "own hooks: all of it is tagged" all_tagged
for ns in A B; do
	genl $ns param hooks=0
done
flush
