// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Known-answer tests for HBA, CGA and signed locator lists: runs every case of the JSON files named on the command
 * line through the functions that the daemons use.  The files say themselves what their fields mean.
 *
 * Ends with "N passed, M failed"; a case that fails says what was wanted and what came.
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cga/cga.h"
#include "proto/wire.h"

#define OCTETS_MAX	8192
#define LIST_MAX	255

struct octets {
	size_t len;
	uint8_t p[OCTETS_MAX];
};

static struct cga *crypto;
static char why[512];			/* why the present case failed */

static bool fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return false;
}

/* --- reading the file -------------------------------------------------------------------------------------------- */

static bool hex(const json_t *v, struct octets *o)
{
	const char *s = json_string_value(v);

	o->len = 0;
	if (!s || strlen(s) % 2 || strlen(s) / 2 > sizeof(o->p))
		return false;
	for (; *s; s += 2) {
		unsigned int x;

		if (sscanf(s, "%2x", &x) != 1)
			return false;
		o->p[o->len++] = x;
	}
	return true;
}

/* The hex member @name; a missing one is a fault of the file and fails the case. */
static bool member(const json_t *c, const char *name, struct octets *o)
{
	return hex(json_object_get(c, name), o) || fail("member %s is missing or is not hex", name);
}

static bool same(const char *what, const struct octets *want, const void *got, size_t len)
{
	if (want->len == len && (len == 0 || memcmp(want->p, got, len) == 0))
		return true;
	return fail("%s differs (%zu octets wanted, %zu made)", what, want->len, len);
}

static bool address(const json_t *v, struct in6_addr *a)
{
	struct octets o;

	if (!hex(v, &o) || o.len != 16)
		return fail("not an address");
	memcpy(a, o.p, 16);
	return true;
}

static unsigned int number(const json_t *c, const char *name)
{
	return json_integer_value(json_object_get(c, name));
}

struct list {
	struct cga_list l;
	struct in6_addr addr[LIST_MAX];
	uint8_t method[LIST_MAX];
};

static bool locators(const json_t *c, struct list *l)
{
	const json_t *a = json_object_get(c, "locators");

	l->l = (struct cga_list){ .generation = number(c, "generation"), .n = json_array_size(a), .addr = l->addr,
				  .method = l->method };
	if (l->l.n > LIST_MAX)
		return fail("too many locators");
	for (unsigned int i = 0; i < l->l.n; i++) {
		const json_t *e = json_array_get(a, i);

		if (!address(json_object_get(e, "address"), &l->addr[i]))
			return false;
		l->method[i] = number(e, "method");
	}
	return true;
}

/* --- the operations ---------------------------------------------------------------------------------------------- */

static bool verdict(const json_t *c, enum cga_fail f)
{
	bool valid = json_is_true(json_object_get(c, "valid"));

	if (valid == (f == CGA_OK))
		return true;
	return fail("wanted %s, got: %s", valid ? "valid" : "invalid", cga_fail_text(f));
}

static bool op_verify(const json_t *c,
		      enum cga_fail (*verify)(struct cga *, const struct in6_addr *, const struct cga_pds *))
{
	struct cga_pds pds;
	struct in6_addr a;
	struct octets o;
	enum cga_fail f;
	size_t at;

	if (!address(json_object_get(c, "address"), &a) || !member(c, "pds", &o))
		return false;
	f = cga_pds_parse(o.p, o.len, &pds, &at);
	return verdict(c, f ? f : verify(crypto, &a, &pds));
}

/* Search, then build and compare the parameters and address for one prefix. */
static bool search(const json_t *c, uint8_t modifier[16], const struct octets *key, const struct octets *ext)
{
	struct cga_search s = { .sec = number(c, "sec") };
	struct octets o;
	int rc;

	if (!member(c, "modifier_start", &o) || o.len != 16)
		return false;
	memcpy(modifier, o.p, 16);
	rc = cga_search(&s, modifier, key->p, key->len, ext->p, ext->len);
	if (rc)
		return fail("search: %s", strerror(-rc));
	if (s.sec && s.tries != number(c, "tries"))
		return fail("%" PRIu64 " tries, wanted %u", s.tries, number(c, "tries"));
	return member(c, "modifier", &o) && same("modifier", &o, modifier, 16);
}

static bool make(const json_t *c, const uint8_t modifier[16], const json_t *prefix, const struct octets *key,
		 const struct octets *ext, const json_t *want_pds, const json_t *want_addr)
{
	uint8_t pds[CGA_PDS_MAX];
	struct octets p, want;
	struct in6_addr a;
	struct cga_pds parsed;
	enum cga_fail f;
	size_t len, at;

	if (!hex(prefix, &p) || p.len != 8)
		return fail("bad prefix");
	len = cga_pds_build(pds, sizeof(pds), modifier, p.p, number(c, "collision_count"), key->p, key->len, ext->p,
			    ext->len);
	if (!hex(want_pds, &want) || !same("pds", &want, pds, len))
		return false;
	f = cga_address(crypto, pds, len, number(c, "sec"), &a);
	if (f)
		return fail("address: %s", cga_fail_text(f));
	if (!hex(want_addr, &want) || !same("address", &want, &a, sizeof(a)))
		return false;
	/* RFC 3972, 4: what is made passes verification */
	f = cga_pds_parse(pds, len, &parsed, &at);
	if (!f)
		f = cga_verify_ulid(crypto, &a, &parsed);
	return f ? fail("what was made does not verify: %s", cga_fail_text(f)) : true;
}

static bool op_cga_generate(const json_t *c)
{
	struct octets key, ext;
	uint8_t modifier[16];

	return member(c, "public_key", &key) && member(c, "extensions", &ext) && search(c, modifier, &key, &ext) &&
	       make(c, modifier, json_object_get(c, "prefix"), &key, &ext, json_object_get(c, "pds"),
		    json_object_get(c, "address"));
}

static bool op_hba_generate(const json_t *c)
{
	const json_t *prefixes = json_object_get(c, "prefixes");
	const json_t *form = json_object_get(c, "key_form");
	uint8_t prefix[CGA_PREFIXES_MAX][8], modifier[16];
	unsigned int n = json_array_size(prefixes);
	struct octets key, ext, want;

	if (n == 0 || n > CGA_PREFIXES_MAX)
		return fail("%u prefixes", n);
	for (unsigned int i = 0; i < n; i++) {
		if (!hex(json_array_get(prefixes, i), &want) || want.len != 8)
			return fail("bad prefix");
		memcpy(prefix[i], want.p, 8);
	}
	if (!member(c, "key_field", &key))
		return false;
	/* The Extended Modifier is wrapped by us in the form the RFC wants (Q60): it has to come out the same. */
	if (form && strcmp(json_string_value(form), "RSAPublicKey") == 0) {
		uint8_t made[128];
		size_t len;

		if (key.len < 48 + 5)
			return fail("key_field is too short");
		len = cga_extended_modifier(made, sizeof(made), key.p + key.len - 5 - 48);
		if (!same("extended modifier", &key, made, len))
			return false;
	}
	ext.len = cga_multi_prefix(ext.p, sizeof(ext.p), (const uint8_t (*)[8])prefix, n, number(c, "p_flag"));
	if (!member(c, "multi_prefix_extension", &want) || !same("extension", &want, ext.p, ext.len))
		return false;
	if (!search(c, modifier, &key, &ext))
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (!make(c, modifier, json_array_get(prefixes, i), &key, &ext,
			  json_array_get(json_object_get(c, "pds"), i),
			  json_array_get(json_object_get(c, "addresses"), i)))
			return false;
	return true;
}

static bool op_cga_sign(const json_t *c)
{
	uint8_t buf[OCTETS_MAX];
	struct octets der, want;
	struct cga_key *key;
	const char *err;
	struct list l;
	size_t len;

	if (!locators(c, &l) || !member(c, "signed_octets", &want))
		return false;
	len = cga_signed_octets(&l.l, buf, sizeof(buf));
	if (!same("signed octets", &want, buf, len) || !member(c, "private_key_pkcs8_der", &der))
		return false;
	key = cga_key_from_der(der.p, der.len, &err);
	if (!key)
		return fail("key: %s", err);
	len = cga_key_public(key, buf, sizeof(buf));
	if (!member(c, "public_key", &want) || !same("public key", &want, buf, len)) {
		cga_key_free(key);
		return false;
	}
	len = cga_list_sign(key, &l.l, buf, sizeof(buf));
	cga_key_free(key);
	return member(c, "signature", &want) && same("signature", &want, buf, len);
}

/* The whole message has to decode to the very list, parameters and signature that the case names. */
static bool message(const json_t *c, const struct list *l, const struct octets *pds, const struct octets *sig)
{
	struct in6_addr src, dst;
	static struct s6_msg m;
	enum s6_verdict v;
	struct octets o;
	size_t fault;

	if (!json_object_get(c, "message"))
		return true;
	if (!member(c, "message", &o))
		return false;
	inet_pton(AF_INET6, "2001:db8::1", &src);
	inet_pton(AF_INET6, "2001:db8::2", &dst);
	v = s6_decode(o.p, o.len, &src, &dst, &m, &fault);
	if (v != S6_V_OK)
		return fail("message: %s", s6_verdict_text(v));
	if (!m.has_locators || m.locators.generation != l->l.generation || m.locators.n != l->l.n)
		return fail("message: another locator list");
	for (unsigned int i = 0; i < l->l.n; i++)
		if (memcmp(&m.locators.loc[i].addr, &l->addr[i], 16) != 0 || m.locators.loc[i].method != l->method[i])
			return fail("message: locator %u differs", i);
	return same("message: pds", pds, m.pds.p, m.pds.len) &&
	       same("message: signature", sig, m.signature.p, m.signature.len);
}

static bool op_loclist_verify(const json_t *c)
{
	struct octets pds, sig = { .len = 0 };
	bool has_sig = json_is_string(json_object_get(c, "signature"));
	struct in6_addr ulid;
	struct cga_pds parsed;
	enum cga_fail f;
	unsigned int which;
	struct list l;
	size_t at;

	if (!address(json_object_get(c, "ulid"), &ulid) || !locators(c, &l) || !member(c, "pds", &pds) ||
	    (has_sig && !member(c, "signature", &sig)) || !message(c, &l, &pds, &sig))
		return false;
	f = cga_pds_parse(pds.p, pds.len, &parsed, &at);
	if (!f)
		f = cga_list_verify(crypto, &ulid, &l.l, &parsed, has_sig ? sig.p : NULL, sig.len, CGA_KEY_BITS_MIN,
				    &which);
	return verdict(c, f);
}

static bool run(const json_t *c)
{
	const char *op = json_string_value(json_object_get(c, "op"));

	if (!op)
		return fail("no op");
	if (strcmp(op, "cga_verify") == 0)
		return op_verify(c, cga_verify);
	if (strcmp(op, "hba_verify") == 0)
		return op_verify(c, hba_verify);
	if (strcmp(op, "cga_generate") == 0)
		return op_cga_generate(c);
	if (strcmp(op, "hba_generate") == 0)
		return op_hba_generate(c);
	if (strcmp(op, "cga_sign") == 0)
		return op_cga_sign(c);
	if (strcmp(op, "loclist_verify") == 0)
		return op_loclist_verify(c);
	return fail("unknown op %s", op);
}

int main(int argc, char **argv)
{
	unsigned int passed = 0, failed = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: %s FILE.json...\n", argv[0]);
		return 2;
	}
	crypto = cga_new();
	if (!crypto) {
		fprintf(stderr, "OpenSSL has no SHA-1\n");
		return 1;
	}
	for (int i = 1; i < argc; i++) {
		json_error_t err;
		json_t *file = json_load_file(argv[i], 0, &err), *c;
		size_t n;

		if (!file) {
			fprintf(stderr, "%s:%d: %s\n", argv[i], err.line, err.text);
			failed++;
			continue;
		}
		json_array_foreach(json_object_get(file, "cases"), n, c) {
			const char *id = json_string_value(json_object_get(c, "id"));

			why[0] = '\0';
			if (run(c)) {
				passed++;
				printf("ok %u - %s\n", passed + failed, id ? id : "?");
			} else {
				failed++;
				printf("not ok %u - %s\n# %s: %s\n", passed + failed, id ? id : "?", argv[i], why);
			}
		}
		json_decref(file);
	}
	cga_free(crypto);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}
