/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pair of proto_pair.h with ULIDs that are proven.  Each host has locators 0 to 3:
 *
 *	HBA	0 and 1 are a set, without a key
 *	HYBRID	the same with a key
 *	CGA	0 is a CGA
 *	PLAIN	none is anything
 *
 * Locators 2 and 3 (of CGA also 1) are addresses like any other.
 */
#ifndef TEST_PROOF_TEST_H
#define TEST_PROOF_TEST_H

#include "proto_pair.h"

enum kind { PLAIN, HBA, CGA, HYBRID };

struct proof {
	enum kind kind;
	uint8_t pds[N_LOC][CGA_PDS_MAX];
	size_t len;
	struct cga_key *key;
	uint32_t generation;
	uint8_t signature[CGA_SIGNATURE_MAX];
	struct s6_own own;
};

static struct proof proofs[2];
static struct cga *test_cga;
static struct cga_key *test_key[2];	/* 1024 bits: quick to make */

static inline void proof_keys(void)
{
	const char *why;

	if (!test_cga)
		test_cga = cga_new();
	assert_non_null(test_cga);
	for (int i = 0; i < 2; i++) {
		if (!test_key[i])
			test_key[i] = cga_key_new(1024, &why);
		assert_non_null(test_key[i]);
	}
}

static inline int proof_keys_free(void **state)
{
	(void)state;
	cga_key_free(test_key[A]);
	cga_key_free(test_key[B]);
	cga_free(test_cga);
	return 0;
}

/* Turn the first locators of host @who into what @kind asks for. */
static inline void proof_make(struct pair *p, int who, enum kind kind)
{
	uint8_t ext[64], field[CGA_PDS_MAX], modifier[16] = { 7, who }, prefix[2][8];
	static const uint8_t nonce[48] = { 3, 1, 4 };
	unsigned int members = kind == PLAIN ? 0 : kind == CGA ? 1 : 2, i;
	struct proof *f = &proofs[who];
	size_t ext_len = 0, field_len;

	*f = (struct proof){ .kind = kind, .generation = 1000 };
	f->key = kind == CGA || kind == HYBRID ? test_key[who] : NULL;
	for (i = 0; i < 2; i++)
		memcpy(prefix[i], &p->s[who].loc[i], 8);
	if (members == 2)
		ext_len = cga_multi_prefix(ext, sizeof(ext), (const uint8_t (*)[8])prefix, 2, f->key);
	field_len = f->key ? cga_key_public(f->key, field, sizeof(field)) :
		    cga_extended_modifier(field, sizeof(field), nonce);
	for (i = 0; i < members; i++) {
		f->len = cga_pds_build(f->pds[i], sizeof(f->pds[i]), modifier, prefix[i], 0, field, field_len, ext,
				       ext_len);
		assert_int_equal(cga_address(test_cga, f->pds[i], f->len, 0, &p->s[who].loc[i]), CGA_OK);
	}
}

static inline void proof_parse(const struct proof *f, unsigned int member, struct cga_pds *pds)
{
	size_t at;

	assert_int_equal(cga_pds_parse(f->pds[member], f->len, pds, &at), CGA_OK);
}

/* Host @who has the locators of @mask now, and announces what it can prove of them for its ULID, locator 0. */
static inline void proof_locators(struct pair *p, int who, unsigned int mask)
{
	struct s6_locator l[N_LOC] = { 0 };
	struct proof *f = &proofs[who];
	unsigned int i, n = 0, cut;
	struct cga_pds pds;

	for (i = 0; i < N_LOC; i++)
		if (mask & 1 << i)
			l[n++].addr = p->s[who].loc[i];
	if (f->kind != PLAIN) {
		proof_parse(f, 0, &pds);
		assert_int_equal(prove_own(test_cga, &p->s[who].loc[0], &pds, f->key, 0, l, n, &f->own, &cut),
				 CGA_OK);
		assert_int_equal(cut, 0);
		f->own.list.generation = ++f->generation;
		assert_true(prove_sign(f->key, &f->own, f->signature));
		assert_int_equal(s6_set_own(p->s[who].h, &f->own, 1), 0);
	}
	pair_locators(p, who, mask);
}

static inline void proof_start_with(struct pair *p, enum kind a, enum kind b, const struct s6_config *cfg)
{
	proof_keys();
	pair_start(p, cfg, cfg);
	proof_make(p, A, a);
	proof_make(p, B, b);
	proof_locators(p, A, 7);
	proof_locators(p, B, 7);
}

static inline void proof_start(struct pair *p, enum kind a, enum kind b)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);

	proof_start_with(p, a, b, &cfg);
}

/* How many of its three locators a host of @kind announces; 0: no list at all. */
static inline unsigned int proof_members(enum kind kind)
{
	return kind == PLAIN ? 0 : kind == HBA ? 2 : 3;
}

#endif /* TEST_PROOF_TEST_H */
