/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state file: contexts as s6_save() gives them, good for one boot and one network namespace.  Pure.
 *
 * Octets: "SHIM6ST1"; boot id, 36 characters; 4 of zero; inode of the namespace, u64; number of contexts, u32; 4 of
 * zero; then for each context CT(local), u64; length, u32; that many octets.  Integers in host byte order: the file
 * never leaves the host.
 */
#ifndef SHIM6D_STATEFILE_H
#define SHIM6D_STATEFILE_H

#include <stddef.h>
#include <stdint.h>

#define STATEFILE_BOOT_ID	36

struct statefile_where {
	char boot_id[STATEFILE_BOOT_ID + 1];
	uint64_t netns;
};

#define STATEFILE_HEADER	64
#define STATEFILE_RECORD	12	/* before the octets of a context */

void statefile_put_header(uint8_t *p, const struct statefile_where *where, uint32_t contexts);
void statefile_put_record(uint8_t *p, uint64_t ct_local, uint32_t len);

/* Why a file is of no use; the text says it to people. */
const char *statefile_check(const uint8_t *p, size_t len, const struct statefile_where *where);	/* NULL: good */

/*
 * The record at *@at, which moves on; *@at begins as STATEFILE_HEADER.  1, 0 at the end, -1 if the file is broken.
 * *@blob points into the file.
 */
int statefile_next(const uint8_t *p, size_t len, size_t *at, uint64_t *ct_local, const uint8_t **blob,
		   size_t *blob_len);

#endif /* SHIM6D_STATEFILE_H */
