/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared inside lib/cga. */
#ifndef CGA_PRIV_H
#define CGA_PRIV_H

#include <openssl/evp.h>

#include "cga/cga.h"

/* Offsets in a PDS, RFC 3972 section 3 */
#define CGA_PREFIX_OFFSET	16
#define CGA_COLLISION_OFFSET	24
#define CGA_KEY_OFFSET		25
#define CGA_EXT_HEADER		4	/* type and length, RFC 4581 */

#define CGA_HASH_LEN		20	/* SHA-1 */
#define CGA_SIGNED_MAX		(20 + 255 * 16)	/* octets that are signed; Num Locators is one octet */
#define CGA_KEY_MAX		(CGA_SIGNATURE_MAX + 64)	/* octets of the key field of a key that we use */

struct cga {
	EVP_MD *sha1;
	EVP_MD_CTX *md;
	/* The key that verified last. */
	EVP_PKEY_CTX *verify;
	size_t key_len;
	unsigned int key_bits;
	uint8_t key[CGA_KEY_MAX];
};

/* SHA-1 over @n pieces.  false: OpenSSL failed. */
struct cga_piece {
	const void *p;
	size_t len;
};
bool cga_hash(struct cga *c, const struct cga_piece *piece, unsigned int n, uint8_t out[CGA_HASH_LEN]);

/* Hash2 of key and extensions with @modifier (RFC 3972, 4 step 2; RFC 5535, 6 step 3). */
bool cga_hash2(struct cga *c, const uint8_t modifier[16], const uint8_t *rest, size_t rest_len,
	       uint8_t out[CGA_HASH_LEN]);

/* @bits leading bits of @hash are zero; @bits is a multiple of 8. */
static inline bool cga_zero_bits(const uint8_t *hash, unsigned int bits)
{
	uint8_t any = 0;

	for (unsigned int i = 0; i < bits / 8; i++)
		any |= hash[i];
	return !any;
}

/* The signature over @list by the key of @pds (RFC 3972, 6). */
enum cga_fail cga_signature_check(struct cga *c, const struct cga_pds *pds, const struct cga_list *list,
				  const uint8_t *sig, size_t sig_len, unsigned int min_bits);

void cga_rsa_forget(struct cga *c);

/* Length of the DER element at @p with its header, in *@total; lengths of up to two octets, as nothing longer fits. */
enum cga_fail cga_der_length(const uint8_t *p, size_t left, size_t *total);

#endif /* CGA_PRIV_H */
