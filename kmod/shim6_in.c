// SPDX-License-Identifier: GPL-2.0-or-later
/* Packets that have come in: find the context, take the header off, put the ULIDs back.  See shim6_skb.h. */
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/netfilter.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <net/ipv6_frag.h>
#include <net/netfilter/ipv6/nf_defrag_ipv6.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <shim6_nl.h>
#include "compat.h"
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_early.h"
#include "shim6_genl.h"
#include "shim6_skb.h"
#include "shim6_track.h"

#define UNKNOWN_TAGS_A_SECOND	64

/**
 * shim6_skb_find() - find the Shim6 header of @skb
 *
 * Return: as shim6_hdr_find().
 */
int shim6_skb_find(const struct sk_buff *skb, struct shim6_place *pl)
{
	if (ipv6_hdr(skb)->nexthdr == SHIM6_PROTO && skb_headlen(skb) - skb_network_offset(skb) >=
						     SHIM6_IP6_LEN + SHIM6_PAYLOAD_LEN) {	/* as all will be */
		*pl = (struct shim6_place){ .off = SHIM6_IP6_LEN, .prev = SHIM6_IP6_NEXTHDR, .next = SHIM6_PROTO };
		return 1;
	}
	return shim6_skb_is_bare(skb, pl) ? 0 : shim6_hdr_find(shim6_skb_get, skb, pl);
}
EXPORT_SYMBOL_GPL(shim6_skb_find);

/**
 * shim6_in_take_off() - take 8 octets out of a packet and move all before them up
 * @skb:	packet whose octets up to the end of the header are in one writable piece
 * @pl:		place of the header
 *
 * Lengths, addresses and checksums are left to the caller.
 */
void shim6_in_take_off(struct sk_buff *skb, const struct shim6_place *pl)
{
	shim6_hdr_close(skb_network_header(skb), pl);
	if (skb_mac_header_was_set(skb)) {
		u8 *mac = skb_mac_header(skb);

		memmove(mac + SHIM6_PAYLOAD_LEN, mac, skb_network_header(skb) - mac);
		skb->mac_header += SHIM6_PAYLOAD_LEN;
	}
	__skb_pull(skb, SHIM6_PAYLOAD_LEN);
	skb_reset_network_header(skb);
	/*
	 * The next header to be handled either moved up or was ours, and then its successor stands there now.  The
	 * Next Header octet that names it (IP6CB(skb)->nhoff) counts from the IPv6 header and stays.
	 */
	skb->transport_header += SHIM6_PAYLOAD_LEN;
}

/* Make the packet that of @src and @dst again. */
static enum shim6_verdict restore(struct shim6_net *sn, struct sk_buff *skb, const struct shim6_place *pl,
				  const struct in6_addr *src, const struct in6_addr *dst)
{
	u32 end = pl->off + SHIM6_PAYLOAD_LEN;
	struct ipv6hdr *ip6;

	if (skb_ensure_writable(skb, end)) {		/* may move the packet */
		shim6_count(sn, in_nomem);
		return SHIM6_DROP;
	}
	if (!shim6_hdr_resize(skb_network_header(skb), -SHIM6_PAYLOAD_LEN)) {
		shim6_count(sn, in_malformed);
		return SHIM6_DROP;
	}
	/* A sum over all of the packet is corrected for what changes: these headers. */
	skb_postpull_rcsum(skb, skb_network_header(skb), end);
	shim6_in_take_off(skb, pl);
	ip6 = ipv6_hdr(skb);
	ip6->saddr = *src;
	ip6->daddr = *dst;
	skb_postpush_rcsum(skb, ip6, pl->off);
	if (skb_is_gso(skb))
		skb->encapsulation = 0;		/* see shim6_out_gso() */
	shim6_count(sn, in_restored);
	return SHIM6_DONE;
}

/* After reassembly the first header to be handled is that behind the IPv6 header and Hop-by-Hop, which is done with. */
static void reset_offsets(struct sk_buff *skb)
{
	u32 off = SHIM6_IP6_LEN;

	IP6CB(skb)->nhoff = offsetof(struct ipv6hdr, nexthdr);
	if (ipv6_hdr(skb)->nexthdr == NEXTHDR_HOP) {
		IP6CB(skb)->nhoff = off;
		off += ipv6_optlen((struct ipv6_opt_hdr *)(skb_network_header(skb) + off));
	}
	skb_set_transport_header(skb, off);
}

/**
 * shim6_in_retrack() - let connection tracking see the packet as what it is now
 * @sn:		namespace
 * @skb:	restored packet
 * @state:	of the hook, LOCAL_IN
 *
 * Until here it was tracked as a packet of protocol 140 between locators; that entry was never confirmed and goes.
 * Connection tracking wants whole packets.
 *
 * Return: SHIM6_DONE, SHIM6_DROP or SHIM6_STOLEN.
 */
enum shim6_verdict shim6_in_retrack(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct nf_hook_state pre = *state;
	int err;

	nf_reset_ct(skb);
	pre.hook = NF_INET_PRE_ROUTING;
	if (ipv6_ext_hdr(ipv6_hdr(skb)->nexthdr)) {
		err = nf_ct_frag6_gather(state->net, skb, IP6_DEFRAG_CONNTRACK_IN);	/* may move the packet */
		if (err == -EINPROGRESS)
			return SHIM6_STOLEN;
		if (err) {
			shim6_count(sn, in_defrag_failed);
			return SHIM6_DROP;
		}
		reset_offsets(skb);
	}
	if (nf_conntrack_in(skb, &pre) == NF_ACCEPT &&
	    (likely(!shim6_track_natted(skb)) ||
	     shim6_track_nat(skb, NF_INET_PRE_ROUTING, ipv6_hdr(skb)->nexthdr)))	/* may move the packet */
		return SHIM6_DONE;
	shim6_count(sn, in_conntrack_refused);
	return SHIM6_DROP;
}

static enum shim6_verdict restore_and_track(struct shim6_net *sn, struct sk_buff *skb,
					    const struct nf_hook_state *state, const struct shim6_place *pl,
					    const struct in6_addr *src, const struct in6_addr *dst)
{
	enum shim6_verdict v = restore(sn, skb, pl, src, dst);

	/* Tracked before means that somebody in this namespace wants it tracked. */
	return v == SHIM6_DONE && skb_nfct(skb) ? shim6_in_retrack(sn, skb, state) : v;
}

/* Tell the control daemon, which answers R1bis (RFC 5533, 7.17), but not as often as somebody likes to ask. */
static enum shim6_verdict unknown_tag(struct shim6_net *sn, const struct sk_buff *skb, u64 tag)
{
	u32 second = (u32)jiffies / HZ;

	if (READ_ONCE(sn->unknown_window) != second) {
		WRITE_ONCE(sn->unknown_window, second);
		atomic_set(&sn->unknown_count, 0);
	}
	if (atomic_inc_return(&sn->unknown_count) <= UNKNOWN_TAGS_A_SECOND) {
		shim6_count(sn, in_unknown_tag);
		shim6_ev_unknown_tag(sn, tag, &ipv6_hdr(skb)->saddr, &ipv6_hdr(skb)->daddr, inet6_iif(skb));
	} else {
		shim6_count(sn, in_unknown_tag_quiet);
	}
	return SHIM6_DROP;
}

/* Whose message is it? */
static enum shim6_verdict control(u8 type)
{
	return type == SHIM6_KEEPALIVE || type == SHIM6_PROBE ? SHIM6_REAP : SHIM6_CONTROL;
}

/*
 * The tag of a packet with a Payload Extension header that is for us.  SHIM6_DONE: yes; otherwise what to do with it.
 * find() says that the header is there.
 */
static __always_inline enum shim6_verdict tag_of(struct shim6_net *sn, const struct sk_buff *skb,
						 const struct shim6_place *pl, u64 *tag)
{
	u8 buf[SHIM6_PAYLOAD_LEN] SHIM6_UNINIT;
	const u8 *h = shim6_skb_get(skb, pl->off, sizeof(buf), buf);

	if (!h)
		return SHIM6_PASS;
	if (!(h[2] & SHIM6_P_BIT))
		return shim6_hdr_is_control(h) ? control(h[2] & SHIM6_TYPE_MASK) : SHIM6_PASS;
	if (pl->routing) {
		shim6_count(sn, in_transit);
		return SHIM6_PASS;
	}
	if (!shim6_hdr_is_payload(h)) {		/* RFC 5533, 5.2 */
		shim6_count(sn, in_malformed);
		return SHIM6_DROP;
	}
	*tag = shim6_tag_get(h + 2);
	return SHIM6_DONE;
}

/* A packet with no Shim6 header: an error about one of ours, or a sign of life of a peer. */
static enum shim6_verdict in_untagged(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state,
				      const struct shim6_place *pl)
{
	struct shim6_ctx *ctx;
	u8 buf;
	const u8 *type;

	if (pl->next == NEXTHDR_ICMP) {
		type = shim6_skb_get(skb, pl->off, 1, &buf);
		if (!type || shim6_hdr_bypass_icmp(*type))
			return SHIM6_PASS;
		if (!(*type & ICMPV6_INFOMSG_MASK))
			return shim6_in_icmp(sn, skb, state, pl);
	}
	if (!READ_ONCE(sn->contexts))
		return SHIM6_PASS;
	ctx = shim6_ctx_by_ulids(sn, &ipv6_hdr(skb)->daddr, &ipv6_hdr(skb)->saddr, 0);
	if (ctx)
		shim6_clock_rx(ctx);
	return SHIM6_PASS;
}

/**
 * shim6_in_table() - a packet for this host
 * @skb:	packet
 * @state:	of the hook
 *
 * Return: SHIM6_PASS for all that is not to be changed.
 */
enum shim6_verdict shim6_in_table(struct sk_buff *skb, const struct nf_hook_state *state)
{
	struct shim6_net *sn;
	struct shim6_place pl SHIM6_UNINIT;
	struct shim6_ctx *ctx;
	enum shim6_verdict v;
	u64 tag SHIM6_UNINIT;

	if (shim6_skb_is_bare(skb, &pl)) {
		if (!static_branch_unlikely(&shim6_in_use))
			return SHIM6_PASS;
		return in_untagged(shim6_pernet_rcu(state->net), skb, state, &pl);
	}
	sn = shim6_pernet_rcu(state->net);
	switch (shim6_skb_find(skb, &pl)) {
	case 0:
		return in_untagged(sn, skb, state, &pl);
	case 1:
		break;
	default:
		return SHIM6_PASS;	/* the stack says what is wrong with it */
	}
	v = tag_of(sn, skb, &pl, &tag);
	if (v != SHIM6_DONE)
		return v;
	ctx = shim6_ctx_by_tag(sn, tag);	/* RFC 5533, 12.2: by the tag alone (Q23) */
	if (!ctx)
		return unknown_tag(sn, skb, tag);
	if (READ_ONCE(ctx->flags) & SHIM6_CTX_F_DISCARD) {
		shim6_count(sn, in_discarded);
		return SHIM6_DROP;
	}
	shim6_clock_rx(ctx);
	if (!(IP6CB(skb)->flags & SHIM6_SKB_EARLY))
		shim6_early_keep(sn, skb);
	return restore_and_track(sn, skb, state, &pl, &ctx->ulids.peer, &ctx->ulids.local);
}
EXPORT_SYMBOL_GPL(shim6_in_table);

/**
 * shim6_in_static() - a packet for this host, if it carries @tag, becomes one from @src to @dst (ULIDs)
 */
enum shim6_verdict shim6_in_static(struct sk_buff *skb, const struct nf_hook_state *state, u64 tag,
				   const struct in6_addr *src, const struct in6_addr *dst)
{
	struct shim6_net *sn = shim6_pernet(state->net);
	struct shim6_place pl;
	enum shim6_verdict v;
	u64 found;

	if (shim6_skb_find(skb, &pl) != 1)
		return SHIM6_PASS;
	v = tag_of(sn, skb, &pl, &found);
	if (v != SHIM6_DONE)
		return v;
	return found == tag ? restore_and_track(sn, skb, state, &pl, src, dst) : SHIM6_PASS;
}
EXPORT_SYMBOL_GPL(shim6_in_static);
