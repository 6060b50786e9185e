// SPDX-License-Identifier: GPL-2.0-or-later
/* Candidate address pairs and their order: RFC 5534 4.3, RFC 6724, RFC 5533 5.15.3. */
#include "proto/pathset.h"

#include <stdlib.h>
#include <string.h>

/*
 * A row of the default policy table, RFC 6724 2.1.  The longest prefix that matches counts, so the longest stand
 * first.
 */
static const struct policy {
	uint8_t prefix[4];
	uint8_t bits, precedence, label;
} policy_table[] = {
	{ { 0x20, 0x01, 0x00, 0x00 }, 32, 5, 5 },	/* Teredo */
	{ { 0x20, 0x02 }, 16, 30, 2 },			/* 6to4 */
	{ { 0x3f, 0xfe }, 16, 1, 12 },			/* 6bone */
	{ { 0xfc }, 7, 3, 13 },				/* unique local */
	{ { 0 }, 0, 40, 1 },				/* all others that can be a locator */
};

static bool prefix_matches(const uint8_t *addr, const uint8_t *prefix, unsigned int bits)
{
	unsigned int octets = bits / 8, rest = bits % 8;

	if (memcmp(addr, prefix, octets) != 0)
		return false;
	return !rest || !((addr[octets] ^ prefix[octets]) >> (8 - rest));
}

static const struct policy *policy_of(const struct in6_addr *a)
{
	const struct policy *row = policy_table;

	while (!prefix_matches(a->s6_addr, row->prefix, row->bits))
		row++;			/* the last row matches everything */
	return row;
}

/* CommonPrefixLen of RFC 6724 2.2: not more than the 64 bits of a subnet prefix. */
static unsigned int common_prefix(const struct in6_addr *a, const struct in6_addr *b)
{
	unsigned int i;

	for (i = 0; i < 8 && a->s6_addr[i] == b->s6_addr[i]; i++)
		;
	return i == 8 ? 64 : 8 * i + __builtin_clz((unsigned int)(a->s6_addr[i] ^ b->s6_addr[i]) << 24);
}

#define LATER	(1ULL << 40)		/* before all of preference() */

/*
 * The preference of a pair as one number: optimistic addresses and the like last (RFC 5534, 3.1), then the owners'
 * priorities, lasting before transient locators, the owners' weights, then rules 5, 6 and 9 of destination selection in
 * RFC 6724, then the ULID pair, which needs no extension header.
 */
static uint64_t preference(const struct reap_params *p, const struct s6_locator *local, const struct policy *src,
			   const struct s6_locator *peer, const struct policy *dst, unsigned int weight_rank)
{
	uint64_t key = local->prio + peer->prio, later = local->flags & REAP_LOC_LATER ? LATER : 0;

	key = key << 2 | (!!(local->flags & SHIM6_LOC_TRANSIENT) + !!(peer->flags & SHIM6_LOC_TRANSIENT));
	/* RANK_OWN_BITS follow. */
	key = key << 6 | weight_rank;
	key = key << 1 | (src->label != dst->label);
	key = key << 6 | (63 - dst->precedence);
	key = key << 7 | (64 - common_prefix(&local->addr, &peer->addr));
	return later | key << 1 | !(IN6_ARE_ADDR_EQUAL(&local->addr, &p->ulid_local) &&
				    IN6_ARE_ADDR_EQUAL(&peer->addr, &p->ulid_peer));
}

/* For each locator the first one of its subnet. */
static void group(const struct s6_locator *loc, unsigned int n, uint8_t *first)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		for (first[i] = 0; !s6_same_subnet(&loc[first[i]].addr, &loc[i].addr); first[i]++)
			;
}

static bool is_pair(const struct reap_params *p, const struct path *path, const struct in6_addr *local,
		    const struct in6_addr *peer)
{
	return IN6_ARE_ADDR_EQUAL(&p->local[path->local].addr, local) &&
	       IN6_ARE_ADDR_EQUAL(&p->peer[path->peer].addr, peer);
}

#define BROKEN		(1ULL << 63)	/* the peer's locator is called so */
#define SUSPECT		(1ULL << 62)
#define ROUND		44		/* shifts, above LATER: at most 32 x 32 pairs share their subnets, */
#define KINSHIP		42		/* and a pair shares one or both of its own with the one in trouble */

/*
 * Into the keys of @ps, which is sorted by them: each combination of subnets gives its best pair, then its second
 * best and so on, and in every such round those come first that share no subnet with the pair in trouble.  So no
 * Probe is spent on a way that has just failed while there is one that has not been tried.
 */
static void spread(struct pathset *ps, const struct reap_params *p, bool suspect)
{
	uint16_t given[S6_LOCATORS_MAX][S6_LOCATORS_MAX] = { 0 };
	uint8_t first_local[S6_LOCATORS_MAX], first_peer[S6_LOCATORS_MAX];
	const struct path *current = pathset_find(ps, p, &p->loc_local, &p->loc_peer);
	unsigned int i;

	group(p->local, p->n_local, first_local);
	group(p->peer, p->n_peer, first_peer);
	if (current && !suspect)
		given[first_local[current->local]][first_peer[current->peer]] = 1;
	for (i = 0; i < ps->n; i++) {
		struct path *path = &ps->v[i];
		uint64_t kin = s6_same_subnet(&p->local[path->local].addr, &p->loc_local) +
			       s6_same_subnet(&p->peer[path->peer].addr, &p->loc_peer);

		if (path == current)
			path->key = (path->key & BROKEN) | (suspect ? SUSPECT : 0);
		else
			path->key |= (uint64_t)given[first_local[path->local]][first_peer[path->peer]]++ << ROUND |
				     kin << KINSHIP;
	}
}

/*
 * Place of each locator by weight: drawn one after the other, a larger weight with a larger chance (RFC 2782).  Equal
 * weights are no wish, so all places are 0.
 */
static void draw_by_weight(const struct s6_locator *loc, unsigned int n, uint8_t *place, reap_random_fn rng,
			   void *arg)
{
	bool drawn[S6_LOCATORS_MAX] = { false }, differ = false;
	unsigned int i, k, total = 0;

	for (i = 0; i < n; i++) {
		place[i] = 0;
		total += loc[i].weight;
		differ = differ || loc[i].weight != loc[0].weight;
	}
	for (k = 0; differ && k < n; k++) {
		unsigned int sum = 0, pick = n;
		uint32_t r;

		rng(arg, &r, sizeof(r));
		r %= total + 1;
		for (i = 0; i < n; i++) {
			if (drawn[i])
				continue;
			pick = i;
			sum += loc[i].weight;
			if (sum >= r)
				break;
		}
		drawn[pick] = true;
		place[pick] = k;
		total -= loc[pick].weight;
	}
}

/* Section 4.3 and 3.1: what address selection and local knowledge allow at all. */
static bool pair_allowed(const struct s6_locator *local, const struct s6_locator *peer)
{
	return !(local->flags & SHIM6_LOC_BROKEN) && s6_addr_ok(&local->addr) && s6_addr_ok(&peer->addr) &&
	       !IN6_ARE_ADDR_EQUAL(&local->addr, &peer->addr);
}

static int compare(const void *va, const void *vb)
{
	const struct path *a = va, *b = vb;

	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	if (a->local != b->local)
		return a->local - b->local;
	return a->peer - b->peer;
}

bool pathset_build(struct pathset *ps, const struct reap_params *p, bool suspect, reap_random_fn rng, void *arg)
{
	uint8_t place_local[S6_LOCATORS_MAX], place_peer[S6_LOCATORS_MAX];
	const struct policy *dst[S6_LOCATORS_MAX], *src;
	unsigned int l, r;

	ps->n = 0;
	ps->v = calloc((size_t)p->n_local * p->n_peer + 1, sizeof(*ps->v));
	if (!ps->v)
		return false;
	draw_by_weight(p->local, p->n_local, place_local, rng, arg);
	draw_by_weight(p->peer, p->n_peer, place_peer, rng, arg);
	for (r = 0; r < p->n_peer; r++)
		dst[r] = policy_of(&p->peer[r].addr);
	for (l = 0; l < p->n_local; l++) {
		src = policy_of(&p->local[l].addr);
		for (r = 0; r < p->n_peer; r++) {
			struct path *path = &ps->v[ps->n];

			if (!pair_allowed(&p->local[l], &p->peer[r]))
				continue;
			path->local = l;
			path->peer = r;
			path->key = preference(p, &p->local[l], src, &p->peer[r], dst[r],
					       place_local[l] + place_peer[r]);
			if (p->peer[r].flags & SHIM6_LOC_BROKEN)
				path->key |= BROKEN;
			ps->n++;
		}
	}
	qsort(ps->v, ps->n, sizeof(*ps->v), compare);
	spread(ps, p, suspect);
	qsort(ps->v, ps->n, sizeof(*ps->v), compare);
	return true;
}

void pathset_free(struct pathset *ps)
{
	free(ps->v);
	ps->v = NULL;
	ps->n = 0;
}

struct path *pathset_next(struct pathset *ps)
{
	unsigned int i;

	if (!ps->n)
		return NULL;
	for (i = 0; i < ps->n && ps->v[i].tried; i++)
		;
	if (i == ps->n) {
		for (i = 0; i < ps->n; i++) {
			ps->v[i].tried = false;
			ps->v[i].answers = 0;
		}
		i = 0;
	}
	ps->v[i].tried = true;
	return &ps->v[i];
}

int pathset_locator(const struct s6_locator *loc, unsigned int n, const struct in6_addr *addr)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (IN6_ARE_ADDR_EQUAL(&loc[i].addr, addr))
			return i;
	return -1;
}

struct path *pathset_find(const struct pathset *ps, const struct reap_params *p, const struct in6_addr *local,
			  const struct in6_addr *peer)
{
	unsigned int i;

	for (i = 0; i < ps->n; i++)
		if (is_pair(p, &ps->v[i], local, peer))
			return &ps->v[i];
	return NULL;
}

#define RANK_BROKEN	(1ULL << 62)
/* What a rank holds below the owners' wishes: weight, and what this host thinks of the addresses. */
#define RANK_OWN_BITS	21

static uint64_t rank(const struct reap_params *p, const struct s6_locator *local, const struct s6_locator *peer)
{
	uint64_t key = preference(p, local, policy_of(&local->addr), peer, policy_of(&peer->addr), 0);

	return peer->flags & SHIM6_LOC_BROKEN ? key | RANK_BROKEN : key;
}

uint64_t pathset_rank(const struct reap_params *p, const struct in6_addr *local, const struct in6_addr *peer)
{
	int l = pathset_locator(p->local, p->n_local, local);
	int r = pathset_locator(p->peer, p->n_peer, peer);

	if (l < 0 || r < 0 || !pair_allowed(&p->local[l], &p->peer[r]))
		return UINT64_MAX;
	return rank(p, &p->local[l], &p->peer[r]);
}

static uint64_t rank_of(const struct reap_params *p, const struct path *path)
{
	return rank(p, &p->local[path->local], &p->peer[path->peer]);
}

const struct path *pathset_best(const struct pathset *ps, const struct reap_params *p)
{
	uint64_t best_rank = UINT64_MAX;
	const struct path *best = NULL;
	unsigned int i;

	for (i = 0; i < ps->n; i++) {
		uint64_t here = rank_of(p, &ps->v[i]);

		if (here < best_rank) {
			best_rank = here;
			best = &ps->v[i];
		}
	}
	return best;
}

void pathset_promote(struct pathset *ps, const struct reap_params *p, const struct in6_addr *local,
		     const struct in6_addr *peer, bool second)
{
	struct path *path = pathset_find(ps, p, local, peer), *to, moved;

	if (!path)
		return;
	to = ps->v + second;
	if (path <= to)
		return;
	moved = *path;
	memmove(to + 1, to, (path - to) * sizeof(*to));
	*to = moved;
}

const struct path *pathset_wish(struct pathset *ps, const struct reap_params *p, reap_random_fn rng, void *arg)
{
	/* A pair in use although it is called broken works, as no other did. */
	uint64_t in_use = pathset_rank(p, &p->loc_local, &p->loc_peer) & ~RANK_BROKEN;
	const struct path *best;

	if (!pathset_build(ps, p, false, rng, arg))
		return NULL;
	best = pathset_best(ps, p);
	return best && rank_of(p, best) >> RANK_OWN_BITS < in_use >> RANK_OWN_BITS ? best : NULL;
}
