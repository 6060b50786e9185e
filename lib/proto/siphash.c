// SPDX-License-Identifier: GPL-2.0-or-later
/* SipHash-2-4 after Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012). */
#include "proto/siphash.h"

struct sip {
	uint64_t a, b, c, d;
};

static uint64_t rotl(uint64_t x, unsigned int n)
{
	return x << n | x >> (64 - n);
}

static void rounds(struct sip *s, unsigned int n)
{
	while (n--) {
		s->a += s->b;
		s->c += s->d;
		s->b = rotl(s->b, 13) ^ s->a;
		s->d = rotl(s->d, 16) ^ s->c;
		s->a = rotl(s->a, 32);
		s->c += s->b;
		s->a += s->d;
		s->b = rotl(s->b, 17) ^ s->c;
		s->d = rotl(s->d, 21) ^ s->a;
		s->c = rotl(s->c, 32);
	}
}

static uint64_t little_endian(const uint8_t *p, size_t n)
{
	uint64_t x = 0;

	while (n--)
		x = x << 8 | p[n];
	return x;
}

uint64_t s6_siphash(const struct s6_siphash_key *key, const void *data, size_t len)
{
	struct sip s = {
		key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
		key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573,
	};
	const uint8_t *p = data;
	uint64_t last = (uint64_t)len << 56, word;

	for (; len >= 8; len -= 8, p += 8) {
		word = little_endian(p, 8);
		s.d ^= word;
		rounds(&s, 2);
		s.a ^= word;
	}
	last |= little_endian(p, len);
	s.d ^= last;
	rounds(&s, 2);
	s.a ^= last;
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
