// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locators of both ends, and what the kernel and the reachability daemon tell.
 * Each test fails if one clause of a condition, or one statement, is turned over that others pass without.
 */
#include "proto_played.h"

/* --- our own locators --------------------------------------------------------------------------------------------- */

/*
 * 5.15.2, 7.6: addresses that come while the I2 is not yet sent are in it, under a generation of their own, as R2 may
 * have told of the others; and the R2 that answers it makes them ours to use, without an Update.
 */
static void locators_of_the_exchange(void **state)
{
	struct pair *p = *state;
	uint32_t generation;
	struct s6_msg m;

	drive(p, S6_I1_SENT);
	m = i1_msg(0x99);			/* the peer begins, too */
	play(p, &m);
	assert_int_equal(out.type, SHIM6_R2);
	assert_int_equal(out.locators.n, 2);
	generation = out.locators.generation;
	pair_locators(p, A, 7);
	while (out.type != SHIM6_I1)
		pair_run(p, 100);
	m = r1_msg();
	play(p, &m);
	assert_int_equal(out.type, SHIM6_I2);
	assert_int_equal(out.locators.n, 3);
	assert_int_equal(out.locators.generation, generation + 1);
	assert_int_equal(ctx(p, A)->ls_local.n, 2);
	m = r2_msg(PEER_TAG);
	p->trail[0] = 0;
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(ctx(p, A)->ls_local.n, 3);
	assert_trail(p, "");
}

/* The order in which the host lists its addresses is no news, nor is anything else that has been said already. */
static void nothing_new_is_not_told(void **state)
{
	struct s6_locator l[2] = { { .prio = 0 } };
	struct pair *p = *state;

	drive(p, S6_ESTABLISHED);
	l[0].addr = p->s[A].loc[1];
	l[1].addr = p->s[A].loc[0];
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	assert_trail(p, "");
	l[0].weight = 4;
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	assert_trail(p, "A.Update Request ");
	assert_int_equal(out.prefs.el[1].weight, 4);
	l[0].prio = 3;
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	assert_trail(p, "A.Update Request ");
	/* we obey our own preferences at once */
	assert_int_equal(ctx(p, A)->ls_local.loc[1].prio, 3);
	assert_int_equal(ctx(p, A)->ls_local.loc[1].weight, 4);
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	assert_trail(p, "");
	/* what was lost once is not lost again */
	pair_locators(p, A, 2);
	assert_int_equal(p->s[A].n_explore, 1);
	l[0].prio = 9;
	s6_set_local(p->s[A].h, p->now, l, 1, &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(ctx(p, A)->ls_local.loc[1].prio, 9);
	assert_int_equal(p->s[A].n_explore, 1);
}

/* 10.3: preferences that change while a list is outstanding are told with the list. */
static void preferences_after_a_list(void **state)
{
	struct s6_locator l[3] = { { .prio = 0 } };
	struct pair *p = *state;

	drive(p, S6_ESTABLISHED);
	for (unsigned int i = 0; i < 3; i++)
		l[i].addr = p->s[A].loc[i];
	p->s[A].mask = 7;
	s6_set_local(p->s[A].h, p->now, l, 3, &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(out.locators.n, 3);
	l[2].prio = 1;
	s6_set_local(p->s[A].h, p->now, l, 3, &p->s[A].acts);
	pair_act(p, A);
	assert_true(out.has_locators && out.has_prefs);
	assert_int_equal(out.locators.n, 3);
	assert_int_equal(out.prefs.el[2].prio, 1);
}

/* 2.2: a locator in use that an administrator gives to another group is left when the peer knows. */
static void locator_in_use_leaves_its_group(void **state)
{
	struct s6_locator l[2] = { { .group = 0 }, { .group = 1 } };
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	assert_int_equal(s6_use_pair(p->s[A].h, p->now, ctx(p, A)->ct_local, &p->s[A].loc[1], &p->s[B].loc[1],
				     &p->s[A].acts), 0);
	pair_act(p, A);
	l[0].addr = p->s[A].loc[0];
	l[1].addr = p->s[A].loc[1];
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	assert_int_equal(out.locators.n, 1);
	assert_int_equal(p->s[A].n_explore, 0);
	m = update_msg(p, SHIM6_UPDATE_ACK, out.nonce);
	play(p, &m);
	assert_int_equal(ctx(p, A)->ls_local.n, 1);
	assert_string_equal(p->s[A].explore_why, "the local locator in use is no longer announced");
}

/* --- the peer's locators ------------------------------------------------------------------------------------------ */

/* 10.4: no list was ever sent, so no preferences fit; and the first list is not old, whatever its generation. */
static void first_list(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = r2_msg(PEER_TAG);
	play(p, &m);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	play(p, &m);
	assert_int_equal(out.type, SHIM6_UPDATE_ACK);
	m = update_msg(p, SHIM6_UPDATE_REQ, 2);
	m.has_prefs = true;
	m.prefs = (struct s6_pref_list){ .element_len = 1, .n = 1 };
	play(p, &m);
	assert_int_equal(out.type, SHIM6_ERROR);
	assert_int_equal(out.code, SHIM6_ERR_GENERATION);
	m = update_msg(p, SHIM6_UPDATE_REQ, 3);
	put_list(p, &m, 0xfffffff8, 3);
	play(p, &m);
	assert_int_equal(out.type, SHIM6_UPDATE_ACK);
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
}

/* 10.4: an Update Request that is played again after others is acknowledged again and changes nothing. */
static void replayed_updates(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	for (unsigned int i = 1; i <= 8; i++) {
		m = update_msg(p, SHIM6_UPDATE_REQ, i);
		m.has_prefs = true;
		m.prefs = (struct s6_pref_list){ .generation = 1000, .element_len = 2, .n = 2 };
		m.prefs.el[0].prio = i;
		play(p, &m);
		assert_int_equal(ctx(p, A)->ls_peer.loc[0].prio, i);
	}
	for (unsigned int i = 1; i <= 8; i++) {
		m.nonce = i;
		m.prefs.el[0].prio = i;
		p->trail[0] = 0;
		play(p, &m);
		assert_trail(p, "A.Update Acknowledgement ");
		assert_int_equal(out.nonce, i);
		assert_int_equal(ctx(p, A)->ls_peer.loc[0].prio, 8);
	}
	assert_int_equal(cnt(p, "ur-old"), 8);
}

/* Q14: an Update Request in I2-SENT is obeyed as far as can be: a list counts from there on. */
static void update_in_i2_sent(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	put_list(p, &m, 1000, 3);
	m.locators.loc[0].addr = p->s[B].loc[2];
	m.locators.loc[1].addr = p->s[B].loc[0];
	play(p, &m);
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
	assert_int_equal(ctx(p, A)->peer_proven, 2);	/* the ULID, which is the second one now */
	p->trail[0] = 0;
	m = update_msg(p, SHIM6_UPDATE_REQ, 2);
	m.has_prefs = true;
	m.prefs = (struct s6_pref_list){ .generation = 1000, .element_len = 2, .n = 2, .el = { { .prio = 6 } } };
	play(p, &m);
	assert_null(strstr(p->trail, "A.Error "));
	assert_int_equal(ctx(p, A)->ls_peer.loc[0].prio, 6);
}

/* --- what the kernel and the reachability daemon tell ------------------------------------------------------------- */

static void told(struct pair *p, uint64_t tag, const struct in6_addr *src, const struct in6_addr *dst)
{
	p->trail[0] = 0;
	s6_unknown_tag(p->s[A].h, p->now, tag, src, dst, &p->s[A].acts);
	pair_act(p, A);
}

/* 12.2, 12.4: by the tag, the locators and the state of the context */
static void told_of_tags(void **state)
{
	struct in6_addr ll = ip("fe80::1");
	struct pair *p = *state;
	struct in6_addr *a = p->s[A].loc, *b = p->s[B].loc;
	struct s6_msg m;
	uint64_t tag;

	told(p, LOST_TAG, &ll, a);
	assert_trail(p, "");
	told(p, LOST_TAG, b, &ll);
	assert_trail(p, "");
	assert_int_equal(cnt(p, "locator"), 2);
	told(p, LOST_TAG, b, a);
	assert_trail(p, "A.R1bis ");

	drive(p, S6_I2_SENT);
	tag = ctx(p, A)->ct_local;
	assert_int_equal(s6_use_pair(p->s[A].h, p->now, tag, a, b, &p->s[A].acts), -EINVAL);
	p->now += 1000;
	told(p, tag, b + 3, a);
	assert_trail(p, "A.I2 ");		/* Q23: payload, over whatever locators */

	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1000, 3);
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	told(p, tag, b + 1, a + 1);
	assert_trail(p, "");
	told(p, tag, b + 3, a);
	assert_trail(p, "A.R1bis ");
	told(p, tag, b, a + 3);
	assert_trail(p, "A.R1bis ");
	assert_int_equal(cnt(p, "foreign-locators"), 2);
	assert_int_equal(s6_use_pair(p->s[A].h, p->now, tag + 1, a, b, &p->s[A].acts), -ENOENT);
}

/* Contexts go while others are still being told of new addresses. */
static void deleted_while_the_host_tells(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct s6_locator l = { .prio = 1 };
	struct pair *p = *state;
	unsigned int n;

	cfg.max_contexts = 1024;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	for (uint32_t fii = 0; fii < 600; fii++) {
		uint32_t id;

		assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], fii, false, &id,
					    &p->s[A].acts), 0);
		s6_actions_clear(&p->s[A].acts);
	}
	l.addr = p->s[A].loc[0];
	s6_set_local(p->s[A].h, p->now, &l, 1, &p->s[A].acts);
	s6_actions_clear(&p->s[A].acts);
	assert_int_equal(s6_next_due(p->s[A].h), 0);		/* not done yet */
	for (n = 0; n < 590; n++) {
		s6_delete(p->s[A].h, p->now, s6_next(p->s[A].h, NULL)->id, "test", &p->s[A].acts);
		s6_actions_clear(&p->s[A].acts);
	}
	s6_timeout(p->s[A].h, p->now, &p->s[A].acts);
	s6_actions_clear(&p->s[A].acts);
	assert_int_not_equal(s6_next_due(p->s[A].h), 0);
	assert_int_equal(s6_count(p->s[A].h), 10);
}

/* A hold-down is as good as no context, and only an established one is updated (10.1). */
static void told_in_other_states(void **state)
{
	static const enum s6_state states[] = { S6_I1_SENT, S6_I2_SENT, S6_I2BIS_SENT, S6_E_FAILED };
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct pair pair, *p = &pair;
		struct in6_addr *a = p->s[A].loc, *b = p->s[B].loc;
		uint64_t tag;

		played_start(p, &cfg);
		drive(p, states[i]);
		assert_int_equal(s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts), -ENOENT);
		tag = ctx(p, A)->ct_local;
		if (states[i] == S6_E_FAILED) {
			assert_int_equal(s6_use_pair(p->s[A].h, p->now, tag, a, b, &p->s[A].acts), -ENOENT);
			told(p, tag, b, a);
			assert_trail(p, "A.R1bis ");
		}
		pair_stop(p);
	}
}

/* --- configuration, and what outlives the daemon ------------------------------------------------------------------ */

static void impossible_configurations(void **state)
{
	struct s6_config good, bad[8];
	struct pair *p = *state;

	s6_config_default(&good);
	for (unsigned int i = 0; i < 8; i++)
		bad[i] = good;
	bad[0].max_contexts = 0;
	bad[1].tag_bits = 0;
	bad[2].tag_bits = 48;
	bad[3].send_timeout = 999;
	bad[4].send_timeout = 65536000;
	bad[5].max_locators = 0;
	bad[6].max_locators = S6_LOCATORS_MAX + 1;
	bad[7].max_pds = S6_PDS_MAX + 1;
	for (unsigned int i = 0; i < 8; i++) {
		assert_int_equal(s6_host_reconfigure(p->s[A].h, &bad[i]), -EINVAL);
		assert_null(s6_host_new(&bad[i], pair_fill, p, p->now));
	}
	good.send_timeout = 65535000;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &good), 0);
}

/* RFC 5534, 5.3: both Keepalive Timeouts outlive the daemon, and that the peer has heard of ours. */
static void timeouts_are_kept(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	uint8_t blob[S6_SAVE_MAX];
	struct pair *p = *state;
	struct s6_msg m;
	size_t len;

	cfg.send_timeout = 20000;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.has_ka_timeout = true;
	m.ka_timeout = 30;
	play(p, &m);
	len = s6_save(ctx(p, A), blob, sizeof(blob));
	pair_reboot(p, A, &cfg);
	p->trail[0] = 0;
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_trail(p, "");
	assert_int_equal(ctx(p, A)->ka_timeout, 30000);
	cfg.send_timeout = 15000;		/* the default has to be said now */
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	s6_timeout(p->s[A].h, p->now, &p->s[A].acts);
	pair_act(p, A);
	assert_trail(p, "A.Update Request ");
	assert_true(out.has_ka_timeout);
	assert_int_equal(out.ka_timeout, 15);
}

/* Octets that no daemon of ours wrote are not taken up; the offsets are those of shim6_save.c. */
static void damaged_state(void **state)
{
	static const struct {
		unsigned int at, n;
		uint8_t with;
	} bad[] = {
		{ 12, 6, 0 },			/* CT(local) */
		{ 24, 16, 0 }, { 40, 1, 0xff }, { 56, 16, 0 }, { 72, 1, 0xff },		/* ULIDs and locators */
		{ 88, 4, 0 }, { 92, 4, 0 },	/* Keepalive Timeouts */
		{ 109, 1, 0 }, { 109, 1, S6_LOCATORS_MAX + 1 }, { 109, 1, 255 },	/* how many in Ls(local) */
		{ 110, 1, 0xff },		/* the first of them */
	};
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	uint8_t blob[S6_SAVE_MAX], broken[S6_SAVE_MAX];
	struct pair *p = *state;
	size_t len;

	drive(p, S6_ESTABLISHED);
	len = s6_save(ctx(p, A), blob, sizeof(blob));
	assert_int_equal(blob[109], 2);
	pair_reboot(p, A, &cfg);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		memcpy(broken, blob, len);
		memset(broken + bad[i].at, bad[i].with, bad[i].n);
		assert_int_equal(s6_restore(p->s[A].h, p->now, broken, len, &p->s[A].acts), -EINVAL);
	}
	assert_int_equal(s6_count(p->s[A].h), 0);

	/* Nor is what would stand beside another one: of the same names, of the same tag, of the same peer's tag. */
	assert_int_equal(pair_trigger(p, A), 0);
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), -EEXIST);
	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), 0);
	pair_act(p, A);
	memcpy(broken, blob, len);
	broken[11] = 7;				/* FII */
	assert_int_equal(s6_restore(p->s[A].h, p->now, broken, len, &p->s[A].acts), -EEXIST);
	broken[17] ^= 1;			/* another CT(local), but still the same CT(peer) */
	assert_int_equal(s6_restore(p->s[A].h, p->now, broken, len, &p->s[A].acts), -EEXIST);
	broken[23] ^= 1;
	assert_int_equal(s6_restore(p->s[A].h, p->now, broken, len, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_int_equal(s6_count(p->s[A].h), 2);
}

/* A context that is taken up again under a number that is taken gets another. */
static void number_is_taken(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	uint8_t blob[S6_SAVE_MAX];
	struct pair *p = *state;
	uint32_t id;
	size_t len;

	drive(p, S6_ESTABLISHED);
	len = s6_save(ctx(p, A), blob, sizeof(blob));
	pair_reboot(p, A, &cfg);
	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], 9, false, &id,
				    &p->s[A].acts), 0);
	pair_act(p, A);
	assert_int_equal(s6_restore(p->s[A].h, p->now, blob, len, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_int_equal(s6_find_id(p->s[A].h, id)->fii, 9);
	assert_int_not_equal(ctx(p, A)->id, id);
	assert_state(p, A, S6_ESTABLISHED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OFF(locators_of_the_exchange),
		OFF(nothing_new_is_not_told),
		OFF(preferences_after_a_list),
		OFF(locator_in_use_leaves_its_group),
		OFF(first_list),
		OFF(replayed_updates),
		OFF(update_in_i2_sent),
		OFF(told_of_tags),
		cmocka_unit_test(told_in_other_states),
		OFF(deleted_while_the_host_tells),
		OFF(impossible_configurations),
		OFF(timeouts_are_kept),
		OFF(damaged_state),
		OFF(number_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
