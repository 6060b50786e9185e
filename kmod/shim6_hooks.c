// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_hooks.h. */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include "shim6_ctx.h"
#include "shim6_hooks.h"
#include "shim6_skb.h"

static unsigned int verdict(enum shim6_verdict v)
{
	switch (v) {
	case SHIM6_DROP:
		return NF_DROP;
	case SHIM6_STOLEN:
		return NF_STOLEN;
	default:
		return NF_ACCEPT;
	}
}

static unsigned int local_out(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return verdict(shim6_out_hook(skb, state));
}

static unsigned int local_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return verdict(shim6_in_table(skb, state));
}

static const struct nf_hook_ops ops[] = {
	{
		.hook = local_out,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_OUT,
		.priority = NF_IP6_PRI_MANGLE,
	}, {
		.hook = local_in,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = NF_IP6_PRI_MANGLE,
	},
};

/**
 * shim6_hooks_set() - register or remove the hooks of a namespace
 * @sn:		namespace; the caller holds its lock, or it is going away
 * @on:		the state wanted
 *
 * Return: 0 or the error of the registration.
 */
int shim6_hooks_set(struct shim6_net *sn, bool on)
{
	int err = 0;

	if (sn->hooks == on)
		return 0;
	if (on)
		err = nf_register_net_hooks(sn->net, ops, ARRAY_SIZE(ops));
	else
		nf_unregister_net_hooks(sn->net, ops, ARRAY_SIZE(ops));
	if (!err)
		WRITE_ONCE(sn->hooks, on);
	return err;
}

/**
 * shim6_conntrack_set() - have the IPv6 connections of a namespace tracked, or no longer for our sake
 * @sn:		namespace; the caller holds its lock, or it is going away
 * @on:		the state wanted
 *
 * The kernel tracks only where a rule or somebody like us asks for it.
 *
 * Return: 0 or the error of connection tracking.
 */
int shim6_conntrack_set(struct shim6_net *sn, bool on)
{
	int err = 0;

	if (sn->conntrack == on)
		return 0;
	if (on)
		err = nf_ct_netns_get(sn->net, NFPROTO_IPV6);
	else
		nf_ct_netns_put(sn->net, NFPROTO_IPV6);
	if (!err)
		WRITE_ONCE(sn->conntrack, on);
	return err;
}
