/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Own Netfilter hooks.
 *
 * Packets out are translated by one behind the mangle table, which would look up the route of a packet again
 * whose addresses a rule has changed, although we know it: there, rules with target SHIM6 only say which packets are
 * to be translated.  It is there while the namespace has contexts.  With dataplane.attach = hooks it takes all
 * packets, and another hook does in LOCAL_IN what a rule would do there.
 *
 * While contexts are tagged, one in PREROUTING finds their routes (shim6_early.h), and one in POSTROUTING is through
 * with connection tracking before NAT is (shim6_track.h).
 */
#ifndef _SHIM6_HOOKS_H
#define _SHIM6_HOOKS_H

#include <linux/types.h>

struct shim6_net;

int shim6_hooks_use(struct shim6_net *sn, bool on);
void shim6_hooks_tagged(struct shim6_net *sn, bool on);
int shim6_hooks_set(struct shim6_net *sn, bool on);
int shim6_conntrack_set(struct shim6_net *sn, bool on);

#endif /* _SHIM6_HOOKS_H */
