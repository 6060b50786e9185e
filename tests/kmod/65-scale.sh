# SPDX-License-Identifier: GPL-2.0-or-later
# Many contexts: none is forgotten by a dump, none is left by a flush, while the tables grow and shrink.  make bench
# has a million.
load_modules
scale=5000
tracing=/sys/kernel/tracing
started() { # how many of our timers
	echo 0 >$tracing/events/timer/timer_start/enable
	grep -c 'function=timer_fires' $tracing/trace
}
watch_timers() {
	echo >$tracing/trace
	echo 1 >$tracing/events/timer/timer_start/enable
}
genl A param max_contexts=1000000

# A context costs a timer while it carries packets, and none otherwise.
if [ -z "${SHIM6_DEBUG_KERNEL:-}" ]; then	# that one cannot trace
	mount -t tracefs tracefs $tracing 2>/dev/null
	watch_timers
	check "$scale contexts" A python3 -IS tests/kmod/torture.py fill $scale $A1
	check "... start no timer" equal "$(started)" 0
	rules
	contexts
	watch_timers
	check "one of them is used" A ping -q -c 5 -i 0.2 -W 5 -I $A1 $B1
	n=$(started)
	check "... its timer is started" above "$n" 0
	check "... and no other" above 20 "$n"
	no_rules
	genl A flush
	genl B flush
fi
for n in first second; do
	check "$scale contexts, $n time" A python3 -IS tests/kmod/torture.py fill $scale $A1
	check "$scale contexts, $n time: all are there" says "contexts=$scale" genl A info
	check "$scale contexts, $n time: a dump has each" equal "$(genl A dump | cut -d' ' -f1 | sort -u | wc -l)" $scale
	check "$scale contexts, $n time: flush" genl A flush
	check "$scale contexts, $n time: none is left" equal "$(genl A dump | wc -l)" 0
done
check "$scale contexts: the count agrees" says " contexts=0" genl A info
