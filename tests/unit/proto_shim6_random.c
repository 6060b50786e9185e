// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two hosts, everything that can happen to them, in an order drawn from a seed: contexts wanted and ended, restarts
 * with and without memory, addresses that come and go, packets lost, doubled, reordered, replayed and damaged.  After
 * each step what always holds is checked; when the noise stops, both have to agree.
 *
 * SEED=n runs one seed alone and shows its steps, SEEDS=n another number of them.
 */
#include "proto_pair.h"

#define STEPS	150

static struct flight kept[32];		/* old packets, to be played again */
static unsigned int n_kept;
static bool show;
static bool forger;			/* damaged packets with a good checksum: no more than tags can agree */
static unsigned long seed;		/* in work; 0: all went well */

static bool keep(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)m;
	kept[n_kept++ % 32] = *f;
	(void)p;
	return false;
}

static struct s6_config config(struct pair *p)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);

	cfg.send_timeout = p->seed % 3 ? 15000 : 7000;
	return cfg;
}

/*
 * A host has lost a context.  What it said before is out of the network by now: nothing in RFC 5533 lets a peer that
 * kept its tag tell an Update Request of the former context from one of the next.
 */
static void silence(struct pair *p, int who)
{
	struct flight **f = &p->wire, *old;

	while ((old = *f)) {
		if (old->from != who) {
			f = &old->next;
			continue;
		}
		*f = old->next;
		free(old);
	}
	n_kept = 0;
}

static void reboot(struct pair *p, int who)
{
	struct s6_config cfg = config(p);

	silence(p, who);
	pair_reboot(p, who, &cfg);
}

static bool common(const struct s6_locset *a, const struct s6_locset *b)
{
	unsigned int i;

	for (i = 0; i < a->n; i++)
		if (s6_locset_find(b, &a->loc[i].addr) >= 0)
			return true;
	return false;
}

static void always(struct pair *p, int who)
{
	struct s6_host *h = p->s[who].h;
	const struct s6_ctx *c = NULL, *d;
	bool waits = false;

	while ((c = s6_next(h, c))) {
		assert_true(c->state > S6_IDLE && c->state < S6_STATE_MAX);
		assert_true(c->ct_local > 0 && c->ct_local <= SHIM6_TAG_MAX);
		assert_true(c->ls_peer.n > 0 && c->ls_local.n > 0);
		assert_true(s6_locset_find(&c->ls_local, &c->ulid_local) >= 0);
		waits |= c->state != S6_ESTABLISHED || c->update_pending;
		/* S5533-7.15-08 */
		for (d = s6_ctx_live(c) ? s6_next(h, c) : NULL; d; d = s6_next(h, d))
			assert_false(s6_ctx_live(d) && c->ct_peer == d->ct_peer && common(&c->ls_peer, &d->ls_peer));
	}
	/* What waits for something has a timer, and no timer runs for nothing. */
	assert_int_equal(waits, s6_next_due(h) != UINT64_MAX);
	assert_true(!waits || s6_next_due(h) <= p->now + 600000);
}

static const struct s6_ctx *any(struct pair *p, int who)
{
	const struct s6_ctx *c = NULL;
	unsigned int n = s6_count(p->s[who].h);

	if (!n)
		return NULL;
	for (n = pair_random(p) % n + 1; n; n--)
		c = s6_next(p->s[who].h, c);
	return c;
}

static void payload(struct pair *p, int who)
{
	const struct s6_ctx *c = any(p, who), *there;
	struct side *to = &p->s[!who];

	if (!c || !s6_ctx_live(c))
		return;
	there = s6_find_tag(to->h, c->ct_peer);
	if (!there || there->state == S6_I1_SENT)
		s6_unknown_tag(to->h, p->now, c->ct_peer, &c->loc_local, &c->loc_peer, &to->acts);
	else
		s6_payload_in(to->h, p->now, c->ct_peer, &to->acts);
	pair_act(p, !who);
}

static int good(struct pair *p, int who, const struct s6_locset *ls)
{
	unsigned int i;
	int at, broken = -1;

	for (i = 0; i < 4; i++) {
		at = s6_locset_find(ls, &p->s[who].loc[i]);
		if (at < 0 || !(p->s[who].mask & 1 << i))
			continue;
		if (!(ls->loc[at].flags & SHIM6_LOC_BROKEN))
			return i;
		broken = i;		/* the mark may be old */
	}
	return broken;
}

/*
 * What REAP would find: a pair that works, if the current one does not.  Damaged packets may have left a context
 * without a true locator of the peer; at the end (@last) it is ended, as the daemon does when nothing is ever heard.
 */
static void heal(struct pair *p, int who, bool last)
{
	const struct s6_ctx *c = NULL, *next;
	int l, r;

	for (next = s6_next(p->s[who].h, NULL); (c = next);) {
		next = s6_next(p->s[who].h, c);
		if (!s6_ctx_live(c) || (side_has(&p->s[who], &c->loc_local) && side_has(&p->s[!who], &c->loc_peer) &&
					s6_locset_find(&c->ls_peer, &c->loc_peer) >= 0))
			continue;
		l = good(p, who, &c->ls_local);
		r = good(p, !who, &c->ls_peer);
		if (l < 0 || r < 0) {
			if (last)
				s6_delete(p->s[who].h, p->now, c->id, "nothing was ever heard", &p->s[who].acts);
			pair_act(p, who);
			continue;
		}
		assert_int_equal(s6_use_pair(p->s[who].h, p->now, c->ct_local, &p->s[who].loc[l], &p->s[!who].loc[r],
					     &p->s[who].acts), 0);
		pair_act(p, who);
	}
}

static void restart_with_memory(struct pair *p, int who)
{
	static uint8_t blob[32][S6_SAVE_MAX];
	size_t len[32];
	const struct s6_ctx *c = NULL;
	unsigned int n = 0, i;

	while ((c = s6_next(p->s[who].h, c)) && n < 32) {
		len[n] = s6_save(c, blob[n], S6_SAVE_MAX);
		n += len[n] > 0;
	}
	reboot(p, who);
	for (i = 0; i < n; i++) {
		assert_int_equal(s6_restore(p->s[who].h, p->now, blob[i], len[i], &p->s[who].acts), 0);
		pair_act(p, who);
	}
}

static void replay(struct pair *p, bool damaged)
{
	struct flight f;
	unsigned int i;

	if (!n_kept)
		return;
	f = kept[pair_random(p) % (n_kept < 32 ? n_kept : 32)];
	if (damaged) {		/* with a good checksum, so that it is looked at */
		for (i = 0; i < 3; i++)
			f.data[6 + pair_random(p) % (f.len - 6)] ^= 1 << pair_random(p) % 8;
		f.data[4] = f.data[5] = 0;
		i = s6_checksum(f.data, f.len);
		f.data[4] = i >> 8;
		f.data[5] = i;
	}
	pair_input(p, !f.from, &f.src, &f.dst, f.data, f.len);
}

static void step(struct pair *p)
{
	int who = pair_random(p) & 1;
	unsigned int what = pair_random(p) % 100;
	struct side *s = &p->s[who];
	const struct s6_ctx *c;
	uint32_t id;

	if (show)
		print_message("%llu %c %u\n", (unsigned long long)p->now, "AB"[who], what);
	if (what < 20) {
		s6_trigger(s->h, p->now, &s->loc[0], &p->s[!who].loc[0], pair_random(p) % 3, false, &id, &s->acts);
		pair_act(p, who);
	} else if (what < 25) {
		c = any(p, who);
		if (c)
			s6_delete(s->h, p->now, c->id, "test", &s->acts);
		pair_act(p, who);
		silence(p, who);
	} else if (what < 28) {
		reboot(p, who);
	} else if (what < 31) {
		restart_with_memory(p, who);
	} else if (what < 45) {
		pair_locators(p, who, pair_random(p) % 16);
	} else if (what < 55) {
		c = any(p, who);
		if (c)
			s6_use_pair(s->h, p->now, c->ct_local, &s->loc[pair_random(p) % 4],
				    &p->s[!who].loc[pair_random(p) % 4], &s->acts);
		pair_act(p, who);
	} else if (what < 60) {
		heal(p, who, false);
	} else if (what < 75) {
		payload(p, who);
	} else if (what < 85) {
		replay(p, false);
	} else if (what < 88) {
		replay(p, forger);
	} else {
		p->loss = pair_random(p) % 3 ? pair_random(p) % 60 : 0;
		p->dup = pair_random(p) % 20;
		p->jitter = pair_random(p) % 3 ? pair_random(p) % 3000 : 0;
	}
	if (show)
		print_message("	%s\n", p->trail);
	p->trail[0] = 0;
}

/* Quiet again: whoever uses a context finds the other end, and each knows the other's locators. */
static void agree(struct pair *p)
{
	const struct s6_ctx *a, *b;
	unsigned int i;
	int who;

	p->loss = p->dup = p->jitter = 0;
	pair_locators(p, A, 3);
	pair_locators(p, B, 3);
	pair_run(p, 1200000);
	for (i = 0; i < 4; i++) {
		pair_trigger(p, A);
		pair_run(p, 10000);
		for (who = A; who <= B; who++) {
			heal(p, who, true);
			a = ctx(p, who);
			if (a && s6_ctx_live(a) && !s6_find_tag(p->s[!who].h, a->ct_peer)) {
				s6_unknown_tag(p->s[!who].h, p->now, a->ct_peer, &a->loc_local, &a->loc_peer,
					       &p->s[!who].acts);
				pair_act(p, !who);
			}
			pair_run(p, 10000);
		}
	}
	pair_run(p, 600000);
	if (show)
		print_message("%s\n", p->trail);
	a = ctx(p, A);
	b = ctx(p, B);
	assert_agreed(p);
	if (forger)
		return;
	assert_false(a->update_pending);
	assert_false(b->update_pending);
	assert_memory_equal(&a->ls_local, &b->ls_peer, sizeof(a->ls_local));
	assert_memory_equal(&b->ls_local, &a->ls_peer, sizeof(a->ls_local));
}

static void one_seed(uint64_t number)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair pair, *p = &pair;
	unsigned int i;

	pair_start(p, &cfg, &cfg);
	p->seed = number * 0x9e3779b97f4a7c15ULL | 1;
	p->drop = keep;
	n_kept = 0;
	forger = number % 2;
	for (i = 0; i < STEPS; i++) {
		step(p);
		pair_run(p, pair_random(p) % 4 ? pair_random(p) % 300 : pair_random(p) % 40000);
		always(p, A);
		always(p, B);
	}
	p->drop = NULL;
	agree(p);
	pair_stop(p);
}

static void exploration(void **state)
{
	const char *one = getenv("SEED"), *many = getenv("SEEDS");
	unsigned long n = many ? strtoul(many, NULL, 0) : 400;

	(void)state;
	if (one) {
		show = true;
		one_seed(strtoul(one, NULL, 0));
		return;
	}
	for (seed = 1; seed <= n; seed++)
		one_seed(seed);
	seed = 0;
}

static int tell_seed(void **state)
{
	(void)state;
	if (seed)
		print_message("run again with SEED=%lu\n", seed);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(exploration, tell_seed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
