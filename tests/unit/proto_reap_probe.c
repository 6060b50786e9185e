// SPDX-License-Identifier: GPL-2.0-or-later
/* Probes of the REAP machine: when, with what content, and which reports are believed. */
#include "reap_test.h"

/* --- timing -------------------------------------------------------------------------------------------------- */

/* Gap number @i (0 is between the first two Probes) without jitter, as Q49 reads sections 4.3 and 6.4. */
static uint64_t gap(unsigned int i)
{
	static const uint64_t gaps[] = { 500, 500, 500, 1000, 2000, 4000, 8000, 16000, 32000 };

	return i < sizeof(gaps) / sizeof(gaps[0]) ? gaps[i] : 60000;
}

/*
 * S5534-4.3-05, S5534-4.3-06, S5534-4.3-07, S5534-7-01, S5534-7-02, S5534-7-03: the first Probe at once, three gaps of
 * 0.5 s, then 1, 2, 4 ... and 60 s for ever; never more.  S5534-4.3-04: one Probe at a time.
 */
static void probe_times_and_back_off(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	unsigned int i;

	(void)state;
	send_timeout(t);
	assert_int_equal(t->n_out, 1);
	for (i = 0; i < 40; i++) {
		uint64_t before = t->now;

		retransmit(t);
		assert_int_equal(t->n_out, 1);
		assert_int_equal(t->out.reap_state, EXPLORING);
		assert_in_range(t->now - before, gap(i) - gap(i) / 16, gap(i) + gap(i) / 16);
		assert_true(t->now - before <= 60000);
	}
	test_end(t);
}

/* S5534-6.5-03: the same schedule in InboundOk, begun by the Probe that answers */
static void back_off_in_inboundok(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	unsigned int i;

	(void)state;
	probe_in(t, EXPLORING, 0, 0);
	for (i = 0; i < 15; i++) {
		uint64_t before = t->now;

		retransmit(t);
		assert_cell(t, INBOUND_OK, START_SEND, INBOUND_OK);
		assert_in_range(t->now - before, gap(i) - gap(i) / 16, gap(i) + gap(i) / 16);
	}
	test_end(t);
}

/* S5534-4.1-14: associations that fail in the same moment do not stay in step. */
static void probe_times_are_spread(void **state)
{
	uint64_t seen[8];
	unsigned int i, k, same = 0;

	(void)state;
	for (i = 0; i < 8; i++) {
		struct reap_test *t = test_new(2, 2);

		t->seed = 1000 + i;
		send_timeout(t);
		for (k = 0; k < 6; k++)
			retransmit(t);
		seen[i] = t->now;
		for (k = 0; k < i; k++)
			same += seen[k] == seen[i];
		test_end(t);
	}
	assert_true(same <= 2);
}

/* The constants can be set. */
static void probe_times_follow_configuration(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	uint64_t before;

	(void)state;
	t->cfg.initial_probe_timeout = 100;
	t->cfg.initial_probes = 1;
	t->cfg.max_probe_timeout = 300;
	reap_reconfigure(t->a, &t->cfg);
	send_timeout(t);
	before = t->now;
	retransmit(t);
	assert_in_range(t->now - before, 187, 213);
	before = t->now;
	retransmit(t);
	assert_in_range(t->now - before, 281, 300);
	test_end(t);
}

/* S5534-4.3-04: an answer keeps the Probe in turn at a distance. */
static void answer_and_turn_do_not_coincide(void **state)
{
	struct reap_test *t = test_in(INBOUND_OK);

	(void)state;
	t->now = reap_next_due(t->a) - 1;
	probe_in(t, EXPLORING, 0, 0);
	assert_int_equal(t->n_out, 1);
	assert_true(reap_next_due(t->a) >= t->now + t->cfg.initial_probe_timeout);
	test_end(t);
}

/*
 * After long silence the first sign of the peer makes the Probes frequent again, but not each time: a lasting one-way
 * failure must not defeat the back-off.
 */
static void back_off_begins_anew_when_peer_is_heard(void **state)
{
	struct reap_test *t = test_in(EXPLORING);
	unsigned int i;

	(void)state;
	for (i = 0; i < 12; i++)
		retransmit(t);
	t->now += 1000;
	probe_in(t, EXPLORING, 0, 0);
	assert_true(reap_next_due(t->a) <= t->now + 532);
	for (i = 0; i < 5; i++)
		retransmit(t);
	send_timeout(t);			/* Exploring again; heard again at once */
	probe_in(t, EXPLORING, 0, 0);
	assert_true(reap_next_due(t->a) > t->now + 532);
	test_end(t);
}

/* --- content ------------------------------------------------------------------------------------------------- */

/* S5534-5.2-11, S5534-6.1-06: earlier Probes that the peer has not reported are listed, unaltered; others are not. */
static void sent_reports_are_recent_and_unreported(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	struct s6_report sent[3];
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		if (i)
			retransmit(t);
		else
			send_timeout(t);
		sent[i] = t->out.sent[0];
		assert_int_equal(t->out.n_sent, i + 1);
		if (i)
			assert_memory_equal(&t->out.sent[1], &sent[i - 1], sizeof(sent[0]));
	}
	echo(t, &sent[1]);
	probe_in(t, EXPLORING, 0, 0);
	assert_int_equal(t->out.n_sent, 3);
	assert_memory_equal(&t->out.sent[1], &sent[2], sizeof(sent[0]));
	assert_memory_equal(&t->out.sent[2], &sent[0], sizeof(sent[0]));
	test_end(t);
}

/*
 * S5534-5.2-12, S5534-5.2-13, S5534-5.2-14, S5534-5.2-24: received Probes are reported as they came, data included.
 */
static void received_reports_are_copies(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	struct in6_addr src = peer_addr(1), dst = local_addr(0);

	(void)state;
	probe_in(t, EXPLORING, 0, 1);
	assert_int_equal(t->out.n_rcvd, 1);
	assert_memory_equal(&t->out.rcvd[0].src, &src, 16);
	assert_memory_equal(&t->out.rcvd[0].dst, &dst, 16);
	assert_int_equal(t->out.rcvd[0].nonce, t->peer_nonce);
	assert_int_equal(t->out.rcvd[0].data, 0xdeadbeef);
	probe_in(t, EXPLORING, 1, 1);
	assert_int_equal(t->out.n_rcvd, 2);
	retransmit(t);				/* every later Probe of this round has them as well */
	assert_int_equal(t->out.n_rcvd, 2);
	probe_in(t, INBOUND_OK, 1, 0);		/* and the one that ends it: example 4 */
	assert_int_equal(t->out.reap_state, OPERATIONAL);
	assert_int_equal(t->out.n_rcvd, 3);
	test_end(t);
}

/* Q44: a state caused by payload or a Keepalive has no received Probe to report. */
static void inboundok_by_payload_reports_nothing(void **state)
{
	struct reap_test *t = test_in(EXPLORING);

	(void)state;
	payload_in(t);
	assert_int_equal(t->out.reap_state, INBOUND_OK);
	assert_int_equal(t->out.n_rcvd, 0);
	test_end(t);
}

/* Q45, S5534-5.2-14: what was received before the association left Operational is forgotten. */
static void reports_begin_anew_with_each_round(void **state)
{
	struct reap_test *t = test_in(INBOUND_OK);

	(void)state;
	probe_in(t, OPERATIONAL, 0, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	send_timeout(t);
	assert_int_equal(t->out.n_rcvd, 0);
	assert_int_equal(t->out.n_sent, 1);
	probe_in(t, EXPLORING, 1, 1);
	assert_int_equal(t->out.n_rcvd, 1);
	assert_int_equal(t->out.rcvd[0].nonce, t->peer_nonce);
	test_end(t);
}

/* The same Probe twice, as networks do, is one report. */
static void duplicates_are_reported_once(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	probe_in(t, EXPLORING, 0, 0);
	t->peer_nonce--;
	probe_in(t, EXPLORING, 0, 0);
	assert_int_equal(t->out.n_rcvd, 1);
	test_end(t);
}

/*
 * S5534-5.2-15: at most 15 of each kind, 1216 octets.  Of many received ones those stay that prove most: the
 * newest, and the only one of its pair.
 */
static void reports_are_limited(void **state)
{
	struct reap_test *t = test_in(EXPLORING);
	unsigned int i, rare = 0;
	uint32_t first;

	(void)state;
	probe_in(t, EXPLORING, 1, 1);
	first = t->peer_nonce;
	for (i = 0; i < 100; i++) {
		probe_in(t, EXPLORING, 0, 0);
		retransmit(t);
		assert_true(t->out.n_sent <= 15 && t->out.n_rcvd <= 15);
		assert_true(t->acts.a[0].len <= 1216);
	}
	assert_int_equal(t->out.n_sent, 15);
	assert_int_equal(t->out.n_rcvd, 15);
	assert_int_equal(t->out.rcvd[0].nonce, t->peer_nonce);
	for (i = 0; i < 15; i++)
		rare += t->out.rcvd[i].nonce == first;
	assert_int_equal(rare, 1);

	/* The bound holds for pairs without a second one, too. */
	test_end(t);
	t = test_new(5, 5);
	for (i = 0; i < 25; i++)
		probe_in(t, EXPLORING, i / 5, i % 5);
	assert_int_equal(t->out.n_rcvd, 15);
	assert_int_equal(t->out.rcvd[14].nonce, t->peer_nonce - 14);
	test_end(t);
}

/* S5534-5.2-21, S5534-5.2-22: nonces are the random source's, all different, not to be told from the one before. */
static void nonces_are_random(void **state)
{
	struct reap_test *t = test_in(EXPLORING);
	uint32_t nonces[200];
	unsigned int i, k;

	(void)state;
	for (i = 0; i < 200; i++) {
		retransmit(t);
		nonces[i] = t->out.sent[0].nonce;
		for (k = 0; k < i; k++)
			assert_int_not_equal(nonces[i], nonces[k]);
		if (i > 1)
			assert_int_not_equal(nonces[i] - nonces[i - 1], nonces[i - 1] - nonces[i - 2]);
	}
	test_end(t);
}

/* --- which reports count ------------------------------------------------------------------------------------- */

/* In Exploring, with Probes sent over the current pair and over (1, 1), which is tried next. */
static struct reap_test *explored(struct s6_report *first, struct s6_report *second)
{
	struct reap_test *t = test_in(OPERATIONAL);

	send_timeout(t);
	*first = t->out.sent[0];
	assert_true(sent_over(t, 0, 0));
	retransmit(t);
	*second = t->out.sent[0];
	assert_true(sent_over(t, 1, 1));
	return t;
}

static void assert_pair_kept(const struct reap_test *t)
{
	assert_null(action(t, REAP_ACT_PAIR));
	assert_true(current_is(t, 0, 0));
}

/* S5534-6.8-04, S5534-4.2-01, S5534-8-02: the pair that the peer reports is used; the answer goes over it. */
static void reported_pair_is_used(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	echo(t, &second);
	probe_in(t, INBOUND_OK, 0, 1);
	assert_non_null(action(t, REAP_ACT_PAIR));
	assert_true(current_is(t, 1, 1));
	assert_true(is_pair(&action(t, REAP_ACT_PAIR)->src, &action(t, REAP_ACT_PAIR)->dst, 1, 1));
	assert_true(sent_over(t, 1, 1));
	/* S5534-6.1-09: Keepalives, too */
	keepalive_due(t, true);
	assert_true(sent_over(t, 1, 1));
	test_end(t);
}

/* S5534-6.8-04: no report, no change */
static void no_report_keeps_the_pair(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	probe_in(t, INBOUND_OK, 1, 1);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_pair_kept(t);
	test_end(t);
}

/* S5534-6.9-05, Q42: reports of a Probe Operational count when it ends the exploration */
static void operational_probe_selects_the_pair(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	probe_in(t, EXPLORING, 1, 1);
	echo(t, &second);
	probe_in(t, OPERATIONAL, 1, 1);
	assert_true(current_is(t, 1, 1));
	assert_int_equal(t->n_out, 0);		/* S5534-6.9-04 */
	test_end(t);
}

/* S5534-6.9-01, Q42: in Operational a Probe Operational chooses nothing */
static void operational_probe_in_operational_selects_nothing(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	probe_in(t, OPERATIONAL, 1, 1);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	echo(t, &second);
	probe_in(t, OPERATIONAL, 1, 1);
	assert_pair_kept(t);
	test_end(t);
}

/* Q43: of several reported pairs the current one is kept */
static void current_pair_is_kept_if_reported(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	echo(t, &second);
	echo(t, &first);
	probe_in(t, INBOUND_OK, 0, 0);
	assert_pair_kept(t);
	test_end(t);
}

/* Q43: otherwise the best by preference, in whatever order they are reported */
static void best_reported_pair_is_used(void **state)
{
	struct s6_report r[3];
	unsigned int i, order;

	(void)state;
	for (order = 0; order < 2; order++) {
		struct reap_test *t = test_new(3, 1);

		t->p.local[1].prio = 20;
		t->p.local[2].prio = 10;
		update(t);
		send_timeout(t);
		for (i = 1; i < 3; i++) {
			retransmit(t);
			r[i] = t->out.sent[0];
		}
		echo(t, &r[1 + order]);
		echo(t, &r[2 - order]);
		probe_in(t, INBOUND_OK, 0, 0);
		assert_true(current_is(t, 2, 0));
		test_end(t);
	}
}

/*
 * A pair that has broken here since it was probed is not used, whatever the peer reports; nor is the current one
 * kept.
 */
static void reported_pair_that_broke_is_not_used(void **state)
{
	struct s6_report first, second, third;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	retransmit(t);
	third = t->out.sent[0];
	assert_true(sent_over(t, 0, 1));
	t->p.local[0].flags = SHIM6_LOC_BROKEN;
	update(t);
	echo(t, &first);
	echo(t, &third);
	echo(t, &second);
	probe_in(t, INBOUND_OK, 1, 1);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_true(current_is(t, 1, 1));
	test_end(t);
}

/* S5534-5.2-23, S5534-8-04: a report whose nonce or addresses are not those of a Probe of ours is ignored */
static void forged_reports_are_ignored(void **state)
{
	struct s6_report first, second, forged;
	struct reap_test *t;
	unsigned int i;

	(void)state;
	for (i = 0; i < 4; i++) {
		t = explored(&first, &second);
		forged = second;
		switch (i) {
		case 0:
			forged.nonce++;
			break;
		case 1:
			forged.src = local_addr(0);	/* (0, 1): never probed with this nonce */
			break;
		case 2:
			forged.dst = peer_addr(0);
			break;
		case 3:
			forged.src = peer_addr(1);	/* mirrored */
			forged.dst = local_addr(1);
			break;
		}
		echo(t, &forged);
		probe_in(t, i & 1 ? OPERATIONAL : INBOUND_OK, 1, 1);
		assert_int_equal(reap_state(t->a), OPERATIONAL);
		assert_pair_kept(t);
		assert_int_equal(reap_strange_reports(t->a), 1);
		test_end(t);
	}
}

/* A Probe of an earlier exploration, replayed, moves nothing. */
static void replayed_reports_are_ignored(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	echo(t, &first);
	probe_in(t, INBOUND_OK, 0, 0);
	assert_pair_kept(t);

	/* In Operational, where the pair has been settled: an old report of another pair, genuine in its time. */
	t->n_echo = 0;
	echo(t, &second);
	probe_in(t, INBOUND_OK, 0, 0);
	assert_pair_kept(t);
	probe_in(t, OPERATIONAL, 0, 0);
	assert_pair_kept(t);

	/* In the next exploration: a nonce of the one before. */
	t->now += 60000;
	send_timeout(t);
	assert_int_equal(reap_strange_reports(t->a), 0);
	probe_in(t, INBOUND_OK, 0, 0);
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_pair_kept(t);
	assert_true(reap_strange_reports(t->a) > 0);
	test_end(t);
}

/* Reports outlive many further Probes, as the peer may need long to find its own way. */
static void reports_of_older_probes_count(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);
	unsigned int i;

	(void)state;
	for (i = 0; i < 50; i++)
		retransmit(t);
	echo(t, &second);
	probe_in(t, INBOUND_OK, 1, 1);
	assert_true(current_is(t, 1, 1));
	test_end(t);
}

/* --- which pair an answer takes ------------------------------------------------------------------------------ */

/* Appendix A, example 4: the answer goes back the way the Probe came. */
static void answer_goes_back_the_way(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	probe_in(t, EXPLORING, 0, 1);
	assert_true(sent_over(t, 0, 1));
	t->now += 500;
	probe_in(t, EXPLORING, 1, 1);
	assert_true(sent_over(t, 1, 1));
	test_end(t);
}

/* A way that works in one direction only does not catch all answers: the other pairs are tried, too. */
static void answers_do_not_stick_to_one_way(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	unsigned int i, seen = 0;

	(void)state;
	for (i = 0; i < 8; i++) {
		probe_in(t, EXPLORING, 0, 1);
		seen |= 1 << (2 * (t->out_src.s6_addr[5]) + t->out_dst.s6_addr[5]);
		t->now += 500;
	}
	assert_int_equal(seen, 0xf);
	test_end(t);
}

/*
 * What an answer tried is not tried again in the same cycle; with the next cycle the way back is the first choice
 * again.
 */
static void answers_and_turns_share_the_cycle(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);
	unsigned int i;

	(void)state;
	probe_in(t, EXPLORING, 0, 1);
	assert_true(sent_over(t, 0, 1));
	probe_in(t, EXPLORING, 0, 1);
	assert_true(sent_over(t, 0, 1));
	for (i = 0; i < 3; i++) {
		retransmit(t);
		assert_false(sent_over(t, 0, 1));
	}
	retransmit(t);
	assert_true(sent_over(t, 0, 0));
	probe_in(t, EXPLORING, 0, 1);
	assert_true(sent_over(t, 0, 1));
	test_end(t);
}

/* A pair on which the peer has heard us is the best one for an answer. */
static void answer_prefers_the_proven_pair(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	echo(t, &first);
	echo(t, &second);			/* the newest of them is the best news */
	probe_in(t, EXPLORING, 0, 1);
	assert_int_equal(reap_state(t->a), INBOUND_OK);
	assert_true(sent_over(t, 1, 1));
	test_end(t);
}

/* A late Probe of the exploration that has just ended does not move the pair that it found. */
static void late_probe_does_not_move_the_pair(void **state)
{
	struct s6_report first, second;
	struct reap_test *t = explored(&first, &second);

	(void)state;
	echo(t, &second);
	probe_in(t, INBOUND_OK, 1, 1);
	assert_true(current_is(t, 1, 1));
	t->now += 50;
	t->n_echo = 0;
	probe_in(t, EXPLORING, 0, 0);
	assert_true(sent_over(t, 1, 1));
	echo(t, &t->out.sent[0]);
	probe_in(t, OPERATIONAL, 0, 0);
	assert_true(current_is(t, 1, 1));
	test_end(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(probe_times_and_back_off),
		cmocka_unit_test(back_off_in_inboundok),
		cmocka_unit_test(probe_times_are_spread),
		cmocka_unit_test(probe_times_follow_configuration),
		cmocka_unit_test(answer_and_turn_do_not_coincide),
		cmocka_unit_test(back_off_begins_anew_when_peer_is_heard),
		cmocka_unit_test(sent_reports_are_recent_and_unreported),
		cmocka_unit_test(received_reports_are_copies),
		cmocka_unit_test(inboundok_by_payload_reports_nothing),
		cmocka_unit_test(reports_begin_anew_with_each_round),
		cmocka_unit_test(duplicates_are_reported_once),
		cmocka_unit_test(reports_are_limited),
		cmocka_unit_test(nonces_are_random),
		cmocka_unit_test(reported_pair_is_used),
		cmocka_unit_test(no_report_keeps_the_pair),
		cmocka_unit_test(operational_probe_selects_the_pair),
		cmocka_unit_test(operational_probe_in_operational_selects_nothing),
		cmocka_unit_test(current_pair_is_kept_if_reported),
		cmocka_unit_test(best_reported_pair_is_used),
		cmocka_unit_test(reported_pair_that_broke_is_not_used),
		cmocka_unit_test(forged_reports_are_ignored),
		cmocka_unit_test(replayed_reports_are_ignored),
		cmocka_unit_test(reports_of_older_probes_count),
		cmocka_unit_test(answer_goes_back_the_way),
		cmocka_unit_test(answers_do_not_stick_to_one_way),
		cmocka_unit_test(answers_and_turns_share_the_cycle),
		cmocka_unit_test(answer_prefers_the_proven_pair),
		cmocka_unit_test(late_probe_does_not_move_the_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
