/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signs that a pair may have died, long before its Send Timer runs out (RFC 5534, 3.2 and 4.1 allow such knowledge):
 *
 *	TCP sends something again, and no answer asked for that;
 *	packets go out and nothing has come back for longer than answers of late took (mean and four deviations).
 *
 * A sign is reported by EV_HINT, once until something comes in again and at most ten times a second.  Contexts whose
 * hint_min is 0 pay one comparison a packet.
 */
#ifndef _SHIM6_HINT_H
#define _SHIM6_HINT_H

#include <linux/compiler.h>
#include "shim6_ctx.h"

struct sk_buff;

void __shim6_hint_tx(struct shim6_ctx *ctx, const struct sk_buff *skb);
void __shim6_hint_rx(struct shim6_ctx *ctx);
void shim6_hint_timer(struct shim6_ctx *ctx);
void shim6_hint_reset(struct shim6_ctx *ctx);

/*
 * An ICMPv6 error that another pair may cure is about a packet of @ctx.  True: the daemon looks for one, and the upper
 * layer need not know (RFC 5533, 8).
 */
bool shim6_hint_icmp(struct shim6_ctx *ctx);

/* @skb, a packet of @ctx, goes out. */
static inline void shim6_hint_tx(struct shim6_ctx *ctx, const struct sk_buff *skb)
{
	if (READ_ONCE(ctx->hint_min))
		__shim6_hint_tx(ctx, skb);
}

/* Something of @ctx has come in. */
static inline void shim6_hint_rx(struct shim6_ctx *ctx)
{
	if (READ_ONCE(ctx->hint_min))
		__shim6_hint_rx(ctx);
}

#endif /* _SHIM6_HINT_H */
