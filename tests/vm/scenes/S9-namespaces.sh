# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 600
# Network namespaces with daemons of their own do not see each other.

. "${0%/*}/../lib.sh"
. "${0%/*}/../streams.sh"

need "topology" topology
need "daemons on A" start_daemons A
need "daemons on B" start_daemons B
need "daemons in a third namespace" start_daemons core
need "context" debug A "context $A1 $B1"
need "established" wait_for 20 settled
kernel_contexts() { # HOST: what the kernel says, not the daemon
	ctl "$1" --json status | sed -n 's/.*"kernel_contexts": *\([0-9]*\).*/\1/p'
}
check "the kernel has one in A, one in B, none in the third" \
	test "$(kernel_contexts A) $(kernel_contexts B) $(kernel_contexts core)" = "1 1 0"
check "the third daemon sees none" test "$(contexts core)" = 0
check "the same tag means nothing there" not ctl core delete 1
check "rules of one are not in the other" test \
	"$(ip netns exec PA1 ip6tables-save -t mangle 2>/dev/null | grep -c SHIM6)" = 0
stop_daemons core
check "the end of one leaves the others alone" settled
check "... in the kernel too" test "$(kernel_contexts A) $(kernel_contexts B)" = "1 1"
check "... and their rules" sh -c "ip netns exec A ip6tables-save -t mangle | grep -q -- '-j SHIM6'"
check "delete in A leaves B alone" debug A "delete $A1 $B1"
check "A has none" test "$(contexts A) $(kernel_contexts A)" = "0 0"
check "B has one" test "$(contexts B) $(kernel_contexts B)" = "1 1"
check "the module stays while namespaces use it" not modprobe -r ip6t_shim6_data
finish
