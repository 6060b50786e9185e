/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Context tags (RFC 5533, 4.1 and 7.1): a secret permutation of the whole tag space is walked through, so a tag
 * cannot be guessed and a freed one does not come again before all others have been used.
 */
#ifndef PROTO_TAGS_H
#define PROTO_TAGS_H

#include "proto/siphash.h"

struct s6_tags {
	struct s6_siphash_key key;
	unsigned int bits;		/* 1 to 47 */
	uint64_t next;
};

/* @seed: unpredictable octets. */
void s6_tags_init(struct s6_tags *t, unsigned int bits, const uint8_t seed[24]);

/* The next tag of the walk; all 2^bits come before one comes again.  The caller skips those in use. */
uint64_t s6_tags_next(struct s6_tags *t);

#endif /* PROTO_TAGS_H */
