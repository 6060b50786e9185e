// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "proto/timerq.h"

int s6_timerq_reserve(struct s6_timerq *q, unsigned int n)
{
	struct s6_timer **heap;
	unsigned int cap = q->cap ? q->cap : 64;

	if (n <= q->cap)
		return 0;
	while (cap < n)
		cap *= 2;
	heap = realloc(q->heap, ((size_t)cap + 1) * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	q->heap = heap;
	q->cap = cap;
	return 0;
}

void s6_timerq_free(struct s6_timerq *q)
{
	free(q->heap);
	*q = (struct s6_timerq){ 0 };
}

static void put(struct s6_timerq *q, struct s6_timer *t, unsigned int at)
{
	q->heap[at] = t;
	t->at = at;
}

static void sift_up(struct s6_timerq *q, struct s6_timer *t)
{
	unsigned int at = t->at;

	for (; at > 1 && q->heap[at / 2]->due > t->due; at /= 2)
		put(q, q->heap[at / 2], at);
	put(q, t, at);
}

static void sift_down(struct s6_timerq *q, struct s6_timer *t)
{
	unsigned int at = t->at, child;

	for (; (child = 2 * at) <= q->n; at = child) {
		if (child < q->n && q->heap[child + 1]->due < q->heap[child]->due)
			child++;
		if (q->heap[child]->due >= t->due)
			break;
		put(q, q->heap[child], at);
	}
	put(q, t, at);
}

void s6_timer_set(struct s6_timerq *q, struct s6_timer *t, uint64_t due)
{
	if (!t->at)
		put(q, t, ++q->n);
	t->due = due;
	sift_up(q, t);
	sift_down(q, t);
}

void s6_timer_stop(struct s6_timerq *q, struct s6_timer *t)
{
	struct s6_timer *last;
	unsigned int at = t->at;

	if (!at)
		return;
	t->at = 0;
	last = q->heap[q->n--];
	if (last == t)
		return;
	put(q, last, at);
	sift_up(q, last);
	sift_down(q, last);
}

struct s6_timer *s6_timerq_first(const struct s6_timerq *q)
{
	return q->n ? q->heap[1] : NULL;
}
