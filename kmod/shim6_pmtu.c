// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_pmtu.h. */
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/sock.h>
#include <shim6_wire.h>
#include "compat.h"
#include "shim6_ctx.h"
#include "shim6_offload.h"
#include "shim6_pmtu.h"
#include "shim6_skb.h"

static void describe(const struct dst_entry *dst, struct shim6_route *r)
{
	const struct net_device *dev = dst->dev;

	r->mtu = dst_mtu(dst);
	r->headroom = LL_RESERVED_SPACE(dev);
	r->plain_checksum = dev->features & NETIF_F_HW_CSUM;
	r->dev = dev;
}

/* As ip6_route_me_harder() will ask; IPsec between the locators takes its part of the MTU.  ERR_PTR: there is none. */
static struct dst_entry *route_of(const struct sk_buff *skb, const struct nf_hook_state *state,
				  const struct in6_addr *src, const struct in6_addr *dst)
{
	struct sock *sk = sk_to_full_sk(state->sk);
	struct flowi6 fl6 = {
		.flowi6_oif = sk ? sk->sk_bound_dev_if : 0,
		.flowi6_l3mdev = l3mdev_master_ifindex_rcu(skb_dst(skb)->dev),
		.flowi6_mark = skb->mark,
		.flowi6_uid = sock_net_uid(state->net, sk),
		.saddr = *src,
		.daddr = *dst,
	};

	struct dst_entry *rt = ip6_route_output(state->net, sk, &fl6);

	if (rt->error) {
		dst_release(rt);
		return ERR_PTR(-EHOSTUNREACH);
	}
	if (!shim6_xfrm_out(state->net, state->sk))
		return rt;
	fl6.flowi6_proto = SHIM6_PROTO;
	return xfrm_lookup(state->net, rt, flowi6_to_flowi(&fl6), sk, 0);
}

/* Packets whose route depends on more than is kept with it: they are asked for one by one. */
static bool special(const struct sk_buff *skb, const struct nf_hook_state *state)
{
	return (state->sk && sk_fullsock(state->sk) && state->sk->sk_bound_dev_if) ||
	       l3mdev_master_ifindex_rcu(skb_dst(skb)->dev) || shim6_xfrm_out(state->net, state->sk);
}

/* Is the route that is kept one for @skb? */
static bool serves(const struct shim6_kept *kept, const struct sk_buff *skb, const struct nf_hook_state *state)
{
	return kept->dst && kept->mark == skb->mark &&
	       uid_eq(kept->uid, sock_net_uid(state->net, sk_to_full_sk(state->sk))) &&
	       dst_check(kept->dst, kept->cookie);
}

/* Keep the route for the packets to come, unless the context has moved since @locs were read. */
static void keep(struct shim6_ctx *ctx, const struct shim6_locs *locs, const struct shim6_kept *kept)
{
	struct dst_entry *old;

	dst_hold(kept->dst);
	write_seqlock_bh(&ctx->seq);
	if (ctx->tagged && !memcmp(&ctx->locs, locs, sizeof(*locs))) {
		ctx->mark = kept->mark;
		ctx->uid = kept->uid;
		ctx->cookie = kept->cookie;
		old = rcu_replace_pointer(ctx->dst, kept->dst, lockdep_is_held(&ctx->seq.lock));
	} else {
		old = kept->dst;
	}
	write_sequnlock_bh(&ctx->seq);
	dst_release(old);	/* freed after a grace period */
}

/**
 * shim6_route_lookup() - what the way over the locators is like for @skb
 * @skb:	packet on its way out
 * @state:	of the hook
 * @x:		locators; its @kept becomes the route, or none if it cannot be kept
 * @r:		the answer
 *
 * The caller is in an RCU read side.
 *
 * Return: false if there is no such route.
 */
bool shim6_route_lookup(const struct sk_buff *skb, const struct nf_hook_state *state, struct shim6_xlat *x,
			struct shim6_route *r)
{
	bool alone = !x->ctx || special(skb, state);
	struct dst_entry *rt;

	if (likely(!alone && serves(&x->kept, skb, state))) {
		describe(x->kept.dst, r);
		return true;
	}
	x->kept.dst = NULL;
	rt = route_of(skb, state, &x->locs.local, &x->locs.peer);
	if (IS_ERR(rt))
		return false;
	describe(rt, r);
	if (!alone) {
		x->kept = (struct shim6_kept){
			.dst = rt,
			.uid = sock_net_uid(state->net, sk_to_full_sk(state->sk)),
			.mark = skb->mark,
			.cookie = rt6_get_cookie((struct rt6_info *)rt),
		};
		keep(x->ctx, &x->locs, &x->kept);
	}
	dst_release(rt);
	return true;
}

/* The MTU to tell upper layers when the path's is @mtu (RFC 5533, 8: less 8; Q25). */
u32 shim6_pmtu_inner(u32 mtu)
{
	return max_t(u32, mtu, IPV6_MIN_MTU + SHIM6_PAYLOAD_LEN) - SHIM6_PAYLOAD_LEN;
}

/* At most ten times a second: each time every socket's route is looked up again. */
static bool told_lately(struct shim6_ctx *ctx)
{
	u32 now = (u32)jiffies, last = READ_ONCE(ctx->pmtu_told);

	if (last && now - last < HZ / 10)
		return true;
	WRITE_ONCE(ctx->pmtu_told, now ?: 1);
	return false;
}

/**
 * shim6_pmtu_tell() - a packet is too large for the path by no more than the shim
 * @skb:	packet of the ULIDs, with its route
 * @ctx:	its context, or NULL for a static rule
 * @mtu:	of the path
 */
void shim6_pmtu_tell(struct sk_buff *skb, struct shim6_ctx *ctx, u32 mtu)
{
	struct dst_entry *dst = skb_dst(skb);
	u32 inner = shim6_pmtu_inner(mtu);

	if (dst_mtu(dst) <= inner || !dst->ops->update_pmtu || (ctx && told_lately(ctx)))
		return;
	if (ctx)
		WRITE_ONCE(ctx->pmtu, inner);
	dst->ops->update_pmtu(dst, NULL, skb, inner, false);
	shim6_count(shim6_pernet(dev_net(dst->dev)), out_pmtu_told);
}

static struct dst_entry *route_plain(struct net *net, const struct in6_addr *src, const struct in6_addr *dst)
{
	struct flowi6 fl6 = { .saddr = *src, .daddr = *dst, .flowi6_uid = sock_net_uid(net, NULL) };
	struct dst_entry *rt = ip6_route_output(net, NULL, &fl6);

	if (!rt->error)
		return rt;
	dst_release(rt);
	return NULL;
}

/* Make an exception to the ULIDs' route.  The kernel wants to be told by a packet. */
static void tell_now(struct shim6_ctx *ctx, u32 inner)
{
	struct dst_entry *rt = route_plain(ctx->sn->net, &ctx->ulids.local, &ctx->ulids.peer);
	struct sk_buff *skb;
	struct ipv6hdr *ip6;

	if (!rt)
		return;
	if (dst_mtu(rt) == inner)	/* said before, perhaps by a context of the pair that is no more */
		WRITE_ONCE(ctx->pmtu, inner);
	if (dst_mtu(rt) <= inner || !rt->ops->update_pmtu)
		goto out;
	skb = alloc_skb(sizeof(*ip6), GFP_KERNEL);
	if (!skb)
		goto out;
	skb_reset_network_header(skb);
	ip6 = skb_put_zero(skb, sizeof(*ip6));
	ip6->version = 6;
	ip6->nexthdr = NEXTHDR_NONE;
	ip6->saddr = ctx->ulids.local;
	ip6->daddr = ctx->ulids.peer;
	WRITE_ONCE(ctx->pmtu, inner);
	rt->ops->update_pmtu(rt, NULL, skb, inner, false);
	shim6_count(ctx->sn, out_pmtu_told);
	kfree_skb(skb);
out:
	dst_release(rt);
}

/**
 * shim6_pmtu_forget() - give upper layers their 8 octets back
 * @ctx:	context whose packets are no longer tagged; the caller holds the namespace's lock
 */
void shim6_pmtu_forget(struct shim6_ctx *ctx)
{
	struct dst_entry *rt;

	if (!ctx->pmtu)
		return;
	rt = route_plain(ctx->sn->net, &ctx->ulids.local, &ctx->ulids.peer);
	if (!rt)
		return;
	/* Only what we said, not what the network said. */
	if (((struct rt6_info *)rt)->rt6i_flags & RTF_CACHE && dst_mtu(rt) == ctx->pmtu)
		dst_set_expires(rt, 0);
	ctx->pmtu = 0;
	dst_release(rt);
}

/**
 * shim6_pmtu_announce() - the locators of a context are new: tell upper layers before their packets do not fit
 * @ctx:	context; the caller holds the namespace's lock
 * @was_tagged:	its packets had a header until now
 */
void shim6_pmtu_announce(struct shim6_ctx *ctx, bool was_tagged)
{
	struct dst_entry *rt;

	lockdep_assert_held(&ctx->sn->lock);
	if (!ctx->tagged) {
		if (was_tagged)
			shim6_pmtu_forget(ctx);
		return;
	}
	rt = route_plain(ctx->sn->net, &ctx->locs.local, &ctx->locs.peer);
	if (!rt)
		return;
	tell_now(ctx, shim6_pmtu_inner(dst_mtu(rt)));
	dst_release(rt);
}
