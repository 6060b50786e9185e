// SPDX-License-Identifier: GPL-2.0-or-later
/* "shim6ctl addr generate" and "key". */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "addr.h"
#include "common/addr.h"
#include "hal/clock.h"
#include "hal/rng.h"

struct request {
	enum cga_kind kind;
	uint8_t prefix[CGA_PREFIXES_MAX][8];
	unsigned int n, sec, threads;
	const char *key, *out;
};

static bool number(const char *s, unsigned int min, unsigned int max, unsigned int *v)
{
	unsigned long n;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	errno = 0;
	n = strtoul(s, &end, 10);
	*v = (unsigned int)n;
	return !*end && !errno && n >= min && n <= max;
}

/* PREFIX or PREFIX/64 */
static bool parse_prefix(const char *s, uint8_t prefix[8])
{
	char text[INET6_ADDRSTRLEN + 4];
	struct in6_addr a;
	char *slash;

	if (snprintf(text, sizeof(text), "%s", s) >= (int)sizeof(text))
		return false;
	slash = strchr(text, '/');
	if (slash && strcmp(slash, "/64"))
		return false;
	if (slash)
		*slash = '\0';
	if (inet_pton(AF_INET6, text, &a) != 1)
		return false;
	for (int i = 8; i < 16; i++)
		if (a.s6_addr[i])
			return false;
	memcpy(prefix, &a, 8);
	return true;
}

static int parse(struct request *r, const struct command *self, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "prefix", required_argument, NULL, 'p' }, { "sec", required_argument, NULL, 's' },
		{ "key", required_argument, NULL, 'k' }, { "out", required_argument, NULL, 'o' },
		{ "threads", required_argument, NULL, 't' }, { NULL, 0, NULL, 0 },
	};
	int opt;

	*r = (struct request){ .out = "." };
	while ((opt = getopt_long(argc, argv, "p:s:k:o:", longs, NULL)) >= 0) {
		switch (opt) {
		case 'p':
			if (r->n == CGA_PREFIXES_MAX)
				return misused(self, "more than %d prefixes", CGA_PREFIXES_MAX);
			if (!parse_prefix(optarg, r->prefix[r->n++]))
				return misused(self, "--prefix %s: a prefix of 64 bits expected, as 2001:db8:1:2::/64",
					       optarg);
			break;
		case 's':
			if (!number(optarg, 0, CGA_SEC_MAX, &r->sec))
				return misused(self, "--sec %s: 0, 1 or 2 expected; there is no procedure for others",
					       optarg);
			break;
		case 't':
			if (!number(optarg, 1, 64, &r->threads))
				return misused(self, "--threads %s: 1 to 64 expected", optarg);
			break;
		case 'k':
			r->key = optarg;
			break;
		case 'o':
			r->out = optarg;
			break;
		default:
			return EXIT_USAGE;
		}
	}
	if (argc - optind != 1 || !cga_kind_parse(argv[optind], &r->kind))
		return misused(self, "hba, cga or hybrid expected");
	if (!r->n)
		return misused(self, "at least one --prefix expected");
	if (r->key && r->kind == CGA_KIND_HBA)
		return misused(self, "an HBA set has no key; hybrid has");
	return EXIT_OK;
}

/* --- keys --------------------------------------------------------------------------------------------------------- */

struct cga_key *addr_new_key(unsigned int bits, const char *path)
{
	struct cga_key *key;
	const char *why;
	int err;

	if (access(path, F_OK) == 0) {
		complain("%s is there already: it is not overwritten", path);
		return NULL;
	}
	key = cga_key_new(bits, &why);
	if (!key) {
		complain("%s", why);
		return NULL;
	}
	err = cga_key_save(key, path);
	if (!err)
		return key;
	complain("%s: %s", path, strerror(-err));
	cga_key_free(key);
	return NULL;
}

static struct cga_key *key_at(const char *path)
{
	const char *why;
	struct cga_key *key = cga_key_load(path, &why);

	if (!key)
		complain("%s: %s", path, why);
	return key;
}

/* The key of the set: --key, that of the output directory, or a new one there. */
static struct cga_key *key_for(const struct request *r)
{
	static uint8_t a[CGA_PDS_MAX], b[CGA_PDS_MAX];
	char path[PATH_MAX];
	struct cga_key *key, *there;
	size_t n, m;
	int err;

	snprintf(path, sizeof(path), "%s/" CGADIR_KEY, r->out);
	if (!r->key)
		return access(path, F_OK) == 0 ? key_at(path) : addr_new_key(CGA_KEY_BITS_OWN, path);
	key = key_at(r->key);
	if (!key)
		return NULL;
	if (access(path, F_OK) == 0) {
		there = key_at(path);
		n = cga_key_public(key, a, sizeof(a));
		m = there ? cga_key_public(there, b, sizeof(b)) : 0;
		cga_key_free(there);
		if (n == m && !memcmp(a, b, n))
			return key;
		complain("%s is another key than %s: choose another --out", path, r->key);
	} else {
		err = cga_key_save(key, path);
		if (!err)
			return key;
		complain("%s: %s", path, strerror(-err));
	}
	cga_key_free(key);
	return NULL;
}

static int show_key(struct ctl *c, const char *path, const struct cga_key *key)
{
	static uint8_t public[CGA_PDS_MAX];
	char print[CGA_FINGERPRINT_LEN];
	size_t n = cga_key_public(key, public, sizeof(public));
	json_t *o;

	if (!n || !cga_fingerprint(public, n, print))
		return complain("%s: OpenSSL cannot write the public key", path);
	o = json_pack("{s:s, s:s, s:i, s:s}", "file", path, "type", "RSA", "bits", cga_key_bits(key), "sha256", print);
	if (c->json)
		print_json(o);
	else
		printf("%s\nRSA, %lld bits\nSHA-256 of the public key (SubjectPublicKeyInfo): %s\n", path, num(o, "bits"),
		       print);
	json_decref(o);
	return EXIT_OK;
}

int addr_key(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "new", required_argument, NULL, 'n' }, { "bits", required_argument, NULL, 'b' }, { NULL, 0, NULL, 0 },
	};
	unsigned int bits = CGA_KEY_BITS_OWN;
	const char *new = NULL;
	struct cga_key *key;
	char path[PATH_MAX];
	int opt, ret;

	while ((opt = getopt_long(argc, argv, "n:b:", longs, NULL)) >= 0) {
		if (opt == 'n')
			new = optarg;
		else if (opt != 'b')
			return EXIT_USAGE;
		else if (!number(optarg, CGA_KEY_BITS_OWN, CGA_SIGNATURE_MAX * 8, &bits))
			return misused(self, "--bits %s: %d to %d expected", optarg, CGA_KEY_BITS_OWN,
				       CGA_SIGNATURE_MAX * 8);
	}
	if (argc - optind > !new)
		return misused(self, "one file expected");
	if (new)
		snprintf(path, sizeof(path), "%s", new);
	else if (optind < argc)
		snprintf(path, sizeof(path), "%s", argv[optind]);
	else
		snprintf(path, sizeof(path), "%s/" CGADIR_KEY, addr_directory(c, NULL));
	key = new ? addr_new_key(bits, path) : key_at(path);
	if (!key)
		return EXIT_FAILED;
	ret = show_key(c, path, key);
	cga_key_free(key);
	return ret;
}

/* --- addresses ---------------------------------------------------------------------------------------------------- */

/* The search has no memory: what is left on average is the same however long it has taken. */
static bool progress(void *arg, uint64_t tries, double expected)
{
	double seconds = (double)(hal_now_ms() - *(uint64_t *)arg) / 1000, left = expected / (tries / seconds + 1);
	char gone[32], more[32];

	fprintf(stderr, "%llu tries in %s; on average %s more, whatever was done (of 20 searches one takes three times that)\n",
		(unsigned long long)tries, duration((long long)(seconds * 1000), gone, sizeof(gone)),
		duration((long long)(left * 1000), more, sizeof(more)));
	return true;
}

static int write_all(struct ctl *c, const struct request *r, const struct cga_made *made, uint64_t tries)
{
	json_t *list = json_array();
	int err = 0;

	for (unsigned int i = 0; i < r->n && !err; i++) {
		char file[INET6_ADDRSTRLEN + 8];

		err = cgadir_put(r->out, &made[i].addr, made[i].pds, made[i].len);
		snprintf(file, sizeof(file), "%s.pds", addr_text(&made[i].addr));
		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:s, s:s, s:I}", "addr", addr_text(&made[i].addr),
			"kind", cga_kind_name(r->kind), "sec", r->sec, "directory", r->out, "file", file,
			"tries", (json_int_t)tries));
		if (!err && !c->json)
			printf("%s  %s/%s\n", addr_text(&made[i].addr), r->out, file);
	}
	if (!err && c->json)
		print_json(list);
	json_decref(list);
	return err ? complain("%s: %s", r->out, strerror(-err)) : EXIT_OK;
}

int addr_generate(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	uint64_t start = hal_now_ms();
	struct cga_search search;
	struct cga_recipe recipe;
	struct cga_made *made;
	struct request r;
	struct cga *crypto;
	int ret;

	ret = parse(&r, self, argc, argv);
	if (ret)
		return ret;
	ret = cgadir_make(r.out);
	if (ret)
		return complain("%s: %s", r.out, strerror(-ret));
	recipe = (struct cga_recipe){ .kind = r.kind, .prefix = (const uint8_t (*)[8])r.prefix, .n = r.n };
	if (r.kind != CGA_KIND_HBA) {
		recipe.key = key_for(&r);
		if (!recipe.key)
			return EXIT_FAILED;
	}
	hal_random(NULL, recipe.random, sizeof(recipe.random));
	search = (struct cga_search){ .sec = r.sec, .threads = r.threads, .progress = progress, .arg = &start };
	made = calloc(r.n, sizeof(*made));
	crypto = cga_new();
	if (!made || !crypto)
		ret = complain("out of memory, or OpenSSL has no SHA-1");
	else if ((ret = cga_set_make(crypto, &recipe, &search, made)))
		ret = complain("no addresses were made: %s", strerror(-ret));
	else
		ret = write_all(c, &r, made, search.tries);
	cga_key_free((struct cga_key *)recipe.key);
	cga_free(crypto);
	free(made);
	return ret;
}
