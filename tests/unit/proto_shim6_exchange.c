// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The pair in use, and what an exchange begins with and leaves behind.
 * Each test fails if one clause of a condition, or one statement, is turned over that others pass without.
 */
#include "proto_played.h"

/* --- where ours go ------------------------------------------------------------------------------------------------ */

/* A host that announces its ULID alone has no other source for its exchange: nobody could prove it. */
static void no_list_no_other_source(void **state)
{
	struct pair *p = *state;

	drive(p, S6_I1_SENT);
	assert_int_equal(ctx(p, A)->ls_local.n, 1);
	pair_locators(p, A, 2);
	pair_run(p, 6001);
	assert_int_equal(out.type, SHIM6_I1);
	assert_addr(&out_packet.src, &p->s[A].loc[0]);
	assert_false(out.has_ulids);
}

/* One that is broken is no better. */
static void broken_is_no_source(void **state)
{
	struct s6_locator l[2] = { { .flags = SHIM6_LOC_BROKEN } };
	struct pair *p = *state;

	drive(p, S6_I1_SENT);
	l[0].addr = p->s[A].loc[1];
	l[1].addr = p->s[A].loc[2];
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	p->s[A].mask = 4;
	pair_act(p, A);
	pair_run(p, 6001);
	assert_int_equal(out.type, SHIM6_I1);
	assert_addr(&out_packet.src, &p->s[A].loc[2]);
}

/* --- the pair in use ---------------------------------------------------------------------------------------------- */

/* An established context by an I2 of B with the locators of @mask; @k still holds for others. */
static void established_by_i2(struct pair *p, struct cookie *k, unsigned int mask)
{
	struct s6_msg m;

	get_r1(p, PEER_TAG, k);
	m = i2_msg(PEER_TAG, k);
	put_list(p, &m, 1000, mask);
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	p->trail[0] = 0;
}

/* An R1 for B's ULID, asked for over B's locator @from, and the I2 with a list that goes with it. */
static void i2_over(struct pair *p, unsigned int from, unsigned int to, uint32_t generation, unsigned int mask)
{
	struct s6_msg m = i1_msg(PEER_TAG + generation);
	struct cookie k;

	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[0];
	play_over(p, &m, from, to);
	assert_int_equal(out.type, SHIM6_R1);
	take_cookie(&k);
	m = i2_msg(PEER_TAG + generation, &k);
	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[0];
	put_list(p, &m, generation, mask);
	play_over(p, &m, from, to);
	assert_int_equal(out.type, SHIM6_R2);
}

/* A pair that works is not left because an I2 came over another one; one that the peer took back is (7.2, 7.13). */
static void i2_over_another_pair(void **state)
{
	struct pair *p = *state;
	struct cookie k;

	established_by_i2(p, &k, 7);
	i2_over(p, 1, 1, 1001, 7);
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[0]);
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[0]);
	assert_int_equal(p->s[A].n_explore, 0);
	i2_over(p, 1, 1, 1002, 6);			/* without the locator in use */
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[1]);
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[1]);
	i2_over(p, 2, 1, 1003, 1);			/* without the one in use, and the one that it came from */
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[1]);
	assert_int_equal(p->s[A].n_explore, 1);
	assert_string_equal(p->s[A].explore_why, "the current locator of the peer is not in its list");
	pair_locators(p, A, 4);
	i2_over(p, 0, 2, 1004, 2);			/* and now ours is gone, too */
	assert_string_equal(p->s[A].explore_why, "the local locator in use is gone or broken");
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[1]);
}

/* An address of ours that is no locator of the context is not made one by an I2 that came to it (2.2, 7.2). */
static void i2_to_an_address_of_another_group(void **state)
{
	struct s6_locator l[2] = { { .group = 1 }, { .group = 2 } };
	struct pair *p = *state;

	l[0].addr = p->s[A].loc[0];
	l[1].addr = p->s[A].loc[1];
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	i2_over(p, 0, 1, 1000, 3);
	assert_int_equal(ctx(p, A)->ls_local.n, 1);
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[0]);
}

/* BROKEN in the preferences of an I2 counts as much as in an Update Request's. */
static void broken_in_i2(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	established_by_i2(p, &k, 3);
	m = i2_msg(PEER_TAG, &k);
	m.nonce++;
	put_list(p, &m, 1001, 3);
	m.has_prefs = true;
	m.prefs = (struct s6_pref_list){ .generation = 1001, .element_len = 1, .n = 2,
					 .el = { { .flags = SHIM6_LOC_BROKEN } } };
	play(p, &m);
	assert_string_equal(p->s[A].explore_why, "the peer calls its current locator broken");
	/* 10.3: the list of an I2 that an Update Request has overtaken is not taken */
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	put_list(p, &m, 1005, 7);
	play(p, &m);
	assert_int_equal(ctx(p, A)->ls_peer.n, 3);
	m = i2_msg(PEER_TAG, &k);
	m.nonce += 2;
	put_list(p, &m, 1003, 1);
	play(p, &m);
	assert_int_equal(ctx(p, A)->ls_peer.n, 3);
	assert_int_equal(ctx(p, A)->ls_peer.generation, 1005);
}

/* 7.9: without a ULID Pair option the locators are not compared: the peer may have taken its ULID out of its list. */
static void i1_without_names(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	put_list(p, &m, 1001, 2);
	play(p, &m);
	p->trail[0] = 0;
	m = i1_msg(PEER_TAG);
	play(p, &m);
	assert_trail(p, "A.R2 ");
	/* ..., and with one both have to be locators of the context */
	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[0];
	play_over(p, &m, 1, 0);
	assert_trail(p, "A.R2 ");
	play_over(p, &m, 1, 2);
	assert_trail(p, "A.R1 ");
}

/* --- when messages are sent again --------------------------------------------------------------------------------- */

/*
 * S5533-14-02 S5533-14-05 S5533-14-07 S5533-14-10 S5533-14-11 S5533-14-12: each gap is the nominal one, doubled from
 * one to the next, times something from 0.5 to 1.5: nothing outside is ever seen, and all but the very ends of it are.
 */
static void every_gap(void **state)
{
	static const struct {
		enum s6_state state;
		uint8_t type;
		unsigned int sent;	/* in all, before something else is done; Update Requests have no end */
		uint64_t max;
	} t[] = {
		{ S6_I1_SENT, SHIM6_I1, 5, UINT64_MAX },
		{ S6_I2_SENT, SHIM6_I2, 3, UINT64_MAX },
		{ S6_I2BIS_SENT, SHIM6_I2BIS, 3, UINT64_MAX },
		{ S6_ESTABLISHED, SHIM6_UPDATE_REQ, 8, 120000 },
	};
	struct pair *p = *state;

	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		uint64_t least[8], most[8] = { 0 };

		memset(least, 0xff, sizeof(least));
		for (unsigned int round = 0; round < 400; round++) {
			drive(p, t[i].state);
			if (t[i].type == SHIM6_UPDATE_REQ) {
				s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts);
				pair_act(p, A);
			}
			for (unsigned int n = 0; n < t[i].sent; n++) {
				uint64_t gap = s6_next_due(p->s[A].h) - p->now;

				assert_int_equal(out.type, t[i].type);
				least[n] = gap < least[n] ? gap : least[n];
				most[n] = gap > most[n] ? gap : most[n];
				p->now += gap;
				s6_timeout(p->s[A].h, p->now, &p->s[A].acts);
				pair_act(p, A);
			}
			if (t[i].type != SHIM6_UPDATE_REQ)
				assert_true(state_of(p, A) != t[i].state);
			s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
			pair_act(p, A);
		}
		for (unsigned int n = 0; n < t[i].sent; n++) {
			uint64_t nominal = 4000ULL << n < t[i].max ? 4000ULL << n : t[i].max;

			assert_in_range(least[n], nominal * 50 / 100, nominal * 53 / 100);
			assert_in_range(most[n], nominal * 147 / 100, nominal * 150 / 100);
		}
	}
}

/* --- what an exchange leaves behind ------------------------------------------------------------------------------- */

/* 7.16: the exchange is over with R2, so another one belongs to none; so it is with R1 in a hold-down. */
static void late_answers(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = r2_msg(PEER_TAG);
	play(p, &m);
	play(p, &m);
	assert_int_equal(cnt(p, "r2-unmatched"), 1);
	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	drive(p, S6_E_FAILED);
	m = r1_msg();
	play(p, &m);
	assert_int_equal(cnt(p, "r1-unmatched"), 1);
	assert_state(p, A, S6_E_FAILED);
}

/* Retries are counted from the loss of the context, whatever it took to make it: 7.19, 7.8. */
static void recovery_has_retries_of_its_own(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;
	unsigned int i1 = 0;

	drive(p, S6_I1_SENT);
	n_out = 0;
	while (n_out < 4)
		pair_run(p, 100);			/* the fifth I1 has gone out */
	m = r1_msg();
	play(p, &m);
	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1000, 3);
	play(p, &m);
	s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	m = r1bis_msg(PEER_TAG);
	play(p, &m);
	assert_state(p, A, S6_I2BIS_SENT);
	while (state_of(p, A) == S6_I2BIS_SENT)
		pair_run(p, 100);
	assert_state(p, A, S6_I1_SENT);
	/* The context is live no more: R1bis does not find it, and nothing is updated. */
	m = r1bis_msg(PEER_TAG);
	play(p, &m);
	assert_int_equal(cnt(p, "r1bis-unmatched"), 1);
	p->trail[0] = 0;
	while (state_of(p, A) == S6_I1_SENT)
		pair_run(p, 100);
	assert_state(p, A, S6_E_FAILED);
	for (const char *t = p->trail; (t = strstr(t, "A.I1 ")); t++)
		i1++;
	assert_int_equal(i1, 4);
	assert_null(strstr(p->trail, "Update"));
}

/* 10.2: an update that waited for the recovery of its context begins with the first gap again, as does a new one. */
static void updates_begin_with_the_first_gap(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	for (unsigned int round = 0; round < 2; round++) {
		s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts);
		pair_act(p, A);
		n_out = 0;
		pair_run(p, 6001);
		assert_int_not_equal(n_out, 0);
		pair_run(p, 300000);			/* the gaps are two minutes by now */
		assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	}
	/* A pair that works is what it may have waited for. */
	n_out = 0;
	assert_int_equal(s6_use_pair(p->s[A].h, p->now, ctx(p, A)->ct_local, &p->s[A].loc[1], &p->s[B].loc[1],
				     &p->s[A].acts), 0);
	pair_act(p, A);
	assert_int_equal(n_out, 1);
	pair_run(p, 6001);
	assert_true(n_out > 1);
	pair_run(p, 300000);
	m = r1bis_msg(PEER_TAG);
	play(p, &m);
	m = r2_msg(PEER_TAG);
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	n_out = 0;
	pair_run(p, 6001);
	assert_int_not_equal(n_out, 0);
}

/* Q35: one hold-down a pair of ULIDs, and none while another instance of the pair is answered. */
static void holds_of_forks(void **state)
{
	struct pair *p = *state;
	struct in6_addr *a = &p->s[A].loc[0], *b = &p->s[B].loc[0];
	uint8_t quoted[40 + S6_MSG_MAX];
	struct s6_msg m;
	uint32_t id;
	size_t len;

	drive(p, S6_I1_SENT);
	len = quote(&out_packet, quoted);
	assert_int_equal(s6_trigger(p->s[A].h, p->now, a, b, 7, false, &id, &p->s[A].acts), 0);
	pair_act(p, A);
	s6_icmp_error(p->s[A].h, p->now, 4, 1, quoted, len, &p->s[A].acts);
	pair_act(p, A);
	assert_state(p, A, S6_NO_SUPPORT);
	assert_int_equal(s6_count(p->s[A].h), 2);
	s6_icmp_error(p->s[A].h, p->now, 4, 1, quoted, quote(&out_packet, quoted), &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(s6_count(p->s[A].h), 1);
	s6_delete(p->s[A].h, p->now, id, "test", &p->s[A].acts);
	pair_act(p, A);

	n_out = 0;
	drive(p, S6_I1_SENT);
	while (n_out < 5)
		pair_run(p, 100);
	assert_int_equal(s6_trigger(p->s[A].h, p->now, a, b, 7, false, &id, &p->s[A].acts), 0);
	pair_act(p, A);
	while (state_of(p, A) == S6_I1_SENT)
		pair_run(p, 100);
	assert_state(p, A, S6_E_FAILED);
	assert_int_equal(pair_trigger(p, A), -EAGAIN);
	m = r2_msg(PEER_TAG);		/* to the I1 of the fork */
	play(p, &m);
	assert_int_equal(s6_find_id(p->s[A].h, id)->state, S6_ESTABLISHED);
	assert_int_equal(pair_trigger(p, A), 0);
}

/* A wants a context with its @i-th peer, which has no Shim6. */
static void no_support(struct pair *p, unsigned int i)
{
	struct in6_addr peer = ip("2001:db8:c::");
	uint8_t quoted[40 + S6_MSG_MAX];
	struct side *s = &p->s[A];
	struct flight f;
	uint32_t id;

	peer.s6_addr[14] = i >> 8;
	peer.s6_addr[15] = i;
	peer.s6_addr[8] = 1;
	assert_int_equal(s6_trigger(s->h, p->now, &s->loc[0], &peer, 0, false, &id, &s->acts), 0);
	assert_int_equal(s->acts.a[0].type, S6_ACT_SEND);
	f = (struct flight){ .src = s->acts.a[0].pkt.src, .dst = s->acts.a[0].pkt.dst, .len = s->acts.a[0].pkt.len };
	memcpy(f.data, s->acts.a[0].pkt.data, f.len);
	s6_icmp_error(s->h, p->now, 4, 1, quoted, quote(&f, quoted), &s->acts);
	assert_int_equal(s6_find_id(s->h, id)->state, S6_NO_SUPPORT);
	s6_actions_clear(&s->acts);
}

/* Peers without Shim6 take as much room as the limit says, and no more; the oldest go first. */
static void holds_are_limited(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = *state;
	uint32_t first = 0;

	cfg.max_contexts = 4096;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	for (unsigned int round = 0; round < 2; round++) {
		uint64_t full = cnt(p, "holds-full");

		for (unsigned int i = 0; i < 1100; i++) {
			no_support(p, i);
			if (!i)
				first = s6_next(p->s[A].h, NULL)->id;
			assert_int_equal(s6_count(p->s[A].h), i < 1024 ? i + 1 : 1024);
			assert_int_equal(!!s6_find_id(p->s[A].h, first), i < 1024);
		}
		assert_int_equal(cnt(p, "holds-full") - full, 1100 - 1024);
		while (s6_count(p->s[A].h)) {
			p->now = s6_next_due(p->s[A].h);
			s6_timeout(p->s[A].h, p->now, &p->s[A].acts);
			s6_actions_clear(&p->s[A].acts);
		}
	}
}

/* The reason of a failure is that of its own exchange. */
static void reason_of_a_failure(void **state)
{
	uint8_t quoted[40 + S6_MSG_MAX];
	struct s6_msg m = { .type = SHIM6_ERROR, .code = SHIM6_ERR_VERIFY, .packet = { quoted, 0 } }, r2;
	struct pair *p = *state;

	drive(p, S6_I2_SENT);
	m.packet.len = quote(&out_packet, quoted);
	play(p, &m);
	while (state_of(p, A) != S6_E_FAILED)
		pair_run(p, 100);
	assert_string_equal(p->s[A].last.why, "the peer does not accept our locators (Error 2)");
	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	drive(p, S6_I2_SENT);
	m.packet.len = quote(&out_packet, quoted);
	play(p, &m);
	r2 = r2_msg(PEER_TAG);		/* it accepts the next one */
	play(p, &r2);
	r2 = r1bis_msg(PEER_TAG);
	play(p, &r2);
	while (state_of(p, A) != S6_E_FAILED)
		pair_run(p, 100);
	assert_null(strstr(p->s[A].last.why, "Error 2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REQUIRED(no_list_no_other_source),
		OFF(broken_is_no_source),
		OFF(i2_over_another_pair),
		OFF(i2_to_an_address_of_another_group),
		OFF(broken_in_i2),
		OFF(i1_without_names),
		OFF(every_gap),
		OFF(late_answers),
		OFF(recovery_has_retries_of_its_own),
		OFF(updates_begin_with_the_first_gap),
		OFF(holds_of_forks),
		OFF(holds_are_limited),
		OFF(reason_of_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
