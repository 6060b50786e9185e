// SPDX-License-Identifier: GPL-2.0-or-later
/* Contexts between hosts whose locators are proven by HBA and CGA: what they announce, and what they make of it. */
#include "proof_test.h"

static const char *const kind_name[] = { "plain", "HBA", "CGA", "hybrid" };

/* The messages of the last run that had a list, by type. */
static struct {
	struct flight f;
	unsigned int n, with_list;
} seen[256];

static bool look(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	const struct proof *proof = &proofs[f->from];
	struct cga_pds pds;
	unsigned int i, cga = 0;
	size_t at;

	seen[m->type].n++;
	seen[m->type].f = *f;
	if (!m->has_locators) {
		assert_null(m->pds.p);
		return false;
	}
	seen[m->type].with_list++;
	assert_int_not_equal(proof->kind, PLAIN);
	for (i = 0; i < m->locators.n; i++)
		cga += m->locators.loc[i].method == SHIM6_VERIFY_CGA;
	assert_int_equal(!!m->signature.p, cga > 0);
	assert_non_null(m->pds.p);
	assert_int_equal(cga_pds_parse(m->pds.p, m->pds.len, &pds, &at), CGA_OK);
	assert_int_equal(pds.prefixes != NULL, proof->kind != CGA);
	assert_memory_equal(m->pds.p + 16, &p->s[f->from].loc[0], 8);	/* S5535-8-02: the ULID's own */
	return false;
}

static void watch(struct pair *p)
{
	memset(seen, 0, sizeof(seen));
	p->drop = look;
}

static void check_methods(const struct s6_locset *ls, enum kind kind, const struct side *s)
{
	unsigned int i;

	assert_int_equal(ls->n, proof_members(kind));
	for (i = 0; i < ls->n; i++) {
		bool member = kind != CGA && i < 2;

		assert_addr(&ls->loc[i].addr, &s->loc[i]);
		assert_int_equal(ls->loc[i].method, member ? SHIM6_VERIFY_HBA : SHIM6_VERIFY_CGA);
	}
}

static void check_end(struct pair *p, int who, enum kind mine, enum kind peers)
{
	const struct s6_ctx *c = ctx(p, who);

	if (mine != PLAIN)
		check_methods(&c->ls_local, mine, &p->s[who]);
	else
		assert_int_equal(c->ls_local.n, 1);
	if (peers != PLAIN)
		check_methods(&c->ls_peer, peers, &p->s[!who]);
	else
		assert_int_equal(c->ls_peer.n, 1);
	assert_int_equal(c->peer_proven, (1u << c->ls_peer.n) - 1);
}

/*
 * S5533-3-01 S5533-3-02 S5533-5.6-14 S5533-5.6-16 S5533-5.6-17 S5533-5.7-10 S5533-5.7-11 S5533-5.7-12 S5533-5.15.4-02
 * S5533-5.15.4-03 S5533-7.11-09 S5535-8-01 S5535-8-02: every kind of ULID with every other
 */
static void every_kind_with_every_kind(void **state)
{
	(void)state;
	for (enum kind a = PLAIN; a <= HYBRID; a++) {
		for (enum kind b = PLAIN; b <= HYBRID; b++) {
			struct pair pair, *p = &pair;

			print_message("%s with %s\n", kind_name[a], kind_name[b]);
			proof_start(p, a, b);
			watch(p);
			pair_establish(p);
			check_end(p, A, a, b);
			check_end(p, B, b, a);
			assert_int_equal(seen[SHIM6_I2].with_list, a != PLAIN);
			assert_int_equal(seen[SHIM6_R2].with_list, b != PLAIN);
			assert_int_equal(p->s[B].n_proven, a != PLAIN);		/* once: S5535-8-03 */
			assert_int_equal(p->s[A].n_proven, b != PLAIN);
			pair_stop(p);
		}
	}
}

/* S5533-5.9-13 S5533-5.9-14 S5533-7.18-08: recovery carries the proofs as well */
static void recovery_is_proven(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);

	(void)state;
	for (enum kind a = HBA; a <= HYBRID; a++) {
		struct pair pair, *p = &pair;
		uint64_t lost;

		proof_start(p, a, HYBRID);
		pair_establish(p);
		lost = ctx(p, A)->ct_peer;
		pair_reboot(p, B, &cfg);
		proof_locators(p, B, 7);
		watch(p);
		s6_unknown_tag(p->s[B].h, p->now, lost, &p->s[A].loc[0], &p->s[B].loc[0], &p->s[B].acts);
		pair_act(p, B);
		pair_run(p, 200);
		assert_trail(p, "B.R1bis A.I2bis B.R2 ");
		assert_agreed(p);
		assert_int_equal(seen[SHIM6_I2BIS].with_list, 1);
		check_end(p, A, a, HYBRID);
		check_end(p, B, HYBRID, a);
		pair_stop(p);
	}
}

/*
 * S5533-10-02 S5533-5.10-10 S5533-5.10-11 S5533-10.1-05 S5533-10.1-06 S5535-8.1-01: what a new address is good for
 */
static void new_addresses(void **state)
{
	static const struct { enum kind kind; unsigned int first, then, members; bool update, cga; } t[] = {
		{ HBA, 7, 15, 2, false, false },	/* not in the set, and nothing to sign with */
		{ HBA, 1, 3, 2, true, false },		/* a member that was not there before */
		{ HBA, 3, 1, 1, true, false },
		{ CGA, 7, 15, 4, true, true },
		{ HYBRID, 3, 15, 4, true, true },
		{ HYBRID, 15, 3, 2, true, false },
	};

	(void)state;
	for (unsigned int i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct pair pair, *p = &pair;
		struct s6_msg m;

		proof_start(p, t[i].kind, HBA);
		proof_locators(p, A, t[i].first);
		pair_establish(p);
		watch(p);
		proof_locators(p, A, t[i].then);
		pair_run(p, 200);
		assert_trail(p, t[i].update ? "A.Update Request B.Update Acknowledgement " : "");
		assert_int_equal(ctx(p, B)->ls_peer.n, t[i].members);
		assert_int_equal(ctx(p, A)->ls_local.n, t[i].members);
		if (t[i].update) {
			m = parse(&seen[SHIM6_UPDATE_REQ].f);
			assert_int_equal(!!m.signature.p, t[i].cga);
			assert_int_equal(m.locators.generation, proofs[A].generation);
		}
		/* A ULID whose address went stays in the list, marked. */
		proof_locators(p, A, t[i].then & ~1u);
		pair_run(p, 200);
		if (t[i].members > 1) {		/* it takes another one to say so */
			const struct s6_locset *ls = &ctx(p, B)->ls_peer;

			assert_int_equal(ls->loc[s6_locset_find(ls, &p->s[A].loc[0])].flags, SHIM6_LOC_BROKEN);
		}
		pair_stop(p);
	}
}

/* One signature serves all peers. */
static void one_signature(void **state)
{
	struct in6_addr other = ip("2001:db8:b9::9");
	uint8_t first[CGA_SIGNATURE_MAX];
	struct pair pair, *p = &pair;
	struct s6_msg m, r1;
	uint32_t id;

	(void)state;
	proof_start(p, HYBRID, PLAIN);
	watch(p);
	pair_establish(p);
	m = parse(&seen[SHIM6_I2].f);
	assert_int_equal(m.signature.len, 128);
	memcpy(first, m.signature.p, 128);
	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &other, 0, false, &id, &p->s[A].acts), 0);
	pair_act(p, A);
	m = parse(&seen[SHIM6_I1].f);
	r1 = (struct s6_msg){ .type = SHIM6_R1, .nonce = m.nonce, .validator = { first, 8 } };
	pair_msg(p, A, &other, &p->s[A].loc[0], &r1);
	m = parse(&seen[SHIM6_I2].f);
	assert_addr(&seen[SHIM6_I2].f.dst, &other);
	assert_int_equal(m.signature.len, 128);
	assert_memory_equal(m.signature.p, first, 128);
	pair_stop(p);
}

/* What was signed goes out again as it was, even when there is something newer by then. */
static void repeats_are_the_same(void **state)
{
	struct pair pair, *p = &pair;
	struct flight first;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	watch(p);
	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 15);		/* I1 is there, R1 on its way */
	p->stop = true;
	pair_arrive(p, p->wire);
	free(wire_take(p));
	assert_state(p, A, S6_I2_SENT);
	first = seen[SHIM6_I2].f;
	free(wire_take(p));		/* the I2 is lost */
	proof_locators(p, A, 15);
	pair_run(p, 7000);
	assert_true(seen[SHIM6_I2].n > 1);
	assert_int_equal(seen[SHIM6_I2].f.len, first.len);
	assert_memory_equal(seen[SHIM6_I2].f.data, first.data, first.len);
	p->stop = false;
	pair_run(p, 20000);
	assert_agreed(p);
	assert_int_equal(ctx(p, B)->ls_peer.n, 4);	/* by an Update Request */
	pair_stop(p);
}

/* With a validator that leaves no room, the context comes without our list (5.6: it is optional). */
static void no_room(void **state)
{
	struct pair pair, *p = &pair;
	uint8_t v[400] = { 0 };
	struct s6_msg m;

	(void)state;
	proof_start(p, HYBRID, PLAIN);
	/* A large key: parameters and signature fill the message. */
	proofs[A].own.pds.len = 0;
	uint8_t big[900] = { 0 };
	struct s6_own own = proofs[A].own;

	own.pds = (struct s6_bytes){ big, sizeof(big) };
	assert_int_equal(s6_set_own(p->s[A].h, &own, 1), 0);
	pair_locators(p, A, 7);
	watch(p);
	p->drop = NULL;
	p->stop = true;
	assert_int_equal(pair_trigger(p, A), 0);
	m = parse(p->wire);
	m = (struct s6_msg){ .type = SHIM6_R1, .nonce = m.nonce, .validator = { v, sizeof(v) } };
	pair_msg(p, A, &p->s[B].loc[0], &p->s[A].loc[0], &m);
	free(wire_take(p));
	m = parse(p->wire);
	assert_int_equal(m.type, SHIM6_I2);
	assert_false(m.has_locators);
	assert_null(m.pds.p);
	assert_null(m.signature.p);
	assert_int_equal(m.validator.len, sizeof(v));
	assert_int_equal(count_of(p->s[A].h, "list-room"), 1);
	pair_stop(p);
}

/* A list always leaves room for what goes with it. */
static void list_room(void **state)
{
	unsigned int n, last = S6_LOCATORS_MAX;

	(void)state;
	assert_int_equal(s6_list_room(130, 0), S6_LOCATORS_MAX);
	assert_in_range(s6_list_room(350, 256), 8, 24);		/* RSA-2048 */
	assert_in_range(s6_list_room(900, 0), 1, 12);
	assert_int_equal(s6_list_room(1200, 0), 0);
	assert_int_equal(s6_list_room(5000, 0), 0);
	assert_int_equal(s6_list_room(100, 5000), 0);
	for (size_t len = 100; len < 1200; len += 50) {
		n = s6_list_room(len, 0);
		assert_true(n <= last);
		last = n;
	}
}

static void set_own_refuses(void **state)
{
	struct pair pair, *p = &pair;
	struct s6_own own;

	(void)state;
	proof_start(p, HBA, PLAIN);
	own = proofs[A].own;
	own.ulid = p->s[A].loc[2];		/* not in its own list */
	assert_int_equal(s6_set_own(p->s[A].h, &own, 1), -EINVAL);
	own = proofs[A].own;
	own.pds.p = NULL;
	assert_int_equal(s6_set_own(p->s[A].h, &own, 1), -EINVAL);
	pair_establish(p);
	assert_int_equal(ctx(p, A)->ls_local.n, 2);	/* what was there stayed */
	pair_stop(p);
}

/* --- over a restart ---------------------------------------------------------------------------------------------- */

static size_t save_and_restart(struct pair *p, int who, uint8_t *blob)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);
	size_t len = s6_save(ctx(p, who), blob, S6_SAVE_MAX);

	assert_int_not_equal(len, 0);
	pair_reboot(p, who, &cfg);
	assert_int_equal(s6_restore(p->s[who].h, p->now, blob, len, &p->s[who].acts), 0);
	pair_act(p, who);
	return len;
}

/* The generation goes on where it was, so that nobody has to be told anything. */
static void taken_up_again(void **state)
{
	uint8_t blob[S6_SAVE_MAX];
	struct pair pair, *p = &pair;
	uint32_t generation;
	struct s6_own own;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	pair_establish(p);
	save_and_restart(p, A, blob);
	own = proofs[A].own;
	assert_true(s6_own_generation(p->s[A].h, &own, 1, &generation));
	assert_int_equal(generation, proofs[A].generation);
	own.list.n = 2;
	assert_true(s6_own_generation(p->s[A].h, &own, 1, &generation));
	assert_int_equal(generation, proofs[A].generation + 1);		/* another list */
	own.ulid = p->s[A].loc[1];
	assert_false(s6_own_generation(p->s[A].h, &own, 1, &generation));

	proofs[A].generation--;
	proof_locators(p, A, 7);
	pair_run(p, 1000);
	assert_trail(p, "");
	watch(p);
	proof_locators(p, A, 3);
	pair_run(p, 1000);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");

	/* Otherwise the peer is told. */
	save_and_restart(p, A, blob);
	proofs[A].generation += 5;
	proof_locators(p, A, 3);
	pair_run(p, 1000);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, B)->ls_peer.generation, proofs[A].generation);
	pair_stop(p);
}

/* Q30: the PDS of the peer is known after a restart, so an Update Request may come without it */
static void the_peers_pds_is_kept(void **state)
{
	uint8_t blob[S6_SAVE_MAX];
	struct pair pair, *p = &pair;
	struct s6_msg m;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	pair_establish(p);
	save_and_restart(p, B, blob);
	proof_locators(p, B, 7);
	pair_run(p, 1000);
	assert_int_equal(s6_peer_pds(p->s[B].h, ctx(p, B)->id).len, proofs[A].len);
	p->trail[0] = 0;
	watch(p);
	p->stop = true;
	proof_locators(p, A, 15);
	m = parse(&seen[SHIM6_UPDATE_REQ].f);
	m.pds = (struct s6_bytes){ 0 };
	pair_msg(p, B, &p->s[A].loc[0], &p->s[B].loc[0], &m);
	assert_trail(p, "A.Update Request B.Update Acknowledgement ");
	assert_int_equal(ctx(p, B)->ls_peer.n, 4);
	pair_stop(p);
}

/* What a ULID announces is made again and is the same: nobody is told, and contexts keep what they have. */
static void made_again_the_same(void **state)
{
	struct pair pair, *p = &pair;

	(void)state;
	proof_start(p, HYBRID, HBA);
	pair_establish(p);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(s6_set_own(p->s[A].h, &proofs[A].own, 1), 0);
		pair_locators(p, A, 7);
		pair_run(p, 1000);
	}
	assert_trail(p, "");
	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
	pair_act(p, B);
	pair_establish(p);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	pair_stop(p);
}

/* 5.15.2: addresses that came between I1 and I2 are told as they were signed, under the generation that was signed. */
static void addresses_during_the_exchange(void **state)
{
	struct pair pair, *p = &pair;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	assert_int_equal(pair_trigger(p, A), 0);
	proof_locators(p, A, 15);
	pair_run(p, 1000);
	assert_agreed(p);
	assert_trail(p, "A.I1 B.R1 A.I2 B.R2 ");
	assert_int_equal(ctx(p, B)->ls_peer.n, 4);
	assert_int_equal(ctx(p, B)->ls_peer.generation, proofs[A].generation);
	pair_stop(p);
}

/* The source of an exchange whose first one has gone is one that our list can name: others are nobody's to the peer. */
static void other_source_is_in_the_list(void **state)
{
	struct s6_locator l[2] = { { .prio = 0 } };
	struct pair pair, *p = &pair;

	(void)state;
	proof_start(p, HBA, HBA);		/* locators 0 and 1 are the set */
	assert_int_equal(pair_trigger(p, A), 0);
	l[0].addr = p->s[A].loc[2];
	l[1].addr = p->s[A].loc[1];
	p->s[A].mask = 6;
	s6_set_local(p->s[A].h, p->now, l, 2, &p->s[A].acts);
	pair_act(p, A);
	watch(p);
	while (!seen[SHIM6_I1].n)
		pair_run(p, 100);
	assert_addr(&seen[SHIM6_I1].f.src, &p->s[A].loc[1]);
	pair_run(p, 1000);
	assert_agreed(p);
	pair_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_with_every_kind),
		cmocka_unit_test(recovery_is_proven),
		cmocka_unit_test(new_addresses),
		cmocka_unit_test(one_signature),
		cmocka_unit_test(repeats_are_the_same),
		cmocka_unit_test(no_room),
		cmocka_unit_test(list_room),
		cmocka_unit_test(set_own_refuses),
		cmocka_unit_test(taken_up_again),
		cmocka_unit_test(the_peers_pds_is_kept),
		cmocka_unit_test(made_again_the_same),
		cmocka_unit_test(addresses_during_the_exchange),
		cmocka_unit_test(other_source_is_in_the_list),
	};

	return cmocka_run_group_tests(tests, NULL, proof_keys_free);
}
