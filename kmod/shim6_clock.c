// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_clock.h. */
#include <linux/jiffies.h>
#include <linux/timer.h>
#include <shim6_nl.h>
#include <shim6_wire.h>
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_genl.h"
#include "shim6_hint.h"
#include "shim6_kick.h"

/* shim6_ctx.clock: which timer runs, and the low 30 bits of jiffies when it was started; 0 if none does. */
#define CLOCK_SEND	(1u << 30)
#define CLOCK_KA	(2u << 30)
#define CLOCK_KIND	(3u << 30)
#define CLOCK_SINCE	(~CLOCK_KIND)

static u32 now32(void)
{
	return (u32)jiffies;
}

/*
 * The only place that arms the timer.  A dead context's stays off; one that is due earlier stays as it is.  The kernel
 * is late by up to an eighth with what is far away: 2 s with 17.  So the timer fires early and is armed for the rest.
 */
void shim6_clock_arm(struct shim6_ctx *ctx, u32 delay)
{
	if (delay >= 64)
		delay -= delay / 8;
	if (!test_bit(SHIM6_B_DEAD, &ctx->flags))
		timer_reduce(&ctx->timer, jiffies + delay);
}

static u32 first_keepalive(const struct shim6_ctx *ctx)
{
	return min(READ_ONCE(ctx->ka_interval), READ_ONCE(ctx->ka_timeout));
}

static void start(struct shim6_ctx *ctx, u32 which)
{
	WRITE_ONCE(ctx->clock, which | (now32() & CLOCK_SINCE));
	smp_mb();	/* with timer_fires(): it sees this clock, or we see that its timer is no longer pending */
	if (which == CLOCK_KA)
		WRITE_ONCE(ctx->ka_sent, 0);
	shim6_clock_arm(ctx, which == CLOCK_SEND ? READ_ONCE(ctx->send_timeout) : first_keepalive(ctx));
}

static u32 kind(const struct shim6_ctx *ctx)
{
	return READ_ONCE(ctx->clock) & CLOCK_KIND;
}

static void stop(struct shim6_ctx *ctx, u32 which)
{
	if (kind(ctx) == which)
		WRITE_ONCE(ctx->clock, 0);
}

/* A cache line that packets share is written only when there is news. */
static void stamp(u32 *at)
{
	u32 now = now32() ?: 1;		/* 0 says never */

	if (READ_ONCE(*at) != now)
		WRITE_ONCE(*at, now);
}

/* Not yet established: packets pass, but REAP has not begun. */
static bool asleep(const struct shim6_ctx *ctx)
{
	return READ_ONCE(ctx->flags) & (SHIM6_CTX_F_INBOUND | SHIM6_CTX_F_DISCARD);
}

/**
 * shim6_clock_tx() - a payload packet of @ctx goes out (RFC 5534, 6.2)
 */
void shim6_clock_tx(struct shim6_ctx *ctx)
{
	stamp(&ctx->last_tx);
	if (READ_ONCE(ctx->mode) == SHIM6_REAP_EXPLORING || asleep(ctx))
		return;
	if (kind(ctx) != CLOCK_SEND)
		start(ctx, CLOCK_SEND);
}

static void notify(struct shim6_ctx *ctx)
{
	unsigned int groups = 0;

	if (test_and_clear_bit(ilog2(SHIM6_CTX_F_NOTIFY_RX), &ctx->flags))
		groups |= SHIM6_EV_REAP;
	if (test_and_clear_bit(ilog2(SHIM6_CTX_F_NOTIFY_CTL), &ctx->flags))
		groups |= SHIM6_EV_CTL;
	if (groups)
		shim6_ev_activity(ctx, groups);
}

/**
 * shim6_clock_rx() - a payload packet of @ctx has come in (RFC 5534, 6.1)
 */
void shim6_clock_rx(struct shim6_ctx *ctx)
{
	stamp(&ctx->last_rx);
	shim6_hint_rx(ctx);
	if (unlikely(READ_ONCE(ctx->flags) & (SHIM6_CTX_F_NOTIFY_RX | SHIM6_CTX_F_NOTIFY_CTL)))
		notify(ctx);
	if (asleep(ctx))
		return;
	switch (READ_ONCE(ctx->mode)) {
	case SHIM6_REAP_OPERATIONAL:
		if (kind(ctx) != CLOCK_KA)
			start(ctx, CLOCK_KA);
		break;
	case SHIM6_REAP_INBOUND_OK:
		stop(ctx, CLOCK_SEND);
		break;
	case SHIM6_REAP_EXPLORING:
		if (test_bit(SHIM6_B_EXPLORING_RX, &ctx->flags) &&
		    test_and_clear_bit(SHIM6_B_EXPLORING_RX, &ctx->flags))
			shim6_ev_activity(ctx, SHIM6_EV_REAP);
		break;
	}
}

/* May this timer run in this mode?  A packet on another processor may have started it just before the mode changed. */
static bool allowed(const struct shim6_ctx *ctx, u32 which)
{
	u8 mode = READ_ONCE(ctx->mode);

	return mode == SHIM6_REAP_OPERATIONAL || (mode == SHIM6_REAP_INBOUND_OK && which == CLOCK_SEND);
}

static void run_send(struct shim6_ctx *ctx, u32 clock, u32 age)
{
	u32 limit = READ_ONCE(ctx->send_timeout);

	if (age < limit) {
		shim6_clock_arm(ctx, limit - age);
	} else if (cmpxchg(&ctx->clock, clock, 0) == clock) {
		shim6_count(ctx->sn, ev_send_timeout);
		shim6_ev_send_timeout(ctx);
	}
}

static void run_keepalive(struct shim6_ctx *ctx, u32 clock, u32 age)
{
	u32 limit = READ_ONCE(ctx->ka_timeout), gap = READ_ONCE(ctx->ka_interval), n = age / gap;

	if (age >= limit) {
		if (cmpxchg(&ctx->clock, clock, 0) == clock) {
			shim6_count(ctx->sn, ev_keepalive_due);
			shim6_ev_keepalive_due(ctx, true);
		}
		return;
	}
	if (n > READ_ONCE(ctx->ka_sent)) {
		WRITE_ONCE(ctx->ka_sent, n);
		smp_mb();	/* with start(): it writes 0 after this, or we see its clock */
		if (READ_ONCE(ctx->clock) != clock)
			WRITE_ONCE(ctx->ka_sent, 0);
		shim6_count(ctx->sn, ev_keepalive_due);
		shim6_ev_keepalive_due(ctx, false);
	}
	/* n * gap <= age < limit, so the sum has room */
	shim6_clock_arm(ctx, min(n * gap + gap, limit) - age);
}

/* The timer is armed for the earliest thing that may be due; whether it is, only the stamps know. */
static void timer_fires(struct timer_list *t)
{
	struct shim6_ctx *ctx = container_of(t, struct shim6_ctx, timer);
	u32 clock, which, age;

	smp_mb();	/* with start() and shim6_hint_tx() */
	shim6_hint_timer(ctx);
	clock = READ_ONCE(ctx->clock);
	which = clock & CLOCK_KIND;
	age = (now32() - clock) & CLOCK_SINCE;
	if (!which || test_bit(SHIM6_B_DEAD, &ctx->flags))
		return;
	if (!allowed(ctx, which))
		cmpxchg(&ctx->clock, clock, 0);
	else if (which == CLOCK_SEND)
		run_send(ctx, clock, age);
	else
		run_keepalive(ctx, clock, age);
}

/* A fresh context is Operational with no timer running (RFC 5534, 6). */
void shim6_clock_init(struct shim6_ctx *ctx)
{
	ctx->mode = SHIM6_REAP_OPERATIONAL;
	timer_setup(&ctx->timer, timer_fires, 0);
}

/* Set the mode, stop the timers that it does not have.  The caller holds the namespace's lock, as for the next two. */
void shim6_clock_set_mode(struct shim6_ctx *ctx, u8 mode)
{
	if (mode == SHIM6_REAP_OPERATIONAL && READ_ONCE(ctx->mode) != mode)
		shim6_kick(ctx);
	WRITE_ONCE(ctx->mode, mode);
	if (mode == SHIM6_REAP_EXPLORING) {
		set_bit(SHIM6_B_EXPLORING_RX, &ctx->flags);
		WRITE_ONCE(ctx->clock, 0);
	} else {
		clear_bit(SHIM6_B_EXPLORING_RX, &ctx->flags);
		if (mode == SHIM6_REAP_INBOUND_OK)
			stop(ctx, CLOCK_KA);
	}
}

/* Carry out SHIM6_REAP_OP_* in the order of their bits. */
void shim6_clock_ops(struct shim6_ctx *ctx, u32 ops)
{
	if (ops & SHIM6_REAP_OP_STOP_SEND)
		stop(ctx, CLOCK_SEND);
	if (ops & SHIM6_REAP_OP_STOP_KA)
		stop(ctx, CLOCK_KA);
	if (ops & SHIM6_REAP_OP_START_SEND && kind(ctx) != CLOCK_SEND)
		start(ctx, CLOCK_SEND);
	if (ops & SHIM6_REAP_OP_RESTART_SEND)
		start(ctx, CLOCK_SEND);
	if (ops & SHIM6_REAP_OP_START_KA && kind(ctx) != CLOCK_KA)
		start(ctx, CLOCK_KA);
	local_bh_disable();
	if (ops & SHIM6_REAP_OP_RX)
		shim6_clock_rx(ctx);
	if (ops & SHIM6_REAP_OP_TX)
		shim6_clock_tx(ctx);
	local_bh_enable();
}

/* Timeouts have changed: whatever runs may be due earlier. */
void shim6_clock_retime(struct shim6_ctx *ctx)
{
	if (kind(ctx))
		shim6_clock_arm(ctx, 0);
}

/* Milliseconds since @stamp (shim6_ctx.last_tx, last_rx), U32_MAX for never and for longer than it can say. */
u32 shim6_clock_age(u32 stamp)
{
	return stamp ? min_t(u64, div_u64((u64)(now32() - stamp) * MSEC_PER_SEC, HZ), U32_MAX) : U32_MAX;
}
