# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 300
# Addresses without hand work: made, installed, kept in step with the prefixes, taken back; and the routing for them.

SECURITY=" "			# verify = required, the default
. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

own() { # PREFIX [STATE]: our address in it
	own_address A "$@"
}
there() { # PREFIX [STATE]
	[ -n "$(own "$@")" ]
}
gone() { # PREFIX
	! there "$1"
}
flagged() { # how many addresses of A are marked as ours
	ip -n A -6 addr show | grep -c ' home '
}
none() { [ "$(flagged)" = 0 ]; }
rules() { # how many rules of A are ours
	ip -n A -6 -d rule show | grep -cE '^3200[01]:'
}
rules_are() { [ "$(rules)" = "$1" ]; }
kind() { # ADDRESS
	ctl A addr list | awk -v a="$1" '$1 == a { print $2 }'
}
lifetime() { # ADDRESS: seconds that are left
	ip -n A -6 addr show to "$1" | sed -n 's/.*valid_lft \([0-9]*\)sec.*/\1/p'
}
collisions() { # how many own addresses were made anew so often
	ctl A addr list --json | grep -c "\"collisions\": $1"
}
STATE=/var/lib/shim6-A

need "topology" topology
# Nothing is prepared for A: no routing by source, and duplicate addresses are looked for.
in_ns A sysctl -q -w net.ipv6.conf.up1.accept_dad=1 net.ipv6.conf.up1.dad_transmits=1 \
	net.ipv6.conf.up2.accept_dad=1 net.ipv6.conf.up2.dad_transmits=1 net.ipv6.conf.up2.accept_ra=2
for i in 1 2; do
	ip -n A -6 rule del from 2001:db8:a$i::/64 table 10$i
	ip -n A -6 route flush table 10$i
done
need "daemons on A" start_daemons A -o routing.sources=install
need "daemons on B" start_daemons B

check "a prefix of each provider: an address in each" wait_for 90 there 2001:db8:a1:
check "... both" wait_for 20 there 2001:db8:a2:
one=$(own 2001:db8:a1:) two=$(own 2001:db8:a2:)
check "... a CGA-compatible HBA set" test "$(kind "$one") $(kind "$two")" = "hybrid hybrid"
check "... the key is root's alone" test "$(stat -c %a $STATE/key.pem)" = 600
check "... its text is nowhere in the log" not grep -q 'PRIVATE' "$LOGS/A.shim6d.log"
check "... shim6ctl verifies them" ctl A addr verify "$STATE/$one.pds"
check "... the other one, too" ctl A addr verify "$STATE/$one.pds" "$two"
check "new connections begin with one of them" sh -c "ip -n A -6 route get $B1 | grep -q 'src $one'"
check "each prefix leaves by its own uplink" rules_are 2
check "... from the first" ping_from A "$one" $B1
check "... from the second" ping_from A "$two" $B1
check "what is on the link stays there" sh -c "ip -n A -6 route get 2001:db8:a1::77 from $two | grep -q 'dev up1'"

# --- a session whose locators are all proven ----------------------------------------------------------------------------

need "both hosts have such addresses" use_own_addresses
need "an ssh session between them" start_ssh_session ssh
need "... has a context" wait_for 60 context_is A ESTABLISHED "ulid_local=$A1" "ulid_peer=$B1"
announced() {
	case $(context "$1" "$2") in *"$3"*) ;; *) debug "$1" dump; return 1 ;; esac
}
check "A announced its other address" wait_for 20 announced B ls_peer "$A2"
check "B announced its other address" wait_for 20 announced A ls_peer "$B2"
before=$(pair A)
break_provider PA1
check "provider 1 dies: another pair" wait_for 60 not pair_is A "$before"
check "... the session goes on" wait_for 60 alive ssh.echo
heal_provider PA1
check "... and ends well" stop ssh
stop_daemons B

# --- restart -----------------------------------------------------------------------------------------------------------

same() { # addresses, as at first
	[ "$(own 2001:db8:a1:) $(own 2001:db8:a2:)" = "$one $two" ]
}
check "shim6d ends" stop A.shim6d
check "... its addresses stay" test "$(flagged)" = 2
check "... its rules do not" rules_are 0
need "shim6d again" start_daemon shim6d A -o routing.sources=install
need "... it answers" wait_for 20 ctl A status
check "... with the same addresses" wait_for 20 same
check "... and the rules" wait_for 20 rules_are 2

# --- prefixes come and go ----------------------------------------------------------------------------------------------

ip -n A addr del 2001:db8:a2::a/64 dev up2
check "a prefix goes: the address, too" wait_for 20 gone 2001:db8:a2:
check "... and its routing" wait_for 20 not sh -c 'ip -n A -6 rule show | grep -q "from 2001:db8:a2::/64"'
ip -n A addr add 2001:db8:a2::a/64 dev up2
check "... it comes back: the same address" wait_for 20 same
in_ns PA2 "$HERE/tests/tools/ra.py" host 2001:db8:a8:: 7300 3600
check "a router advertises another prefix: a CGA in it" wait_for 30 there 2001:db8:a8:
check "... signed, not of the set" test "$(kind "$(own 2001:db8:a8:)")" = cga
limited() {
	lft=$(lifetime "$(own 2001:db8:a8:)")
	[ -n "$lft" ] && [ "$lft" -gt 7000 ] && [ "$lft" -le 7300 ]
}
check "... with the lifetime of the prefix" wait_for 20 limited
in_ns PA2 "$HERE/tests/tools/ra.py" host 2001:db8:a8:: 7300 0
check "... deprecated with it" wait_for 40 there 2001:db8:a8: deprecated

# --- taken back; a collision -------------------------------------------------------------------------------------------

check "shim6ctl addr remove" ctl A addr remove
check "... takes the addresses" wait_for 10 none
check "... and the routing" rules_are 0
check "... and keeps what they were made of" test -s "$STATE/$one.pds" -a -s "$STATE/key.pem"
ip -n PA1 addr add "$one/64" dev host nodad		# somebody else has our address
check "shim6ctl addr install" ctl A addr install
anew() {
	there 2001:db8:a1: && there 2001:db8:a2: && [ "$(collisions 1)" = 2 ]
}
check "a duplicate: the set is made anew" wait_for 30 anew
check "... both addresses are others" test "$(own 2001:db8:a1:)" != "$one" -a "$(own 2001:db8:a2:)" != "$two"
check "... it was said" grep -q 'another host on up1 has this address' "$LOGS/A.shim6d.log"
check "... the other host has no answer of ours" not sh -c "ip -n A -6 addr show | grep -q '$one'"
check "shim6ctl addr remove --forget" ctl A addr remove --forget
check "... leaves nothing" test -z "$(ls "$STATE"/*.pds "$STATE"/key.pem 2>/dev/null)"
check "... not on the interfaces either" wait_for 10 none
stop A.shim6d
finish
