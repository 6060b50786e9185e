/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A queue of timers ordered by due time (binary heap).  No clock: the caller says what time it is.  Timers belong to
 * the caller; setting and stopping cost O(log n), looking at the first O(1).
 */
#ifndef PROTO_TIMERQ_H
#define PROTO_TIMERQ_H

#include <stdint.h>

struct s6_timer {
	uint64_t due;
	unsigned int at;	/* place in the heap, from 1; 0: not running */
	void *owner;
	int kind;		/* the owner's */
};

struct s6_timerq {
	struct s6_timer **heap;		/* heap[1] is the first */
	unsigned int n, cap;
};

/* Make room for @n running timers, so that setting cannot fail.  0 or -ENOMEM. */
int s6_timerq_reserve(struct s6_timerq *q, unsigned int n);
void s6_timerq_free(struct s6_timerq *q);

void s6_timer_set(struct s6_timerq *q, struct s6_timer *t, uint64_t due);	/* moves a running one */
void s6_timer_stop(struct s6_timerq *q, struct s6_timer *t);

/* The first timer, or NULL. */
struct s6_timer *s6_timerq_first(const struct s6_timerq *q);

#endif /* PROTO_TIMERQ_H */
