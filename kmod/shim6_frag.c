// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets on their way out that 8 octets more make too large.  Nothing is lost: they are sent in smaller pieces, cut
 * above the shim (RFC 5533, 1.6: IPv6, Shim6, Fragment), and the upper layer is told.  See shim6_skb.h.
 *
 * Pieces go out by LOCAL_OUT as any packet does, so that the rules behind the shim see them; the shim knows them by
 * their Shim6 header.
 */
#include <linux/netdevice.h>
#include <linux/netfilter_ipv6.h>
#include <linux/tcp.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include "compat.h"
#include "shim6_ctx.h"
#include "shim6_offload.h"
#include "shim6_pmtu.h"
#include "shim6_skb.h"
#include "shim6_track.h"

/* Large segments are not made smaller than this; rather they are cut into fragments. */
#define GSO_SIZE_MIN	512

/*
 * NAT was done, but LOCAL_OUT would see a flow to which DNAT is done there, and write its port where the header is now.
 * So connection tracking is through with this piece already, and rules see it untracked.
 */
static bool out_of_nat(struct sk_buff *skb)
{
	if (!shim6_track_natted(skb))
		return true;
	if (shim6_track_settle(skb) != NF_ACCEPT)
		return false;
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	return true;
}

/* Translate one piece that fits and send it.  Takes the skb. */
static void send_piece(struct sk_buff *skb, const struct nf_hook_state *state, const struct shim6_xlat *x,
		       const struct shim6_place *pl, const struct shim6_route *r)
{
	if (shim6_out_rewrite(skb, x, pl, r->headroom) != SHIM6_DONE) {
		kfree_skb(skb);
	} else if (nf_ip6_route_me_harder(state->net, state->sk, skb)) {
		shim6_count(x->sn, out_no_route);
		kfree_skb(skb);
	} else if (!out_of_nat(skb)) {
		kfree_skb(skb);
	} else {
		ip6_local_out(state->net, state->sk, skb);
	}
}

/* Cut a packet of the ULIDs into fragments that fit.  Takes the skb. */
static void send_fragments(struct sk_buff *skb, const struct nf_hook_state *state, const struct shim6_xlat *x,
			   const struct shim6_place *pl, const struct shim6_route *r)
{
	u32 room = r->mtu - SHIM6_PAYLOAD_LEN - pl->off - sizeof(struct frag_hdr);
	struct shim6_place frag_pl = *pl;
	struct ip6_frag_state frags;
	struct sk_buff *frag;
	__be32 id;

	if (pl->next == NEXTHDR_FRAGMENT) {
		shim6_count(x->sn, out_refragment);
		goto out;
	}
	/* Anybody may set a Routing header that leaves no room; ip6_frag_next() would cut nothing off for ever. */
	if (r->mtu < SHIM6_PAYLOAD_LEN + pl->off + sizeof(struct frag_hdr) + 8) {
		shim6_count(x->sn, out_no_room);
		goto out;
	}
	/* Both may move the packet. */
	if (!pskb_may_pull(skb, pl->off) || (skb->ip_summed == CHECKSUM_PARTIAL && skb_csum_hwoffload_help(skb, 0)))
		goto nomem;
	id = ipv6_select_ident(state->net, &ipv6_hdr(skb)->daddr, &ipv6_hdr(skb)->saddr);
	ip6_frag_init(skb, pl->off, room, 0, r->headroom + SHIM6_PAYLOAD_LEN, skb_network_header(skb) + pl->prev,
		      pl->next, id, &frags);
	frag_pl.next = NEXTHDR_FRAGMENT;
	while (frags.left > 0) {
		frag = ip6_frag_next(skb, &frags);
		if (IS_ERR(frag))
			goto nomem;
		shim6_count(x->sn, out_fragments);
		send_piece(frag, state, x, &frag_pl, r);
	}
	shim6_count(x->sn, out_fragmented);
	consume_skb(skb);
	return;

nomem:
	shim6_count(x->sn, out_nomem);
out:
	kfree_skb(skb);
}

/* A packet for no further segmentation.  Takes the skb. */
static void send_one(struct sk_buff *skb, const struct nf_hook_state *state, const struct shim6_xlat *x,
		     const struct shim6_route *r)
{
	struct shim6_place pl;

	/* Not the place of the large packet: a Hop-by-Hop header that only said its length is gone now. */
	if (shim6_hdr_insert_place(shim6_skb_get, skb, &pl)) {
		shim6_count(x->sn, out_malformed);
		kfree_skb(skb);
	} else if (skb->len + SHIM6_PAYLOAD_LEN > r->mtu) {
		send_fragments(skb, state, x, &pl, r);
	} else {
		send_piece(skb, state, x, &pl, r);
	}
}

/*
 * Segments of more than 64 KB (BIG TCP) carry a Hop-by-Hop header that says how long they are, for the stack's own use.
 * The stack's segmentation takes it off, but counts on an Ethernet header in front, which is not there yet.
 */
static bool drop_jumbo(struct sk_buff *skb)
{
	static const struct shim6_place pl = { .off = SHIM6_IP6_LEN, .prev = SHIM6_IP6_NEXTHDR };
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	const u8 *hop;

	if (ip6->payload_len || ip6->nexthdr != NEXTHDR_HOP)
		return true;
	if (!pskb_may_pull(skb, SHIM6_IP6_LEN + 8) || skb_cow_head(skb, 0))	/* may move the packet */
		return false;
	hop = skb_network_header(skb) + SHIM6_IP6_LEN;
	if (hop[1] || hop[2] != IPV6_TLV_JUMBO)
		return true;
	BUILD_BUG_ON(SHIM6_PAYLOAD_LEN != 8);		/* both have 8 octets and begin with the next one's type */
	shim6_hdr_close(skb_network_header(skb), &pl);
	skb_pull(skb, SHIM6_PAYLOAD_LEN);
	skb_reset_network_header(skb);
	return true;
}

/* Cut a large segment here, as the device would have done.  Takes the skb, unless it returns false. */
static bool send_segments(struct sk_buff *skb, const struct nf_hook_state *state, const struct shim6_xlat *x,
			  const struct shim6_route *r)
{
	netdev_features_t features = NETIF_F_SG | NETIF_F_HIGHDMA | (r->plain_checksum ? NETIF_F_HW_CSUM : 0);
	struct sk_buff *segs, *next;

	if (!drop_jumbo(skb))
		return false;
	skb->dev = skb_dst(skb)->dev;
	segs = skb_gso_segment(skb, features);
	if (IS_ERR_OR_NULL(segs))
		return false;
	shim6_count(x->sn, out_segmented);
	consume_skb(skb);
	skb_list_walk_safe(segs, segs, next) {
		skb_mark_not_on_list(segs);
		send_one(segs, state, x, r);
	}
	return true;
}

/*
 * Let a large TCP segment be cut finer.  TCP minds only the octets, but its retransmission queue shares the sizes, so
 * they are changed in a copy.
 */
static bool shrink(struct sk_buff *skb, const struct shim6_place *pl, const struct shim6_route *r)
{
	u32 headers, size;

	if (!skb_is_gso_tcp(skb) || skb->encapsulation || pl->next != NEXTHDR_TCP)
		return false;
	headers = skb_transport_offset(skb) + tcp_hdrlen(skb);
	if (headers + SHIM6_PAYLOAD_LEN + GSO_SIZE_MIN > r->mtu || skb_unclone(skb, GFP_ATOMIC))
		return false;
	size = min_t(u32, r->mtu - SHIM6_PAYLOAD_LEN - headers, skb_shinfo(skb)->gso_size);
	skb_shinfo(skb)->gso_size = size;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len - headers, size);
	return true;
}

/**
 * shim6_out_large() - a packet that does not go over the route as it is
 * @skb:	packet of the ULIDs
 * @state:	of the hook
 * @x:		tag and locators
 * @pl:		where the header goes
 * @r:		the route over the locators
 *
 * Return: SHIM6_DONE, SHIM6_DROP or SHIM6_STOLEN.
 */
enum shim6_verdict shim6_out_large(struct sk_buff *skb, const struct nf_hook_state *state, const struct shim6_xlat *x,
				   const struct shim6_place *pl, const struct shim6_route *r)
{
	bool gso = skb_is_gso(skb);

	if (!gso || !skb_gso_validate_network_len(skb, r->mtu - SHIM6_PAYLOAD_LEN)) {
		shim6_pmtu_tell(skb, x->ctx, r->mtu);
		if (gso && shrink(skb, pl, r)) {
			shim6_count(x->sn, out_shrunk);
			if (shim6_gso_may_pass(skb, pl, r))
				return shim6_out_gso(skb, x, pl, r);
		}
	}
	if (!gso) {
		send_one(skb, state, x, r);
	} else if (!send_segments(skb, state, x, r)) {
		shim6_count(x->sn, out_nomem);
		return SHIM6_DROP;
	}
	return SHIM6_STOLEN;
}
