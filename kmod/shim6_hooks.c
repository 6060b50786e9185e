// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_hooks.h. */
#include <linux/netfilter.h>
#include <linux/netfilter_ipv6.h>
#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>
#include <shim6_wire.h>
#include "shim6_ctx.h"
#include "shim6_early.h"
#include "shim6_hooks.h"
#include "shim6_skb.h"
#include "shim6_track.h"

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
	struct shim6_net *sn = shim6_pernet_rcu(state->net);

	return shim6_out_take_wish(skb) || READ_ONCE(sn->hooks) ? verdict(shim6_out_hook(sn, skb, state)) : NF_ACCEPT;
}

static unsigned int pre_routing(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	if (ipv6_hdr(skb)->nexthdr == SHIM6_PROTO)
		shim6_early_get(shim6_pernet_rcu(state->net), skb);
	return NF_ACCEPT;
}

static unsigned int post_routing(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	return shim6_track_settle(skb);
}

/* As the rules do it with -j NFQUEUE --queue-bypass: with nobody listening a message goes on to the stack. */
static unsigned int queue(s32 num)
{
	return num < 0 ? NF_ACCEPT : NF_QUEUE_NR(num) | NF_VERDICT_FLAG_QUEUE_BYPASS;
}

static unsigned int local_in(void *priv, struct sk_buff *skb, const struct nf_hook_state *state)
{
	enum shim6_verdict v = shim6_in_table(skb, state);

	switch (v) {
	case SHIM6_CONTROL:
		return queue(READ_ONCE(shim6_pernet(state->net)->queue_control));
	case SHIM6_REAP:
		return queue(READ_ONCE(shim6_pernet(state->net)->queue_reap));
	default:
		return verdict(v);
	}
}

static const struct nf_hook_ops out_ops = {
	.hook = local_out,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_LOCAL_OUT,
	.priority = NF_IP6_PRI_NAT_DST + 1,	/* behind mangle, and NAT of what this host sends */
};

static const struct nf_hook_ops early_ops = {
	.hook = pre_routing,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_PRE_ROUTING,
	.priority = NF_IP6_PRI_LAST,
};

static const struct nf_hook_ops settle_ops = {
	.hook = post_routing,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_POST_ROUTING,
	.priority = NF_IP6_PRI_NAT_SRC - 1,
};

static const struct nf_hook_ops in_ops = {
	.hook = local_in,
	.pf = NFPROTO_IPV6,
	.hooknum = NF_INET_LOCAL_IN,
	.priority = NF_IP6_PRI_MANGLE,
};

/**
 * shim6_hooks_use() - a namespace gets its first context or has lost its last one
 * @sn:		namespace; the caller holds its lock
 * @on:		which of them
 *
 * Return: 0 or the error of the registration.
 */
int shim6_hooks_use(struct shim6_net *sn, bool on)
{
	if (on)
		return nf_register_net_hook(sn->net, &out_ops);
	nf_unregister_net_hook(sn->net, &out_ops);
	return 0;
}

static int use_hook(struct shim6_net *sn, const struct nf_hook_ops *ops, bool on, bool *is_on)
{
	int err = 0;

	if (*is_on == on)
		return 0;
	if (on)
		err = nf_register_net_hook(sn->net, ops);
	if (err)
		return err;
	WRITE_ONCE(*is_on, on);
	if (!on)
		nf_unregister_net_hook(sn->net, ops);
	return 0;
}

/**
 * shim6_hooks_tagged() - a namespace has contexts that are tagged, or no longer; or it tracks connections
 * @sn:		namespace; the caller holds its lock
 * @on:		which of them
 *
 * It does without if there is no memory.
 */
void shim6_hooks_tagged(struct shim6_net *sn, bool on)
{
	bool had = sn->hook_early;

	use_hook(sn, &settle_ops, on && (sn->conntrack || READ_ONCE(sn->tracked)), &sn->hook_settle);
	use_hook(sn, &early_ops, on, &sn->hook_early);
	if (had && !on)
		shim6_early_drop(sn);
}

/**
 * shim6_hooks_set() - have all packets of a namespace looked at, or those only that a rule gives us
 * @sn:		namespace; the caller holds its lock, or it is going away
 * @on:		the state wanted
 *
 * Return: 0 or the error of the registration.
 */
int shim6_hooks_set(struct shim6_net *sn, bool on)
{
	return use_hook(sn, &in_ops, on, &sn->hooks);
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
	if (err)
		return err;
	WRITE_ONCE(sn->conntrack, on);
	shim6_hooks_tagged(sn, sn->tagged);
	return 0;
}
