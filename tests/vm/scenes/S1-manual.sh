# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# The test of the OpenHIP manual: ssh between ULIDs, a blocked direction, and the same session goes on.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
# Without checksum offload the capture shows the checksums that go out.
for h in A B; do
	for i in 1 2; do
		in_ns $h ethtool -K up$i tx off >/dev/null
	done
done
need "daemons on A" start_daemons A
need "daemons on B" start_daemons B
capture first PA1 host "ip6 and not icmp6"
need "ssh session" start_ssh_session ssh
need "a context on A" wait_for 40 context_is A ESTABLISHED ulid_local=$A1 ulid_peer=$B1
need "a context on B" wait_for 20 context_is B ESTABLISHED ulid_local=$B1 ulid_peer=$A1
check "one context each" test "$(contexts A):$(contexts B)" = 1:1
check "tags agree" test "$(context A ct_peer):$(context A ct_local)" = "$(context B ct_local):$(context B ct_peer)"
check "it names both locators of each side" context_is A ESTABLISHED ls_local=$A1,$A2 ls_peer=$B1,$B2
check "it began after 45 packets" test "$("$JUDGE" before "$LOGS/first.pcap")" -ge 45
tag_a=$(context A ct_peer) tag_b=$(context B ct_peer)
wait_for 5 alive ssh.echo
stop first
check "no extension header while the ULIDs work" test "$("$JUDGE" count "$LOGS/first.pcap" payload)" = 0
check "no probe while both talk" test "$("$JUDGE" count "$LOGS/first.pcap" 67)" = 0

capture up1 PA1 host
capture up2 PA2 host
in_ns A ip6tables -I OUTPUT --dst $B1 -j DROP
check "the session stalls" wait_for 10 not alive ssh.echo
# Too short a time to be seen in a dump: a pair is found within the second. Whose last packet was unanswered is chance.
check "reapd explores after the Send Timeout" wait_for 40 grep -q "exploration begins: send timeout" "$LOGS/A.reapd.log" \
	"$LOGS/B.reapd.log"
check "A sends to B's other locator" wait_for 30 pair_is A "*>$B2"
check "the same session answers again" wait_for 20 alive ssh.echo
check "both ends are operational" wait_for 20 settled
src=$(context A loc_local)
sleep 1		# packets for the judge, not a wait for anything
stop up1; stop up2
in_ns A ip6tables -D OUTPUT --dst $B1 -j DROP
[ $src = $A1 ] && wire=up1 || wire=up2
check "probes were sent" test "$("$JUDGE" count "$LOGS/$wire.pcap" 67 $src)" -gt 0
check "shimmed packets: locators, the peer's tag, the ULIDs' checksum" \
	"$JUDGE" payload "$LOGS/$wire.pcap" --src $src --dst $B2 --tag $tag_a --ulids $A1 $B1 --least 5
check "the judge is not blind: another tag fails" \
	not "$JUDGE" payload "$LOGS/$wire.pcap" --src $src --dst $B2 --tag $tag_b --ulids $A1 $B1
check "the session has lived all the time" running ssh
check "A's rules count shimmed packets" sh -c "ip netns exec A ip6tables -t mangle -L SHIM6_OUT -v -n | grep -q 'SHIM6'"
finish
