// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See shim6_offload.h.
 *
 * The flag INET6_PROTO_GSO_EXTHDR would do for segmentation, but it would also let GRO look through the header, check
 * TCP's checksum against the locators, and give aggregates one over these addresses: wrong for everyone they are
 * handed on to.  So TCP is aggregated only where its context is, over the ULIDs, and passed on as it is elsewhere.
 */
#include <linux/ipv6.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/tcp.h>
#include <net/gro.h>
#include <net/ip6_checksum.h>
#include <net/protocol.h>
#include <shim6_nl.h>
#include <shim6_wire.h>
#include "compat.h"
#include "shim6_ctx.h"
#include "shim6_hdr.h"
#include "shim6_offload.h"
#include "shim6_pmtu.h"
#include "shim6_skb.h"

static unsigned int soft_gso = 1;
module_param(soft_gso, uint, 0644);
MODULE_PARM_DESC(soft_gso, "Cut large segments in software: 0 never, 1 for real devices (default), 2 for all");

/* Not just a piece of software, or on top of something that is not. */
bool shim6_dev_is_hardware(const struct net_device *dev)
{
	return READ_ONCE(soft_gso) && (dev->dev.parent || !list_empty(&dev->adj_list.lower));
}

/* Would the device not ask us?  Those that trust nobody check large segments themselves. */
bool shim6_dev_must_cut(const struct net_device *dev)
{
	return READ_ONCE(soft_gso) > 1 ||
	       (shim6_dev_is_hardware(dev) && dev->features & dev->hw_enc_features & NETIF_F_GSO_ROBUST);
}

/* May the large segment @skb go out uncut? */
bool shim6_gso_may_pass(const struct sk_buff *skb, const struct shim6_place *pl, const struct shim6_route *r)
{
	return !shim6_dev_must_cut(r->dev) && skb_is_gso_tcp(skb) && pl->next == IPPROTO_TCP &&
	       skb->ip_summed == CHECKSUM_PARTIAL && !skb->encapsulation &&
	       skb->len + SHIM6_PAYLOAD_LEN <= SHIM6_IP6_LEN + IPV6_MAXPLEN;
}

/**
 * shim6_out_gso() - translate a large TCP segment that stays uncut
 * @skb:	packet of the ULIDs that shim6_gso_may_pass()
 * @x:		tag and locators
 * @pl:		where the header goes
 * @r:		the route over the locators
 *
 * Return: SHIM6_DONE or SHIM6_DROP.
 */
enum shim6_verdict shim6_out_gso(struct sk_buff *skb, const struct shim6_xlat *x, const struct shim6_place *pl,
				 const struct shim6_route *r)
{
	enum shim6_verdict v = shim6_out_rewrite(skb, x, pl, r->headroom);

	if (v != SHIM6_DONE)
		return v;
	/* TCP's retransmission queue shares the type, but sets it anew each time that it sends. */
	if (skb_header_unclone(skb, GFP_ATOMIC)) {
		shim6_count(x->sn, out_nomem);
		return SHIM6_DROP;
	}
	skb_shinfo(skb)->gso_type |= SKB_GSO_DODGY;
	skb_reset_inner_headers(skb);
	skb->encapsulation = 1;
	return SHIM6_DONE;
}

static const struct net_offload *inner_offload(u8 proto)
{
	return rcu_dereference(inet6_offloads[proto]);
}

/* @skb begins with the Payload Extension header; the IPv6 side of this fixes all lengths. */
static struct sk_buff *gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	/* Who segments before a device is known, to queue or to encrypt, wants the work done here. */
	bool hardware = !skb->dev || shim6_dev_is_hardware(skb->dev);
	const struct net_offload *inner;
	struct sk_buff *segs, *seg;

	if (!pskb_may_pull(skb, SHIM6_PAYLOAD_LEN) || !shim6_hdr_is_payload(skb->data))
		return ERR_PTR(-EINVAL);
	/* What TCP would find out itself, and set the number of segments if it were not known. */
	if (skb->data[0] == IPPROTO_TCP && skb_shinfo(skb)->gso_segs && !hardware &&
	    skb_gso_ok(skb, features | NETIF_F_GSO_ROBUST))
		return NULL;
	inner = inner_offload(skb->data[0]);
	if (!inner || !inner->callbacks.gso_segment)
		return ERR_PTR(-EPROTONOSUPPORT);
	__skb_pull(skb, SHIM6_PAYLOAD_LEN);
	skb_reset_transport_header(skb);
	if (hardware)
		features &= ~(NETIF_F_GSO_MASK | NETIF_F_IPV6_CSUM);
	segs = inner->callbacks.gso_segment(skb, features);
	if (!IS_ERR(segs))		/* NULL: the device takes it as it is */
		for (seg = segs; seg; seg = seg->next)
			seg->encapsulation = 0;
	return segs;
}

/* The context that a tagged TCP packet is for, or NULL.  @h: its Payload Extension header. */
static struct shim6_ctx *context(const struct sk_buff *skb, const u8 *h)
{
	struct shim6_ctx *ctx;

	if (!shim6_hdr_is_payload(h) || h[0] != IPPROTO_TCP)
		return NULL;
	ctx = shim6_ctx_by_tag(shim6_pernet_rcu(dev_net(skb->dev)), shim6_tag_get(h + 2));
	return ctx && !(READ_ONCE(ctx->flags) & SHIM6_CTX_F_DISCARD) ? ctx : NULL;
}

/*
 * Is TCP's checksum right for the ULIDs?  If so, TCP's own GRO, which knows of locators only, is not to check again.
 * skb_gro_checksum_validate() wants the name of what makes the sum over the addresses.
 */
static bool checksum_ok(struct sk_buff *skb, const struct shim6_ctx *ctx)
{
	__wsum sum = ~csum_unfold(csum_ipv6_magic(&ctx->ulids.peer, &ctx->ulids.local, skb_gro_len(skb),
						  IPPROTO_TCP, 0));

#define sum_of_ulids(skb, proto) sum
	if (skb_gro_checksum_validate(skb, IPPROTO_TCP, sum_of_ulids))
		return false;
#undef sum_of_ulids
	NAPI_GRO_CB(skb)->csum_cnt = 1;
	return true;
}

static struct sk_buff *gro_receive(struct list_head *head, struct sk_buff *skb)
{
	u32 off = skb_gro_offset(skb);
	const struct net_offload *inner = inner_offload(IPPROTO_TCP);
	const struct shim6_ctx *ctx;
	struct sk_buff *p;
	const u8 *h;

	h = skb_gro_header(skb, off + SHIM6_PAYLOAD_LEN, off);
	ctx = h ? context(skb, h) : NULL;
	if (!ctx || !inner || !inner->callbacks.gro_receive)
		goto flush;
	list_for_each_entry(p, head, list)
		if (NAPI_GRO_CB(p)->same_flow && memcmp(p->data + off, h, SHIM6_PAYLOAD_LEN))
			NAPI_GRO_CB(p)->same_flow = 0;
	skb_gro_pull(skb, SHIM6_PAYLOAD_LEN);
	skb_gro_postpull_rcsum(skb, h, SHIM6_PAYLOAD_LEN);
	skb_set_transport_header(skb, skb_gro_offset(skb));
	if (checksum_ok(skb, ctx))
		return call_gro_receive(inner->callbacks.gro_receive, head, skb);
flush:
	NAPI_GRO_CB(skb)->flush = 1;
	return NULL;
}

/* TCP has written the start of a checksum over the locators; it has to be that of the ULIDs. */
static int gro_complete(struct sk_buff *skb, int nhoff)
{
	const struct net_offload *inner = inner_offload(IPPROTO_TCP);
	const u8 *h = skb->data + nhoff;
	const struct shim6_ctx *ctx = context(skb, h);
	int err;

	if (WARN_ON_ONCE(!inner || !inner->callbacks.gro_complete))
		return -ENOENT;
	nhoff += SHIM6_PAYLOAD_LEN;
	err = inner->callbacks.gro_complete(skb, nhoff);
	if (!ctx)		/* it has just gone: the packet will be dropped for its tag */
		return err;
	tcp_hdr(skb)->check = ~tcp_v6_check(skb->len - nhoff, &ctx->ulids.peer, &ctx->ulids.local, 0);
	shim6_count(ctx->sn, gro_merged);
	return err;
}

static const struct net_offload offload = {
	.callbacks = {
		.gso_segment = gso_segment,
		.gro_receive = gro_receive,
		.gro_complete = gro_complete,
	},
};

int __init shim6_offload_init(void)
{
	return inet6_add_offload(&offload, SHIM6_PROTO);
}

/* Waits for all who may be in it. */
void shim6_offload_exit(void)
{
	inet6_del_offload(&offload, SHIM6_PROTO);
}
