// SPDX-License-Identifier: GPL-2.0-or-later
/* Whole sets of addresses: their kinds, keys of all lengths, what is random in them and what a collision does. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "cga/cga.h"
#include "uapi/shim6_wire.h"

static struct cga *c;
static struct cga_key *key;

static const uint8_t prefixes[2][8] = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa1 }, { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa2 } };

static struct cga_recipe recipe(enum cga_kind kind, const struct cga_key *k, uint8_t seed)
{
	struct cga_recipe r = { .kind = kind, .prefix = prefixes, .n = 2, .key = k };

	memset(r.random, seed, sizeof(r.random));
	return r;
}

static void make(const struct cga_recipe *r, unsigned int sec, struct cga_made *made)
{
	struct cga_search s = { .sec = sec, .threads = 1 };

	assert_int_equal(cga_set_make(c, r, &s, made), 0);
	assert_int_equal(s.tries > 0, sec > 0);
}

static void parse(const struct cga_made *m, struct cga_pds *pds)
{
	size_t at;

	assert_int_equal(cga_pds_parse(m->pds, m->len, pds, &at), CGA_OK);
}

/* S5535-4-01 S3972-3-04: three kinds, told apart by extension and P flag */
static void kinds(void **state)
{
	static const enum cga_kind all[] = { CGA_KIND_HBA, CGA_KIND_CGA, CGA_KIND_HYBRID };

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct cga_recipe r = recipe(all[i], key, 1);
		struct cga_made made[2];
		struct cga_pds pds;

		make(&r, 0, made);
		parse(&made[0], &pds);
		assert_int_equal(cga_pds_kind(&pds), all[i]);
		assert_int_equal(pds.prefixes != NULL, all[i] != CGA_KIND_CGA);
		assert_int_equal(cga_verify_ulid(c, &made[0].addr, &pds), CGA_OK);
		assert_int_equal(cga_verify_ulid(c, &made[1].addr, &pds),
				 all[i] == CGA_KIND_CGA ? CGA_PREFIX : CGA_OK);
	}
}

/* S5535-5-05: reserved bits are hashed, and mean nothing */
static void reserved_bits(void **state)
{
	struct cga_recipe r = recipe(CGA_KIND_HYBRID, key, 2);
	struct cga_made made[2];
	struct cga_pds pds;
	struct in6_addr addr;

	(void)state;
	make(&r, 0, made);
	parse(&made[0], &pds);
	made[0].pds[pds.prefixes - made[0].pds - 1] = 0xa5;
	made[0].pds[pds.prefixes - made[0].pds - 4] |= 0x7f;
	assert_int_equal(cga_verify_ulid(c, &made[0].addr, &pds), CGA_HASH1);
	assert_int_equal(cga_address(c, made[0].pds, made[0].len, 0, &addr), CGA_OK);
	parse(&made[0], &pds);
	assert_true(pds.p_flag);
	assert_int_equal(pds.n_prefixes, 2);
	assert_int_equal(hba_verify(c, &addr, &pds), CGA_OK);
}

/* S5533-16-02 S3972-3-07 S3972-5-06 S3972-5-07 S3972-7.1-02 */
static void keys_of_all_lengths(void **state)
{
	static const unsigned int bits[] = { 1024, 1536, 2048, 3072, 4096 };
	uint8_t method = SHIM6_VERIFY_CGA, sig[CGA_SIGNATURE_MAX];

	(void)state;
	for (unsigned int i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		const char *why;
		struct cga_key *k = cga_key_new(bits[i], &why);
		struct cga_recipe r = recipe(CGA_KIND_CGA, k, 3);
		struct cga_made made[2];
		struct cga_list l = { .generation = 9, .n = 1, .addr = &made[0].addr, .method = &method };
		struct cga_pds pds;
		unsigned int which;
		size_t n;

		assert_non_null(k);
		make(&r, 0, made);
		parse(&made[0], &pds);
		n = cga_list_sign(k, &l, sig, sizeof(sig));
		assert_int_equal(n, bits[i] / 8);
		assert_int_equal(cga_list_verify(c, &made[0].addr, &l, &pds, sig, n, 1024, &which), CGA_OK);
		assert_int_equal(cga_list_verify(c, &made[0].addr, &l, &pds, sig, n, 2048, &which),
				 bits[i] < 2048 ? CGA_KEY_BITS : CGA_OK);
		cga_key_free(k);
	}
}

/* S5535-6-08 S5535-11.2-01 S3972-4-02: with another random start nothing links two sets */
static void random_starts(void **state)
{
	(void)state;
	for (enum cga_kind kind = CGA_KIND_HBA; kind <= CGA_KIND_HYBRID; kind++) {
		struct cga_recipe one = recipe(kind, key, 4), two = recipe(kind, key, 5);
		struct cga_made a[2], b[2];

		make(&one, 0, a);
		make(&two, 0, b);
		for (unsigned int i = 0; i < 2; i++) {
			assert_memory_equal(&a[i].addr, &b[i].addr, 8);
			assert_memory_not_equal((uint8_t *)&a[i].addr + 8, (uint8_t *)&b[i].addr + 8, 8);
		}
		assert_memory_not_equal(a[0].pds, b[0].pds, 16);		/* modifier */
		if (kind == CGA_KIND_HBA) {		/* and what stands for a key */
			struct cga_pds pa, pb;

			parse(&a[0], &pa);
			parse(&b[0], &pb);
			assert_memory_not_equal(pa.key, pb.key, pa.key_len);
		}
	}
}

/* S3972-4-01 S3972-4-04 S3972-4-08 S3972-4-09 S3972-5-03 S3972-5-04: Sec, and a modifier that is used again */
static void sec_and_old_modifiers(void **state)
{
	static const uint8_t other[8] = { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa9 };
	struct cga_recipe r = recipe(CGA_KIND_CGA, key, 6);
	struct cga_made made[2];
	uint8_t pds[CGA_PDS_MAX];
	struct in6_addr addr;
	struct cga_pds p;
	size_t n, at;

	(void)state;
	for (unsigned int sec = 0; sec < 2; sec++) {
		make(&r, sec, made);
		assert_int_equal(made[0].addr.s6_addr[8] >> 5, sec);
		assert_int_equal(made[0].addr.s6_addr[8] & 3, 0);	/* u and g */
		parse(&made[0], &p);
		assert_true(cga_pds_sec(c, &p) >= sec);
		assert_int_equal(cga_verify(c, &made[0].addr, &p), CGA_OK);
	}
	/* Another prefix, the same modifier: no search, and the same strength. */
	n = cga_pds_build(pds, sizeof(pds), p.data, other, 0, p.key, p.key_len, NULL, 0);
	assert_int_equal(cga_address(c, pds, n, 1, &addr), CGA_OK);
	assert_int_equal(cga_pds_parse(pds, n, &p, &at), CGA_OK);
	assert_int_equal(cga_verify(c, &addr, &p), CGA_OK);
}

/* S5535-6-15: a collision makes the whole set anew; the third ends it */
static void collisions(void **state)
{
	struct cga_recipe r = recipe(CGA_KIND_HYBRID, key, 7);
	struct cga_made before[2], after[2];
	struct in6_addr addr;

	(void)state;
	make(&r, 0, before);
	for (r.collision = 1; r.collision < 3; r.collision++) {
		make(&r, 0, after);
		for (unsigned int i = 0; i < 2; i++) {
			assert_int_equal(after[i].pds[24], r.collision);
			assert_memory_not_equal(&after[i].addr, &before[i].addr, 16);
			assert_int_equal(cga_collide(c, before[i].pds, before[i].len, 0, &addr), CGA_OK);
			assert_memory_equal(&addr, &after[i].addr, 16);
		}
	}
	assert_int_equal(cga_collide(c, before[0].pds, before[0].len, 0, &addr), CGA_COLLISION);
}

static int setup(void **state)
{
	const char *why;

	(void)state;
	c = cga_new();
	key = cga_key_new(1024, &why);
	return !c || !key;
}

static int teardown(void **state)
{
	(void)state;
	cga_key_free(key);
	cga_free(c);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds),
		cmocka_unit_test(reserved_bits),
		cmocka_unit_test(keys_of_all_lengths),
		cmocka_unit_test(random_starts),
		cmocka_unit_test(sec_and_old_modifiers),
		cmocka_unit_test(collisions),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
