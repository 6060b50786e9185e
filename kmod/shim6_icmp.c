// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ICMPv6 errors about tagged packets become errors about the packets that the upper layer sent (RFC 5533, 8): ULIDs
 * for locators, no Payload Extension header, an MTU less 8.  See shim6_skb.h.
 */
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/ip6_checksum.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include "shim6_ctx.h"
#include "shim6_hint.h"
#include "shim6_pmtu.h"
#include "shim6_skb.h"

/* The packet that an error quotes, as a packet of its own. */
struct quote {
	const struct sk_buff *skb;
	u32 off;			/* from the outer IPv6 header */
};

static const u8 *get_quote(const void *from, u32 off, u32 len, void *buf)
{
	const struct quote *q = from;

	return shim6_skb_get(q->skb, q->off + off, len, buf);
}

/*
 * The context whose tagged packet is quoted: by the peer's tag, which is what the packet carried, and both locators
 * (RFC 5533, 12.4).  Who forges an error has to know them all.
 */
static struct shim6_ctx *quoted_context(struct shim6_net *sn, const struct quote *q, struct shim6_place *pl)
{
	u8 buf[SHIM6_PAYLOAD_LEN];
	struct shim6_locs locs;
	struct shim6_ctx *ctx;
	const u8 *h;

	if (shim6_hdr_find(get_quote, q, pl) != 1)
		return NULL;
	h = get_quote(q, pl->off, sizeof(buf), buf);
	if (!h || !shim6_hdr_is_payload(h))
		return NULL;
	locs.ct_peer = shim6_tag_get(h + 2);
	BUILD_BUG_ON(offsetof(struct shim6_locs, ct_peer) != 2 * sizeof(struct in6_addr));
	if (skb_copy_bits(q->skb, skb_network_offset(q->skb) + q->off + SHIM6_IP6_SRC, &locs,
			  2 * sizeof(struct in6_addr)))
		return NULL;
	ctx = shim6_ctx_by_locs(sn, &locs);
	if (!ctx)
		shim6_count(sn, icmp_unknown);
	return ctx;
}

/* A packet went out as it was, between the ULIDs of a context: what another pair may cure concerns it as well. */
static struct shim6_ctx *plain_context(struct shim6_net *sn, const struct quote *q)
{
	struct shim6_place none;
	struct in6_addr pair[2];
	struct shim6_ctx *ctx;

	if (shim6_hdr_find(get_quote, q, &none) ||
	    skb_copy_bits(q->skb, skb_network_offset(q->skb) + q->off + SHIM6_IP6_SRC, pair, sizeof(pair)))
		return NULL;
	ctx = shim6_ctx_by_ulids(sn, &pair[0], &pair[1], 0);
	return ctx && !READ_ONCE(ctx->tagged) ? ctx : NULL;
}

/* RFC 5533, 8: to be processed by the shim; of Parameter Problem see fix_parameter(). */
static bool curable(const struct icmp6hdr *icmp)
{
	if (icmp->icmp6_type == ICMPV6_DEST_UNREACH)
		return icmp->icmp6_code <= ICMPV6_REJECT_ROUTE && icmp->icmp6_code != ICMPV6_PORT_UNREACH;
	return icmp->icmp6_type == ICMPV6_TIME_EXCEED;
}

/* Let the kernel remember @mtu for the addresses of the quoted packet. */
static void learn_mtu(struct sk_buff *skb, struct net *net, u32 quote, u32 mtu)
{
	__skb_pull(skb, quote);
	ip6_update_pmtu(skb, net, htonl(mtu), 0, skb->mark, sock_net_uid(net, NULL));
	__skb_push(skb, quote);
}

/*
 * The four octets of the error whose meaning depends on its type, for a quoted packet that has lost its Shim6 header
 * at @pl.  False: the error is about the Shim6 header itself, which the upper layer has never seen.
 */
static bool fix_parameter(struct icmp6hdr *icmp, const struct shim6_place *pl)
{
	u8 *length = (u8 *)&icmp->icmp6_dataun;
	u32 pointer;

	switch (icmp->icmp6_type) {
	case ICMPV6_PKT_TOOBIG:
		icmp->icmp6_mtu = htonl(shim6_pmtu_inner(ntohl(icmp->icmp6_mtu)));
		return true;
	case ICMPV6_PARAMPROB:
		pointer = ntohl(icmp->icmp6_pointer);
		if (pointer == pl->prev || (pointer >= pl->off && pointer < pl->off + SHIM6_PAYLOAD_LEN))
			return false;
		if (pointer > pl->off)
			icmp->icmp6_pointer = htonl(pointer - SHIM6_PAYLOAD_LEN);
		return true;
	default:
		/* RFC 4884: the length of the quoted packet in 8 octets, if extensions follow it */
		if (*length)
			--*length;
		return true;
	}
}

/* Make the error one about the ULIDs' packet.  The skb is in one writable piece. */
static enum shim6_verdict rewrite(struct shim6_net *sn, struct sk_buff *skb, const struct shim6_ctx *ctx,
				  const struct quote *q, const struct shim6_place *quoted, u32 icmp_off)
{
	struct shim6_place pl = { .off = q->off + quoted->off, .prev = q->off + quoted->prev };
	struct icmp6hdr *icmp;
	struct ipv6hdr *outer, *inner;
	u32 len;

	if (!shim6_hdr_resize(skb_network_header(skb), -SHIM6_PAYLOAD_LEN) ||
	    !shim6_hdr_resize(skb_network_header(skb) + q->off, -SHIM6_PAYLOAD_LEN)) {
		shim6_count(sn, icmp_malformed);
		return SHIM6_DROP;
	}
	shim6_in_take_off(skb, &pl);
	outer = ipv6_hdr(skb);
	icmp = (struct icmp6hdr *)(skb_network_header(skb) + icmp_off);
	inner = (struct ipv6hdr *)(skb_network_header(skb) + q->off);
	if (!fix_parameter(icmp, quoted)) {
		shim6_count(sn, icmp_about_shim);
		return SHIM6_DROP;
	}
	inner->saddr = ctx->ulids.local;
	inner->daddr = ctx->ulids.peer;
	outer->daddr = ctx->ulids.local;	/* connection tracking wants the source of the quoted packet here */
	len = skb->len - icmp_off;
	icmp->icmp6_cksum = 0;
	icmp->icmp6_cksum = csum_ipv6_magic(&outer->saddr, &outer->daddr, len, IPPROTO_ICMPV6,
					    csum_partial(icmp, len, 0));
	skb->ip_summed = CHECKSUM_NONE;
	if (icmp->icmp6_type == ICMPV6_PKT_TOOBIG) {
		shim6_count(sn, icmp_too_big);
		learn_mtu(skb, sn->net, q->off, ntohl(icmp->icmp6_mtu));
	}
	shim6_count(sn, icmp_restored);
	return SHIM6_DONE;
}

/**
 * shim6_in_icmp() - an ICMPv6 error for this host
 * @sn:		namespace
 * @skb:	packet
 * @state:	of the hook
 * @pl:		place of the ICMPv6 header
 *
 * Return: SHIM6_PASS if it is to be delivered as it is.
 */
enum shim6_verdict shim6_in_icmp(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state,
				 const struct shim6_place *pl)
{
	struct quote q = { .skb = skb, .off = pl->off + sizeof(struct icmp6hdr) };
	const struct icmp6hdr *icmp;
	struct shim6_place quoted;
	struct shim6_ctx *ctx, *tagged;
	struct icmp6hdr buf;
	enum shim6_verdict v;

	tagged = quoted_context(sn, &q, &quoted);
	ctx = tagged ?: plain_context(sn, &q);
	icmp = (const void *)shim6_skb_get(skb, pl->off, sizeof(buf), &buf);
	if (!ctx || !icmp)
		return SHIM6_PASS;
	if (nf_ip6_checksum(skb, state->hook, skb_network_offset(skb) + pl->off, IPPROTO_ICMPV6)) {
		if (!tagged)
			return SHIM6_PASS;	/* the stack has a counter of its own for these */
		shim6_count(sn, icmp_malformed);
		return SHIM6_DROP;
	}
	if (curable(icmp) && shim6_hint_icmp(ctx)) {
		shim6_count(sn, icmp_acted);
		return SHIM6_DROP;
	}
	if (!tagged)
		return SHIM6_PASS;
	/* The checksum, right until here, is written anew; all in one piece (moves the packet). */
	if (skb_linearize(skb) || skb_ensure_writable(skb, skb->len)) {
		shim6_count(sn, in_nomem);
		return SHIM6_DROP;
	}
	icmp = (struct icmp6hdr *)(skb_network_header(skb) + pl->off);
	if (icmp->icmp6_type == ICMPV6_PKT_TOOBIG)	/* first of the locators, whose packets we have to make fit */
		learn_mtu(skb, sn->net, q.off, ntohl(icmp->icmp6_mtu));
	v = rewrite(sn, skb, tagged, &q, &quoted, pl->off);
	return v == SHIM6_DONE && test_bit(SHIM6_B_TRACKED, &tagged->flags) ? shim6_in_retrack(sn, skb, state) : v;
}
