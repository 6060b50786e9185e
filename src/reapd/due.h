/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap of due times: what comes next is known at once, however many wait.  The nodes are members of their owners.
 */
#ifndef REAPD_DUE_H
#define REAPD_DUE_H

#include <stddef.h>
#include <stdint.h>

struct due {
	uint64_t at;		/* ms */
	size_t pos;		/* place in the heap from 1; 0: not in it */
};

struct due_heap {
	struct due **v;
	size_t n, cap;
};

/* Make room for @nodes in all, so that due_set() cannot fail.  0 or -ENOMEM. */
int due_reserve(struct due_heap *h, size_t nodes);
void due_set(struct due_heap *h, struct due *d, uint64_t at);	/* UINT64_MAX: never, takes it out */
static inline void due_stop(struct due_heap *h, struct due *d)
{
	due_set(h, d, UINT64_MAX);
}
static inline struct due *due_first(const struct due_heap *h)	/* NULL: nothing waits */
{
	return h->n ? h->v[0] : NULL;
}
static inline uint64_t due_next(const struct due_heap *h)	/* UINT64_MAX: never */
{
	return h->n ? h->v[0]->at : UINT64_MAX;
}
void due_free(struct due_heap *h);

#endif /* REAPD_DUE_H */
