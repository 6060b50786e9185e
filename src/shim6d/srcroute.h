/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Source-address routing (in the spirit of RFC 8028): packets from each prefix leave by the interface that has it, as
 * providers drop what is not theirs.
 *
 * Where the host's own routing does not see to it and routing.sources is "install", a prefix gets a table with a default
 * route by its interface's router, and two rules: first the main table without its default routes, so that links and
 * special routes stay as they are, then that table.  Routes and rules have the protocol HAL_RTPROT_OWN.
 */
#ifndef SHIM6D_SRCROUTE_H
#define SHIM6D_SRCROUTE_H

#include "addrplan.h"
#include "shim6d.h"

#define SRCROUTE_MAX	PLAN_PREFIXES_MAX	/* tables from routing.table on */

enum srcroute_state { SRCROUTE_UNKNOWN, SRCROUTE_RIGHT, SRCROUTE_WRONG, SRCROUTE_INSTALLED };

struct srcroute;

int srcroute_open(struct srcroute **sr, struct shim6d *d);	/* also takes away what a killed shim6d left */
void srcroute_close(struct srcroute *sr);
/* Look again; @n 0: take everything back. */
void srcroute_update(struct srcroute *sr, const struct hal_rtnl *rt, const struct plan_prefix *p, unsigned int n);
enum srcroute_state srcroute_state(const struct srcroute *sr, const struct in6_addr *a);
const char *srcroute_name(enum srcroute_state s);

#endif /* SHIM6D_SRCROUTE_H */
