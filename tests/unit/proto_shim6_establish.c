// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Establishment between two hosts: the normal exchange, each loss, both ends at once, hold-downs (RFC 5533,
 * 7.3-7.16).
 */
#include "proto_pair.h"

static int setup_off(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = malloc(sizeof(*p));

	pair_start(p, &cfg, &cfg);
	*state = p;
	return 0;
}

static int setup_required(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);
	struct pair *p = malloc(sizeof(*p));

	pair_start(p, &cfg, &cfg);
	*state = p;
	return 0;
}

static int teardown(void **state)
{
	pair_stop(*state);
	free(*state);
	return 0;
}

/* S5533-7.3-01 S5533-7.7-01 S5533-7.10-01 S5533-4.4-02 S5533-B-02 S5533-B-01 S5533-B-12 S5533-B-03 S5533-B-26 */
static void normal_exchange(void **state)
{
	struct pair *p = *state;
	const struct s6_ctx *c;

	p->stop = true;
	assert_int_equal(pair_trigger(p, A), 0);
	assert_state(p, A, S6_I1_SENT);
	c = ctx(p, A);
	assert_true(c->ct_local > 0 && c->ct_local <= SHIM6_TAG_MAX);
	assert_true(c->locally_triggered);

	pair_arrive(p, p->wire);		/* I1 */
	assert_state(p, B, S6_IDLE);
	assert_int_equal(s6_count(p->s[B].h), 0);
	free(wire_take(p));
	pair_arrive(p, p->wire);		/* R1 */
	assert_state(p, A, S6_I2_SENT);
	free(wire_take(p));
	pair_arrive(p, p->wire);		/* I2 */
	assert_state(p, B, S6_ESTABLISHED);
	assert_state(p, A, S6_I2_SENT);
	free(wire_take(p));
	pair_arrive(p, p->wire);		/* R2 */
	free(wire_take(p));
	assert_agreed(p);
	assert_trail(p, "A.I1 B.R1 A.I2 B.R2 ");
	assert_null(p->wire);
	assert_int_equal(s6_next_due(p->s[A].h), UINT64_MAX);	/* no timer is left */
	assert_int_equal(s6_next_due(p->s[B].h), UINT64_MAX);
}

/* With verification off all locators are announced (S5533-7.6-01 S5533-5.15.2-05), the ULID first. */
static void lists_are_exchanged(void **state)
{
	struct pair *p = *state;
	int who;

	pair_establish(p);
	for (who = A; who <= B; who++) {
		const struct s6_ctx *c = ctx(p, who);

		assert_int_equal(c->ls_local.n, 2);
		assert_int_equal(c->ls_peer.n, 2);
		assert_addr(&c->ls_peer.loc[0].addr, &p->s[!who].loc[0]);
		assert_addr(&c->ls_peer.loc[1].addr, &p->s[!who].loc[1]);
		assert_int_equal(c->ls_peer.generation, ctx(p, !who)->ls_local.generation);
		assert_addr(&c->loc_local, &p->s[who].loc[0]);	/* RFC 5534, 3.4: the ULID pair */
		assert_addr(&c->loc_peer, &p->s[!who].loc[0]);
		assert_false(c->update_pending);
	}
	/* R2 or I2 is payload to reachability once the context lives (Q52). */
	assert_int_equal(p->s[A].n_in, 1);
	assert_int_equal(p->s[B].n_in, 1);
	assert_int_equal(p->s[B].n_out, 1);
}

/* Without a proof nothing but the ULID is announced or taken (Q07, S5533-7.2-07). */
static void required_announces_nothing(void **state)
{
	struct pair *p = *state;

	pair_establish(p);
	assert_int_equal(ctx(p, A)->ls_local.n, 1);
	assert_int_equal(ctx(p, B)->ls_peer.n, 1);
	assert_addr(&ctx(p, B)->ls_peer.loc[0].addr, &p->s[A].loc[0]);
}

static int lose_type;

static bool lose_first(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)p, (void)f;
	if (m->type != lose_type)
		return false;
	lose_type = 0;
	return true;
}

/* S5533-7.8-01 S5533-7.12-01 S5533-7.14-04 S5533-7.9-07 */
static void each_message_lost_once(void **state)
{
	static const struct {
		int type;
		const char *trail;
	} t[] = {
		{ SHIM6_I1, "A.I1 A.I1 B.R1 A.I2 B.R2 " },
		{ SHIM6_R1, "A.I1 B.R1 A.I1 B.R1 A.I2 B.R2 " },
		{ SHIM6_I2, "A.I1 B.R1 A.I2 A.I2 B.R2 " },
		{ SHIM6_R2, "A.I1 B.R1 A.I2 B.R2 A.I2 B.R2 " },
	};
	struct pair *p = *state;
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		lose_type = t[i].type;
		p->drop = lose_first;
		assert_int_equal(pair_trigger(p, A), 0);
		pair_run(p, 6100);
		assert_agreed(p);
		assert_trail(p, t[i].trail);
		s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
		pair_act(p, A);
		s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
		pair_act(p, B);
		assert_trail(p, "");		/* S5533-4-03 S5533-B-56: nothing is said */
	}
}

static uint64_t sent_at[16];
static unsigned int n_sent;

static bool note_times(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)f, (void)m;
	if (n_sent < 16)
		sent_at[n_sent++] = p->now;
	return true;
}

static void assert_gaps(const unsigned int *nominal, unsigned int n)
{
	unsigned int i;

	assert_int_equal(n_sent, n + 1);
	for (i = 0; i < n; i++)
		assert_in_range(sent_at[i + 1] - sent_at[i], nominal[i] / 2, nominal[i] * 3 / 2);
}

/*
 * S5533-7.8-01 S5533-7.8-02 S5533-7.8-03 S5533-14-01 S5533-14-02 S5533-14-03 S5533-14-12 S5533-6.2-06 S5533-B-21
 * S5533-B-22 S5533-B-57 S5533-4-02
 */
static void silent_peer(void **state)
{
	static const unsigned int gaps[] = { 4000, 8000, 16000, 32000 };
	struct pair *p = *state;
	uint64_t failed;

	n_sent = 0;
	p->drop = note_times;
	assert_int_equal(pair_trigger(p, A), 0);
	while (state_of(p, A) == S6_I1_SENT)
		pair_run(p, 10);
	assert_gaps(gaps, 4);
	assert_in_range(p->now - sent_at[4], 32000, 96010);	/* Q16 */
	assert_state(p, A, S6_E_FAILED);
	assert_int_equal(p->s[A].last.old_state, S6_I1_SENT);
	failed = ctx(p, A)->since;

	assert_int_equal(pair_trigger(p, A), -EAGAIN);
	pair_run(p, failed + 59990 - p->now);
	assert_int_equal(pair_trigger(p, A), -EAGAIN);
	assert_int_equal(n_sent, 5);
	pair_run(p, 20);
	assert_state(p, A, S6_IDLE);
	assert_true(p->s[A].last.what & S6_C_GONE);
	assert_int_equal(pair_trigger(p, A), 0);
	assert_int_equal(n_sent, 6);
	assert_int_equal(count_of(p->s[A].h, "want-held"), 2);
}

/* S5533-B-58: in E-FAILED the peer finds us as in IDLE, and its success ends the hold-down (Q35: of the pair). */
static void peer_ends_hold_down(void **state)
{
	struct pair *p = *state;
	uint32_t id;

	p->drop = lose_all;
	assert_int_equal(pair_trigger(p, A), 0);
	while (state_of(p, A) == S6_I1_SENT)
		pair_run(p, 100);
	assert_state(p, A, S6_E_FAILED);
	p->drop = NULL;
	p->trail[0] = 0;
	assert_int_equal(s6_trigger(p->s[B].h, p->now, &p->s[B].loc[0], &p->s[A].loc[0], 7, false, &id,
				    &p->s[B].acts), 0);
	pair_act(p, B);
	pair_run(p, 100);
	assert_trail(p, "B.I1 A.R1 B.I2 A.R2 ");
	assert_state(p, A, S6_IDLE);		/* instance 0 is free to be tried again */
	assert_int_equal(s6_count(p->s[A].h), 1);
	assert_int_equal(pair_trigger(p, A), 0);
}

static bool lose_r2(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	if (m->type == SHIM6_I2 && n_sent < 16)
		sent_at[n_sent++] = p->now;
	(void)f;
	return m->type == SHIM6_R2 || m->type == SHIM6_I2;
}

/* S5533-7.12-01 S5533-7.12-02 S5533-14-05 S5533-14-06 S5533-B-32 S5533-B-33 */
static void i2_falls_back_to_i1(void **state)
{
	static const unsigned int gaps[] = { 4000, 8000 };
	struct pair *p = *state;

	n_sent = 0;
	p->drop = lose_r2;
	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 100);
	assert_state(p, A, S6_I2_SENT);
	p->trail[0] = 0;
	while (n_sent < 3)
		pair_run(p, 10);
	assert_gaps(gaps, 2);
	p->stop = true;
	while (state_of(p, A) == S6_I2_SENT)
		pair_run(p, 10);
	assert_state(p, A, S6_I1_SENT);
	assert_trail(p, "A.I2 A.I2 A.I1 ");
	p->stop = false;
	p->drop = NULL;
	pair_run(p, 100);
	assert_agreed(p);
}

/* A peer that answers I1 and never I2 does not keep us busy for ever. */
static void i2_never_answered(void **state)
{
	struct pair *p = *state;
	unsigned int i1 = 0;
	const char *at;

	p->drop = lose_r2;
	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 400000);
	assert_true(state_of(p, A) == S6_E_FAILED || state_of(p, A) == S6_IDLE);
	for (at = p->trail; (at = strstr(at, "A.I1")); at++)
		i1++;
	assert_int_equal(i1, 5);
}

/* S5533-7.4-01 S5533-7.9-09 S5533-B-14 S5533-B-15 S5533-5.7-08 */
static void crossing_i1(void **state)
{
	struct pair *p = *state;

	assert_int_equal(pair_trigger(p, A), 0);
	assert_int_equal(pair_trigger(p, B), 0);
	pair_run(p, 100);
	assert_agreed(p);
	assert_trail(p, "A.I1 B.I1 B.R2 A.R2 ");
	assert_int_equal(s6_count(p->s[A].h), 1);
	assert_int_equal(s6_count(p->s[B].h), 1);
}

/* S5533-7.4-02 S5533-B-17 S5533-B-28: figure 5 */
static void crossing_i1_and_i2(void **state)
{
	struct pair *p = *state;

	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 25);
	assert_state(p, A, S6_I2_SENT);		/* its I2 is on the way */
	assert_int_equal(pair_trigger(p, B), 0);
	pair_run(p, 100);
	assert_agreed(p);
	assert_trail(p, "A.I1 B.R1 A.I2 B.I1 B.R2 A.R2 ");
}

/* S5533-7.4-01: both I1s are lost once, one R2 is lost */
static void crossing_with_loss(void **state)
{
	struct pair *p = *state;
	unsigned int i;

	for (i = 1; i < 200; i++) {
		p->seed = i;
		p->loss = 30;
		p->dup = 10;
		p->jitter = 100;
		assert_int_equal(pair_trigger(p, A), 0);
		assert_int_equal(pair_trigger(p, B), 0);
		pair_run(p, 5000);
		p->loss = 0;
		pair_run(p, 300000);
		if (state_of(p, A) == S6_ESTABLISHED && state_of(p, B) == S6_ESTABLISHED) {
			assert_agreed(p);
		} else {
			fail_msg("seed %u: %s and %s", i, s6_state_name(state_of(p, A)), s6_state_name(state_of(p, B)));
		}
		s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
		pair_act(p, A);
		s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
		pair_act(p, B);
		pair_run(p, 1000);
		p->trail[0] = 0;
	}
}

/* s6_trigger()'s own promises */
static void trigger_refuses(void **state)
{
	struct pair *p = *state;
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct s6_host *h = p->s[A].h;
	struct in6_addr ll = ip("fe80::1"), stranger = ip("2001:db8:77::1"), *a = p->s[A].loc, *b = p->s[B].loc;
	struct s6_actions *acts = &p->s[A].acts;
	uint32_t id = 0, id2 = 0;
	unsigned int i;

	assert_int_equal(s6_trigger(h, p->now, &a[0], &ll, 0, false, &id, acts), -EINVAL);
	assert_int_equal(s6_trigger(h, p->now, &a[0], &a[1], 0, false, &id, acts), -EINVAL);
	assert_int_equal(s6_trigger(h, p->now, &stranger, &b[0], 0, false, &id, acts), -EADDRNOTAVAIL);
	cfg.answer_only = true;
	assert_int_equal(s6_host_reconfigure(h, &cfg), 0);
	assert_int_equal(s6_trigger(h, p->now, &a[0], &b[0], 0, false, &id, acts), -EPERM);
	assert_int_equal(acts->n, 0);
	assert_int_equal(s6_trigger(h, p->now, &a[0], &b[0], 0, true, &id, acts), 0);
	pair_act(p, A);
	assert_int_equal(s6_trigger(h, p->now, &a[0], &b[0], 0, false, &id2, acts), 0);
	assert_int_equal(id, id2);
	assert_int_equal(acts->n, 0);
	for (i = 1; i < 32; i++) {
		assert_int_equal(s6_trigger(h, p->now, &a[0], &b[0], i, true, &id, acts), 0);
		pair_act(p, A);
	}
	assert_int_equal(s6_trigger(h, p->now, &a[0], &b[0], i, true, &id, acts), -ENOSPC);
	assert_int_equal(acts->n, 0);
	assert_int_equal(count_of(h, "table-full"), 1);
	cfg.tag_bits = 48;
	assert_int_equal(s6_host_reconfigure(h, &cfg), -EINVAL);
}

int main(void)
{
#define OFF(f) cmocka_unit_test_setup_teardown(f, setup_off, teardown)
#define REQUIRED(f) { #f " (required)", f, setup_required, teardown, NULL }
	const struct CMUnitTest tests[] = {
		OFF(normal_exchange),
		REQUIRED(normal_exchange),
		OFF(lists_are_exchanged),
		REQUIRED(required_announces_nothing),
		OFF(each_message_lost_once),
		REQUIRED(each_message_lost_once),
		OFF(silent_peer),
		OFF(peer_ends_hold_down),
		OFF(i2_falls_back_to_i1),
		OFF(i2_never_answered),
		OFF(crossing_i1),
		REQUIRED(crossing_i1),
		OFF(crossing_i1_and_i2),
		REQUIRED(crossing_i1_and_i2),
		OFF(crossing_with_loss),
		OFF(trigger_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
