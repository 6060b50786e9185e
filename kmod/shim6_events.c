// SPDX-License-Identifier: GPL-2.0-or-later
/* Events to the daemons, see shim6_genl.h. */
#include <net/genetlink.h>
#include <shim6_nl.h>
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_genl.h"
#include "shim6_genl_family.h"

/* Room for the largest event: EV_UNKNOWN_TAG. */
#define EVENT_SIZE (nla_total_size_64bit(sizeof(u64)) + 2 * nla_total_size(sizeof(struct in6_addr)) + \
		    2 * nla_total_size(sizeof(u32)))

struct event {
	struct sk_buff *msg;
	void *head;
};

/* Begin event @cmd about tag @ct_local.  False: nobody listens to any of @groups, or no memory. */
/* Does anybody listen to one of @groups (SHIM6_EV_*)? */
bool shim6_ev_heard(struct shim6_net *sn, unsigned int groups)
{
	return (groups & SHIM6_EV_CTL && genl_has_listeners(&shim6_family, sn->net, SHIM6_MCGRP_CTL)) ||
	       (groups & SHIM6_EV_REAP && genl_has_listeners(&shim6_family, sn->net, SHIM6_MCGRP_REAP));
}

static bool begin(struct event *ev, struct shim6_net *sn, unsigned int groups, u8 cmd, u64 ct_local)
{
	if (!shim6_ev_heard(sn, groups))
		goto lost;
	ev->msg = genlmsg_new(EVENT_SIZE, GFP_ATOMIC);
	if (!ev->msg)
		goto lost;
	ev->head = genlmsg_put(ev->msg, 0, 0, &shim6_family, 0, cmd);
	if (ev->head && !nla_put_u64_64bit(ev->msg, SHIM6_A_CT_LOCAL, ct_local, SHIM6_A_PAD))
		return true;
	nlmsg_free(ev->msg);
lost:
	shim6_count(sn, ev_lost);
	return false;
}

static void send_to(struct shim6_net *sn, struct sk_buff *msg, unsigned int group, u32 portid)
{
	if (genlmsg_multicast_netns(&shim6_family, sn->net, msg, portid, group, GFP_ATOMIC) == -ENOBUFS)
		shim6_count(sn, ev_lost);	/* the daemon's socket says so, too */
}

static void end(struct event *ev, struct shim6_net *sn, unsigned int groups, u32 portid)
{
	genlmsg_end(ev->msg, ev->head);
	if (groups == (SHIM6_EV_CTL | SHIM6_EV_REAP)) {
		struct sk_buff *copy = skb_clone(ev->msg, GFP_ATOMIC);

		if (copy)
			send_to(sn, copy, SHIM6_MCGRP_CTL, portid);
		else
			shim6_count(sn, ev_lost);
	} else if (groups == SHIM6_EV_CTL) {
		send_to(sn, ev->msg, SHIM6_MCGRP_CTL, portid);
		return;
	}
	send_to(sn, ev->msg, SHIM6_MCGRP_REAP, portid);
}

static void give_up(struct event *ev, struct shim6_net *sn)
{
	nlmsg_free(ev->msg);
	shim6_count(sn, ev_lost);
}

/* The Send Timer of @ctx ran out. */
void shim6_ev_send_timeout(struct shim6_ctx *ctx)
{
	struct event ev;

	if (!begin(&ev, ctx->sn, SHIM6_EV_REAP, SHIM6_CMD_EV_SEND_TIMEOUT, ctx->ct_local))
		return;
	if (nla_put_u32(ev.msg, SHIM6_A_TX_AGE, shim6_clock_age(READ_ONCE(ctx->last_tx))) ||
	    nla_put_u32(ev.msg, SHIM6_A_RX_AGE, shim6_clock_age(READ_ONCE(ctx->last_rx))))
		give_up(&ev, ctx->sn);
	else
		end(&ev, ctx->sn, SHIM6_EV_REAP, 0);
}

/* A Keepalive is due; @expired: the Keepalive Timer ran out, it is the last one. */
void shim6_ev_keepalive_due(struct shim6_ctx *ctx, bool expired)
{
	struct event ev;

	if (!begin(&ev, ctx->sn, SHIM6_EV_REAP, SHIM6_CMD_EV_KEEPALIVE_DUE, ctx->ct_local))
		return;
	if (nla_put_u8(ev.msg, SHIM6_A_KA_EXPIRED, expired))
		give_up(&ev, ctx->sn);
	else
		end(&ev, ctx->sn, SHIM6_EV_REAP, 0);
}

/* A sign of trouble with the pair of @ctx, SHIM6_HINT_*; @gap: ms of the slowest answer of late. */
void shim6_ev_hint(struct shim6_ctx *ctx, u8 why, u32 gap)
{
	struct event ev;

	if (!begin(&ev, ctx->sn, SHIM6_EV_REAP, SHIM6_CMD_EV_HINT, ctx->ct_local))
		return;
	if (nla_put_u8(ev.msg, SHIM6_A_HINT, why) || nla_put_u32(ev.msg, SHIM6_A_HINT_GAP, gap))
		give_up(&ev, ctx->sn);
	else
		end(&ev, ctx->sn, SHIM6_EV_REAP, 0);
}

/* A packet of @ctx came in and somebody among @groups (SHIM6_EV_*) wanted to know. */
void shim6_ev_activity(struct shim6_ctx *ctx, unsigned int groups)
{
	struct event ev;

	if (begin(&ev, ctx->sn, groups, SHIM6_CMD_EV_ACTIVITY, ctx->ct_local))
		end(&ev, ctx->sn, groups, 0);
}

/* @ctx is given up; the socket @portid knows. */
void shim6_ev_ctx_dead(struct shim6_ctx *ctx, u32 portid)
{
	const unsigned int groups = SHIM6_EV_CTL | SHIM6_EV_REAP;
	struct event ev;

	if (begin(&ev, ctx->sn, groups, SHIM6_CMD_EV_CTX_DEAD, ctx->ct_local))
		end(&ev, ctx->sn, groups, portid);
}

/* A Payload Extension header with @tag came from @src to @dst over @ifindex, and there is no such context. */
void shim6_ev_unknown_tag(struct shim6_net *sn, u64 tag, const struct in6_addr *src, const struct in6_addr *dst,
			  u32 ifindex)
{
	struct event ev;

	if (!begin(&ev, sn, SHIM6_EV_CTL, SHIM6_CMD_EV_UNKNOWN_TAG, tag))
		return;
	if (nla_put_in6_addr(ev.msg, SHIM6_A_SRC, src) || nla_put_in6_addr(ev.msg, SHIM6_A_DST, dst) ||
	    nla_put_u32(ev.msg, SHIM6_A_IFINDEX, ifindex))
		give_up(&ev, sn);
	else
		end(&ev, sn, SHIM6_EV_CTL, 0);
}
