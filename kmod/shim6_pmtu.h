/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The route over the locators: asked for its MTU and its device before a packet is rewritten, and what upper layers
 * are told about the MTU.
 *
 * An upper layer that sends packets as large as the path allows has to learn that 8 octets are gone (RFC 5533, 8 and
 * 15.4), in terms of its own addresses.  The kernel keeps such facts as exceptions to routes, so we make one for the
 * ULIDs.  It never says less than 1280: below that, packets are cut above the shim instead (Q25).
 */
#ifndef _SHIM6_PMTU_H
#define _SHIM6_PMTU_H

#include <linux/types.h>

struct net;
struct net_device;
struct nf_hook_state;
struct shim6_ctx;
struct shim6_xlat;
struct sk_buff;

/* What is known of a route. */
struct shim6_route {
	u32 mtu;
	u32 headroom;			/* for the device's own header */
	bool plain_checksum;		/* the device can complete any checksum, wherever it stands */
	const struct net_device *dev;
};

bool shim6_route_lookup(const struct sk_buff *skb, const struct nf_hook_state *state, struct shim6_xlat *x,
			struct shim6_route *r);

u32 shim6_pmtu_inner(u32 mtu);
void shim6_pmtu_tell(struct sk_buff *skb, struct shim6_ctx *ctx, u32 mtu);
void shim6_pmtu_announce(struct shim6_ctx *ctx, bool was_tagged);
void shim6_pmtu_forget(struct shim6_ctx *ctx);

#endif /* _SHIM6_PMTU_H */
