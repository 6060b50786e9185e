// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The measuring of tests/bench/dataplane.sh: packets from one network namespace to another, by one process that has a
 * socket in each, so that nobody waits for a scheduler; and contexts by the thousand.  Prints one number.
 *
 * usage: dataplane udp NS-OUT NS-IN LOCAL PEER COUNT		ns a datagram of 64 octets, out and in
 *	  dataplane tcp NS-OUT NS-IN LOCAL PEER MEGABYTES	Mbit/s
 *	  dataplane add NS ULID-LOCAL ULID-PEER LOC-LOCAL LOC-PEER TAG-LOCAL TAG-PEER
 *	  dataplane fill NS LOCAL COUNT				contexts a second, peers 2001:db8:ffff::1 and on
 *	  dataplane dump NS					contexts a second
 *	  dataplane flush NS					contexts a second
 *	  dataplane spread NS LOCAL PEERS COUNT			ns a datagram, out only, each to a random one of PEERS
 *	  dataplane touch NS LOCAL PEERS			ns a datagram, one to each of PEERS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <libmnl/libmnl.h>
#include "uapi/shim6_nl.h"

#define BURST	32		/* datagrams that are under way at a time */
#define BATCH	(64 * 1024)	/* octets of requests in one send */

static void fail(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	fputs("dataplane: ", stderr);
	vfprintf(stderr, format, ap);
	fprintf(stderr, ": %s\n", strerror(errno));
	va_end(ap);
	exit(1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* For tests/bench/profile.c; to all others these are instructions that do nothing. */
static inline void count_begin(void)
{
	__asm__ volatile("nopl 0x53360001(%%rax)" : : : "memory");
}

static inline void count_end(void)
{
	__asm__ volatile("nopl 0x53360002(%%rax)" : : : "memory");
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 0);

	if (*end || end == text)
		fail("not a number: %s", text);
	return n;
}

static void enter(const char *ns)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", ns);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		fail("cannot enter namespace %s", ns);
	close(fd);
}

static struct sockaddr_in6 address(const char *text, uint16_t port)
{
	struct sockaddr_in6 sa = { .sin6_family = AF_INET6, .sin6_port = htons(port) };

	if (inet_pton(AF_INET6, text, &sa.sin6_addr) != 1)
		fail("not an address: %s", text);
	return sa;
}

/* A socket in namespace @ns, bound to @text. */
static int open_socket(const char *ns, int type, const char *text, uint16_t port)
{
	struct sockaddr_in6 sa = address(text, port);
	struct timeval patience = { .tv_sec = 5 };
	int fd, size = 4 << 20, on = 1;

	enter(ns);
	fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&sa, sizeof(sa)))
		fail("cannot open a socket at %s in %s", text, ns);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void connect_to(int fd, const char *text, uint16_t port)
{
	struct sockaddr_in6 sa = address(text, port);

	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)))
		fail("cannot connect to %s", text);
}

static void burst(int out, int in, unsigned int n)
{
	char data[64] = { 0 };
	unsigned int i;

	for (i = 0; i < n; i++)
		if (send(out, data, sizeof(data), 0) != sizeof(data))
			fail("cannot send");
	for (i = 0; i < n; i++)
		if (recv(in, data, sizeof(data), 0) != sizeof(data))
			fail("a datagram did not arrive");
}

static void do_udp(char **arg)
{
	int out = open_socket(arg[0], SOCK_DGRAM, arg[2], 7001), in = open_socket(arg[1], SOCK_DGRAM, arg[3], 7002);
	unsigned long n = number(arg[4]) / BURST, i;
	double begin;

	connect_to(out, arg[3], 7002);
	for (i = 0; i < 8; i++)		/* neighbours, routes, caches */
		burst(out, in, BURST);
	count_begin();
	begin = now();
	for (i = 0; i < n; i++)
		burst(out, in, BURST);
	printf("%.0f\n", (now() - begin) * 1e9 / (n * BURST));
	count_end();
}

/* Pass @octets through a connection; returns seconds. */
static double pour(int out, int in, uint64_t octets, char *data, size_t size)
{
	struct pollfd p = { .fd = in, .events = POLLIN };
	uint64_t sent = 0, got = 0;
	double begin = now();
	ssize_t n;

	while (got < octets) {
		while (sent < octets && (n = send(out, data, size, MSG_DONTWAIT)) > 0)
			sent += n;
		if (poll(&p, 1, 10000) <= 0)
			fail("the connection stands still after %llu octets", (unsigned long long)got);
		while ((n = recv(in, data, size, MSG_DONTWAIT)) > 0)
			got += n;
		if (!n)
			fail("the connection was closed");
	}
	return now() - begin;
}

static void do_tcp(char **arg)
{
	int out = open_socket(arg[0], SOCK_STREAM, arg[2], 0);
	int listener = open_socket(arg[1], SOCK_STREAM, arg[3], 7003);
	uint64_t octets = (uint64_t)number(arg[4]) << 20;
	size_t size = 256 << 10;
	char *data = calloc(1, size);
	int in;

	if (!data || listen(listener, 1))
		fail("cannot listen");
	connect_to(out, arg[3], 7003);
	in = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (in < 0)
		fail("nobody connects");
	pour(out, in, octets / 4, data, size);		/* the window opens */
	count_begin();
	printf("%.1f\n", octets * 8 / pour(out, in, octets, data, size) / 1e6);
	count_end();
	free(data);
}

/* A netlink socket to the module and the number of its family. */
static struct mnl_socket *module(const char *ns, uint16_t *family)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	struct mnl_socket *nl;
	struct nlmsghdr *h;
	struct genlmsghdr *g;
	struct nlattr *a;
	ssize_t n;

	enter(ns);
	nl = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID))
		fail("no netlink");
	h = mnl_nlmsg_put_header(buf);
	h->nlmsg_type = GENL_ID_CTRL;
	h->nlmsg_flags = NLM_F_REQUEST;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = CTRL_CMD_GETFAMILY;
	g->version = 1;
	mnl_attr_put_strz(h, CTRL_ATTR_FAMILY_NAME, SHIM6_GENL_NAME);
	if (mnl_socket_sendto(nl, h, h->nlmsg_len) < 0 || (n = mnl_socket_recvfrom(nl, buf, sizeof(buf))) < 0 ||
	    h->nlmsg_type == NLMSG_ERROR)
		fail("the module is not loaded");
	*family = 0;
	mnl_attr_for_each(a, h, sizeof(*g))
		if (mnl_attr_get_type(a) == CTRL_ATTR_FAMILY_ID)
			*family = mnl_attr_get_u16(a);
	return nl;
}

static struct nlmsghdr *request(void *buf, uint16_t family, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *h = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	h->nlmsg_type = family;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(h, sizeof(*g));
	g->cmd = cmd;
	g->version = SHIM6_GENL_VERSION;
	return h;
}

/* The kernel's answer to what was sent last. */
static void expect_ack(struct mnl_socket *nl)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	const struct nlmsghdr *h = (void *)buf;
	const struct nlmsgerr *e;

	if (mnl_socket_recvfrom(nl, buf, sizeof(buf)) < 0 || h->nlmsg_type != NLMSG_ERROR)
		fail("no answer");
	e = mnl_nlmsg_get_payload(h);
	errno = -e->error;
	if (errno)
		fail("the module refuses");
}

struct context {
	struct in6_addr ulid[2], loc[2];
	uint64_t tag[2];
};

static struct nlmsghdr *put_context(void *buf, uint16_t family, const struct context *c, uint16_t flags)
{
	struct nlmsghdr *h = request(buf, family, SHIM6_CMD_CTX_ADD, flags);

	mnl_attr_put_u64(h, SHIM6_A_CT_LOCAL, c->tag[0]);
	mnl_attr_put_u64(h, SHIM6_A_CT_PEER, c->tag[1]);
	mnl_attr_put(h, SHIM6_A_ULID_LOCAL, sizeof(c->ulid[0]), &c->ulid[0]);
	mnl_attr_put(h, SHIM6_A_ULID_PEER, sizeof(c->ulid[1]), &c->ulid[1]);
	mnl_attr_put(h, SHIM6_A_LOC_LOCAL, sizeof(c->loc[0]), &c->loc[0]);
	mnl_attr_put(h, SHIM6_A_LOC_PEER, sizeof(c->loc[1]), &c->loc[1]);
	return h;
}

static void do_add(char **arg)
{
	struct context c = {
		.ulid = { address(arg[1], 0).sin6_addr, address(arg[2], 0).sin6_addr },
		.loc = { address(arg[3], 0).sin6_addr, address(arg[4], 0).sin6_addr },
		.tag = { number(arg[5]), number(arg[6]) },
	};
	char buf[MNL_SOCKET_BUFFER_SIZE];
	uint16_t family;
	struct mnl_socket *nl = module(arg[0], &family);
	struct nlmsghdr *h = put_context(buf, family, &c, NLM_F_ACK);

	mnl_socket_sendto(nl, h, h->nlmsg_len);
	expect_ack(nl);
	puts("0");
}

/* The n-th of the peers: the low 32 bits, so that neither address nor tag is a good hash by itself. */
static struct in6_addr peer(uint32_t n)
{
	struct in6_addr a = address("2001:db8:ffff::", 0).sin6_addr;

	n = htonl(n + 1);
	memcpy(&a.s6_addr[12], &n, sizeof(n));
	return a;
}

static void do_fill(char **arg)
{
	struct in6_addr local = address(arg[1], 0).sin6_addr;
	unsigned long count = number(arg[2]), i;
	uint16_t family;
	struct mnl_socket *nl = module(arg[0], &family);
	char *batch = malloc(BATCH + 1024);
	size_t used = 0;
	double begin = now();

	if (!batch)
		fail("no memory");
	for (i = 0; i < count; i++) {
		struct context c = { .ulid = { local, peer(i) }, .loc = { local, peer(i) },
				     .tag = { 0x100000000 + i, 0x200000000 + i } };
		bool last = i + 1 == count || used > BATCH - 512;

		used += put_context(batch + used, family, &c, last ? NLM_F_ACK : 0)->nlmsg_len;
		if (last) {		/* an error answers by itself and is seen in place of the last one's */
			if (mnl_socket_sendto(nl, batch, used) < 0)
				fail("cannot send");
			expect_ack(nl);
			used = 0;
		}
	}
	printf("%.0f\n", count / (now() - begin));
	free(batch);
}

static void do_dump(char **arg)
{
	uint16_t family;
	struct mnl_socket *nl = module(arg[0], &family);
	size_t size = 256 << 10;
	char *buf = malloc(size);
	unsigned long count = 0;
	double begin = now();
	struct nlmsghdr *h;
	ssize_t n;
	int left;

	if (!buf)
		fail("no memory");
	h = request(buf, family, SHIM6_CMD_CTX_GET, NLM_F_DUMP);
	mnl_socket_sendto(nl, h, h->nlmsg_len);
	for (;;) {
		n = mnl_socket_recvfrom(nl, buf, size);
		if (n <= 0)
			fail("cannot read the dump");
		left = n;
		for (h = (void *)buf; mnl_nlmsg_ok(h, left); h = mnl_nlmsg_next(h, &left)) {
			if (h->nlmsg_type == NLMSG_DONE) {
				fprintf(stderr, "%lu contexts\n", count);
				printf("%.0f\n", count / (now() - begin));
				free(buf);
				return;
			}
			count += h->nlmsg_type == family;
		}
	}
}

static void do_flush(char **arg)
{
	char buf[MNL_SOCKET_BUFFER_SIZE];
	uint16_t family;
	struct mnl_socket *nl = module(arg[0], &family);
	struct nlmsghdr *h = request(buf, family, SHIM6_CMD_INFO, 0);
	uint32_t count = 0;
	struct nlattr *a;
	double begin;

	mnl_socket_sendto(nl, h, h->nlmsg_len);
	if (mnl_socket_recvfrom(nl, buf, sizeof(buf)) < 0)
		fail("no answer");
	mnl_attr_for_each(a, h, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(a) == SHIM6_A_CONTEXTS)
			count = mnl_attr_get_u32(a);
	h = request(buf, family, SHIM6_CMD_FLUSH, NLM_F_ACK);
	begin = now();
	mnl_socket_sendto(nl, h, h->nlmsg_len);
	expect_ack(nl);
	printf("%.0f\n", count / (now() - begin));
}

static void scatter(char **arg, unsigned long count, bool all)
{
	int out = open_socket(arg[0], SOCK_DGRAM, arg[1], 7001);
	unsigned long peers = number(arg[2]), i;
	struct sockaddr_in6 sa = address("::", 7002);
	uint64_t x = 88172645463325252u;	/* xorshift: the same peers each time */
	char data[64] = { 0 };
	double begin = now();

	for (i = 0; i < count; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		sa.sin6_addr = peer(all ? i : x % peers);
		if (sendto(out, data, sizeof(data), 0, (struct sockaddr *)&sa, sizeof(sa)) < 0)
			fail("cannot send");
	}
	printf("%.0f\n", (now() - begin) * 1e9 / count);
}

static void do_spread(char **arg)
{
	scatter(arg, number(arg[3]), false);
}

static void do_touch(char **arg)
{
	scatter(arg, number(arg[2]), true);
}

static const struct {
	const char *name;
	int args;
	void (*run)(char **arg);
} commands[] = {
	{ "udp", 5, do_udp }, { "tcp", 5, do_tcp }, { "add", 7, do_add }, { "fill", 3, do_fill },
	{ "dump", 1, do_dump }, { "flush", 1, do_flush }, { "spread", 4, do_spread }, { "touch", 3, do_touch },
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (argc > 1 && !strcmp(argv[1], commands[i].name) && argc == commands[i].args + 2) {
			commands[i].run(argv + 2);
			return 0;
		}
	}
	fputs("dataplane: see the head of tests/bench/dataplane.c\n", stderr);
	return 2;
}
