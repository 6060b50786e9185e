// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the messages of a Shim6 host look like, what its contexts hold in each state, and how it takes messages that are
 * odd but right, or short and wrong.
 */
#include "proto_played.h"

/* Room for one more option behind a message; the checksum is made good. */
static size_t finish(uint8_t *buf, size_t len)
{
	uint16_t sum;

	buf[1] = len / 8 - 1;
	buf[4] = buf[5] = 0;
	sum = s6_checksum(buf, len);
	buf[4] = sum >> 8;
	buf[5] = sum;
	return len;
}

/*
 * S5533-6.2-01 S5533-6.2-02 S5533-6.2-03 S5533-6.2-04 S5533-6.2-05 S5533-6.2-06 S5533-6.2-07 S5533-6.1-01: what is
 * known of a context, state by state
 */
static void contents(void **state)
{
	struct pair *p = *state;
	const struct s6_ctx *c;

	assert_null(s6_next(p->s[A].h, NULL));
	drive(p, S6_I1_SENT);
	c = ctx(p, A);
	assert_addr(&c->ulid_local, &p->s[A].loc[0]);
	assert_addr(&c->ulid_peer, &p->s[B].loc[0]);
	assert_addr(&c->loc_local, &p->s[A].loc[0]);
	assert_addr(&c->loc_peer, &p->s[B].loc[0]);
	assert_int_equal(c->fii, 0);
	assert_true(c->ct_local != 0);
	assert_true(c->ct_peer == 0);
	assert_int_equal(c->ls_local.n, 2);
	assert_int_equal(c->ls_peer.n, 1);
	assert_int_equal(c->since, p->now);
	assert_false(s6_ctx_live(c));
	s6_delete(p->s[A].h, p->now, c->id, "test", &p->s[A].acts);
	pair_act(p, A);
	drive(p, S6_ESTABLISHED);
	c = ctx(p, A);
	assert_true(c->ct_peer == PEER_TAG);
	assert_int_equal(c->ls_peer.n, 2);
	assert_int_equal(c->ls_peer.generation, 1000);
	assert_int_equal(c->ls_peer.loc[1].method, S6_VERIFY_NONE);
	assert_true(s6_ctx_live(c));
	s6_delete(p->s[A].h, p->now, c->id, "test", &p->s[A].acts);
	pair_act(p, A);
	drive(p, S6_I2BIS_SENT);
	c = ctx(p, A);
	assert_true(c->ct_peer == PEER_TAG);
	assert_true(s6_ctx_live(c));
	assert_int_equal(c->ls_peer.n, 2);
}

/* S5533-6.1-02 S5533-7.2-03 S5533-4.4-01 S5533-16-03: proof and presence are remembered apart, a locator each */
static void proven_and_reached(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	assert_int_equal(ctx(p, A)->peer_reached, 0);
	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1000, 7);
	play(p, &m);
	assert_int_equal(ctx(p, A)->peer_proven, 1);	/* the ULID; nothing else can be, with verification off */
	assert_int_equal(ctx(p, A)->peer_reached, 1);	/* the nonce came back from there */
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	put_list(p, &m, 1001, 6);		/* no ULID, so the current locator is gone: but it stays until... */
	play(p, &m);
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[0]);
	assert_int_equal(p->s[A].n_explore, 1);
	assert_int_equal(ctx(p, A)->peer_proven, 0);
	assert_int_equal(ctx(p, A)->peer_reached, 0);
	assert_int_equal(s6_use_pair(p->s[A].h, p->now, ctx(p, A)->ct_local, &p->s[A].loc[0], &p->s[B].loc[2],
				     &p->s[A].acts), 0);	/* ...a probe found another */
	pair_act(p, A);
	assert_int_equal(ctx(p, A)->peer_reached, 2);
	m = update_msg(p, SHIM6_UPDATE_REQ, 2);
	put_list(p, &m, 1002, 5);		/* known by address, not by place */
	play_over(p, &m, 2, 0);
	assert_int_equal(ctx(p, A)->peer_proven, 1);
	assert_int_equal(ctx(p, A)->peer_reached, 2);
}

/* The ULID's address goes while the first I1 is under way: the next one comes from elsewhere, and says for whom. */
static void source_goes_while_establishing(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I1_SENT);
	pair_locators(p, A, 2);
	pair_run(p, 6001);
	assert_int_equal(out.type, SHIM6_I1);
	assert_addr(&out_packet.src, &p->s[A].loc[1]);
	assert_true(out.has_ulids);
	m = r1_msg();
	play_over(p, &m, 0, 1);
	assert_int_equal(out.type, SHIM6_I2);
	assert_addr(&out_packet.src, &p->s[A].loc[1]);
	assert_int_equal(out.locators.n, 2);
	assert_int_equal(out.prefs.el[0].flags, SHIM6_LOC_BROKEN);
	m = r2_msg(PEER_TAG);
	play_over(p, &m, 0, 1);
	assert_state(p, A, S6_ESTABLISHED);
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[1]);
}

/* S5533-7.11-06 S5533-7.11-07 S5533-7.7-03 S5533-5.6-11 S5533-5.6-12: I1 and I2 after falling back from another pair */
static void names_over_other_locators(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;
	uint32_t id;
	const struct s6_ctx *c;

	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], 0x1234, false, &id,
				    &p->s[A].acts), 0);
	pair_act(p, A);
	m = r1_msg();
	play(p, &m);
	assert_int_equal(out.fii, 0x1234);
	assert_false(out.has_ulids);
	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1, 3);
	play(p, &m);
	m = r1bis_msg(PEER_TAG);
	play_over(p, &m, 1, 1);
	assert_int_equal(out.type, SHIM6_I2BIS);
	assert_int_equal(out.fii, 0x1234);
	assert_true(out.has_ulids);
	c = s6_find_id(p->s[A].h, id);
	while (c->state == S6_I2BIS_SENT)
		pair_run(p, 100);
	assert_int_equal(out.type, SHIM6_I1);
	assert_true(out.has_fii && out.has_ulids);
	assert_addr(&out_packet.src, &p->s[A].loc[1]);
	assert_addr(&out_packet.dst, &p->s[B].loc[1]);
	m = r1_msg();
	play_over(p, &m, 1, 1);
	assert_int_equal(out.type, SHIM6_I2);
	assert_true(out.has_fii && out.has_ulids);
	assert_addr(&out.sender_ulid, &p->s[A].loc[0]);
	assert_addr(&out.receiver_ulid, &p->s[B].loc[0]);
	assert_addr(&out_packet.src, &p->s[A].loc[1]);
	assert_addr(&out_packet.dst, &p->s[B].loc[1]);
}

/* S5533-7.13-02 S5533-7.13-08 S5533-7.20-02 S5533-12.4-01 S5533-12.4-02 S5533-12.4-06 S5533-7.14-02 S5533-7.9-02 */
static void found_by_its_names(void **state)
{
	struct pair *p = *state;
	const struct s6_ctx *c;
	struct cookie k;
	struct s6_msg m;
	int bis;

	for (bis = 0; bis < 2; bis++) {
		m = i1_msg(0x10 + bis);
		m.has_ulids = m.has_fii = true;
		m.sender_ulid = p->s[B].loc[0];
		m.receiver_ulid = p->s[A].loc[1];
		m.fii = 9 + bis;
		if (bis)
			s6_unknown_tag(p->s[A].h, p->now, LOST_TAG, &p->s[B].loc[1], &p->s[A].loc[0], &p->s[A].acts),
			pair_act(p, A);
		else
			play_over(p, &m, 1, 0);
		take_cookie(&k);
		m = bis ? i2bis_msg(0x10 + bis, &k) : i2_msg(0x10 + bis, &k);
		m.has_ulids = m.has_fii = true;
		m.sender_ulid = p->s[B].loc[0];
		m.receiver_ulid = p->s[A].loc[1];
		m.fii = 9 + bis;
		put_list(p, &m, 1, 3);
		play_over(p, &m, 1, 0);
		assert_int_equal(out.type, SHIM6_R2);
		assert_int_equal(out.nonce, m.nonce);
		assert_addr(&out_packet.src, &p->s[A].loc[0]);
		assert_addr(&out_packet.dst, &p->s[B].loc[1]);
		c = s6_find_ulids(p->s[A].h, &p->s[A].loc[1], &p->s[B].loc[0], 9 + bis);
		assert_non_null(c);
		assert_true(out.tag == c->ct_local);
		assert_true(c->ct_peer == 0x10u + bis);
		assert_false(c->locally_triggered);
		assert_true(out.has_locators);			/* S5533-7.14-03 S5533-7.6-01 */
		assert_int_equal(out.locators.generation, c->ls_local.generation);	/* S5533-10.1-02 */
	}
	assert_int_equal(s6_count(p->s[A].h), 2);
}

/* S5533-7.17-04 S5533-5.8-09 S5533-7.17-05 */
static void r1bis_fields(void **state)
{
	struct pair *p = *state;
	struct s6_msg m = { .type = SHIM6_PROBE, .tag = 0x7fffffffffff, .n_sent = 1 };

	play_over(p, &m, 1, 1);
	assert_int_equal(out.type, SHIM6_R1BIS);
	assert_true(out.tag == 0x7fffffffffff);
	assert_int_equal(out.validator.len, 32);
	assert_addr(&out_packet.src, &p->s[A].loc[1]);
	assert_addr(&out_packet.dst, &p->s[B].loc[1]);
	assert_int_equal(s6_count(p->s[A].h), 0);
}

/* A message for A, and what it is to cause in @from. */
struct message {
	enum s6_state from;
	struct s6_msg m;
	const char *effect;
};

static unsigned int messages(struct pair *p, struct message *t)
{
	static struct cookie k, kbis;
	unsigned int n = 0;

	get_r1(p, PEER_TAG, &k);
	get_r1bis(p, LOST_TAG, &kbis);
	t[n++] = (struct message){ S6_IDLE, i1_msg(PEER_TAG), "A.R1 " };
	t[n++] = (struct message){ S6_IDLE, i2_msg(PEER_TAG, &k), "A.R2 " };
	t[n++] = (struct message){ S6_IDLE, i2bis_msg(PEER_TAG, &kbis), "A.R2 " };
	drive(p, S6_I1_SENT);
	t[n++] = (struct message){ S6_I1_SENT, r1_msg(), "A.I2 " };
	drive(p, S6_IDLE);
	return n;
}

/*
 * S5533-12.3-06 S5533-5.15-18 S5533-5.4-04 S5533-5.4-05 S5533-5.5-04 S5533-5.6-04 S5533-5.6-05 S5533-5.9-04
 * S5533-5.9-05 S5533-5.10-04 S5533-5.10-05: reserved bits, unknown options and what follows the header do not matter
 */
static void odd_but_right(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair pair, *p = &pair;
	struct message t[8];
	uint8_t buf[S6_MSG_MAX];
	unsigned int i, n;
	size_t len;

	(void)state;
	played_start(p, &cfg);
	n = messages(p, t);
	p->trail[0] = 0;
	for (i = 0; i < n; i++) {
		if (ctx(p, A))
			s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts), pair_act(p, A);
		drive(p, t[i].from);
		if (t[i].m.type == SHIM6_R1)
			t[i].m.nonce = out.nonce;
		len = s6_encode(&t[i].m, buf, sizeof(buf));
		buf[0] = 6;			/* a Next Header other than 59, with something behind (Q26) */
		buf[3] |= 0xfe;
		if (t[i].m.type != SHIM6_R1)
			buf[6] |= 0x80;
		memset(buf + len, 0xff, 64);
		memcpy(buf + len, (uint8_t[]){ 0x02, 0x58, 0, 5 }, 4);	/* option 300, C = 0 */
		len = finish(buf, len + 16);
		pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], buf, len + 24);
		assert_trail(p, t[i].effect);
	}
	/* Established: update messages alike */
	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	drive(p, S6_ESTABLISHED);
	t[0].m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	len = s6_encode(&t[0].m, buf, sizeof(buf));
	buf[3] |= 0xfe;
	buf[6] |= 0x80;
	memcpy(buf + len, (uint8_t[]){ 0x02, 0x58, 0, 4, 1, 2, 3, 4 }, 8);
	finish(buf, len + 8);
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], buf, len + 8);
	assert_trail(p, "A.Update Acknowledgement ");
	pair_stop(p);
}

/*
 * S5533-7.9-01 S5533-7.11-01 S5533-7.13-01 S5533-7.16-01 S5533-7.18-01 S5533-7.20-01 S5533-10.4-01 S5533-10.5-01
 * S5533-7.11-10: too short for its type, or without what it must have
 */
static void short_messages(void **state)
{
	static const uint8_t types[] = {
		SHIM6_I1, SHIM6_R1, SHIM6_I2, SHIM6_R2, SHIM6_R1BIS, SHIM6_I2BIS, SHIM6_UPDATE_REQ, SHIM6_UPDATE_ACK,
		SHIM6_KEEPALIVE, SHIM6_PROBE, SHIM6_ERROR,
	};
	static const uint8_t min[] = { 16, 16, 24, 16, 16, 32, 16, 16, 16, 16, 16 };
	static const enum s6_state states[] = { S6_IDLE, S6_I1_SENT, S6_I2_SENT, S6_ESTABLISHED, S6_I2BIS_SENT };
	struct pair *p = *state;
	unsigned int i, s;
	uint8_t buf[40];
	struct s6_ctx before;
	size_t len;

	for (s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
		drive(p, states[s]);
		memset(&before, 0, sizeof(before));
		if (ctx(p, A))
			before = *ctx(p, A);
		n_out = 0;
		for (i = 0; i < sizeof(types); i++) {
			for (len = 8; len < min[i]; len += 8) {
				memset(buf, 0, sizeof(buf));
				buf[0] = 59;
				buf[2] = types[i];
				shim6_tag_put(buf + 6, before.ct_local, 0);
				finish(buf, len);
				pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], buf, len);
			}
		}
		assert_int_equal(n_out, 0);
		if (ctx(p, A)) {
			assert_memory_equal(&before, ctx(p, A), sizeof(before));
			s6_delete(p->s[A].h, p->now, before.id, "test", &p->s[A].acts);
			pair_act(p, A);
		}
	}
	assert_true(count_of(p->s[A].h, "short") >= 60);
	/* R1 without a validator */
	drive(p, S6_I1_SENT);
	memset(buf, 0, sizeof(buf));
	buf[0] = 59;
	buf[2] = SHIM6_R1;
	memcpy(buf + 8, out_packet.data + 12, 4);
	finish(buf, 16);
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], buf, 16);
	assert_state(p, A, S6_I1_SENT);
	assert_int_equal(count_of(p->s[A].h, "option-missing"), 1);
}

/* RFC 5534, 4.1 and Q52: what counts as payload for reachability, and that it is told only of live contexts */
static void counted_as_payload(void **state)
{
	struct pair *p = *state;
	struct side *s = &p->s[A];
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	assert_int_equal(s->n_in + s->n_out, 0);
	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1000, 3);
	play(p, &m);
	assert_int_equal(s->n_in, 1);		/* R2 */
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	play(p, &m);
	assert_int_equal(s->n_in, 2);
	assert_int_equal(s->n_out, 1);		/* UA */
	m = update_msg(p, SHIM6_KEEPALIVE, 0);
	play(p, &m);
	assert_int_equal(s->n_in, 2);		/* not those two */
	pair_locators(p, A, 7);
	assert_int_equal(s->n_out, 2);		/* UR */
	m = update_msg(p, SHIM6_UPDATE_ACK, out.nonce);
	play(p, &m);
	assert_int_equal(s->n_in, 3);
	m = i1_msg(0x99);			/* anybody's I1 is not */
	play(p, &m);
	assert_int_equal(s->n_in, 3);
	m = i1_msg(PEER_TAG);
	play(p, &m);
	assert_int_equal(s->n_in, 4);
	assert_int_equal(s->n_out, 3);		/* R2 */
	m = r1bis_msg(PEER_TAG);
	play(p, &m);
	assert_int_equal(s->n_in, 5);
	assert_int_equal(s->n_out, 4);		/* I2bis */
}

/* S5533-C.3-01: the tag went to a third host; whoever still has it from before is told when he probes */
static void three_parties(void **state)
{
	struct pair *p = *state;
	struct in6_addr third = ip("2001:db8:cc::1");
	struct s6_msg m = { .type = SHIM6_PROBE, .n_sent = 1 };

	drive(p, S6_ESTABLISHED);
	m.tag = ctx(p, A)->ct_local;
	pair_msg(p, A, &third, &p->s[A].loc[0], &m);
	assert_trail(p, "A.R1bis ");
	assert_addr(&out_packet.dst, &third);
	assert_state(p, A, S6_ESTABLISHED);
}

/* S5533-14-12: the gaps are spread over the whole range, evenly */
static void gaps_are_uniform(void **state)
{
	struct pair *p = *state;
	unsigned int bin[8] = { 0 }, i;
	uint64_t gap;

	for (i = 0; i < 4000; i++) {
		assert_int_equal(pair_trigger(p, A), 0);
		gap = s6_next_due(p->s[A].h) - p->now;
		assert_in_range(gap, 2000, 6000);
		bin[gap == 6000 ? 7 : (gap - 2000) / 500]++;
		s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
		pair_act(p, A);
		p->trail[0] = 0;
	}
	for (i = 0; i < 8; i++)
		assert_in_range(bin[i], 375, 625);	/* six standard deviations of 21 */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OFF(contents),
		OFF(proven_and_reached),
		OFF(source_goes_while_establishing),
		OFF(names_over_other_locators),
		OFF(found_by_its_names),
		OFF(r1bis_fields),
		cmocka_unit_test(odd_but_right),
		OFF(short_messages),
		OFF(counted_as_payload),
		OFF(three_parties),
		OFF(gaps_are_uniform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
