// SPDX-License-Identifier: GPL-2.0-or-later
/* The associations of reapd, between a made-up kernel, network and control daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>

#include "common/addr.c"
#include "reapd/counters.c"
#include "reapd/engine.c"
#include "reapd/engine_act.c"
#include "reapd/engine_crowd.c"
#include "reapd/engine_event.c"
#include "reapd/hash.c"

#define SENT_MAX	64

static struct {
	uint64_t now;
	unsigned int n_sent, n_clock, n_pair, n_state, n_there, n_gone;
	struct {
		struct in6_addr src, dst;
		struct s6_msg msg;
		uint8_t data[S6_MSG_MAX];
		size_t len;
	} sent[SENT_MAX];
	int send_err, clock_err;
	struct kctl_ctx clock;				/* the last */
	uint32_t ops;					/* of all together */
	struct reap_ipc_pair pair;
	struct reap_ipc_state state;
	struct in6_addr down;				/* a local address that does not work */
	struct in6_addr later;				/* one that others go before */
	uint64_t seed;
} w;

static struct counters counters;
static struct engine *e;

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

/* --- the world ------------------------------------------------------------------------------- */

static int w_send(void *arg, const struct in6_addr *src, const struct in6_addr *dst, const void *data, size_t len)
{
	size_t fault;
	unsigned int i = w.n_sent++ % SENT_MAX;

	(void)arg;
	w.sent[i].src = *src;
	w.sent[i].dst = *dst;
	w.sent[i].len = len;
	memcpy(w.sent[i].data, data, len);
	assert_int_equal(s6_decode(w.sent[i].data, len, src, dst, &w.sent[i].msg, &fault), S6_V_OK);
	return w.send_err;
}

static int w_clock(void *arg, const struct kctl_ctx *c)
{
	(void)arg;
	w.n_clock++;
	w.clock = *c;
	w.ops |= c->reap_ops;
	return w.clock_err;
}

static void w_pair(void *arg, const struct reap_ipc_pair *p)
{
	(void)arg;
	w.n_pair++;
	w.pair = *p;
}

static void w_state(void *arg, const struct reap_ipc_state *s)
{
	(void)arg;
	w.n_state++;
	w.state = *s;
}

static void w_assoc(void *arg, const struct in6_addr *local, const struct in6_addr *peer, bool there)
{
	(void)arg;
	(void)local;
	(void)peer;
	*(there ? &w.n_there : &w.n_gone) += 1;
}

static int w_usable(void *arg, const struct in6_addr *a)
{
	(void)arg;
	if (IN6_ARE_ADDR_EQUAL(a, &w.later))
		return ADDR_LATER;
	return IN6_ARE_ADDR_EQUAL(a, &w.down) ? ADDR_UNUSABLE : ADDR_GOOD;
}

static void w_rng(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	(void)arg;
	while (len--) {
		w.seed = w.seed * 6364136223846793005u + 1442695040888963407u;
		*p++ = w.seed >> 56;
	}
}

static const struct engine_ops world = { w_send, w_clock, w_pair, w_state, w_assoc, w_usable, w_rng, NULL, NULL };

static void quiet(enum hal_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int setup(void **state)
{
	struct reap_config cfg;

	(void)state;
	hal_log_hook(quiet, NULL);
	memset(&w, 0, sizeof(w));
	memset(&counters, 0, sizeof(counters));
	w.now = 5000000;
	reap_config_default(&cfg);
	e = engine_new(&cfg, &world, NULL, &counters);
	return e ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	engine_free(e);
	return 0;
}

/* A host with two locators, and a peer with two. */
static struct reap_ipc_assoc assoc(uint64_t tag)
{
	struct reap_ipc_assoc m = {
		.handle = tag, .ct_local = tag, .ct_peer = tag + 1, .ka_timeout = 15000, .n_local = 2, .n_peer = 2,
		.local = { { .addr = addr("2001:db8:a1::1") }, { .addr = addr("2001:db8:a2::1") } },
		.peer = { { .addr = addr("2001:db8:b1::1") }, { .addr = addr("2001:db8:b2::1") } },
	};

	m.ulid_local = m.loc_local = m.local[0].addr;
	m.ulid_peer = m.loc_peer = m.peer[0].addr;
	m.ulid_peer.s6_addr[8] = m.peer[0].addr.s6_addr[8] = m.loc_peer.s6_addr[8] = tag;
	return m;
}

static struct reap_ipc_assoc set(uint64_t tag)
{
	struct reap_ipc_assoc m = assoc(tag);

	assert_int_equal(engine_set(e, &m, w.now), 0);
	return m;
}

static void event(uint8_t cmd, uint64_t tag, bool ka_expired)
{
	struct kctl_event ev = { .cmd = cmd, .ct_local = tag, .ka_expired = ka_expired };

	engine_event(e, &ev, w.now);
}

static void pass(uint64_t ms)
{
	uint64_t until = w.now + ms;

	while (engine_next_due(e) <= until) {
		w.now = engine_next_due(e);
		engine_timeout(e, w.now);
	}
	w.now = until;
}

/* The peer answers our Probe number @i over the same addresses. */
static bool answer(uint64_t tag, unsigned int i, uint8_t state)
{
	struct s6_msg msg = { .type = SHIM6_PROBE, .tag = tag, .reap_state = state, .n_sent = 1, .n_rcvd = 1 };

	msg.sent[0] = (struct s6_report){ .src = w.sent[i].dst, .dst = w.sent[i].src, .nonce = 4711 };
	msg.rcvd[0] = w.sent[i].msg.sent[0];
	return engine_input(e, &msg, &w.sent[i].dst, &w.sent[i].src, w.now);
}

/* --- tests ------------------------------------------------------------------------------------- */

static void test_new(void **state)
{
	(void)state;
	set(100);
	assert_int_equal(engine_count(e), 1);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
	assert_int_equal(engine_state(e, 101), -1);
	assert_int_equal(w.n_clock, 1);
	assert_int_equal(w.clock.has, KCTL_CT_LOCAL | KCTL_REAP_MODE | KCTL_SEND_TIMEOUT | KCTL_KA_TIMEOUT |
			 KCTL_KA_INTERVAL);
	assert_int_equal(w.clock.reap_mode, SHIM6_REAP_OPERATIONAL);
	assert_int_equal(w.n_state, 1);				/* the control daemon shows it */
	assert_int_equal(w.n_there, 1);
	assert_int_equal(w.n_sent + w.n_pair, 0);
	assert_true(engine_next_due(e) == UINT64_MAX);		/* S5534-1-01: silence */
	set(100);						/* nothing new */
	assert_int_equal(w.n_clock, 1);
	engine_del(e, 100);
	assert_int_equal(engine_count(e), 0);
	assert_int_equal(w.n_gone, 1);
}

/* RFC 5534 4.1, Q54, Q51: random, in their bounds. */
static void test_timeouts(void **state)
{
	uint32_t least = UINT32_MAX, most = 0;
	struct reap_ipc_assoc m;

	(void)state;
	for (uint64_t tag = 2; tag < 400; tag += 2) {
		set(tag);
		assert_in_range(w.clock.send_timeout, 15000, 16500);
		assert_int_equal(w.clock.ka_timeout, 15000);
		assert_in_range(w.clock.ka_interval, 5000, 6250);
		least = w.clock.ka_interval < least ? w.clock.ka_interval : least;
		most = w.clock.ka_interval > most ? w.clock.ka_interval : most;
	}
	assert_true(most - least > 1000);
	m = assoc(2);
	m.ka_timeout = 2000;					/* the peer changed its mind */
	assert_int_equal(engine_set(e, &m, w.now), 0);
	assert_int_equal(w.clock.ka_timeout, 2000);
	assert_int_equal(w.clock.ka_interval, 1000);
	m.ka_timeout = 0;
	w.n_clock = 0;
	assert_int_equal(engine_set(e, &m, w.now), 0);
	assert_int_equal(w.n_clock, 0);
}

static void test_bad_set(void **state)
{
	struct reap_ipc_assoc m = assoc(1);

	(void)state;
	m.n_local = REAP_IPC_LOCATORS + 1;
	assert_int_equal(engine_set(e, &m, w.now), -EINVAL);
	m = assoc(1);
	m.n_peer = UINT32_MAX;
	assert_int_equal(engine_set(e, &m, w.now), -EINVAL);
	m = assoc(1);
	m.ct_local = SHIM6_TAG_MAX + 1;
	assert_int_equal(engine_set(e, &m, w.now), -EINVAL);
	set(1);
	m = assoc(1);
	m.handle = 2;						/* a tag that another association has */
	assert_int_equal(engine_set(e, &m, w.now), -EINVAL);
	assert_int_equal(engine_count(e), 1);
	m = assoc(1);
	m.ulid_peer = addr("2001:db8::99");			/* the handle names another association now */
	assert_int_equal(engine_set(e, &m, w.now), 0);
	assert_int_equal(engine_count(e), 1);
	assert_int_equal(w.n_gone, 1);
}

/* Examples 4 of RFC 5534, appendix A: the pair dies, another is found. */
static void test_failure(void **state)
{
	(void)state;
	set(100);
	event(SHIM6_CMD_EV_SEND_TIMEOUT, 100, false);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
	assert_int_equal(w.state.state, SHIM6_REAP_EXPLORING);
	assert_string_equal(w.state.why, "send timeout");
	assert_int_equal(w.clock.reap_mode, SHIM6_REAP_EXPLORING);
	assert_int_equal(w.n_sent, 1);
	pass(2000);
	assert_in_range(w.n_sent, 4, 5);
	assert_false(answer(100, 2, SHIM6_REAP_INBOUND_OK));
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
	assert_int_equal(w.n_pair, 1);
	assert_memory_equal(&w.pair.local, &w.sent[2].src, 16);
	assert_memory_equal(&w.pair.peer, &w.sent[2].dst, 16);
	assert_true(w.pair.handle == 100);
	assert_int_equal(w.clock.reap_mode, SHIM6_REAP_OPERATIONAL);
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_RESTART_SEND);
	/* The kernel gets the pair with the mode, so that whoever it wakes finds it. */
	assert_true(w.clock.has & KCTL_LOCATORS);
	assert_memory_equal(&w.clock.loc_local, &w.sent[2].src, 16);
	assert_memory_equal(&w.clock.loc_peer, &w.sent[2].dst, 16);
	assert_true(engine_next_due(e) == UINT64_MAX);
	assert_int_equal(counters.c[C_EXPLORED], 1);
	assert_int_equal(counters.c[C_PAIR], 1);
	assert_int_equal(counters.c[C_SEND_TIMEOUT], 1);
	assert_int_equal(counters.c[C_RX_PROBE], 1);
	assert_int_equal(counters.c[C_TX_PROBE], w.n_sent);
}

static void test_keepalive(void **state)
{
	(void)state;
	set(100);
	event(SHIM6_CMD_EV_KEEPALIVE_DUE, 100, false);
	assert_int_equal(w.n_sent, 1);
	assert_int_equal(w.sent[0].msg.type, SHIM6_KEEPALIVE);
	assert_true(w.sent[0].msg.tag == 101);
	assert_int_equal(counters.c[C_TX_KEEPALIVE], 1);
	event(SHIM6_CMD_EV_KEEPALIVE_DUE, 999, false);
	assert_int_equal(counters.c[C_EVENT_UNKNOWN], 1);
	assert_int_equal(w.n_sent, 1);
}

static void test_activity(void **state)
{
	(void)state;
	set(100);
	w.n_clock = 0;
	event(SHIM6_CMD_EV_ACTIVITY, 100, false);
	assert_int_equal(w.n_clock, 0);				/* the kernel did it */
	event(SHIM6_CMD_EV_SEND_TIMEOUT, 100, false);
	event(SHIM6_CMD_EV_ACTIVITY, 100, false);		/* 6.1, Exploring */
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_INBOUND_OK);
	assert_int_equal(w.clock.reap_mode, SHIM6_REAP_INBOUND_OK);
	assert_true(w.ops & SHIM6_REAP_OP_START_SEND);
}

/* Q52 */
static void test_control_messages_are_payload(void **state)
{
	(void)state;
	set(100);
	engine_payload(e, 100, true, w.now);
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_STOP_KA | SHIM6_REAP_OP_START_SEND);
	engine_payload(e, 100, false, w.now);
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_STOP_SEND | SHIM6_REAP_OP_START_KA);
	engine_payload(e, 55, false, w.now);
}

static void test_explore(void **state)
{
	struct reap_ipc_assoc a = set(100);
	struct reap_ipc_explore m = { .handle = 55, .local = a.loc_local, .peer = a.loc_peer };

	(void)state;
	engine_explore(e, &m, w.now);
	m.handle = 100;
	m.local = a.local[1].addr;				/* not that any more */
	engine_explore(e, &m, w.now);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
	m.local = a.loc_local;
	engine_explore(e, &m, w.now);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
}

static void test_orphans(void **state)
{
	struct in6_addr other = addr("2001:db8:ffff::1"), own = addr("2001:db8:a1::1");
	struct s6_msg msg = { .type = SHIM6_KEEPALIVE, .tag = 5 };

	(void)state;
	set(100);
	assert_true(engine_input(e, &msg, &other, &own, w.now));
	msg.tag = 100;
	assert_true(engine_input(e, &msg, &other, &own, w.now));	/* R1bis, RFC 5533 7.17 */
	assert_int_equal(counters.reap[REAP_V_LOCATORS], 1);
	assert_int_equal(counters.c[C_RX_KEEPALIVE], 0);
}

/* The kernel has no context yet, or no more: nothing is lost, it gets all when it is there. */
static void test_kernel_late(void **state)
{
	(void)state;
	w.clock_err = -ENOENT;
	set(100);
	assert_int_equal(counters.c[C_CLOCK_GONE], 1);
	engine_payload(e, 100, true, w.now);
	assert_int_equal(counters.c[C_CLOCK_GONE], 2);
	w.clock_err = 0;
	w.n_clock = 0;
	set(100);
	assert_int_equal(w.n_clock, 1);
	assert_true(w.clock.has & KCTL_KA_TIMEOUT);
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_STOP_KA | SHIM6_REAP_OP_START_SEND);

	/* Of two wishes that it did not take the second counts. */
	w.clock_err = -ENOENT;
	engine_payload(e, 100, true, w.now);
	engine_payload(e, 100, false, w.now);
	w.clock_err = 0;
	set(100);
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_STOP_SEND | SHIM6_REAP_OP_START_KA);
	w.n_clock = 1;

	event(SHIM6_CMD_EV_CTX_DEAD, 100, false);
	assert_int_equal(engine_count(e), 1);
	event(SHIM6_CMD_EV_KEEPALIVE_DUE, 100, false);		/* put back by its owner */
	assert_int_equal(w.n_clock, 2);
	assert_true(w.clock.has & KCTL_SEND_TIMEOUT);
	assert_false(w.clock.has & KCTL_REAP_OPS);

	w.clock_err = -EINVAL;
	engine_payload(e, 100, true, w.now);
	assert_int_equal(counters.c[C_CLOCK_FAILED], 1);
}

/* RFC 5534 3.2: what is known here needs no timeout. */
static void test_link_down(void **state)
{
	(void)state;
	set(100);
	set(200);
	w.down = addr("2001:db8:a2::1");
	engine_host_changed(e, w.now);				/* not in use */
	assert_int_equal(w.n_sent, 0);
	w.down = addr("2001:db8:a1::1");
	engine_host_changed(e, w.now);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
	assert_int_equal(engine_state(e, 200), SHIM6_REAP_EXPLORING);
	assert_int_equal(w.n_sent, 2);
	for (unsigned int i = 0; i < w.n_sent; i++)
		assert_memory_equal(&w.sent[i].src, &assoc(1).local[1].addr, 16);
	pass(1000);
	answer(100, 0, SHIM6_REAP_INBOUND_OK);
	answer(100, 1, SHIM6_REAP_INBOUND_OK);
	memset(&w.down, 0, sizeof(w.down));
	engine_host_changed(e, w.now);				/* back: nothing to do for one that works */
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
}

/*
 * S5534-3.1-02: an optimistic address (or one that flaps, or whose uplink has no route any more) is available, others
 * go before it; one in use is looked after at once, and goes on being used if nothing else works.
 */
static void test_later(void **state)
{
	struct in6_addr a1 = addr("2001:db8:a1::1"), a2 = addr("2001:db8:a2::1");

	(void)state;
	w.later = a1;
	set(100);						/* from the beginning: no reason to look for more */
	assert_int_equal(w.n_sent, 0);
	event(SHIM6_CMD_EV_SEND_TIMEOUT, 100, false);
	pass(3000);
	assert_memory_equal(&w.sent[0].src, &a1, 16);		/* the current pair first (4.3), then the others */
	assert_memory_equal(&w.sent[1].src, &a2, 16);
	assert_memory_equal(&w.sent[2].src, &a2, 16);
	assert_memory_equal(&w.sent[3].src, &a1, 16);
	answer(100, 1, SHIM6_REAP_INBOUND_OK);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
	assert_memory_equal(&w.clock.loc_local, &a2, 16);

	memset(&w.later, 0, sizeof(w.later));
	engine_host_changed(e, w.now);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
	w.later = a2;
	w.n_sent = w.n_pair = 0;
	engine_host_changed(e, w.now);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
	assert_memory_equal(&w.sent[0].src, &a2, 16);
	answer(100, 0, SHIM6_REAP_INBOUND_OK);			/* it works: nothing moves */
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
	assert_int_equal(w.n_pair, 0);
}

/* shim6ctl standby: for one association, whatever the configuration says, also if that changes. */
static void test_standby(void **state)
{
	struct engine_fast fast = { .watch = { .interval = 10000 } };

	(void)state;
	engine_set_fast(e, &fast, w.now);
	set(100);
	set(200);
	pass(60000);
	assert_int_equal(w.n_sent, 0);
	engine_standby(e, 100, REAP_IPC_STANDBY_ON, w.now);
	engine_standby(e, 999, REAP_IPC_STANDBY_ON, w.now);	/* nobody */
	pass(11000);
	assert_true(w.n_sent >= 1);
	for (unsigned int i = 0; i < w.n_sent; i++)
		assert_true(w.sent[i].msg.type == SHIM6_PROBE && w.sent[i].msg.tag == 101);

	fast.watch.standby = true;
	engine_set_fast(e, &fast, w.now);
	engine_standby(e, 100, REAP_IPC_STANDBY_OFF, w.now);
	w.n_sent = 0;
	pass(11000);
	assert_true(w.n_sent >= 1);
	for (unsigned int i = 0; i < w.n_sent; i++)
		assert_int_equal(w.sent[i].msg.tag, 201);
	engine_standby(e, 100, REAP_IPC_STANDBY_DEFAULT, w.now);
	w.n_sent = 0;
	pass(11000);
	assert_true(w.n_sent >= 2);
}

/* Every address of this host is gone, and later one is back. */
static void test_no_locator(void **state)
{
	struct reap_ipc_assoc m = set(100);

	(void)state;
	m.n_local = 0;
	memset(m.local, 0, sizeof(m.local));
	assert_int_equal(engine_set(e, &m, w.now), 0);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
	pass(100000);
	assert_int_equal(w.n_sent, 0);
	set(100);
	pass(2000);
	assert_true(w.n_sent > 0);
	answer(100, 0, SHIM6_REAP_INBOUND_OK);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_OPERATIONAL);
}

/* A new association whose link is down begins with looking for a pair. */
static void test_set_while_down(void **state)
{
	(void)state;
	w.down = addr("2001:db8:a1::1");
	set(100);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
}

/* The control daemon calls a locator broken; our own view does not hide that. */
static void test_given_broken(void **state)
{
	struct reap_ipc_assoc m = assoc(100);

	(void)state;
	set(100);
	m.local[0].flags = SHIM6_LOC_BROKEN;
	engine_set(e, &m, w.now);
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
	engine_host_changed(e, w.now);
	for (unsigned int i = 0; i < w.n_sent; i++)
		assert_memory_equal(&w.sent[i].src, &m.local[1].addr, 16);
}

static void test_resync(void **state)
{
	struct reap_ipc_assoc m;

	(void)state;
	set(100);
	m = set(200);
	event(SHIM6_CMD_EV_SEND_TIMEOUT, 200, false);
	pass(2000);
	answer(200, 1, SHIM6_REAP_INBOUND_OK);			/* it found another pair, told to nobody */
	event(SHIM6_CMD_EV_SEND_TIMEOUT, 200, false);
	w.n_pair = w.n_state = 0;
	engine_hello(e);
	assert_int_equal(engine_set(e, &m, w.now), 0);		/* says what it knew: the first pair */
	assert_int_equal(w.n_pair, 1);
	assert_memory_equal(&w.pair.local, &w.sent[1].src, 16);
	assert_int_equal(w.n_state, 1);
	assert_int_equal(w.state.state, SHIM6_REAP_EXPLORING);
	engine_sync(e);
	assert_int_equal(engine_count(e), 1);
	assert_int_equal(engine_state(e, 100), -1);
	assert_int_equal(engine_state(e, 200), SHIM6_REAP_EXPLORING);
	engine_forget_all(e);
	assert_int_equal(engine_count(e), 0);
	assert_true(engine_next_due(e) == UINT64_MAX);
}

static struct kctl_ctx view(uint64_t tag, uint8_t mode, uint32_t tx_age, uint32_t rx_age)
{
	return (struct kctl_ctx){
		.has = KCTL_CT_LOCAL | KCTL_REAP_MODE | KCTL_AGES, .ct_local = tag, .reap_mode = mode,
		.tx_age = tx_age, .rx_age = rx_age,
	};
}

static void test_repair(void **state)
{
	struct kctl_ctx v;

	(void)state;
	set(100);
	w.n_clock = 0;
	v = view(999, SHIM6_REAP_OPERATIONAL, 1, 2);
	engine_repair(e, &v, w.now);
	v = view(100, SHIM6_REAP_OPERATIONAL, UINT32_MAX, UINT32_MAX);
	engine_repair(e, &v, w.now);				/* no packet ever */
	assert_int_equal(w.n_clock, 0);
	v = view(100, SHIM6_REAP_OPERATIONAL, 100, 60000);
	engine_repair(e, &v, w.now);				/* sent last: the Send Timer should run */
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_START_SEND);
	v = view(100, SHIM6_REAP_OPERATIONAL, 60000, 100);
	engine_repair(e, &v, w.now);
	assert_int_equal(w.clock.reap_ops, SHIM6_REAP_OP_START_KA);
	w.n_clock = 0;
	v = view(100, SHIM6_REAP_OPERATIONAL, 600000, 60000);
	engine_repair(e, &v, w.now);				/* at rest */
	assert_int_equal(w.n_clock, 0);
	v = view(100, SHIM6_REAP_OPERATIONAL, 60000, 600000);
	engine_repair(e, &v, w.now);				/* the last word was ours, and Keepalives answered it */
	assert_int_equal(w.n_clock, 0);
	v = view(100, SHIM6_REAP_EXPLORING, 600000, 60000);
	engine_repair(e, &v, w.now);
	assert_int_equal(w.clock.reap_mode, SHIM6_REAP_OPERATIONAL);

	event(SHIM6_CMD_EV_SEND_TIMEOUT, 100, false);
	w.now += 1000;
	v = view(100, SHIM6_REAP_EXPLORING, 10, 2000);
	engine_repair(e, &v, w.now);				/* received before it explored */
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_EXPLORING);
	v = view(100, SHIM6_REAP_EXPLORING, 10, 500);
	engine_repair(e, &v, w.now);				/* and since */
	assert_int_equal(engine_state(e, 100), SHIM6_REAP_INBOUND_OK);
}

static void test_send_fails(void **state)
{
	(void)state;
	set(100);
	w.send_err = -ENETUNREACH;
	event(SHIM6_CMD_EV_SEND_TIMEOUT, 100, false);
	pass(3000);
	assert_true(w.n_sent > 3);
	assert_int_equal(counters.c[C_TX_FAILED], w.n_sent);
	assert_int_equal(counters.c[C_TX_PROBE], 0);
}

static void test_reconfigure(void **state)
{
	struct reap_config cfg;

	(void)state;
	set(100);
	set(200);
	reap_config_default(&cfg);
	cfg.initial_probes = 1;
	w.n_clock = 0;
	engine_reconfigure(e, &cfg);
	assert_int_equal(w.n_clock, 0);
	cfg.send_timeout = 20000;
	engine_reconfigure(e, &cfg);
	assert_int_equal(w.n_clock, 2);
	assert_in_range(w.clock.send_timeout, 20000, 22000);
}

/* All of them due together, each in its turn. */
static void test_many(void **state)
{
	(void)state;
	for (uint64_t tag = 2; tag <= 200; tag += 2) {
		set(tag);
		event(SHIM6_CMD_EV_SEND_TIMEOUT, tag, false);
	}
	pass(10000);
	assert_in_range(w.n_sent, 100 * 5, 100 * 9);
	for (uint64_t tag = 2; tag <= 200; tag += 4)
		engine_del(e, tag);
	w.n_sent = 0;
	pass(60000);
	assert_in_range(w.n_sent, 50, 50 * 10);
}

/* Names are what people and scripts see: one each, all with a sentence. */
static void see_counter(void *arg, const char *name, uint64_t value, const char *text)
{
	static char seen[64][40];
	unsigned int *n = arg;

	(void)value;
	assert_true(*n < 64);
	for (unsigned int i = 0; i < *n; i++)
		assert_string_not_equal(seen[i], name);
	snprintf(seen[*n], sizeof(seen[*n]), "%s", name);
	assert_true(strlen(name) > 0 && strlen(name) < sizeof(((struct reap_ipc_stat *)NULL)->name));
	assert_true(strlen(text) > 10 && strlen(text) < sizeof(((struct reap_ipc_stat *)NULL)->text));
	++*n;
}

static void test_counters(void **state)
{
	unsigned int n = 0;

	(void)state;
	counters_tell(&counters, see_counter, &n);
	assert_int_equal(n, COUNTER_MAX + S6_V_MAX - 1 + REAP_V_MAX - 1);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new), TEST(test_timeouts), TEST(test_bad_set), TEST(test_failure),
		TEST(test_keepalive), TEST(test_activity), TEST(test_explore), TEST(test_control_messages_are_payload),
		TEST(test_orphans), TEST(test_kernel_late), TEST(test_link_down),
		TEST(test_later), TEST(test_standby), TEST(test_set_while_down), TEST(test_no_locator),
		TEST(test_given_broken), TEST(test_resync), TEST(test_repair), TEST(test_send_fails),
		TEST(test_reconfigure), TEST(test_many), TEST(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
