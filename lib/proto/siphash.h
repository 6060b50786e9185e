/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-2-4, a keyed hash for short input: tables whose keys a stranger may choose, and the tag permutation.
 */
#ifndef PROTO_SIPHASH_H
#define PROTO_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

struct s6_siphash_key {
	uint64_t k0, k1;
};

uint64_t s6_siphash(const struct s6_siphash_key *key, const void *data, size_t len);

#endif /* PROTO_SIPHASH_H */
