/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences between kernels, so that no other file needs an #if.  Built for 6.1 and later; anything older is refused
 * here.  The SHIM6_HAVE_ macros come from Kbuild, which looks into the headers: distributions backport, so a version
 * says little.
 */
#ifndef _SHIM6_COMPAT_H
#define _SHIM6_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "shim6 needs Linux 6.1 or later"
#endif

/* skb_gso_segment() moved out of netdevice.h in 6.5 */
#ifdef SHIM6_HAVE_GSO_H
#include <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#endif /* _SHIM6_COMPAT_H */
