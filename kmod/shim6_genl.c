// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands of the family "shim6", see include/uapi/shim6_nl.h; events are in shim6_events.c. */
#include <linux/rhashtable.h>
#include <net/genetlink.h>
#include <net/ipv6.h>
#include <shim6_nl.h>
#include <shim6_wire.h>
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_genl.h"
#include "shim6_genl_family.h"
#include "shim6_hint.h"
#include "shim6_hooks.h"
#include "shim6_kick.h"
#include "shim6_pmtu.h"

/* A day: the clock's stamps count 30 bits of jiffies. */
#define TIMEOUT_MAX_MS	(24 * 3600 * 1000)

static struct netlink_range_validation tag_range = { .max = SHIM6_TAG_MAX };
static struct netlink_range_validation time_range = { .min = 1, .max = TIMEOUT_MAX_MS };
static struct netlink_range_validation hint_range = { .max = TIMEOUT_MAX_MS };
static struct netlink_range_validation max_range = { .min = 1, .max = 1u << 24 };
static struct netlink_range_validation queue_range = { .max = U16_MAX };

#define POLICY_TAG	NLA_POLICY_FULL_RANGE(NLA_U64, &tag_range)
#define POLICY_ADDR	NLA_POLICY_EXACT_LEN(sizeof(struct in6_addr))
#define POLICY_TIME	NLA_POLICY_FULL_RANGE(NLA_U32, &time_range)
#define POLICY_FLAGS	NLA_POLICY_MASK(NLA_U32, SHIM6_CTX_F_ALL)

static const struct nla_policy add_policy[] = {
	[SHIM6_A_CT_LOCAL] = POLICY_TAG,
	[SHIM6_A_CT_PEER] = POLICY_TAG,
	[SHIM6_A_ULID_LOCAL] = POLICY_ADDR,
	[SHIM6_A_ULID_PEER] = POLICY_ADDR,
	[SHIM6_A_LOC_LOCAL] = POLICY_ADDR,
	[SHIM6_A_LOC_PEER] = POLICY_ADDR,
	[SHIM6_A_FII] = { .type = NLA_U32 },
	[SHIM6_A_FLAGS] = POLICY_FLAGS,
	[SHIM6_A_SEND_TIMEOUT] = POLICY_TIME,
	[SHIM6_A_KA_TIMEOUT] = POLICY_TIME,
	[SHIM6_A_KA_INTERVAL] = POLICY_TIME,
};

static const struct nla_policy set_policy[] = {
	[SHIM6_A_CT_LOCAL] = POLICY_TAG,
	[SHIM6_A_CT_PEER] = POLICY_TAG,
	[SHIM6_A_LOC_LOCAL] = POLICY_ADDR,
	[SHIM6_A_LOC_PEER] = POLICY_ADDR,
	[SHIM6_A_FLAGS] = POLICY_FLAGS,
	[SHIM6_A_SEND_TIMEOUT] = POLICY_TIME,
	[SHIM6_A_KA_TIMEOUT] = POLICY_TIME,
	[SHIM6_A_KA_INTERVAL] = POLICY_TIME,
	[SHIM6_A_HINT_MIN] = NLA_POLICY_FULL_RANGE(NLA_U32, &hint_range),
	[SHIM6_A_REAP_MODE] = NLA_POLICY_MAX(NLA_U8, SHIM6_REAP_INBOUND_OK),
	[SHIM6_A_REAP_OPS] = NLA_POLICY_MASK(NLA_U32, SHIM6_REAP_OP_ALL),
};

static const struct nla_policy tag_policy[] = {
	[SHIM6_A_CT_LOCAL] = POLICY_TAG,
};

static const struct nla_policy get_policy[] = {
	[SHIM6_A_CT_LOCAL] = POLICY_TAG,
	[SHIM6_A_ULID_LOCAL] = POLICY_ADDR,
	[SHIM6_A_ULID_PEER] = POLICY_ADDR,
	[SHIM6_A_FII] = { .type = NLA_U32 },
};

static const struct nla_policy param_policy[] = {
	[SHIM6_A_MAX_CONTEXTS] = NLA_POLICY_FULL_RANGE(NLA_U32, &max_range),
	[SHIM6_A_HOOKS] = NLA_POLICY_MAX(NLA_U8, 1),
	[SHIM6_A_CONNTRACK] = NLA_POLICY_MAX(NLA_U8, 1),
	[SHIM6_A_TCP_KICK] = NLA_POLICY_MAX(NLA_U8, 1),
	[SHIM6_A_FORK_MASK] = { .type = NLA_U32 },
	[SHIM6_A_QUEUE_CONTROL] = NLA_POLICY_FULL_RANGE(NLA_U32, &queue_range),
	[SHIM6_A_QUEUE_REAP] = NLA_POLICY_FULL_RANGE(NLA_U32, &queue_range),
};

static struct shim6_net *info_net(struct genl_info *info)
{
	return shim6_pernet(genl_info_net(info));
}

/* A request that cannot be understood: say why.  The text has to be a literal. */
#define missing(info, text) ({ NL_SET_ERR_MSG((info)->extack, text); -EINVAL; })

/* A message for the answer to @info, large enough for a context. */
static struct sk_buff *reply_new(struct genl_info *info, void **head)
{
	struct sk_buff *msg = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);

	if (!msg)
		return NULL;
	*head = genlmsg_put_reply(msg, info, &shim6_family, 0, info->genlhdr->cmd);
	if (*head)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int do_info(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);
	struct sk_buff *msg;
	void *head;

	msg = reply_new(info, &head);
	if (!msg)
		return -ENOMEM;
	if (nla_put_string(msg, SHIM6_A_VERSION, SHIM6_VERSION) ||
	    nla_put_u32(msg, SHIM6_A_CONTEXTS, READ_ONCE(sn->contexts)) ||
	    nla_put_u32(msg, SHIM6_A_MAX_CONTEXTS, READ_ONCE(sn->max_contexts)) ||
	    nla_put_u8(msg, SHIM6_A_HOOKS, READ_ONCE(sn->hooks)) ||
	    nla_put_u8(msg, SHIM6_A_CONNTRACK, READ_ONCE(sn->conntrack))) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);
}

/* Addresses that a context can have: the shim leaves the others alone. */
static bool usable(const struct in6_addr *a)
{
	int type = ipv6_addr_type(a);

	return type & IPV6_ADDR_UNICAST && !(type & (IPV6_ADDR_LINKLOCAL | IPV6_ADDR_LOOPBACK | IPV6_ADDR_MAPPED));
}

static int get_addr(struct genl_info *info, int attr, struct in6_addr *a)
{
	struct nlattr *nla = info->attrs[attr];

	if (!nla)
		return missing(info, "an address is missing");
	*a = nla_get_in6_addr(nla);
	if (usable(a))
		return 0;
	NL_SET_ERR_MSG_ATTR(info->extack, nla, "not a unicast address of more than link scope");
	return -EINVAL;
}

/* Milliseconds of @attr in jiffies, or @fallback if it is not there. */
static u32 get_time(struct genl_info *info, int attr, u32 fallback)
{
	return info->attrs[attr] ? max_t(u32, msecs_to_jiffies(nla_get_u32(info->attrs[attr])), 1) : fallback;
}

static int do_ctx_add(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);
	struct nlattr **attrs = info->attrs;
	struct shim6_ctx_conf conf = {};
	struct shim6_ctx *ctx;
	int err;

	if (!attrs[SHIM6_A_CT_LOCAL] || !attrs[SHIM6_A_CT_PEER])
		return missing(info, "a context tag is missing");
	err = get_addr(info, SHIM6_A_ULID_LOCAL, &conf.ulids.local) ?:
	      get_addr(info, SHIM6_A_ULID_PEER, &conf.ulids.peer) ?:
	      get_addr(info, SHIM6_A_LOC_LOCAL, &conf.locs.local) ?:
	      get_addr(info, SHIM6_A_LOC_PEER, &conf.locs.peer);
	if (err)
		return err;
	conf.ct_local = nla_get_u64(attrs[SHIM6_A_CT_LOCAL]);
	conf.locs.ct_peer = nla_get_u64(attrs[SHIM6_A_CT_PEER]);
	if (attrs[SHIM6_A_FII])
		conf.ulids.fii = nla_get_u32(attrs[SHIM6_A_FII]);
	if (attrs[SHIM6_A_FLAGS])
		conf.flags = nla_get_u32(attrs[SHIM6_A_FLAGS]);
	conf.send_timeout = get_time(info, SHIM6_A_SEND_TIMEOUT, 15 * HZ);	/* RFC 5534, 7 */
	conf.ka_timeout = get_time(info, SHIM6_A_KA_TIMEOUT, 15 * HZ);
	conf.ka_interval = get_time(info, SHIM6_A_KA_INTERVAL, 6 * HZ);

	mutex_lock(&sn->lock);
	ctx = shim6_ctx_add(sn, &conf);
	err = PTR_ERR_OR_ZERO(ctx);
	if (!err)
		shim6_pmtu_announce(ctx, false);
	mutex_unlock(&sn->lock);
	if (err == -EEXIST)
		NL_SET_ERR_MSG(info->extack, "the tag or the ULID pair and instance has a context already");
	else if (err == -ENOSPC)
		NL_SET_ERR_MSG(info->extack, "the context table is full (see max_contexts)");
	return err;
}

/* The context that A_CT_LOCAL names; the namespace's lock is held. */
static struct shim6_ctx *find_tag(struct shim6_net *sn, struct genl_info *info)
{
	struct shim6_ctx *ctx;

	lockdep_assert_held(&sn->lock);
	rcu_read_lock();
	ctx = shim6_ctx_by_tag(sn, nla_get_u64(info->attrs[SHIM6_A_CT_LOCAL]));
	rcu_read_unlock();
	if (!ctx)
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[SHIM6_A_CT_LOCAL], "no context has this tag");
	return ctx;
}

/* New locators or tag, the only part of CTX_SET that can fail, so it comes first. */
static int set_locs(struct shim6_ctx *ctx, struct genl_info *info)
{
	struct shim6_locs locs = ctx->locs;
	bool was_tagged = ctx->tagged;
	int err;

	if (!info->attrs[SHIM6_A_LOC_LOCAL] != !info->attrs[SHIM6_A_LOC_PEER])
		return missing(info, "give both locators or none");
	if (info->attrs[SHIM6_A_LOC_LOCAL]) {
		err = get_addr(info, SHIM6_A_LOC_LOCAL, &locs.local) ?: get_addr(info, SHIM6_A_LOC_PEER, &locs.peer);
		if (err)
			return err;
	}
	if (info->attrs[SHIM6_A_CT_PEER])
		locs.ct_peer = nla_get_u64(info->attrs[SHIM6_A_CT_PEER]);
	if (!memcmp(&locs, &ctx->locs, sizeof(locs)))
		return 0;
	shim6_ctx_set_locs(ctx, &locs);
	shim6_pmtu_announce(ctx, was_tagged);
	shim6_hint_reset(ctx);
	shim6_kick(ctx);
	return 0;
}

static int do_ctx_set(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);
	struct nlattr **attrs = info->attrs;
	struct shim6_ctx *ctx;
	int err = -ENOENT;

	if (!attrs[SHIM6_A_CT_LOCAL])
		return missing(info, "CT_LOCAL is missing");
	mutex_lock(&sn->lock);
	ctx = find_tag(sn, info);
	if (!ctx)
		goto out;
	err = set_locs(ctx, info);
	if (err)
		goto out;
	WRITE_ONCE(ctx->send_timeout, get_time(info, SHIM6_A_SEND_TIMEOUT, ctx->send_timeout));
	WRITE_ONCE(ctx->ka_timeout, get_time(info, SHIM6_A_KA_TIMEOUT, ctx->ka_timeout));
	WRITE_ONCE(ctx->ka_interval, get_time(info, SHIM6_A_KA_INTERVAL, ctx->ka_interval));
	if (attrs[SHIM6_A_SEND_TIMEOUT] || attrs[SHIM6_A_KA_TIMEOUT] || attrs[SHIM6_A_KA_INTERVAL])
		shim6_clock_retime(ctx);
	if (attrs[SHIM6_A_HINT_MIN])
		WRITE_ONCE(ctx->hint_min, msecs_to_jiffies(nla_get_u32(attrs[SHIM6_A_HINT_MIN])));
	if (attrs[SHIM6_A_FLAGS])
		set_mask_bits(&ctx->flags, SHIM6_CTX_F_ALL, nla_get_u32(attrs[SHIM6_A_FLAGS]));
	if (attrs[SHIM6_A_REAP_MODE])
		shim6_clock_set_mode(ctx, nla_get_u8(attrs[SHIM6_A_REAP_MODE]));
	if (attrs[SHIM6_A_REAP_OPS])
		shim6_clock_ops(ctx, nla_get_u32(attrs[SHIM6_A_REAP_OPS]));
out:
	mutex_unlock(&sn->lock);
	return err;
}

static int do_ctx_del(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);
	struct shim6_ctx *ctx;

	if (!info->attrs[SHIM6_A_CT_LOCAL])
		return missing(info, "CT_LOCAL is missing");
	mutex_lock(&sn->lock);
	ctx = find_tag(sn, info);
	if (ctx) {
		shim6_pmtu_forget(ctx);
		shim6_ctx_kill(ctx);
	}
	mutex_unlock(&sn->lock);
	return ctx ? 0 : -ENOENT;
}

/* All that is known of @ctx; the caller is in an RCU read side. */
static int put_ctx(struct sk_buff *msg, struct shim6_ctx *ctx)
{
	struct shim6_kept none;
	struct shim6_locs locs;
	bool tagged = shim6_ctx_path(ctx, &locs, &none);

	if (nla_put_u64_64bit(msg, SHIM6_A_CT_LOCAL, ctx->ct_local, SHIM6_A_PAD) ||
	    nla_put_u64_64bit(msg, SHIM6_A_CT_PEER, locs.ct_peer, SHIM6_A_PAD) ||
	    nla_put_in6_addr(msg, SHIM6_A_ULID_LOCAL, &ctx->ulids.local) ||
	    nla_put_in6_addr(msg, SHIM6_A_ULID_PEER, &ctx->ulids.peer) ||
	    nla_put_in6_addr(msg, SHIM6_A_LOC_LOCAL, tagged ? &locs.local : &ctx->ulids.local) ||
	    nla_put_in6_addr(msg, SHIM6_A_LOC_PEER, tagged ? &locs.peer : &ctx->ulids.peer) ||
	    nla_put_u32(msg, SHIM6_A_FII, ctx->ulids.fii) ||
	    nla_put_u32(msg, SHIM6_A_FLAGS, READ_ONCE(ctx->flags) & SHIM6_CTX_F_ALL) ||
	    nla_put_u32(msg, SHIM6_A_SEND_TIMEOUT, jiffies_to_msecs(READ_ONCE(ctx->send_timeout))) ||
	    nla_put_u32(msg, SHIM6_A_KA_TIMEOUT, jiffies_to_msecs(READ_ONCE(ctx->ka_timeout))) ||
	    nla_put_u32(msg, SHIM6_A_KA_INTERVAL, jiffies_to_msecs(READ_ONCE(ctx->ka_interval))) ||
	    nla_put_u8(msg, SHIM6_A_REAP_MODE, READ_ONCE(ctx->mode)) ||
	    nla_put_u32(msg, SHIM6_A_TX_AGE, shim6_clock_age(READ_ONCE(ctx->last_tx))) ||
	    nla_put_u32(msg, SHIM6_A_RX_AGE, shim6_clock_age(READ_ONCE(ctx->last_rx))))
		return -EMSGSIZE;
	return 0;
}

static int do_ctx_get(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);
	struct nlattr **attrs = info->attrs;
	struct shim6_ctx *ctx;
	struct sk_buff *msg;
	void *head;
	int err;

	if (!attrs[SHIM6_A_CT_LOCAL] && !(attrs[SHIM6_A_ULID_LOCAL] && attrs[SHIM6_A_ULID_PEER]))
		return missing(info, "give CT_LOCAL, or ULID_LOCAL and ULID_PEER");
	msg = reply_new(info, &head);
	if (!msg)
		return -ENOMEM;
	rcu_read_lock();
	if (attrs[SHIM6_A_CT_LOCAL]) {
		ctx = shim6_ctx_by_tag(sn, nla_get_u64(attrs[SHIM6_A_CT_LOCAL]));
	} else {
		struct in6_addr local = nla_get_in6_addr(attrs[SHIM6_A_ULID_LOCAL]);
		struct in6_addr peer = nla_get_in6_addr(attrs[SHIM6_A_ULID_PEER]);

		ctx = shim6_ctx_by_ulids(sn, &local, &peer,
					 attrs[SHIM6_A_FII] ? nla_get_u32(attrs[SHIM6_A_FII]) : 0);
	}
	err = ctx ? put_ctx(msg, ctx) : -ENOENT;
	rcu_read_unlock();
	if (err) {
		nlmsg_free(msg);
		if (err == -ENOENT)
			NL_SET_ERR_MSG(info->extack, "no such context");
		return err;
	}
	genlmsg_end(msg, head);
	return genlmsg_reply(msg, info);
}

/* State of a dump of contexts, in netlink_callback.args[0] as a pointer. */
static int dump_ctx_start(struct netlink_callback *cb)
{
	struct shim6_net *sn = shim6_pernet(sock_net(cb->skb->sk));
	struct rhashtable_iter *iter = kmalloc(sizeof(*iter), GFP_KERNEL);

	if (!iter)
		return -ENOMEM;
	rhashtable_walk_enter(&sn->by_tag, iter);
	cb->args[0] = (long)iter;
	return 0;
}

static int dump_ctx_done(struct netlink_callback *cb)
{
	struct rhashtable_iter *iter = (struct rhashtable_iter *)cb->args[0];

	rhashtable_walk_exit(iter);
	kfree(iter);
	return 0;
}

static int dump_ctx(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct rhashtable_iter *iter = (struct rhashtable_iter *)cb->args[0];
	struct shim6_ctx *ctx;
	void *head;

	rhashtable_walk_start(iter);
	/* A context that found no room last time is the first one now. */
	for (ctx = rhashtable_walk_peek(iter); ctx; ctx = rhashtable_walk_next(iter)) {
		if (IS_ERR(ctx))	/* resized: the walk begins again, some may be seen twice */
			continue;
		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &shim6_family, NLM_F_MULTI,
				   SHIM6_CMD_CTX_GET);
		if (!head)
			break;
		if (put_ctx(skb, ctx)) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
	}
	rhashtable_walk_stop(iter);
	return skb->len;
}

static int do_flush(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);

	mutex_lock(&sn->lock);
	shim6_ctx_kill_all(sn, info->snd_portid);
	mutex_unlock(&sn->lock);
	return 0;
}

static int dump_stats(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct shim6_net *sn = shim6_pernet(sock_net(cb->skb->sk));
	void *head;

	for (; cb->args[0] < SHIM6_STAT_COUNT; cb->args[0]++) {
		enum shim6_stat i = cb->args[0];

		head = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq, &shim6_family, NLM_F_MULTI,
				   SHIM6_CMD_STATS);
		if (!head)
			break;
		if (nla_put_string(skb, SHIM6_A_STAT_NAME, shim6_stat_name(i)) ||
		    nla_put_u64_64bit(skb, SHIM6_A_STAT_VALUE, shim6_stat_read(sn->stats, i), SHIM6_A_PAD) ||
		    nla_put_string(skb, SHIM6_A_STAT_TEXT, shim6_stat_text(i))) {
			genlmsg_cancel(skb, head);
			break;
		}
		genlmsg_end(skb, head);
	}
	return skb->len;
}

static int do_set_param(struct sk_buff *skb, struct genl_info *info)
{
	struct shim6_net *sn = info_net(info);
	struct nlattr **attrs = info->attrs;
	int err = 0;

	if (!attrs[SHIM6_A_MAX_CONTEXTS] && !attrs[SHIM6_A_HOOKS] && !attrs[SHIM6_A_CONNTRACK] &&
	    !attrs[SHIM6_A_TCP_KICK] && !attrs[SHIM6_A_FORK_MASK] && !attrs[SHIM6_A_QUEUE_CONTROL] &&
	    !attrs[SHIM6_A_QUEUE_REAP])
		return missing(info, "no parameter given");
	mutex_lock(&sn->lock);
	if (attrs[SHIM6_A_QUEUE_CONTROL])
		WRITE_ONCE(sn->queue_control, nla_get_u32(attrs[SHIM6_A_QUEUE_CONTROL]));
	if (attrs[SHIM6_A_QUEUE_REAP])
		WRITE_ONCE(sn->queue_reap, nla_get_u32(attrs[SHIM6_A_QUEUE_REAP]));
	if (attrs[SHIM6_A_HOOKS])
		err = shim6_hooks_set(sn, nla_get_u8(attrs[SHIM6_A_HOOKS]));
	if (!err && attrs[SHIM6_A_CONNTRACK])
		err = shim6_conntrack_set(sn, nla_get_u8(attrs[SHIM6_A_CONNTRACK]));
	if (!err && attrs[SHIM6_A_MAX_CONTEXTS])
		WRITE_ONCE(sn->max_contexts, nla_get_u32(attrs[SHIM6_A_MAX_CONTEXTS]));
	if (!err && attrs[SHIM6_A_TCP_KICK])
		WRITE_ONCE(sn->tcp_kick, nla_get_u8(attrs[SHIM6_A_TCP_KICK]));
	if (!err && attrs[SHIM6_A_FORK_MASK])
		WRITE_ONCE(sn->fork_mask, nla_get_u32(attrs[SHIM6_A_FORK_MASK]));
	mutex_unlock(&sn->lock);
	return err;
}

#define OP(c, pol, ...) { .cmd = SHIM6_CMD_##c, .flags = GENL_UNS_ADMIN_PERM, .policy = pol, \
			  .maxattr = ARRAY_SIZE(pol) - 1, __VA_ARGS__ }
#define OP_BARE(c, ...) { .cmd = SHIM6_CMD_##c, .flags = GENL_UNS_ADMIN_PERM, __VA_ARGS__ }

static const struct genl_ops ops[] = {
	OP_BARE(INFO, .doit = do_info),
	OP(CTX_ADD, add_policy, .doit = do_ctx_add),
	OP(CTX_SET, set_policy, .doit = do_ctx_set),
	OP(CTX_DEL, tag_policy, .doit = do_ctx_del),
	OP(CTX_GET, get_policy, .doit = do_ctx_get, .start = dump_ctx_start, .dumpit = dump_ctx,
	   .done = dump_ctx_done),
	OP_BARE(FLUSH, .doit = do_flush),
	OP_BARE(STATS, .dumpit = dump_stats),
	OP(SET_PARAM, param_policy, .doit = do_set_param),
};

static const struct genl_multicast_group groups[] = {
	[SHIM6_MCGRP_CTL] = { .name = SHIM6_GENL_GROUP_CTL, .flags = GENL_MCAST_CAP_NET_ADMIN },
	[SHIM6_MCGRP_REAP] = { .name = SHIM6_GENL_GROUP_REAP, .flags = GENL_MCAST_CAP_NET_ADMIN },
};

struct genl_family shim6_family __ro_after_init = {
	.name = SHIM6_GENL_NAME,
	.version = SHIM6_GENL_VERSION,
	.netnsok = true,
	.parallel_ops = true,		/* shim6_net.lock keeps them apart */
	.module = THIS_MODULE,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

int __init shim6_genl_init(void)
{
	return genl_register_family(&shim6_family);
}

void shim6_genl_exit(void)
{
	genl_unregister_family(&shim6_family);
}
