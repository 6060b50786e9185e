// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verification of CGA, HBA and of a whole Shim6 locator list.
 */
#include <stdlib.h>
#include <string.h>

#include "cga/cga_priv.h"
#include "uapi/shim6_wire.h"

struct cga *cga_new(void)
{
	struct cga *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
	c->md = EVP_MD_CTX_new();
	if (!c->sha1 || !c->md) {
		cga_free(c);
		return NULL;
	}
	return c;
}

void cga_free(struct cga *c)
{
	if (!c)
		return;
	cga_rsa_forget(c);
	EVP_MD_CTX_free(c->md);
	EVP_MD_free(c->sha1);
	free(c);
}

bool cga_hash(struct cga *c, const struct cga_piece *piece, unsigned int n, uint8_t out[CGA_HASH_LEN])
{
	if (EVP_DigestInit_ex(c->md, c->sha1, NULL) != 1)
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (EVP_DigestUpdate(c->md, piece[i].p, piece[i].len) != 1)
			return false;
	return EVP_DigestFinal_ex(c->md, out, NULL) == 1;
}

bool cga_hash2(struct cga *c, const uint8_t modifier[16], const uint8_t *rest, size_t rest_len,
	       uint8_t out[CGA_HASH_LEN])
{
	static const uint8_t zeroes[9];		/* subnet prefix and collision count */
	const struct cga_piece piece[] = { { modifier, 16 }, { zeroes, sizeof(zeroes) }, { rest, rest_len } };

	return cga_hash(c, piece, 3, out);
}

/* Hash1 over the PDS as if it had been made for @prefix (RFC 5535, 7.2 step 1). */
static bool hash1(struct cga *c, const struct cga_pds *pds, const uint8_t *prefix, uint8_t out[CGA_HASH_LEN])
{
	const struct cga_piece piece[] = {
		{ pds->data, CGA_PREFIX_OFFSET },
		{ prefix, 8 },
		{ pds->data + CGA_COLLISION_OFFSET, pds->len - CGA_COLLISION_OFFSET },
	};

	return cga_hash(c, piece, 3, out);
}

/* A Hash2 belongs to the parameters, not to an address: computed once for a list. */
struct hash2_cache {
	bool known;
	uint8_t hash[CGA_HASH_LEN];
};

/* Steps 1 and 3 to 7 of RFC 3972 section 5, the prefix being right already. */
static enum cga_fail verify_iid(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds,
				struct hash2_cache *h2)
{
	static const uint8_t mask[8] = { 0x1c, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const uint8_t *iid = addr->s6_addr + 8;
	uint8_t hash[CGA_HASH_LEN];
	unsigned int sec = iid[0] >> 5;

	if (pds->data[CGA_COLLISION_OFFSET] > 2)
		return CGA_COLLISION;
	if (!hash1(c, pds, addr->s6_addr, hash))
		return CGA_MEMORY;
	for (int i = 0; i < 8; i++)		/* bits 0-2, 6 and 7 do not count */
		if ((hash[i] ^ iid[i]) & mask[i])
			return CGA_HASH1;
	if (sec == 0)
		return CGA_OK;
	if (sec > CGA_SEC_MAX)
		return CGA_SEC;
	if (!h2->known) {
		if (!cga_hash2(c, pds->data, pds->key, pds->len - CGA_KEY_OFFSET, h2->hash))
			return CGA_MEMORY;
		h2->known = true;
	}
	return cga_zero_bits(h2->hash, 16 * sec) ? CGA_OK : CGA_HASH2;
}

static enum cga_fail verify_cga(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds,
				struct hash2_cache *h2)
{
	if (pds->data[CGA_COLLISION_OFFSET] > 2)
		return CGA_COLLISION;
	if (memcmp(addr->s6_addr, pds->data + CGA_PREFIX_OFFSET, 8) != 0)
		return CGA_PREFIX;
	return verify_iid(c, addr, pds, h2);
}

static enum cga_fail verify_hba(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds,
				struct hash2_cache *h2)
{
	if (!pds->prefixes)
		return CGA_NO_MULTI_PREFIX;
	for (unsigned int i = 0; i < pds->n_prefixes; i++)
		if (memcmp(addr->s6_addr, pds->prefixes + 8 * i, 8) == 0)
			return verify_iid(c, addr, pds, h2);
	return CGA_NOT_IN_SET;
}

enum cga_fail cga_verify(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds)
{
	struct hash2_cache h2 = { 0 };

	return verify_cga(c, addr, pds, &h2);
}

enum cga_fail hba_verify(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds)
{
	struct hash2_cache h2 = { 0 };

	return verify_hba(c, addr, pds, &h2);
}

static enum cga_fail verify_ulid(struct cga *c, const struct in6_addr *ulid, const struct cga_pds *pds,
				 struct hash2_cache *h2)
{
	return pds->prefixes ? verify_hba(c, ulid, pds, h2) : verify_cga(c, ulid, pds, h2);	/* Q63 */
}

enum cga_fail cga_verify_ulid(struct cga *c, const struct in6_addr *ulid, const struct cga_pds *pds)
{
	struct hash2_cache h2 = { 0 };

	return verify_ulid(c, ulid, pds, &h2);
}

enum cga_fail cga_list_verify(struct cga *c, const struct in6_addr *ulid, const struct cga_list *list,
			      const struct cga_pds *pds, const uint8_t *signature, size_t sig_len,
			      unsigned int min_bits, unsigned int *which)
{
	struct hash2_cache h2 = { 0 };
	unsigned int first_cga = list->n;
	enum cga_fail f;

	*which = list->n;
	f = verify_ulid(c, ulid, pds, &h2);
	if (f)
		return f;
	for (unsigned int i = 0; i < list->n; i++) {
		*which = i;
		switch (list->method[i]) {
		case SHIM6_VERIFY_HBA:
			f = memcmp(&list->addr[i], ulid, sizeof(*ulid)) == 0 && pds->prefixes ? CGA_OK :
			    verify_hba(c, &list->addr[i], pds, &h2);
			if (f)
				return f;
			break;
		case SHIM6_VERIFY_CGA:
			if (pds->prefixes && !pds->p_flag)
				return CGA_P_FLAG;	/* Q64 */
			if (!signature)
				return CGA_NO_SIGNATURE;
			if (first_cga == list->n)
				first_cga = i;
			break;
		default:
			return CGA_METHOD;		/* Q02, Q08 */
		}
	}
	*which = first_cga;
	if (first_cga == list->n)
		return CGA_OK;
	return cga_signature_check(c, pds, list, signature, sig_len, min_bits);
}
