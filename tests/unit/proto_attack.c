// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peers that lie about their locators, on the path and off it: nothing changes, a counter says what was wrong, and
 * nobody gets a public-key operation out of us who has not shown that he receives what we send.
 */
#include "proof_test.h"

static const struct in6_addr *foreign(void)
{
	static struct in6_addr a;

	a = ip("2001:db8:bad::1");
	return &a;
}

static struct flight caught;		/* the last message of the type wanted */
static uint8_t wanted_type;
static bool swallow;

static bool catch(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)p;
	if (m->type != wanted_type)
		return false;
	caught = *f;
	return swallow;
}

/* Play A and B until A's message of @type is in `caught`; B has not seen it. */
static struct s6_msg catch_message(struct pair *p, uint8_t type)
{
	uint64_t lost = 0;

	wanted_type = type;
	swallow = true;
	p->drop = catch;
	caught.len = 0;
	if (type != SHIM6_I2) {
		p->drop = NULL;
		pair_establish(p);
		p->drop = catch;
	}
	if (type == SHIM6_I2 || type == SHIM6_R2) {
		if (type == SHIM6_R2) {		/* A is the responder */
			s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
			pair_act(p, A);
			s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
			pair_act(p, B);
		}
		assert_int_equal(pair_trigger(p, type == SHIM6_I2 ? A : B), 0);
	} else if (type == SHIM6_UPDATE_REQ) {
		proof_locators(p, A, 15);
	} else {
		struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);

		lost = ctx(p, A)->ct_peer;
		pair_reboot(p, B, &cfg);
		proof_locators(p, B, 7);
		s6_unknown_tag(p->s[B].h, p->now, lost, &p->s[A].loc[0], &p->s[B].loc[0], &p->s[B].acts);
		pair_act(p, B);
	}
	pair_run(p, 100);
	assert_int_not_equal(caught.len, 0);
	p->drop = NULL;
	p->trail[0] = 0;
	p->s[B].n_proven = 0;
	return parse(&caught);
}

static void give(struct pair *p, const struct s6_msg *m)
{
	pair_msg(p, B, &caught.src, &caught.dst, m);
}

enum lie {
	HONEST, FOREIGN_HBA, FOREIGN_SIGNED, NO_SIGNATURE, BROKEN_SIGNATURE, CUT_SIGNATURE, OTHER_GENERATION, OTHER_KEY,
	NO_PDS, SWAPPED_PDS, CUT_PDS, OTHER_METHOD, UNKNOWN_METHOD,
};

struct expect {
	enum lie lie;
	bool error;			/* Error 2, otherwise silence */
	const char *counter;
	enum cga_fail fail;
	bool proof;			/* it took a look at the proof */
};

/* The list of a hybrid ULID: two members by hash, one address signed. */
static const struct expect lies[] = {
	{ HONEST, false, "proven", CGA_OK, true },
	{ FOREIGN_HBA, true, "proof-list", CGA_NOT_IN_SET, true },
	{ FOREIGN_SIGNED, true, "proof-list", CGA_SIGNATURE, true },
	{ NO_SIGNATURE, true, "proof-list", CGA_NO_SIGNATURE, true },
	{ BROKEN_SIGNATURE, true, "proof-list", CGA_SIGNATURE, true },
	{ CUT_SIGNATURE, true, "proof-list", CGA_SIGNATURE, true },
	{ OTHER_GENERATION, true, "proof-list", CGA_SIGNATURE, true },
	{ OTHER_KEY, true, "proof-list", CGA_SIGNATURE, true },
	{ SWAPPED_PDS, false, "proof-pds", CGA_NOT_IN_SET, true },
	{ CUT_PDS, false, "proof-pds", CGA_EXTENSION, true },
	{ NO_PDS, true, "proof-list", CGA_OK, false },
	{ OTHER_METHOD, true, "proof-list", CGA_HASH1, true },
	{ UNKNOWN_METHOD, true, "proof-list", CGA_OK, false },
};

/* @m as the liar would have it; octets that it needs are in @scratch. */
static void tell(struct pair *p, struct s6_msg *m, enum lie lie, uint8_t scratch[CGA_SIGNATURE_MAX])
{
	struct s6_locator *last = &m->locators.loc[m->locators.n - 1];
	struct s6_own own = proofs[A].own;

	assert_int_equal(last->method, SHIM6_VERIFY_CGA);
	memcpy(scratch, m->signature.p, m->signature.len);
	switch (lie) {
	case FOREIGN_HBA:
		last->addr = *foreign();
		last->method = SHIM6_VERIFY_HBA;
		break;
	case FOREIGN_SIGNED:
		last->addr = *foreign();
		break;
	case NO_SIGNATURE:
		m->signature = (struct s6_bytes){ 0 };
		break;
	case BROKEN_SIGNATURE:
		scratch[40] ^= 0x10;
		m->signature.p = scratch;
		break;
	case CUT_SIGNATURE:
		m->signature.len--;
		break;
	case OTHER_GENERATION:		/* played again as if it were newer */
		m->locators.generation += 7;
		if (m->has_prefs)
			m->prefs.generation += 7;
		break;
	case OTHER_KEY:			/* of somebody who owns another CGA */
		own.list.generation = m->locators.generation;
		assert_true(prove_sign(test_key[B], &own, scratch));
		m->signature.p = scratch;
		break;
	case NO_PDS:
		m->pds = (struct s6_bytes){ 0 };
		break;
	case SWAPPED_PDS:
		m->pds = (struct s6_bytes){ proofs[B].pds[0], proofs[B].len };
		break;
	case CUT_PDS:
		m->pds.len -= 5;
		break;
	case OTHER_METHOD:		/* an address made like a member of the set, but by nobody's hash */
		memcpy(&last->addr, &p->s[A].loc[1], 8);
		last->method = SHIM6_VERIFY_HBA;
		break;
	case UNKNOWN_METHOD:
		last->method = 3;
		break;
	default:
		break;
	}
}

static bool remembered(uint8_t type, enum lie lie)
{
	return type == SHIM6_UPDATE_REQ && lie == NO_PDS;	/* Q30: allowed, as it is known */
}

static void one_lie(uint8_t type, const struct expect *e)
{
	uint8_t scratch[CGA_SIGNATURE_MAX], before[S6_SAVE_MAX], after[S6_SAVE_MAX];
	struct pair pair, *p = &pair;
	enum s6_state state;
	struct s6_proof proof;
	size_t n_before, n_after, at;
	uint64_t counted;
	struct s6_msg m;

	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, type);
	tell(p, &m, e->lie, scratch);
	counted = count_of(p->s[B].h, e->counter);
	state = state_of(p, B);
	n_before = ctx(p, B) ? s6_save(ctx(p, B), before, sizeof(before)) : 0;
	p->stop = true;
	give(p, &m);
	if (e->lie == HONEST || remembered(type, e->lie)) {
		assert_int_equal(count_of(p->s[B].h, "proven"), counted + (e->lie == HONEST) + (e->lie != HONEST));
		assert_string_equal(p->trail, type == SHIM6_UPDATE_REQ ? "B.Update Acknowledgement " :
				    type == SHIM6_R2 ? "" : "B.R2 ");
		assert_int_equal(ctx(p, B)->ls_peer.n, type == SHIM6_UPDATE_REQ ? 4 : 3);
		pair_stop(p);
		return;
	}
	assert_string_equal(p->trail, e->error ? "B.Error " : "");
	assert_int_equal(state_of(p, B), state);
	n_after = ctx(p, B) ? s6_save(ctx(p, B), after, sizeof(after)) : 0;
	assert_int_equal(n_after, n_before);
	assert_memory_equal(after, before, n_after);
	assert_int_equal(count_of(p->s[B].h, e->counter), counted + 1);
	assert_int_equal(p->s[B].n_proven, e->proof);
	if (e->proof)
		assert_int_equal(prove_message(test_cga, &p->held.pkt.src, &p->held.pkt.dst, p->held.pkt.data,
					       p->held.pkt.len, &p->held.ulid, (struct s6_bytes){ 0 }, 1024, &proof),
				 e->fail);
	if (e->error) {			/* it points at the method of the locator */
		m = parse(p->wire);
		assert_int_equal(m.code, SHIM6_ERR_VERIFY);
		at = m.pointer;
		assert_in_range(m.packet.p[at], SHIM6_VERIFY_HBA, 3);
	}
	pair_stop(p);
}

static void all_lies(uint8_t type)
{
	for (unsigned int i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct expect e = lies[i];

		if (remembered(type, e.lie))
			e.counter = "proven";
		one_lie(type, &e);
	}
}

/* S5533-7.13-06 S5533-7.13-07 S5533-7.13-10, Q08 */
static void lies_in_i2(void **state)
{
	(void)state;
	all_lies(SHIM6_I2);
}

/* S5533-7.16-03 S5533-7.16-05 */
static void lies_in_r2(void **state)
{
	(void)state;
	all_lies(SHIM6_R2);
}

/* S5533-7.20-06 S5533-7.20-07 */
static void lies_in_i2bis(void **state)
{
	(void)state;
	all_lies(SHIM6_I2BIS);
}

/* S5533-10.4-05 S5533-10.4-10, Q30 */
static void lies_in_updates(void **state)
{
	(void)state;
	all_lies(SHIM6_UPDATE_REQ);
}

/* S5535-9-01: a ULID that is in no set cannot be bound to one, though the set is somebody's own */
static void ulid_outside_the_set(void **state)
{
	struct pair pair, *p = &pair;
	struct s6_msg m;

	(void)state;
	proof_start(p, HBA, PLAIN);
	m = catch_message(p, SHIM6_I2);
	m.has_ulids = true;
	m.receiver_ulid = p->s[B].loc[0];
	m.sender_ulid = p->s[A].loc[2];
	give(p, &m);
	assert_int_equal(count_of(p->s[B].h, "i2-validator"), 1);	/* not even its own validator */
	assert_int_equal(s6_count(p->s[B].h), 0);
	pair_stop(p);
}

/*
 * S5535-11.4-01: the validator comes before all, and until it is right nothing is stored and nothing is computed; so do
 * nonce and locators in R2 and Update Request
 */
static void cheap_checks_come_first(void **state)
{
	static const uint8_t types[] = { SHIM6_I2, SHIM6_I2BIS, SHIM6_R2, SHIM6_UPDATE_REQ };
	uint8_t validator[64];

	(void)state;
	for (unsigned int i = 0; i < sizeof(types); i++) {
		struct pair pair, *p = &pair;
		struct s6_msg m;
		unsigned int contexts;

		proof_start(p, HYBRID, HYBRID);
		m = catch_message(p, types[i]);
		contexts = s6_count(p->s[B].h);
		for (unsigned int k = 0; k < 50; k++) {
			struct s6_msg bad = m;

			if (types[i] == SHIM6_R2) {
				bad.nonce += k + 1;
			} else if (types[i] == SHIM6_UPDATE_REQ) {
				bad.tag ^= k + 1;
			} else {
				memcpy(validator, m.validator.p, m.validator.len);
				validator[k % m.validator.len] ^= 1 + k / m.validator.len;
				bad.validator.p = validator;
			}
			give(p, &bad);
		}
		assert_int_equal(p->s[B].n_proven, 0);
		assert_int_equal(s6_count(p->s[B].h), contexts);
		/* The right message over foreign locators */
		pair_msg(p, B, foreign(), &caught.dst, &m);
		assert_int_equal(p->s[B].n_proven, 0);
		give(p, &m);
		assert_int_equal(p->s[B].n_proven, 1);
		pair_stop(p);
	}
}

/* What was proven once is not proven again: S5535-8-03 */
static void repeats_cost_nothing(void **state)
{
	struct pair pair, *p = &pair;
	struct s6_msg m;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_I2);
	for (int i = 0; i < 5; i++)
		give(p, &m);
	assert_trail(p, "B.R2 B.R2 B.R2 B.R2 B.R2 ");
	assert_int_equal(p->s[B].n_proven, 1);
	pair_stop(p);

	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_UPDATE_REQ);
	for (int i = 0; i < 5; i++)
		give(p, &m);
	assert_int_equal(p->s[B].n_proven, 1);
	/* An older list, played again under a new nonce: it is signed, but not the latest word. */
	proof_locators(p, A, 7);
	pair_run(p, 5000);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	p->s[B].n_proven = 0;
	m.nonce++;
	give(p, &m);
	assert_int_equal(p->s[B].n_proven, 0);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);
	assert_int_equal(count_of(p->s[B].h, "ur-old"), 5);
	pair_stop(p);
}

/* S5533-5.6-16: a list in I2 needs its PDS beside it, also of a peer whose PDS is known (Q30). */
static void pds_is_not_taken_from_memory(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);
	struct pair pair, *p = &pair;
	uint64_t ct_peer;
	struct s6_msg m;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	pair_establish(p);
	ct_peer = ctx(p, B)->ct_peer;
	assert_int_not_equal(s6_peer_pds(p->s[B].h, ctx(p, B)->id).len, 0);
	pair_reboot(p, A, &cfg);
	proof_locators(p, A, 7);
	wanted_type = SHIM6_I2;
	swallow = true;
	p->drop = catch;
	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 100);
	m = parse(&caught);
	m.pds = (struct s6_bytes){ 0 };
	p->drop = NULL;
	p->trail[0] = 0;
	p->s[B].n_proven = 0;
	give(p, &m);
	assert_trail(p, "B.Error ");
	assert_int_equal(p->s[B].n_proven, 0);
	assert_true(ctx(p, B)->ct_peer == ct_peer);
	pair_stop(p);
}

/* Nothing is computed for an Update Request while only an I1 was sent (10.4); another one brings its PDS to stay. */
static void updates_by_state(void **state)
{
	struct pair pair, *p = &pair;
	struct s6_msg m;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_UPDATE_REQ);
	s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
	pair_act(p, B);
	wanted_type = SHIM6_I1;
	swallow = true;
	p->drop = catch;
	assert_int_equal(pair_trigger(p, B), 0);
	m.tag = ctx(p, B)->ct_local;
	pair_msg(p, B, &p->s[A].loc[0], &p->s[B].loc[0], &m);
	assert_int_equal(p->s[B].n_proven, 0);
	assert_int_equal(count_of(p->s[B].h, "tagged-i1-sent"), 1);
	pair_stop(p);

	/* An I2 without a list, and then an Update Request with one */
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_I2);
	m.has_locators = m.has_prefs = false;
	m.pds = m.signature = (struct s6_bytes){ 0 };
	give(p, &m);
	assert_int_equal(ctx(p, B)->ls_peer.n, 1);
	assert_int_equal(s6_peer_pds(p->s[B].h, ctx(p, B)->id).len, 0);
	pair_run(p, 100);
	proof_locators(p, A, 15);
	pair_run(p, 1000);
	assert_int_equal(ctx(p, B)->ls_peer.n, 4);
	assert_int_equal(s6_peer_pds(p->s[B].h, ctx(p, B)->id).len, proofs[A].len);
	pair_stop(p);
}

/* --- a proof takes time, and the world goes on -------------------------------------------------------------------- */

static void come_back(struct pair *p, enum s6_proof_result result, const struct in6_addr *ulid)
{
	struct s6_proof proof = { .result = result, .ulid = *ulid };
	struct s6_action a = p->held;

	s6_proven(p->s[B].h, p->now, &a.pkt.src, &a.pkt.dst, a.pkt.data, a.pkt.len, &proof, &p->s[B].acts);
	pair_act(p, B);
}

static void all_is_checked_again(void **state)
{
	struct pair pair, *p = &pair;
	struct s6_config cfg;
	struct s6_msg m;

	(void)state;
	/* Nothing has changed while it was away, and nothing if it never comes back. */
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_I2);
	p->hold = true;
	give(p, &m);
	assert_int_equal(s6_count(p->s[B].h), 0);
	assert_trail(p, "");
	/* For somebody else's ULID it is worth nothing. */
	come_back(p, S6_PROOF_GOOD, &p->s[A].loc[1]);
	assert_int_equal(count_of(p->s[B].h, "proof-other"), 1);
	assert_int_equal(s6_count(p->s[B].h), 0);
	/* The validator has aged. */
	p->now += 60000;
	come_back(p, S6_PROOF_GOOD, &p->s[A].loc[0]);
	assert_int_equal(count_of(p->s[B].h, "i2-stale"), 1);
	assert_int_equal(s6_count(p->s[B].h), 0);
	p->now -= 60000;
	come_back(p, S6_PROOF_GOOD, &p->s[A].loc[0]);
	assert_trail(p, "B.R2 ");
	pair_stop(p);

	/* The exchange is over. */
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_R2);
	p->hold = true;
	give(p, &m);
	s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
	pair_act(p, B);
	come_back(p, S6_PROOF_GOOD, &p->s[A].loc[0]);
	assert_int_equal(count_of(p->s[B].h, "r2-unmatched"), 1);
	assert_int_equal(s6_count(p->s[B].h), 0);
	pair_stop(p);

	/* The context is gone; or the policy has changed. */
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_UPDATE_REQ);
	p->hold = true;
	give(p, &m);
	assert_trail(p, "");
	cfg = pair_config(S6_VERIFY_REQUIRED);
	cfg.max_locators = 2;
	assert_int_equal(s6_host_reconfigure(p->s[B].h, &cfg), 0);
	come_back(p, S6_PROOF_GOOD, &p->s[A].loc[0]);
	assert_int_equal(count_of(p->s[B].h, "list-long"), 1);
	s6_delete(p->s[B].h, p->now, ctx(p, B)->id, "test", &p->s[B].acts);
	pair_act(p, B);
	come_back(p, S6_PROOF_GOOD, &p->s[A].loc[0]);
	assert_trail(p, "B.R1bis ");
	pair_stop(p);
}

/* --- policy ------------------------------------------------------------------------------------------------------ */

static bool not_doc(const void *arg, const struct in6_addr *a)
{
	return memcmp(a, arg, 8);
}

static void limits(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);
	struct pair pair, *p = &pair;
	struct s6_msg m;
	uint32_t id;

	(void)state;
	proof_start(p, HYBRID, HYBRID);
	m = catch_message(p, SHIM6_I2);
	cfg.max_locators = 2;
	assert_int_equal(s6_host_reconfigure(p->s[B].h, &cfg), 0);
	give(p, &m);
	cfg.max_locators = 3;
	cfg.max_pds = m.pds.len - 1;
	assert_int_equal(s6_host_reconfigure(p->s[B].h, &cfg), 0);
	give(p, &m);
	assert_int_equal(count_of(p->s[B].h, "list-long"), 2);
	cfg.max_pds++;
	/* A locator, and then the ULID, in a prefix that is not allowed. */
	cfg.peer_ok = not_doc;
	cfg.peer_ok_arg = &p->s[A].loc[2];
	assert_int_equal(s6_host_reconfigure(p->s[B].h, &cfg), 0);
	assert_trail(p, "");
	give(p, &m);
	assert_trail(p, "B.Error ");
	cfg.peer_ok_arg = &p->s[A].loc[0];
	assert_int_equal(s6_host_reconfigure(p->s[B].h, &cfg), 0);
	give(p, &m);
	assert_trail(p, "");
	assert_int_equal(s6_trigger(p->s[B].h, p->now, &p->s[B].loc[0], &p->s[A].loc[0], 0, false, &id, &p->s[B].acts),
			 -EACCES);
	pair_act(p, B);
	assert_int_equal(count_of(p->s[B].h, "peer-denied"), 3);
	assert_int_equal(p->s[B].n_proven, 0);
	cfg.peer_ok = NULL;
	assert_int_equal(s6_host_reconfigure(p->s[B].h, &cfg), 0);
	give(p, &m);
	assert_trail(p, "B.R2 ");
	pair_stop(p);
}

/* S5533-16-01: min_bits is for keys that sign, not for what HBA-only addresses have in their place (Q28) */
static void short_keys(void **state)
{
	struct pair pair, *p = &pair;
	struct s6_proof proof;

	(void)state;
	for (enum kind k = HBA; k <= HYBRID; k++) {
		proof_start(p, k, HBA);
		catch_message(p, SHIM6_I2);
		assert_int_equal(prove_message(test_cga, &caught.src, &caught.dst, caught.data, caught.len,
					       &p->s[A].loc[0], (struct s6_bytes){ 0 }, 1025, &proof),
				 k == HBA ? CGA_OK : CGA_KEY_BITS);
		assert_int_equal(proof.result, k == HBA ? S6_PROOF_GOOD : S6_PROOF_LIST);
		assert_int_equal(proof.bad, k == HYBRID ? 2 : 0);
		pair_stop(p);
	}
}

/* With security.verify = none a proof that is given is looked at all the same; the rest is believed. */
static void verify_none(void **state)
{
	struct s6_config off = pair_config(S6_VERIFY_OFF);
	struct pair pair, *p = &pair;
	struct s6_msg m;

	(void)state;
	proof_start_with(p, PLAIN, HYBRID, &off);
	pair_establish(p);
	assert_int_equal(ctx(p, B)->ls_peer.n, 3);		/* method none */
	assert_int_equal(ctx(p, B)->peer_proven, 1);
	assert_int_equal(ctx(p, A)->ls_peer.n, 3);		/* proven */
	assert_int_equal(ctx(p, A)->peer_proven, 7);
	pair_stop(p);
	proof_start_with(p, HYBRID, PLAIN, &off);
	m = catch_message(p, SHIM6_I2);
	m.locators.loc[1].addr = *foreign();
	give(p, &m);
	assert_trail(p, "B.Error ");
	m.locators.loc[1].method = S6_VERIFY_NONE;
	give(p, &m);
	assert_trail(p, "B.R2 ");
	assert_int_equal(ctx(p, B)->peer_proven, 5);
	pair_stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lies_in_i2),
		cmocka_unit_test(lies_in_r2),
		cmocka_unit_test(lies_in_i2bis),
		cmocka_unit_test(lies_in_updates),
		cmocka_unit_test(ulid_outside_the_set),
		cmocka_unit_test(cheap_checks_come_first),
		cmocka_unit_test(repeats_cost_nothing),
		cmocka_unit_test(pds_is_not_taken_from_memory),
		cmocka_unit_test(updates_by_state),
		cmocka_unit_test(all_is_checked_again),
		cmocka_unit_test(limits),
		cmocka_unit_test(short_keys),
		cmocka_unit_test(verify_none),
	};

	return cmocka_run_group_tests(tests, NULL, proof_keys_free);
}
