/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Own Netfilter hooks, instead of rules (dataplane.attach = hooks): the same translation at the same places.
 */
#ifndef _SHIM6_HOOKS_H
#define _SHIM6_HOOKS_H

#include <linux/types.h>

struct shim6_net;

int shim6_hooks_set(struct shim6_net *sn, bool on);
int shim6_conntrack_set(struct shim6_net *sn, bool on);

#endif /* _SHIM6_HOOKS_H */
