// SPDX-License-Identifier: GPL-2.0-or-later
/* Which pairs an exploration tries, in what order; what a change of locators does; which messages are refused. */
#include "reap_test.h"

#include "proto/pathset.h"

/* --- order --------------------------------------------------------------------------------------------------- */

static void built(struct reap_test *t, struct pathset *ps, bool suspect)
{
	pathset_free(ps);
	assert_true(pathset_build(ps, &t->p, suspect, test_rng, t));
}

static void assert_next(const struct reap_test *t, struct pathset *ps, unsigned int local, unsigned int peer)
{
	const struct path *path = pathset_next(ps);

	(void)t;
	assert_non_null(path);
	if (path->local != local || path->peer != peer)
		fail_msg("pair %u-%u instead of %u-%u", path->local, path->peer, local, peer);
}

/* The current pair, then one that shares no locator with it, then the others; then the cycle begins again. */
static void order_begins_with_current_then_disjoint(void **state)
{
	struct reap_test *t = test_new(2, 2);
	struct pathset ps = { 0 };
	unsigned int i;

	(void)state;
	built(t, &ps, false);
	for (i = 0; i < 3; i++) {
		assert_next(t, &ps, 0, 0);
		assert_next(t, &ps, 1, 1);
		assert_next(t, &ps, 0, 1);
		assert_next(t, &ps, 1, 0);
	}
	pathset_free(&ps);
	test_end(t);
}

/* Local locators 0 and 1 are in one subnet, 2 and 3 in another; the same for the peer. */
static struct reap_test *two_addresses_in_each_of_two_subnets(void)
{
	struct reap_test *t = test_new(4, 4);
	unsigned int i;

	for (i = 0; i < 4; i++) {
		t->p.local[i].addr = local_addr(i / 2);
		t->p.local[i].addr.s6_addr[15] = i;
		t->p.peer[i].addr = peer_addr(i / 2);
		t->p.peer[i].addr.s6_addr[15] = i;
	}
	t->p.loc_local = t->p.local[0].addr;
	t->p.loc_peer = t->p.peer[0].addr;
	return t;
}

/* What combination of subnets is offered next: @local and @peer are 0 or 1. */
static void assert_next_subnets(struct pathset *ps, unsigned int local, unsigned int peer)
{
	const struct path *path = pathset_next(ps);

	assert_non_null(path);
	if (path->local / 2 != local || path->peer / 2 != peer)
		fail_msg("subnets %u-%u instead of %u-%u", path->local / 2, path->peer / 2, local, peer);
}

/* A subnet that failed is tried with its other addresses only when every combination of subnets has been. */
static void order_is_by_subnets(void **state)
{
	struct reap_test *t = two_addresses_in_each_of_two_subnets();
	struct pathset ps = { 0 };
	unsigned int round;

	(void)state;
	built(t, &ps, false);
	assert_int_equal(ps.n, 16);
	assert_next(t, &ps, 0, 0);
	for (round = 0; round < 4; round++) {
		assert_next_subnets(&ps, 1, 1);
		assert_next_subnets(&ps, 0, 1);
		assert_next_subnets(&ps, 1, 0);
		if (round)
			assert_next_subnets(&ps, 0, 0);
	}

	/* The suspect is only an address: another one of its subnet may do, but comes after the other subnets. */
	built(t, &ps, true);
	for (round = 0; round < 3; round++) {
		assert_next_subnets(&ps, 1, 1);
		assert_next_subnets(&ps, 0, 1);
		assert_next_subnets(&ps, 1, 0);
		assert_next_subnets(&ps, 0, 0);
	}
	assert_next_subnets(&ps, 1, 1);
	assert_next_subnets(&ps, 0, 1);
	assert_next_subnets(&ps, 1, 0);
	assert_next(t, &ps, 0, 0);
	pathset_free(&ps);
	test_end(t);
}

/* S5534-4.3-02: which pair stands for its subnets, and which combination that is as good goes first, the owners say. */
static void preferences_rule_within_subnets(void **state)
{
	struct reap_test *t = two_addresses_in_each_of_two_subnets();
	struct pathset ps = { 0 };

	(void)state;
	t->p.local[2].prio = 5;
	t->p.peer[2].prio = 5;
	t->p.local[1].prio = 9;
	t->p.peer[0].prio = t->p.peer[1].prio = 9;
	built(t, &ps, false);
	assert_next(t, &ps, 0, 0);
	assert_next(t, &ps, 3, 3);
	assert_next(t, &ps, 0, 3);
	assert_next_subnets(&ps, 1, 0);
	pathset_free(&ps);
	test_end(t);
}

/* What is known to be broken here comes last. */
static void order_ends_with_the_suspect(void **state)
{
	struct reap_test *t = test_new(2, 2);
	struct pathset ps = { 0 };

	(void)state;
	built(t, &ps, true);
	assert_next(t, &ps, 1, 1);
	assert_next(t, &ps, 0, 1);
	assert_next(t, &ps, 1, 0);
	assert_next(t, &ps, 0, 0);
	pathset_free(&ps);
	test_end(t);
}

/* S5534-4.3-02: a locator that the peer calls BROKEN comes last of all, a broken one of our own not at all. */
static void broken_locators_are_last_or_absent(void **state)
{
	struct reap_test *t = test_new(3, 3);
	struct pathset ps = { 0 };
	unsigned int i;

	(void)state;
	t->p.peer[0].flags = SHIM6_LOC_BROKEN;
	t->p.local[1].flags = SHIM6_LOC_BROKEN;
	built(t, &ps, false);
	assert_int_equal(ps.n, 6);
	for (i = 0; i < ps.n; i++) {
		assert_int_not_equal(ps.v[i].local, 1);
		assert_int_equal(ps.v[i].peer == 0, i >= 4);
	}
	pathset_free(&ps);
	test_end(t);
}

/* S5534-4.3-02: priorities of both sides, the smaller first; lasting locators before transient ones */
static void priorities_rule_among_equals(void **state)
{
	struct reap_test *t = test_new(1, 5);
	struct pathset ps = { 0 };

	(void)state;
	t->p.peer[1].prio = 7;
	t->p.peer[2].prio = 5;
	t->p.peer[3].prio = 5;
	t->p.peer[3].flags = SHIM6_LOC_TRANSIENT;
	t->p.peer[4].prio = 1;
	built(t, &ps, false);
	assert_next(t, &ps, 0, 0);
	assert_next(t, &ps, 0, 4);
	assert_next(t, &ps, 0, 2);
	assert_next(t, &ps, 0, 3);
	assert_next(t, &ps, 0, 1);
	pathset_free(&ps);
	test_end(t);
}

/* RFC 2782: among equal priorities a larger weight has the larger chance to come first, and none is left out. */
static void weights_share_the_load(void **state)
{
	struct reap_test *t = test_new(1, 3);
	struct pathset ps = { 0 };
	unsigned int i, heavy = 0;

	(void)state;
	t->p.peer[1].weight = 90;
	t->p.peer[2].weight = 10;
	for (i = 0; i < 1000; i++) {
		built(t, &ps, false);
		assert_int_equal(ps.n, 3);
		assert_next(t, &ps, 0, 0);
		heavy += pathset_next(&ps)->peer == 1;
	}
	assert_in_range(heavy, 800, 970);
	pathset_free(&ps);
	test_end(t);
}

/* S5534-4.3-01: RFC 6724: same label, then higher precedence, then the longest common prefix */
static void address_selection_orders_pairs(void **state)
{
	struct reap_test *t = test_new(4, 1);
	struct pathset ps = { 0 };

	(void)state;
	t->p.peer[0].addr = addr("2a00:1:2:3::1");
	t->p.loc_peer = t->p.peer[0].addr;
	t->p.local[0].addr = addr("2001:db8:9::1");	/* current */
	t->p.loc_local = t->p.local[0].addr;
	t->p.local[1].addr = addr("fd00:1:2:3::1");	/* other label */
	t->p.local[2].addr = addr("2a00:9::1");
	t->p.local[3].addr = addr("2a00:1:2:4::1");	/* longer prefix */
	built(t, &ps, false);
	assert_next(t, &ps, 0, 0);
	assert_next(t, &ps, 3, 0);
	assert_next(t, &ps, 2, 0);
	assert_next(t, &ps, 1, 0);

	/* Unique local to unique local fits, but global to global has the higher precedence. */
	t->p.n_peer = 2;
	t->p.peer[1].addr = addr("fd00:1:2:9::1");
	assert_true(pathset_rank(&t->p, &t->p.local[2].addr, &t->p.peer[0].addr) <
		    pathset_rank(&t->p, &t->p.local[1].addr, &t->p.peer[1].addr));
	assert_true(pathset_rank(&t->p, &t->p.local[1].addr, &t->p.peer[1].addr) <
		    pathset_rank(&t->p, &t->p.local[1].addr, &t->p.peer[0].addr));
	pathset_free(&ps);
	test_end(t);
}

/* S5534-4.3-01, S5534-3.1-03: what is no locator is never tried */
static void impossible_pairs_are_pruned(void **state)
{
	static const char *const bad[] = { "fe80::1", "fec0::1", "ff02::1", "::1", "::" };
	struct reap_test *t = test_new(2, 2);
	struct pathset ps = { 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		t->p.local[1].addr = addr(bad[i]);
		built(t, &ps, false);
		assert_int_equal(ps.n, 2);
	}
	t->p.local[1].addr = t->p.peer[1].addr;
	built(t, &ps, false);
	assert_int_equal(ps.n, 3);
	assert_true(pathset_rank(&t->p, &t->p.local[1].addr, &t->p.peer[1].addr) == UINT64_MAX);
	pathset_free(&ps);
	test_end(t);
}

/* S5534-4.3-03: an exploration tries every pair of 32 x 32 once before it tries one again, and goes on */
static void all_pairs_are_tried_in_turn(void **state)
{
	struct reap_test *t = test_new(32, 32);
	unsigned int i, cycle;

	(void)state;
	send_timeout(t);
	for (cycle = 0; cycle < 2; cycle++) {
		static bool seen[32][32];

		memset(seen, 0, sizeof(seen));
		for (i = 0; i < 32 * 32; i++) {
			bool *pair = &seen[t->out_src.s6_addr[5]][t->out_dst.s6_addr[5]];

			assert_int_equal(t->n_out, 1);
			assert_false(*pair);
			*pair = true;
			retransmit(t);
		}
	}
	test_end(t);
}

/* --- changes of locators ------------------------------------------------------------------------------------- */

/* S5534-3.2-03, S5534-6.9-06: our locator breaks: explore at once, by another pair; the current one stays for now. */
static void broken_local_locator_is_left_at_once(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	t->p.local[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	assert_cell(t, EXPLORING, STOP_SEND | STOP_KA, EXPLORING);
	assert_true(sent_over(t, 1, 1));
	assert_null(action(t, REAP_ACT_PAIR));
	assert_true(current_is(t, 0, 0));
	test_end(t);
}

/* S5534-4.1-01: the same when it is gone, when the peer takes its own back, or calls it broken */
static void lost_locators_are_left_at_once(void **state)
{
	struct reap_test *t;
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		t = test_in(OPERATIONAL);
		if (i == 0) {
			t->p.local[0] = t->p.local[1];
			t->p.n_local = 1;
		} else if (i == 1) {
			t->p.peer[0] = t->p.peer[1];
			t->p.n_peer = 1;
		} else {
			t->p.peer[0].flags = SHIM6_LOC_BROKEN;
		}
		update(t);
		assert_cell(t, EXPLORING, STOP_SEND | STOP_KA, EXPLORING);
		assert_true(sent_over(t, 1, 1));
		update(t);			/* no second time for the same news */
		assert_int_equal(t->acts.n, 0);
		test_end(t);
	}
}

/* A pair that serves although its locator is called broken is not left again and again. */
static void broken_pair_in_use_is_kept(void **state)
{
	struct reap_test *t = test_new(1, 2);
	struct s6_report r;

	(void)state;
	t->p.peer[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	retransmit(t);
	r = t->out.sent[0];
	assert_true(sent_over(t, 0, 0));
	echo(t, &r);
	probe_in(t, INBOUND_OK, 0, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_true(current_is(t, 0, 0));
	t->p.peer[1].prio = 1;
	update(t);
	assert_int_equal(t->acts.n, 0);
	test_end(t);
}

/* S5534-3.5-02: a new pair is no reason to leave one that works (an owner's new ranking is: proto_reap_wish). */
static void better_pair_does_not_switch(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	t->p.local[1].prio = 100;
	t->p.n_peer = 3;
	t->p.peer[2].addr = peer_addr(2);
	t->p.loc_local = local_addr(1);		/* not taken: the machine owns the pair */
	update(t);
	assert_int_equal(t->acts.n, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_true(current_is(t, 0, 0));
	test_end(t);
}

/* A locator that comes while Probes have become rare is tried at once. */
static void new_locator_restarts_probing(void **state)
{
	struct reap_test *t = test_in(EXPLORING);
	unsigned int i;

	(void)state;
	for (i = 0; i < 12; i++)
		retransmit(t);
	t->p.n_local = 3;
	t->p.local[2].addr = local_addr(2);
	t->now += 1000;
	update(t);
	assert_cell(t, EXPLORING, NO_OPS, EXPLORING);
	assert_true(reap_next_due(t->a) <= t->now + 532);
	test_end(t);
}

/* Without any locator nothing is sent, the state is kept, and the first one that comes is used. */
static void no_locator_no_probe(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	t->p.local[0].flags = t->p.local[1].flags = SHIM6_LOC_BROKEN;
	update(t);
	assert_cell(t, EXPLORING, STOP_SEND | STOP_KA, NOTHING);
	retransmit(t);
	assert_int_equal(t->n_out, 0);
	t->p.local[1].flags = 0;
	update(t);
	assert_cell(t, EXPLORING, NO_OPS, EXPLORING);
	assert_true(sent_over(t, 1, 1));
	test_end(t);
}

/*
 * The exploration does not end with a pair that is known to be dead here: the peer hears us, it says, but reports no
 * Probe.  It gets one that says so, and its report of that gives the pair.
 */
static void unusable_pair_is_not_settled_for(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	t->p.local[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	probe_in(t, INBOUND_OK, 1, 1);
	assert_cell(t, INBOUND_OK, START_SEND, INBOUND_OK);
	assert_true(sent_over(t, 1, 1));
	probe_in(t, OPERATIONAL, 1, 1);		/* never answered, but no end either */
	assert_cell(t, INBOUND_OK, STOP_SEND, NOTHING);
	retransmit(t);
	assert_true(sent_over(t, 1, 0));
	echo(t, &t->out.sent[0]);
	probe_in(t, OPERATIONAL, 1, 1);
	assert_cell(t, OPERATIONAL, STOP_SEND | START_KA, NOTHING);
	assert_true(current_is(t, 1, 0));
	test_end(t);

	t = test_in(OPERATIONAL);
	t->p.local[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	probe_in(t, OPERATIONAL, 1, 1);
	assert_cell(t, INBOUND_OK, START_SEND, NOTHING);
	test_end(t);
}

/* A pair that the peer calls broken, but which serves, is left when it breaks here. */
static void broken_pair_in_use_breaks_here(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	t->p.peer[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	probe_in(t, OPERATIONAL, 0, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	t->p.local[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	assert_cell(t, EXPLORING, STOP_SEND | STOP_KA, EXPLORING);
	test_end(t);
}

/* --- what is refused ----------------------------------------------------------------------------------------- */

static void assert_no_effect(struct reap_test *t, const struct s6_msg *msg, struct in6_addr src, struct in6_addr dst,
			     enum reap_verdict want)
{
	uint8_t before = reap_state(t->a);
	uint64_t due = reap_next_due(t->a);

	assert_int_equal(input(t, msg, src, dst), want);
	assert_int_equal(t->acts.n, 0);
	assert_int_equal(reap_state(t->a), before);
	assert_true(reap_next_due(t->a) == due);
}

/* S5534-5.1-08, S5534-5.2-19, S5534-5.2-10, S5534-5.2-20: each in every state, and nothing happens */
static void refused_messages_have_no_effect(void **state)
{
	uint8_t from;

	(void)state;
	for (from = OPERATIONAL; from <= INBOUND_OK; from++) {
		struct reap_test *t = test_in(from);
		struct in6_addr us = local_addr(0), peer = peer_addr(0), stranger = addr("2001:db8:ffff::1");
		struct s6_msg keepalive = { .type = SHIM6_KEEPALIVE, .tag = TAG_LOCAL };
		struct s6_msg probe = { .type = SHIM6_PROBE, .tag = TAG_LOCAL, .reap_state = EXPLORING, .n_sent = 1 };
		struct s6_msg bad;

		probe.sent[0] = (struct s6_report){ peer, us, 77, 0 };

		bad = keepalive;
		bad.tag = TAG_PEER;
		assert_no_effect(t, &bad, peer, us, REAP_V_TAG);
		bad = probe;
		bad.tag++;
		assert_no_effect(t, &bad, peer, us, REAP_V_TAG);
		bad = probe;
		bad.type = SHIM6_I1;
		assert_no_effect(t, &bad, peer, us, REAP_V_TYPE);

		assert_no_effect(t, &keepalive, stranger, us, REAP_V_LOCATORS);
		assert_no_effect(t, &keepalive, peer, stranger, REAP_V_LOCATORS);
		assert_no_effect(t, &keepalive, us, peer, REAP_V_LOCATORS);
		bad = probe;
		bad.sent[0].src = stranger;
		assert_no_effect(t, &bad, stranger, us, REAP_V_LOCATORS);
		bad = probe;
		bad.sent[0].dst = stranger;
		assert_no_effect(t, &bad, peer, stranger, REAP_V_LOCATORS);

		assert_no_effect(t, &probe, peer_addr(1), us, REAP_V_REPORT);
		assert_no_effect(t, &probe, peer, local_addr(1), REAP_V_REPORT);
		bad = probe;
		bad.n_sent = 0;
		assert_no_effect(t, &bad, peer, us, REAP_V_REPORT);
		bad = probe;
		bad.reap_state = 3;
		assert_no_effect(t, &bad, peer, us, REAP_V_REPORT);

		assert_int_equal(input(t, &probe, peer, us), REAP_V_OK);
		test_end(t);
	}
}

/* Q51: Keepalives of the interval never come faster than one a second; the last one is always sent (6.3). */
static void keepalives_are_limited(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	keepalive_due(t, false);
	assert_cell(t, OPERATIONAL, NO_OPS, KEEPALIVE);
	t->now += 400;
	keepalive_due(t, false);
	assert_int_equal(t->n_out, 0);
	keepalive_due(t, true);
	assert_int_equal(t->n_out, 1);
	t->now += 1000;
	keepalive_due(t, false);
	assert_int_equal(t->n_out, 1);
	test_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order_begins_with_current_then_disjoint),
		cmocka_unit_test(order_is_by_subnets),
		cmocka_unit_test(preferences_rule_within_subnets),
		cmocka_unit_test(order_ends_with_the_suspect),
		cmocka_unit_test(broken_locators_are_last_or_absent),
		cmocka_unit_test(priorities_rule_among_equals),
		cmocka_unit_test(weights_share_the_load),
		cmocka_unit_test(address_selection_orders_pairs),
		cmocka_unit_test(impossible_pairs_are_pruned),
		cmocka_unit_test(all_pairs_are_tried_in_turn),
		cmocka_unit_test(broken_local_locator_is_left_at_once),
		cmocka_unit_test(lost_locators_are_left_at_once),
		cmocka_unit_test(broken_pair_in_use_is_kept),
		cmocka_unit_test(better_pair_does_not_switch),
		cmocka_unit_test(new_locator_restarts_probing),
		cmocka_unit_test(no_locator_no_probe),
		cmocka_unit_test(unusable_pair_is_not_settled_for),
		cmocka_unit_test(broken_pair_in_use_breaks_here),
		cmocka_unit_test(refused_messages_have_no_effect),
		cmocka_unit_test(keepalives_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
