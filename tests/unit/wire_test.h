/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the codec's tests share: packets from hex, decoding with the sanitizers watching, a seeded random source. */
#ifndef TEST_WIRE_TEST_H
#define TEST_WIRE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "proto/wire.h"
#include "wire_vectors.h"

struct packet {
	size_t len;
	uint8_t octet[4096];
};

static const struct {
	uint8_t type;
	const char *hex;
} vectors[] = {
	{ SHIM6_I1, VEC_I1 },
	{ SHIM6_I1, VEC_I1_OPTIONS },
	{ SHIM6_R1, VEC_R1 },
	{ SHIM6_I2, VEC_I2 },
	{ SHIM6_R2, VEC_R2 },
	{ SHIM6_R1BIS, VEC_R1BIS },
	{ SHIM6_I2BIS, VEC_I2BIS },
	{ SHIM6_UPDATE_REQ, VEC_UR },
	{ SHIM6_UPDATE_ACK, VEC_UA },
	{ SHIM6_KEEPALIVE, VEC_KEEPALIVE },
	{ SHIM6_PROBE, VEC_PROBE },
	{ SHIM6_ERROR, VEC_ERROR },
};

#define N_VECTORS	(sizeof(vectors) / sizeof(vectors[0]))

static inline struct in6_addr addr_of(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static inline void add_hex(struct packet *p, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int high = 16;

	for (; *hex; hex++) {
		const char *d = strchr(digits, *hex);

		if (*hex == ' ')
			continue;
		assert_non_null(d);
		if (high == 16) {
			high = d - digits;
			continue;
		}
		assert_true(p->len < sizeof(p->octet));
		p->octet[p->len++] = high << 4 | (d - digits);
		high = 16;
	}
	assert_int_equal(high, 16);
}

static inline struct packet packet_of(const char *hex)
{
	struct packet p = { 0 };

	add_hex(&p, hex);
	return p;
}

/* A second opinion on 5.3: add octet pairs with end-around carry, leave the checksum field out. */
static inline uint16_t sum_of(const uint8_t *p, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i += 2) {
		if (i == 4)
			continue;
		sum += p[i] * 256U + p[i + 1];
		if (sum > 65535)
			sum -= 65535;
	}
	return 65535 - sum;
}

/* Set Hdr Ext Len from the length and the checksum from the content. */
static inline void finish(struct packet *p)
{
	uint16_t sum;

	assert_int_equal(p->len % 8, 0);
	p->octet[1] = p->len / 8 - 1;
	sum = sum_of(p->octet, p->len);
	p->octet[4] = sum >> 8;
	p->octet[5] = sum & 0xff;
}

/*
 * Decode the first @len octets of @p.  They fill a block of their own, so that the address sanitizer sees any read
 * behind them; the block stays until the next call, as *@m points into it.
 */
static inline enum s6_verdict decode_len(const struct packet *p, size_t len, struct s6_msg *m, size_t *fault)
{
	static uint8_t *block;
	struct in6_addr src = addr_of("2001:db8:a::1"), dst = addr_of("2001:db8:b::1");

	free(block);
	block = malloc(len ? len : 1);
	assert_non_null(block);
	memcpy(block, p->octet, len);
	return s6_decode(block, len, &src, &dst, m, fault);
}

static inline enum s6_verdict decode(const struct packet *p, struct s6_msg *m)
{
	size_t fault;

	return decode_len(p, p->len, m, &fault);
}

/* Compare verdicts by name, which is what one wants to read when it fails. */
#define assert_verdict(got, want)	assert_string_equal(s6_verdict_name(got), s6_verdict_name(want))

static inline void assert_addr(const struct in6_addr *a, const char *text)
{
	struct in6_addr want = addr_of(text);

	assert_memory_equal(a, &want, sizeof(want));
}

/* @m encodes to exactly the octets of @hex. */
static inline void assert_encodes(const struct s6_msg *m, const char *hex)
{
	struct packet want = packet_of(hex);
	uint8_t buf[S6_MSG_MAX];
	size_t len = s6_encode(m, buf, sizeof(buf));

	assert_int_equal(len, want.len);
	assert_memory_equal(buf, want.octet, len);
}

/* xorshift: the same numbers in each run. */
static inline uint32_t next_random(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

#endif /* TEST_WIRE_TEST_H */
