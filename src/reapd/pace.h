/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many Probes this host sends in a time (RFC 5534, 8: no storm when a failure concerns many contexts).  A bucket of
 * a tenth of a second's worth; answers to a peer take from it, too, but are never held.
 */
#ifndef REAPD_PACE_H
#define REAPD_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct pace {
	uint32_t rate;		/* a second; 0: no limit */
	int64_t left;		/* thousandths of a Probe; below zero after answers */
	uint64_t at;		/* ms */
};

static inline int64_t pace_full(const struct pace *p)
{
	return p->rate < 100 ? 10000 : (int64_t)p->rate * 100;
}

/* May another Probe be sent at @now? */
static inline bool pace_ok(struct pace *p, uint64_t now)
{
	int64_t full = pace_full(p);

	if (!p->rate)
		return true;
	if (now - p->at > 1000000)
		p->left = full;
	else
		p->left += (int64_t)(now - p->at) * p->rate;
	if (p->left > full)
		p->left = full;
	p->at = now;
	return p->left >= 1000;
}

static inline void pace_take(struct pace *p)
{
	if (p->rate && p->left > -pace_full(p))
		p->left -= 1000;
}

/* When the next one may be sent, after pace_ok() said no. */
static inline uint64_t pace_next(const struct pace *p)
{
	return p->at + (uint64_t)(1000 - p->left + p->rate - 1) / p->rate;
}

#endif /* REAPD_PACE_H */
