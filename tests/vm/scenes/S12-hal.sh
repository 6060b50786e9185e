# SPDX-License-Identifier: GPL-2.0-or-later
# limit: 400
# The platform library on a real kernel: NFQUEUE and connection tracking, in a namespace of its own.

. "${0%/*}/../lib.sh"

probe=$HERE/build/tests/tools/hal_probe
need "the program (make unit-tests)" test -x "$probe"
ip netns add halprobe
ip -n halprobe link set lo up
checks_of ip netns exec halprobe "$probe"
ip netns del halprobe
finish
