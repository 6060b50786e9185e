// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locators and preferences of a live context: RFC 5533 section 10, and the Keepalive Timeout of RFC 5534 section 5.3.
 */
#include "proto_played.h"

static int setup_pair_off(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = malloc(sizeof(*p));

	pair_start(p, &cfg, &cfg);
	pair_establish(p);
	*state = p;
	return 0;
}

static int setup_pair_required(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);
	struct pair *p = malloc(sizeof(*p));

	pair_start(p, &cfg, &cfg);
	pair_establish(p);
	*state = p;
	return 0;
}

static void set_local(struct pair *p, int who, const struct s6_locator *l, unsigned int n)
{
	unsigned int i, j;

	for (i = p->s[who].mask = 0; i < n; i++)
		for (j = 0; j < N_LOC; j++)
			p->s[who].mask |= IN6_ARE_ADDR_EQUAL(&l[i].addr, &p->s[who].loc[j]) ? 1 << j : 0;
	s6_set_local(p->s[who].h, p->now, l, n, &p->s[who].acts);
	pair_act(p, who);
}

static int use_pair(struct pair *p, int who, unsigned int local, unsigned int peer)
{
	int err = s6_use_pair(p->s[who].h, p->now, ctx(p, who)->ct_local, &p->s[who].loc[local], &p->s[!who].loc[peer],
			      &p->s[who].acts);

	pair_act(p, who);
	return err;
}

/* S5533-10-01 S5533-5.10-08 S5533-7.2-04 S5533-5.11-08 S5533-5.15.2-04 S5533-10.5-10 Q03 */
static void add_and_remove(void **state)
{
	struct pair *p = *state;
	uint32_t gen = ctx(p, B)->ls_peer.generation;

	pair_locators(p, A, 7);
	assert_true(ctx(p, A)->update_pending);
	assert_int_equal(ctx(p, A)->ls_local.n, 2);
	assert_int_equal(use_pair(p, A, 2, 0), -EINVAL);	/* not before the peer has it */
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_false(ctx(p, A)->update_pending);
	assert_int_equal(ctx(p, A)->ls_local.n, 3);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	assert_int_equal(ctx(p, B)->ls_peer.generation, gen + 1);
	assert_int_equal(use_pair(p, A, 2, 0), 0);
	assert_int_equal(use_pair(p, A, 3, 0), -EINVAL);
	assert_int_equal(use_pair(p, A, 0, 2), -EINVAL);

	pair_locators(p, A, 3);
	assert_string_equal(p->s[A].explore_why, "the local locator in use is gone or broken");
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, A)->ls_local.n, 2);
	assert_int_equal(ctx(p, B)->ls_peer.n, 2);
	assert_int_equal(ctx(p, B)->ls_peer.generation, gen + 2);
	assert_int_equal(s6_next_due(p->s[A].h), UINT64_MAX);
	pair_locators(p, A, 3);			/* nothing new, nothing said */
	assert_trail(p, "");
	assert_int_equal(count_of(p->s[A].h, "ua-nonce"), 0);
}

/* The ULID stays in the list, BROKEN, when its address goes (4-05); the other locators carry the news. */
static void ulid_goes_and_comes(void **state)
{
	struct pair *p = *state;
	int at;

	pair_locators(p, A, 2);
	assert_int_equal(p->s[A].n_explore, 1);
	assert_int_equal(ctx(p, A)->ls_local.loc[0].flags, SHIM6_LOC_BROKEN);
	assert_addr(&p->wire->src, &p->s[A].loc[1]);		/* a source that is there and known (Q22) */
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	at = s6_locset_find(&ctx(p, B)->ls_peer, &p->s[A].loc[0]);
	assert_int_equal(at, 0);
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].flags, SHIM6_LOC_BROKEN);
	assert_int_equal(p->s[B].n_explore, 1);			/* S5533-10.4-17 S5533-5.15.3-04 */
	assert_addr(&ctx(p, B)->loc_peer, &p->s[A].loc[0]);	/* no change before a probe */
	pair_locators(p, A, 2);
	assert_int_equal(p->s[A].n_explore, 1);			/* told once */

	pair_locators(p, A, 3);					/* S5533-5.15.3-09 */
	pair_run(p, 100);
	assert_int_equal(ctx(p, A)->ls_local.loc[0].flags, 0);
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].flags, 0);
	assert_int_equal(p->s[B].n_explore, 1);
}

/* Nothing provable, nothing announced: but the host's own reachability learns of the loss. */
static void required_says_nothing(void **state)
{
	struct pair *p = *state;

	pair_locators(p, A, 7);
	pair_locators(p, A, 2);
	assert_trail(p, "");
	assert_int_equal(ctx(p, A)->ls_local.n, 1);
	assert_int_equal(ctx(p, A)->ls_local.loc[0].flags, SHIM6_LOC_BROKEN);
	assert_int_equal(p->s[A].n_explore, 1);
	pair_locators(p, A, 3);
	assert_int_equal(ctx(p, A)->ls_local.loc[0].flags, 0);
	/* A person may want one all the same: there is nothing in it. */
	assert_int_equal(s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_false(parse(p->wire).has_locators);
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(s6_update(p->s[A].h, p->now, 12345, &p->s[A].acts), -ENOENT);
}

/* S5533-10.1-01 S5533-10.1-03 S5533-5.10-09 S5533-10.4-14 S5533-5.15.3-06 S5533-5.15.3-07 */
static void preferences(void **state)
{
	struct pair *p = *state;
	struct s6_locator l[2] = {
		{ .addr = p->s[A].loc[0], .prio = 20 }, { .addr = p->s[A].loc[1], .prio = 10, .weight = 3 },
	};
	uint32_t gen = ctx(p, A)->ls_local.generation;
	struct s6_msg m;

	set_local(p, A, l, 2);
	m = parse(p->wire);
	assert_false(m.has_locators);
	assert_true(m.has_prefs);
	assert_int_equal(m.prefs.generation, gen);
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].prio, 20);
	assert_int_equal(ctx(p, B)->ls_peer.loc[1].prio, 10);
	assert_int_equal(ctx(p, B)->ls_peer.loc[1].weight, 3);
	assert_int_equal(ctx(p, B)->ls_peer.generation, gen);
	assert_int_equal(p->s[B].n_explore, 0);

	l[0].flags = SHIM6_LOC_BROKEN;
	set_local(p, A, l, 2);
	assert_int_equal(p->s[A].n_explore, 1);
	pair_run(p, 100);
	assert_int_equal(p->s[B].n_explore, 1);
	assert_string_equal(p->s[B].explore_why, "the peer calls its current locator broken");

	memset(&l[0].flags, 0, 3);		/* all equal again has to be said, too */
	memset(&l[1].flags, 0, 3);
	set_local(p, A, l, 2);
	pair_run(p, 100);
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].flags, 0);
	assert_int_equal(ctx(p, B)->ls_peer.loc[1].prio, 0);
}

/* S5533-5.6-15 S5533-5.9-15: preferences go along with I2 and R2 */
static void preferences_from_the_start(void **state)
{
	struct pair *p = *state;
	struct s6_locator l[2] = { { .addr = p->s[A].loc[0], .prio = 2 }, { .addr = p->s[A].loc[1], .prio = 1 } };

	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
	pair_act(p, B);
	set_local(p, A, l, 2);
	pair_establish(p);
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].prio, 2);
	assert_int_equal(ctx(p, B)->ls_peer.loc[1].prio, 1);
}

static uint32_t nonces[64];
static uint64_t times[64];
static unsigned int n_ur;

static bool lose_ua(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)f;
	if (m->type == SHIM6_UPDATE_REQ && n_ur < 64) {
		times[n_ur] = p->now;
		nonces[n_ur++] = m->nonce;
	}
	return m->type == SHIM6_UPDATE_ACK;
}

/* S5533-10.1-04 S5533-10.2-01 S5533-10.2-02 S5533-14-10 S5533-14-11 S5533-10.4-16 */
static void retransmission(void **state)
{
	struct pair *p = *state;
	uint64_t gap, nominal = 4000;
	unsigned int i;

	n_ur = 0;
	p->drop = lose_ua;
	pair_locators(p, A, 7);
	pair_run(p, 3600000);
	assert_true(n_ur > 20 && n_ur < 64);
	for (i = 1; i < n_ur; i++, nominal = nominal * 2 > 120000 ? 120000 : nominal * 2) {
		gap = times[i] - times[i - 1];
		assert_in_range(gap, nominal / 2, nominal * 3 / 2);
		assert_int_equal(nonces[i], nonces[0]);
	}
	assert_true(ctx(p, A)->update_pending);
	assert_int_equal(ctx(p, A)->ls_local.n, 2);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	p->drop = NULL;
	pair_run(p, 200000);
	assert_false(ctx(p, A)->update_pending);
	assert_int_equal(ctx(p, A)->ls_local.n, 3);
}

/* S5533-10.3-01 S5533-10.3-02 S5533-10.3-03 S5533-10.3-04: the RFC's own example */
static void newer_information(void **state)
{
	struct pair *p = *state;
	struct s6_locator l[3] = { { .addr = p->s[A].loc[0] }, { .addr = p->s[A].loc[2] } };
	struct s6_msg first, m, ua;
	uint64_t tag = ctx(p, A)->ct_local;

	p->stop = true;
	set_local(p, A, l, 2);				/* A1, A3 */
	first = parse(p->wire);
	assert_int_equal(first.locators.n, 2);
	free(wire_take(p));
	l[0].flags = SHIM6_LOC_BROKEN;			/* and now A1 broken, A4 new */
	l[2].addr = p->s[A].loc[3];
	set_local(p, A, l, 3);
	m = parse(p->wire);
	assert_int_not_equal(m.nonce, first.nonce);
	assert_int_equal(m.locators.generation, first.locators.generation + 1);
	assert_int_equal(m.locators.n, 3);
	assert_addr(&m.locators.loc[1].addr, &p->s[A].loc[2]);
	assert_int_equal(m.prefs.generation, m.locators.generation);
	assert_int_equal(m.prefs.n, 3);
	assert_int_equal(m.prefs.el[0].flags, SHIM6_LOC_BROKEN);
	/* an acknowledgement of the first one is nothing */
	ua = (struct s6_msg){ .type = SHIM6_UPDATE_ACK, .tag = tag, .nonce = first.nonce };
	pair_msg(p, A, &p->s[B].loc[0], &p->s[A].loc[0], &ua);
	assert_true(ctx(p, A)->update_pending);
	assert_int_equal(count_of(p->s[A].h, "ua-nonce"), 1);
	/* a preference alone, while the list is not acknowledged, takes the list along */
	l[1].prio = 7;
	set_local(p, A, l, 3);
	p->stop = false;
	pair_run(p, 100);
	assert_false(ctx(p, A)->update_pending);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	assert_int_equal(ctx(p, B)->ls_peer.loc[1].prio, 7);
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].flags, SHIM6_LOC_BROKEN);
	assert_int_equal(ctx(p, A)->ls_local.n, 3);
}

/* All our known locators are gone: the peer learns of the new one by R1bis and I2bis (Q22). */
static void only_a_new_locator(void **state)
{
	struct pair *p = *state;

	pair_locators(p, A, 4);
	pair_run(p, 1000);
	assert_trail(p, "A.Update Request B.R1bis A.I2bis B.R2 A.Update Request B.Update Acknowledgement ");
	assert_agreed(p);
	assert_true(s6_locset_find(&ctx(p, B)->ls_peer, &p->s[A].loc[2]) >= 0);
	assert_int_equal(use_pair(p, A, 2, 0), 0);
}

/* No locator at all: the request waits, and goes when there is one. */
static void no_locator_at_all(void **state)
{
	struct pair *p = *state;

	pair_locators(p, A, 0);
	pair_run(p, 100000);
	assert_trail(p, "");
	assert_true(count_of(p->s[A].h, "update-no-source") > 1);
	pair_locators(p, A, 2);
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, B)->ls_peer.n, 2);
	pair_locators(p, A, 3);
	pair_run(p, 100);
	assert_int_equal(ctx(p, B)->ls_peer.loc[0].flags, 0);
}

/* A pending request goes at once over a pair that was found to work. */
static void new_pair_wakes_the_request(void **state)
{
	struct pair *p = *state;

	n_ur = 0;
	p->drop = lose_ua;
	pair_locators(p, A, 7);
	pair_run(p, 300000);
	p->drop = NULL;
	p->trail[0] = 0;
	assert_int_equal(use_pair(p, A, 1, 1), 0);
	assert_addr(&p->wire->src, &p->s[A].loc[1]);
	assert_addr(&p->wire->dst, &p->s[B].loc[1]);
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(use_pair(p, A, 1, 1), 0);
	assert_trail(p, "");
}

/* --- the other end, played by the test -------------------------------------------------------------------------- */

/* S5533-10.4-03 S5533-10.4-04 S5533-10.5-03 S5533-10.5-04 S5533-12.4-08 */
static void foreign_locators(void **state)
{
	static const uint8_t types[] = { SHIM6_UPDATE_REQ, SHIM6_UPDATE_ACK, SHIM6_KEEPALIVE, SHIM6_PROBE };
	struct pair *p = *state;
	struct s6_msg m;
	unsigned int i;

	drive(p, S6_ESTABLISHED);
	for (i = 0; i < 4; i++) {
		m = update_msg(p, types[i], 5);
		m.n_sent = types[i] == SHIM6_PROBE;
		if (types[i] == SHIM6_UPDATE_REQ)
			put_list(p, &m, 7, 7);
		play_over(p, &m, 2, 0);
		assert_trail(p, "A.R1bis ");
		assert_addr(&out_packet.dst, &p->s[B].loc[2]);
		assert_true(out.tag == m.tag);			/* S5533-5.8-06 */
		play_over(p, &m, 0, 2);
		assert_trail(p, "A.R1bis ");
	}
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
	assert_int_equal(count_of(p->s[A].h, "foreign-locators"), 8);
}

/* S5533-10.4-15 S5533-10.4-16 S5533-5.11-06 S5533-5.11-07: answered over the pair it came on, each time */
static void acknowledgement(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;
	unsigned int i;

	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 0xfeed);
	put_list(p, &m, 1001, 5);
	for (i = 0; i < 2; i++) {
		play_over(p, &m, 0, 1);
		assert_trail(p, "A.Update Acknowledgement ");
		assert_int_equal(out.nonce, 0xfeed);
		assert_true(out.tag == PEER_TAG);
		assert_int_equal(out_packet.len, 16);
		assert_addr(&out_packet.src, &p->s[A].loc[1]);
		assert_addr(&out_packet.dst, &p->s[B].loc[0]);
	}
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
	assert_addr(&ctx(p, A)->ls_peer.loc[1].addr, &p->s[B].loc[2]);
	assert_int_equal(ctx(p, A)->ls_peer.generation, 1001);	/* S5533-10.4-11 */
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);		/* the dropped one is foreign now (S5533-5.10-08) */
	play_over(p, &m, 1, 0);
	assert_trail(p, "A.R1bis ");
	m = update_msg(p, SHIM6_UPDATE_REQ, 2);		/* the current one is taken away */
	put_list(p, &m, 1002, 4);
	play(p, &m);
	assert_trail(p, "A.Update Acknowledgement ");
	assert_string_equal(p->s[A].explore_why, "the peer took its current locator back");
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[0]);
}

/* Requests that come late or twice do not undo a later one (S5533-10.3-02 S5533-10.4-16). */
static void old_requests(void **state)
{
	struct pair *p = *state;
	struct s6_msg first, second, abandoned;

	drive(p, S6_ESTABLISHED);		/* generation 1000 */
	first = update_msg(p, SHIM6_UPDATE_REQ, 1);
	put_list(p, &first, 1001, 3);
	first.has_prefs = true;
	first.prefs.generation = 1001;
	first.prefs.element_len = 1;
	first.prefs.n = 2;
	abandoned = update_msg(p, SHIM6_UPDATE_REQ, 2);
	put_list(p, &abandoned, 1002, 7);
	second = update_msg(p, SHIM6_UPDATE_REQ, 3);
	put_list(p, &second, 1003, 5);
	play(p, &first);
	play(p, &second);
	assert_trail(p, "A.Update Acknowledgement A.Update Acknowledgement ");
	play(p, &abandoned);			/* overtaken */
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_GENERATION);
	play(p, &first);			/* doubled */
	assert_trail(p, "A.Update Acknowledgement ");
	assert_int_equal(out.nonce, 1);
	play(p, &second);
	assert_trail(p, "A.Update Acknowledgement ");
	assert_int_equal(ctx(p, A)->ls_peer.generation, 1003);
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
	assert_int_equal(count_of(p->s[A].h, "ur-old"), 3);
	second.nonce = 4;			/* a generation drawn at random */
	second.locators.generation = 77;
	play(p, &second);
	assert_trail(p, "A.Update Acknowledgement ");
}

/* S5533-10.4-12 S5533-10.4-13 S5533-5.14-09 S5533-5.14-10 Q21 */
static void unfit_preferences(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;
	struct s6_ctx before;

	drive(p, S6_ESTABLISHED);		/* the list has generation 1000 and two locators */
	before = *ctx(p, A);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.has_prefs = true;
	m.prefs.element_len = 3;
	m.prefs.generation = 999;
	m.prefs.n = 2;
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_GENERATION);
	assert_int_equal(out.packet.p[out.pointer + 2], 999 >> 8);
	assert_int_equal(out.packet.p[out.pointer + 3], 999 & 0xff);

	m.prefs.generation = 1000;
	m.prefs.n = 3;
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_PREFS);
	assert_int_equal(out.packet.p[out.pointer] << 8 | out.packet.p[out.pointer + 1], 5 + 3 * 3);

	put_list(p, &m, 2000, 7);		/* a good list with preferences for another: nothing is kept */
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_GENERATION);
	m.prefs.generation = 2000;
	m.prefs.n = 2;
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_PREFS);
	m.locators.loc[2].method = SHIM6_VERIFY_HBA;	/* S5533-10.4-10 */
	m.prefs.n = 3;
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_VERIFY);
	assert_memory_equal(&before, ctx(p, A), sizeof(before));

	m.locators.loc[2].method = S6_VERIFY_NONE;
	m.prefs.el[1].flags = SHIM6_LOC_TRANSIENT;
	play(p, &m);
	assert_trail(p, "A.Update Acknowledgement ");
	assert_int_equal(ctx(p, A)->ls_peer.loc[1].flags, SHIM6_LOC_TRANSIENT);
}

/* A peer without a list has none for preferences to fit. */
static void preferences_without_a_list(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);		/* verify = required: R2 had no list */
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.has_prefs = true;
	m.prefs.element_len = 1;
	m.prefs.n = 1;
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_GENERATION);
}

/* S5533-10.5-09 S5533-10.5-10 */
static void acknowledgement_of_nothing(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	pair_locators(p, A, 7);
	m = update_msg(p, SHIM6_UPDATE_ACK, out.nonce + 1);
	play(p, &m);
	assert_true(ctx(p, A)->update_pending);
	m.nonce--;
	play(p, &m);
	assert_false(ctx(p, A)->update_pending);
	play(p, &m);
	assert_int_equal(count_of(p->s[A].h, "ua-nonce"), 2);
	assert_int_equal(s6_next_due(p->s[A].h), UINT64_MAX);
}

/* Errors 3 and 4 about our request: the next retransmission, in its own time, tells all anew. */
static void out_of_step(void **state)
{
	struct pair *p = *state;
	struct s6_locator l[2] = { { .addr = p->s[A].loc[0], .prio = 1 }, { .addr = p->s[A].loc[1] } };
	uint8_t q[40 + S6_MSG_MAX] = { 0x60, [6] = 140 };
	struct s6_msg m;
	uint32_t nonce;

	drive(p, S6_ESTABLISHED);
	set_local(p, A, l, 2);
	assert_false(out.has_locators);
	nonce = out.nonce;
	memcpy(q + 8, &out_packet.src, 16);
	memcpy(q + 24, &out_packet.dst, 16);
	memcpy(q + 40, out_packet.data, out_packet.len);
	m = (struct s6_msg){ .type = SHIM6_ERROR, .code = SHIM6_ERR_GENERATION, .packet = { q, 40 + out_packet.len } };
	n_out = 0;
	play(p, &m);
	play(p, &m);
	assert_int_equal(n_out, 0);
	assert_int_equal(count_of(p->s[A].h, "error-in-generation"), 2);
	pair_run(p, 6001);
	assert_true(out.has_locators && out.has_prefs);
	assert_int_not_equal(out.nonce, nonce);
}

/* Q14: in I2-SENT the list is taken, but there is no tag to acknowledge with */
static void update_in_i2_sent(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = update_msg(p, SHIM6_UPDATE_REQ, 3);
	put_list(p, &m, 50, 7);
	play(p, &m);
	assert_trail(p, "A.I2 ");
	assert_int_equal(ctx(p, A)->ls_peer.n, 3);
	play(p, &m);
	assert_trail(p, "");			/* not an I2 for each packet */
	assert_int_equal(count_of(p->s[A].h, "nudged"), 1);
	p->now += 600;
	play(p, &m);
	assert_trail(p, "A.I2 ");
}

/* --- Keepalive Timeout ------------------------------------------------------------------------------------------ */

/* S5534-5.3-02 S5534-5.3-03 S5534-5.3-05 Q51 */
static void keepalive_timeout(void **state)
{
	struct s6_config quick = pair_config(S6_VERIFY_REQUIRED), usual = quick;
	struct pair pair, *p = &pair;

	(void)state;
	quick.send_timeout = 5700;
	pair_start(p, &quick, &usual);
	pair_establish(p);
	assert_int_equal(ctx(p, A)->ka_timeout, 15000);
	assert_int_equal(ctx(p, B)->ka_timeout, 5000);
	/* crossing I1s: I1 cannot carry it, so it follows by an update */
	pair_reboot(p, A, &quick);
	pair_reboot(p, B, &usual);
	pair_trigger(p, A);
	pair_trigger(p, B);
	pair_run(p, 1000);
	assert_agreed(p);
	assert_int_equal(ctx(p, B)->ka_timeout, 5000);
	p->trail[0] = 0;
	/* changed while the contexts live */
	quick.send_timeout = 20000;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &quick), 0);
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, B)->ka_timeout, 20000);
	/* and back to the default, which has to be said then, also again after a loss */
	p->drop = lose_all;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &usual), 0);
	pair_run(p, 1000);
	p->drop = NULL;
	pair_run(p, 10000);
	assert_int_equal(ctx(p, B)->ka_timeout, 15000);
	pair_stop(p);
}

static void keepalive_timeout_of_zero(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.has_ka_timeout = true;
	play(p, &m);
	assert_int_equal(ctx(p, A)->ka_timeout, 15000);
	m.ka_timeout = 3;
	m.nonce++;
	play(p, &m);
	assert_int_equal(ctx(p, A)->ka_timeout, 3000);
	assert_int_equal(p->s[A].last.what, S6_C_KA_TIMEOUT);
}

/* --- groups ---------------------------------------------------------------------------------------------------- */

/* S5533-2.2-01: a context is told of the locators in its ULID's group only, also when groups change. */
static void groups(void **state)
{
	struct pair *p = *state;
	struct s6_locator l[3] = {
		{ .addr = p->s[A].loc[0], .group = 1 }, { .addr = p->s[A].loc[1], .group = 2 },
		{ .addr = p->s[A].loc[2], .group = 1 },
	};

	set_local(p, A, l, 3);
	pair_run(p, 100);
	assert_int_equal(ctx(p, B)->ls_peer.n, 2);
	assert_true(s6_locset_find(&ctx(p, B)->ls_peer, &l[0].addr) >= 0);
	assert_true(s6_locset_find(&ctx(p, B)->ls_peer, &l[2].addr) >= 0);

	set_local(p, A, l + 1, 2);		/* the ULID's address is gone, not its group */
	pair_run(p, 100);
	assert_int_equal(ctx(p, B)->ls_peer.n, 2);
	assert_true(s6_locset_find(&ctx(p, B)->ls_peer, &l[1].addr) < 0);

	l[1].group = 1;
	l[2].group = 2;
	set_local(p, A, l, 3);
	pair_run(p, 100);
	assert_int_equal(ctx(p, B)->ls_peer.n, 2);
	assert_true(s6_locset_find(&ctx(p, B)->ls_peer, &l[1].addr) >= 0);
	assert_true(s6_locset_find(&ctx(p, B)->ls_peer, &l[2].addr) < 0);
}

/* --- many ------------------------------------------------------------------------------------------------------- */

/* A thousand contexts and a change of address: no call does more than its share, and all are told. */
static void many_contexts(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = *state;
	struct side *s = &p->s[A];
	struct s6_locator l[3];
	unsigned int i, sent = 0, calls = 0;
	const struct s6_ctx *c = NULL;
	uint32_t id;
	struct s6_msg m;
	uint8_t buf[S6_MSG_MAX];
	size_t len, fault;

	cfg.max_contexts = 2000;
	assert_int_equal(s6_host_reconfigure(s->h, &cfg), 0);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(s6_trigger(s->h, p->now, &s->loc[0], &p->s[B].loc[0], i, false, &id, &s->acts), 0);
		s6_decode(s->acts.a[0].pkt.data, s->acts.a[0].pkt.len, &s->loc[0], &p->s[B].loc[0], &out, &fault);
		s6_actions_clear(&s->acts);
		m = r2_msg(i);
		len = s6_encode(&m, buf, sizeof(buf));
		s6_input(s->h, p->now, &p->s[B].loc[0], &s->loc[0], buf, len, &s->acts);
		s6_actions_clear(&s->acts);
	}
	for (i = 0; i < 3; i++)
		l[i] = (struct s6_locator){ .addr = s->loc[i] };
	s6_set_local(s->h, p->now, l, 3, &s->acts);
	do {
		assert_true(s->acts.n <= 4 * 256);
		for (i = 0; i < s->acts.n; i++)
			sent += s->acts.a[i].type == S6_ACT_SEND;
		s6_actions_clear(&s->acts);
		calls++;
		if (s6_next_due(s->h) > p->now)
			break;
		s6_timeout(s->h, p->now, &s->acts);
	} while (calls < 20);
	assert_int_equal(sent, 1000);
	assert_int_equal(calls, 4);
	while ((c = s6_next(s->h, c)))
		assert_true(c->update_pending);
}

int main(void)
{
#define PAIR_OFF(f) cmocka_unit_test_setup_teardown(f, setup_pair_off, teardown_pair)
#define PAIR_REQUIRED(f) cmocka_unit_test_setup_teardown(f, setup_pair_required, teardown_pair)
	const struct CMUnitTest tests[] = {
		PAIR_OFF(add_and_remove),
		PAIR_OFF(ulid_goes_and_comes),
		PAIR_REQUIRED(required_says_nothing),
		PAIR_OFF(preferences),
		PAIR_OFF(groups),
		PAIR_OFF(preferences_from_the_start),
		PAIR_OFF(retransmission),
		PAIR_OFF(newer_information),
		PAIR_OFF(only_a_new_locator),
		PAIR_OFF(no_locator_at_all),
		PAIR_OFF(new_pair_wakes_the_request),
		OFF(foreign_locators),
		OFF(acknowledgement),
		OFF(old_requests),
		OFF(unfit_preferences),
		REQUIRED(preferences_without_a_list),
		OFF(acknowledgement_of_nothing),
		OFF(out_of_step),
		OFF(update_in_i2_sent),
		cmocka_unit_test(keepalive_timeout),
		OFF(keepalive_timeout_of_zero),
		OFF(many_contexts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
