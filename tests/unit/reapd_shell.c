// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What stands around reapd's engine and flows: which flows of a host count, what the queue lets in, what a link that
 * goes down does.  On the fakes of lib/hal; kernel clock and control daemon are stand-ins here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <linux/rtnetlink.h>
#include <netinet/ip6.h>

#include "common/addr.c"
#include "common/ip6.c"
#include "hal/fake/clock.c"
#include "hal/fake/ct.c"
#include "hal/fake/loop.c"
#include "hal/fake/nfq.c"
#include "hal/fake/raw.c"
#include "hal/fake/rng.c"
#include "hal/fake/rtnl.c"
#include "reapd/counters.c"
#include "reapd/damp.c"
#include "reapd/engine.c"
#include "reapd/engine_act.c"
#include "reapd/engine_crowd.c"
#include "reapd/engine_event.c"
#include "reapd/flows.c"
#include "reapd/hash.c"
#include "reapd/input.c"
#include "reapd/local.c"
#include "reapd/trigger.c"

#define A1	"2001:db8:a1::1"
#define A2	"2001:db8:a2::1"
#define B1	"2001:db8:b1::1"

static struct reapd r;
static unsigned int wants, orphans, states, numbers;
static struct reap_ipc_want last_want;
static struct reap_ipc_orphan last_orphan;
static struct reap_ipc_state last_state;
static bool tracked;

/* --- stand-ins -------------------------------------------------------------------------------- */

bool shimlink_send(struct reapd *d, uint16_t type, const void *body, size_t len)
{
	(void)d;
	if (type == REAP_IPC_WANT && len == sizeof(last_want)) {
		wants++;
		memcpy(&last_want, body, len);
	} else if (type == REAP_IPC_ORPHAN && len == sizeof(last_orphan)) {
		orphans++;
		memcpy(&last_orphan, body, len);
	} else if (type == REAP_IPC_FLOWS) {
		numbers++;
	}
	return true;
}

static void got_pair(void *arg, const struct reap_ipc_pair *p)
{
	(void)arg;
	(void)p;
}

static void got_state(void *arg, const struct reap_ipc_state *s)
{
	(void)arg;
	states++;
	last_state = *s;
}

static int set_no_clock(void *arg, const struct kctl_ctx *c)
{
	(void)arg;
	(void)c;
	return 0;
}

int kctl_set_conntrack(struct kctl *k, bool on)
{
	(void)k;
	tracked = on;
	return 0;
}

const char *kctl_error(const struct kctl *k)
{
	(void)k;
	return "";
}

void hal_daemon_fail(const char *fmt, ...)
{
	fail_msg("%s", fmt);
}

void engine_rearm(struct reapd *d)
{
	hal_timer_at(d->engine_timer, engine_next_due(d->engine));
}

static void on_engine_timer(void *arg)
{
	struct reapd *d = arg;

	engine_timeout(d->engine, hal_now_ms());
	engine_rearm(d);
}

static const struct engine_ops engine_world = {
	.send = input_send, .clock = set_no_clock, .pair = got_pair, .state = got_state, .assoc = trigger_assoc,
	.usable = local_usable, .rng = hal_random,
};

/* --- a host with two uplinks ----------------------------------------------------------------------- */

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static void host(bool up1)
{
	struct hal_link links[] = {
		{ .ifindex = 2, .name = "up1", .up = true, .carrier = up1 },
		{ .ifindex = 3, .name = "up2", .up = true, .carrier = true },
	};
	struct hal_addr addrs[] = {
		{ .addr = addr(A1), .ifindex = 2, .scope = RT_SCOPE_UNIVERSE, .prefixlen = 64 },
		{ .addr = addr(A2), .ifindex = 3, .scope = RT_SCOPE_UNIVERSE, .prefixlen = 64 },
	};

	fake_rtnl_set(addrs, 2, links, 2);
}

static void quiet(enum hal_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static void open_host(void)
{
	struct reap_config cfg;

	reap_config_default(&cfg);
	r.loop = hal_loop_new();
	r.engine = engine_new(&cfg, &engine_world, &r, &r.counters);
	r.engine_timer = hal_timer_new(r.loop, on_engine_timer, &r);
	host(true);
	assert_int_equal(local_open(&r), 0);
	assert_int_equal(input_open(&r), 0);
	assert_int_equal(trigger_open(&r), 0);
}

static int setup(void **state)
{
	(void)state;
	hal_log_hook(quiet, NULL);
	memset(&r, 0, sizeof(r));
	conf_default(&r.conf);
	wants = orphans = states = numbers = 0;
	fake_n_flows = 0;
	fake_raw_clear();
	open_host();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	engine_free(r.engine);
	trigger_close(&r);
	input_close(&r);
	local_close(&r);
	hal_timer_free(r.engine_timer);
	hal_loop_free(r.loop);
	assert_false(tracked);
	return 0;
}

/* A flow of 100 packets, as conntrack tells of it: it begins, goes on, and is there. */
static void flow(const char *src, const char *dst, uint8_t proto, uint16_t sport, uint16_t dport)
{
	struct hal_flow f = {
		.type = HAL_FLOW_NEW, .src = addr(src), .dst = addr(dst), .proto = proto,
		.sport = sport, .dport = dport,
	};

	fake_ct_event(&f);
	f.type = HAL_FLOW_UPDATE;
	f.packets[0] = 60;
	f.packets[1] = 40;
	f.octets[0] = 60000;
	fake_ct_event(&f);
	fake_advance(r.loop, 10000);
}

static void set_list(const char *key, const char *value)
{
	assert_int_equal(conf_set(&r.conf, "trigger", key, value, "test", NULL, NULL), 0);
	trigger_reconfigure(&r);
}

static void set_assoc(const char *local, const char *peer)
{
	struct reap_ipc_assoc m = {
		.handle = 100, .ct_local = 100, .ct_peer = 101, .n_local = 2, .n_peer = 1,
		.ulid_local = addr(local), .ulid_peer = addr(peer), .loc_local = addr(local), .loc_peer = addr(peer),
		.local = { { .addr = addr(A1) }, { .addr = addr(A2) } }, .peer = { { .addr = addr(peer) } },
	};

	assert_int_equal(engine_set(r.engine, &m, hal_now_ms()), 0);
	engine_rearm(&r);
}

/* --- which flows --------------------------------------------------------------------------------- */

static void test_own_flows(void **state)
{
	struct in6_addr a1 = addr(A1), b1 = addr(B1);

	(void)state;
	assert_true(tracked);
	flow(A1, B1, IPPROTO_TCP, 40000, 22);
	assert_int_equal(wants, 1);
	assert_memory_equal(&last_want.local, &a1, 16);
	assert_memory_equal(&last_want.peer, &b1, 16);
	assert_true(last_want.packets == 100 && last_want.octets == 60000);
	flow(B1, A2, IPPROTO_UDP, 40000, 5000);			/* the peer opened it */
	assert_int_equal(wants, 2);
	a1 = addr(A2);
	assert_memory_equal(&last_want.local, &a1, 16);
	flow("2001:db8:b2::1", A1, IPPROTO_ICMPV6, 77, 0x8000);	/* ping counts as well */
	assert_int_equal(wants, 3);
}

static void test_other_flows(void **state)
{
	(void)state;
	flow("2001:db8:77::1", B1, IPPROTO_TCP, 40000, 22);	/* forwarded */
	flow(A1, A2, IPPROTO_TCP, 40000, 22);			/* with itself */
	flow("fe80::1", "fe80::2", IPPROTO_UDP, 546, 547);
	flow(A1, "ff05::1", IPPROTO_UDP, 5000, 5000);
	flow("::1", "::1", IPPROTO_TCP, 40000, 22);
	flow(A1, B1, SHIM6_PROTO, 0, 0);			/* our own messages, and shimmed payload */
	assert_int_equal(wants, 0);
	assert_int_equal(flows_count(r.flows), 0);
}

/* The address of a ULID is gone, its session is not. */
static void test_ulid_without_address(void **state)
{
	(void)state;
	set_assoc("2001:db8:77::1", B1);
	numbers = 0;
	flow("2001:db8:77::1", B1, IPPROTO_TCP, 40000, 22);
	assert_int_equal(flows_count(r.flows), 1);
	assert_int_equal(numbers, 1);
	flow(B1, "2001:db8:77::1", IPPROTO_TCP, 40001, 22);
	assert_int_equal(flows_count(r.flows), 2);
	assert_int_equal(flows_pairs(r.flows), 1);
}

static void test_lists(void **state)
{
	(void)state;
	set_list("exclude_ports", "udp/53,tcp/8000-8010");
	flow(A1, B1, IPPROTO_UDP, 40000, 53);
	flow(B1, A1, IPPROTO_TCP, 40000, 8005);
	assert_int_equal(wants, 0);
	flow(A1, B1, IPPROTO_ICMPV6, 53, 53);			/* not a port */
	assert_int_equal(wants, 1);
	assert_int_equal(flows_count(r.flows), 3);
	set_list("exclude_interfaces", "up2");
	flow(A2, B1, IPPROTO_TCP, 40000, 22);
	assert_int_equal(wants, 1);
	set_list("exclude_prefixes", "2001:db8:b3::/48");
	flow(A1, "2001:db8:b3::1", IPPROTO_TCP, 40000, 22);
	assert_int_equal(wants, 1);
	/* Flows that exist are looked at again. */
	set_list("exclude_interfaces", "");
	fake_advance(r.loop, 10000);
	assert_int_equal(wants, 2);
}

static void test_answer_only(void **state)
{
	(void)state;
	r.conf.trigger.answer_only = true;
	trigger_reconfigure(&r);
	flow(A1, B1, IPPROTO_TCP, 40000, 22);
	assert_int_equal(wants, 0);
	assert_int_equal(flows_count(r.flows), 1);		/* for garbage collection */
}

static void test_disabled(void **state)
{
	(void)state;
	flow(A1, B1, IPPROTO_TCP, 40000, 22);
	r.conf.trigger.enabled = false;
	trigger_reconfigure(&r);
	assert_false(tracked);
	assert_int_equal(flows_count(r.flows), 0);
	flow(A1, "2001:db8:b2::1", IPPROTO_TCP, 40000, 22);
	assert_int_equal(wants, 1);
	r.conf.trigger.enabled = true;
	trigger_reconfigure(&r);
	assert_true(tracked);
	fake_advance(r.loop, 10000);
	assert_int_equal(flows_count(r.flows), 2);
	assert_int_equal(wants, 2);
}

static void test_lost_events(void **state)
{
	(void)state;
	flow(A1, B1, IPPROTO_TCP, 40000, 22);
	fake_n_flows = 0;					/* its end was not told */
	fake_ct_lose();
	assert_int_equal(r.counters.c[C_FLOW_LOST], 1);
	assert_int_equal(flows_count(r.flows), 0);
}

/* --- what comes in and goes out ------------------------------------------------------------------- */

static enum hal_verdict packet(const char *src, const char *dst, const struct s6_msg *msg, int damage)
{
	struct {
		struct ip6_hdr ip6;
		uint8_t data[S6_MSG_MAX];
	} p = { .ip6 = { .ip6_src = addr(src), .ip6_dst = addr(dst) } };
	size_t len = s6_encode(msg, p.data, sizeof(p.data));
	struct hal_nfq_packet pkt = { .data = (uint8_t *)&p, .len = sizeof(p.ip6) + len, .indev = 2 };

	assert_true(len > 0);
	p.ip6.ip6_vfc = 0x60;
	p.ip6.ip6_nxt = SHIM6_PROTO;
	p.ip6.ip6_plen = htons(len);
	p.ip6.ip6_hlim = 64;
	if (damage >= 0)
		((uint8_t *)&p)[damage] ^= 0xff;
	pkt.orig_len = pkt.len;
	return fake_nfq_input(2, &pkt);
}

static void test_queue(void **state)
{
	struct s6_msg msg = { .type = SHIM6_KEEPALIVE, .tag = 100 };
	struct in6_addr b1 = addr(B1);

	(void)state;
	set_assoc(A1, B1);
	assert_int_equal(packet(B1, A1, &msg, -1), HAL_DROP);
	assert_int_equal(r.counters.c[C_RX_KEEPALIVE], 1);
	assert_int_equal(packet(B1, A1, &msg, 50), HAL_DROP);	/* an octet of the message */
	assert_int_equal(r.counters.decode[S6_V_CHECKSUM], 1);
	assert_int_equal(packet(B1, A1, &msg, 6), HAL_DROP);	/* the next header */
	assert_int_equal(packet(B1, A1, &msg, 4), HAL_DROP);	/* the length */
	assert_int_equal(packet(B1, A1, &msg, 0), HAL_DROP);	/* the version */
	assert_int_equal(r.counters.c[C_RX_NOT_SHIM6], 3);
	msg.type = SHIM6_I1;
	assert_int_equal(packet(B1, A1, &msg, -1), HAL_DROP);
	assert_int_equal(r.counters.c[C_RX_TYPE], 1);
	assert_int_equal(orphans, 0);
	msg = (struct s6_msg){ .type = SHIM6_KEEPALIVE, .tag = 4711 };
	assert_int_equal(packet(B1, A1, &msg, -1), HAL_DROP);
	assert_int_equal(orphans, 1);
	assert_true(last_orphan.tag == 4711);
	assert_memory_equal(&last_orphan.src, &b1, 16);
	assert_int_equal(last_orphan.ifindex, 2);
	for (int i = 0; i < 1000; i++)
		packet(B1, A1, &msg, -1);
	assert_int_equal(orphans, ORPHANS_PER_S);
	assert_int_equal(r.counters.c[C_ORPHAN_HELD], 1001 - ORPHANS_PER_S);
}

/* S5533-12.3-05: the control daemon answers a Keepalive with an unknown option that has C = 1 */
static void test_critical_option(void **state)
{
	struct {
		struct ip6_hdr ip6;
		uint8_t data[24];
	} p = {
		.ip6 = { .ip6_src = addr(B1), .ip6_dst = addr(A1) },
		.data = { 59, 2, SHIM6_KEEPALIVE, [11] = 100, [16] = 0x02, 0x59, 0, 4 },
	};
	struct hal_nfq_packet pkt = { .data = (uint8_t *)&p, .len = sizeof(p), .orig_len = sizeof(p), .indev = 2 };
	uint16_t sum = s6_checksum(p.data, sizeof(p.data));

	(void)state;
	set_assoc(A1, B1);
	p.data[4] = sum >> 8;
	p.data[5] = sum;
	p.ip6.ip6_vfc = 0x60;
	p.ip6.ip6_nxt = SHIM6_PROTO;
	p.ip6.ip6_plen = htons(sizeof(p.data));
	assert_int_equal(fake_nfq_input(2, &pkt), HAL_NEXT);
	assert_int_equal(r.counters.decode[S6_V_OPTION_CRITICAL], 1);
	assert_int_equal(r.counters.c[C_RX_KEEPALIVE], 0);
}

static void test_link_down(void **state)
{
	struct in6_addr a2 = addr(A2);

	(void)state;
	set_assoc(A1, B1);
	states = 0;
	host(false);
	assert_int_equal(states, 1);
	assert_int_equal(last_state.state, SHIM6_REAP_EXPLORING);
	assert_int_equal(fake_raw_count(), 1);
	fake_advance(r.loop, 3000);
	assert_in_range(fake_raw_count(), 4, 7);
	for (unsigned int i = 0; i < fake_raw_count(); i++) {
		assert_memory_equal(&fake_raw_sent(i)->src, &a2, 16);
		assert_int_equal(fake_raw_sent(i)->protocol, SHIM6_PROTO);
	}
	assert_false(local_usable(&r, &(struct in6_addr){ .s6_addr = { 0x20 } }));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_own_flows), TEST(test_other_flows), TEST(test_ulid_without_address), TEST(test_lists),
		TEST(test_answer_only), TEST(test_disabled), TEST(test_lost_events), TEST(test_queue),
		TEST(test_critical_option),
		TEST(test_link_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
