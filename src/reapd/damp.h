/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Damping of addresses that come and go, as those of a link that flaps: one that went down again and again has to stay
 * up for a while, longer each time, before it is used.  Pure: the caller says what he sees and when.
 */
#ifndef REAPD_DAMP_H
#define REAPD_DAMP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define DAMP_ADDRS	32	/* remembered; of more, those longest at rest are forgotten */
#define DAMP_FREE	2	/* times that it may go down for nothing ... */
#define DAMP_FORGET	120000	/* ... until it has been at rest for so many ms */
#define DAMP_HOLD	5000	/* ms that it has to stay up the first time, doubled for each more, ... */
#define DAMP_HOLD_MAX	60000	/* ... up to so many */

struct damp {
	unsigned int n;
	struct damp_addr {
		struct in6_addr addr;
		bool up;
		unsigned int downs;	/* of late */
		uint64_t changed;	/* ms */
	} v[DAMP_ADDRS];
};

/* @addr is seen @up, or not.  Call it for each address after every change of the host's. */
void damp_see(struct damp *d, const struct in6_addr *addr, bool up, uint64_t now);

/* When @addr may be used, ms; not later than @now: it may be used. */
uint64_t damp_until(const struct damp *d, const struct in6_addr *addr);

/* When the next one that is held may be used; UINT64_MAX: none is held. */
uint64_t damp_next(const struct damp *d, uint64_t now);

#endif /* REAPD_DAMP_H */
