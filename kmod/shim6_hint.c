// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_hint.h. */
#include <linux/jiffies.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <shim6_nl.h>
#include <shim6_wire.h>
#include "shim6_clock.h"
#include "shim6_genl.h"
#include "shim6_hint.h"

#define GAP_SHIFT	8		/* fraction bits of shim6_ctx.gap */
#define GAP_FADE	8		/* each answer takes 1/256 off the slowest one that is remembered */
#define GAPS_LEAST	4		/* answers before silence says anything */
#define HINT_EVERY	(HZ / 4)	/* jiffies between two hints of a context */
#define ICMP_WAIT	(2 * HZ)	/* jiffies in which the daemon finds another pair, if there is one */
#define ICMP_AGAIN	(10 * HZ)

/* Jiffies of silence that are a sign. */
static u32 patience(const struct shim6_ctx *ctx)
{
	return max(READ_ONCE(ctx->hint_min), 2 * (READ_ONCE(ctx->gap) >> GAP_SHIFT) + 1);
}

/* Jiffies until another hint may be given, 0: now. */
static u32 held(const struct shim6_ctx *ctx, u32 now)
{
	u32 last = READ_ONCE(ctx->hinted_at);

	return last && now - last < HINT_EVERY ? HINT_EVERY - (now - last) : 0;
}

static void give(struct shim6_ctx *ctx, u32 now, u8 why)
{
	if (READ_ONCE(ctx->mode) != SHIM6_REAP_OPERATIONAL || test_and_set_bit(SHIM6_B_HINTED, &ctx->bits))
		return;
	WRITE_ONCE(ctx->hinted_at, now ?: 1);
	shim6_count(ctx->sn, ev_hint);
	shim6_ev_hint(ctx, why, READ_ONCE(ctx->gaps) < GAPS_LEAST ? U32_MAX :
		      jiffies_to_msecs(READ_ONCE(ctx->gap) >> GAP_SHIFT));
}

static bool tcp_worries(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (!sk || !sk_fullsock(sk) || sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM)
		return false;
	return READ_ONCE(inet_csk(sk)->icsk_retransmits) || READ_ONCE(tcp_sk(sk)->tlp_high_seq);
}

void __shim6_hint_tx(struct shim6_ctx *ctx, const struct sk_buff *skb)
{
	u32 now = (u32)jiffies;

	if (!READ_ONCE(ctx->wait_since)) {
		WRITE_ONCE(ctx->wait_since, now ?: 1);
		if (READ_ONCE(ctx->gaps) >= GAPS_LEAST) {
			smp_mb();	/* with shim6_hint_timer(): it sees this stamp, or we that it is not pending */
			shim6_clock_arm(ctx, patience(ctx));
		}
	}
	if (unlikely(tcp_worries(skb)) && !test_bit(SHIM6_B_HINTED, &ctx->bits) && !held(ctx, now))
		give(ctx, now, SHIM6_HINT_TCP);
}

void __shim6_hint_rx(struct shim6_ctx *ctx)
{
	u32 since = READ_ONCE(ctx->wait_since), gap, slowest;

	if (test_bit(SHIM6_B_HINTED, &ctx->bits))
		clear_bit(SHIM6_B_HINTED, &ctx->bits);
	if (!since)
		return;
	WRITE_ONCE(ctx->wait_since, 0);
	gap = min_t(u32, (u32)jiffies - since, U32_MAX >> (GAP_SHIFT + 2)) << GAP_SHIFT;
	slowest = READ_ONCE(ctx->gap);
	WRITE_ONCE(ctx->gap, max(gap, slowest - (slowest >> GAP_FADE)));
	if (READ_ONCE(ctx->gaps) < GAPS_LEAST)
		WRITE_ONCE(ctx->gaps, READ_ONCE(ctx->gaps) + 1);
}

/* The timer of @ctx fired, for this or for another reason. */
void shim6_hint_timer(struct shim6_ctx *ctx)
{
	u32 now = (u32)jiffies, since = READ_ONCE(ctx->wait_since), wait, limit;

	if (!READ_ONCE(ctx->hint_min) || !since || READ_ONCE(ctx->gaps) < GAPS_LEAST ||
	    test_bit(SHIM6_B_HINTED, &ctx->bits))
		return;
	limit = patience(ctx);
	wait = now - since >= limit ? held(ctx, now) : limit - (now - since);
	if (wait)
		shim6_clock_arm(ctx, wait);
	else
		give(ctx, now, SHIM6_HINT_SILENCE);
}

/*
 * Whether looking for another pair helped is clear after ICMP_WAIT; if the errors go on, upper layers get them, until
 * it is time for another look.
 */
bool shim6_hint_icmp(struct shim6_ctx *ctx)
{
	u32 now = (u32)jiffies, last = READ_ONCE(ctx->icmp_at);

	if (!(READ_ONCE(ctx->flags) & SHIM6_CTX_F_ICMP) || !shim6_ev_heard(ctx->sn, SHIM6_EV_REAP))
		return false;
	if (last && now - last < ICMP_AGAIN)
		return now - last < ICMP_WAIT;
	WRITE_ONCE(ctx->icmp_at, now ?: 1);
	if (READ_ONCE(ctx->mode) == SHIM6_REAP_OPERATIONAL) {
		shim6_count(ctx->sn, ev_hint);
		shim6_ev_hint(ctx, SHIM6_HINT_ICMP, U32_MAX);
	}
	return true;
}

/* Another pair: what was learnt of the old one is void. */
void shim6_hint_reset(struct shim6_ctx *ctx)
{
	WRITE_ONCE(ctx->wait_since, 0);
	WRITE_ONCE(ctx->gap, 0);
	WRITE_ONCE(ctx->gaps, 0);
	WRITE_ONCE(ctx->icmp_at, 0);
	clear_bit(SHIM6_B_HINTED, &ctx->bits);
}
