/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two Shim6 hosts, A and B, wired together, with a clock turned by hand.
 *
 *	A: 2001:db8:a1::1, 2001:db8:a2::1, ...		B: 2001:db8:b1::1, 2001:db8:b2::1, ...
 *
 * The wire delays every packet by 10 ms and may lose, double and reorder.  All that is sent is written down in a trail
 * such as "A.I1 B.R1 ", and each S6_ACT_CTX is held against the host itself, as a daemon would.
 */
#ifndef TEST_PROTO_PAIR_H
#define TEST_PROTO_PAIR_H

#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/shim6.h"
#include "prove/prove.h"

#define A 0
#define B 1
#define N_LOC	4		/* locators of each host that the tests know */
#define N_SHADOW 256

struct flight {
	uint64_t at;
	struct in6_addr src, dst;
	size_t len;
	uint8_t data[S6_MSG_MAX];
	int from;
	struct flight *next;
};

struct side {
	struct s6_host *h;
	struct s6_actions acts;
	struct in6_addr loc[N_LOC];
	struct s6_ctx shadow[N_SHADOW];	/* what a daemon would believe, from S6_ACT_CTX alone */
	unsigned int n_shadow;
	struct s6_action last;		/* the latest S6_ACT_CTX */
	unsigned int n_ctx, n_explore, n_in, n_out;
	unsigned int n_proven;		/* messages that went to be proven */
	unsigned int mask;		/* locators that the host has, for packets to arrive at */
	const char *explore_why;
};

struct pair {
	uint64_t now, seed;
	struct side s[2];
	struct flight *wire;		/* in order of arrival */
	unsigned int loss, dup, jitter;	/* per cent, per cent, ms */
	bool (*drop)(struct pair *p, const struct flight *f, const struct s6_msg *m);
	struct cga *cga;
	bool hold;			/* messages to be proven are kept in held, and never come back */
	struct s6_action held;
	bool stop;			/* packets are kept on the wire, for the test to look at */
	char trail[4096];
};

static inline struct in6_addr ip(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

/* xorshift64*: the same run from the same seed */
static inline uint64_t pair_random(struct pair *p)
{
	p->seed ^= p->seed >> 12;
	p->seed ^= p->seed << 25;
	p->seed ^= p->seed >> 27;
	return p->seed * 0x2545f4914f6cdd1dULL;
}

static void pair_fill(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len--)
		*p++ = pair_random(arg) >> 56;
}

static inline uint64_t count_of(const struct s6_host *h, const char *name)
{
	const char *n, *text;
	uint64_t value;
	unsigned int i;

	for (i = 0; i < s6_counters(); i++) {
		n = s6_counter(h, i, &value, &text);
		assert_non_null(text);
		if (!strcmp(n, name))
			return value;
	}
	fail_msg("no counter is called %s", name);
	return 0;
}

static inline struct s6_msg parse(const struct flight *f)
{
	struct s6_msg m;
	size_t fault;

	assert_int_equal(s6_decode(f->data, f->len, &f->src, &f->dst, &m, &fault), S6_V_OK);
	return m;
}

static inline void wire_put(struct pair *p, const struct flight *f)
{
	struct flight *new = malloc(sizeof(*new)), **at = &p->wire;

	assert_non_null(new);
	*new = *f;
	while (*at && (*at)->at <= new->at)
		at = &(*at)->next;
	new->next = *at;
	*at = new;
}

/* A packet from or to one of the known locators needs that locator to be there. */
static inline bool side_has(const struct side *s, const struct in6_addr *a)
{
	unsigned int i;

	for (i = 0; i < N_LOC; i++)
		if (IN6_ARE_ADDR_EQUAL(&s->loc[i], a))
			return s->mask & 1 << i;
	return true;
}

static inline void pair_send(struct pair *p, int from, const struct s6_action *a)
{
	struct flight f = { .src = a->pkt.src, .dst = a->pkt.dst, .len = a->pkt.len, .from = from };
	size_t used = strlen(p->trail);
	struct s6_msg m;

	assert_true(a->pkt.len >= 8 && a->pkt.len <= S6_MSG_MAX);	/* S5533-5.1-04 */
	assert_int_equal(a->pkt.len % 8, 0);
	memcpy(f.data, a->pkt.data, a->pkt.len);
	m = parse(&f);		/* everything we send is well formed */
	assert_string_equal(a->why, s6_type_name(m.type));
	if (used < sizeof(p->trail) - 32)
		snprintf(p->trail + used, 32, "%c.%s ", "AB"[from], s6_type_name(m.type));
	if (!side_has(&p->s[from], &f.src) || (p->drop && p->drop(p, &f, &m)))
		return;
	if (pair_random(p) % 100 < p->loss)
		return;
	f.at = p->now + 10 + (p->jitter ? pair_random(p) % p->jitter : 0);
	wire_put(p, &f);
	if (pair_random(p) % 100 < p->dup) {
		f.at += p->jitter ? pair_random(p) % p->jitter : 0;
		wire_put(p, &f);
	}
}

static inline void shadow_note(struct side *s, const struct s6_action *a)
{
	unsigned int i;

	for (i = 0; i < s->n_shadow && s->shadow[i].id != a->ctx.id; i++)
		;
	if (a->what & S6_C_NEW)
		assert_int_equal(i, s->n_shadow);
	else
		assert_true(i < s->n_shadow);
	if (a->what & S6_C_GONE) {
		assert_int_equal(s->shadow[i].state, a->what & S6_C_STATE ? a->old_state : a->ctx.state);
		s->shadow[i] = s->shadow[--s->n_shadow];
		return;
	}
	if (i == s->n_shadow) {
		assert_true(s->n_shadow < N_SHADOW);
		s->n_shadow++;
	} else {
		/* A change is told by its bit. */
		struct s6_ctx *o = &s->shadow[i];
		const struct s6_ctx *n = &a->ctx;

		assert_int_equal(o->state != n->state, !!(a->what & S6_C_STATE) && a->old_state != n->state);
		if (a->what & S6_C_STATE)
			assert_int_equal(o->state, a->old_state);
		assert_true(o->ct_local == n->ct_local);
		if (!(a->what & S6_C_TAGS))
			assert_true(o->ct_peer == n->ct_peer);
		if (!(a->what & S6_C_PAIR)) {
			assert_memory_equal(&o->loc_local, &n->loc_local, 16);
			assert_memory_equal(&o->loc_peer, &n->loc_peer, 16);
		}
		if (!(a->what & S6_C_LS_LOCAL)) {
			assert_memory_equal(&o->ls_local, &n->ls_local, sizeof(n->ls_local));
			assert_int_equal(o->update_pending, n->update_pending);
		}
		if (!(a->what & S6_C_LS_PEER))
			assert_memory_equal(&o->ls_peer, &n->ls_peer, sizeof(n->ls_peer));
		if (!(a->what & S6_C_KA_TIMEOUT))
			assert_int_equal(o->ka_timeout, n->ka_timeout);
	}
	s->shadow[i] = a->ctx;
}

/* After all actions the shadow is the host. */
static inline void shadow_check(const struct side *s)
{
	const struct s6_ctx *c = NULL;
	unsigned int i, n = 0;

	while ((c = s6_next(s->h, c))) {
		n++;
		for (i = 0; i < s->n_shadow && s->shadow[i].id != c->id; i++)
			;
		assert_true(i < s->n_shadow);
		assert_memory_equal(&s->shadow[i], c, sizeof(*c));
		assert_ptr_equal(s6_find_id(s->h, c->id), c);
		assert_ptr_equal(s6_find_tag(s->h, c->ct_local), c);
		assert_ptr_equal(s6_find_ulids(s->h, &c->ulid_local, &c->ulid_peer, c->fii), c);
	}
	assert_int_equal(n, s->n_shadow);
	assert_int_equal(n, s6_count(s->h));
}

static inline void pair_act(struct pair *p, int who);

/* What the daemon has a thread for. */
static inline void pair_prove(struct pair *p, int who, const struct s6_action *a)
{
	struct side *s = &p->s[who];
	struct s6_proof proof;

	s->n_proven++;
	p->held = *a;
	if (p->hold)
		return;
	if (!p->cga)
		p->cga = cga_new();
	assert_int_not_equal(prove_message(p->cga, &a->pkt.src, &a->pkt.dst, a->pkt.data, a->pkt.len, &a->ulid,
					   s6_peer_pds(s->h, a->ctx.id), CGA_KEY_BITS_MIN, &proof), CGA_MEMORY);
	s6_proven(s->h, p->now, &a->pkt.src, &a->pkt.dst, a->pkt.data, a->pkt.len, &proof, &s->acts);
	pair_act(p, who);
}

/* Carry out what host @who asked for. */
static inline void pair_act(struct pair *p, int who)
{
	struct side *s = &p->s[who];
	bool ctx_seen = false, after = false, prove = false;
	struct s6_action job;
	unsigned int i;

	for (i = 0; i < s->acts.n; i++) {
		const struct s6_action *a = &s->acts.a[i];

		assert_non_null(a->why);
		switch (a->type) {
		case S6_ACT_SEND:
			assert_false(ctx_seen || after);	/* the order that shim6_actions.c promises */
			pair_send(p, who, a);
			break;
		case S6_ACT_CTX:
			assert_false(after);
			ctx_seen = true;
			assert_int_not_equal(a->what, 0);
			shadow_note(s, a);
			s->last = *a;
			s->n_ctx++;
			break;
		case S6_ACT_PAYLOAD:
			after = true;
			assert_true(s6_ctx_live(&a->ctx));
			if (a->sent)
				s->n_out++;
			else
				s->n_in++;
			break;
		case S6_ACT_EXPLORE:
			after = true;
			assert_true(s6_ctx_live(&a->ctx));
			s->n_explore++;
			s->explore_why = a->why;
			break;
		case S6_ACT_PROVE:		/* nothing has changed: it is alone */
			assert_int_equal(s->acts.n, 1);
			prove = true;
			job = *a;
			break;
		}
	}
	s6_actions_clear(&s->acts);
	shadow_check(s);
	if (prove)
		pair_prove(p, who, &job);
}

static inline void pair_locators(struct pair *p, int who, unsigned int mask)
{
	struct s6_locator l[N_LOC] = { 0 };
	unsigned int i, n = 0;

	p->s[who].mask = mask;
	for (i = 0; i < N_LOC; i++)
		if (mask & 1 << i)
			l[n++].addr = p->s[who].loc[i];
	s6_set_local(p->s[who].h, p->now, l, n, &p->s[who].acts);
	pair_act(p, who);
}

static inline void side_start(struct pair *p, int who, const struct s6_config *cfg)
{
	struct side *s = &p->s[who];

	s->h = s6_host_new(cfg, pair_fill, p, p->now);
	assert_non_null(s->h);
	s->n_shadow = 0;
	pair_locators(p, who, 3);
}

/* The host dies and comes back without memory. */
static inline void pair_reboot(struct pair *p, int who, const struct s6_config *cfg)
{
	s6_host_free(p->s[who].h);
	side_start(p, who, cfg);
}

static inline struct s6_config pair_config(enum s6_verify verify)
{
	struct s6_config cfg;

	s6_config_default(&cfg);
	cfg.verify = verify;
	cfg.max_contexts = 32;
	return cfg;
}

static inline void pair_start(struct pair *p, const struct s6_config *a, const struct s6_config *b)
{
	static const char *const text[2][N_LOC] = {
		{ "2001:db8:a1::1", "2001:db8:a2::1", "2001:db8:a3::1", "2001:db8:a4::1" },
		{ "2001:db8:b1::1", "2001:db8:b2::1", "2001:db8:b3::1", "2001:db8:b4::1" },
	};
	unsigned int i, j;

	memset(p, 0, sizeof(*p));
	p->now = 1000000;
	p->seed = 0x9e3779b97f4a7c15ULL;
	for (i = 0; i < 2; i++)
		for (j = 0; j < N_LOC; j++)
			p->s[i].loc[j] = ip(text[i][j]);
	side_start(p, A, a);
	side_start(p, B, b);
}

static inline void pair_stop(struct pair *p)
{
	struct flight *f;
	int i;

	while ((f = p->wire)) {
		p->wire = f->next;
		free(f);
	}
	for (i = 0; i < 2; i++) {
		s6_host_free(p->s[i].h);
		s6_actions_free(&p->s[i].acts);
	}
	cga_free(p->cga);
}

/* Hand octets to host @who, now. */
static inline void pair_input(struct pair *p, int who, const struct in6_addr *src, const struct in6_addr *dst,
			      const uint8_t *data, size_t len)
{
	s6_input(p->s[who].h, p->now, src, dst, data, len, &p->s[who].acts);
	pair_act(p, who);
}

static inline void pair_msg(struct pair *p, int who, const struct in6_addr *src, const struct in6_addr *dst,
			    const struct s6_msg *m)
{
	uint8_t buf[S6_MSG_MAX];
	size_t len = s6_encode(m, buf, sizeof(buf));

	assert_int_not_equal(len, 0);
	pair_input(p, who, src, dst, buf, len);
}

/* Take the first packet off the wire, whoever it is for.  The caller frees it. */
static inline struct flight *wire_take(struct pair *p)
{
	struct flight *f = p->wire;

	assert_non_null(f);
	p->wire = f->next;
	return f;
}

static inline void pair_arrive(struct pair *p, struct flight *f)
{
	int to = !f->from;

	if (f->at > p->now)
		p->now = f->at;
	if (side_has(&p->s[to], &f->dst))
		pair_input(p, to, &f->src, &f->dst, f->data, f->len);
}

static inline void pair_timers(struct pair *p, int who)
{
	while (s6_next_due(p->s[who].h) <= p->now) {
		s6_timeout(p->s[who].h, p->now, &p->s[who].acts);
		pair_act(p, who);
	}
}

/* Let @ms of time go by: packets arrive, timers run, in their order. */
static inline void pair_run(struct pair *p, uint64_t ms)
{
	uint64_t end = p->now + ms, next, due;
	struct flight *f;
	int i;

	for (;;) {
		next = !p->stop && p->wire ? p->wire->at : UINT64_MAX;
		for (i = 0; i < 2; i++) {
			due = s6_next_due(p->s[i].h);
			if (due < next)
				next = due;
		}
		if (next > end)
			break;
		if (next > p->now)
			p->now = next;
		if (!p->stop && p->wire && p->wire->at <= p->now) {
			f = wire_take(p);
			pair_arrive(p, f);
			free(f);
		}
		pair_timers(p, A);
		pair_timers(p, B);
	}
	p->now = end;
}

static inline int pair_trigger(struct pair *p, int who)
{
	struct side *s = &p->s[who];
	uint32_t id = 0;
	int err = s6_trigger(s->h, p->now, &s->loc[0], &p->s[!who].loc[0], 0, false, &id, &s->acts);

	pair_act(p, who);
	if (!err)
		assert_non_null(s6_find_id(s->h, id));
	return err;
}

/* The context of the first locators, or NULL. */
static inline const struct s6_ctx *ctx(const struct pair *p, int who)
{
	return s6_find_ulids(p->s[who].h, &p->s[who].loc[0], &p->s[!who].loc[0], 0);
}

static inline enum s6_state state_of(const struct pair *p, int who)
{
	const struct s6_ctx *c = ctx(p, who);

	return c ? c->state : S6_IDLE;
}

#define assert_state(p, who, s) assert_string_equal(s6_state_name(state_of(p, who)), s6_state_name(s))
#define assert_trail(p, text) do { assert_string_equal((p)->trail, text); (p)->trail[0] = 0; } while (0)
#define assert_addr(a, b) assert_memory_equal(a, b, 16)

/* Both ends have the same context. */
static inline void assert_agreed(const struct pair *p)
{
	const struct s6_ctx *a = ctx(p, A), *b = ctx(p, B);

	assert_state(p, A, S6_ESTABLISHED);
	assert_state(p, B, S6_ESTABLISHED);
	assert_true(a->ct_local == b->ct_peer && a->ct_peer == b->ct_local);
	assert_int_not_equal(a->ct_local, 0);
}

static inline void pair_establish(struct pair *p)
{
	assert_int_equal(pair_trigger(p, A), 0);
	pair_run(p, 100);
	assert_agreed(p);
	assert_trail(p, "A.I1 B.R1 A.I2 B.R2 ");
}

static inline bool lose_all(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)p, (void)f, (void)m;
	return true;
}

#endif /* TEST_PROTO_PAIR_H */
