// SPDX-License-Identifier: GPL-2.0-or-later
/* Pairs that somebody wants: by preferences changed while sessions live, and by name. */
#include <errno.h>

#include "reap_test.h"

static int move(struct reap_test *t, unsigned int local, unsigned int peer)
{
	struct in6_addr l = local_addr(local), p = peer_addr(peer);
	int err;

	EVENT(t, err = reap_move(t->a, &l, &p, t->now, &t->acts));
	return err;
}

/* The peer says that our last Probe arrived. */
static void answered(struct reap_test *t, unsigned int local, unsigned int peer)
{
	struct s6_report r = t->out.sent[0];

	r.src = t->out_src;
	r.dst = t->out_dst;
	echo(t, &r);
	assert_int_equal(probe_in(t, SHIM6_REAP_OPERATIONAL, local, peer), REAP_V_OK);
}

/* S5533-10.4-17: the owner makes another locator the main one, the session moves once the pair is known to work. */
static void test_main_and_backup(void **state)
{
	struct reap_test *t = test_new(2, 1);

	(void)state;
	t->p.local[0].prio = 1;
	update(t);
	assert_int_equal(reap_state(t->a), SHIM6_REAP_EXPLORING);
	assert_true(sent_over(t, 1, 0));
	assert_true(current_is(t, 0, 0));	/* until it is found to work */
	answered(t, 0, 0);
	assert_int_equal(reap_state(t->a), SHIM6_REAP_OPERATIONAL);
	assert_true(current_is(t, 1, 0));

	t->p.local[0].prio = 0;			/* and back */
	t->p.local[1].prio = 1;
	update(t);
	assert_true(sent_over(t, 0, 0));
	test_end(t);
}

/* The peer's wishes count as well, and "temporary" is one. */
static void test_of_the_peer(void **state)
{
	struct reap_test *t = test_new(1, 2);

	(void)state;
	t->p.peer[0].flags = SHIM6_LOC_TRANSIENT;
	update(t);
	assert_true(sent_over(t, 0, 1));
	test_end(t);
}

/* A pair that does not answer is not used. */
static void test_wish_that_fails(void **state)
{
	struct reap_test *t = test_new(2, 1);

	(void)state;
	t->p.local[0].prio = 1;
	update(t);
	assert_true(sent_over(t, 1, 0));
	retransmit(t);
	assert_true(sent_over(t, 0, 0));
	answered(t, 0, 0);
	assert_int_equal(reap_state(t->a), SHIM6_REAP_OPERATIONAL);
	assert_true(current_is(t, 0, 0));
	update(t);				/* said again: nothing new */
	assert_int_equal(t->n_out, 0);
	test_end(t);
}

/* One lost Probe is no answer to a wish: it is tried again, but not for ever. */
static void test_wish_is_tried_again(void **state)
{
	struct reap_test *t = test_new(2, 1);
	unsigned int tries;

	(void)state;
	t->p.local[0].prio = 1;
	update(t);
	for (tries = 1; reap_state(t->a) == SHIM6_REAP_EXPLORING; tries++) {
		assert_true(sent_over(t, 1, 0));
		retransmit(t);
		answered(t, 0, 0);		/* the current pair works, the other was not heard of */
		assert_true(current_is(t, 0, 0));
		if (reap_next_due(t->a) != UINT64_MAX)
			retransmit(t);
		assert_in_range(tries, 1, 3);
	}
	assert_int_equal(tries, 4);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	test_end(t);
}

/* A wish that comes during an exploration is followed after it. */
static void test_wish_while_exploring(void **state)
{
	struct reap_test *t = test_new(2, 1);

	(void)state;
	EVENT(t, reap_send_timeout(t->a, t->now, &t->acts));
	assert_true(sent_over(t, 0, 0));
	t->p.local[0].prio = 1;
	update(t);
	answered(t, 0, 0);
	assert_int_equal(reap_state(t->a), SHIM6_REAP_OPERATIONAL);
	assert_true(current_is(t, 0, 0));
	retransmit(t);
	assert_true(sent_over(t, 1, 0));
	answered(t, 0, 0);
	assert_true(current_is(t, 1, 0));
	retransmit(t);				/* it has what it wants */
	assert_int_equal(reap_state(t->a), SHIM6_REAP_OPERATIONAL);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	test_end(t);
}

/* What does not make another pair better moves nothing: weights, ranks below, new locators, forks. */
static void test_no_reason(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	t->p.local[1].prio = 3;
	update(t);
	t->p.local[0].weight = 1;
	t->p.local[1].weight = 200;
	update(t);
	t->p.peer[1].flags = SHIM6_LOC_TRANSIENT;
	update(t);
	t->p.peer[2].addr = peer_addr(2);
	t->p.n_peer = 3;
	update(t);
	assert_int_equal(reap_state(t->a), SHIM6_REAP_OPERATIONAL);
	t->p.forked = true;
	t->p.local[0].prio = 9;
	update(t);
	assert_int_equal(reap_state(t->a), SHIM6_REAP_OPERATIONAL);
	assert_true(current_is(t, 0, 0));
	test_end(t);
}

/* S5533-4.2-02: a pair by name, as forks get one. */
static void test_move(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	assert_int_equal(move(t, 0, 0), 0);	/* is there */
	assert_int_equal(t->n_out, 0);
	assert_int_equal(move(t, 0, 3), -EINVAL);
	assert_int_equal(move(t, 1, 1), 0);
	assert_true(sent_over(t, 1, 1));
	assert_int_equal(move(t, 0, 1), -EBUSY);
	answered(t, 0, 0);
	assert_true(current_is(t, 1, 1));
	t->p.local[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	assert_int_equal(move(t, 0, 0), -EINVAL);
	test_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_main_and_backup),
		cmocka_unit_test(test_of_the_peer),
		cmocka_unit_test(test_wish_that_fails),
		cmocka_unit_test(test_wish_is_tried_again),
		cmocka_unit_test(test_wish_while_exploring),
		cmocka_unit_test(test_no_reason),
		cmocka_unit_test(test_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
