/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What proves this host's own addresses: a CGA Parameter Data Structure for each, and the key of those that can sign.
 */
#ifndef SHIM6D_IDENT_H
#define SHIM6D_IDENT_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "cga/cga.h"

/* One address.  The addresses of an HBA set have parameters of their own each (RFC 5535, 6; RFC 3972, 4). */
struct s6d_ident {
	uint8_t *pds;
	size_t pds_len;
	struct cga_pds parsed;		/* views into pds */
	struct cga_key *key;		/* signs for the address; shared, of the set; NULL: HBA only */
	unsigned int sec;
};

/* All of the host's, found by address. */
struct s6d_idents;
struct cgadir;

/*
 * Read @dir (security.state): NAME.pds, the DER octets of the parameters of one address, and key.pem, the key of those
 * whose parameters hold it.  A directory that is not there, or NULL, is an empty set.  0, or a negative errno with
 * @err naming the file and what is wrong with it; -EACCES: the directory is not for us to read.
 */
int idents_load(struct s6d_idents **out, const char *dir, char *err, size_t errlen);
/* NULL: nothing proves @addr.  Valid until idents_free(). */
const struct s6d_ident *ident_find(const struct s6d_idents *s, const struct in6_addr *addr);
const struct cgadir *idents_dir(const struct s6d_idents *s);	/* all that was read; common/cgadir.h */
void idents_free(struct s6d_idents *s);		/* NULL is fine */

#endif /* SHIM6D_IDENT_H */
