# SPDX-License-Identifier: GPL-2.0-or-later
# Contexts, rules, namespaces and the module itself come and go while packets flow.  What counts is that the kernel has
# nothing to complain about (run.sh looks at the end) and that afterwards all works as before.
load_modules

torture() { # NAMESPACE SECONDS SEED ...
	ns=$1
	shift
	in_ns "$ns" python3 -IS tests/kmod/torture.py "$@"
}
busy() { # packets of all kinds, until busy_end
	A sh -c 'ping -q -f -W 1 -s 1400 -I $1 $2 & ping -q -f -W 1 -s 4000 -I $1 $2 &
		while :; do timeout 20 $XFER tcp $1 $2 4000000; done' - $A1 $B1 >/dev/null 2>&1 &
	busy=$!
}
busy_end() {
	ip netns pids A | xargs kill -9		# all of them, not only the shell above
	wait $busy 2>/dev/null
}
module_used() { # refused: somebody needs it
	fails rmmod "$1" && grep -q "^$1 " /proc/modules
}

seconds=${TORTURE_SECONDS:-5}
rules
busy
torture A change "$seconds" 1 $A1 $B1 $A2 $B2 $TAG_A $TAG_B >"$tmp/torture-a" 2>&1 &
one=$!
torture A change "$seconds" 2 $A1 $B1 $A2 $B2 $TAG_A $TAG_B >"$tmp/torture-a2" 2>&1 &
two=$!
torture B change "$seconds" 3 $B1 $A1 $B2 $A2 $TAG_B $TAG_A >"$tmp/torture-b" 2>&1
three=$?
wait $one
check "torture: A changes contexts under way" equal $? 0
wait $two
check "torture: and a second time in parallel" equal $? 0
check "torture: B changes contexts under way" equal $three 0
busy_end
check "torture: packets were translated meanwhile" above "$(stat A out_tagged)" 0
genl A param hooks=0
genl B param hooks=0
flush
forget_mtu
contexts
switch
traffic "torture: after it"

# Rules keep the modules; contexts and hooks do not.
check "torture: a module that rules use stays" module_used ip6t_shim6_data
check "torture: and what that needs" module_used shim6
no_rules
if can_unload; then
	busy
	genl A param hooks=1
	genl B param hooks=1
	check "torture: the modules leave with contexts and hooks, under traffic" unload_modules
	check "torture: and come back" load_modules
	busy_end
	check "torture: the new ones know no context" equal "$(genl A dump | wc -l)" 0
fi
flush

# A namespace ends with contexts, hooks and packets on their way.
for i in 1 2 3; do
	ip netns add T
	T() { ip netns exec T "$@"; }
	T sysctl -qw net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0
	uplinks T t c
	genl T param hooks=1 conntrack=1
	genl B param hooks=1
	genl T add ct_local=5 ct_peer=6 ulid_local=2001:db8:c1::1 ulid_peer=$B1 loc_local=2001:db8:c2::1 loc_peer=$B2 \
		send_timeout=10
	genl B add ct_local=6 ct_peer=5 ulid_local=$B1 ulid_peer=2001:db8:c1::1 loc_local=$B2 loc_peer=2001:db8:c2::1
	genl T many 100 100
	T ping -q -f -c 1000000 -W 1 -I 2001:db8:c1::1 $B1 >/dev/null 2>&1 &
	pinger=$!
	soon sh -c "test \"\$(ip netns exec T $GENL stats out_tagged)\" -gt 20"
	[ $i != 1 ] || check "torture: the namespace that is to end has traffic" above "$(stat T out_tagged)" 20
	ip netns del T
	[ $i = 2 ] || pkill -f 'ping -q -f -c 1000000'
	genl B flush
	pkill -f 'ping -q -f -c 1000000'
	wait $pinger 2>/dev/null
	ip -n R link del rt1 2>/dev/null
	ip -n R link del rt2 2>/dev/null
done
genl B param hooks=0

# Allocations that fail, where the kernel can be made to (tests/debug).
if [ -e /proc/self/fail-nth ]; then
	dir=/sys/kernel/debug/failslab
	echo N >$dir/ignore-gfp-wait
	check "torture: each allocation of a request fails once" torture A starve 60 $A1 $B1 $A2 $B2
	rules
	contexts
	switch
	echo Y >$dir/ignore-gfp-wait	# packets only, not the programs that send them
	echo 1 >$dir/interval
	echo -1 >$dir/times
	echo N >$dir/task-filter
	echo 0 >$dir/verbose
	echo 2 >$dir/probability
	A ping -q -c 300 -i 0.01 -W 1 -s 1400 -I $A1 $B1 >/dev/null 2>&1
	A ping -q -c 200 -i 0.01 -W 1 -s 3000 -I $A1 $B1 >/dev/null 2>&1
	A timeout 20 $XFER tcp $A1 $B1 1000000 >/dev/null 2>&1
	echo 0 >$dir/probability
	traffic "torture: after want of memory"
	flush
	no_rules
fi
