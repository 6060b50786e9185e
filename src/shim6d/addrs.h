/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses of our own, without hand work: a key and a CGA-compatible HBA set (RFC 5535) from the prefixes that the
 * host has, installed with DAD, kept in step with the prefixes, for later prefixes a signed CGA each; and the routing
 * that belongs to them (srcroute.h).
 */
#ifndef SHIM6D_ADDRS_H
#define SHIM6D_ADDRS_H

#include "shim6d.h"

int addrs_open(struct shim6d *d);		/* behind locators_open(); reads security.state */
void addrs_close(struct shim6d *d);		/* leaves everything in place */
void addrs_unroute(struct shim6d *d);		/* at normal exit: no rule and no route; addresses stay */
void addrs_update(struct shim6d *d);		/* addresses, links, routes or the configuration changed */

/* The directory was changed by others, or is to be used again after addrs_remove().  0, or -errno with @why. */
int addrs_reload(struct shim6d *d, char *why, size_t size);
/* Take everything off the host; @forget: delete key and parameters, too.  0, or -errno with @why. */
int addrs_remove(struct shim6d *d, bool forget, char *why, size_t size);

json_t *addrs_json(const struct shim6d *d);	/* array, see shim6_ctl.h */
json_t *addrs_summary(const struct shim6d *d);	/* object, likewise */

#endif /* SHIM6D_ADDRS_H */
