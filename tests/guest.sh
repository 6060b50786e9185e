# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by what runs tests in a machine.

idle() { # seconds in which the machine has had nothing to do, on all processors at once
	awk -v cpus="$(nproc)" '{ print int($2 / cpus) }' /proc/uptime
}

# Run in a namespace: a third of the time of ip netns exec, which mounts a /sys of that namespace too. By the path, as
# busybox has programs of the same names. A shell waits for it: what is killed by $! is started by ip netns exec.
in_ns() { # NAMESPACE PROGRAM ARGUMENT...
	in_ns_where=$1 in_ns_program=$(command -v "$2")
	shift 2
	busybox nsenter --net="/run/netns/$in_ns_where" "$in_ns_program" "$@"
}
