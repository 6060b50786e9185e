// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages of the family "shim6" to struct and back. */
#include <errno.h>
#include <string.h>
#include <libmnl/libmnl.h>

#include "kctl/msg.h"

/* The declared width of each attribute, in one place: nothing is read that is not of it. */
static const struct {
	enum mnl_attr_data_type type;
	size_t len;			/* of binary attributes */
} policy[SHIM6_A_MAX + 1] = {
	[SHIM6_A_CT_LOCAL]	= { MNL_TYPE_U64, 0 },
	[SHIM6_A_CT_PEER]	= { MNL_TYPE_U64, 0 },
	[SHIM6_A_ULID_LOCAL]	= { MNL_TYPE_BINARY, sizeof(struct in6_addr) },
	[SHIM6_A_ULID_PEER]	= { MNL_TYPE_BINARY, sizeof(struct in6_addr) },
	[SHIM6_A_LOC_LOCAL]	= { MNL_TYPE_BINARY, sizeof(struct in6_addr) },
	[SHIM6_A_LOC_PEER]	= { MNL_TYPE_BINARY, sizeof(struct in6_addr) },
	[SHIM6_A_FII]		= { MNL_TYPE_U32, 0 },
	[SHIM6_A_FLAGS]		= { MNL_TYPE_U32, 0 },
	[SHIM6_A_SEND_TIMEOUT]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_KA_TIMEOUT]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_KA_INTERVAL]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_REAP_MODE]	= { MNL_TYPE_U8, 0 },
	[SHIM6_A_REAP_OPS]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_TX_AGE]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_RX_AGE]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_KA_EXPIRED]	= { MNL_TYPE_U8, 0 },
	[SHIM6_A_SRC]		= { MNL_TYPE_BINARY, sizeof(struct in6_addr) },
	[SHIM6_A_DST]		= { MNL_TYPE_BINARY, sizeof(struct in6_addr) },
	[SHIM6_A_IFINDEX]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_VERSION]	= { MNL_TYPE_NUL_STRING, 0 },
	[SHIM6_A_CONTEXTS]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_MAX_CONTEXTS]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_HOOKS]		= { MNL_TYPE_U8, 0 },
	[SHIM6_A_STAT_NAME]	= { MNL_TYPE_NUL_STRING, 0 },
	[SHIM6_A_STAT_VALUE]	= { MNL_TYPE_U64, 0 },
	[SHIM6_A_STAT_TEXT]	= { MNL_TYPE_NUL_STRING, 0 },
	[SHIM6_A_CONNTRACK]	= { MNL_TYPE_U8, 0 },
	[SHIM6_A_HINT_MIN]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_HINT]		= { MNL_TYPE_U8, 0 },
	[SHIM6_A_HINT_GAP]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_TCP_KICK]	= { MNL_TYPE_U8, 0 },
	[SHIM6_A_FORK_MASK]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_QUEUE_CONTROL]	= { MNL_TYPE_U32, 0 },
	[SHIM6_A_QUEUE_REAP]	= { MNL_TYPE_U32, 0 },
};

static void put_addr(struct nlmsghdr *nlh, uint16_t type, const struct in6_addr *a)
{
	mnl_attr_put(nlh, type, sizeof(*a), a);
}

void kctl_msg_put_ctx(struct nlmsghdr *nlh, const struct kctl_ctx *c)
{
	if (c->has & KCTL_CT_LOCAL)
		mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, c->ct_local);
	if (c->has & KCTL_CT_PEER)
		mnl_attr_put_u64(nlh, SHIM6_A_CT_PEER, c->ct_peer);
	if (c->has & KCTL_ULIDS) {
		put_addr(nlh, SHIM6_A_ULID_LOCAL, &c->ulid_local);
		put_addr(nlh, SHIM6_A_ULID_PEER, &c->ulid_peer);
	}
	if (c->has & KCTL_LOCATORS) {
		put_addr(nlh, SHIM6_A_LOC_LOCAL, &c->loc_local);
		put_addr(nlh, SHIM6_A_LOC_PEER, &c->loc_peer);
	}
	if (c->has & KCTL_FII)
		mnl_attr_put_u32(nlh, SHIM6_A_FII, c->fii);
	if (c->has & KCTL_FLAGS)
		mnl_attr_put_u32(nlh, SHIM6_A_FLAGS, c->flags);
	if (c->has & KCTL_SEND_TIMEOUT)
		mnl_attr_put_u32(nlh, SHIM6_A_SEND_TIMEOUT, c->send_timeout);
	if (c->has & KCTL_KA_TIMEOUT)
		mnl_attr_put_u32(nlh, SHIM6_A_KA_TIMEOUT, c->ka_timeout);
	if (c->has & KCTL_KA_INTERVAL)
		mnl_attr_put_u32(nlh, SHIM6_A_KA_INTERVAL, c->ka_interval);
	if (c->has & KCTL_HINT_MIN)
		mnl_attr_put_u32(nlh, SHIM6_A_HINT_MIN, c->hint_min);
	if (c->has & KCTL_REAP_MODE)
		mnl_attr_put_u8(nlh, SHIM6_A_REAP_MODE, c->reap_mode);
	if (c->has & KCTL_REAP_OPS)
		mnl_attr_put_u32(nlh, SHIM6_A_REAP_OPS, c->reap_ops);
}

uint8_t kctl_msg_cmd(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);

	return mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl) ? SHIM6_CMD_UNSPEC : genl->cmd;
}

struct attrs {
	const struct nlattr *tb[SHIM6_A_MAX + 1];
};

static int attr_cb(const struct nlattr *attr, void *data)
{
	struct attrs *at = data;
	uint16_t type = mnl_attr_get_type(attr);

	/* A newer module may say more than we know. */
	if (type > SHIM6_A_MAX || policy[type].type == MNL_TYPE_UNSPEC)
		return MNL_CB_OK;
	if (mnl_attr_validate(attr, policy[type].type) < 0)
		return MNL_CB_ERROR;
	if (policy[type].len && mnl_attr_get_payload_len(attr) != policy[type].len)
		return MNL_CB_ERROR;
	at->tb[type] = attr;
	return MNL_CB_OK;
}

static int parse(const struct nlmsghdr *nlh, struct attrs *at)
{
	memset(at, 0, sizeof(*at));
	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return -EBADMSG;
	if (mnl_attr_parse(nlh, sizeof(struct genlmsghdr), attr_cb, at) < 0)
		return -EBADMSG;
	return 0;
}

static bool get_addr(const struct attrs *at, int type, struct in6_addr *a)
{
	if (at->tb[type])
		memcpy(a, mnl_attr_get_payload(at->tb[type]), sizeof(*a));
	return at->tb[type];
}

static bool get_u64(const struct attrs *at, int type, uint64_t *v)
{
	if (at->tb[type])
		*v = mnl_attr_get_u64(at->tb[type]);
	return at->tb[type];
}

static bool get_u32(const struct attrs *at, int type, uint32_t *v)
{
	if (at->tb[type])
		*v = mnl_attr_get_u32(at->tb[type]);
	return at->tb[type];
}

int kctl_msg_get_ctx(const struct nlmsghdr *nlh, struct kctl_ctx *c)
{
	struct attrs at;
	int err = parse(nlh, &at);

	if (err)
		return err;
	memset(c, 0, sizeof(*c));
	if (!get_u64(&at, SHIM6_A_CT_LOCAL, &c->ct_local))
		return -EBADMSG;
	c->has = KCTL_CT_LOCAL;
	if (get_u64(&at, SHIM6_A_CT_PEER, &c->ct_peer))
		c->has |= KCTL_CT_PEER;
	if (get_addr(&at, SHIM6_A_ULID_LOCAL, &c->ulid_local) && get_addr(&at, SHIM6_A_ULID_PEER, &c->ulid_peer))
		c->has |= KCTL_ULIDS;
	if (get_addr(&at, SHIM6_A_LOC_LOCAL, &c->loc_local) && get_addr(&at, SHIM6_A_LOC_PEER, &c->loc_peer))
		c->has |= KCTL_LOCATORS;
	if (get_u32(&at, SHIM6_A_FII, &c->fii))
		c->has |= KCTL_FII;
	if (get_u32(&at, SHIM6_A_FLAGS, &c->flags))
		c->has |= KCTL_FLAGS;
	if (get_u32(&at, SHIM6_A_SEND_TIMEOUT, &c->send_timeout))
		c->has |= KCTL_SEND_TIMEOUT;
	if (get_u32(&at, SHIM6_A_KA_TIMEOUT, &c->ka_timeout))
		c->has |= KCTL_KA_TIMEOUT;
	if (get_u32(&at, SHIM6_A_KA_INTERVAL, &c->ka_interval))
		c->has |= KCTL_KA_INTERVAL;
	if (get_u32(&at, SHIM6_A_REAP_OPS, &c->reap_ops))
		c->has |= KCTL_REAP_OPS;
	if (get_u32(&at, SHIM6_A_TX_AGE, &c->tx_age) && get_u32(&at, SHIM6_A_RX_AGE, &c->rx_age))
		c->has |= KCTL_AGES;
	if (at.tb[SHIM6_A_REAP_MODE]) {
		c->reap_mode = mnl_attr_get_u8(at.tb[SHIM6_A_REAP_MODE]);
		c->has |= KCTL_REAP_MODE;
	}
	return 0;
}

int kctl_msg_get_info(const struct nlmsghdr *nlh, struct kctl_info *info)
{
	struct attrs at;
	int err = parse(nlh, &at);

	if (err)
		return err;
	memset(info, 0, sizeof(*info));
	if (!at.tb[SHIM6_A_VERSION])
		return -EBADMSG;
	strncpy(info->version, mnl_attr_get_str(at.tb[SHIM6_A_VERSION]), sizeof(info->version) - 1);
	get_u32(&at, SHIM6_A_CONTEXTS, &info->contexts);
	get_u32(&at, SHIM6_A_MAX_CONTEXTS, &info->max_contexts);
	info->hooks = at.tb[SHIM6_A_HOOKS] && mnl_attr_get_u8(at.tb[SHIM6_A_HOOKS]);
	info->conntrack = at.tb[SHIM6_A_CONNTRACK] && mnl_attr_get_u8(at.tb[SHIM6_A_CONNTRACK]);
	return 0;
}

int kctl_msg_get_event(const struct nlmsghdr *nlh, struct kctl_event *ev)
{
	struct attrs at;
	int err = parse(nlh, &at);

	if (err)
		return err;
	memset(ev, 0, sizeof(*ev));
	ev->cmd = kctl_msg_cmd(nlh);
	if (ev->cmd < SHIM6_CMD_EV_SEND_TIMEOUT || ev->cmd > SHIM6_CMD_EV_HINT)
		return -EOPNOTSUPP;
	if (!get_u64(&at, SHIM6_A_CT_LOCAL, &ev->ct_local))
		return -EBADMSG;
	get_u32(&at, SHIM6_A_TX_AGE, &ev->tx_age);
	get_u32(&at, SHIM6_A_RX_AGE, &ev->rx_age);
	get_u32(&at, SHIM6_A_IFINDEX, &ev->ifindex);
	if (at.tb[SHIM6_A_HINT])
		ev->hint = mnl_attr_get_u8(at.tb[SHIM6_A_HINT]);
	get_u32(&at, SHIM6_A_HINT_GAP, &ev->hint_gap);
	ev->ka_expired = at.tb[SHIM6_A_KA_EXPIRED] && mnl_attr_get_u8(at.tb[SHIM6_A_KA_EXPIRED]);
	if (ev->cmd == SHIM6_CMD_EV_UNKNOWN_TAG &&
	    (!get_addr(&at, SHIM6_A_SRC, &ev->src) || !get_addr(&at, SHIM6_A_DST, &ev->dst)))
		return -EBADMSG;
	return 0;
}

int kctl_msg_get_stat(const struct nlmsghdr *nlh, const char **name, uint64_t *value, const char **text)
{
	struct attrs at;
	int err = parse(nlh, &at);

	if (err)
		return err;
	if (!at.tb[SHIM6_A_STAT_NAME] || !get_u64(&at, SHIM6_A_STAT_VALUE, value))
		return -EBADMSG;
	*name = mnl_attr_get_str(at.tb[SHIM6_A_STAT_NAME]);
	*text = at.tb[SHIM6_A_STAT_TEXT] ? mnl_attr_get_str(at.tb[SHIM6_A_STAT_TEXT]) : "";
	return 0;
}
