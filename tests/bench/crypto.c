// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What proofs cost: signing and verifying locator lists beside what `openssl speed` makes of the hash and RSA
 * operations that are in them, and contexts between two hosts in this process.
 *
 * usage: crypto OPENSSL-SPEED.txt SECONDS	the output of openssl speed -mr; JSON to stdout, a table to stderr
 *
 * Every figure is the median of ROUNDS rounds of SECONDS each.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "prove/prove.h"

#define ROUNDS	5
#define N_MAX	8

#define must(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond); \
		exit(1); \
	} \
} while (0)

static double seconds;
static struct cga *cga;
static json_t *rows;
static bool all_met = true;

/* --- what is compared with -------------------------------------------------------------------------------------- */

static double rsa_sign_time, rsa_verify_time;		/* s, RSA-2048 */
static double sha1_time[64];				/* s, for 64 * i octets */

/* "+H:length:...", "+F:n:sha1:octets a second:..." for each; "+F2:n:2048:signatures:verifications a second" */
static void read_speed(const char *path)
{
	double a, b, speeds[16] = { 0 };
	unsigned long sizes[16] = { 0 };
	char line[512], *s;
	unsigned int n = 0, i;
	FILE *f = fopen(path, "r");

	must(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "+F2:%*u:2048:%lf:%lf", &a, &b) == 2) {
			rsa_sign_time = 1 / a;
			rsa_verify_time = 1 / b;
		} else if (!strncmp(line, "+H:", 3)) {
			for (n = 0, s = line + 3; n < 16 && sscanf(s, "%lu", &sizes[n]) == 1; n++) {
				s = strchr(s, ':');
				if (!s++) {
					n++;
					break;
				}
			}
		} else if (sscanf(line, "+F:%*u:%*[^:]:%lf", &a) == 1 && n) {
			s = strchr(strchr(line + 3, ':') + 1, ':');
			for (i = 0; i < n && s; i++, s = strchr(s + 1, ':'))
				if (sscanf(s + 1, "%lf", &speeds[i]) == 1 && sizes[i] % 64 == 0 && sizes[i] / 64 < 64)
					sha1_time[sizes[i] / 64] = sizes[i] / speeds[i];
		}
	}
	fclose(f);
	must(rsa_sign_time > 0 && rsa_verify_time > 0);
}

/* SHA-1 over @len octets: the figure of the next longer length that was measured. */
static double sha1(size_t len)
{
	for (size_t i = (len + 63) / 64; i < 64; i++)
		if (sha1_time[i] > 0)
			return sha1_time[i];
	must(!"sha1 was measured up to this length");
	return 0;
}

/* --- measuring --------------------------------------------------------------------------------------------------- */

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

/* Operations a second of CPU time: the machine may be busy with other things. */
static double rate(void (*op)(void *arg), void *arg)
{
	double r[ROUNDS];

	for (unsigned int i = 0; i < ROUNDS; i++) {
		double begin = now(), end = begin;
		unsigned long n = 0;

		while (end - begin < seconds) {
			for (unsigned int k = 0; k < 16; k++)
				op(arg);
			n += 16;
			end = now();
		}
		r[i] = n / (end - begin);
	}
	qsort(r, ROUNDS, sizeof(r[0]), ascending);
	return r[ROUNDS / 2];
}

/* @peer: operations a second that the bare operations allow, or 0; @target: what @ours has to reach, or 0 */
static void row(const char *name, double ours, const char *peer, double peer_value, double target)
{
	double ratio = peer_value > 0 ? peer_value / ours : 0;
	bool met = target > 0 ? ours >= target : ratio <= 1.2;

	all_met &= met;
	json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:i, s:f, s:s, s:f, s:f, s:f, s:b}", "row", name,
		"metric", "rate", "unit", "1/s", "n", ROUNDS, "ours", ours, "peer", peer, "peer_value", peer_value,
		"ratio", ratio, "target", target > 0 ? target : 1.2, "met", met));
	fprintf(stderr, "%-44s %10.0f/s  %-38s %10.0f/s  %5.2f  %s\n", name, ours, peer, peer_value, ratio,
		met ? "met" : "MISSED");
}

/* --- lists ------------------------------------------------------------------------------------------------------- */

struct list {
	struct cga_made made[N_MAX];
	struct cga_pds pds;
	struct in6_addr addr[N_MAX];
	uint8_t method[N_MAX], sig[CGA_SIGNATURE_MAX];
	size_t sig_len;
	const struct cga_key *key;
	struct cga_list l;
};

static void make_list(struct list *l, enum cga_kind kind, const struct cga_key *key, unsigned int n)
{
	uint8_t prefix[N_MAX][8] = { { 0 } };
	struct cga_recipe r = { .kind = kind, .n = n, .key = key, .random = { 5 } };
	struct cga_search s = { .threads = 1 };
	size_t at;

	r.prefix = (const uint8_t (*)[8])prefix;
	memset(l, 0, sizeof(*l));
	for (unsigned int i = 0; i < n; i++) {
		inet_pton(AF_INET6, "2001:db8::", &l->addr[i]);
		l->addr[i].s6_addr[7] = i + 1;
		memcpy(prefix[i], &l->addr[i], 8);
	}
	must(!cga_set_make(cga, &r, &s, l->made));
	must(cga_pds_parse(l->made[0].pds, l->made[0].len, &l->pds, &at) == CGA_OK);
	for (unsigned int i = 0; i < n; i++) {
		l->addr[i] = l->made[i].addr;
		l->method[i] = kind == CGA_KIND_CGA ? SHIM6_VERIFY_CGA : SHIM6_VERIFY_HBA;
	}
	l->key = key;
	l->l = (struct cga_list){ .generation = 1, .n = n, .addr = l->addr, .method = l->method };
	if (kind == CGA_KIND_CGA)
		l->sig_len = cga_list_sign(key, &l->l, l->sig, sizeof(l->sig));
}

static void op_verify(void *arg)
{
	struct list *l = arg;
	unsigned int which;

	must(cga_list_verify(cga, &l->addr[0], &l->l, &l->pds, l->sig_len ? l->sig : NULL, l->sig_len, 1024, &which) ==
	     CGA_OK);
}

static void op_sign(void *arg)
{
	struct list *l = arg;

	must(cga_list_sign(l->key, &l->l, l->sig, sizeof(l->sig)) == l->sig_len);
}

static void bench_lists(const struct cga_key *key)
{
	static const unsigned int sizes[] = { 3, 8 };
	static struct list l;
	char name[64];
	double bare;

	for (unsigned int i = 0; i < 2; i++) {
		unsigned int n = sizes[i];

		make_list(&l, CGA_KIND_HBA, NULL, n);
		snprintf(name, sizeof(name), "verify a list of %u, HBA", n);
		bare = n * sha1(l.pds.len);	/* one for the ULID, which then needs none as a locator */
		row(name, rate(op_verify, &l), "openssl speed: hashes", 1 / bare, 0);

		make_list(&l, CGA_KIND_CGA, key, n);
		snprintf(name, sizeof(name), "verify a list of %u, CGA, RSA-2048", n);
		bare = sha1(l.pds.len) + sha1(20 + 16 * n) + rsa_verify_time;
		row(name, rate(op_verify, &l), "openssl speed: hashes and RSA verify", 1 / bare, 0);
		snprintf(name, sizeof(name), "sign a list of %u, RSA-2048", n);
		bare = sha1(20 + 16 * n) + rsa_sign_time;
		row(name, rate(op_sign, &l), "openssl speed: hash and RSA sign", 1 / bare, 0);
	}
}

/* --- contexts ---------------------------------------------------------------------------------------------------- */

static uint64_t seed = 88172645463325252ULL;

static void fill(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	(void)arg;
	while (len--) {
		seed ^= seed << 13;
		seed ^= seed >> 7;
		seed ^= seed << 17;
		*p++ = seed;
	}
}

struct host {
	struct s6_host *h;
	struct s6_actions acts;
	struct in6_addr ulid;
};

static struct host hosts[2];

static void carry_out(unsigned int who, unsigned int i)
{
	struct host *me = &hosts[who], *other = &hosts[!who];
	const struct s6_action *a = &me->acts.a[i];
	struct in6_addr src = a->pkt.src, dst = a->pkt.dst;
	uint8_t data[S6_MSG_MAX];	/* the queue may move */
	size_t len = a->pkt.len;
	struct s6_proof proof;

	if (a->type == S6_ACT_SEND) {
		s6_input(other->h, 1000000, &src, &dst, a->pkt.data, len, &other->acts);
	} else if (a->type == S6_ACT_PROVE) {
		memcpy(data, a->pkt.data, len);
		must(prove_message(cga, &src, &dst, data, len, &a->ulid, (struct s6_bytes){ 0 }, 1024, &proof) ==
		     CGA_OK);
		s6_proven(me->h, 1000000, &src, &dst, data, len, &proof, &me->acts);
	}
}

/* Until nobody has anything to do: both ends on this core. */
static void play(void)
{
	while (hosts[0].acts.n || hosts[1].acts.n) {
		for (unsigned int who = 0; who < 2; who++) {
			for (unsigned int i = 0; i < hosts[who].acts.n; i++)
				carry_out(who, i);
			s6_actions_clear(&hosts[who].acts);
		}
	}
}

static void op_context(void *arg)
{
	const struct s6_ctx *c;
	uint32_t id;

	(void)arg;
	must(!s6_trigger(hosts[0].h, 1000000, &hosts[0].ulid, &hosts[1].ulid, 0, true, &id, &hosts[0].acts));
	play();
	c = s6_find_ulids(hosts[1].h, &hosts[1].ulid, &hosts[0].ulid, 0);
	must(c && c->state == S6_ESTABLISHED && c->ls_peer.n == 3 && s6_find_id(hosts[0].h, id)->ls_peer.n == 3);
	s6_delete(hosts[1].h, 1000000, c->id, "done", &hosts[1].acts);
	s6_delete(hosts[0].h, 1000000, id, "done", &hosts[0].acts);
	s6_actions_clear(&hosts[0].acts);
	s6_actions_clear(&hosts[1].acts);
}

static void bench_contexts(enum cga_kind kind, const struct cga_key *key, const char *name, double target)
{
	static struct list l;
	struct s6_config cfg;

	s6_config_default(&cfg);
	for (int i = 0; i < 2; i++) {
		struct s6_locator loc[3] = { 0 };
		uint8_t sig[CGA_SIGNATURE_MAX];
		struct s6_own own;
		unsigned int cut;

		make_list(&l, kind, key, 3);
		if (i) {		/* another host: another start */
			struct cga_recipe r = { .kind = kind, .n = 3, .key = key, .random = { 77 } };
			struct cga_search s = { .threads = 1 };
			uint8_t prefix[3][8];
			size_t at;

			for (unsigned int k = 0; k < 3; k++) {
				memcpy(prefix[k], &l.addr[k], 8);
				prefix[k][4] = 0xb;
			}
			r.prefix = (const uint8_t (*)[8])prefix;
			must(!cga_set_make(cga, &r, &s, l.made));
			must(cga_pds_parse(l.made[0].pds, l.made[0].len, &l.pds, &at) == CGA_OK);
		}
		for (unsigned int k = 0; k < 3; k++)
			loc[k].addr = l.made[k].addr;
		hosts[i].h = s6_host_new(&cfg, fill, NULL, 1000000);
		hosts[i].ulid = loc[0].addr;
		must(hosts[i].h);
		must(prove_own(cga, &hosts[i].ulid, &l.pds, key, 0, loc, 3, &own, &cut) == CGA_OK && own.list.n == 3);
		must(prove_sign(key, &own, sig));
		must(!s6_set_own(hosts[i].h, &own, 1));
		s6_set_local(hosts[i].h, 1000000, loc, 3, &hosts[i].acts);
	}
	row(name, rate(op_context, NULL), "none", 0, target);
	for (int i = 0; i < 2; i++) {
		s6_host_free(hosts[i].h);
		s6_actions_free(&hosts[i].acts);
	}
}

int main(int argc, char **argv)
{
	struct cga_key *key;
	const char *why;

	if (argc != 3) {
		fprintf(stderr, "usage: crypto OPENSSL-SPEED.txt SECONDS\n");
		return 2;
	}
	read_speed(argv[1]);
	seconds = strtod(argv[2], NULL);
	rows = json_array();
	cga = cga_new();
	key = cga_key_new(2048, &why);
	must(cga && key && rows);
	bench_lists(key);
	bench_contexts(CGA_KIND_HBA, NULL, "contexts, both ends on one core, HBA", 10000);
	bench_contexts(CGA_KIND_CGA, key, "contexts, both ends on one core, CGA", 1000);
	json_dumpf(rows, stdout, JSON_INDENT(1));
	putchar('\n');
	cga_key_free(key);
	cga_free(cga);
	json_decref(rows);
	return all_met ? 0 : 1;
}
