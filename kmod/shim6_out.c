// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets on their way out: find the context, put the header in, change addresses.  See shim6_skb.h. */
#include <linux/export.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include <shim6_nl.h>
#include "compat.h"
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_hint.h"
#include "shim6_offload.h"
#include "shim6_pmtu.h"
#include "shim6_skb.h"
#include "shim6_track.h"

/* shim6_get_t of an skb, for the walks of shim6_hdr.c. */
const u8 *shim6_skb_get(const void *from, u32 off, u32 len, void *buf)
{
	const struct sk_buff *skb = from;

	return skb_header_pointer(skb, skb_network_offset(skb) + off, len, buf);
}
EXPORT_SYMBOL_GPL(shim6_skb_get);

/*
 * Make room in front of a packet.  A socket leaves as much as its device wants and no more, but memory comes in sizes:
 * there is room behind most packets that are not full, and to move their octets costs less than other memory does.
 */
static bool make_room(struct sk_buff *skb, u32 room)
{
	u32 shift = room > skb_headroom(skb) ? ALIGN(room - skb_headroom(skb), 8) : 0;

	if (!shift || skb_cloned(skb) || skb->encapsulation ||
	    skb_end_pointer(skb) - skb_tail_pointer(skb) < shift)
		return !skb_cow_head(skb, room);
	memmove(skb->data + shift, skb->data, skb_headlen(skb));
	skb->data += shift;
	skb->tail += shift;
	skb->network_header += shift;
	skb->transport_header += shift;
	if (skb_mac_header_was_set(skb))
		skb->mac_header += shift;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		skb->csum_start += shift;
	return true;
}

/**
 * shim6_out_rewrite() - put the Payload Extension header in and change the addresses
 * @skb:	packet that fits
 * @x:		tag and locators
 * @pl:		where the header goes
 * @headroom:	what the device will want in front
 *
 * The checksum of the upper layer stays that of the ULIDs (RFC 5533, 11.1).  If it is yet to be computed, the start
 * of the sum is in the checksum field already, and where to add counts from the head of the buffer, where nothing
 * moves: only the headers before the new one do.
 *
 * Return: SHIM6_DONE or SHIM6_DROP.
 */
enum shim6_verdict shim6_out_rewrite(struct sk_buff *skb, const struct shim6_xlat *x, const struct shim6_place *pl,
				     u32 headroom)
{
	struct ipv6hdr *ip6;

	/* Both may move the packet.  Room for the device is made at once: a second copy costs as much again. */
	if (!pskb_may_pull(skb, pl->off) || !make_room(skb, SHIM6_PAYLOAD_LEN + headroom)) {
		shim6_count(x->sn, out_nomem);
		return SHIM6_DROP;
	}
	if (!shim6_hdr_resize(skb_network_header(skb), SHIM6_PAYLOAD_LEN)) {
		shim6_count(x->sn, out_too_long);
		return SHIM6_DROP;
	}
	skb_push(skb, SHIM6_PAYLOAD_LEN);
	skb_reset_network_header(skb);
	shim6_hdr_open(skb_network_header(skb), pl, x->locs.ct_peer);
	ip6 = ipv6_hdr(skb);
	ip6->saddr = x->locs.local;
	ip6->daddr = x->locs.peer;
	shim6_count(x->sn, out_tagged);
	return SHIM6_DONE;
}

/* Does the packet, with 8 octets more, go over the route @r in one piece (or in the pieces it asks for)? */
static __always_inline bool fits(const struct sk_buff *skb, const struct shim6_place *pl, const struct shim6_route *r)
{
	if (!skb_is_gso(skb))
		return skb->len + SHIM6_PAYLOAD_LEN <= r->mtu;
	if (!shim6_gso_may_pass(skb, pl, r))
		return false;
	return skb_gso_validate_network_len(skb, r->mtu - SHIM6_PAYLOAD_LEN);
}

static __always_inline enum shim6_verdict translate(struct sk_buff *skb, const struct nf_hook_state *state,
						    struct shim6_xlat *x, const struct shim6_place *pl)
{
	struct shim6_route r SHIM6_UNINIT;

	if (!shim6_route_lookup(skb, state, x, &r)) {
		/* As lost as on a dead path: an error would reach the application, which may give up over it. */
		shim6_count(x->sn, out_no_route);
		kfree_skb(skb);
		return SHIM6_STOLEN;
	}
	if (unlikely(!fits(skb, pl, &r)))
		return shim6_out_large(skb, state, x, pl, &r);
	if (skb_is_gso(skb))
		return shim6_out_gso(skb, x, pl, &r);
	/* A device that knows TCP and UDP only would take the addresses that it sees. */
	if (skb->ip_summed == CHECKSUM_PARTIAL && !r.plain_checksum && shim6_dev_is_hardware(r.dev) &&
	    skb_csum_hwoffload_help(skb, 0)) {	/* SCTP has another sum */
		shim6_count(x->sn, out_nomem);
		return SHIM6_DROP;
	}
	return shim6_out_rewrite(skb, x, pl, r.headroom);
}

/*
 * Where the header goes in @skb.  False: it is none of ours, because it is a Shim6 packet already, belongs to the link,
 * or cannot be read.
 */
static __always_inline bool find_place(struct shim6_net *sn, const struct sk_buff *skb, struct shim6_place *pl)
{
	u8 buf;
	const u8 *type;

	if (shim6_skb_is_bare(skb, pl))
		return true;
	if (shim6_hdr_insert_place(shim6_skb_get, skb, pl)) {
		shim6_count(sn, out_malformed);
		return false;
	}
	if (pl->next == SHIM6_PROTO)
		return false;
	if (pl->next != NEXTHDR_ICMP)
		return true;
	type = shim6_skb_get(skb, pl->off, 1, &buf);
	return type && !shim6_hdr_bypass_icmp(*type);
}

/*
 * A packet between ULIDs that only the route of last resort took (shim6d's table 1386, by way of lo), as their uplink
 * is down.  A host that forwards would send it round lo until its hop limit, and then tell the application.
 */
static bool astray(const struct sk_buff *skb)
{
	const struct rt6_info *rt = (const struct rt6_info *)skb_dst(skb);

	return rt && rt->dst.dev->flags & IFF_LOOPBACK && !(rt->rt6i_flags & RTF_LOCAL);
}

/* RFC 5533, 4.2 and 12.4: the fork that was asked for, by rule or mark; without such a one the default context. */
static __always_inline struct shim6_ctx *context_of(struct shim6_net *sn, const struct sk_buff *skb, u32 fii)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	u32 mask = READ_ONCE(sn->fork_mask);
	struct shim6_ctx *ctx;

	if (!fii && skb->mark & mask)
		fii = (skb->mark & mask) >> __ffs(mask);
	ctx = shim6_ctx_by_ulids(sn, &ip6->saddr, &ip6->daddr, fii);
	return ctx || !fii ? ctx : shim6_ctx_by_ulids(sn, &ip6->saddr, &ip6->daddr, 0);
}

/*
 * Packets of a fork whose locators are the ULIDs look to the peer like those of the default context: if that one uses
 * the same pair, it is where an answer will be seen.
 */
static struct shim6_ctx *watched(struct shim6_net *sn, struct shim6_ctx *fork)
{
	struct shim6_ctx *ctx = shim6_ctx_by_ulids(sn, &fork->ulids.local, &fork->ulids.peer, 0);

	return ctx && !READ_ONCE(ctx->tagged) ? ctx : fork;
}

/* The peer has to see what NAT makes of the flow.  If that is another address, the packet is not the context's. */
static noinline enum shim6_verdict translate_natted(struct sk_buff *skb, const struct nf_hook_state *state,
						    struct shim6_xlat *x, const struct shim6_place *pl)
{
	const struct ipv6hdr *ip6;

	if (!shim6_track_nat(skb, NF_INET_POST_ROUTING, pl->next)) {
		shim6_count(x->sn, out_refused);
		return SHIM6_DROP;
	}
	ip6 = ipv6_hdr(skb);
	if (ipv6_addr_equal(&ip6->saddr, &x->ctx->ulids.local) && ipv6_addr_equal(&ip6->daddr, &x->ctx->ulids.peer))
		return translate(skb, state, x, pl);
	shim6_count(x->sn, out_natted);
	return SHIM6_PASS;
}

static __always_inline enum shim6_verdict out_table(struct shim6_net *sn, struct sk_buff *skb,
						    const struct nf_hook_state *state, u32 fii, struct shim6_xlat *x)
{
	struct shim6_place pl SHIM6_UNINIT;
	struct shim6_ctx *ctx, *seen;
	bool tagged, tracked;

	x->sn = sn;
	if (!READ_ONCE(sn->contexts))
		return SHIM6_PASS;
	ctx = context_of(sn, skb, fii);
	if (!ctx)
		return SHIM6_PASS;
	if (unlikely(dst_xfrm(skb_dst(skb))))	/* RFC 5533, 16.1: IPsec comes first, then the packet comes again */
		return SHIM6_PASS;
	if (!find_place(sn, skb, &pl))
		return SHIM6_PASS;
	x->ctx = ctx;
	tagged = READ_ONCE(ctx->tagged) && shim6_ctx_path(ctx, &x->locs, &x->kept);
	seen = unlikely(ctx->ulids.fii) && !tagged ? watched(sn, ctx) : ctx;
	shim6_clock_tx(seen);
	shim6_hint_tx(seen, skb);
	tracked = skb_nfct(skb);
	if (unlikely(tracked && !READ_ONCE(sn->tracked)))
		WRITE_ONCE(sn->tracked, true);
	if (!tagged) {			/* RFC 5533, 11: unchanged if and only if the locators are the ULIDs */
		if (likely(!astray(skb)))
			return fii ? SHIM6_KEEP : SHIM6_PASS;
		shim6_count(sn, out_no_route);
		kfree_skb(skb);
		return SHIM6_STOLEN;
	}
	if (READ_ONCE(ctx->flags) & (SHIM6_CTX_F_INBOUND | SHIM6_CTX_F_DISCARD)) {
		shim6_count(sn, out_held);
		return SHIM6_PASS;
	}
	if (test_bit(SHIM6_B_TRACKED, &ctx->flags) != tracked)
		assign_bit(SHIM6_B_TRACKED, &ctx->flags, tracked);
	if (unlikely(shim6_track_natted(skb)))
		return translate_natted(skb, state, x, &pl);
	return translate(skb, state, x, &pl);
}

/* out_table() for what few packets go through. */
static noinline enum shim6_verdict out_rare(struct shim6_net *sn, struct sk_buff *skb,
					    const struct nf_hook_state *state, u32 fii)
{
	struct shim6_xlat x;

	return out_table(sn, skb, state, fii, &x);
}

/* What an earlier rule wished comes before what this one does. */
static enum shim6_verdict wished(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return shim6_out_take_wish(skb) ? out_rare(sn, skb, state, 0) : SHIM6_PASS;
}

/* A rule translates before NAT of what this host sends, which would look for a port where the header is. */
static bool is_natted(struct shim6_net *sn, const struct sk_buff *skb)
{
	if (likely(!shim6_track_natted(skb)))
		return false;
	shim6_count(sn, out_natted);
	return true;
}

/* A rule names the instance. */
static noinline enum shim6_verdict out_fork(struct sk_buff *skb, const struct nf_hook_state *state, u32 fii)
{
	struct shim6_net *sn = shim6_pernet_rcu(state->net);
	enum shim6_verdict v = wished(sn, skb, state);

	return v == SHIM6_PASS && !is_natted(sn, skb) ? out_rare(sn, skb, state, fii) : v;
}

/**
 * shim6_out_rule() - a rule takes a local packet that goes out
 * @skb:	packet
 * @state:	of the hook
 * @fii:	instance of the context to use, 0: by the packet's mark
 *
 * Return: SHIM6_PASS for all that is not changed here, SHIM6_KEEP if it is not to be changed by a context of another
 * instance either.
 */
enum shim6_verdict shim6_out_rule(struct sk_buff *skb, const struct nf_hook_state *state, u32 fii)
{
	if (!static_branch_unlikely(&shim6_in_use))
		return SHIM6_PASS;
	if (unlikely(fii))
		return out_fork(skb, state, fii);
	IP6CB(skb)->flags |= SHIM6_SKB_WISH;
	return SHIM6_PASS;
}
EXPORT_SYMBOL_GPL(shim6_out_rule);

/**
 * shim6_out_hook() - a local packet is to be translated and routed anew
 */
enum shim6_verdict shim6_out_hook(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct shim6_xlat x SHIM6_UNINIT;
	enum shim6_verdict v;

	v = out_table(sn, skb, state, 0, &x);
	if (v != SHIM6_DONE)
		return v;
	/* Rarely: connection tracking was not ours to begin, and nothing was tracked before. */
	if (unlikely(skb_nfct(skb) && !READ_ONCE(sn->hook_settle)) && shim6_track_settle(skb) != NF_ACCEPT) {
		shim6_count(sn, out_refused);
		return SHIM6_DROP;
	}
	if (x.kept.dst && dst_hold_safe(x.kept.dst)) {
		skb_dst_drop(skb);
		skb_dst_set(skb, x.kept.dst);
		return v;
	}
	if (!nf_ip6_route_me_harder(state->net, state->sk, skb))
		return v;
	shim6_count(sn, out_no_route);
	return SHIM6_DROP;
}

/**
 * shim6_out_static() - a local packet that a rule gives tag and locators to
 */
enum shim6_verdict shim6_out_static(struct sk_buff *skb, const struct nf_hook_state *state, u64 tag,
				    const struct in6_addr *src, const struct in6_addr *dst)
{
	const struct ipv6hdr *ip6;
	struct shim6_xlat x = { .sn = shim6_pernet_rcu(state->net), .locs = { *src, *dst, tag } };
	enum shim6_verdict v = wished(x.sn, skb, state);
	struct shim6_place pl;

	if (v != SHIM6_PASS)
		return v;
	ip6 = ipv6_hdr(skb);
	/* A rule may match more than it should. */
	if ((ipv6_addr_type(&ip6->saddr) | ipv6_addr_type(&ip6->daddr)) &
	    (IPV6_ADDR_MULTICAST | IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK))
		return SHIM6_PASS;
	if (is_natted(x.sn, skb) || !find_place(x.sn, skb, &pl))
		return SHIM6_PASS;
	return translate(skb, state, &x, &pl);
}
EXPORT_SYMBOL_GPL(shim6_out_static);
