// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two machines, explored exhaustively: from each state that was reached, every message under way may arrive, in any
 * order, arrive and come once more, or get lost; the next timer may run before; either host may forget everything, send
 * payload, or want a context, too.  Breadth first to a depth, with at most so many faults on a path, and states that
 * differ in nothing but the values of tags, nonces and times are one.
 *
 * From each state on its own the network is then kind: in the end both are ESTABLISHED and agree on their tags, or
 * both have given up.  No state is one from which neither happens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/shim6_priv.h"

#define WIRE		6	/* messages under way; one more is lost */
#define DEPTH		7
#define DEPTH_MAX	16
#define SEEN_BITS	19
#define KIND_STEPS	500

struct message {
	struct in6_addr src, dst;
	size_t len;
	uint8_t data[S6_MSG_MAX];
	int to;
};

struct world {
	uint64_t now, seed;
	struct s6_host *h[2];
	struct s6_actions acts;
	struct in6_addr loc[2][2];
	struct message wire[WIRE];
	unsigned int n_wire;
};

/* A step: what, and to which message or host. */
enum { ARRIVE, TWICE, LOSE, TIMER, CRASH, PAYLOAD, TRIGGER, KINDS };

struct node {
	uint8_t len;
	uint8_t step[DEPTH_MAX];	/* kind * 8 + which */
	uint8_t used[KINDS];
};

struct scenario {
	unsigned int depth;
	uint8_t limit[KINDS];		/* on one path */
	void (*begin)(struct world *w);
};

static void rng(void *arg, void *buf, size_t len)
{
	struct world *w = arg;
	uint8_t *p = buf;

	while (len--) {
		w->seed = w->seed * 6364136223846793005ULL + 1442695040888963407ULL;
		*p++ = w->seed >> 56;
	}
}

/* --- the world -------------------------------------------------------------------------------------------------- */

/* Messages onto the wire; how many. */
static unsigned int flush(struct world *w, int from)
{
	unsigned int i, sent = 0;

	for (i = 0; i < w->acts.n; i++) {
		const struct s6_action *a = &w->acts.a[i];
		struct message *m = &w->wire[w->n_wire];

		if (a->type != S6_ACT_SEND)
			continue;
		sent++;
		if (w->n_wire == WIRE)
			continue;
		m->src = a->pkt.src;
		m->dst = a->pkt.dst;
		m->len = a->pkt.len;
		m->to = !from;
		memcpy(m->data, a->pkt.data, a->pkt.len);
		w->n_wire++;
	}
	s6_actions_clear(&w->acts);
	return sent;
}

static void boot(struct world *w, int host)
{
	struct s6_locator l[2] = { { .addr = w->loc[host][0] }, { .addr = w->loc[host][1] } };
	struct s6_config cfg;

	s6_config_default(&cfg);
	cfg.verify = S6_VERIFY_OFF;
	w->h[host] = s6_host_new(&cfg, rng, w, w->now);
	assert_non_null(w->h[host]);
	s6_set_local(w->h[host], w->now, l, 2, &w->acts);
	flush(w, host);
}

static void world_begin(struct world *w)
{
	static const char *const addr[2][2] = {
		{ "2001:db8:a1::1", "2001:db8:a2::1" }, { "2001:db8:b1::1", "2001:db8:b2::1" },
	};

	w->now = 1000000;
	w->seed = 42;
	w->n_wire = 0;
	for (int i = 0; i < 4; i++)
		inet_pton(AF_INET6, addr[i / 2][i % 2], &w->loc[i / 2][i % 2]);
	boot(w, 0);
	boot(w, 1);
}

static void world_end(struct world *w)
{
	s6_host_free(w->h[0]);
	s6_host_free(w->h[1]);
}

static void take_out(struct world *w, unsigned int i)
{
	memmove(&w->wire[i], &w->wire[i + 1], (--w->n_wire - i) * sizeof(w->wire[0]));
}

static void arrive(struct world *w, unsigned int i, bool again)
{
	struct message m = w->wire[i];

	if (!again)
		take_out(w, i);
	s6_input(w->h[m.to], w->now, &m.src, &m.dst, m.data, m.len, &w->acts);
	assert_true(flush(w, m.to) <= 2);		/* nobody makes many of one */
}

static uint64_t next_due(const struct world *w)
{
	uint64_t a = s6_next_due(w->h[0]), b = s6_next_due(w->h[1]);

	return a < b ? a : b;
}

static void timer(struct world *w)
{
	if (next_due(w) > w->now)
		w->now = next_due(w);
	for (int i = 0; i < 2; i++) {
		if (s6_next_due(w->h[i]) > w->now)
			continue;
		s6_timeout(w->h[i], w->now, &w->acts);
		flush(w, i);
	}
}

/* Tagged payload of each live context to the other host, as kernel and daemon would take it. */
static void payload(struct world *w, int from)
{
	const struct s6_ctx *c = NULL, *there;

	while ((c = s6_next(w->h[from], c))) {
		if (!s6_ctx_live(c))
			continue;
		there = s6_find_tag(w->h[!from], c->ct_peer);
		if (!there || !(s6_ctx_live(there) || there->state == S6_I2_SENT))
			s6_unknown_tag(w->h[!from], w->now, c->ct_peer, &c->loc_local, &c->loc_peer, &w->acts);
		else if (there->state != S6_ESTABLISHED)
			s6_payload_in(w->h[!from], w->now, c->ct_peer, &w->acts);
	}
	flush(w, !from);
}

static void trigger(struct world *w, int host)
{
	uint32_t id;

	s6_trigger(w->h[host], w->now, &w->loc[host][0], &w->loc[!host][0], 0, false, &id, &w->acts);
	flush(w, host);
}

static void take(struct world *w, uint8_t step)
{
	unsigned int which = step % 8;

	switch (step / 8) {
	case ARRIVE:
	case TWICE:
		arrive(w, which, step / 8 == TWICE);
		break;
	case LOSE:
		take_out(w, which);
		break;
	case TIMER:
		timer(w);
		break;
	case CRASH:
		s6_host_free(w->h[which]);
		boot(w, which);
		break;
	case PAYLOAD:
		payload(w, which);
		break;
	case TRIGGER:
		trigger(w, which);
		break;
	}
}

static bool possible(const struct world *w, unsigned int kind, unsigned int which)
{
	if (kind == TIMER)
		return !which && next_due(w) != UINT64_MAX;
	return kind < TIMER ? which < w->n_wire : which < 2;
}

/* --- what a state is -------------------------------------------------------------------------------------------- */

struct names {
	uint64_t value[64];
	unsigned int n;
	uint64_t hash;
};

static void mix(struct names *s, uint64_t v)
{
	s->hash = (s->hash ^ v) * 0x9e3779b97f4a7c15ULL;
	s->hash ^= s->hash >> 29;
}

/* A tag or nonce: which of those met so far it is. */
static void name(struct names *s, uint64_t v)
{
	unsigned int i;

	for (i = 0; i < s->n && s->value[i] != v; i++)
		;
	if (i == s->n && s->n < 64)
		s->value[s->n++] = v;
	mix(s, i + 1000);
}

static uint64_t state_of(const struct world *w, const struct node *n)
{
	struct names s = { .hash = 1 };
	const struct s6_ctx *c;
	struct s6_msg m;
	size_t fault;

	for (int i = 0; i < 2; i++) {
		for (c = s6_next(w->h[i], NULL); c; c = s6_next(w->h[i], c)) {
			const struct s6_context *x = (const struct s6_context *)c;

			mix(&s, c->state | x->i1_sent << 8 | x->i2_sent << 12 | c->update_pending << 16 |
			    (uint64_t)x->has_ct_peer << 17 | (uint64_t)x->has_nonce << 18 |
			    (uint64_t)x->retry.at << 20);
			name(&s, c->ct_local);
			name(&s, x->has_ct_peer ? c->ct_peer : 0);
			name(&s, x->has_nonce ? x->nonce : 0);
			name(&s, x->resp_nonce);
			name(&s, x->packet_tag);
			mix(&s, s6_locset_find(&c->ls_peer, &w->loc[!i][1]));
		}
		mix(&s, 7);
	}
	for (unsigned int i = 0; i < w->n_wire; i++) {
		const struct message *p = &w->wire[i];

		assert_int_equal(s6_decode(p->data, p->len, &p->src, &p->dst, &m, &fault), S6_V_OK);
		mix(&s, m.type << 1 | p->to);
		name(&s, m.tag);
		name(&s, m.nonce);
		name(&s, m.resp_nonce);
		name(&s, m.packet_tag);
	}
	for (int i = 0; i < KINDS; i++)
		mix(&s, i == ARRIVE ? 0 : n->used[i]);
	return s.hash;
}

/* --- how it must end -------------------------------------------------------------------------------------------- */

static const struct s6_ctx *only(const struct world *w, int host)
{
	return s6_find_ulids(w->h[host], &w->loc[host][0], &w->loc[!host][0], 0);
}

static bool agreed(const struct world *w)
{
	const struct s6_ctx *a = only(w, 0), *b = only(w, 1);

	return a && b && a->state == S6_ESTABLISHED && b->state == S6_ESTABLISHED && a->ct_peer == b->ct_local &&
	       b->ct_peer == a->ct_local;
}

static bool gave_up(const struct world *w)
{
	for (int i = 0; i < 2; i++) {
		const struct s6_ctx *c = only(w, i);

		if (c && !s6_on_hold((const struct s6_context *)c))
			return false;
	}
	return true;
}

static bool ends_well(struct world *w)
{
	unsigned int quiet = 0;

	for (unsigned int i = 0; i < KIND_STEPS; i++) {
		if (w->n_wire) {
			arrive(w, 0, false);
			continue;
		}
		if (agreed(w) || gave_up(w))
			return true;
		if (quiet % 3 < 2)
			payload(w, quiet % 3);
		else if (next_due(w) != UINT64_MAX)
			timer(w);
		quiet++;
	}
	return false;
}

/* --- exploring -------------------------------------------------------------------------------------------------- */

static void replay(struct world *w, const struct scenario *s, const struct node *n)
{
	world_begin(w);
	s->begin(w);
	for (unsigned int i = 0; i < n->len; i++)
		take(w, n->step[i]);
}

static bool seen_before(uint64_t *seen, uint64_t hash)
{
	uint64_t i = hash & ((1u << SEEN_BITS) - 1);

	hash |= !hash;
	while (seen[i] && seen[i] != hash)
		i = (i + 1) & ((1u << SEEN_BITS) - 1);
	if (seen[i])
		return true;
	seen[i] = hash;
	return false;
}

static void say(const struct node *n)
{
	static const char *const kinds[KINDS] = { "arrive", "twice", "lose", "timer", "crash", "payload", "trigger" };

	for (unsigned int i = 0; i < n->len; i++)
		print_message("%s %u, ", kinds[n->step[i] / 8], n->step[i] % 8);
	print_message("\n");
}

static void explore(const struct scenario *s)
{
	unsigned int first = 0, n = 0, cap = 1u << 12, agreements = 0, steps = 0;
	uint64_t *seen = calloc(1u << SEEN_BITS, sizeof(*seen));
	struct node *queue = calloc(cap, sizeof(*queue)), next;
	static struct world w;

	assert_true(seen && queue);
	queue[n++] = (struct node){ 0 };
	for (; first < n; first++) {
		replay(&w, s, &queue[first]);
		uint8_t open[KINDS];

		for (int k = 0; k < KINDS; k++)
			for (open[k] = 0; possible(&w, k, open[k]); open[k]++)
				;
		if (!ends_well(&w)) {
			say(&queue[first]);
			fail_msg("neither agreed nor given up");
		}
		agreements += agreed(&w);
		world_end(&w);
		for (unsigned int k = 0; k < KINDS && queue[first].len < s->depth; k++) {
			for (unsigned int which = 0; which < open[k]; which++) {
				next = queue[first];
				if (k != ARRIVE && next.used[k]++ == s->limit[k])
					break;
				next.step[next.len++] = k * 8 + which;
				replay(&w, s, &next);
				steps++;
				if (!seen_before(seen, state_of(&w, &next))) {
					assert_true(n < 1u << (SEEN_BITS - 1));
					if (n == cap) {
						queue = realloc(queue, (cap *= 2) * sizeof(*queue));
						assert_non_null(queue);
					}
					queue[n++] = next;
				}
				world_end(&w);
			}
		}
	}
	print_message("# %u states to depth %u by %u steps, %u end in agreement\n", n, s->depth, steps, agreements);
	assert_true(n > 1000 && agreements > n / 2);
	free(queue);
	free(seen);
	s6_actions_free(&w.acts);
	memset(&w, 0, sizeof(w));
}

/* --- where it begins -------------------------------------------------------------------------------------------- */

static void one_begins(struct world *w)
{
	trigger(w, 0);
}

static void both_begin(struct world *w)
{
	trigger(w, 0);
	trigger(w, 1);
}

static void established(struct world *w)
{
	trigger(w, 0);
	assert_true(ends_well(w) && agreed(w));
}

static void test_one_begins(void **state)
{
	(void)state;
	explore(&(struct scenario){ DEPTH,
				    { [TWICE] = 1, [LOSE] = 1, [TIMER] = 2, [CRASH] = 1, [PAYLOAD] = 1, [TRIGGER] = 1 },
				    one_begins });
}

static void test_both_begin(void **state)
{
	(void)state;
	explore(&(struct scenario){ DEPTH,
				    { [TWICE] = 1, [LOSE] = 1, [TIMER] = 2, [CRASH] = 1 },
				    both_begin });
}

static void test_established(void **state)
{
	(void)state;
	explore(&(struct scenario){ DEPTH,
				    { [TWICE] = 1, [LOSE] = 1, [TIMER] = 2, [CRASH] = 2, [PAYLOAD] = 2, [TRIGGER] = 1 },
				    established });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_begins),
		cmocka_unit_test(test_both_begin),
		cmocka_unit_test(test_established),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
