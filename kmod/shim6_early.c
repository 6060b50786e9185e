// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_early.h. */
#include <linux/hash.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ipv6.h>
#include "shim6_ctx.h"
#include "shim6_early.h"
#include "shim6_skb.h"

/* A slot is for the pair that came last, but that many pairs are no work: it changes so often. */
#define REST	(HZ / 16)

/* Immutable. */
struct shim6_early {
	struct in6_addr src, dst;
	int iif;
	u32 cookie;
	struct dst_entry *route;
	unsigned long since;
	struct rcu_head rcu;
};

static struct shim6_early __rcu **slot_of(struct shim6_net *sn, const struct sk_buff *skb)
{
	const struct ipv6hdr *ip6 = ipv6_hdr(skb);
	__be32 sum = ip6->saddr.s6_addr32[0] ^ ip6->saddr.s6_addr32[1] ^ ip6->saddr.s6_addr32[3] ^
		     ip6->daddr.s6_addr32[1] ^ ip6->daddr.s6_addr32[3];

	return &sn->early[hash_32((__force u32)sum, SHIM6_EARLY_BITS)];
}

static bool serves(const struct shim6_early *e, const struct sk_buff *skb)
{
	return ipv6_addr_equal(&e->src, &ipv6_hdr(skb)->saddr) && ipv6_addr_equal(&e->dst, &ipv6_hdr(skb)->daddr) &&
	       e->iif == skb->skb_iif && dst_check(e->route, e->cookie);
}

/* A Shim6 packet is about to be routed. */
void shim6_early_get(struct shim6_net *sn, struct sk_buff *skb)
{
	const struct shim6_early *e;

	if (skb_dst(skb))
		return;
	e = rcu_dereference(*slot_of(sn, skb));
	if (!e || !serves(e, skb))
		return;
	skb_dst_set_noref(skb, e->route);
	IP6CB(skb)->flags |= SHIM6_SKB_EARLY;
}

static void forget(struct shim6_early *e)
{
	if (!e)
		return;
	dst_release(e->route);	/* freed after a grace period, as we are */
	kfree_rcu(e, rcu);
}

/* Is the route of a packet to this host all there is to know?  In a VRF packets are routed twice. */
static bool ordinary(const struct sk_buff *skb)
{
	const struct rt6_info *rt = (const struct rt6_info *)skb_dst(skb);

	return rt->rt6i_flags & RTF_LOCAL && !netif_is_l3_master(skb->dev) && !(IP6CB(skb)->flags & IP6SKB_L3SLAVE);
}

/* A packet of a context, still with its locators, was routed to this host. */
void shim6_early_keep(struct shim6_net *sn, const struct sk_buff *skb)
{
	struct shim6_early __rcu **slot = slot_of(sn, skb);
	struct shim6_early *e = rcu_dereference(*slot);
	struct dst_entry *route = skb_dst(skb);

	if (e && (e->route == route || time_before(jiffies, e->since + REST)))
		return;
	if (!route || !ordinary(skb))
		return;
	e = kmalloc(sizeof(*e), GFP_ATOMIC | __GFP_NOWARN);
	if (!e)
		return;
	if (!dst_hold_safe(route)) {
		kfree(e);
		return;
	}
	*e = (struct shim6_early){
		.src = ipv6_hdr(skb)->saddr,
		.dst = ipv6_hdr(skb)->daddr,
		.iif = skb->skb_iif,
		.cookie = rt6_get_cookie((struct rt6_info *)route),
		.route = route,
		.since = jiffies,
	};
	forget(unrcu_pointer(xchg(slot, RCU_INITIALIZER(e))));
}

/* No context is tagged any more.  A packet may still leave one behind, so the end of a namespace asks again. */
void shim6_early_drop(struct shim6_net *sn)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sn->early); i++)
		forget(unrcu_pointer(xchg(&sn->early[i], NULL)));
}
