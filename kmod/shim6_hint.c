// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_hint.h. */
#include <linux/jiffies.h>
#include <linux/tcp.h>
#include <net/inet_connection_sock.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include <shim6_nl.h>
#include <shim6_wire.h>
#include "shim6_clock.h"
#include "shim6_genl.h"
#include "shim6_hint.h"

#define MEAN_SHIFT	3		/* fraction bits of shim6_ctx.gap */
#define DEV_SHIFT	2		/* of shim6_ctx.gap_dev */
#define GAP_MAX		(U16_MAX >> MEAN_SHIFT)	/* jiffies, 8 s at the least */
#define GAPS_LEAST	4		/* answers before silence says anything */
#define HINT_EVERY	(HZ / 10)	/* jiffies between two hints of a context */
#define ICMP_WAIT	(2 * HZ)	/* jiffies in which the daemon finds another pair, if there is one */
#define ICMP_AGAIN	(10 * HZ)

/* Jiffies that an answer takes, as RFC 6298 reckons a retransmission time-out, without its least value. */
static u32 expected(const struct shim6_ctx *ctx)
{
	u32 mean = READ_ONCE(ctx->gap) >> MEAN_SHIFT, dev4 = READ_ONCE(ctx->gap_dev);

	return mean + max(dev4, mean / 2);
}

/* Jiffies of silence that are a sign. */
static u32 patience(const struct shim6_ctx *ctx)
{
	return max(READ_ONCE(ctx->hint_min), expected(ctx) + 1);
}

/* Jiffies until another hint may be given, 0: now. */
static u32 held(const struct shim6_ctx *ctx, u32 now)
{
	u32 last = READ_ONCE(ctx->hinted_at);

	return last && now - last < HINT_EVERY ? HINT_EVERY - (now - last) : 0;
}

static void give(struct shim6_ctx *ctx, u32 now, u8 why)
{
	if (READ_ONCE(ctx->mode) != SHIM6_REAP_OPERATIONAL || test_and_set_bit(SHIM6_B_HINTED, &ctx->flags))
		return;
	WRITE_ONCE(ctx->hinted_at, now ?: 1);
	shim6_count(ctx->sn, ev_hint);
	shim6_ev_hint(ctx, why, READ_ONCE(ctx->gaps) < GAPS_LEAST ? U32_MAX : jiffies_to_msecs(expected(ctx)));
}

/* Does @skb, which TCP has just built, carry what was sent before?  That of a tail loss probe is known only so. */
static bool repeats(const struct sk_buff *skb, const struct sock *sk)
{
	u32 off = sizeof(struct ipv6hdr);
	const struct tcphdr *th;
	struct tcphdr buf;

	if (ipv6_hdr(skb)->nexthdr != IPPROTO_TCP)
		return false;
	th = skb_header_pointer(skb, skb_network_offset(skb) + off, sizeof(buf), &buf);
	return th && ntohs(ipv6_hdr(skb)->payload_len) > th->doff * 4u &&
	       before(ntohl(th->seq), READ_ONCE(tcp_sk(sk)->snd_nxt));
}

static bool tcp_worries(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	if (!sk || !sk_fullsock(sk) || sk->sk_protocol != IPPROTO_TCP || sk->sk_type != SOCK_STREAM)
		return false;
	return READ_ONCE(inet_csk(sk)->icsk_retransmits) || READ_ONCE(tcp_sk(sk)->tlp_high_seq) || repeats(skb, sk);
}

void __shim6_hint_tx(struct shim6_ctx *ctx, const struct sk_buff *skb)
{
	u32 now = (u32)jiffies, since = READ_ONCE(ctx->wait_since);

	if (!since) {
		WRITE_ONCE(ctx->wait_since, now ?: 1);
		if (READ_ONCE(ctx->gaps) >= GAPS_LEAST) {
			smp_mb();	/* with shim6_hint_timer(): it sees this stamp, or we that it is not pending */
			shim6_clock_arm(ctx, patience(ctx));
		}
		return;
	}
	/* What an answer has just asked for, as a fast retransmission, is no sign. */
	if (now - since > READ_ONCE(ctx->gap) >> MEAN_SHIFT && unlikely(tcp_worries(skb)) &&
	    !test_bit(SHIM6_B_HINTED, &ctx->flags) && !held(ctx, now))
		give(ctx, now, SHIM6_HINT_TCP);
}

static void learn(struct shim6_ctx *ctx, u32 took)
{
	u32 mean = READ_ONCE(ctx->gap), dev = READ_ONCE(ctx->gap_dev);
	s32 err = took - (mean >> MEAN_SHIFT);

	if (!READ_ONCE(ctx->gaps)) {
		mean = took << MEAN_SHIFT;
		dev = took << (DEV_SHIFT - 1);
	} else {
		mean += err;
		dev += abs(err) - (dev >> DEV_SHIFT);
	}
	WRITE_ONCE(ctx->gap, mean);
	WRITE_ONCE(ctx->gap_dev, dev);
	if (READ_ONCE(ctx->gaps) < GAPS_LEAST)
		WRITE_ONCE(ctx->gaps, READ_ONCE(ctx->gaps) + 1);
}

void __shim6_hint_rx(struct shim6_ctx *ctx)
{
	u32 since = READ_ONCE(ctx->wait_since);

	if (test_bit(SHIM6_B_HINTED, &ctx->flags))
		clear_bit(SHIM6_B_HINTED, &ctx->flags);
	if (!since)
		return;
	WRITE_ONCE(ctx->wait_since, 0);
	learn(ctx, min_t(u32, (u32)jiffies - since, GAP_MAX));
}

/* The timer of @ctx fired, for this or for another reason. */
void shim6_hint_timer(struct shim6_ctx *ctx)
{
	u32 now = (u32)jiffies, since = READ_ONCE(ctx->wait_since), wait, limit;

	if (!READ_ONCE(ctx->hint_min) || !since || READ_ONCE(ctx->gaps) < GAPS_LEAST ||
	    test_bit(SHIM6_B_HINTED, &ctx->flags))
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
	WRITE_ONCE(ctx->gaps, 0);
	WRITE_ONCE(ctx->icmp_at, 0);
	clear_bit(SHIM6_B_HINTED, &ctx->flags);
}
