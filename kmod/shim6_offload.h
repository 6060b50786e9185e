/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Segmentation of tagged packets that are longer than the wire takes, and aggregation of those that come in.
 *
 * A large TCP segment gets its header as a small one does and goes on uncut, to another namespace or guest perhaps.
 * It is cut by our part of the stack's segmentation, before the first device that is not just software: hardware would
 * compute each piece's checksum over the addresses that it finds in the IPv6 header, where ours has to be that of the
 * ULIDs, and few devices look behind header 140 at all.  Two marks see to that:
 *
 *	SKB_GSO_DODGY: whoever passes it on asks us first;
 *	skb->encapsulation, with TCP as the inner header: who has to know how long the pieces will be counts all headers
 *	up to TCP's, and devices use what they can do for tunnels.
 */
#ifndef _SHIM6_OFFLOAD_H
#define _SHIM6_OFFLOAD_H

#include <linux/types.h>

struct net_device;
struct shim6_place;
struct shim6_route;
struct sk_buff;

bool shim6_dev_is_hardware(const struct net_device *dev);
bool shim6_dev_must_cut(const struct net_device *dev);
bool shim6_gso_may_pass(const struct sk_buff *skb, const struct shim6_place *pl, const struct shim6_route *r);
int shim6_offload_init(void);
void shim6_offload_exit(void);

#endif /* _SHIM6_OFFLOAD_H */
