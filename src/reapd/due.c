// SPDX-License-Identifier: GPL-2.0-or-later
/* A binary heap, smallest time on top. */
#include <errno.h>
#include <stdlib.h>

#include "due.h"

int due_reserve(struct due_heap *h, size_t nodes)
{
	size_t cap = h->cap ? h->cap : 16;
	struct due **v;

	if (nodes <= h->cap)
		return 0;
	while (cap < nodes)
		cap *= 2;
	v = reallocarray(h->v, cap, sizeof(*v));
	if (!v)
		return -ENOMEM;
	h->v = v;
	h->cap = cap;
	return 0;
}

static void place(struct due_heap *h, size_t i, struct due *d)
{
	h->v[i] = d;
	d->pos = i + 1;
}

/* Move @d from the free place @i up or down to where it belongs. */
static void sift(struct due_heap *h, size_t i, struct due *d)
{
	while (i && h->v[(i - 1) / 2]->at > d->at) {
		place(h, i, h->v[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	for (;;) {
		size_t kid = 2 * i + 1;

		if (kid + 1 < h->n && h->v[kid + 1]->at < h->v[kid]->at)
			kid++;
		if (kid >= h->n || h->v[kid]->at >= d->at)
			break;
		place(h, i, h->v[kid]);
		i = kid;
	}
	place(h, i, d);
}

void due_set(struct due_heap *h, struct due *d, uint64_t at)
{
	size_t i;

	d->at = at;
	if (at != UINT64_MAX) {
		i = d->pos ? d->pos - 1 : h->n++;
		sift(h, i, d);
		return;
	}
	if (!d->pos)
		return;
	i = d->pos - 1;
	d->pos = 0;
	if (i != --h->n)
		sift(h, i, h->v[h->n]);
}

void due_free(struct due_heap *h)
{
	free(h->v);
	h->v = NULL;
	h->n = h->cap = 0;
}
