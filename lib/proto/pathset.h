/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address pairs that an exploration tries, in their order (RFC 5534, 4.3).
 *
 * All combinations of the local and the peer's locators, at most 32 x 32, without those that cannot work from here.
 * The array lives only while an association explores.  A cycle offers every pair once, then the next cycle begins.
 */
#ifndef PROTO_PATHSET_H
#define PROTO_PATHSET_H

#include "proto/reap.h"

struct path {
	uint64_t key;			/* smaller comes first */
	uint8_t local, peer;		/* indices into the locator lists of reap_params */
	bool tried;			/* offered in this cycle */
	uint8_t answers;		/* times it carried an answer to the peer in this cycle */
};

struct pathset {
	unsigned int n;
	struct path *v;			/* sorted; NULL when empty */
};

/*
 * Fill the empty *@ps from @p.  The current pair of @p comes first, or last if it is @suspect, because local knowledge
 * says that it does not work.  The others follow by what they share with it and with each other: one pair for each
 * combination of the locators' /64, those that have none in common with the current pair first, then a second pair for
 * each, and so on; among equals what the owners prefer.
 * Pairs with a peer's locator marked BROKEN come last of all, pairs with a local one are left out.  @rng settles the
 * order of equal priorities by weight (RFC 2782).  Returns false if memory is short.
 */
bool pathset_build(struct pathset *ps, const struct reap_params *p, bool suspect, reap_random_fn rng, void *arg);
void pathset_free(struct pathset *ps);

/* The next pair of the cycle, marked as tried; NULL if there is none at all. */
struct path *pathset_next(struct pathset *ps);

/* The pair (@local, @peer), or NULL.  @p as at pathset_build(). */
struct path *pathset_find(const struct pathset *ps, const struct reap_params *p, const struct in6_addr *local,
			  const struct in6_addr *peer);

/* Let (@local, @peer) be offered first; with @second, after the one that is first now.  Before any is offered. */
void pathset_promote(struct pathset *ps, const struct reap_params *p, const struct in6_addr *local,
		     const struct in6_addr *peer, bool second);

/* Rank of a pair by preference alone, smaller is better; UINT64_MAX if it is no pair of @p (Q43). */
uint64_t pathset_rank(const struct reap_params *p, const struct in6_addr *local, const struct in6_addr *peer);

/* The pair of *@ps with the smallest rank; NULL if there is none. */
const struct path *pathset_best(const struct pathset *ps, const struct reap_params *p);

/*
 * The best pair by what the owners of the locators want: priorities, lasting before temporary, no weights, none called
 * broken.  NULL if the current pair of @p is as good, or out of memory; the caller frees *@ps.
 */
const struct path *pathset_wish(struct pathset *ps, const struct reap_params *p, reap_random_fn rng, void *arg);

/* Index of @addr in @loc, or -1. */
int pathset_locator(const struct s6_locator *loc, unsigned int n, const struct in6_addr *addr);

#endif /* PROTO_PATHSET_H */
