// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_pmtu.h. */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>
#include <net/dst.h>
#include <net/ip6_fib.h>
#include <net/ip6_route.h>
#include <net/ipv6.h>
#include <net/l3mdev.h>
#include <net/sock.h>
#include <shim6_wire.h>
#include "shim6_ctx.h"
#include "shim6_pmtu.h"

/*
 * Hardware that segments TCP computes the checksum of each piece over the addresses that it finds in the IPv6 header;
 * ours has to be that of the ULIDs, and few devices look behind header 140 at all.  So large segments are cut here
 * unless the device is a piece of software that only hands them on.
 */
/*
 * A large segment that a router on the same machine gets uncut (veth, virtio) is measured there as if TCP began
 * behind the IPv6 header: it takes the first octet of the sequence number for the length of the TCP header, and calls
 * packets too big that are not.  So always is the default.
 */
static unsigned int soft_gso = 2;
module_param(soft_gso, uint, 0644);
MODULE_PARM_DESC(soft_gso, "Cut large segments: 0 never, 1 for real devices, 2 always (default)");

static bool must_cut(const struct net_device *dev)
{
	unsigned int mode = READ_ONCE(soft_gso);

	return mode && (mode > 1 || dev->dev.parent || !list_empty(&dev->adj_list.lower));
}

static void describe(const struct dst_entry *dst, struct shim6_route *r)
{
	const struct net_device *dev = dst->dev;

	r->mtu = dst_mtu(dst);
	r->headroom = LL_RESERVED_SPACE(dev);
	r->plain_checksum = dev->features & NETIF_F_HW_CSUM;
	r->cut_here = must_cut(dev);
}

/* As ip6_route_me_harder() will ask. */
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

	return ip6_route_output(state->net, sk, &fl6);
}

/* Keep the route for the packets to come.  Only its MTU and device are used, so it need not fit them exactly. */
static void remember(struct shim6_path *path, struct dst_entry *dst, u32 mark)
{
	struct dst_entry *old;

	WRITE_ONCE(path->mark, mark);
	WRITE_ONCE(path->cookie, rt6_get_cookie((struct rt6_info *)dst));
	dst_hold(dst);
	old = unrcu_pointer(xchg(&path->dst, RCU_INITIALIZER(dst)));
	dst_release(old);	/* freed after a grace period */
}

/**
 * shim6_route_lookup() - what the way from @src to @dst is like for @skb
 * @skb:	packet on its way out
 * @state:	of the hook
 * @path:	keeps the answer for the next packet, or NULL
 * @src:	locator
 * @dst:	locator
 * @r:		the answer
 *
 * The caller is in an RCU read side.
 *
 * Return: false if there is no such route.
 */
bool shim6_route_lookup(const struct sk_buff *skb, const struct nf_hook_state *state, struct shim6_path *path,
			const struct in6_addr *src, const struct in6_addr *dst, struct shim6_route *r)
{
	bool bound = state->sk && sk_fullsock(state->sk) && state->sk->sk_bound_dev_if;
	struct dst_entry *rt;

	if (bound)
		path = NULL;
	if (path) {
		rt = rcu_dereference(path->dst);
		if (rt && READ_ONCE(path->mark) == skb->mark && dst_check(rt, READ_ONCE(path->cookie))) {
			describe(rt, r);
			return true;
		}
	}
	rt = route_of(skb, state, src, dst);
	if (rt->error) {
		dst_release(rt);
		return false;
	}
	describe(rt, r);
	if (path)
		remember(path, rt, skb->mark);
	dst_release(rt);
	return true;
}

/* The MTU to tell upper layers when the path's is @mtu (RFC 5533, 8: less 8; Q25). */
u32 shim6_pmtu_inner(u32 mtu)
{
	return max_t(u32, mtu - SHIM6_PAYLOAD_LEN, IPV6_MIN_MTU);
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
	const struct shim6_path *path = rcu_dereference_protected(ctx->path, lockdep_is_held(&ctx->sn->lock));
	struct dst_entry *rt;

	if (path->plain) {
		if (was_tagged)
			shim6_pmtu_forget(ctx);
		return;
	}
	rt = route_plain(ctx->sn->net, &path->local, &path->peer);
	if (!rt)
		return;
	tell_now(ctx, shim6_pmtu_inner(dst_mtu(rt)));
	dst_release(rt);
}
