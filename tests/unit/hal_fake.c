// SPDX-License-Identifier: GPL-2.0-or-later
/* The stand-ins of lib/hal/fake: a small host that answers what it gets, driven without time, network or kernel. */
#include "unit/hal_test.h"

#include <linux/if_addr.h>
#include <signal.h>

#include "hal/fake/clock.c"
#include "hal/fake/ct.c"
#include "hal/fake/loop.c"
#include "hal/fake/nfq.c"
#include "hal/fake/raw.c"
#include "hal/fake/rng.c"
#include "hal/fake/rtnl.c"
#include "hal/rng.h"

static struct hal_loop *loop;
static struct hal_raw *raw;
static char order[16];

static int setup(void **state)
{
	(void)state;
	fake_clock_set(1000);
	loop = hal_loop_new();
	memset(order, 0, sizeof(order));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hal_loop_free(loop);
	fake_raw_clear();
	return 0;
}

static struct hal_timer *again;
static uint64_t at[8];
static unsigned int n_at;

static void tick(void *arg)
{
	at[n_at++] = hal_now_ms();
	if (n_at < 3)
		hal_timer_set(arg ? *(struct hal_timer **)arg : again, 10);
}

static void note(void *arg)
{
	order[strlen(order)] = *(char *)arg;
}

static void time_only_moves_when_told(void **state)
{
	struct hal_timer *a, *b;

	(void)state;
	again = hal_timer_new(loop, tick, NULL);
	a = hal_timer_new(loop, note, "a");
	b = hal_timer_new(loop, note, "b");
	assert_true(fake_next_due(loop) == UINT64_MAX);
	hal_timer_set(again, 10);
	hal_timer_at(a, 1020);
	hal_timer_at(b, 1020);
	assert_int_equal(fake_next_due(loop), 1010);
	fake_advance(loop, 9);
	assert_int_equal(n_at, 0);
	fake_advance(loop, 100);
	assert_int_equal(n_at, 3);
	assert_int_equal(at[0], 1010);
	assert_int_equal(at[2], 1030);
	assert_string_equal(order, "ab");
	assert_int_equal(hal_now_ms(), 1109);
	hal_timer_free(again);
	hal_timer_free(a);
	hal_timer_free(b);
}

static void randomness_repeats(void **state)
{
	uint8_t a[16], b[16];

	(void)state;
	fake_random_seed(42);
	hal_random(NULL, a, sizeof(a));
	fake_random_seed(42);
	hal_random(NULL, b, sizeof(b));
	assert_memory_equal(a, b, sizeof(a));
	hal_random(NULL, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Answers every packet of the queue from its destination to its source. */
static enum hal_verdict answer(const struct hal_nfq_packet *pkt, void *arg)
{
	struct in6_addr src, dst;

	(void)arg;
	memcpy(&src, pkt->data + 8, 16);
	memcpy(&dst, pkt->data + 24, 16);
	hal_raw_send(raw, &dst, &src, pkt->indev, "pong", 4);
	return HAL_DROP;
}

static void raw_error(const struct hal_raw_error *e, void *arg)
{
	*(int *)arg = e->icmp_type;
}

static void packets_in_packets_out(void **state)
{
	uint8_t ip[48] = { 0x60 };
	struct hal_nfq_packet pkt = { .data = ip, .len = sizeof(ip), .orig_len = sizeof(ip), .indev = 3 };
	struct hal_raw_error e = { .icmp_type = 1 };
	struct in6_addr a = hal_test_addr("2001:db8::a"), b = hal_test_addr("2001:db8::b");
	struct hal_nfq *q, *q2;
	int icmp = 0;

	(void)state;
	memcpy(ip + 8, &a, 16);
	memcpy(ip + 24, &b, 16);
	assert_int_equal(fake_nfq_input(1, &pkt), HAL_ACCEPT);
	assert_int_equal(hal_raw_open(&raw, loop, 140, raw_error, &icmp), 0);
	assert_int_equal(hal_nfq_open(&q, loop, 1, NULL, answer, NULL), 0);
	assert_int_equal(hal_nfq_open(&q2, loop, 1, NULL, answer, NULL), -EBUSY);
	assert_int_equal(fake_nfq_input(1, &pkt), HAL_DROP);
	assert_int_equal(fake_raw_count(), 1);
	assert_memory_equal(&fake_raw_sent(0)->src, &b, 16);
	assert_memory_equal(fake_raw_sent(0)->data, "pong", 4);
	assert_int_equal(fake_raw_sent(0)->ifindex, 3);
	assert_int_equal(fake_raw_sent(0)->protocol, 140);
	assert_null(fake_raw_sent(1));
	fake_raw_fail(ENETUNREACH);
	assert_int_equal(hal_raw_send(raw, &a, &b, 0, "x", 1), -ENETUNREACH);
	fake_raw_fail(0);
	fake_raw_error(&e);
	assert_int_equal(icmp, 1);
	assert_int_equal(hal_nfq_stats(q)->dropped, 1);
	hal_nfq_close(q);
	hal_raw_close(raw);
}

static unsigned int what_changed;

static void changed(unsigned int what, void *arg)
{
	(void)arg;
	what_changed |= what;
}

static void a_host_that_loses_an_uplink(void **state)
{
	struct hal_addr addr = { .ifindex = 2, .prefixlen = 64, .flags = IFA_F_PERMANENT };
	struct hal_link link = { .ifindex = 2, .name = "eth0", .up = true, .carrier = true, .default_route = true };
	struct hal_route route = { .dst_len = 128, .table = 100, .protocol = 188 };
	struct hal_route_found found;
	const struct hal_route *routes;
	struct hal_rtnl *rt;

	(void)state;
	addr.addr = hal_test_addr("2001:db8::a");
	assert_int_equal(hal_rtnl_open(&rt, loop, changed, NULL), 0);
	fake_rtnl_set(&addr, 1, &link, 1);
	assert_int_equal(what_changed, HAL_RTNL_ADDR | HAL_RTNL_LINK | HAL_RTNL_ROUTE);
	assert_true(hal_addr_usable(rt, hal_rtnl_find(rt, &addr.addr)));
	assert_int_equal(hal_route_get(NULL, NULL, &addr.addr, &found), 0);
	what_changed = 0;
	fake_rtnl_set(&addr, 1, &link, 1);
	assert_int_equal(what_changed, 0);
	link.carrier = false;
	fake_rtnl_set(&addr, 1, &link, 1);
	assert_int_equal(what_changed & HAL_RTNL_ADDR, 0);
	assert_false(hal_addr_usable(rt, hal_rtnl_find(rt, &addr.addr)));

	assert_int_equal(hal_route_set(NULL, &route, NULL), 0);
	assert_int_equal(hal_route_set(NULL, &route, NULL), 0);
	assert_int_equal(fake_rtnl_routes(&routes), 1);
	assert_int_equal(hal_route_flush(NULL, 100, 188), 0);
	assert_int_equal(hal_route_del(NULL, &route, NULL), -ESRCH);
	hal_rtnl_close(rt);
}

static unsigned int flows[4], resyncs;

static void flow(const struct hal_flow *f, void *arg)
{
	(void)arg;
	flows[f->type]++;
}

static void resynced(void *arg)
{
	(void)arg;
	resyncs++;
}

static void flows_come_and_go(void **state)
{
	const struct hal_ct_opts opts = { .new_flows = true, .destroyed = true, .resync_end = resynced };
	struct hal_flow f = { .type = HAL_FLOW_NEW, .proto = 6, .sport = 1, .dport = 22 }, key = { .proto = 6 };
	struct hal_ct *ct;

	(void)state;
	assert_int_equal(hal_ct_open(&ct, loop, &opts, flow, NULL), 0);
	fake_ct_event(&f);
	f.type = HAL_FLOW_UPDATE;
	f.mark = 0x10;
	fake_ct_event(&f);
	assert_int_equal(flows[HAL_FLOW_NEW], 1);
	assert_int_equal(flows[HAL_FLOW_UPDATE], 0);	/* not asked for */
	hal_ct_dump(ct, 0x10, 0x10, NULL, NULL);
	hal_ct_dump(ct, 0, 0x10, NULL, NULL);
	assert_int_equal(flows[HAL_FLOW_DUMP], 1);
	fake_ct_lose();
	assert_int_equal(flows[HAL_FLOW_DUMP], 2);
	assert_int_equal(resyncs, 1);
	assert_int_equal(hal_ct_get(ct, &key), -ENOENT);
	key.sport = 1;
	key.dport = 22;
	assert_int_equal(hal_ct_get(ct, &key), 0);
	assert_int_equal(key.mark, 0x10);
	f.type = HAL_FLOW_DESTROY;
	fake_ct_event(&f);
	assert_int_equal(flows[HAL_FLOW_DESTROY], 1);
	assert_int_equal(hal_ct_get(ct, &key), -ENOENT);
	hal_ct_close(ct);
}

static void on_signal(int signum, void *arg)
{
	(void)signum;
	hal_loop_stop(arg, 3);
}

static void on_fd(int fd, unsigned int events, void *arg)
{
	(void)fd;
	*(unsigned int *)arg = events;
}

static void loop_end(void *arg)
{
	hal_loop_stop(arg, 4);
}

static void signals_and_descriptors(void **state)
{
	struct hal_signal *s = hal_signal_add(loop, SIGTERM, on_signal, loop);
	unsigned int events = 0;
	struct hal_fd *f = hal_fd_add(loop, 5, HAL_READ, on_fd, &events);
	struct hal_timer *t = hal_timer_new(loop, loop_end, loop);
	int code;

	(void)state;
	fake_fd_ready(loop, 5, HAL_READ | HAL_WRITE);
	assert_int_equal(events, HAL_READ);
	assert_false(fake_stopped(loop, NULL));
	fake_signal(loop, SIGTERM);
	assert_true(fake_stopped(loop, &code));
	assert_int_equal(code, 3);
	hal_timer_set(t, 60000);
	assert_int_equal(hal_loop_run(loop), 4);
	assert_int_equal(hal_now_ms(), 61000);
	hal_timer_free(t);
	hal_fd_del(f);
	hal_signal_del(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(time_only_moves_when_told, setup, teardown),
		cmocka_unit_test_setup_teardown(randomness_repeats, setup, teardown),
		cmocka_unit_test_setup_teardown(packets_in_packets_out, setup, teardown),
		cmocka_unit_test_setup_teardown(a_host_that_loses_an_uplink, setup, teardown),
		cmocka_unit_test_setup_teardown(flows_come_and_go, setup, teardown),
		cmocka_unit_test_setup_teardown(signals_and_descriptors, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
