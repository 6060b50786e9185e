/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which of the stored addresses should be on which interface, for how long, and for which prefixes one is missing.
 * Pure: everything follows from what the host has now and what is stored.
 *
 * An address that we put on an interface has IFA_F_HOMEADDRESS.  The flag makes the kernel choose it as the source of
 * new connections before others (RFC 6724, 5 rule 4), tells it from the host's other addresses, and is touched by none
 * of the programs that configure interfaces.
 */
#ifndef SHIM6D_ADDRPLAN_H
#define SHIM6D_ADDRPLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/cgadir.h"
#include "hal/rtnl.h"

#define PLAN_PREFIXES_MAX	32

/* An address of the host, and what the plan cannot find out by itself. */
struct plan_seen {
	const struct hal_addr *a;
	bool wanted;			/* not excluded by the configuration */
	bool uplink;			/* a default route leaves by its interface */
	bool on_link;			/* its /64 is on the link, though it is shorter than the address's prefix */
};

/* A /64 that others gave to the host. */
struct plan_prefix {
	uint8_t prefix[8];
	uint32_t ifindex;
	uint32_t valid, preferred;	/* seconds left, UINT32_MAX: for ever; the longest of its addresses */
	bool uplink;
	bool gone;			/* nothing shows it any more, but something did just now */
};

/* What is left now of @seconds that there were when it was @told, in ms.  UINT32_MAX: for ever. */
uint32_t plan_left(uint32_t seconds, uint64_t told, uint64_t now);

/* The prefixes of @seen, in its order, into @out[PLAN_PREFIXES_MAX]; @now in ms.  Returns their number. */
unsigned int plan_prefixes(const struct plan_seen *seen, unsigned int n, const struct cgadir *dir, uint64_t now,
			   struct plan_prefix *out);

/* The prefixes for which an address should be made: with an uplink, still preferred, and none stored. */
unsigned int plan_missing(const struct plan_prefix *p, unsigned int n, const struct cgadir *dir, uint8_t (*out)[8]);

enum plan_what {
	PLAN_ADD,
	PLAN_LIFETIME,			/* valid or preferred are to be changed */
	PLAN_DEL,
	PLAN_COLLISION,			/* another host has it */
};

struct plan_action {
	enum plan_what what;
	const struct cgadir_addr *addr;
	uint32_t ifindex, valid, preferred;
};

#define PLAN_ACTIONS_MAX	(4 * CGADIR_MAX)

/* What has to be done now, into @out[PLAN_ACTIONS_MAX].  Returns the number. */
unsigned int plan_actions(const struct plan_seen *seen, unsigned int n, const struct plan_prefix *p, unsigned int n_p,
			  const struct cgadir *dir, uint64_t now, struct plan_action *out);

/* @a and @b are of one HBA set. */
bool plan_same_set(const struct cgadir_addr *a, const struct cgadir_addr *b);

#endif /* SHIM6D_ADDRPLAN_H */
