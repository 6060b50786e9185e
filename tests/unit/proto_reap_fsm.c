// SPDX-License-Identifier: GPL-2.0-or-later
/* The cells of RFC 5534 6.1 to 6.9, each in a test of its own, and what belongs to the states as such. */
#include "reap_test.h"

/* Put an association into @from, apply the event, compare with the cell of the RFC's table. */
#define CELL(name, from, event, to, ops, sent)		\
static void name(void **state)				\
{							\
	struct reap_test *t = test_in(from);		\
							\
	(void)state;					\
	event;						\
	assert_cell(t, to, ops, sent);			\
	assert_change(t, from, to);			\
	test_end(t);					\
}

/* 6.1: incoming payload */
/* S5534-6.1-01 */
CELL(operational_payload_in, OPERATIONAL, payload_in(t),
	OPERATIONAL, STOP_SEND | START_KA, NOTHING)
/* S5534-6.1-02 */
CELL(exploring_payload_in, EXPLORING, payload_in(t), INBOUND_OK, START_SEND, INBOUND_OK)
/* S5534-6.1-03 */
CELL(inboundok_payload_in, INBOUND_OK, payload_in(t), INBOUND_OK, STOP_SEND, NOTHING)
/* 6.2: outgoing payload */
/* S5534-6.2-01 */
CELL(operational_payload_out, OPERATIONAL, payload_out(t),
	OPERATIONAL, STOP_KA | START_SEND, NOTHING)
/* S5534-6.2-02 */
CELL(exploring_payload_out, EXPLORING, payload_out(t), EXPLORING, NO_OPS, NOTHING)
/* S5534-6.2-03 */
CELL(inboundok_payload_out, INBOUND_OK, payload_out(t), INBOUND_OK, START_SEND, NOTHING)
/* 6.3: Keepalive Timeout */
/* S5534-6.3-01 */
CELL(operational_keepalive_timeout, OPERATIONAL, keepalive_due(t, true),
	OPERATIONAL, NO_OPS, KEEPALIVE)
/* S5534-6.3-02 */
CELL(exploring_keepalive_timeout, EXPLORING, keepalive_due(t, true),
	EXPLORING, NO_OPS, NOTHING)
/* S5534-6.3-03 */
CELL(inboundok_keepalive_timeout, INBOUND_OK, keepalive_due(t, true),
	INBOUND_OK, NO_OPS, NOTHING)
/* 6.4: Send Timeout; no timer runs in Exploring, so both are stopped by name */
/* S5534-6.4-01 */
CELL(operational_send_timeout, OPERATIONAL, send_timeout(t),
	EXPLORING, STOP_SEND | STOP_KA, EXPLORING)
/* S5534-6.4-02 */
CELL(exploring_send_timeout, EXPLORING, send_timeout(t), EXPLORING, NO_OPS, NOTHING)
/* S5534-6.4-03 */
CELL(inboundok_send_timeout, INBOUND_OK, send_timeout(t),
	EXPLORING, STOP_SEND | STOP_KA, EXPLORING)
/* 6.5: retransmission */
/* S5534-6.5-02 */
CELL(exploring_retransmission, EXPLORING, retransmit(t), EXPLORING, NO_OPS, EXPLORING)
/* S5534-6.5-03 */
CELL(inboundok_retransmission, INBOUND_OK, retransmit(t), INBOUND_OK, START_SEND, INBOUND_OK)
/* 6.6: Keepalive received */
/* S5534-6.6-01 */
CELL(operational_keepalive_in, OPERATIONAL, keepalive_in(t, 0, 0),
	OPERATIONAL, STOP_SEND, NOTHING)
/* S5534-6.6-02 */
CELL(exploring_keepalive_in, EXPLORING, keepalive_in(t, 0, 0),
	INBOUND_OK, START_SEND, INBOUND_OK)
/* S5534-6.6-03 */
CELL(inboundok_keepalive_in, INBOUND_OK, keepalive_in(t, 0, 0),
	INBOUND_OK, STOP_SEND, NOTHING)
/* 6.7: Probe Exploring received */
/* S5534-6.7-01 */
CELL(operational_probe_exploring_in, OPERATIONAL, probe_in(t, EXPLORING, 0, 0),
	INBOUND_OK, STOP_KA | RESTART_SEND, INBOUND_OK)
/* S5534-6.7-02 */
CELL(exploring_probe_exploring_in, EXPLORING, probe_in(t, EXPLORING, 0, 0),
	INBOUND_OK, START_SEND, INBOUND_OK)
/* S5534-6.7-03 */
CELL(inboundok_probe_exploring_in, INBOUND_OK, probe_in(t, EXPLORING, 0, 0),
	INBOUND_OK, RESTART_SEND, INBOUND_OK)
/* 6.8: Probe InboundOk received */
/* S5534-6.8-01 */
CELL(operational_probe_inboundok_in, OPERATIONAL, probe_in(t, INBOUND_OK, 0, 0),
	OPERATIONAL, STOP_KA | RESTART_SEND, OPERATIONAL)
/* S5534-6.8-02 */
CELL(exploring_probe_inboundok_in, EXPLORING, probe_in(t, INBOUND_OK, 0, 0),
	OPERATIONAL, RESTART_SEND, OPERATIONAL)
/* S5534-6.8-03 */
CELL(inboundok_probe_inboundok_in, INBOUND_OK, probe_in(t, INBOUND_OK, 0, 0),
	OPERATIONAL, RESTART_SEND, OPERATIONAL)
/* 6.9: Probe Operational received; S5534-6.9-04: never answered */
/* S5534-6.9-01 */
CELL(operational_probe_operational_in, OPERATIONAL, probe_in(t, OPERATIONAL, 0, 0),
	OPERATIONAL, STOP_SEND | START_KA, NOTHING)
/* S5534-6.9-02 */
CELL(exploring_probe_operational_in, EXPLORING, probe_in(t, OPERATIONAL, 0, 0),
	OPERATIONAL, STOP_SEND | START_KA, NOTHING)
/* S5534-6.9-03 */
CELL(inboundok_probe_operational_in, INBOUND_OK, probe_in(t, OPERATIONAL, 0, 0),
	OPERATIONAL, STOP_SEND | START_KA, NOTHING)

/* S5534-6.5-01: no Probe is due in Operational, and a late timer does nothing. */
static void operational_retransmission(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	EVENT(t, reap_timeout(t->a, t->now + 1000000, &t->acts));
	assert_int_equal(t->acts.n, 0);

	/* The same after an exploration. */
	send_timeout(t);
	assert_true(reap_next_due(t->a) != UINT64_MAX);
	probe_in(t, OPERATIONAL, 0, 0);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	test_end(t);
}

/* A timer that fires early does nothing. */
static void retransmission_not_early(void **state)
{
	struct reap_test *t = test_in(EXPLORING);

	(void)state;
	EVENT(t, reap_timeout(t->a, reap_next_due(t->a) - 1, &t->acts));
	assert_int_equal(t->acts.n, 0);
	test_end(t);
}

/* S5534-6-02, S5534-A-01: a fresh association is Operational, has nothing to do and says nothing. */
static void fresh_is_operational_and_silent(void **state)
{
	struct reap_test *t = test_new(2, 2);

	(void)state;
	assert_int_equal(reap_state(t->a), OPERATIONAL);
	assert_true(reap_next_due(t->a) == UINT64_MAX);
	assert_true(current_is(t, 0, 0));
	update(t);
	assert_int_equal(t->acts.n, 0);
	test_end(t);
}

/*
 * S5534-4.1-07, S5534-6-03, S5534-6-04, S5534-6-05: the operations never leave both timers running, and in Exploring
 * none.  The clock is emulated as uapi/shim6_nl.h has it.
 */
static void timers_exclude_each_other(void **state)
{
	struct reap_test *t = test_new(2, 2);
	bool send = false, keepalive = false;
	unsigned int i, k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		uint8_t r[3];

		test_rng(t, r, sizeof(r));
		t->now += r[2];
		t->n_echo = 0;
		if (t->out.type == SHIM6_PROBE && r[1] & 1)
			echo(t, &t->out.sent[0]);
		switch (r[0] % 9) {
		case 0:
			payload_in(t);
			break;
		case 1:
			payload_out(t);
			break;
		case 2:
			keepalive_due(t, true);
			break;
		case 3:
			send_timeout(t);
			break;
		case 4:
			EVENT(t, reap_timeout(t->a, t->now, &t->acts));
			break;
		case 5:
			keepalive_in(t, r[1] & 1, r[2] & 1);
			break;
		default:
			probe_in(t, r[0] % 9 - 6, r[1] & 1, r[2] & 1);
			break;
		}
		for (k = 0; k < t->acts.n; k++) {
			const struct reap_action *act = &t->acts.a[k];

			if (act->type != REAP_ACT_CLOCK)
				continue;
			if (act->mode != OPERATIONAL)
				assert_false(act->ops & START_KA);
			if (act->mode == EXPLORING)
				assert_false(act->ops & (START_SEND | RESTART_SEND));
			if (act->ops & STOP_SEND)
				send = false;
			if (act->ops & STOP_KA)
				keepalive = false;
			if (act->ops & (START_SEND | RESTART_SEND))
				send = true;
			if (act->ops & START_KA)
				keepalive = true;
		}
		assert_false(send && keepalive);
		if (keepalive)
			assert_int_equal(reap_state(t->a), OPERATIONAL);
		if (send)
			assert_int_not_equal(reap_state(t->a), EXPLORING);
	}
	test_end(t);
}

/* Local knowledge begins the same exploration as a Send Timeout; while one runs the call changes nothing. */
static void explore_on_local_knowledge(void **state)
{
	struct reap_test *t = test_in(OPERATIONAL);

	(void)state;
	explore(t);
	assert_cell(t, EXPLORING, STOP_SEND | STOP_KA, EXPLORING);
	assert_change(t, OPERATIONAL, EXPLORING);
	explore(t);
	assert_int_equal(t->acts.n, 0);
	probe_in(t, EXPLORING, 0, 0);
	explore(t);
	assert_int_equal(t->acts.n, 0);
	test_end(t);
}

/* Names are those that operators and the dump read. */
static void names(void **state)
{
	unsigned int v;

	(void)state;
	assert_string_equal(reap_state_name(OPERATIONAL), "operational");
	assert_string_equal(reap_state_name(EXPLORING), "exploring");
	assert_string_equal(reap_state_name(INBOUND_OK), "inboundok");
	assert_string_equal(reap_state_name(3), "unknown");
	for (v = 0; v < REAP_V_MAX; v++) {
		assert_true(*reap_verdict_name(v));
		assert_true(strlen(reap_verdict_text(v)) > 10);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(operational_payload_in),
		cmocka_unit_test(exploring_payload_in),
		cmocka_unit_test(inboundok_payload_in),
		cmocka_unit_test(operational_payload_out),
		cmocka_unit_test(exploring_payload_out),
		cmocka_unit_test(inboundok_payload_out),
		cmocka_unit_test(operational_keepalive_timeout),
		cmocka_unit_test(exploring_keepalive_timeout),
		cmocka_unit_test(inboundok_keepalive_timeout),
		cmocka_unit_test(operational_send_timeout),
		cmocka_unit_test(exploring_send_timeout),
		cmocka_unit_test(inboundok_send_timeout),
		cmocka_unit_test(exploring_retransmission),
		cmocka_unit_test(inboundok_retransmission),
		cmocka_unit_test(operational_keepalive_in),
		cmocka_unit_test(exploring_keepalive_in),
		cmocka_unit_test(inboundok_keepalive_in),
		cmocka_unit_test(operational_probe_exploring_in),
		cmocka_unit_test(exploring_probe_exploring_in),
		cmocka_unit_test(inboundok_probe_exploring_in),
		cmocka_unit_test(operational_probe_inboundok_in),
		cmocka_unit_test(exploring_probe_inboundok_in),
		cmocka_unit_test(inboundok_probe_inboundok_in),
		cmocka_unit_test(operational_probe_operational_in),
		cmocka_unit_test(exploring_probe_operational_in),
		cmocka_unit_test(inboundok_probe_operational_in),
		cmocka_unit_test(operational_retransmission),
		cmocka_unit_test(retransmission_not_early),
		cmocka_unit_test(fresh_is_operational_and_silent),
		cmocka_unit_test(timers_exclude_each_other),
		cmocka_unit_test(explore_on_local_knowledge),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
