// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets of the client: requests and their answers, events. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <libmnl/libmnl.h>

#include "kctl/msg.h"

#define ANSWER_WAIT_S	5		/* the kernel answers at once; only a bug would let us wait */
#define EVENT_RCVBUF	(4 << 20)
#define EVENT_BATCH	64		/* datagrams a call of kctl_event_read(), so that others get their turn */

struct kctl {
	struct mnl_socket *req, *ev;
	struct kctl_family family;
	uint32_t seq;
	kctl_event_fn event;
	kctl_lost_fn lost;
	void *arg;
	char error[160];
	uint8_t rbuf[32768] __attribute__((aligned(8)));
};

typedef int (*answer_fn)(void *arg, const struct nlmsghdr *nlh);

static int fail(struct kctl *k, int err, const char *text)
{
	snprintf(k->error, sizeof(k->error), "%s", text ? text : strerror(-err));
	return err;
}

/* Read answers to request @k->seq until its end: an NLMSG_ERROR (0: acknowledged), or the NLMSG_DONE of a dump. */
static int answers(struct kctl *k, answer_fn cb, void *arg)
{
	int cb_err = 0;

	for (;;) {
		const struct nlmsghdr *nlh = (const void *)k->rbuf;
		ssize_t got = mnl_socket_recvfrom(k->req, k->rbuf, sizeof(k->rbuf));
		int left = (int)got;

		if (got < 0) {
			if (errno == EINTR)
				continue;
			return fail(k, errno == EAGAIN ? -ETIMEDOUT : -errno, NULL);
		}
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			const char *text;
			int err;

			if (nlh->nlmsg_seq != k->seq)		/* of a request that was given up */
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				cb_err = cb_err ? cb_err : -EINTR;
			if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
				err = kctl_msg_get_error(nlh, &text);
				err = err ? err : cb_err;
				return err ? fail(k, err, text) : 0;
			}
			if (nlh->nlmsg_type < NLMSG_MIN_TYPE || !cb)
				continue;
			err = cb(arg, nlh);
			cb_err = cb_err ? cb_err : err;
		}
	}
}

static int request(struct kctl *k, const struct nlmsghdr *nlh, answer_fn cb, void *arg)
{
	if (mnl_socket_sendto(k->req, nlh, nlh->nlmsg_len) < 0)
		return fail(k, -errno, NULL);
	return answers(k, cb, arg);
}

static int simple(struct kctl *k, uint8_t cmd, const struct kctl_ctx *c, answer_fn cb, void *arg)
{
	uint8_t buf[KCTL_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = kctl_msg_new(buf, k->family.id, NLM_F_ACK, ++k->seq, cmd);

	if (c)
		kctl_msg_put_ctx(nlh, c);
	return request(k, nlh, cb, arg);
}

/* --- opening -------------------------------------------------------------------------------------------------- */

static struct mnl_socket *open_socket(int flags)
{
	struct mnl_socket *s = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC | flags);

	if (s && mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = errno;

		mnl_socket_close(s);
		errno = err;
		return NULL;
	}
	return s;
}

static int family_cb(void *arg, const struct nlmsghdr *nlh)
{
	return kctl_msg_get_family(nlh, arg);
}

static int resolve(struct kctl *k)
{
	uint8_t buf[KCTL_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = kctl_msg_new(buf, GENL_ID_CTRL, NLM_F_ACK, ++k->seq, CTRL_CMD_GETFAMILY);

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, SHIM6_GENL_NAME);
	return request(k, nlh, family_cb, &k->family);
}

static int explain(const struct kctl *k, int err, char *why, size_t size)
{
	if (err == -ENOENT)
		snprintf(why, size, "the kernel has no netlink family \"%s\": load the module with 'modprobe shim6'",
			 SHIM6_GENL_NAME);
	else if (err == -EPERM)
		snprintf(why, size, "no permission to talk to shim6.ko: CAP_NET_ADMIN is needed, run it as root");
	else if (err == -EPROTO)
		snprintf(why, size, "shim6.ko speaks version %u of its netlink family, this program version %u: the %s is older, install matching ones",
			 k->family.version, SHIM6_GENL_VERSION,
			 k->family.version < SHIM6_GENL_VERSION ? "module" : "program");
	else
		snprintf(why, size, "cannot talk to shim6.ko: %s", k ? k->error : strerror(-err));
	return err;
}

int kctl_open(struct kctl **out, char *why, size_t size)
{
	struct timeval wait = { .tv_sec = ANSWER_WAIT_S };
	struct kctl *k = calloc(1, sizeof(*k));
	struct kctl_info info;
	int on = 1, err;

	*out = NULL;
	if (!k)
		return explain(NULL, -ENOMEM, why, size);
	k->req = open_socket(0);
	if (!k->req) {
		err = fail(k, -errno, NULL);
		goto out;
	}
	if (setsockopt(mnl_socket_get_fd(k->req), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) < 0) {
		err = fail(k, -errno, NULL);
		goto out;
	}
	/* Both only make error messages better or shorter. */
	mnl_socket_setsockopt(k->req, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(k->req, NETLINK_CAP_ACK, &on, sizeof(on));

	err = resolve(k);
	if (!err && k->family.version != SHIM6_GENL_VERSION)
		err = -EPROTO;
	if (!err)
		err = kctl_info(k, &info);		/* are we allowed to? */
	if (!err) {
		*out = k;
		return 0;
	}
out:
	explain(k, err, why, size);
	kctl_close(k);
	return err;
}

void kctl_close(struct kctl *k)
{
	if (!k)
		return;
	if (k->req)
		mnl_socket_close(k->req);
	if (k->ev)
		mnl_socket_close(k->ev);
	free(k);
}

const char *kctl_error(const struct kctl *k)
{
	return k->error;
}

/* --- requests ------------------------------------------------------------------------------------------------- */

static int info_cb(void *arg, const struct nlmsghdr *nlh)
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

static int ctx_cb(void *arg, const struct nlmsghdr *nlh)
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

static int dump_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct dump *d = arg;
	struct kctl_ctx c;
	int err = kctl_msg_get_ctx(nlh, &c);

	if (!err)
		d->ctx(d->arg, &c);
	return err;
}

static int stat_cb(void *arg, const struct nlmsghdr *nlh)
{
	const struct dump *d = arg;
	const char *name, *text;
	uint64_t value;
	int err = kctl_msg_get_stat(nlh, &name, &value, &text);

	if (!err)
		d->stat(d->arg, name, value, text);
	return err;
}

static int dump(struct kctl *k, uint8_t cmd, answer_fn cb, struct dump *d)
{
	uint8_t buf[KCTL_REQUEST_MAX] __attribute__((aligned(8)));

	return request(k, kctl_msg_new(buf, k->family.id, NLM_F_DUMP, ++k->seq, cmd), cb, d);
}

int kctl_ctx_dump(struct kctl *k, kctl_ctx_fn cb, void *arg)
{
	return dump(k, SHIM6_CMD_CTX_GET, dump_cb, &(struct dump){ .ctx = cb, .arg = arg });
}

int kctl_stats(struct kctl *k, kctl_stat_fn cb, void *arg)
{
	return dump(k, SHIM6_CMD_STATS, stat_cb, &(struct dump){ .stat = cb, .arg = arg });
}

int kctl_flush(struct kctl *k)
{
	return simple(k, SHIM6_CMD_FLUSH, NULL, NULL, NULL);
}

int kctl_set_max_contexts(struct kctl *k, uint32_t max)
{
	uint8_t buf[KCTL_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = kctl_msg_new(buf, k->family.id, NLM_F_ACK, ++k->seq, SHIM6_CMD_SET_PARAM);

	mnl_attr_put_u32(nlh, SHIM6_A_MAX_CONTEXTS, max);
	return request(k, nlh, NULL, NULL);
}

int kctl_set_hooks(struct kctl *k, bool on)
{
	uint8_t buf[KCTL_REQUEST_MAX] __attribute__((aligned(8)));
	struct nlmsghdr *nlh = kctl_msg_new(buf, k->family.id, NLM_F_ACK, ++k->seq, SHIM6_CMD_SET_PARAM);

	mnl_attr_put_u8(nlh, SHIM6_A_HOOKS, on);
	return request(k, nlh, NULL, NULL);
}

/* --- events ------------------------------------------------------------------------------------------------------ */

int kctl_subscribe(struct kctl *k, const char *group, kctl_event_fn event, kctl_lost_fn lost, void *arg)
{
	uint32_t id = 0;

	if (!strcmp(group, SHIM6_GENL_GROUP_CTL))
		id = k->family.group_ctl;
	else if (!strcmp(group, SHIM6_GENL_GROUP_REAP))
		id = k->family.group_reap;
	if (!id)
		return fail(k, -ENOENT, "shim6.ko has no such multicast group");
	if (!k->ev) {
		int size = EVENT_RCVBUF;

		k->ev = open_socket(SOCK_NONBLOCK);
		if (!k->ev)
			return fail(k, -errno, NULL);
		/* A larger queue only makes losses rarer: they are handled. */
		setsockopt(mnl_socket_get_fd(k->ev), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	}
	if (mnl_socket_setsockopt(k->ev, NETLINK_ADD_MEMBERSHIP, &id, sizeof(id)) < 0)
		return fail(k, -errno, NULL);
	k->event = event;
	k->lost = lost;
	k->arg = arg;
	return 0;
}

int kctl_event_fd(const struct kctl *k)
{
	return k->ev ? mnl_socket_get_fd(k->ev) : -1;
}

int kctl_event_read(struct kctl *k)
{
	/* Not k->rbuf: the callbacks may send requests. */
	uint8_t buf[8192] __attribute__((aligned(8)));
	bool lost = false;
	int err = 0;

	for (int i = 0; i < EVENT_BATCH; i++) {
		const struct nlmsghdr *nlh = (const void *)buf;
		ssize_t got = mnl_socket_recvfrom(k->ev, buf, sizeof(buf));
		int left = (int)got;

		if (got < 0) {
			if (errno == EINTR)
				continue;
			if (errno == ENOBUFS || errno == ENOSPC) {
				lost = true;
				continue;
			}
			if (errno != EAGAIN)
				err = fail(k, -errno, NULL);
			break;
		}
		for (; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left)) {
			struct kctl_event ev;

			if (nlh->nlmsg_type == k->family.id && !kctl_msg_get_event(nlh, &ev))
				k->event(k->arg, &ev);
		}
	}
	if (lost)
		k->lost(k->arg);
	return err;
}
