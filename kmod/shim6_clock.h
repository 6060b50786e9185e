/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The REAP clock of a context: packets leave time stamps, and a timer reports when one has become too old.
 *
 *	timer			started by			stopped by		when it runs out
 *	Send Timer		packet out			packet in		EV_SEND_TIMEOUT
 *	Keepalive Timer		packet in (Operational)		packet out		EV_KEEPALIVE_DUE, expired
 *	Keepalive Interval	with the Keepalive Timer	with it			EV_KEEPALIVE_DUE, goes on
 *
 * Send and Keepalive Timer never run together (RFC 5534, 4.1), so one word says which one runs and since when.
 * Neither is started again while it runs (6.1, 6.2; Q46).  Mode InboundOk has the Send Timer only, Exploring none.
 * After the Keepalive Timer ran out, the next packet in starts it anew (Q47).
 */
#ifndef _SHIM6_CLOCK_H
#define _SHIM6_CLOCK_H

#include <linux/types.h>

struct shim6_ctx;

void shim6_clock_arm(struct shim6_ctx *ctx, u32 delay);
void shim6_clock_init(struct shim6_ctx *ctx);
void shim6_clock_tx(struct shim6_ctx *ctx);
void shim6_clock_rx(struct shim6_ctx *ctx);
void shim6_clock_set_mode(struct shim6_ctx *ctx, u8 mode);
void shim6_clock_ops(struct shim6_ctx *ctx, u32 ops);
void shim6_clock_retime(struct shim6_ctx *ctx);
u32 shim6_clock_age(u32 stamp);

#endif /* _SHIM6_CLOCK_H */
