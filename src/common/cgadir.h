/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory with what proves a host's own addresses (security.state): key.pem, the RSA key (mode 0600), and for
 * each address a file ADDRESS.pds, the octets of its CGA Parameter Data Structure (RFC 3972, 3).  Files of other names
 * that end in .pds are taken as well; Sec is then the highest that the parameters allow.
 */
#ifndef COMMON_CGADIR_H
#define COMMON_CGADIR_H

#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cga/cga.h"

#define CGADIR_DEFAULT	"/var/lib/shim6"
#define CGADIR_KEY	"key.pem"
#define CGADIR_REMOVED	"removed"	/* a file that says: addresses are kept here, but not to be installed */
#define CGADIR_MAX	64		/* addresses */

struct cgadir_addr {
	struct in6_addr addr;
	unsigned int sec;
	uint8_t *pds;
	size_t len;
	struct cga_pds parsed;		/* views into pds */
	char file[NAME_MAX + 1];
};

struct cgadir {
	struct cga_key *key;		/* NULL: there is none */
	bool removed;
	unsigned int n;
	struct cgadir_addr a[CGADIR_MAX];	/* in the order of their file names */
};

/*
 * Read and check @path.  A directory that is not there is an empty one, and so is NULL.  0, or a negative errno with
 * @err naming the file and what is wrong with it; *@d is then empty.  -EACCES: the directory is not for us to read.
 */
int cgadir_read(struct cgadir *d, const char *path, char *err, size_t errlen);
void cgadir_free(struct cgadir *d);
const struct cgadir_addr *cgadir_find(const struct cgadir *d, const struct in6_addr *addr);

/* Make the directory (0700) if it is not there.  0 or a negative errno. */
int cgadir_make(const char *path);
/* Write the parameters of @addr, whole or not at all.  0 or a negative errno. */
int cgadir_put(const char *path, const struct in6_addr *addr, const uint8_t *pds, size_t len);
int cgadir_drop(const char *path, const char *file);
int cgadir_set_removed(const char *path, bool removed);

/*
 * Read a file of parameters: their octets, or the same as hexadecimal text (blanks and colons are skipped, and lines
 * that begin with #), or what "shim6ctl addr show" prints.  0 or a negative errno with @err.
 */
int cgadir_read_pds(const char *path, uint8_t buf[CGA_PDS_MAX], size_t *len, char *err, size_t errlen);

#endif /* COMMON_CGADIR_H */
