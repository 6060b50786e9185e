# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=sh
# Sourced by what runs tests in a machine.

idle() { # seconds in which the machine has had nothing to do, on all processors at once
	awk -v cpus="$(nproc)" '{ print int($2 / cpus) }' /proc/uptime
}
