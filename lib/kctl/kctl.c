// SPDX-License-Identifier: GPL-2.0-or-later
/* The client: requests and their answers, events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/nl.h"
#include "kctl/msg.h"

#define EVENT_RCVBUF	(4 << 20)

struct kctl {
	struct hal_nl *nl;
	struct hal_nl_events *ev;
	struct hal_genl family;
	const char *group;
	struct kctl_events to;
	void *arg;
	char error[160];
	uint8_t buf[HAL_NL_BUF] __attribute__((aligned(8)));
};

static int fail(struct kctl *k, int err)
{
	const char *text = k->nl ? hal_nl_extack(k->nl) : "";

	snprintf(k->error, sizeof(k->error), "%s", *text ? text : strerror(-err));
	return err;
}

static struct nlmsghdr *new_msg(struct kctl *k, uint8_t cmd, uint16_t flags)
{
	return hal_genl_put(k->buf, &k->family, cmd, SHIM6_GENL_VERSION, flags);
}

static int talk(struct kctl *k, struct nlmsghdr *nlh, hal_nl_fn cb, void *arg)
{
	int err = hal_nl_talk(k->nl, nlh, cb, arg);

	return err ? fail(k, err) : 0;
}

/* A request whose attributes are members of a context; @c NULL: none. */
static int simple(struct kctl *k, uint8_t cmd, const struct kctl_ctx *c, hal_nl_fn cb, void *arg)
{
	struct nlmsghdr *nlh = new_msg(k, cmd, 0);

	if (c)
		kctl_msg_put_ctx(nlh, c);
	return talk(k, nlh, cb, arg);
}

/* --- opening ---------------------------------------------------------------------------------- */

static int explain(const struct kctl *k, int err, char *why, size_t size)
{
	if (err == -ENOENT)
		snprintf(why, size, "kernel module shim6 is not loaded: install it with make install or DKMS, then 'modprobe shim6'");
	else if (err == -EPERM)
		snprintf(why, size, "no permission to talk to shim6.ko: it needs CAP_NET_ADMIN, start it as root");
	else if (err == -EPROTO)
		snprintf(why, size, "shim6.ko speaks version %u of its netlink family, this program version %u: "
			 "the %s is older, install both from one release", k->family.version, SHIM6_GENL_VERSION,
			 k->family.version < SHIM6_GENL_VERSION ? "module" : "program");
	else
		snprintf(why, size, "cannot talk to shim6.ko: %s", k ? k->error : strerror(-err));
	return err;
}

static int find_family(struct kctl *k)
{
	int err = hal_genl_resolve(k->nl, SHIM6_GENL_NAME, &k->family);

	if (err)
		return fail(k, err);
	return k->family.version == SHIM6_GENL_VERSION ? 0 : -EPROTO;
}

int kctl_open(struct kctl **out, char *why, size_t size)
{
	struct kctl *k = calloc(1, sizeof(*k));
	struct kctl_info info;
	int err;

	*out = NULL;
	if (!k)
		return explain(NULL, -ENOMEM, why, size);
	err = hal_nl_open(&k->nl, NETLINK_GENERIC);
	if (err)
		fail(k, err);
	else
		err = find_family(k);
	if (!err)
		err = kctl_info(k, &info);		/* are we allowed to? */
	if (err) {
		explain(k, err, why, size);
		kctl_close(k);
		return err;
	}
	*out = k;
	return 0;
}

void kctl_close(struct kctl *k)
{
	if (!k)
		return;
	hal_nl_events_close(k->ev);
	hal_nl_close(k->nl);
	free(k);
}

const char *kctl_error(const struct kctl *k)
{
	return k->error;
}

/* --- requests --------------------------------------------------------------------------------- */

static int info_cb(const struct nlmsghdr *nlh, void *arg)
{
	return kctl_msg_get_info(nlh, arg);
}

int kctl_info(struct kctl *k, struct kctl_info *info)
{
	return simple(k, SHIM6_CMD_INFO, NULL, info_cb, info);
}

int kctl_ctx_add(struct kctl *k, const struct kctl_ctx *c)
{
	struct kctl_ctx full = *c;

	full.has |= KCTL_CT_LOCAL;
	return simple(k, SHIM6_CMD_CTX_ADD, &full, NULL, NULL);
}

int kctl_ctx_set(struct kctl *k, const struct kctl_ctx *c)
{
	struct kctl_ctx full = *c;

	full.has |= KCTL_CT_LOCAL;
	return simple(k, SHIM6_CMD_CTX_SET, &full, NULL, NULL);
}

int kctl_ctx_del(struct kctl *k, uint64_t ct_local)
{
	struct kctl_ctx c = { .has = KCTL_CT_LOCAL, .ct_local = ct_local };

	return simple(k, SHIM6_CMD_CTX_DEL, &c, NULL, NULL);
}

static int ctx_cb(const struct nlmsghdr *nlh, void *arg)
{
	return kctl_msg_get_ctx(nlh, arg);
}

int kctl_ctx_get(struct kctl *k, uint64_t ct_local, struct kctl_ctx *c)
{
	struct kctl_ctx key = { .has = KCTL_CT_LOCAL, .ct_local = ct_local };

	return simple(k, SHIM6_CMD_CTX_GET, &key, ctx_cb, c);
}

int kctl_ctx_get_ulids(struct kctl *k, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
		       struct kctl_ctx *c)
{
	struct kctl_ctx key = { .has = KCTL_ULIDS | KCTL_FII, .ulid_local = *local, .ulid_peer = *peer, .fii = fii };

	return simple(k, SHIM6_CMD_CTX_GET, &key, ctx_cb, c);
}

struct dump {
	kctl_ctx_fn ctx;
	kctl_stat_fn stat;
	void *arg;
};

static int dump_ctx_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct dump *d = arg;
	struct kctl_ctx c;
	int err = kctl_msg_get_ctx(nlh, &c);

	if (!err)
		d->ctx(d->arg, &c);
	return err;
}

static int dump_stat_cb(const struct nlmsghdr *nlh, void *arg)
{
	const struct dump *d = arg;
	const char *name, *text;
	uint64_t value;
	int err = kctl_msg_get_stat(nlh, &name, &value, &text);

	if (!err)
		d->stat(d->arg, name, value, text);
	return err;
}

int kctl_ctx_dump(struct kctl *k, kctl_ctx_fn cb, void *arg)
{
	return talk(k, new_msg(k, SHIM6_CMD_CTX_GET, NLM_F_DUMP), dump_ctx_cb, &(struct dump){ .ctx = cb, .arg = arg });
}

int kctl_stats(struct kctl *k, kctl_stat_fn cb, void *arg)
{
	return talk(k, new_msg(k, SHIM6_CMD_STATS, NLM_F_DUMP), dump_stat_cb, &(struct dump){ .stat = cb, .arg = arg });
}

int kctl_flush(struct kctl *k)
{
	return simple(k, SHIM6_CMD_FLUSH, NULL, NULL, NULL);
}

static int set_u32(struct kctl *k, uint16_t attr, uint32_t v)
{
	struct nlmsghdr *nlh = new_msg(k, SHIM6_CMD_SET_PARAM, 0);

	mnl_attr_put_u32(nlh, attr, v);
	return talk(k, nlh, NULL, NULL);
}

int kctl_set_max_contexts(struct kctl *k, uint32_t max)
{
	return set_u32(k, SHIM6_A_MAX_CONTEXTS, max);
}

int kctl_set_fork_mask(struct kctl *k, uint32_t mask)
{
	return set_u32(k, SHIM6_A_FORK_MASK, mask);
}

static int set_bool(struct kctl *k, uint16_t attr, bool on)
{
	struct nlmsghdr *nlh = new_msg(k, SHIM6_CMD_SET_PARAM, 0);

	mnl_attr_put_u8(nlh, attr, on);
	return talk(k, nlh, NULL, NULL);
}

int kctl_set_hooks(struct kctl *k, bool on)
{
	return set_bool(k, SHIM6_A_HOOKS, on);
}

int kctl_set_queues(struct kctl *k, uint32_t control, uint32_t reap)
{
	struct nlmsghdr *nlh = new_msg(k, SHIM6_CMD_SET_PARAM, 0);

	mnl_attr_put_u32(nlh, SHIM6_A_QUEUE_CONTROL, control);
	mnl_attr_put_u32(nlh, SHIM6_A_QUEUE_REAP, reap);
	return talk(k, nlh, NULL, NULL);
}

int kctl_set_conntrack(struct kctl *k, bool on)
{
	return set_bool(k, SHIM6_A_CONNTRACK, on);
}

int kctl_set_tcp_kick(struct kctl *k, bool on)
{
	return set_bool(k, SHIM6_A_TCP_KICK, on);
}

/* --- events ----------------------------------------------------------------------------------- */

/* The family as it is now, and its events. */
static int join(struct kctl *k)
{
	uint32_t id = hal_genl_group(&k->family, k->group);

	return id ? hal_nl_events_join(k->ev, id) : -ENOENT;
}

/* The module was loaded again: number and groups of the family are others. */
static void renew(struct kctl *k)
{
	int err = find_family(k);
	char why[256];

	if (!err) {
		err = join(k);
		if (err)
			fail(k, err);
	}
	if (err)
		explain(k, err, why, sizeof(why));
	k->to.renewed(k->arg, err ? why : NULL);
}

static int event_cb(const struct nlmsghdr *nlh, void *arg)
{
	struct kctl *k = arg;
	struct kctl_event ev;

	if (hal_genl_is_new(nlh, SHIM6_GENL_NAME))
		renew(k);
	/* Of a newer module, or of another family: not for us. */
	else if (nlh->nlmsg_type == k->family.id && !kctl_msg_get_event(nlh, &ev))
		k->to.event(k->arg, &ev);
	return 0;
}

static void lost_cb(void *arg)
{
	struct kctl *k = arg;

	k->to.lost(k->arg);
}

int kctl_subscribe(struct kctl *k, struct hal_loop *loop, const char *group, const struct kctl_events *to, void *arg)
{
	struct hal_genl ctrl;
	int err;

	k->group = group;
	k->to = *to;
	k->arg = arg;
	err = hal_nl_events_open(&k->ev, loop, NETLINK_GENERIC, EVENT_RCVBUF, event_cb, lost_cb, k);
	if (!err)
		err = hal_genl_resolve(k->nl, "nlctrl", &ctrl);
	if (!err)
		err = hal_nl_events_join(k->ev, hal_genl_group(&ctrl, "notify"));
	if (!err)
		err = join(k);
	return err ? fail(k, err) : 0;
}

uint64_t kctl_lost(const struct kctl *k)
{
	return k->ev ? hal_nl_events_lost(k->ev) : 0;
}
