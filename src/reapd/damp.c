// SPDX-License-Identifier: GPL-2.0-or-later
#include <stddef.h>

#include "damp.h"

static struct damp_addr *remembered(const struct damp *d, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&d->v[i].addr, addr))
			return (struct damp_addr *)&d->v[i];
	return NULL;
}

static struct damp_addr *place_in(struct damp *d)
{
	struct damp_addr *oldest = &d->v[0];

	if (d->n < DAMP_ADDRS)
		return &d->v[d->n++];
	for (unsigned int i = 1; i < d->n; i++)
		if (d->v[i].changed < oldest->changed)
			oldest = &d->v[i];
	return oldest;
}

void damp_see(struct damp *d, const struct in6_addr *addr, bool up, uint64_t now)
{
	struct damp_addr *a = remembered(d, addr);

	if (!a) {
		/* Only what was up can go down. */
		if (up)
			*place_in(d) = (struct damp_addr){ .addr = *addr, .up = true, .changed = now };
		return;
	}
	if (a->up == up)
		return;
	if (now - a->changed > DAMP_FORGET)
		a->downs = 0;
	a->downs += !up;
	a->up = up;
	a->changed = now;
}

static uint64_t held_until(const struct damp_addr *a)
{
	uint64_t hold = DAMP_HOLD;

	if (a->downs <= DAMP_FREE)
		return 0;
	for (unsigned int i = DAMP_FREE + 1; i < a->downs && hold < DAMP_HOLD_MAX; i++)
		hold *= 2;
	return a->changed + (hold < DAMP_HOLD_MAX ? hold : DAMP_HOLD_MAX);
}

uint64_t damp_until(const struct damp *d, const struct in6_addr *addr)
{
	const struct damp_addr *a = remembered(d, addr);

	return a ? held_until(a) : 0;
}

uint64_t damp_next(const struct damp *d, uint64_t now)
{
	uint64_t next = UINT64_MAX;

	for (unsigned int i = 0; i < d->n; i++)
		if (d->v[i].up && held_until(&d->v[i]) > now && held_until(&d->v[i]) < next)
			next = held_until(&d->v[i]);
	return next;
}
