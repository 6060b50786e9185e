/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of the REAP machine share: one association, a hand-driven clock, a peer played by the test. */
#ifndef TEST_REAP_TEST_H
#define TEST_REAP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/reap.h"
#include "uapi/shim6_nl.h"

#define OPERATIONAL	SHIM6_REAP_OPERATIONAL
#define EXPLORING	SHIM6_REAP_EXPLORING
#define INBOUND_OK	SHIM6_REAP_INBOUND_OK

#define STOP_SEND	SHIM6_REAP_OP_STOP_SEND
#define STOP_KA		SHIM6_REAP_OP_STOP_KA
#define START_SEND	SHIM6_REAP_OP_START_SEND
#define RESTART_SEND	SHIM6_REAP_OP_RESTART_SEND
#define START_KA	SHIM6_REAP_OP_START_KA

#define TAG_LOCAL	0x111111111111ULL
#define TAG_PEER	0x222222222222ULL

struct reap_test {
	struct reap_assoc *a;
	struct reap_params p;
	struct reap_config cfg;
	struct reap_actions acts;
	uint64_t now;
	uint64_t seed;
	struct s6_msg out;		/* the Probe or Keepalive sent last */
	struct in6_addr out_src, out_dst;
	unsigned int n_out;		/* messages sent by the last event */
	struct s6_report echo[S6_REPORTS_MAX];	/* reports that the peer's next Probe carries */
	unsigned int n_echo;
	uint32_t peer_nonce;		/* of the peer's last Probe */
};

static inline struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

/* Our locator number @i is 2001:db8:a<i>::1, the peer's 2001:db8:b<i>::1. */
static inline struct in6_addr local_addr(unsigned int i)
{
	struct in6_addr a = addr("2001:db8:a000::1");

	a.s6_addr[5] = i;
	return a;
}

static inline struct in6_addr peer_addr(unsigned int i)
{
	struct in6_addr a = addr("2001:db8:b000::1");

	a.s6_addr[5] = i;
	return a;
}

static inline void test_rng(void *arg, void *buf, size_t len)
{
	struct reap_test *t = arg;
	uint8_t *p = buf;

	while (len--) {
		t->seed = t->seed * 6364136223846793005ULL + 1442695040888963407ULL;
		*p++ = t->seed >> 56;
	}
}

static inline struct reap_params test_params(unsigned int n_local, unsigned int n_peer)
{
	struct reap_params p = {
		.ct_local = TAG_LOCAL, .ct_peer = TAG_PEER,
		.ulid_local = local_addr(0), .ulid_peer = peer_addr(0),
		.loc_local = local_addr(0), .loc_peer = peer_addr(0),
		.n_local = n_local, .n_peer = n_peer, .ka_timeout = 15000,
	};
	unsigned int i;

	for (i = 0; i < n_local; i++)
		p.local[i].addr = local_addr(i);
	for (i = 0; i < n_peer; i++)
		p.peer[i].addr = peer_addr(i);
	return p;
}

static inline struct reap_test *test_new(unsigned int n_local, unsigned int n_peer)
{
	struct reap_test *t = calloc(1, sizeof(*t));

	assert_non_null(t);
	t->seed = 1;
	t->now = 1000000;
	t->peer_nonce = 0x1000;
	t->p = test_params(n_local, n_peer);
	reap_config_default(&t->cfg);
	t->a = reap_new(&t->p, &t->cfg, test_rng, t, t->now);
	assert_non_null(t->a);
	return t;
}

static inline void test_end(struct reap_test *t)
{
	reap_free(t->a);
	reap_actions_free(&t->acts);
	free(t);
}

/* Look at what the last event caused: decode messages, and check what holds for each of them. */
static inline void look(struct reap_test *t)
{
	size_t fault;
	unsigned int i;

	t->n_out = 0;
	for (i = 0; i < t->acts.n; i++) {
		const struct reap_action *act = &t->acts.a[i];

		if (act->type != REAP_ACT_SEND)
			continue;
		t->n_out++;
		t->out_src = act->src;
		t->out_dst = act->dst;
		assert_true(act->len <= S6_MSG_MAX);
		assert_int_equal(s6_decode(act->data, act->len, &act->src, &act->dst, &t->out, &fault), S6_V_OK);
		assert_true(t->out.tag == TAG_PEER);
		if (t->out.type != SHIM6_PROBE)
			continue;
		assert_true(t->out.n_sent >= 1);
		assert_memory_equal(&t->out.sent[0].src, &act->src, 16);
		assert_memory_equal(&t->out.sent[0].dst, &act->dst, 16);
	}
}

#define EVENT(t, call) do { reap_actions_clear(&(t)->acts); call; look(t); } while (0)

static inline void payload_in(struct reap_test *t)
{
	EVENT(t, reap_payload_in(t->a, t->now, &t->acts));
}

static inline void payload_out(struct reap_test *t)
{
	EVENT(t, reap_payload_out(t->a, t->now, &t->acts));
}

static inline void send_timeout(struct reap_test *t)
{
	EVENT(t, reap_send_timeout(t->a, t->now, &t->acts));
}

static inline void keepalive_due(struct reap_test *t, bool expired)
{
	EVENT(t, reap_keepalive_due(t->a, expired, t->now, &t->acts));
}

static inline void explore(struct reap_test *t)
{
	EVENT(t, reap_explore(t->a, "test", t->now, &t->acts));
}

static inline void update(struct reap_test *t)
{
	EVENT(t, reap_update(t->a, &t->p, t->now, &t->acts));
}

/* Go on to the next Probe retransmission and run it. */
static inline void retransmit(struct reap_test *t)
{
	assert_true(reap_next_due(t->a) != UINT64_MAX);
	t->now = reap_next_due(t->a);
	EVENT(t, reap_timeout(t->a, t->now, &t->acts));
}

static inline enum reap_verdict input(struct reap_test *t, const struct s6_msg *msg, struct in6_addr src,
				      struct in6_addr dst)
{
	enum reap_verdict v;

	EVENT(t, v = reap_input(t->a, msg, &src, &dst, t->now, &t->acts));
	return v;
}

static inline enum reap_verdict keepalive_in(struct reap_test *t, unsigned int local, unsigned int peer)
{
	const struct s6_msg msg = { .type = SHIM6_KEEPALIVE, .tag = TAG_LOCAL };

	return input(t, &msg, peer_addr(peer), local_addr(local));
}

/* The peer will report our Probe @r in its Probes. */
static inline void echo(struct reap_test *t, const struct s6_report *r)
{
	t->echo[t->n_echo++] = *r;
}

/* A Probe of the peer in state @state comes in from its locator @peer to our @local, with the reports of echo(). */
static inline enum reap_verdict probe_in(struct reap_test *t, uint8_t state, unsigned int local, unsigned int peer)
{
	struct s6_msg msg = { .type = SHIM6_PROBE, .tag = TAG_LOCAL, .reap_state = state, .n_sent = 1 };

	msg.sent[0] = (struct s6_report){ peer_addr(peer), local_addr(local), ++t->peer_nonce, 0xdeadbeef };
	msg.n_rcvd = t->n_echo;
	memcpy(msg.rcvd, t->echo, sizeof(msg.rcvd));
	return input(t, &msg, peer_addr(peer), local_addr(local));
}

static inline bool is_pair(const struct in6_addr *l, const struct in6_addr *r, unsigned int local, unsigned int peer)
{
	struct in6_addr want_local = local_addr(local), want_peer = peer_addr(peer);

	return IN6_ARE_ADDR_EQUAL(l, &want_local) && IN6_ARE_ADDR_EQUAL(r, &want_peer);
}

static inline bool sent_over(const struct reap_test *t, unsigned int local, unsigned int peer)
{
	return t->n_out == 1 && is_pair(&t->out_src, &t->out_dst, local, peer);
}

static inline bool current_is(const struct reap_test *t, unsigned int local, unsigned int peer)
{
	struct in6_addr l, r;

	reap_pair(t->a, &l, &r);
	return is_pair(&l, &r, local, peer);
}

static inline const struct reap_action *action(const struct reap_test *t, enum reap_action_type type)
{
	unsigned int i;

	for (i = 0; i < t->acts.n; i++)
		if (t->acts.a[i].type == type)
			return &t->acts.a[i];
	return NULL;
}

#define NO_OPS		UINT32_MAX
#define NOTHING		(-1)
#define KEEPALIVE	(-2)

/*
 * One cell of 6.1 to 6.9: the state after the event, the operations on the clock, and the State of the Probe sent
 * (NOTHING, KEEPALIVE).  The mode of the clock is always the state (S5534-6-03, S5534-6-04, S5534-6-05).
 */
static inline void assert_cell(const struct reap_test *t, uint8_t state, uint32_t ops, int sent)
{
	const struct reap_action *clock = action(t, REAP_ACT_CLOCK);

	assert_int_equal(reap_state(t->a), state);
	if (ops == NO_OPS) {
		assert_null(clock);
	} else {
		assert_non_null(clock);
		assert_int_equal(clock->mode, state);
		assert_int_equal(clock->ops, ops);
	}
	if (sent == NOTHING) {
		assert_int_equal(t->n_out, 0);
		return;
	}
	assert_int_equal(t->n_out, 1);
	if (sent == KEEPALIVE) {
		assert_int_equal(t->out.type, SHIM6_KEEPALIVE);
		return;
	}
	assert_int_equal(t->out.type, SHIM6_PROBE);
	assert_int_equal(t->out.reap_state, sent);	/* S5534-6.1-05 */
	assert_int_equal(sent, state);
}

/* The state change that the event told of. */
static inline void assert_change(const struct reap_test *t, uint8_t from, uint8_t to)
{
	const struct reap_action *act = action(t, REAP_ACT_STATE);

	if (from == to) {
		assert_null(act);
		return;
	}
	assert_non_null(act);
	assert_int_equal(act->old_state, from);
	assert_int_equal(act->state, to);
	assert_true(act->why && *act->why);
}

/* A fresh association in @state: two locators on both sides, the current pair is (0, 0). */
static inline struct reap_test *test_in(uint8_t state)
{
	struct reap_test *t = test_new(2, 2);

	if (state == EXPLORING)
		send_timeout(t);
	else if (state == INBOUND_OK)
		probe_in(t, EXPLORING, 0, 0);
	assert_int_equal(reap_state(t->a), state);
	t->now += 100;
	return t;
}

#endif /* TEST_REAP_TEST_H */
