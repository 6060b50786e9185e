// SPDX-License-Identifier: GPL-2.0-or-later
/* What the profile "fast" adds to the machine: hints, watched pairs, going back. */
#include "reap_test.h"

static void hint(struct reap_test *t, uint32_t grace)
{
	reap_actions_clear(&t->acts);
	reap_hint(t->a, "test", grace, t->now, &t->acts);
	look(t);
}

static void timeout(struct reap_test *t)
{
	reap_actions_clear(&t->acts);
	t->now = reap_next_due(t->a);
	reap_timeout(t->a, t->now, &t->acts);
	look(t);
}

static void watch(struct reap_test *t, bool traffic)
{
	reap_actions_clear(&t->acts);
	t->now = reap_watch_due(t->a);
	assert_true(t->now != UINT64_MAX);
	reap_watch(t->a, traffic, t->now, &t->acts);
	look(t);
}

/* The peer sends a Probe in @state from its @peer to our @local that reports the Probe we sent last, or nothing. */
static void answer(struct reap_test *t, uint8_t state, unsigned int local, unsigned int peer, bool report)
{
	struct s6_msg m = { .type = SHIM6_PROBE, .tag = TAG_LOCAL, .reap_state = state, .n_sent = 1 };
	struct in6_addr src = peer_addr(peer), dst = local_addr(local);

	m.sent[0] = (struct s6_report){ .src = src, .dst = dst, .nonce = t->peer_nonce++ };
	if (report) {
		m.rcvd[m.n_rcvd] = t->out.sent[0];
		m.rcvd[m.n_rcvd].src = t->out_src;
		m.rcvd[m.n_rcvd++].dst = t->out_dst;
	}
	reap_actions_clear(&t->acts);
	assert_int_equal(reap_input(t->a, &m, &src, &dst, t->now, &t->acts), REAP_V_OK);
	look(t);
}

static unsigned int count_acts(const struct reap_test *t, enum reap_action_type type)
{
	unsigned int i, n = 0;

	for (i = 0; i < t->acts.n; i++)
		n += t->acts.a[i].type == type;
	return n;
}

static void over(const struct in6_addr *src, const struct in6_addr *dst, unsigned int local, unsigned int peer)
{
	struct in6_addr l = local_addr(local), p = peer_addr(peer);

	assert_memory_equal(src, &l, sizeof(l));
	assert_memory_equal(dst, &p, sizeof(p));
}

static void uses(const struct reap_test *t, unsigned int local, unsigned int peer)
{
	struct in6_addr l, p;

	reap_pair(t->a, &l, &p);
	over(&l, &p, local, peer);
}

/* S5534-3.4-01: a hint alone moves nothing; the pair in use is asked first and its answer ends the matter. */
static void test_false_alarm(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	hint(t, 30);
	assert_int_equal(reap_state(t->a), EXPLORING);
	assert_int_equal(t->n_out, 1);
	over(&t->out_src, &t->out_dst, 0, 0);
	assert_int_equal(reap_next_due(t->a) - t->now, 30);
	t->now += 10;
	answer(t, INBOUND_OK, 0, 0, true);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_int_equal(count_acts(t, REAP_ACT_PAIR), 0);
	uses(t, 0, 0);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	test_end(t);
}

/* No answer in time: the other pair is asked, and only its answer moves traffic. */
static void test_real(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	hint(t, 30);
	timeout(t);
	assert_int_equal(t->n_out, 1);
	over(&t->out_src, &t->out_dst, 1, 1);
	uses(t, 0, 0);
	t->now += 5;
	answer(t, INBOUND_OK, 1, 1, true);
	assert_int_equal(count_acts(t, REAP_ACT_PAIR), 1);
	uses(t, 1, 1);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	test_end(t);
}

/* A forged answer, whose nonce we never sent, moves nothing. */
static void test_forged(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	hint(t, 30);
	timeout(t);
	t->out.sent[0].nonce++;
	answer(t, INBOUND_OK, 1, 1, true);
	assert_int_equal(count_acts(t, REAP_ACT_PAIR), 0);
	uses(t, 0, 0);
	test_end(t);
}

/* While exploring, hints say nothing new. */
static void test_hint_while_exploring(void **state)
{
	struct reap_test *t = test_new(2, 2);
	uint64_t due;

	(void)state;
	reap_explore(t->a, "test", t->now, &t->acts);
	due = reap_next_due(t->a);
	hint(t, 1);
	assert_int_equal(t->acts.n, 0);
	assert_true(reap_next_due(t->a) == due);
	test_end(t);
}

static struct reap_test *watching(bool standby, enum reap_failback failback)
{
	const struct reap_watch_config cfg = {
		.standby = standby, .failback = failback, .interval = 10000, .hold = 25000,
	};
	struct reap_test *t = test_new(2, 2);

	assert_true(reap_watch_due(t->a) == UINT64_MAX);
	reap_watch_config(t->a, &cfg, t->now);
	return t;
}

static void test_standby(void **state)
{
	struct reap_test *t = watching(true, REAP_FAILBACK_STAY);
	struct in6_addr l, p;

	(void)state;
	watch(t, false);
	assert_int_equal(t->n_out, 0);
	watch(t, true);
	assert_int_equal(t->n_out, 1);
	over(&t->out_src, &t->out_dst, 1, 1);
	assert_int_equal(t->out.reap_state, INBOUND_OK);
	assert_int_equal(t->out.n_sent, 1);
	assert_int_equal(t->out.n_rcvd, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_false(reap_standby_pair(t->a, t->now, &l, &p));
	/* The answer stops no Send Timer: it says nothing about the pair in use. */
	t->now += 7;
	answer(t, OPERATIONAL, 0, 0, true);
	assert_int_equal(count_acts(t, REAP_ACT_CLOCK), 0);
	assert_int_equal(t->out.type, SHIM6_KEEPALIVE);
	assert_true(reap_standby_pair(t->a, t->now, &l, &p));
	over(&l, &p, 1, 1);
	/* An old answer counts no more. */
	assert_false(reap_standby_pair(t->a, t->now + 31000, &l, &p));
	/* Somebody else's nonce. */
	watch(t, true);
	t->out.sent[0].nonce ^= 1;
	answer(t, OPERATIONAL, 0, 0, true);
	assert_true(count_acts(t, REAP_ACT_CLOCK) > 0);
	test_end(t);
}

/* A standby that does not answer makes room for another; an exploration then tries the one that does. */
static void test_standby_next(void **state)
{
	struct reap_test *t = watching(true, REAP_FAILBACK_STAY);
	struct in6_addr first, l, p;

	(void)state;
	watch(t, true);
	first = t->out_src;
	watch(t, true);
	assert_true(memcmp(&first, &t->out_src, sizeof(first)) || !IN6_ARE_ADDR_EQUAL(&t->out_dst, &t->p.peer[1].addr));
	answer(t, OPERATIONAL, 0, 0, true);
	assert_true(reap_standby_pair(t->a, t->now, &l, &p));
	hint(t, 30);
	over(&t->out_src, &t->out_dst, 0, 0);
	timeout(t);
	assert_memory_equal(&t->out_src, &l, sizeof(l));
	assert_memory_equal(&t->out_dst, &p, sizeof(p));
	test_end(t);
}

/* A local failure: the standby is asked first of all. */
static void test_standby_first(void **state)
{
	struct reap_test *t = watching(true, REAP_FAILBACK_STAY);
	struct in6_addr l, p;

	(void)state;
	watch(t, true);
	watch(t, true);		/* the first one failed */
	answer(t, OPERATIONAL, 0, 0, true);
	assert_true(reap_standby_pair(t->a, t->now, &l, &p));
	reap_actions_clear(&t->acts);
	reap_explore(t->a, "test", t->now, &t->acts);
	look(t);
	assert_memory_equal(&t->out_src, &l, sizeof(l));
	assert_memory_equal(&t->out_dst, &p, sizeof(p));
	test_end(t);
}

/* What a watched peer does: it answers over its own pair, stays as it is, and the answer does not grow. */
static void test_watched(void **state)
{
	struct reap_test *t = test_new(2, 2);
	unsigned int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		t->now += 10000;
		answer(t, INBOUND_OK, 1, 1, false);
		assert_int_equal(reap_state(t->a), OPERATIONAL);
		assert_int_equal(count_acts(t, REAP_ACT_PAIR), 0);
		assert_int_equal(t->out.reap_state, OPERATIONAL);
		over(&t->out_src, &t->out_dst, 0, 0);
		assert_int_equal(t->out.n_sent, 1);
		assert_int_equal(t->out.n_rcvd, 1);
	}
	test_end(t);
}

/* Back to the ULIDs, but only after they have worked for the hold time, and over a Probe that was answered. */
static void test_failback(void **state)
{
	struct reap_test *t = watching(false, REAP_FAILBACK_ULID);
	unsigned int i;

	(void)state;
	watch(t, true);
	assert_int_equal(t->n_out, 0);		/* they are in use */
	reap_explore(t->a, "test", t->now, &t->acts);
	look(t);
	over(&t->out_src, &t->out_dst, 1, 1);
	answer(t, INBOUND_OK, 1, 1, true);
	uses(t, 1, 1);
	for (i = 0; i < 3; i++) {
		watch(t, true);
		over(&t->out_src, &t->out_dst, 0, 0);
		answer(t, OPERATIONAL, 1, 1, true);
		assert_int_equal(reap_state(t->a), OPERATIONAL);
		uses(t, 1, 1);
	}
	watch(t, true);
	answer(t, OPERATIONAL, 1, 1, true);
	assert_int_equal(reap_state(t->a), EXPLORING);
	over(&t->out_src, &t->out_dst, 0, 0);
	uses(t, 1, 1);
	t->now += 5;
	answer(t, INBOUND_OK, 0, 0, true);
	uses(t, 0, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	test_end(t);
}

/* A link that flaps never works for the hold time, so nothing goes back to it. */
static void test_flapping(void **state)
{
	struct reap_test *t = watching(false, REAP_FAILBACK_ULID);
	unsigned int i;

	(void)state;
	reap_explore(t->a, "test", t->now, &t->acts);
	look(t);
	answer(t, INBOUND_OK, 1, 1, true);
	for (i = 0; i < 30; i++) {
		watch(t, true);
		if (i % 3 == 2)
			continue;
		answer(t, OPERATIONAL, 1, 1, true);
		assert_int_equal(reap_state(t->a), OPERATIONAL);
		uses(t, 1, 1);
	}
	test_end(t);
}

/*
 * We doubt the pair in use when a Probe comes from a peer that only watches another one.  6.8 says that all is well,
 * and we believe it, but not for long: nothing of ours was reported.
 */
static void test_watched_while_exploring(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	hint(t, 30);
	t->now += 5;
	answer(t, INBOUND_OK, 1, 1, false);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	uses(t, 0, 0);
	assert_true(reap_next_due(t->a) <= t->now + t->cfg.initial_probe_timeout);
	timeout(t);
	assert_int_equal(reap_state(t->a), EXPLORING);
	timeout(t);
	answer(t, INBOUND_OK, 1, 1, true);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	test_end(t);
}

/* The peer calls its locator of the pair in use broken while we explore, and a Probe of before ends that. */
static void test_broken_meanwhile(void **state)
{
	struct reap_test *t = test_new(1, 2);

	(void)state;
	answer(t, EXPLORING, 0, 0, false);
	assert_int_equal(reap_state(t->a), INBOUND_OK);
	over(&t->out_src, &t->out_dst, 0, 0);
	t->p.peer[0].flags = SHIM6_LOC_BROKEN;
	reap_update(t->a, &t->p, t->now, &t->acts);
	answer(t, INBOUND_OK, 0, 0, true);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	uses(t, 0, 0);
	assert_true(reap_next_due(t->a) <= t->now + t->cfg.initial_probe_timeout);
	timeout(t);
	assert_int_equal(reap_state(t->a), EXPLORING);
	over(&t->out_src, &t->out_dst, 0, 1);
	answer(t, INBOUND_OK, 0, 1, true);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	uses(t, 0, 1);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	test_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarm), cmocka_unit_test(test_real), cmocka_unit_test(test_forged),
		cmocka_unit_test(test_hint_while_exploring), cmocka_unit_test(test_standby),
		cmocka_unit_test(test_standby_next), cmocka_unit_test(test_standby_first),
		cmocka_unit_test(test_watched), cmocka_unit_test(test_watched_while_exploring),
		cmocka_unit_test(test_broken_meanwhile),
		cmocka_unit_test(test_failback), cmocka_unit_test(test_flapping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
