// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lib/hal against a kernel with netfilter: NFQUEUE and connection tracking.  Runs in a network namespace of its own
 * with lo up, as root, where ip6tables and nf_conntrack are to be had; says "ok WHAT" or "not ok WHAT: WHY" a check.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/ct.h"
#include "hal/loop.h"
#include "hal/nfq.h"
#include "hal/spawn.h"

#define QUEUE	77
#define PORT	5000

static struct hal_loop *loop;
static unsigned int passed, failed;

static bool check(bool ok, const char *what, const char *fmt, ...)
{
	va_list ap;

	if (ok) {
		passed++;
		printf("ok %s\n", what);
		return true;
	}
	failed++;
	printf("not ok %s: ", what);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	return false;
}

/* Run the loop for @ms. */
static void stop(void *arg)
{
	hal_loop_stop(arg, 0);
}

static void run_for(uint64_t ms)
{
	struct hal_timer *t = hal_timer_new(loop, stop, loop);

	hal_timer_set(t, ms);
	hal_loop_run(loop);
	hal_timer_free(t);
}

static int run(const char *const argv[])
{
	struct hal_spawn_result res;
	int ret = hal_spawn_wait(argv, NULL, 20000, &res);

	if (ret)
		printf("# %s: %s\n", argv[0], res.error ? strerror(-res.error) : res.err);
	hal_spawn_result_free(&res);
	return ret;
}

#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

/* A UDP socket on ::1, port @port (0: any). */
static int udp(uint16_t port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				  .sin6_port = htons(port) };
	struct timeval patience = { .tv_usec = 300000 };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof(a)))
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

static void send_to(int fd, uint16_t port, const char *text)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				  .sin6_port = htons(port) };

	if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&a, sizeof(a)) < 0)
		printf("# sendto: %s\n", strerror(errno));
}

/* --- queue --- */

static unsigned int seen, seen_indev;
static size_t seen_len;
static enum hal_verdict answer = HAL_ACCEPT;
static struct hal_nfq *queue;
static bool close_queue;

static enum hal_verdict on_packet(const struct hal_nfq_packet *pkt, void *arg)
{
	(void)arg;
	seen++;
	seen_indev = pkt->indev;
	seen_len = pkt->len;
	if (pkt->len < 48 || pkt->data[0] >> 4 != 6 || pkt->data[6] != IPPROTO_UDP)
		printf("# not the packet that was sent\n");
	if (close_queue) {
		hal_nfq_close(queue);
		queue = NULL;
	}
	return answer;
}

static void try_queue(void)
{
	const struct hal_nfq_opts opts = { .max_len = 16, .fail_open = false };
	int rx = udp(PORT), tx = udp(0), err, i;
	struct hal_nfq *second;
	char buf[64];

	err = hal_nfq_open(&queue, loop, QUEUE, &opts, on_packet, NULL);
	if (!check(!err, "a queue opens", "%s", strerror(-err)))
		return;
	err = hal_nfq_open(&second, loop, QUEUE, &opts, on_packet, NULL);
	check(err == -EBUSY, "a queue that is taken says so", "%s", strerror(-err));
	if (RUN("ip6tables", "-A", "INPUT", "-p", "udp", "--dport", "5000", "-j", "NFQUEUE", "--queue-num", "77",
		"--queue-bypass")) {
		check(false, "rule with NFQUEUE", "ip6tables failed");
		return;
	}
	send_to(tx, PORT, "hello");
	run_for(300);
	check(seen == 1, "a packet comes in", "%u did", seen);
	check(seen_len == 40 + 8 + 5, "from the IPv6 header on", "%zu octets", seen_len);
	check(seen_indev == 1, "with its interface", "%u", seen_indev);
	check(recv(rx, buf, sizeof(buf), 0) == 5, "and goes on when accepted", "%s", strerror(errno));

	answer = HAL_DROP;
	send_to(tx, PORT, "gone");
	run_for(300);
	check(seen == 2 && recv(rx, buf, sizeof(buf), 0) < 0, "and not when dropped", "seen %u", seen);
	check(hal_nfq_stats(queue)->packets == 2 && hal_nfq_stats(queue)->dropped == 1, "counted", "%llu %llu",
	      (unsigned long long)hal_nfq_stats(queue)->packets, (unsigned long long)hal_nfq_stats(queue)->dropped);

	/* More than the queue takes: it stays bounded, and each one that came has its verdict. */
	answer = HAL_ACCEPT;
	for (i = 0; i < 100; i++)
		send_to(tx, PORT, "flood");
	seen = 0;
	run_for(500);
	check(seen > 0 && seen <= 16, "the queue is bounded", "%u came", seen);
	for (i = 0; recv(rx, buf, sizeof(buf), 0) == 5; i++)
		;
	check((unsigned int)i == seen, "every packet that came went on", "%d of %u", i, seen);

	close_queue = true;
	send_to(tx, PORT, "x");
	run_for(300);
	check(!queue, "a callback may close the queue", "it is open");
	send_to(tx, PORT, "alone");
	check(recv(rx, buf, sizeof(buf), 0) == 5, "with nobody there packets pass by", "%s", strerror(errno));
	RUN("ip6tables", "-F", "INPUT");
	close(rx);
	close(tx);
}

/* --- connection tracking --- */

static struct {
	unsigned int n[HAL_FLOW_DUMP + 1], resyncs;
	struct hal_flow last[HAL_FLOW_DUMP + 1];
} flows;

static uint16_t our_port;

static void on_flow(const struct hal_flow *f, void *arg)
{
	(void)arg;
	if (f->proto != IPPROTO_UDP || f->sport != our_port)
		return;
	flows.n[f->type]++;
	flows.last[f->type] = *f;
}

static void on_resync(void *arg)
{
	(void)arg;
	flows.resyncs++;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);

	getsockname(fd, (struct sockaddr *)&a, &len);
	return ntohs(a.sin6_port);
}

static void try_conntrack(void)
{
	const struct hal_ct_opts opts = { .new_flows = true, .updates = true, .destroyed = true,
					  .resync_end = on_resync };
	int rx = udp(PORT), tx = udp(0), err, i;
	struct hal_flow key = { .proto = IPPROTO_UDP, .dport = PORT };
	uint64_t count = 0, max = 0;
	struct hal_ct *ct;

	our_port = port_of(tx);
	err = hal_ct_open(&ct, loop, &opts, on_flow, NULL);
	if (!check(!err, "conntrack opens", "%s", strerror(-err)))
		return;
	check(!hal_ct_accounting(true), "accounting can be turned on", "it cannot");
	check(!hal_ct_timestamp(true), "start times can be turned on", "they cannot");
	/* Tracking is on from here; the fourth packet of a flow sets a bit of its mark. */
	err = RUN("ip6tables", "-t", "mangle", "-A", "OUTPUT", "-p", "udp", "--dport", "5000", "-m", "connbytes",
		  "--connbytes", "4", "--connbytes-dir", "both", "--connbytes-mode", "packets", "-j", "CONNMARK",
		  "--set-xmark", "0x100/0x100");
	if (!check(!err, "rule with connbytes", "ip6tables failed"))
		return;

	for (i = 0; i < 3; i++)
		send_to(tx, PORT, "few");
	run_for(300);
	check(flows.n[HAL_FLOW_NEW] == 1, "a new flow is told", "%u times", flows.n[HAL_FLOW_NEW]);
	check(flows.last[HAL_FLOW_NEW].dport == PORT && IN6_IS_ADDR_LOOPBACK(&flows.last[HAL_FLOW_NEW].src) &&
	      IN6_IS_ADDR_LOOPBACK(&flows.last[HAL_FLOW_NEW].dst), "with its addresses and ports", "port %u",
	      flows.last[HAL_FLOW_NEW].dport);
	check(!flows.n[HAL_FLOW_UPDATE], "packets alone are no update", "%u updates", flows.n[HAL_FLOW_UPDATE]);

	err = hal_ct_dump(ct, 0, 0, NULL, NULL);
	check(!err && flows.n[HAL_FLOW_DUMP] == 1, "a dump shows it", "%s, %u times", strerror(-err),
	      flows.n[HAL_FLOW_DUMP]);
	check(flows.last[HAL_FLOW_DUMP].has_counters && flows.last[HAL_FLOW_DUMP].packets[0] == 3 &&
	      flows.last[HAL_FLOW_DUMP].octets[0] == 3 * 51, "with packets and octets", "%llu %llu",
	      (unsigned long long)flows.last[HAL_FLOW_DUMP].packets[0],
	      (unsigned long long)flows.last[HAL_FLOW_DUMP].octets[0]);
	check(flows.last[HAL_FLOW_DUMP].start > 1000000000ULL * 1000000000ULL, "and the time it began", "%llu",
	      (unsigned long long)flows.last[HAL_FLOW_DUMP].start);
	err = hal_ct_dump(ct, 0x100, 0x100, NULL, NULL);
	check(!err && flows.n[HAL_FLOW_DUMP] == 1, "a dump by mark leaves it out", "%s", strerror(-err));

	for (i = 0; i < 3; i++)
		send_to(tx, PORT, "more");
	run_for(300);
	check(flows.n[HAL_FLOW_UPDATE] > 0 && (flows.last[HAL_FLOW_UPDATE].mark & 0x100),
	      "the threshold raises an update", "%u updates, mark %#x", flows.n[HAL_FLOW_UPDATE],
	      flows.last[HAL_FLOW_UPDATE].mark);
	err = hal_ct_dump(ct, 0x100, 0x100, NULL, NULL);
	check(!err && flows.n[HAL_FLOW_DUMP] == 2, "a dump by mark finds it", "%s, %u", strerror(-err),
	      flows.n[HAL_FLOW_DUMP]);

	key.src = key.dst = in6addr_loopback;
	key.sport = our_port;
	err = hal_ct_get(ct, &key);
	check(!err && key.packets[0] == 6, "one flow's counters", "%s, %llu", strerror(-err),
	      (unsigned long long)key.packets[0]);
	key.sport++;
	err = hal_ct_get(ct, &key);
	check(err == -ENOENT, "a flow that is not there", "%s", strerror(-err));
	check(!hal_ct_fill(&count, &max) && count > 0 && max > count, "how full the table is", "%llu of %llu",
	      (unsigned long long)count, (unsigned long long)max);

	/* Nobody reads while thousands of flows come: events are lost, one resynchronisation makes up for it. */
	for (i = 0; i < 3000; i++) {
		int fd = udp(0);

		send_to(fd, PORT, "x");
		close(fd);
	}
	run_for(2000);
	printf("# events lost %llu times, %u resynchronisations\n", (unsigned long long)hal_ct_lost(ct), flows.resyncs);
	check(!hal_ct_lost(ct) || flows.resyncs, "lost events are made up for", "no resynchronisation");

	RUN("ip6tables", "-t", "mangle", "-F", "OUTPUT");
	hal_ct_close(ct);
	close(rx);
	close(tx);
}

int main(void)
{
	loop = hal_loop_new();
	if (!loop)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	try_queue();
	try_conntrack();
	hal_loop_free(loop);
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
