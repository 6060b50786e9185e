/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between lib/proto, which knows messages, and lib/cga, which knows proofs: what proves a message's locators, and what
 * proves our own.  Keeps no state and does not wait; made for a thread of its own.
 */
#ifndef PROVE_PROVE_H
#define PROVE_PROVE_H

#include "cga/cga.h"
#include "proto/shim6.h"

/*
 * Look at the proof of a message that S6_ACT_PROVE handed out: @data (@len octets, over @src and @dst), for @ulid, with
 * the PDS @known if the message has none.  Keys below @min_bits are refused.  @proof goes to s6_proven(), unless
 * CGA_MEMORY is returned: then nothing is known, and the message is best forgotten.  Otherwise the return value says
 * what was wrong.
 */
enum cga_fail prove_message(struct cga *c, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *data,
			    size_t len, const struct in6_addr *ulid, struct s6_bytes known, unsigned int min_bits,
			    struct s6_proof *proof);

/*
 * What @ulid of ours may announce of the host's locators @loc in its @group, by its parameters @pds and, if not NULL,
 * @key: members of its HBA set with method HBA, all others with method CGA, and signed; without a key they are left out
 * (RFC 5533, 2.2 and 7.6; RFC 5535, 8 and 8.1).  @ulid is always among them, BROKEN if it is not among @loc.  *@out has
 * views into @pds and, when prove_sign() was called, @signature; its generation is 0.  *@cut is the number of locators
 * for which a message has no room.  CGA_OK, or why @pds does not prove @ulid.
 */
enum cga_fail prove_own(struct cga *c, const struct in6_addr *ulid, const struct cga_pds *pds,
			const struct cga_key *key, uint8_t group, const struct s6_locator *loc, unsigned int n,
			struct s6_own *out, unsigned int *cut);

/* Sign @own's list, whose generation is set, if it has to be; octets go to @signature.  false: OpenSSL failed. */
bool prove_sign(const struct cga_key *key, struct s6_own *own, uint8_t signature[CGA_SIGNATURE_MAX]);

#endif /* PROVE_PROVE_H */
