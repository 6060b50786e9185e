// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ip6t_shim6_data.ko: target "SHIM6", and the same by the name that OpenHIP gave it, "shim6_data".  Translates packets
 * out in OUTPUT and in in INPUT.  See include/uapi/xt_shim6.h.
 */
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter_ipv6/ip6_tables.h>
#include <linux/skbuff.h>
#include <net/ipv6.h>
#include <shim6_wire.h>
#include <xt_shim6.h>
#include "shim6_skb.h"

#define HOOK_IN		(1u << NF_INET_LOCAL_IN)
#define HOOK_OUT	(1u << NF_INET_LOCAL_OUT)

/*
 * On output the packet goes on to the rules behind as it was and is translated behind the table (shim6_hooks.h).  If
 * the rule names a context or locators itself it is translated here; the table sees the new addresses and routes it
 * again.
 */
static unsigned int shim6_tg(struct sk_buff *skb, const struct xt_action_param *par)
{
	const struct xt_shim6_tginfo *info = par->targinfo;
	bool fixed = info->flags & XT_SHIM6_STATIC, out = xt_hooknum(par) == NF_INET_LOCAL_OUT;
	enum shim6_verdict v;

	if (out)
		v = fixed ? shim6_out_static(skb, par->state, info->tag, &info->src, &info->dst) :
			    shim6_out_rule(skb, par->state, info->fii);
	else
		v = fixed ? shim6_in_static(skb, par->state, info->tag, &info->src, &info->dst) :
			    shim6_in_table(skb, par->state);
	switch (v) {
	case SHIM6_DROP:
		return NF_DROP;
	case SHIM6_STOLEN:
		return NF_STOLEN;
	case SHIM6_KEEP:
		return NF_ACCEPT;
	default:
		return XT_CONTINUE;
	}
}

static bool usable(const struct in6_addr *a)
{
	int type = ipv6_addr_type(a);

	return type & IPV6_ADDR_UNICAST && !(type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK | IPV6_ADDR_MAPPED));
}

static int shim6_tg_check(const struct xt_tgchk_param *par)
{
	const struct xt_shim6_tginfo *info = par->targinfo;

	if (strcmp(par->table, "mangle")) {
		pr_info_ratelimited("%s: only in table mangle, not %s: use -t mangle\n",
				    par->target->name, par->table);
		return -EINVAL;
	}
	/* A chain of the user's that no rule jumps to yet has no hook. */
	if (par->hook_mask & ~(HOOK_IN | HOOK_OUT)) {
		pr_info_ratelimited("%s: use it in chain OUTPUT or INPUT, or in one that either calls\n",
				    par->target->name);
		return -EINVAL;
	}
	if (par->hook_mask == (HOOK_IN | HOOK_OUT)) {
		pr_info_ratelimited("%s: its chain is called from both OUTPUT and INPUT; make it two\n",
				    par->target->name);
		return -EINVAL;
	}
	if (info->flags & ~XT_SHIM6_TG_FLAGS || (info->flags & XT_SHIM6_STATIC && info->flags & XT_SHIM6_FII)) {
		pr_info_ratelimited("%s: rule for another version of this module; install both of one\n",
				    par->target->name);
		return -EINVAL;
	}
	if (info->flags & XT_SHIM6_FII && par->hook_mask == HOOK_IN) {
		pr_info_ratelimited("%s: --fii is for OUTPUT only; in INPUT the tag decides\n", par->target->name);
		return -EINVAL;
	}
	if (info->flags & XT_SHIM6_STATIC &&
	    (info->tag > SHIM6_TAG_MAX || !usable(&info->src) || !usable(&info->dst))) {
		pr_info_ratelimited("%s: needs a tag of 47 bits and two unicast addresses of more than link scope\n",
				    par->target->name);
		return -EINVAL;
	}
	return 0;
}

static struct xt_target shim6_tg_reg[] __read_mostly = {
	{
		.name		= "SHIM6",
		.revision	= 0,
		.family		= NFPROTO_IPV6,
		.target		= shim6_tg,
		.checkentry	= shim6_tg_check,
		.targetsize	= sizeof(struct xt_shim6_tginfo),
		.me		= THIS_MODULE,
	}, {
		.name		= "shim6_data",
		.revision	= 0,
		.family		= NFPROTO_IPV6,
		.target		= shim6_tg,
		.checkentry	= shim6_tg_check,
		.targetsize	= sizeof(struct xt_shim6_tginfo),
		.me		= THIS_MODULE,
	},
};

static int __init shim6_tg_init(void)
{
	return xt_register_targets(shim6_tg_reg, ARRAY_SIZE(shim6_tg_reg));
}

static void __exit shim6_tg_exit(void)
{
	xt_unregister_targets(shim6_tg_reg, ARRAY_SIZE(shim6_tg_reg));
}

module_init(shim6_tg_init);
module_exit(shim6_tg_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Xtables: Shim6 translation");
MODULE_VERSION(SHIM6_VERSION);
MODULE_ALIAS("ip6t_SHIM6");
