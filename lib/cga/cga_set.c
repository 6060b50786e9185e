// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making a whole set of addresses: HBA, CGA-compatible HBA (RFC 5535 section 6), or a CGA for each prefix (RFC 3972
 * section 4).
 */
#include <errno.h>
#include <string.h>

#include "cga/cga_priv.h"

static const char *const kinds[] = { [CGA_KIND_HBA] = "hba", [CGA_KIND_CGA] = "cga", [CGA_KIND_HYBRID] = "hybrid" };

const char *cga_kind_name(enum cga_kind kind)
{
	return kinds[kind];
}

bool cga_kind_parse(const char *name, enum cga_kind *kind)
{
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i], name) == 0) {
			*kind = i;
			return true;
		}
	}
	return false;
}

enum cga_kind cga_pds_kind(const struct cga_pds *pds)
{
	if (!pds->prefixes)
		return CGA_KIND_CGA;
	return pds->p_flag ? CGA_KIND_HYBRID : CGA_KIND_HBA;
}

unsigned int cga_pds_sec(struct cga *c, const struct cga_pds *pds)
{
	uint8_t hash[CGA_HASH_LEN];
	unsigned int sec = CGA_SEC_MAX;

	if (!cga_hash2(c, pds->data, pds->key, pds->len - CGA_KEY_OFFSET, hash))
		return 0;
	while (sec && !cga_zero_bits(hash, 16 * sec))
		sec--;
	return sec;
}

enum cga_fail cga_collide(struct cga *c, uint8_t *pds, size_t len, unsigned int sec, struct in6_addr *addr)
{
	if (len < CGA_KEY_OFFSET)
		return CGA_SHORT;
	if (pds[CGA_COLLISION_OFFSET] >= 2)
		return CGA_COLLISION;
	pds[CGA_COLLISION_OFFSET]++;
	return cga_address(c, pds, len, sec, addr);
}

int cga_set_make(struct cga *c, const struct cga_recipe *r, struct cga_search *search, struct cga_made *made)
{
	bool multi = r->kind != CGA_KIND_CGA, with_key = r->kind != CGA_KIND_HBA;
	uint8_t key[CGA_PDS_MAX], ext[CGA_EXT_HEADER + 4 + 8 * CGA_PREFIXES_MAX], modifier[16];
	size_t key_len, ext_len = 0;
	int rc;

	if (r->n == 0 || r->n > CGA_PREFIXES_MAX || (with_key && !r->key))
		return -EINVAL;
	key_len = with_key ? cga_key_public(r->key, key, sizeof(key)) :
		  cga_extended_modifier(key, sizeof(key), r->random + 16);
	if (multi)		/* RFC 5535, 6 step 1 */
		ext_len = cga_multi_prefix(ext, sizeof(ext), r->prefix, r->n, with_key);
	if (!key_len || (multi && !ext_len))
		return -E2BIG;
	/* Steps 2 to 4; the modifier is that of all. */
	memcpy(modifier, r->random, sizeof(modifier));
	rc = cga_search(search, modifier, key, key_len, ext, ext_len);
	if (rc)
		return rc;
	for (unsigned int i = 0; i < r->n; i++) {		/* step 6 */
		made[i].len = cga_pds_build(made[i].pds, sizeof(made[i].pds), modifier, r->prefix[i], r->collision, key,
					    key_len, ext, ext_len);
		if (!made[i].len)
			return -E2BIG;
		if (cga_address(c, made[i].pds, made[i].len, search->sec, &made[i].addr))
			return -ENOMEM;
	}
	return 0;
}
