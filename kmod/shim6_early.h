/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Routes of tagged packets that come in, so that they need not be looked up again.  The kernel does the same for
 * packets of a socket (early demultiplexing), which it cannot find by locators.
 */
#ifndef _SHIM6_EARLY_H
#define _SHIM6_EARLY_H

struct shim6_net;
struct sk_buff;

void shim6_early_get(struct shim6_net *sn, struct sk_buff *skb);
void shim6_early_keep(struct shim6_net *sn, const struct sk_buff *skb);
void shim6_early_drop(struct shim6_net *sn);

#endif /* _SHIM6_EARLY_H */
