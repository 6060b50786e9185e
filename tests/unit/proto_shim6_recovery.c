// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lost contexts, confused contexts, replayed messages (RFC 5533, 7.5, 7.6, 7.15 to 7.20, appendix C), saved contexts.
 */
#include "proto_played.h"

static struct s6_config off;

static int setup_pair(void **state)
{
	struct pair *p = malloc(sizeof(*p));

	off = pair_config(S6_VERIFY_OFF);
	pair_start(p, &off, &off);
	pair_establish(p);
	*state = p;
	return 0;
}

/* Tagged payload from @who to the other end, over the current pair; the kernel knows the contexts. */
static void tagged(struct pair *p, int who)
{
	const struct s6_ctx *c = ctx(p, who), *there;
	struct side *to = &p->s[!who];

	there = s6_find_tag(to->h, c->ct_peer);
	if (!there || there->state == S6_I1_SENT)
		s6_unknown_tag(to->h, p->now, c->ct_peer, &c->loc_local, &c->loc_peer, &to->acts);
	else if (there->state == S6_I2_SENT || there->state == S6_I2BIS_SENT)
		s6_payload_in(to->h, p->now, c->ct_peer, &to->acts);
	pair_act(p, !who);
}

static void use_pair(struct pair *p, int who, unsigned int local, unsigned int peer)
{
	assert_int_equal(s6_use_pair(p->s[who].h, p->now, ctx(p, who)->ct_local, &p->s[who].loc[local],
				     &p->s[!who].loc[peer], &p->s[who].acts), 0);
	pair_act(p, who);
}

/* S5533-7.5-01 S5533-1.5-02 S5533-16.2-02 S5533-7.20-09 Q32: the keeper keeps its tag, the other takes a new one */
static void peer_forgot(void **state)
{
	struct pair *p = *state;
	uint64_t keeper = ctx(p, A)->ct_local, old = ctx(p, A)->ct_peer;

	pair_reboot(p, B, &off);
	tagged(p, A);
	pair_run(p, 100);
	assert_trail(p, "B.R1bis A.I2bis B.R2 ");
	assert_agreed(p);
	assert_true(ctx(p, A)->ct_local == keeper);
	assert_true(ctx(p, A)->ct_peer != old);
	assert_int_equal(ctx(p, B)->ls_peer.n, 2);
	assert_int_equal(s6_next_due(p->s[A].h), UINT64_MAX);
}

/* S5533-7.18-05 S5533-7.18-06 S5533-5.9-08 S5533-5.9-09 S5533-5.9-11: over other locators, with what R1bis said */
static void recovery_over_another_pair(void **state)
{
	struct pair *p = *state;
	struct s6_msg bis;
	struct flight *f;

	use_pair(p, A, 1, 1);
	pair_reboot(p, B, &off);
	p->stop = true;
	tagged(p, A);
	f = wire_take(p);			/* R1bis */
	assert_addr(&f->src, &p->s[B].loc[1]);	/* S5533-7.17-05 */
	assert_addr(&f->dst, &p->s[A].loc[1]);
	pair_arrive(p, f);
	assert_state(p, A, S6_I2BIS_SENT);
	bis = parse(p->wire);
	assert_addr(&p->wire->src, &p->s[A].loc[1]);
	assert_addr(&p->wire->dst, &p->s[B].loc[1]);
	assert_true(bis.has_ulids);
	assert_addr(&bis.sender_ulid, &p->s[A].loc[0]);
	assert_addr(&bis.receiver_ulid, &p->s[B].loc[0]);
	assert_true(bis.packet_tag == parse(f).tag);
	assert_int_equal(bis.resp_nonce, parse(f).resp_nonce);
	assert_memory_equal(bis.validator.p, parse(f).validator.p, 32);
	free(f);
	assert_true(s6_ctx_live(ctx(p, A)));	/* S5533-11-04 */
	p->stop = false;
	pair_run(p, 100);
	assert_agreed(p);
	/* A stays where it was, and B answers there: the validator came back over it */
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[1]);
	assert_addr(&ctx(p, B)->loc_local, &p->s[B].loc[1]);
	assert_addr(&ctx(p, B)->loc_peer, &p->s[A].loc[1]);
}

/* A forked context is recovered as the one it is (S5533-7.18-07 S5533-5.9-12). */
static void recovery_of_a_fork(void **state)
{
	struct pair *p = *state;
	struct s6_ctx fork;
	uint32_t id;

	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], 0xf0f0, false, &id,
				    &p->s[A].acts), 0);
	pair_act(p, A);
	pair_run(p, 100);
	fork = *s6_find_id(p->s[A].h, id);
	assert_int_equal(fork.state, S6_ESTABLISHED);
	pair_reboot(p, B, &off);
	s6_unknown_tag(p->s[B].h, p->now, fork.ct_peer, &fork.loc_local, &fork.loc_peer, &p->s[B].acts);
	pair_act(p, B);
	pair_run(p, 100);
	assert_non_null(s6_find_ulids(p->s[B].h, &p->s[B].loc[0], &p->s[A].loc[0], 0xf0f0));
	assert_null(s6_find_ulids(p->s[B].h, &p->s[B].loc[0], &p->s[A].loc[0], 0));
}

/* S5533-7.5-02: the one who forgot begins anew; the keeper takes the new tag and list */
static void forgetful_initiator(void **state)
{
	struct pair *p = *state;
	uint64_t tag = ctx(p, B)->ct_local;

	pair_reboot(p, A, &off);
	pair_locators(p, A, 5);
	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 100);
	assert_trail(p, "A.I1 B.R1 A.I2 B.R2 ");
	assert_agreed(p);
	assert_true(ctx(p, B)->ct_local == tag);
	assert_addr(&ctx(p, B)->ls_peer.loc[1].addr, &p->s[A].loc[2]);
	assert_int_equal(s6_count(p->s[B].h), 1);
}

static bool lose_r2_and_i2bis(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)p, (void)f;
	return m->type == SHIM6_R2 || m->type == SHIM6_I2BIS;
}

/* S5533-7.19-01 S5533-7.19-02 S5533-14-07 S5533-14-08 Q36: back to I1, and Ls(peer) and the pair are not forgotten */
static void i2bis_falls_back(void **state)
{
	struct pair *p = *state;

	use_pair(p, A, 1, 1);
	pair_reboot(p, B, &off);
	p->drop = lose_r2_and_i2bis;
	tagged(p, A);
	pair_run(p, 11);
	assert_state(p, A, S6_I2BIS_SENT);
	while (state_of(p, A) == S6_I2BIS_SENT)
		pair_run(p, 10);
	assert_state(p, A, S6_I1_SENT);
	assert_trail(p, "B.R1bis A.I2bis A.I2bis A.I2bis A.I1 ");
	assert_false(s6_ctx_live(ctx(p, A)));
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
	p->drop = NULL;
	pair_run(p, 100);
	assert_agreed(p);
	assert_trail(p, "B.R1 A.I2 B.R2 ");
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[1]);
	assert_addr(&ctx(p, A)->loc_peer, &p->s[B].loc[1]);
}

/* Both forgot, or the one who keeps learns it first: every order ends in one context. */
static void both_forget(void **state)
{
	struct pair *p = *state;
	struct s6_ctx old = *ctx(p, A);

	pair_reboot(p, A, &off);
	pair_reboot(p, B, &off);
	s6_unknown_tag(p->s[B].h, p->now, old.ct_peer, &old.loc_local, &old.loc_peer, &p->s[B].acts);
	pair_act(p, B);
	pair_run(p, 100);
	assert_trail(p, "B.R1bis ");
	assert_int_equal(count_of(p->s[A].h, "r1bis-unmatched"), 1);
	assert_int_equal(pair_trigger(p, B), 0);
	pair_run(p, 100);
	assert_agreed(p);
}

/* S5533-7.18-02 Q18: an R1bis needs the right tag and locators of the context */
static void forged_r1bis(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	m = r1bis_msg(PEER_TAG ^ 1);
	play(p, &m);
	m = r1bis_msg(PEER_TAG);
	play_over(p, &m, 2, 0);
	play_over(p, &m, 0, 2);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(count_of(p->s[A].h, "r1bis-unmatched"), 3);
	play_over(p, &m, 1, 1);		/* any locators of it */
	assert_state(p, A, S6_I2BIS_SENT);
	assert_addr(&out_packet.src, &p->s[A].loc[1]);
	assert_addr(&out_packet.dst, &p->s[B].loc[1]);
	assert_addr(&ctx(p, A)->loc_local, &p->s[A].loc[0]);
	m = r2_msg(0x42);		/* R2 over another pair than I2bis */
	play(p, &m);
	assert_state(p, A, S6_I2BIS_SENT);
	play_over(p, &m, 1, 1);
	assert_state(p, A, S6_ESTABLISHED);
	assert_true(ctx(p, A)->ct_peer == 0x42);
}

/* The old I2 again, after R2 and an update: answered, but it does not turn back time. */
static void replayed_i2(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg i2, m;

	get_r1(p, PEER_TAG, &k);
	i2 = i2_msg(PEER_TAG, &k);
	put_list(p, &i2, 10, 3);
	play(p, &i2);
	assert_state(p, A, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	put_list(p, &m, 11, 5);
	play(p, &m);
	p->trail[0] = 0;
	play(p, &i2);
	assert_trail(p, "A.R2 ");
	assert_int_equal(ctx(p, A)->ls_peer.generation, 11);
	assert_int_equal(count_of(p->s[A].h, "i2-repeat"), 1);
	p->now += 60000;
	play(p, &i2);
	assert_trail(p, "");
	/* and a fresh exchange of a peer that started again is not taken for a repeat */
	get_r1(p, 0x55, &k);
	i2 = i2_msg(0x55, &k);
	put_list(p, &i2, 500, 1 | 4);
	play_over(p, &i2, 0, 0);
	assert_true(ctx(p, A)->ct_peer == 0x55);
	assert_int_equal(ctx(p, A)->ls_peer.generation, 500);
}

/* --- confusion -------------------------------------------------------------------------------------------------- */

/*
 * Establish with B over FII @fii, B's tag @tag, B's list @mask, by I2 (@how 0), I2bis (1) or R2 (2).  Returns the id.
 */
static uint32_t other_context(struct pair *p, uint32_t fii, uint64_t tag, unsigned int mask, int how)
{
	const struct s6_ctx *c;
	struct cookie k;
	struct s6_msg m;
	uint32_t id = 0;

	if (how == 2) {
		assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], fii, false, &id,
					    &p->s[A].acts), 0);
		pair_act(p, A);
		m = r1_msg();
		play(p, &m);
		m = r2_msg(tag);
	} else {
		if (how == 1) {
			get_r1bis(p, LOST_TAG, &k);
			m = i2bis_msg(tag, &k);
		} else {
			m = i1_msg(tag);
			m.has_fii = fii;
			m.fii = fii;
			play(p, &m);
			take_cookie(&k);
			m = i2_msg(tag, &k);
		}
		m.has_fii = fii;
		m.fii = fii;
	}
	put_list(p, &m, 1, mask);
	play(p, &m);
	c = s6_find_ulids(p->s[A].h, &p->s[A].loc[0], &p->s[B].loc[0], fii);
	assert_non_null(c);
	assert_int_equal(c->state, S6_ESTABLISHED);
	return c->id;
}

/*
 * S5533-7.6-02 S5533-7.14-01 S5533-7.15-01 S5533-7.15-02 S5533-7.15-05 S5533-7.15-06 S5533-7.15-08 S5533-7.16-07
 * S5533-7.6-05: one tag for two contexts of the same host
 */
static void confusion(void **state)
{
	struct pair *p = *state;
	struct s6_msg m = i1_msg(0x77);
	int how;

	for (how = 0; how < 3; how++) {
		uint32_t old = other_context(p, 1 + 10 * how, 0x77, 3, 0), new;

		m.has_fii = true;
		m.fii = 2 + 10 * how;
		play(p, &m);
		assert_non_null(s6_find_id(p->s[A].h, old));	/* an I1 is no reason yet */
		new = other_context(p, 2 + 10 * how, 0x77, 2 | 4, how);
		assert_null(s6_find_id(p->s[A].h, old));
		assert_non_null(s6_find_id(p->s[A].h, new));
		assert_int_equal(count_of(p->s[A].h, "confusion"), how + 1);
		s6_delete(p->s[A].h, p->now, new, "test", &p->s[A].acts);
		pair_act(p, A);
	}
}

/* No locator in common: two hosts that chose the same tag (S5533-7.15-02). */
static void same_tag_of_two_hosts(void **state)
{
	struct pair *p = *state;
	uint32_t a = other_context(p, 1, 0x77, 1, 0), b = other_context(p, 2, 0x77, 8, 0);

	assert_int_equal(count_of(p->s[A].h, "confusion"), 0);
	assert_non_null(s6_find_id(p->s[A].h, a));
	assert_non_null(s6_find_id(p->s[A].h, b));
}

/* S5533-7.15-03: CT(peer) of a live context becomes one in use */
static void confusion_by_change_of_tag(void **state)
{
	struct pair *p = *state;
	uint32_t a = other_context(p, 1, 0x77, 3, 0), b = other_context(p, 2, 0x88, 3, 0);

	assert_int_equal(other_context(p, 2, 0x77, 3, 0), b);
	assert_null(s6_find_id(p->s[A].h, a));
	/* S5533-7.15-04 S5533-C.1-01: the same context and the same tag is no confusion */
	assert_int_equal(other_context(p, 2, 0x77, 3, 1), b);
	assert_int_equal(count_of(p->s[A].h, "confusion"), 1);
}

/* An Update Request can bring two live contexts together as well. */
static void confusion_by_update(void **state)
{
	struct pair *p = *state;
	uint32_t a = other_context(p, 1, 0x77, 1, 0), b = other_context(p, 2, 0x77, 8 | 4, 2);
	struct s6_msg m;

	/* b's R2 came from B1 but its list says B3, B4: disjoint, both live */
	assert_non_null(s6_find_id(p->s[A].h, a));
	m = (struct s6_msg){ .type = SHIM6_UPDATE_REQ, .tag = s6_find_id(p->s[A].h, b)->ct_local, .nonce = 1 };
	put_list(p, &m, 3, 1 | 8);
	play_over(p, &m, 3, 0);
	assert_null(s6_find_id(p->s[A].h, a));
	assert_int_equal(count_of(p->s[A].h, "confusion"), 1);
}

/* S5533-C.4-01: 128 tags a host, contexts come and go on both sides; all ends consistent */
static void tiny_tag_space(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair pair, *p = &pair;
	const struct s6_ctx *c, *d;
	unsigned int i, live = 0;
	uint32_t id;
	int who;

	(void)state;
	cfg.tag_bits = 4;
	cfg.max_contexts = 14;
	pair_start(p, &cfg, &cfg);
	for (i = 0; i < 3000; i++) {
		who = pair_random(p) & 1;
		s6_trigger(p->s[who].h, p->now, &p->s[who].loc[0], &p->s[!who].loc[0], pair_random(p) % 64, false, &id,
			   &p->s[who].acts);
		pair_act(p, who);
		pair_run(p, 50);
		who = pair_random(p) & 1;
		c = s6_next(p->s[who].h, NULL);
		if (c && s6_count(p->s[who].h) > 10) {
			s6_delete(p->s[who].h, p->now, c->id, "test", &p->s[who].acts);
			pair_act(p, who);
		}
		p->trail[0] = 0;
	}
	/*
	 * Whoever is live on both sides can be understood: tags of a host are unique, the peer agrees or will be
	 * told.
	 */
	pair_run(p, 200000);
	for (c = NULL; (c = s6_next(p->s[A].h, c));) {
		d = s6_find_ulids(p->s[B].h, &c->ulid_peer, &c->ulid_local, c->fii);
		if (!d || !s6_ctx_live(c) || !s6_ctx_live(d))
			continue;
		live++;
		if (d->ct_local != c->ct_peer) {
			s6_unknown_tag(p->s[B].h, p->now, c->ct_peer, &c->loc_local, &c->loc_peer, &p->s[B].acts);
			pair_act(p, B);
			c = NULL;
			pair_run(p, 100);
		}
	}
	assert_true(live > 0);
	print_message("%u live, %u and %u confused\n", live, (unsigned int)count_of(p->s[A].h, "confusion"),
		      (unsigned int)count_of(p->s[B].h, "confusion"));
	assert_true(count_of(p->s[A].h, "confusion") + count_of(p->s[B].h, "confusion") > 10);
	pair_stop(p);
}

/* A tag is refused politely when none is left (S5533-7.1-01). */
static void tags_run_out(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair pair, *p = &pair;
	bool seen[8] = { false };
	uint32_t id;
	unsigned int i;

	(void)state;
	cfg.tag_bits = 3;
	pair_start(p, &cfg, &cfg);
	for (i = 0; i < 7; i++) {
		assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], i, false, &id,
					    &p->s[A].acts), 0);
		pair_act(p, A);
		assert_in_range(s6_find_id(p->s[A].h, id)->ct_local, 1, 7);
		assert_false(seen[s6_find_id(p->s[A].h, id)->ct_local]);
		seen[s6_find_id(p->s[A].h, id)->ct_local] = true;
	}
	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], i, false, &id, &p->s[A].acts),
			 -ENOSPC);
	assert_int_equal(p->s[A].acts.n, 0);
	assert_int_equal(count_of(p->s[A].h, "no-tag"), 1);
	pair_stop(p);
}

/* --- state that outlives the daemon ----------------------------------------------------------------------------- */

static void same_context(const struct s6_ctx *a, const struct s6_ctx *b)
{
	assert_int_equal(a->id, b->id);
	assert_int_equal(a->fii, b->fii);
	assert_true(a->ct_local == b->ct_local && a->ct_peer == b->ct_peer);
	assert_addr(&a->loc_local, &b->loc_local);
	assert_addr(&a->loc_peer, &b->loc_peer);
	assert_memory_equal(&a->ls_local, &b->ls_local, sizeof(a->ls_local));
	assert_memory_equal(&a->ls_peer, &b->ls_peer, sizeof(a->ls_peer));
	assert_int_equal(a->ka_timeout, b->ka_timeout);
	assert_int_equal(a->locally_triggered, b->locally_triggered);
}

static void save_and_restore(void **state)
{
	struct pair *p = *state;
	uint8_t blob[S6_SAVE_MAX], again[S6_SAVE_MAX];
	struct s6_locator l[2] = { { .addr = p->s[A].loc[0], .prio = 4 }, { .addr = p->s[A].loc[1] } };
	struct s6_ctx before;
	size_t len, i;

	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	pair_run(p, 100);
	use_pair(p, A, 1, 0);
	before = *ctx(p, A);
	len = s6_save(ctx(p, A), blob, sizeof(blob));
	assert_true(len > 100 && len <= S6_SAVE_MAX);
	assert_int_equal(s6_save(ctx(p, A), again, len - 1), 0);
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), -EEXIST);

	pair_reboot(p, A, &off);
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	for (i = 0; i < len; i++)		/* cut short */
		assert_int_equal(s6_restore(p->s[A].h, p->now, blob, i, &p->s[A].acts), -EINVAL);
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len + 1, &p->s[A].acts), -EINVAL);
	blob[3]++;				/* of another version */
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), -EINVAL);
	blob[3]--;
	p->trail[0] = 0;
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_trail(p, "");			/* nobody has to be told */
	assert_agreed(p);
	same_context(&before, ctx(p, A));
	assert_int_equal(p->s[A].last.old_state, S6_IDLE);
	assert_int_equal(s6_save(ctx(p, A), again, sizeof(again)), len);
	assert_memory_equal(blob, again, len);

	/* It is a context like any other: updates go on, R1bis finds it, its tag is not given away. */
	pair_locators(p, A, 7);
	pair_run(p, 100);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	pair_reboot(p, B, &off);
	tagged(p, A);
	pair_run(p, 100);
	assert_agreed(p);
}

/* An update under way when the daemon died is begun again, also if the locators come only after the contexts. */
static void restore_with_an_update(void **state)
{
	struct pair *p = *state;
	uint8_t blob[S6_SAVE_MAX];
	struct s6_host *h;
	size_t len;

	p->drop = lose_all;
	pair_locators(p, A, 7);
	len = s6_save(ctx(p, A), blob, sizeof(blob));
	p->drop = NULL;
	h = s6_host_new(&off, pair_fill, p, p->now);
	s6_host_free(p->s[A].h);
	p->s[A].h = h;
	p->s[A].n_shadow = 0;
	p->trail[0] = 0;
	assert_int_equal(s6_restore(h, p->now, blob, len, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_true(ctx(p, A)->update_pending);
	pair_locators(p, A, 7);
	pair_run(p, 100);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, A)->ls_local.n, 3);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
}

/* Any octets changed: refused or taken, never more. */
static void restore_of_noise(void **state)
{
	struct pair *p = *state;
	uint8_t blob[S6_SAVE_MAX], bad[S6_SAVE_MAX];
	size_t len = s6_save(ctx(p, A), blob, sizeof(blob));
	unsigned int i, ok = 0;
	int err;

	for (i = 0; i < 20000; i++) {
		pair_reboot(p, A, &off);
		memcpy(bad, blob, len);
		bad[pair_random(p) % len] = pair_random(p);
		bad[pair_random(p) % len] ^= 1 << pair_random(p) % 8;
		err = s6_restore(p->s[A].h, p->now, bad, len, &p->s[A].acts);
		assert_true(err == 0 || err == -EINVAL);
		ok += !err;
		pair_act(p, A);
		if (!(i % 64))
			pair_run(p, 100);
		p->trail[0] = 0;
	}
	assert_true(ok > 1000 && ok < 20000);
}

/* Only what lives is kept. */
static void nothing_to_save(void **state)
{
	struct pair *p = *state;
	uint8_t blob[S6_SAVE_MAX];

	drive(p, S6_I2_SENT);
	assert_int_equal(s6_save(ctx(p, A), blob, sizeof(blob)), 0);
}

int main(void)
{
#define PAIR(f) cmocka_unit_test_setup_teardown(f, setup_pair, teardown_pair)
	const struct CMUnitTest tests[] = {
		PAIR(peer_forgot),
		PAIR(recovery_over_another_pair),
		PAIR(recovery_of_a_fork),
		PAIR(forgetful_initiator),
		PAIR(i2bis_falls_back),
		PAIR(both_forget),
		OFF(forged_r1bis),
		OFF(replayed_i2),
		OFF(confusion),
		OFF(same_tag_of_two_hosts),
		OFF(confusion_by_change_of_tag),
		OFF(confusion_by_update),
		cmocka_unit_test(tiny_tag_space),
		cmocka_unit_test(tags_run_out),
		PAIR(save_and_restore),
		PAIR(restore_with_an_update),
		PAIR(restore_of_noise),
		OFF(nothing_to_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
