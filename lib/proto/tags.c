// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "proto/tags.h"

#define ROUNDS	8

void s6_tags_init(struct s6_tags *t, unsigned int bits, const uint8_t seed[24])
{
	memcpy(&t->key.k0, seed, 8);
	memcpy(&t->key.k1, seed + 8, 8);
	memcpy(&t->next, seed + 16, 8);
	t->bits = bits;
}

/* A Feistel network over 2 * @half bits: one to one whatever the round function is. */
static uint64_t permute(const struct s6_tags *t, uint64_t x, unsigned int half)
{
	uint64_t mask = (1ULL << half) - 1, left = x >> half, right = x & mask, in[2], f;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		in[0] = i;
		in[1] = right;
		f = s6_siphash(&t->key, in, sizeof(in)) & mask;
		f ^= left;
		left = right;
		right = f;
	}
	return left << half | right;
}

uint64_t s6_tags_next(struct s6_tags *t)
{
	uint64_t space = 1ULL << t->bits, x = t->next++ & (space - 1);

	/* An odd number of bits has no halves: permute one bit more and walk the cycle until we are back inside. */
	do
		x = permute(t, x, (t->bits + 1) / 2);
	while (x >= space);
	return x;
}
