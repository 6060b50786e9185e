// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/nfq.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "hal/clock.h"
#include "hal/log.h"

#define ANSWER_MS	2000
#define PACKETS_A_TURN	64
#define RCVBUF		(2 * 1024 * 1024)
#define COPY_DEFAULT	4096
#define COPY_MAX	65531		/* the kernel's */

struct hal_nfq {
	struct mnl_socket *sk;
	struct hal_fd *watch;
	uint16_t num;
	uint32_t next;			/* verdict of HAL_NEXT */
	hal_nfq_fn cb;
	void *arg;
	struct hal_nfq_stats stats;
	bool *freed;
	_Alignas(8) uint8_t buf[COPY_MAX + 8192];
};

static void verdict(struct hal_nfq *q, uint32_t id, uint32_t v)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(10000, 3);
	_Alignas(8) char buf[256];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buf, NFQNL_MSG_VERDICT, q->num);

	nfq_nlmsg_verdict_put(nlh, (int)id, (int)v);
	if (mnl_socket_sendto(q->sk, nlh, nlh->nlmsg_len) < 0)
		log_limited(&limit, HAL_LOG_WARN, "queue %u: cannot give a verdict (errno %d)", q->num, errno);
}

static uint32_t attr_be32(const struct nlattr *attr)
{
	return attr && mnl_attr_get_payload_len(attr) == 4 ? ntohl(mnl_attr_get_u32(attr)) : 0;
}

/*
 * One message of the queue; not @ready: before hal_nfq_open() returned.  The callback may close the queue: then
 * *q->freed is set and nothing of it is touched.
 */
static void packet(struct hal_nfq *q, const struct nlmsghdr *nlh, bool ready)
{
	struct nlattr *attr[NFQA_MAX + 1] = { NULL };
	struct nfqnl_msg_packet_hdr *ph;
	struct hal_nfq_packet pkt = { 0 };
	enum hal_verdict v;
	bool *freed = q->freed;
	uint32_t id;

	if (nfq_nlmsg_parse(nlh, attr) < 0 || !attr[NFQA_PACKET_HDR] ||
	    mnl_attr_get_payload_len(attr[NFQA_PACKET_HDR]) < sizeof(*ph)) {
		q->stats.bad++;
		return;
	}
	ph = mnl_attr_get_payload(attr[NFQA_PACKET_HDR]);
	id = ntohl(ph->packet_id);
	if (!attr[NFQA_PAYLOAD] || !ready) {
		q->stats.bad++;
		verdict(q, id, NF_ACCEPT);
		return;
	}
	pkt.data = mnl_attr_get_payload(attr[NFQA_PAYLOAD]);
	pkt.len = mnl_attr_get_payload_len(attr[NFQA_PAYLOAD]);
	pkt.orig_len = attr[NFQA_CAP_LEN] ? attr_be32(attr[NFQA_CAP_LEN]) : pkt.len;
	pkt.indev = attr_be32(attr[NFQA_IFINDEX_INDEV]);
	pkt.mark = attr_be32(attr[NFQA_MARK]);
	pkt.hook = ph->hook;
	pkt.csum_ok = !(attr_be32(attr[NFQA_SKB_INFO]) & (NFQA_SKB_CSUMNOTREADY | NFQA_SKB_CSUM_NOTVERIFIED));
	q->stats.packets++;
	v = q->cb(&pkt, q->arg);
	if (*freed)
		return;		/* the kernel dropped what was waiting */
	if (v == HAL_DROP)
		q->stats.dropped++;
	verdict(q, id, v == HAL_DROP ? NF_DROP : v == HAL_NEXT ? q->next : NF_ACCEPT);
}

static void queue_event(int fd, unsigned int events, void *arg)
{
	struct hal_nfq *q = arg;
	bool freed = false;
	unsigned int i;

	(void)fd;
	(void)events;
	q->freed = &freed;
	for (i = 0; i < PACKETS_A_TURN; i++) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)q->buf;
		ssize_t n = mnl_socket_recvfrom(q->sk, q->buf, sizeof(q->buf));
		int len;

		if (n < 0 && errno == ENOBUFS) {
			q->stats.lost++;
			continue;
		}
		if (n < 0 && errno == ENOSPC) {
			q->stats.bad++;
			continue;
		}
		if (n < 0)
			break;
		len = (int)n;
		for (; mnl_nlmsg_ok(m, len); m = mnl_nlmsg_next(m, &len)) {
			if (NFNL_SUBSYS_ID(m->nlmsg_type) == NFNL_SUBSYS_QUEUE)
				packet(q, m, true);
			if (freed)
				return;
		}
	}
	q->freed = NULL;
}

/* Is the queue taken, by whomever?  The kernel says EPERM for that too. */
static bool queue_taken(uint16_t num)
{
	FILE *f = fopen("/proc/net/netfilter/nfnetlink_queue", "re");
	bool taken = false;
	unsigned int n;
	char line[256];

	if (!f)
		return false;
	while (!taken && fgets(line, sizeof(line), f))
		taken = sscanf(line, "%u", &n) == 1 && n == num;
	fclose(f);
	return taken;
}

/* Bind with all parameters in one message: packets come from the moment it is accepted. */
static int bind_queue(struct hal_nfq *q, const struct hal_nfq_opts *opts)
{
	uint32_t flags = opts && opts->fail_open ? NFQA_CFG_F_FAIL_OPEN : 0;
	uint32_t copy = opts && opts->copy ? opts->copy : COPY_DEFAULT;
	_Alignas(8) char buf[512];
	struct nlmsghdr *nlh = nfq_nlmsg_put(buf, NFQNL_MSG_CONFIG, q->num);

	nlh->nlmsg_flags |= NLM_F_ACK;
	nfq_nlmsg_cfg_put_cmd(nlh, AF_INET6, NFQNL_CFG_CMD_BIND);
	nfq_nlmsg_cfg_put_params(nlh, NFQNL_COPY_PACKET, (int)(copy < COPY_MAX ? copy : COPY_MAX));
	nfq_nlmsg_cfg_put_qmaxlen(nlh, opts && opts->max_len ? opts->max_len : 1024);
	mnl_attr_put_u32(nlh, NFQA_CFG_MASK, htonl(NFQA_CFG_F_FAIL_OPEN));
	mnl_attr_put_u32(nlh, NFQA_CFG_FLAGS, htonl(flags));
	return mnl_socket_sendto(q->sk, nlh, nlh->nlmsg_len) < 0 ? -errno : 0;
}

/* The kernel's answer.  Packets that are there before it go on, as if nobody listened yet. */
static int read_answer(struct hal_nfq *q)
{
	struct pollfd pfd = { .fd = mnl_socket_get_fd(q->sk), .events = POLLIN };
	uint64_t now, deadline = hal_now_ms() + ANSWER_MS;

	while ((now = hal_now_ms()) < deadline) {
		const struct nlmsghdr *m = (const struct nlmsghdr *)q->buf;
		ssize_t n = mnl_socket_recvfrom(q->sk, q->buf, sizeof(q->buf));
		int len;

		if (n < 0) {
			if (errno == EAGAIN)
				poll(&pfd, 1, (int)(deadline - now));
			else if (errno != EINTR && errno != ENOBUFS)
				return -errno;
			continue;
		}
		len = (int)n;
		for (; mnl_nlmsg_ok(m, len); m = mnl_nlmsg_next(m, &len)) {
			const struct nlmsgerr *e = mnl_nlmsg_get_payload(m);

			if (m->nlmsg_type == NLMSG_ERROR && mnl_nlmsg_get_payload_len(m) >= sizeof(e->error))
				return e->error;
			if (NFNL_SUBSYS_ID(m->nlmsg_type) == NFNL_SUBSYS_QUEUE)
				packet(q, m, false);
		}
	}
	return -ETIMEDOUT;
}

int hal_nfq_open(struct hal_nfq **out, struct hal_loop *loop, uint16_t num, const struct hal_nfq_opts *opts,
		 hal_nfq_fn cb, void *arg)
{
	struct hal_nfq *q = calloc(1, sizeof(*q));
	int err, size = RCVBUF;

	if (!q)
		return -ENOMEM;
	q->num = num;
	q->next = NF_ACCEPT;
	q->cb = cb;
	q->arg = arg;
	q->sk = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!q->sk || mnl_socket_bind(q->sk, 0, MNL_SOCKET_AUTOPID) < 0) {
		err = -errno;
		goto fail;
	}
	if (setsockopt(mnl_socket_get_fd(q->sk), SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		setsockopt(mnl_socket_get_fd(q->sk), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	err = bind_queue(q, opts);
	if (!err)
		err = read_answer(q);
	if (err == -EPERM && queue_taken(num))
		err = -EBUSY;
	else if (err == -EINVAL)	/* no such subsystem of nfnetlink */
		err = -EPROTONOSUPPORT;
	if (err)
		goto fail;
	q->watch = hal_fd_add(loop, mnl_socket_get_fd(q->sk), HAL_READ, queue_event, q);
	if (!q->watch) {
		err = -errno;
		goto fail;
	}
	*out = q;
	return 0;
fail:
	hal_nfq_close(q);
	return err;
}

void hal_nfq_close(struct hal_nfq *q)
{
	if (!q)
		return;
	if (q->freed)
		*q->freed = true;
	hal_fd_del(q->watch);
	if (q->sk)
		mnl_socket_close(q->sk);
	free(q);
}

void hal_nfq_set_next(struct hal_nfq *q, uint16_t num)
{
	q->next = NF_QUEUE_NR(num) | NF_VERDICT_FLAG_QUEUE_BYPASS;
}

const struct hal_nfq_stats *hal_nfq_stats(const struct hal_nfq *q)
{
	return &q->stats;
}
