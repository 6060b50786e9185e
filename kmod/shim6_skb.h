/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation of packets, out (RFC 5533, 11) and in (12.2).
 *
 * Called at Netfilter's LOCAL_OUT and LOCAL_IN, in an RCU read side.  Every function that takes an skb may move its
 * data: callers re-read their pointers.
 */
#ifndef _SHIM6_SKB_H
#define _SHIM6_SKB_H

#include <linux/ipv6.h>
#include <linux/skbuff.h>
#include "shim6_ctx.h"
#include "shim6_hdr.h"

struct dst_entry;
struct nf_hook_state;
struct shim6_route;

enum shim6_verdict {
	SHIM6_PASS,		/* not ours, or untouched */
	SHIM6_KEEP,		/* output: ours, goes as it is; no rule behind may look for another context */
	SHIM6_DONE,		/* translated; on output it has to be routed again */
	SHIM6_DROP,		/* drop it; counted */
	SHIM6_STOLEN,		/* it is ours now, or freed */
	SHIM6_CONTROL,		/* input: a control message, for the control daemon */
	SHIM6_REAP,		/* input: for the reachability daemon */
};

/* What becomes of a packet on its way out. */
struct shim6_xlat {
	struct shim6_net *sn;
	struct shim6_ctx *ctx;		/* NULL for a static rule */
	struct shim6_locs locs;
	struct shim6_kept kept;		/* the route of packets before it, then its own if it is kept */
};

/* The interface of the targets and hooks. */
enum shim6_verdict shim6_out_rule(struct sk_buff *skb, const struct nf_hook_state *state, u32 fii);
enum shim6_verdict shim6_out_hook(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state);
enum shim6_verdict shim6_out_static(struct sk_buff *skb, const struct nf_hook_state *state, u64 tag,
				    const struct in6_addr *src, const struct in6_addr *dst);
enum shim6_verdict shim6_in_table(struct sk_buff *skb, const struct nf_hook_state *state);
enum shim6_verdict shim6_in_static(struct sk_buff *skb, const struct nf_hook_state *state, u64 tag,
				   const struct in6_addr *src, const struct in6_addr *dst);

/*
 * A rule wishes a packet out translated by whatever context it has; shim6_hooks.c sees to it.  The wish has to stay
 * with the packet, which other rules may queue, cut or clone meanwhile.  The kernel's own IP6SKB_ flags go up from
 * bit 0.
 */
#define SHIM6_SKB_WISH	BIT(15)
/* The route of a packet in came from shim6_early_get(). */
#define SHIM6_SKB_EARLY	BIT(14)

static inline bool shim6_out_take_wish(struct sk_buff *skb)
{
	bool wish = IP6CB(skb)->flags & SHIM6_SKB_WISH;

	if (wish)
		IP6CB(skb)->flags &= ~SHIM6_SKB_WISH;
	return wish;
}

/* Looking into packets: for the match, too. */
const u8 *shim6_skb_get(const void *from, u32 off, u32 len, void *buf);
int shim6_skb_find(const struct sk_buff *skb, struct shim6_place *pl);

/* What nearly all packets are: TCP or UDP right behind the IPv6 header; then @pl is their place. */
static inline bool shim6_skb_is_bare(const struct sk_buff *skb, struct shim6_place *pl)
{
	u8 next = ipv6_hdr(skb)->nexthdr;

	if (next != IPPROTO_TCP && next != IPPROTO_UDP)
		return false;
	*pl = (struct shim6_place){ .off = SHIM6_IP6_LEN, .prev = SHIM6_IP6_NEXTHDR, .next = next };
	return true;
}

/* Between the files of translation. */
enum shim6_verdict shim6_out_rewrite(struct sk_buff *skb, const struct shim6_xlat *x, const struct shim6_place *pl,
				     u32 headroom);
enum shim6_verdict shim6_out_large(struct sk_buff *skb, const struct nf_hook_state *state, const struct shim6_xlat *x,
				   const struct shim6_place *pl, const struct shim6_route *r);
enum shim6_verdict shim6_out_gso(struct sk_buff *skb, const struct shim6_xlat *x, const struct shim6_place *pl,
				 const struct shim6_route *r);
void shim6_in_take_off(struct sk_buff *skb, const struct shim6_place *pl);
enum shim6_verdict shim6_in_retrack(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state);
enum shim6_verdict shim6_in_icmp(struct shim6_net *sn, struct sk_buff *skb, const struct nf_hook_state *state,
				 const struct shim6_place *pl);

#endif /* _SHIM6_SKB_H */
