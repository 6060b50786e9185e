# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced: load the modules of this tree and point ip6tables to its extensions.

load_modules() {
	modprobe -a nf_conntrack nf_defrag_ipv6 nf_nat ip6_tables nft_compat || return 1
	for m in shim6 ip6t_shim6 ip6t_shim6_data; do
		grep -q "^$m " /proc/modules || insmod "${SHIM6_KMOD:-kmod}/$m.ko" || return 1
	done
}

# User mode does not survive a module's second life, whosever it is; tests/debug loads them once.
can_unload() {
	[ -z "${SHIM6_DEBUG_KERNEL:-}" ]
}

unload_modules() {
	rmmod ip6t_shim6_data ip6t_shim6 shim6
}

XTABLES_LIBDIR=$PWD/build/xtables:$(pkg-config --variable=xtlibdir xtables)
export XTABLES_LIBDIR
