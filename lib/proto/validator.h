/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stateless Responder Validator of R1 and R1bis (RFC 5533, 7.10.1 and 7.17.1).
 *
 * HMAC-SHA256 over everything that the answer has to repeat.  The Responder Nonce counts seconds from a secret start,
 * so that the age of an answer can be judged without remembering the question; it also tells which secret was in use.
 */
#ifndef PROTO_VALIDATOR_H
#define PROTO_VALIDATOR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#define S6_VALIDATOR_LEN	32
#define S6_VALIDATOR_LIFETIME	30	/* s, VALIDATOR_MIN_LIFETIME of section 14 */
#define S6_SECRET_LIFETIME	300	/* s, after which a new secret is drawn (16.2) */

struct s6_validator {
	struct {
		uint8_t secret[32];
		uint32_t since;		/* first Responder Nonce made with it */
	} now, before;
	uint32_t start;
	void (*random)(void *arg, void *buf, size_t len);
	void *arg;
};

void s6_validator_init(struct s6_validator *v, uint64_t now, void (*random)(void *, void *, size_t), void *arg);

/* The Responder Nonce to send at @now (ms).  Draws a new secret when it is time. */
uint32_t s6_validator_nonce(struct s6_validator *v, uint64_t now);

/* True if @nonce was sent no longer ago than S6_VALIDATOR_LIFETIME. */
bool s6_validator_recent(const struct s6_validator *v, uint64_t now, uint32_t nonce);

/*
 * What R1 and I2 agree upon.  The Initiator Nonce is left out on purpose (Q04).  False, here and below, if libcrypto
 * failed; @out is not to be used then.
 */
struct s6_r1_facts {
	uint64_t tag;			/* Initiator Context Tag */
	struct in6_addr ulid_initiator, ulid_responder;
	struct in6_addr loc_initiator, loc_responder;
	uint32_t fii;
};
bool s6_validator_r1(const struct s6_validator *v, uint32_t nonce, const struct s6_r1_facts *f,
		     uint8_t out[S6_VALIDATOR_LEN]);

/* What R1bis and I2bis agree upon: the tag of the packet that we do not know, and the locators it came over. */
bool s6_validator_r1bis(const struct s6_validator *v, uint32_t nonce, uint64_t packet_tag,
			const struct in6_addr *loc_initiator, const struct in6_addr *loc_responder,
			uint8_t out[S6_VALIDATOR_LEN]);

/* Compare in constant time what came back (@len octets at @p). */
bool s6_validator_same(const uint8_t mine[S6_VALIDATOR_LEN], const uint8_t *p, size_t len);

#endif /* PROTO_VALIDATOR_H */
