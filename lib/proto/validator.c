// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "proto/validator.h"

/* First octet of the input: a validator of one kind never passes for the other (S5533-7.20-05). */
enum { KIND_R1 = 1, KIND_R1BIS = 2 };

/* What was made with the secret before the present one has grown stale when that one goes, too. */
_Static_assert(S6_SECRET_LIFETIME > S6_VALIDATOR_LIFETIME + 1, "validators outlive their secret");

static uint32_t seconds(const struct s6_validator *v, uint64_t now)
{
	return v->start + (uint32_t)(now / 1000);
}

void s6_validator_init(struct s6_validator *v, uint64_t now, void (*random)(void *, void *, size_t), void *arg)
{
	memset(v, 0, sizeof(*v));
	v->random = random;
	v->arg = arg;
	random(arg, &v->start, sizeof(v->start));
	random(arg, v->now.secret, sizeof(v->now.secret));
	random(arg, v->before.secret, sizeof(v->before.secret));
	v->now.since = seconds(v, now);
}

uint32_t s6_validator_nonce(struct s6_validator *v, uint64_t now)
{
	uint32_t nonce = seconds(v, now);

	if (nonce - v->now.since >= S6_SECRET_LIFETIME) {
		v->before = v->now;
		v->random(v->arg, v->now.secret, sizeof(v->now.secret));
		v->now.since = nonce;
	}
	return nonce;
}

bool s6_validator_recent(const struct s6_validator *v, uint64_t now, uint32_t nonce)
{
	/* One more because seconds are cut off; nonces of the future wrap to a great age. */
	return seconds(v, now) - nonce <= S6_VALIDATOR_LIFETIME + 1;
}

static const uint8_t *secret_of(const struct s6_validator *v, uint32_t nonce)
{
	return (int32_t)(nonce - v->now.since) >= 0 ? v->now.secret : v->before.secret;
}

static uint8_t *put(uint8_t *p, const void *data, size_t len)
{
	memcpy(p, data, len);
	return p + len;
}

static bool hmac(const uint8_t secret[32], const uint8_t *data, size_t len, uint8_t out[S6_VALIDATOR_LEN])
{
	unsigned int n = 0;

	return HMAC(EVP_sha256(), secret, 32, data, len, out, &n) && n == S6_VALIDATOR_LEN;
}

bool s6_validator_r1(const struct s6_validator *v, uint32_t nonce, const struct s6_r1_facts *f,
		     uint8_t out[S6_VALIDATOR_LEN])
{
	uint8_t buf[1 + 4 + 8 + 4 * 16 + 4], *p = buf;

	*p++ = KIND_R1;
	p = put(p, &nonce, sizeof(nonce));
	p = put(p, &f->tag, sizeof(f->tag));
	p = put(p, &f->ulid_initiator, 16);
	p = put(p, &f->ulid_responder, 16);
	p = put(p, &f->loc_initiator, 16);
	p = put(p, &f->loc_responder, 16);
	p = put(p, &f->fii, sizeof(f->fii));
	return hmac(secret_of(v, nonce), buf, p - buf, out);
}

bool s6_validator_r1bis(const struct s6_validator *v, uint32_t nonce, uint64_t packet_tag,
			const struct in6_addr *loc_initiator, const struct in6_addr *loc_responder,
			uint8_t out[S6_VALIDATOR_LEN])
{
	uint8_t buf[1 + 4 + 8 + 2 * 16], *p = buf;

	*p++ = KIND_R1BIS;
	p = put(p, &nonce, sizeof(nonce));
	p = put(p, &packet_tag, sizeof(packet_tag));
	p = put(p, loc_initiator, 16);
	p = put(p, loc_responder, 16);
	return hmac(secret_of(v, nonce), buf, p - buf, out);
}

bool s6_validator_same(const uint8_t mine[S6_VALIDATOR_LEN], const uint8_t *p, size_t len)
{
	return p && len == S6_VALIDATOR_LEN && CRYPTO_memcmp(mine, p, S6_VALIDATOR_LEN) == 0;
}
