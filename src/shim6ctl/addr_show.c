// SPDX-License-Identifier: GPL-2.0-or-later
/* "shim6ctl addr show" and "verify": parameters as octets and as text. */
#include <arpa/inet.h>
#include <getopt.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "common/addr.h"

/* Parameters, and the address that they were made for. */
struct params {
	uint8_t data[CGA_PDS_MAX];
	size_t len;
	struct cga_pds pds;
	struct in6_addr addr;
	unsigned int sec;
	char from[PATH_MAX];
};

static bool read_address(const char *s, struct in6_addr *a)
{
	return inet_pton(AF_INET6, s, a) == 1;
}

/* The file of an address's own name says what Sec it has; otherwise the highest possible. */
static int address_of(struct params *p, struct cga *crypto)
{
	char name[PATH_MAX], *base, *dot;
	struct in6_addr a;

	snprintf(name, sizeof(name), "%s", p->from);
	base = basename(name);
	dot = strrchr(base, '.');
	if (dot)
		*dot = '\0';
	p->sec = read_address(base, &a) ? a.s6_addr[8] >> 5 : cga_pds_sec(crypto, &p->pds);
	return cga_address(crypto, p->data, p->len, p->sec, &p->addr);
}

/* The file with the parameters of @a; its name need not be that of the address. */
static int find_file(struct ctl *c, struct params *p, const struct in6_addr *a)
{
	const char *dir = addr_directory(c, NULL);
	const struct cgadir_addr *found;
	struct cgadir d;
	char err[512];

	snprintf(p->from, sizeof(p->from), "%s/%s.pds", dir, addr_text(a));
	if (access(p->from, F_OK) == 0)
		return EXIT_OK;
	if (cgadir_read(&d, dir, err, sizeof(err)))
		return complain("%s", err);
	found = cgadir_find(&d, a);
	if (found)
		snprintf(p->from, sizeof(p->from), "%s/%s", dir, found->file);
	cgadir_free(&d);
	return found ? EXIT_OK : complain("nothing in %s proves %s", dir, addr_text(a));
}

static int read_params(struct ctl *c, struct params *p, struct cga *crypto, const char *what)
{
	struct in6_addr a;
	char err[512];
	enum cga_fail f;
	size_t at;

	if (!read_address(what, &a))
		snprintf(p->from, sizeof(p->from), "%s", what);
	else if (find_file(c, p, &a))
		return EXIT_FAILED;
	if (cgadir_read_pds(p->from, p->data, &p->len, err, sizeof(err)))
		return complain("%s", err);
	f = cga_pds_parse(p->data, p->len, &p->pds, &at);
	if (f)
		return complain("%s: octet %zu: %s", p->from, at, cga_fail_text(f));
	if (address_of(p, crypto))
		return complain("%s: no address can be computed: Sec %u has no procedure", p->from, p->sec);
	return EXIT_OK;
}

static char *hex(const uint8_t *p, size_t n)
{
	char *s = malloc(2 * n + 1);

	if (!s) {
		complain("out of memory");
		exit(EXIT_FAILED);
	}
	for (size_t i = 0; i < n; i++)
		snprintf(s + 2 * i, 3, "%02x", p[i]);
	s[2 * n] = '\0';
	return s;
}

static json_t *hex_json(const uint8_t *p, size_t n)
{
	char *s = hex(p, n);
	json_t *o = json_string(s);

	free(s);
	return o;
}

static json_t *prefixes_json(const uint8_t *p, unsigned int n)
{
	json_t *list = json_array();
	char text[INET6_ADDRSTRLEN + 4];

	for (unsigned int i = 0; i < n; i++) {
		struct in6_addr a = in6addr_any;

		memcpy(&a, p + 8 * i, 8);
		snprintf(text, sizeof(text), "%s/64", addr_text(&a));
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static json_t *extensions_json(const struct cga_pds *pds)
{
	json_t *list = json_array();
	const uint8_t *p = pds->key + pds->key_len, *end = pds->data + pds->len;

	while (p < end) {		/* lengths were checked by the parser */
		unsigned int type = p[0] << 8 | p[1];
		size_t n = (size_t)p[2] << 8 | p[3];

		json_array_append_new(list, json_pack("{s:i, s:o}", "type", type, "data", hex_json(p + 4, n)));
		p += 4 + n;
	}
	return list;
}

static json_t *params_json(const struct params *p)
{
	char print[CGA_FINGERPRINT_LEN] = "";
	unsigned int bits = cga_pds_key_bits(&p->pds);
	bool real = cga_pds_kind(&p->pds) != CGA_KIND_HBA;

	cga_fingerprint(p->pds.key, p->pds.key_len, print);
	return json_pack("{s:s, s:s, s:s, s:i, s:o, s:o, s:i, s:s, s:i, s:s, s:o, s:b, s:o, s:o, s:o}",
		"file", p->from, "addr", addr_text(&p->addr), "kind", cga_kind_name(cga_pds_kind(&p->pds)),
		"sec", p->sec, "modifier", hex_json(p->data, 16), "prefix", prefixes_json(p->data + 16, 1),
		"collisions", p->data[24], "key_type", bits ? (real ? "RSA" : "random number as RSA") : "not RSA",
		"key_bits", bits, "key_sha256", print, "key", hex_json(p->pds.key, p->pds.key_len), "p_flag", p->pds.p_flag,
		"prefixes", prefixes_json(p->pds.prefixes, p->pds.n_prefixes), "extensions", extensions_json(&p->pds),
		"parameters", hex_json(p->data, p->len));
}

/* Sixteen octets a line, in two groups. */
static void print_octets(const char *indent, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		printf("%s%02x%s", i % 16 ? "" : indent, p[i],
		       i + 1 == n || i % 16 == 15 ? "\n" : i % 16 == 7 ? "  " : " ");
}

/* As "show_ctx" of LinShim6's cgatool has it, and with what that does not say as comments in front; can be read back. */
static void print_params(const struct params *p)
{
	json_t *o = params_json(p), *e, *ext;
	struct in6_addr prefix = in6addr_any;
	size_t i;

	printf("# %s, %s, %lld bits, SHA-256 %s\n", str(o, "kind"), str(o, "key_type"), num(o, "key_bits"),
	       str(o, "key_sha256"));
	json_array_foreach(json_object_get(o, "extensions"), i, ext)
		printf("# extension type 0x%04llx%s\n", num(ext, "type"),
		       num(ext, "type") != CGA_EXT_MULTI_PREFIX ? "" : p->pds.p_flag ? ", Multi-Prefix, P" : ", Multi-Prefix");
	json_array_foreach(json_object_get(o, "prefixes"), i, e)
		printf("#   prefix %s\n", json_string_value(e));
	memcpy(&prefix, p->data + 16, 8);
	printf("\tprefix: %s\n\tcollisions: %u\n\tsec: %u\n\tmodifier: ", addr_text(&prefix), p->data[24], p->sec);
	print_octets("", p->data, 16);
	printf("\taddress: %s\n\tparameters:\n", addr_text(&p->addr));
	print_octets("\t\t", p->data, p->len);
	printf("\tpublic key:\n");
	print_octets("\t\t", p->pds.key, p->pds.key_len);
	json_decref(o);
}

int addr_show(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "der", no_argument, NULL, 'd' }, { "hex", no_argument, NULL, 'x' }, { NULL, 0, NULL, 0 },
	};
	bool der = false, only_hex = false;
	struct cga *crypto;
	struct params p;
	json_t *o;
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "dx", longs, NULL)) >= 0) {
		der |= opt == 'd';
		only_hex |= opt == 'x';
		if (opt == '?')
			return EXIT_USAGE;
	}
	if (argc - optind != 1)
		return misused(self, "a file of parameters or an address expected");
	crypto = cga_new();
	if (!crypto)
		return complain("out of memory, or OpenSSL has no SHA-1");
	ret = read_params(c, &p, crypto, argv[optind]);
	cga_free(crypto);
	if (ret)
		return ret;
	if (der) {
		fwrite(p.data, p.len, 1, stdout);
	} else if (c->json) {
		o = params_json(&p);
		print_json(o);
		json_decref(o);
	} else if (only_hex) {
		print_octets("", p.data, p.len);
	} else {
		print_params(&p);
	}
	return fflush(stdout) ? complain("cannot write") : EXIT_OK;
}

/* --- verify ------------------------------------------------------------------------------------------------------- */

static json_t *verdict(struct cga *crypto, const struct params *p, const struct in6_addr *a)
{
	enum cga_fail f = cga_verify_ulid(crypto, a, &p->pds);

	return json_pack("{s:s, s:b, s:s, s:s}", "addr", addr_text(a), "valid", !f, "result", cga_fail_name(f),
			 "text", cga_fail_text(f));
}

/* All addresses that the parameters prove. */
static json_t *all_proven(struct cga *crypto, const struct params *p)
{
	unsigned int n = p->pds.prefixes ? p->pds.n_prefixes : 1;
	json_t *list = json_array();

	for (unsigned int i = 0; i < n; i++) {
		struct params other = *p;
		struct in6_addr a;

		if (p->pds.prefixes)
			memcpy(other.data + 16, p->pds.prefixes + 8 * i, 8);
		if (!cga_address(crypto, other.data, other.len, p->sec, &a))
			json_array_append_new(list, verdict(crypto, p, &a));
	}
	return list;
}

int addr_verify(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	struct cga *crypto = cga_new();
	struct in6_addr a;
	struct params p;
	json_t *list, *o;
	bool good = true;
	size_t i;
	int ret;

	if (!crypto)
		return complain("out of memory, or OpenSSL has no SHA-1");
	if (argc < 2 || argc > 3 || (argc == 3 && !read_address(argv[2], &a))) {
		cga_free(crypto);
		return misused(self, "a file of parameters or an address of this host expected, and perhaps an address");
	}
	ret = read_params(c, &p, crypto, argv[1]);
	if (ret) {
		cga_free(crypto);
		return ret;
	}
	if (argc == 3 || read_address(argv[1], &a)) {
		list = json_array();
		json_array_append_new(list, verdict(crypto, &p, &a));
	} else {
		list = all_proven(crypto, &p);
	}
	cga_free(crypto);
	json_array_foreach(list, i, o) {
		good &= flag(o, "valid");
		if (!c->json)
			printf("%s: %s\n", str(o, "addr"), str(o, "text"));
	}
	if (c->json)
		print_json(list);
	json_decref(list);
	return good ? EXIT_OK : EXIT_FAILED;
}
