// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/raw.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <netinet/ip6.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/log.h"

#define ERRORS_A_TURN	32
#define QUOTED_MAX	2048

struct hal_raw {
	int fd;
	struct hal_fd *watch;
	hal_raw_error_fn cb;
	void *arg;
	bool *freed;
};

static void tell(struct hal_raw *raw, struct msghdr *msg, const uint8_t *quoted, size_t len)
{
	const struct sockaddr_in6 *dst = msg->msg_name;
	struct hal_raw_error e = { .quoted = quoted, .quoted_len = len };
	const struct sock_extended_err *ee = NULL;
	struct cmsghdr *cm;

	for (cm = CMSG_FIRSTHDR(msg); cm; cm = CMSG_NXTHDR(msg, cm)) {
		if (cm->cmsg_level != IPPROTO_IPV6)
			continue;
		if (cm->cmsg_type == IPV6_RECVERR && cm->cmsg_len >= CMSG_LEN(sizeof(*ee))) {
			ee = (const struct sock_extended_err *)CMSG_DATA(cm);
			e.err = (int)ee->ee_errno;
			e.mtu = ee->ee_errno == EMSGSIZE ? ee->ee_info : 0;
			if (ee->ee_origin != SO_EE_ORIGIN_ICMP6)
				continue;
			e.icmp_type = ee->ee_type;
			e.icmp_code = ee->ee_code;
			if (cm->cmsg_len >= CMSG_LEN(sizeof(*ee) + sizeof(struct sockaddr_in6)))
				e.offender = ((const struct sockaddr_in6 *)SO_EE_OFFENDER(ee))->sin6_addr;
		} else if (cm->cmsg_type == IPV6_PKTINFO && cm->cmsg_len >= CMSG_LEN(sizeof(struct in6_pktinfo))) {
			/* Where the error was sent to is where our packet came from. */
			e.src = ((const struct in6_pktinfo *)CMSG_DATA(cm))->ipi6_addr;
		}
	}
	if (!ee)
		return;
	if (msg->msg_namelen >= sizeof(*dst) && dst->sin6_family == AF_INET6)
		e.dst = dst->sin6_addr;
	raw->cb(&e, raw->arg);
}

static void raw_event(int fd, unsigned int events, void *arg)
{
	static uint8_t data[QUOTED_MAX];
	struct hal_raw *raw = arg;
	bool freed = false;
	int i;

	(void)events;
	raw->freed = &freed;
	for (i = 0; i < ERRORS_A_TURN; i++) {
		_Alignas(struct cmsghdr) uint8_t control[512];
		struct sockaddr_in6 dst;
		struct iovec iov = { data, sizeof(data) };
		struct msghdr msg = {
			.msg_name = &dst, .msg_namelen = sizeof(dst), .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = control, .msg_controllen = sizeof(control),
		};
		ssize_t n = recvmsg(fd, &msg, MSG_ERRQUEUE | MSG_DONTWAIT);

		if (n < 0)
			break;
		if (raw->cb)
			tell(raw, &msg, data, (size_t)n);
		if (freed)
			return;
	}
	raw->freed = NULL;
	/* What slipped in before the filter was attached, and a pending error, would wake us for ever. */
	while (recv(fd, data, 1, MSG_DONTWAIT) >= 0)
		;
}

int hal_raw_open(struct hal_raw **out, struct hal_loop *loop, uint8_t protocol, hal_raw_error_fn cb, void *arg)
{
	static const struct sock_filter nothing[] = { BPF_STMT(BPF_RET | BPF_K, 0) };
	const struct sock_fprog prog = { 1, (struct sock_filter *)nothing };
	const int on = 1, hops = 64, discover = IPV6_PMTUDISC_DO;
	struct hal_raw *raw = calloc(1, sizeof(*raw));
	int err;

	if (!raw)
		return -ENOMEM;
	raw->cb = cb;
	raw->arg = arg;
	raw->fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (raw->fd < 0 ||
	    setsockopt(raw->fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ||
	    setsockopt(raw->fd, IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof(on)) ||
	    setsockopt(raw->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on)) ||
	    setsockopt(raw->fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &hops, sizeof(hops)) ||
	    /* DONTFRAG alone does not hold for protocols the kernel does not know. */
	    setsockopt(raw->fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &discover, sizeof(discover)) ||
	    setsockopt(raw->fd, IPPROTO_IPV6, IPV6_DONTFRAG, &on, sizeof(on))) {
		err = -errno;
		goto fail;
	}
	raw->watch = hal_fd_add(loop, raw->fd, HAL_READ, raw_event, raw);
	if (!raw->watch) {
		err = -errno;
		goto fail;
	}
	*out = raw;
	return 0;
fail:
	hal_raw_close(raw);
	return err;
}

void hal_raw_close(struct hal_raw *raw)
{
	if (!raw)
		return;
	if (raw->freed)
		*raw->freed = true;
	hal_fd_del(raw->watch);
	if (raw->fd >= 0)
		close(raw->fd);
	free(raw);
}

int hal_raw_send(struct hal_raw *raw, const struct in6_addr *src, const struct in6_addr *dst, uint32_t ifindex,
		 const void *data, size_t len)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_addr = *dst };
	struct in6_pktinfo info = { .ipi6_addr = *src, .ipi6_ifindex = ifindex };
	_Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(info))] = { 0 };
	struct iovec iov = { (void *)data, len };
	struct msghdr msg = {
		.msg_name = &to, .msg_namelen = sizeof(to), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *cm = CMSG_FIRSTHDR(&msg);
	socklen_t n = sizeof(int);
	int pending;

	if (IN6_IS_ADDR_UNSPECIFIED(src) || IN6_IS_ADDR_MULTICAST(src) || IN6_IS_ADDR_UNSPECIFIED(dst) ||
	    IN6_IS_ADDR_MULTICAST(dst))
		return -EINVAL;
	cm->cmsg_level = IPPROTO_IPV6;
	cm->cmsg_type = IPV6_PKTINFO;
	cm->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(cm), &info, sizeof(info));
	/* An error that met an earlier packet is reported by the error queue; it must not fail this one. */
	getsockopt(raw->fd, SOL_SOCKET, SO_ERROR, &pending, &n);
	if (sendmsg(raw->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	/* The kernel's word for a source that is not ours, or tentative. */
	if (errno == EINVAL)
		return -EADDRNOTAVAIL;
	return errno == ENOBUFS || errno == EWOULDBLOCK ? -EAGAIN : -errno;
}

size_t hal_raw_quoted(const struct hal_raw_error *e, uint8_t protocol, void *buf, size_t size)
{
	struct ip6_hdr h = { 0 };

	if (size < sizeof(h) + e->quoted_len)
		return 0;
	h.ip6_flow = htonl(6u << 28);
	h.ip6_plen = htons((uint16_t)e->quoted_len);
	h.ip6_nxt = protocol;
	h.ip6_src = e->src;
	h.ip6_dst = e->dst;
	memcpy(buf, &h, sizeof(h));
	if (e->quoted_len)
		memcpy((uint8_t *)buf + sizeof(h), e->quoted, e->quoted_len);
	return sizeof(h) + e->quoted_len;
}
