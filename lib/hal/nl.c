// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/nl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hal/clock.h"

#define RCV_BUF		(64 * 1024)	/* the kernel never builds larger dump messages than 32 KiB */

struct hal_nl {
	struct mnl_socket *sk;
	uint32_t seq;
	unsigned int portid;
	char extack[256];
	_Alignas(8) uint8_t buf[RCV_BUF];
};

static int open_socket(struct mnl_socket **sk, int bus)
{
	*sk = mnl_socket_open2(bus, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!*sk)
		return -errno;
	if (mnl_socket_bind(*sk, 0, MNL_SOCKET_AUTOPID) < 0) {
		int err = -errno;

		mnl_socket_close(*sk);
		*sk = NULL;
		return err;
	}
	return 0;
}

int hal_nl_open(struct hal_nl **out, int bus)
{
	struct hal_nl *nl = calloc(1, sizeof(*nl));
	int err, on = 1;

	if (!nl)
		return -ENOMEM;
	err = open_socket(&nl->sk, bus);
	if (err) {
		free(nl);
		return err;
	}
	/* Old kernels lack these: texts and strictness are then missing, nothing else. */
	mnl_socket_setsockopt(nl->sk, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sk, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sk, NETLINK_GET_STRICT_CHK, &on, sizeof(on));
	nl->portid = mnl_socket_get_portid(nl->sk);
	nl->seq = (uint32_t)hal_now_ms();
	*out = nl;
	return 0;
}

void hal_nl_close(struct hal_nl *nl)
{
	if (!nl)
		return;
	mnl_socket_close(nl->sk);
	free(nl);
}

const char *hal_nl_extack(const struct hal_nl *nl)
{
	return nl->extack;
}

static int ext_attr(const struct nlattr *attr, void *arg)
{
	struct hal_nl *nl = arg;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		snprintf(nl->extack, sizeof(nl->extack), "%s", mnl_attr_get_str(attr));
	return MNL_CB_OK;
}

static void read_extack(struct hal_nl *nl, const struct nlmsghdr *nlh, unsigned int offset)
{
	if ((nlh->nlmsg_flags & NLM_F_ACK_TLVS) && mnl_nlmsg_get_payload_len(nlh) >= offset)
		mnl_attr_parse(nlh, offset, ext_attr, nl);
}

/* The end of an answer: 0 or a negative errno, and the kernel's text. */
static int end_error(struct hal_nl *nl, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	unsigned int offset = sizeof(*e);

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*e))
		return -EBADMSG;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && e->msg.nlmsg_len > sizeof(e->msg))
		offset += MNL_ALIGN(e->msg.nlmsg_len - sizeof(e->msg));
	read_extack(nl, nlh, offset);
	return e->error > 0 ? -e->error : e->error;
}

static int end_done(struct hal_nl *nl, const struct nlmsghdr *nlh)
{
	int code = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(code)) {
		memcpy(&code, mnl_nlmsg_get_payload(nlh), sizeof(code));
		read_extack(nl, nlh, sizeof(code));
	}
	return code < 0 ? code : 0;
}

struct answer {
	hal_nl_fn cb;
	void *arg;
	bool done, interrupted;
	int err;
};

static void take(struct hal_nl *nl, const struct nlmsghdr *nlh, struct answer *a)
{
	/* Left over from a request that was given up. */
	if (nlh->nlmsg_seq != nl->seq || nlh->nlmsg_pid != nl->portid)
		return;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		a->interrupted = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		a->done = true;
		if (!a->err)
			a->err = end_error(nl, nlh);
		break;
	case NLMSG_DONE:
		a->done = true;
		if (!a->err)
			a->err = end_done(nl, nlh);
		break;
	case NLMSG_NOOP:
	case NLMSG_OVERRUN:
		break;
	default:
		if (a->cb && !a->err)
			a->err = a->cb(nlh, a->arg);
	}
}

/* Wait for readability: 0, -ETIMEDOUT or another negative errno. */
static int wait_readable(struct hal_nl *nl, uint64_t deadline)
{
	struct pollfd pfd = { .fd = mnl_socket_get_fd(nl->sk), .events = POLLIN };

	for (;;) {
		uint64_t now = hal_now_ms();
		int n;

		if (now >= deadline)
			return -ETIMEDOUT;
		n = poll(&pfd, 1, (int)(deadline - now));
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

int hal_nl_talk(struct hal_nl *nl, struct nlmsghdr *nlh, hal_nl_fn cb, void *arg)
{
	uint64_t deadline = hal_now_ms() + HAL_NL_TIMEOUT;
	struct answer a = { .cb = cb, .arg = arg };

	nl->extack[0] = '\0';
	nlh->nlmsg_seq = ++nl->seq;
	nlh->nlmsg_pid = nl->portid;
	nlh->nlmsg_flags |= NLM_F_REQUEST;
	if ((nlh->nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
		nlh->nlmsg_flags |= NLM_F_ACK;
	if (mnl_socket_sendto(nl->sk, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	while (!a.done) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)nl->buf;
		ssize_t n = mnl_socket_recvfrom(nl->sk, nl->buf, sizeof(nl->buf));
		int len;

		if (n < 0) {
			int err = errno == EAGAIN ? wait_readable(nl, deadline) : errno == EINTR ? 0 : -errno;

			if (err)
				return err;
			continue;
		}
		len = (int)n;
		for (; mnl_nlmsg_ok(m, len) && !a.done; m = mnl_nlmsg_next(m, &len))
			take(nl, m, &a);
	}
	if (!a.err && a.interrupted)
		return -EINTR;
	return a.err;
}

/* --- events --- */

struct hal_nl_events {
	struct mnl_socket *sk;
	struct hal_fd *watch;
	hal_nl_fn cb;
	void (*lost)(void *arg);
	void *arg;
	uint64_t n_lost;
	bool *freed;			/* set if a callback closes us */
	_Alignas(8) uint8_t buf[RCV_BUF];
};

#define EVENTS_A_TURN	64		/* datagrams, so that a flood does not starve the timers */

static void events_read(int fd, unsigned int events, void *arg)
{
	struct hal_nl_events *ev = arg;
	bool freed = false, lost = false;
	unsigned int i;

	(void)fd;
	(void)events;
	ev->freed = &freed;
	for (i = 0; i < EVENTS_A_TURN; i++) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)ev->buf;
		ssize_t n = mnl_socket_recvfrom(ev->sk, ev->buf, sizeof(ev->buf));
		int len;

		/* ENOSPC: cut short.  Our buffer is larger than anything the kernel sends; treat it as lost. */
		if (n < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
			lost = true;
			continue;
		}
		if (n < 0)
			break;
		len = (int)n;
		for (; mnl_nlmsg_ok(m, len); m = mnl_nlmsg_next(m, &len)) {
			if (m->nlmsg_type >= NLMSG_MIN_TYPE)
				ev->cb(m, ev->arg);
			if (freed)
				return;
		}
	}
	ev->freed = NULL;
	if (lost) {
		ev->n_lost++;
		if (ev->lost)
			ev->lost(ev->arg);
	}
}

int hal_nl_events_open(struct hal_nl_events **out, struct hal_loop *loop, int bus, size_t rcvbuf, hal_nl_fn cb,
		       void (*lost)(void *arg), void *arg)
{
	struct hal_nl_events *ev = calloc(1, sizeof(*ev));
	int err, size = rcvbuf ? (int)rcvbuf : 1024 * 1024;

	if (!ev)
		return -ENOMEM;
	err = open_socket(&ev->sk, bus);
	if (err)
		goto fail;
	/* Beyond net.core.rmem_max only with CAP_NET_ADMIN; less means a resynchronisation more often. */
	if (setsockopt(mnl_socket_get_fd(ev->sk), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(mnl_socket_get_fd(ev->sk), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	ev->cb = cb;
	ev->lost = lost;
	ev->arg = arg;
	ev->watch = hal_fd_add(loop, mnl_socket_get_fd(ev->sk), HAL_READ, events_read, ev);
	if (!ev->watch) {
		err = -errno;
		goto fail;
	}
	*out = ev;
	return 0;
fail:
	hal_nl_events_close(ev);
	return err;
}

int hal_nl_events_join(struct hal_nl_events *ev, uint32_t group)
{
	return mnl_socket_setsockopt(ev->sk, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0 ? -errno : 0;
}

int hal_nl_events_fd(const struct hal_nl_events *ev)
{
	return mnl_socket_get_fd(ev->sk);
}

uint64_t hal_nl_events_lost(const struct hal_nl_events *ev)
{
	return ev->n_lost;
}

void hal_nl_events_close(struct hal_nl_events *ev)
{
	if (!ev)
		return;
	if (ev->freed)
		*ev->freed = true;
	hal_fd_del(ev->watch);
	if (ev->sk)
		mnl_socket_close(ev->sk);
	free(ev);
}
