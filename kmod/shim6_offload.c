// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_offload.h. */
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <net/gro.h>
#include <net/protocol.h>
#include <shim6_wire.h>
#include "compat.h"
#include "shim6_hdr.h"
#include "shim6_offload.h"

/*
 * The flag INET6_PROTO_GSO_EXTHDR would do for segmentation, but it also lets GRO look into packets between locators
 * and aggregate them with a checksum over these addresses; it would be wrong for everyone the packet is handed on to.
 */
static struct sk_buff *gso_segment(struct sk_buff *skb, netdev_features_t features)
{
	const struct net_offload *inner;
	const u8 *h;

	if (!pskb_may_pull(skb, SHIM6_PAYLOAD_LEN))
		return ERR_PTR(-EINVAL);
	h = skb->data;
	if (!shim6_hdr_is_payload(h))
		return ERR_PTR(-EINVAL);
	inner = rcu_dereference(inet6_offloads[h[0]]);
	if (!inner || !inner->callbacks.gso_segment)
		return ERR_PTR(-EPROTONOSUPPORT);
	__skb_pull(skb, SHIM6_PAYLOAD_LEN);
	skb_reset_transport_header(skb);
	return inner->callbacks.gso_segment(skb, features);
}

static const struct net_offload offload = {
	.callbacks = {
		.gso_segment = gso_segment,
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
