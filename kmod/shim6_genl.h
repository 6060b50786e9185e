/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic netlink, see include/uapi/shim6_nl.h.  The shim6_ev_ functions multicast an event; any context, no lock
 * needed, and nothing happens if nobody listens.
 */
#ifndef _SHIM6_GENL_H
#define _SHIM6_GENL_H

#include <linux/types.h>

struct in6_addr;
struct shim6_ctx;
struct shim6_net;

/* Groups, as a set for shim6_ev_activity(). */
#define SHIM6_EV_CTL	(1u << 0)
#define SHIM6_EV_REAP	(1u << 1)

int shim6_genl_init(void);
void shim6_genl_exit(void);

bool shim6_ev_heard(struct shim6_net *sn, unsigned int groups);
void shim6_ev_send_timeout(struct shim6_ctx *ctx);
void shim6_ev_keepalive_due(struct shim6_ctx *ctx, bool expired);
void shim6_ev_hint(struct shim6_ctx *ctx, u8 why, u32 gap);
void shim6_ev_activity(struct shim6_ctx *ctx, unsigned int groups);
void shim6_ev_ctx_dead(struct shim6_ctx *ctx, u32 portid);
void shim6_ev_unknown_tag(struct shim6_net *sn, u64 tag, const struct in6_addr *src, const struct in6_addr *dst,
			  u32 ifindex);

#endif /* _SHIM6_GENL_H */
