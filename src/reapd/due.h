/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proto/timerq.h, with UINT64_MAX as the due time of what waits for nothing. */
#ifndef REAPD_DUE_H
#define REAPD_DUE_H

#include "proto/timerq.h"

static inline void due_set(struct s6_timerq *q, struct s6_timer *t, uint64_t due)
{
	if (due == UINT64_MAX)
		s6_timer_stop(q, t);
	else
		s6_timer_set(q, t, due);
}

static inline uint64_t due_next(const struct s6_timerq *q)
{
	const struct s6_timer *t = s6_timerq_first(q);

	return t ? t->due : UINT64_MAX;
}

#endif /* REAPD_DUE_H */
