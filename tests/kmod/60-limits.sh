# SPDX-License-Identifier: GPL-2.0-or-later
# What is refused, and what happens when things go away.

chmod 755 "$tmp"
cp tests/kmod/genl.py include/uapi/shim6_nl.h "$tmp"	# the tree may be closed to others
check "an unprivileged user is refused" says "not permitted" ip netns exec A \
	setpriv --reuid 65534 --regid 65534 --clear-groups \
	env SHIM6_NL_H="$tmp/shim6_nl.h" python3 "$tmp/genl.py" info
check "a namespace without contexts has none of ours" equal "$(genl R dump)" ""
contexts
check "tag taken" says "File exists" genl A add ct_local=$TAG_A ct_peer=1 ulid_local=$A1 ulid_peer=2001:db8::9 \
	loc_local=$A1 loc_peer=2001:db8::9
check "ULID pair taken" says "File exists" genl A add ct_local=7 ct_peer=1 ulid_local=$A1 ulid_peer=$B1 \
	loc_local=$A1 loc_peer=$B1
check "the same pair with another instance" genl A add ct_local=7 ct_peer=1 ulid_local=$A1 ulid_peer=$B1 \
	loc_local=$A1 loc_peer=$B1 fii=5
check "it is found by its instance" says "fii=5" genl A get $A1 $B1 5
for bad in "ulid_peer=ff02::1" "ulid_peer=fe80::1" "ulid_peer=::1" "ulid_peer=::" "loc_peer=::ffff:192.0.2.1"; do
	check "refused: $bad" fails genl A add ct_local=8 ct_peer=1 ulid_local=$A1 ulid_peer=2001:db8::9 loc_local=$A1 \
		loc_peer=2001:db8::9 "$bad"
done
for bad in ct_peer=0x800000000000 send_timeout=0 ka_interval=0 flags=32; do
	check "refused: $bad" fails genl A add ct_local=8 ct_peer=1 ulid_local=$A1 ulid_peer=2001:db8::9 loc_local=$A1 \
		loc_peer=2001:db8::9 $bad
done
check "one locator alone is refused" fails genl A set ct_local=$TAG_A loc_local=$A2
check "and nothing has changed" says "loc_local=$A1" genl A get $TAG_A
check "unknown context" says "No such file" genl A set ct_local=99 flags=0
genl A param max_contexts=102
check "a full table refuses politely" says "table is full" genl A many 200 1000
check "and keeps what it has" says "contexts=102 max_contexts=102" genl A info
check "a dump of all" equal "$(genl A dump | wc -l)" 102
check "statistics have a sentence each" says "stat_name=ctx_refused_full stat_value=1 stat_text=\"Contexts" genl A stats
genl A events reap 20 1 >"$tmp/ev.a" 2>&1 &
a=$!
soon grep -q listening "$tmp/ev.a"
genl A flush
wait $a
check "FLUSH by somebody is told" says "ev_ctx_dead" cat "$tmp/ev.a"
check "FLUSH leaves none" says "contexts=0" genl A info
genl A param max_contexts=1000000

rules
check "a module in use by a rule stays" fails rmmod ip6t_shim6_data
check "the contexts stay with it" fails rmmod shim6
no_rules

# A namespace dies with contexts, armed timers and hooks.
ip netns add gone
genl gone many 300
genl gone add ct_local=5000 ct_peer=1 ulid_local=2001:db8:9::1 ulid_peer=2001:db8:9::2 loc_local=2001:db8:9::1 \
	loc_peer=2001:db8:9::2 send_timeout=100
genl gone set ct_local=5000 reap_ops=8
genl gone param hooks=1
ip netns del gone
sleep 1

# The module goes with contexts and hooks.
if can_unload; then
	genl A many 300
	genl A set ct_local=5 reap_ops=8
	genl A param hooks=1
	genl A events control 20 1 >"$tmp/ev.a" 2>&1 &
	a=$!
	soon grep -q listening "$tmp/ev.a"
	check "the modules unload with contexts" unload_modules
	wait $a
	check "and say that contexts die" says "ev_ctx_dead" cat "$tmp/ev.a"
	check "and load again" load_modules
	check "and are empty" says "contexts=0" genl A info
	unload_modules
fi
