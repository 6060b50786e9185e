// SPDX-License-Identifier: GPL-2.0-or-later
/* A failure that concerns thousands of associations at once: Probes are paced and nobody is forgotten (RFC 5534, 8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/addr.c"
#include "reapd/counters.c"
#include "reapd/engine.c"
#include "reapd/engine_act.c"
#include "reapd/engine_crowd.c"
#include "reapd/engine_event.c"
#include "reapd/hash.c"

#define N	10000
#define RATE	2000

static struct {
	uint64_t now, answer_at;
	unsigned int probes, in_window, most;
	uint64_t window;
	unsigned int moved;
	uint64_t moved_at[N], who[N];
	bool down;
	uint64_t seed;
	struct {
		uint64_t at;
		struct in6_addr src, dst;
		struct s6_msg msg;
	} *wire;
	unsigned int wire_n, wire_first, wire_cap;
} w;

static struct in6_addr address(unsigned int net, unsigned int host)
{
	struct in6_addr a = {
		.s6_addr = { 0x20, 0x01, 0x0d, 0xb8, net, [13] = host >> 16, [14] = host >> 8, [15] = host },
	};

	return a;
}

/* Nothing leaves from the first provider any more; what leaves from the other one is answered after 10 ms. */
static int w_send(void *arg, const struct in6_addr *src, const struct in6_addr *dst, const void *data, size_t len)
{
	size_t fault;

	(void)arg;
	if (w.now - w.window >= 1000) {
		w.window = w.now;
		w.in_window = 0;
	}
	w.probes++;
	w.in_window++;
	if (w.in_window > w.most)
		w.most = w.in_window;
	if (src->s6_addr[4] == 0xa1)
		return 0;
	if (w.wire_n == w.wire_cap) {
		w.wire_cap = w.wire_cap ? 2 * w.wire_cap : 1024;
		w.wire = realloc(w.wire, w.wire_cap * sizeof(*w.wire));
		assert_non_null(w.wire);
	}
	w.wire[w.wire_n].at = w.now + 10;
	w.wire[w.wire_n].src = *src;
	w.wire[w.wire_n].dst = *dst;
	assert_int_equal(s6_decode(data, len, src, dst, &w.wire[w.wire_n].msg, &fault), S6_V_OK);
	w.wire_n++;
	return 0;
}

static int w_clock(void *arg, const struct kctl_ctx *c)
{
	(void)arg;
	(void)c;
	return 0;
}

static void w_pair(void *arg, const struct reap_ipc_pair *p)
{
	(void)arg;
	assert_int_equal(p->local.s6_addr[4], 0xa2);
	w.who[w.moved] = p->handle;
	w.moved_at[w.moved++] = w.now;
}

static void w_state(void *arg, const struct reap_ipc_state *s)
{
	(void)arg;
	(void)s;
}

static void w_assoc(void *arg, const struct in6_addr *local, const struct in6_addr *peer, bool there)
{
	(void)arg;
	(void)local;
	(void)peer;
	(void)there;
}

static int w_usable(void *arg, const struct in6_addr *a)
{
	(void)arg;
	return w.down && a->s6_addr[4] == 0xa1 ? ADDR_UNUSABLE : ADDR_GOOD;
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

/* The last association is the busiest; of every tenth the kernel knows nothing. */
static void w_ages(void *arg, void (*one)(void *one_arg, uint64_t ct_local, uint32_t ms), void *one_arg)
{
	(void)arg;
	for (unsigned int i = 1; i <= N; i++)
		if (i % 10)
			one(one_arg, i, N - i);
	one(one_arg, N + 1, 0);
}

static const struct engine_ops world = { w_send, w_clock, w_pair, w_state, w_assoc, w_usable, w_rng, NULL, w_ages };

static void quiet(enum hal_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static struct engine *setup_many(struct counters *counters)
{
	struct engine_fast fast = { .probe_rate = RATE };
	struct reap_config cfg;
	struct engine *e;
	unsigned int i;

	free(w.wire);
	memset(&w, 0, sizeof(w));
	memset(counters, 0, sizeof(*counters));
	w.now = 5000000;
	hal_log_hook(quiet, NULL);
	reap_config_default(&cfg);
	e = engine_new(&cfg, &world, NULL, counters);
	assert_non_null(e);
	engine_set_fast(e, &fast, w.now);
	for (i = 0; i < N; i++) {
		struct reap_ipc_assoc m = {
			.handle = i + 1, .ct_local = i + 1, .ct_peer = i + 1, .ka_timeout = 15000,
			.n_local = 2, .n_peer = 1,
			.local = { { .addr = address(0xa1, 1 + i % 31) }, { .addr = address(0xa2, 1) } },
			.peer = { { .addr = address(0xb1, i) } },
		};

		m.ulid_local = m.loc_local = m.local[0].addr;
		m.ulid_peer = m.loc_peer = m.peer[0].addr;
		assert_int_equal(engine_set(e, &m, w.now), 0);
	}
	return e;
}

static void answers(struct engine *e)
{
	while (w.wire_first < w.wire_n && w.wire[w.wire_first].at <= w.now) {
		const struct s6_msg *probe = &w.wire[w.wire_first].msg;
		struct in6_addr src = w.wire[w.wire_first].dst, dst = w.wire[w.wire_first].src;
		struct s6_msg m = { .type = SHIM6_PROBE, .tag = probe->tag, .n_sent = 1, .n_rcvd = 1 };

		w.wire_first++;
		if (probe->reap_state != SHIM6_REAP_EXPLORING)
			continue;
		m.reap_state = SHIM6_REAP_INBOUND_OK;
		m.sent[0] = (struct s6_report){ .src = src, .dst = dst, .nonce = 4711 };
		m.rcvd[0] = probe->sent[0];
		engine_input(e, &m, &src, &dst, w.now);
	}
}

static void run(struct engine *e, uint64_t ms)
{
	uint64_t until = w.now + ms;

	for (; w.now < until && w.moved < N; w.now++) {
		answers(e);
		if (engine_next_due(e) <= w.now)
			engine_timeout(e, w.now);
	}
}

static void print_result(const char *what, uint64_t since)
{
	print_message("%s: 50%% moved after %llu ms, 99%% after %llu, all after %llu; %u probes, at most %u in a second\n",
		      what, (unsigned long long)(w.moved_at[N / 2] - since),
		      (unsigned long long)(w.moved_at[N * 99 / 100] - since),
		      (unsigned long long)(w.moved_at[N - 1] - since), w.probes, w.most);
}

/* The uplink of all goes down. */
static void test_link_down(void **state)
{
	struct counters counters;
	struct engine *e = setup_many(&counters);
	uint64_t since = w.now;

	(void)state;
	w.down = true;
	engine_host_changed(e, w.now);
	run(e, 60000);
	assert_int_equal(w.moved, N);
	print_result("link down", since);
	/* Two Probes each: one that explores, one that ends it; the bucket and the answers may be a little over. */
	assert_true(w.most <= 2 * RATE);
	assert_true(w.moved_at[N - 1] - since <= 2 * 1000 * N / RATE + 2000);
	assert_true(counters.c[C_PACED] > N / 2);
	/* Those with traffic of late went first, those without any last. */
	for (unsigned int i = 0; i < N / 2; i++)
		assert_true(w.who[i] % 10 && w.who[i] > N * 3 / 10);
	for (unsigned int i = N * 95 / 100; i < N; i++)
		assert_int_equal(w.who[i] % 10, 0);
	engine_free(e);
}

/* Every one tells @ev, @per_ms of them a millisecond, as their path has died silently. */
static void all_tell(const char *what, struct kctl_event ev, unsigned int per_ms)
{
	struct counters counters;
	struct engine *e = setup_many(&counters);
	uint64_t since = w.now;
	unsigned int i;

	for (i = 0; i < N; i++) {
		if (i % per_ms == 0)
			run(e, 1);
		ev.ct_local = i + 1;
		engine_event(e, &ev, w.now);
	}
	run(e, 120000);
	assert_int_equal(w.moved, N);
	print_result(what, since);
	assert_true(w.most <= 2 * RATE);
	engine_free(e);
}

/* A hint of each within a tenth of a second. */
static void test_hints(void **state)
{
	(void)state;
	all_tell("hints", (struct kctl_event){ .cmd = SHIM6_CMD_EV_HINT, .hint = SHIM6_HINT_TCP, .hint_gap = 20 }, 100);
}

/* The same with RFC 5534's only sign of it: their Send Timers end within a second and a half. */
static void test_send_timeouts(void **state)
{
	(void)state;
	all_tell("send timeouts", (struct kctl_event){ .cmd = SHIM6_CMD_EV_SEND_TIMEOUT }, 7);
}

/* Three of them leave the uplink: the others are probed without a sign of their own. */
static void test_shared(void **state)
{
	struct engine_fast fast = { .probe_rate = RATE, .hint_min = 40 };
	struct counters counters;
	struct engine *e = setup_many(&counters);
	uint64_t since = w.now;
	unsigned int i, early = 0;

	(void)state;
	engine_set_fast(e, &fast, w.now);
	for (i = 0; i < 3; i++) {
		struct kctl_event ev = { .cmd = SHIM6_CMD_EV_HINT, .ct_local = i + 1, .hint = SHIM6_HINT_TCP };

		engine_event(e, &ev, w.now);
	}
	run(e, 120000);
	assert_int_equal(w.moved, N);
	print_result("shared knowledge", since);
	/* The busiest do not wait for the others' first Probes: not even a tenth of all have moved when they have. */
	for (i = 0; i < N / 10; i++)
		early += w.who[i] > N - 90;
	assert_true(early >= 80);
	assert_true(counters.c[C_SHARED] >= N - 3);
	assert_true(w.most <= 2 * RATE);
	engine_free(e);
	free(w.wire);
	w.wire = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_link_down),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_send_timeouts),
		cmocka_unit_test(test_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
