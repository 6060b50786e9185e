#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The kernel modules alone, without daemons: contexts are made by genl.py. Runs in the virtual machine.
# usage: tests/kmod/run.sh [FILE...]	default: all of tests/kmod/[0-9]*.sh, in order
#
#            2001:db8:a1::1 (ULID)                      2001:db8:b1::1 (ULID)
#     +---+ ---------------------- a1 +---+ b1 ---------------------- +---+
#     | A |                           | R |                           | B |
#     +---+ ---------------------- a2 +---+ b2 ---------------------- +---+
#            2001:db8:a2::1 (locator)                   2001:db8:b2::1 (locator)

set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/kmod/load.sh
. tests/guest.sh
. tests/kmod/lib.sh

trap cleanup EXIT
trap 'exit 1' HUP INT TERM
said=$(dmesg | wc -l)	# by the kernel, before
load_modules || { echo "not ok modules load: run make modules first"; echo "0 passed, 1 failed"; exit 1; }
[ $# -gt 0 ] || set -- tests/kmod/[0-9]*.sh
# Each file has hosts of its own: rules, exceptions of path MTU and much else outlive contexts.
for file; do
	begin=$(date +%s) idle=$(idle)
	topology_gone
	topology
	. "./$file"
	echo "    $file: $(($(date +%s) - begin)) s, idle for $(($(idle) - idle)) of them"
done
dmesg | tail -n +$((said + 1)) |
	grep -E 'WARNING|BUG:|INFO:|Oops|leaked|refcount_t:|unregister_netdevice|KASAN|UBSAN|ODEBUG' >"$tmp/dmesg"
check "the kernel has nothing to complain about" sh -c "cat '$tmp/dmesg'; test ! -s '$tmp/dmesg'"
echo "$passed passed, $failed failed"
[ $failed = 0 ]
