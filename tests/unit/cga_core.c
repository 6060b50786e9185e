// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * lib/cga where the vectors do not reach: bad input of every kind, key files, the search, self-made sets.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cga/cga.h"
#include "uapi/shim6_wire.h"

static struct cga *c;
static struct cga_key *key;		/* 1024 bits: quick to make */

static const uint8_t prefixes[3][8] = {
	{ 0x20, 0x01, 0x0d, 0xb8, 0, 0xa1 }, { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa2 }, { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa3 },
};

/* A CGA-compatible HBA set over the three prefixes. */
struct set {
	struct in6_addr addr[3];
	uint8_t pds[3][CGA_PDS_MAX];
	size_t len;
};

static void make_set(struct set *s, bool with_key, unsigned int sec)
{
	uint8_t ext[64], field[CGA_PDS_MAX], modifier[16] = { 1, 2, 3 };
	static const uint8_t nonce[48] = { 9, 9, 9 };
	struct cga_search search = { .sec = sec };
	size_t ext_len, field_len;

	ext_len = cga_multi_prefix(ext, sizeof(ext), prefixes, 3, with_key);
	field_len = with_key ? cga_key_public(key, field, sizeof(field)) :
		    cga_extended_modifier(field, sizeof(field), nonce);
	assert_int_not_equal(ext_len, 0);
	assert_int_not_equal(field_len, 0);
	assert_int_equal(cga_search(&search, modifier, field, field_len, ext, ext_len), 0);
	for (int i = 0; i < 3; i++) {
		s->len = cga_pds_build(s->pds[i], sizeof(s->pds[i]), modifier, prefixes[i], 0, field, field_len,
				       ext, ext_len);
		assert_int_not_equal(s->len, 0);
		assert_int_equal(cga_address(c, s->pds[i], s->len, sec, &s->addr[i]), CGA_OK);
	}
}

static void parse(const struct set *s, int i, struct cga_pds *pds)
{
	size_t at;

	assert_int_equal(cga_pds_parse(s->pds[i], s->len, pds, &at), CGA_OK);
}

/* S5535-3.2-01 S5535-7.1-01 S5535-7.2-01 S5535-6-07 */
static void any_member_proves_the_others(void **state)
{
	struct cga_pds pds;
	struct set s;

	(void)state;
	for (int with_key = 0; with_key < 2; with_key++) {
		make_set(&s, with_key, 0);
		for (int i = 0; i < 3; i++) {
			parse(&s, i, &pds);
			assert_int_equal(pds.n_prefixes, 3);
			assert_int_equal(pds.p_flag, with_key);
			for (int j = 0; j < 3; j++)
				assert_int_equal(hba_verify(c, &s.addr[j], &pds), CGA_OK);
			assert_int_equal(cga_verify(c, &s.addr[i], &pds), CGA_OK);
			assert_int_equal(cga_verify(c, &s.addr[(i + 1) % 3], &pds), CGA_PREFIX);
		}
	}
}

static enum cga_fail both_verify(const struct in6_addr *a, const struct cga_pds *pds)
{
	enum cga_fail f = cga_verify(c, a, pds);

	assert_int_equal(hba_verify(c, a, pds), f);
	return f;
}

/* S5535-7.2-04 S5535-7.2-05 S3972-2-01: which of the 64 bits of the interface identifier mean what */
static void each_bit_of_the_identifier(void **state)
{
	static const enum cga_fail of_sec[] = { CGA_SEC, CGA_HASH2, CGA_HASH2 };	/* Sec 4, 2, 1 */
	struct cga_pds pds;
	struct in6_addr a;
	struct set s;

	(void)state;
	make_set(&s, true, 0);
	parse(&s, 0, &pds);
	for (unsigned int bit = 0; bit < 64; bit++) {
		a = s.addr[0];
		a.s6_addr[8 + bit / 8] ^= 0x80 >> bit % 8;
		assert_int_equal(both_verify(&a, &pds),
				 bit < 3 ? of_sec[bit] : bit == 6 || bit == 7 ? CGA_OK : CGA_HASH1);
	}
}

/* S3972-5-01 S3972-5-02 S3972-5-05 S5535-7-01 S5535-7.2-02 S5535-7.2-06: each step, and the first that fails ends it */
static void step_by_step(void **state)
{
	struct cga_pds pds;
	struct in6_addr a;
	struct set s;

	(void)state;
	make_set(&s, false, 0);
	parse(&s, 0, &pds);
	a = s.addr[0];
	for (unsigned int sec = 7; sec; sec--) {
		a.s6_addr[8] = (s.addr[0].s6_addr[8] & 0x1f) | sec << 5;
		assert_int_equal(both_verify(&a, &pds), sec > 2 ? CGA_SEC : CGA_HASH2);
	}
	a.s6_addr[15] ^= 1;			/* Hash1 before Hash2 */
	assert_int_equal(both_verify(&a, &pds), CGA_HASH1);
	a.s6_addr[7] ^= 1;			/* the prefix before Hash1 */
	assert_int_equal(cga_verify(c, &a, &pds), CGA_PREFIX);
	assert_int_equal(hba_verify(c, &a, &pds), CGA_NOT_IN_SET);
	s.pds[0][24] = 3;			/* the collision count before the prefix */
	assert_int_equal(cga_verify(c, &a, &pds), CGA_COLLISION);
	assert_int_equal(cga_address(c, s.pds[0], s.len, 0, &a), CGA_OK);	/* though all else is right */
	assert_int_equal(both_verify(&a, &pds), CGA_COLLISION);
	s.pds[0][24] = 2;
	assert_int_equal(cga_address(c, s.pds[0], s.len, 0, &a), CGA_OK);
	assert_int_equal(both_verify(&a, &pds), CGA_OK);
}

/* S5535-4-02: Q64 */
static void hba_only_is_not_signed(void **state)
{
	uint8_t method[2] = { SHIM6_VERIFY_HBA, SHIM6_VERIFY_CGA }, sig[CGA_SIGNATURE_MAX];
	struct in6_addr addr[2];
	struct cga_list l = { .generation = 1, .n = 2, .addr = addr, .method = method };
	unsigned int which;
	struct cga_pds pds;
	struct set s;
	size_t n;

	(void)state;
	make_set(&s, false, 0);
	parse(&s, 0, &pds);
	addr[0] = s.addr[0];
	inet_pton(AF_INET6, "2001:db8:ffff::1", &addr[1]);
	n = cga_list_sign(key, &l, sig, sizeof(sig));
	assert_int_not_equal(n, 0);
	assert_int_equal(cga_list_verify(c, &addr[0], &l, &pds, sig, n, 1024, &which), CGA_P_FLAG);
	assert_int_equal(which, 1);
}

/* S5535-4-03 S5533-5.15.5-03: members by hash, one outside the set by signature */
static void mixed_list(void **state)
{
	uint8_t method[4] = { SHIM6_VERIFY_HBA, SHIM6_VERIFY_CGA, SHIM6_VERIFY_HBA, SHIM6_VERIFY_HBA };
	uint8_t sig[CGA_SIGNATURE_MAX];
	struct in6_addr addr[4];
	struct cga_list l = { .generation = 0xfffffffe, .n = 4, .addr = addr, .method = method };
	unsigned int which;
	struct cga_pds pds;
	struct set s;
	size_t n;

	(void)state;
	make_set(&s, true, 1);
	parse(&s, 1, &pds);
	addr[0] = s.addr[0];
	inet_pton(AF_INET6, "2001:db8:ffff::1", &addr[1]);
	addr[2] = s.addr[1];
	addr[3] = s.addr[2];
	n = cga_list_sign(key, &l, sig, sizeof(sig));
	assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, sig, n, 1024, &which), CGA_OK);
	/* S5533-16-01 */
	assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, sig, n, 2048, &which), CGA_KEY_BITS);
	assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, NULL, 0, 1024, &which), CGA_NO_SIGNATURE);
	assert_int_equal(which, 1);
	for (size_t cut = 0; cut < n; cut += 17)
		assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, sig, cut, 1024, &which), CGA_SIGNATURE);
	l.generation++;
	assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, sig, n, 1024, &which), CGA_SIGNATURE);
	l.generation--;
	/* an HBA locator that is no member is named, before any signature is looked at */
	addr[3].s6_addr[15] ^= 1;
	assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, sig, n, 1024, &which), CGA_HASH1);
	assert_int_equal(which, 3);
	addr[3].s6_addr[15] ^= 1;
	method[3] = 255;
	assert_int_equal(cga_list_verify(c, &s.addr[1], &l, &pds, sig, n, 1024, &which), CGA_METHOD);
	/* parameters of somebody else */
	assert_int_equal(cga_list_verify(c, &addr[1], &l, &pds, sig, n, 1024, &which), CGA_NOT_IN_SET);
	assert_int_equal(which, 4);
}

/* S3972-3-01 S4581-2-03 S5535-5-06: every truncation and every changed octet gets an answer, and never a proof */
static void damaged_parameters(void **state)
{
	struct cga_pds pds;
	uint8_t *copy;
	struct set s;
	size_t at;

	(void)state;
	make_set(&s, true, 0);
	for (size_t len = 0; len < s.len; len++) {
		copy = malloc(len + !len);		/* exactly so long: the sanitizer sees a step too far */
		memcpy(copy, s.pds[0], len);
		if (cga_pds_parse(copy, len, &pds, &at) == CGA_OK)
			assert_int_not_equal(cga_verify(c, &s.addr[0], &pds), CGA_OK);
		assert_true(at <= len);
		free(copy);
	}
	for (size_t i = 0; i < s.len; i++) {
		for (int bit = 0; bit < 8; bit++) {
			copy = malloc(s.len);
			memcpy(copy, s.pds[0], s.len);
			copy[i] ^= 1 << bit;
			if (cga_pds_parse(copy, s.len, &pds, &at) == CGA_OK)
				assert_int_not_equal(cga_verify(c, &s.addr[0], &pds), CGA_OK);
			free(copy);
		}
	}
}

static enum cga_fail parse_ext(const uint8_t *ext, size_t len)
{
	uint8_t pds[CGA_PDS_MAX], field[128], modifier[16] = { 0 };
	static const uint8_t nonce[48];
	struct cga_pds parsed;
	size_t at, n = cga_extended_modifier(field, sizeof(field), nonce);

	n = cga_pds_build(pds, sizeof(pds), modifier, prefixes[0], 0, field, n, ext, len);
	return cga_pds_parse(pds, n, &parsed, &at);
}

/* S4581-2-02 S4581-2-03 S5535-5-02 S5535-5-06, Q67 */
static void extensions(void **state)
{
	static const uint8_t none[] = { 0x00, 0x12, 0, 4, 0, 0, 0, 0 };
	static const uint8_t odd[] = { 0x00, 0x12, 0, 13, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	static const uint8_t past[] = { 0xff, 0xfd, 0, 5, 1, 2, 3, 4 };
	static const uint8_t head[] = { 0xff, 0xfd, 0 };
	static const uint8_t other[] = { 0xff, 0xfd, 0, 0, 0xff, 0xfe, 0, 1, 9 };
	uint8_t twice[64];
	size_t n;

	(void)state;
	assert_int_equal(parse_ext(none, sizeof(none)), CGA_MULTI_PREFIX);
	assert_int_equal(parse_ext(odd, sizeof(odd)), CGA_MULTI_PREFIX);
	assert_int_equal(parse_ext(past, sizeof(past)), CGA_EXTENSION);
	assert_int_equal(parse_ext(head, sizeof(head)), CGA_EXTENSION);
	assert_int_equal(parse_ext(other, sizeof(other)), CGA_OK);
	n = cga_multi_prefix(twice, sizeof(twice), prefixes, 2, false);
	memcpy(twice + n, twice, n);
	assert_int_equal(parse_ext(twice, 2 * n), CGA_MULTI_PREFIX);
}

/* S3972-3-03: DER lengths in forms that DER does not have */
static void key_field_der(void **state)
{
	static const struct {
		uint8_t key[5];
		enum cga_fail want;
	} rows[] = {
		{ { 0x31, 0x00 }, CGA_NOT_SEQUENCE }, { { 0x30, 0x80 }, CGA_DER }, { { 0x30, 0x81, 0x01, 0 }, CGA_DER },
		{ { 0x30, 0x82, 0x00, 0x01, 0 }, CGA_DER }, { { 0x30, 0x83, 0, 0, 0 }, CGA_DER },
		{ { 0x30, 0x04, 0, 0, 0 }, CGA_DER }, { { 0x30, 0x03, 0, 0, 0 }, CGA_OK },
	};
	uint8_t pds[30] = { 0 };
	struct cga_pds parsed;
	size_t at;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memcpy(pds + 25, rows[i].key, 5);
		assert_int_equal(cga_pds_parse(pds, sizeof(pds), &parsed, &at), rows[i].want);
		if (rows[i].want != CGA_OK)
			assert_int_equal(at, 25);
	}
	assert_int_equal(cga_pds_parse(pds, 24, &parsed, &at), CGA_SHORT);
	assert_int_equal(cga_pds_parse(pds, CGA_PDS_MAX + 1, &parsed, &at), CGA_LONG);
}

/*
 * S5535-6-02 S5535-6-03 S5535-6-04 S5535-6-05 S5535-6-06, Q60: OpenSSL reads what we wrapped as an RSA key of 384
 * bits
 */
static void extended_modifier(void **state)
{
	uint8_t method = SHIM6_VERIFY_CGA, buf[128], pds[256], modifier[16] = { 0 }, nonce[48] = { 0 };
	struct in6_addr a;
	struct cga_list l = { .generation = 1, .n = 1, .addr = &a, .method = &method };
	struct cga_pds parsed;
	unsigned int which;
	size_t n, at;

	(void)state;
	n = cga_extended_modifier(buf, sizeof(buf), nonce);
	assert_int_equal(n, 78);
	assert_int_equal(cga_extended_modifier(buf, 77, nonce), 0);
	n = cga_pds_build(pds, sizeof(pds), modifier, prefixes[0], 0, buf, n, NULL, 0);
	assert_int_equal(cga_pds_parse(pds, n, &parsed, &at), CGA_OK);
	assert_int_equal(cga_address(c, pds, n, 0, &a), CGA_OK);
	/* a key it is, but too short to sign for Shim6 */
	assert_int_equal(cga_list_verify(c, &a, &l, &parsed, buf, 48, CGA_KEY_BITS_MIN, &which), CGA_KEY_BITS);
	assert_int_equal(cga_list_verify(c, &a, &l, &parsed, buf, 48, 384, &which), CGA_SIGNATURE);
	assert_int_equal(cga_list_verify(c, &a, &l, &parsed, buf, 48, 385, &which), CGA_KEY_BITS);
}

/* S3972-4-10 S3972-3-02 S3972-5-05, Q62 */
/* The key field as OpenSSL writes it, and with one thing wrong each, after a key that was used before. */
static void key_fields(void **state)
{
	uint8_t field[CGA_PDS_MAX], bad[CGA_PDS_MAX], pds[CGA_PDS_MAX], modifier[16] = { 0 }, sig[CGA_SIGNATURE_MAX];
	uint8_t method = SHIM6_VERIFY_CGA;
	struct in6_addr a;
	struct cga_list l = { .generation = 1, .n = 1, .addr = &a, .method = &method };
	size_t n, len, sig_len, at;
	struct cga_pds parsed;
	unsigned int which;
	enum cga_fail f;

	(void)state;
	n = cga_key_public(key, field, sizeof(field));
	/* 30 81 9f | 30 0d 06 09 .. 05 00 | 03 81 8d 00 | 30 81 89 | 02 81 81 00 .. */
	assert_int_equal(n, 162);
	for (int i = -1; i < (int)n; i++) {
		memcpy(bad, field, n);
		if (i >= 0)
			bad[i] ^= 1;
		len = cga_pds_build(pds, sizeof(pds), modifier, prefixes[0], 0, bad, n, NULL, 0);
		if (cga_pds_parse(pds, len, &parsed, &at) != CGA_OK)
			continue;
		assert_int_equal(cga_address(c, pds, len, 0, &a), CGA_OK);
		sig_len = cga_list_sign(key, &l, sig, sizeof(sig));
		if (i < 0) {
			for (int again = 0; again < 3; again++)
				assert_int_equal(cga_list_verify(c, &a, &l, &parsed, sig, sig_len, 1024, &which),
						 CGA_OK);
			continue;
		}
		f = cga_list_verify(c, &a, &l, &parsed, sig, sig_len, 1024, &which);
		/* up to the modulus it is structure, from there on another key */
		if (i < 28 && i != 17)
			assert_int_equal(f, CGA_KEY);
		else
			assert_int_not_equal(f, CGA_OK);
	}
}

static void limits(void **state)
{
	uint8_t modifier[16] = { 0 }, small[20];
	struct cga_search s = { .sec = 3 };
	struct cga_pds pds;
	struct in6_addr a;
	struct set set;

	(void)state;
	assert_int_equal(cga_search(&s, modifier, modifier, 16, NULL, 0), -EINVAL);
	make_set(&set, false, 0);
	assert_int_equal(cga_address(c, set.pds[0], set.len, 3, &a), CGA_SEC);
	parse(&set, 0, &pds);
	a = set.addr[0];
	a.s6_addr[8] |= 0x60;				/* Sec 3 */
	assert_int_equal(cga_verify(c, &a, &pds), CGA_SEC);
	set.pds[0][24] = 3;
	assert_int_equal(cga_verify(c, &set.addr[0], &pds), CGA_COLLISION);
	assert_int_equal(cga_pds_build(small, sizeof(small), modifier, prefixes[0], 0, modifier, 16, NULL, 0), 0);
	assert_int_equal(cga_multi_prefix(small, sizeof(small), prefixes, 0, false), 0);
	assert_int_equal(cga_multi_prefix(small, sizeof(small), prefixes, 3, false), 0);
}

static bool stop_it(void *arg, uint64_t tries, double expected)
{
	(void)tries;
	assert_true(expected > 4e9 && expected < 5e9);	/* 2^32 for Sec 2 */
	++*(int *)arg;
	return false;
}

/* S3972-4-06 S3972-4-07: the result does not depend on the threads, and a search can be stopped */
static void search_threads(void **state)
{
	uint8_t first[16], again[16], wrap[16];
	struct cga_search s = { .sec = 1, .threads = 1 };
	int told = 0;

	(void)state;
	memset(first, 7, 16);
	assert_int_equal(cga_search(&s, first, (const uint8_t *)"key", 3, NULL, 0), 0);
	for (unsigned int n = 2; n < 6; n++) {
		struct cga_search t = { .sec = 1, .threads = n };

		memset(again, 7, 16);
		assert_int_equal(cga_search(&t, again, (const uint8_t *)"key", 3, NULL, 0), 0);
		assert_memory_equal(first, again, 16);
		assert_int_equal(s.tries, t.tries);
	}
	memset(wrap, 0xff, 16);				/* S5535-6-10: a 128-bit number that wraps */
	assert_int_equal(cga_search(&s, wrap, (const uint8_t *)"key", 3, NULL, 0), 0);
	assert_int_equal(wrap[0], s.tries > 1 ? 0 : 0xff);
	s = (struct cga_search){ .sec = 2, .progress = stop_it, .arg = &told };
	assert_int_equal(cga_search(&s, again, (const uint8_t *)"no", 2, NULL, 0), -ECANCELED);
	assert_int_equal(told, 1);
}

/* A private key that others may read, a link, a directory, rubbish, the wrong kind: each is refused with its reason. */
static void key_files(void **state)
{
	char dir[] = "/tmp/cga-test-XXXXXX", path[64], link_path[64];
	uint8_t a[2048], b[2048];
	struct cga_key *loaded;
	const char *err = NULL;
	struct stat st;
	size_t n;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	snprintf(link_path, sizeof(link_path), "%s/link", dir);
	assert_int_equal(cga_key_save(key, path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	loaded = cga_key_load(path, &err);
	assert_non_null(loaded);
	n = cga_key_public(key, a, sizeof(a));
	assert_int_equal(cga_key_public(loaded, b, sizeof(b)), n);
	assert_memory_equal(a, b, n);
	assert_int_equal(cga_key_bits(loaded), 1024);
	cga_key_free(loaded);
	assert_int_equal(chmod(path, 0640), 0);
	assert_null(cga_key_load(path, &err));
	assert_non_null(strstr(err, "chmod 600"));
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(symlink(path, link_path), 0);
	assert_null(cga_key_load(link_path, &err));
	assert_null(cga_key_load(dir, &err));
	assert_string_equal(err, "not a regular file");
	f = fopen(path, "w");
	fputs("-----BEGIN RUBBISH-----\n", f);
	fclose(f);
	assert_null(cga_key_load(path, &err));
	assert_non_null(strstr(err, "PEM"));
	f = fopen(path, "w");
	fputs("0123456789", f);
	fclose(f);
	assert_null(cga_key_load(path, &err));
	assert_non_null(strstr(err, "DER"));
	f = fopen(path, "w");
	for (int i = 0; i < 20000; i++)
		fputc('x', f);
	fclose(f);
	assert_null(cga_key_load(path, &err));
	assert_non_null(strstr(err, "too long"));
	unlink(path);
	assert_null(cga_key_load(path, &err));
	assert_string_equal(err, strerror(ENOENT));
	assert_int_equal(cga_key_save(key, "/nonexistent/key"), -ENOENT);
	unlink(link_path);
	rmdir(dir);
	assert_null(cga_key_new(512, &err));
}

static void every_failure_has_name_and_sentence(void **state)
{
	(void)state;
	for (unsigned int f = 0; f < CGA_FAIL_MAX; f++) {
		assert_non_null(cga_fail_name(f));
		assert_non_null(cga_fail_text(f));
		for (unsigned int g = 0; g < f; g++)
			assert_string_not_equal(cga_fail_name(f), cga_fail_name(g));
	}
	assert_string_equal(cga_fail_name(CGA_FAIL_MAX), "unknown");
}

static int setup(void **state)
{
	const char *err;

	(void)state;
	c = cga_new();
	key = cga_key_new(1024, &err);
	return c && key ? 0 : -1;
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
		cmocka_unit_test(any_member_proves_the_others),
		cmocka_unit_test(each_bit_of_the_identifier),
		cmocka_unit_test(step_by_step),
		cmocka_unit_test(hba_only_is_not_signed),
		cmocka_unit_test(mixed_list),
		cmocka_unit_test(damaged_parameters),
		cmocka_unit_test(extensions),
		cmocka_unit_test(key_field_der),
		cmocka_unit_test(extended_modifier),
		cmocka_unit_test(key_fields),
		cmocka_unit_test(limits),
		cmocka_unit_test(search_threads),
		cmocka_unit_test(key_files),
		cmocka_unit_test(every_failure_has_name_and_sentence),
	};

	return cmocka_run_group_tests_name("cga_core", tests, setup, teardown);
}
