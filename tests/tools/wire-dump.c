// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The C codec at the end of a pipe, so that other programs can judge it.
 *
 *   wire-dump decode [SRC DST]	each line of stdin, a control message in hex, becomes key=value lines and an empty one
 *   wire-dump encode KEY=VALUE...	the message in hex; "error" if the encoder refuses it
 *   wire-dump encode		the same for each line of stdin
 *
 * encode takes the keys that decode prints and ignores those that are not content (verdict, name, fault, ..._at).
 */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"

#define LINE	16384

/* Views of an encoded message point in here. */
static uint8_t store[LINE];
static size_t stored;

static void print_hex(const uint8_t *p, size_t n)
{
	while (n--)
		printf("%02x", *p++);
}

/* Octets of the hex digits at @s, blanks left out; -1 if it is not hex. */
static ssize_t hex(const char *s, uint8_t *to, size_t size)
{
	size_t n = 0;

	for (; *s; s++) {
		unsigned int v;
		char two[3];

		if (*s == ' ' || *s == '\n')
			continue;
		two[0] = s[0];
		two[1] = s[1];
		two[2] = 0;
		if (strspn(two, "0123456789abcdefABCDEF") != 2 || sscanf(two, "%2x", &v) != 1 || n == size)
			return -1;
		to[n++] = v;
		s++;
	}
	return n;
}

static const char *addr(const struct in6_addr *a)
{
	static char text[4][INET6_ADDRSTRLEN];
	static unsigned int next;

	next = (next + 1) % 4;
	return inet_ntop(AF_INET6, a, text[next], sizeof(text[next]));
}

static void print_bytes(const char *key, const struct s6_bytes *b)
{
	if (!b->p)
		return;
	printf("%s=", key);
	print_hex(b->p, b->len);
	puts("");
}

static void print_reports(const char *key, const struct s6_report *r, unsigned int n)
{
	for (; n--; r++)
		printf("%s=%s,%s,0x%08" PRIx32 ",0x%08" PRIx32 "\n", key, addr(&r->src), addr(&r->dst), r->nonce,
		       r->data);
}

static void print_options(const struct s6_msg *m)
{
	print_bytes("validator", &m->validator);
	if (m->has_locators) {
		printf("locators=%" PRIu32 "\nlocators_at=%zu\n", m->locators.generation, m->locators_at);
		for (unsigned int i = 0; i < m->locators.n; i++)
			printf("locator=%s,%u\n", addr(&m->locators.loc[i].addr), m->locators.loc[i].method);
	}
	if (m->has_prefs) {
		printf("prefs=%" PRIu32 ",%u\nprefs_at=%zu\n", m->prefs.generation, m->prefs.element_len, m->prefs_at);
		for (unsigned int i = 0; i < m->prefs.n; i++)
			printf("pref=%u,%u,%u\n", m->prefs.el[i].flags, m->prefs.el[i].prio, m->prefs.el[i].weight);
	}
	print_bytes("pds", &m->pds);
	print_bytes("signature", &m->signature);
	if (m->has_ulids)
		printf("ulids=%s,%s\n", addr(&m->sender_ulid), addr(&m->receiver_ulid));
	if (m->has_fii)
		printf("fii=0x%08" PRIx32 "\n", m->fii);
	if (m->has_ka_timeout)
		printf("ka_timeout=%u\n", m->ka_timeout);
}

static void decode(const char *line, const struct in6_addr *src, const struct in6_addr *dst)
{
	static uint8_t data[LINE / 2];
	static struct s6_msg m;
	ssize_t len = hex(line, data, sizeof(data));
	enum s6_verdict v;
	size_t fault;

	if (len < 0) {
		puts("verdict=no-hex\n");
		return;
	}
	v = s6_decode(data, len, src, dst, &m, &fault);
	printf("verdict=%s\n", s6_verdict_name(v));
	if (v == S6_V_TYPE || v == S6_V_OPTION_CRITICAL)
		printf("fault=%zu\n", fault);
	if (v == S6_V_OK) {
		printf("type=%u\nname=%s\n", m.type, s6_type_name(m.type));
		printf("tag=0x%012" PRIx64 "\npacket_tag=0x%012" PRIx64 "\n", m.tag, m.packet_tag);
		printf("nonce=0x%08" PRIx32 "\nresp_nonce=0x%08" PRIx32 "\n", m.nonce, m.resp_nonce);
		printf("state=%u\n", m.reap_state);
		print_reports("sent", m.sent, m.n_sent);
		print_reports("rcvd", m.rcvd, m.n_rcvd);
		printf("code=%u\npointer=%u\n", m.code, m.pointer);
		print_bytes("packet", &m.packet);
		print_options(&m);
	}
	puts("");
}

static int set_bytes(struct s6_bytes *b, const char *value)
{
	ssize_t n = hex(value, store + stored, sizeof(store) - stored);

	if (n < 0)
		return -1;
	b->p = store + stored;
	b->len = n;
	stored += n;
	return 0;
}

/* Two addresses and the rest of "A,B,rest". */
static int two_addrs(const char *value, struct in6_addr *a, struct in6_addr *b, const char **rest)
{
	char one[INET6_ADDRSTRLEN], two[INET6_ADDRSTRLEN];
	int end = 0;

	if (sscanf(value, "%45[^,],%45[^,]%n", one, two, &end) != 2 ||
	    inet_pton(AF_INET6, one, a) != 1 || inet_pton(AF_INET6, two, b) != 1)
		return -1;
	*rest = value + end;
	return 0;
}

static int set_report(struct s6_report *r, uint8_t *n, const char *value)
{
	const char *rest;

	if (*n >= S6_REPORTS_MAX || two_addrs(value, &r[*n].src, &r[*n].dst, &rest) ||
	    sscanf(rest, ",%" SCNi32 ",%" SCNi32, (int32_t *)&r[*n].nonce, (int32_t *)&r[*n].data) != 2)
		return -1;
	++*n;
	return 0;
}

static int set_locator(struct s6_locator_list *l, const char *value)
{
	char a[INET6_ADDRSTRLEN];

	if (l->n >= S6_LOCATORS_MAX || sscanf(value, "%45[^,],%" SCNu8, a, &l->loc[l->n].method) != 2 ||
	    inet_pton(AF_INET6, a, &l->loc[l->n].addr) != 1)
		return -1;
	l->n++;
	return 0;
}

static int set_pref(struct s6_pref_list *l, const char *value)
{
	if (l->n >= S6_LOCATORS_MAX ||
	    sscanf(value, "%" SCNu8 ",%" SCNu8 ",%" SCNu8, &l->el[l->n].flags, &l->el[l->n].prio,
		   &l->el[l->n].weight) != 3)
		return -1;
	l->n++;
	return 0;
}

static int set(struct s6_msg *m, const char *key, const char *value)
{
	static const char *const ignored[] = { "verdict", "name", "fault", "locators_at", "prefs_at" };
	unsigned long long v = strtoull(value, NULL, 0);
	const char *rest;

	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		if (!strcmp(key, ignored[i]))
			return 0;
	if (!strcmp(key, "type"))
		m->type = v;
	else if (!strcmp(key, "tag"))
		m->tag = v;
	else if (!strcmp(key, "packet_tag"))
		m->packet_tag = v;
	else if (!strcmp(key, "nonce"))
		m->nonce = v;
	else if (!strcmp(key, "resp_nonce"))
		m->resp_nonce = v;
	else if (!strcmp(key, "state"))
		m->reap_state = v;
	else if (!strcmp(key, "code"))
		m->code = v;
	else if (!strcmp(key, "pointer"))
		m->pointer = v;
	else if (!strcmp(key, "sent"))
		return set_report(m->sent, &m->n_sent, value);
	else if (!strcmp(key, "rcvd"))
		return set_report(m->rcvd, &m->n_rcvd, value);
	else if (!strcmp(key, "packet"))
		return set_bytes(&m->packet, value);
	else if (!strcmp(key, "validator"))
		return set_bytes(&m->validator, value);
	else if (!strcmp(key, "pds"))
		return set_bytes(&m->pds, value);
	else if (!strcmp(key, "signature"))
		return set_bytes(&m->signature, value);
	else if (!strcmp(key, "locators"))
		m->has_locators = true, m->locators.generation = v;
	else if (!strcmp(key, "locator"))
		return set_locator(&m->locators, value);
	else if (!strcmp(key, "prefs"))
		return m->has_prefs = true, sscanf(value, "%" SCNu32 ",%" SCNu8, &m->prefs.generation,
						   &m->prefs.element_len) == 2 ? 0 : -1;
	else if (!strcmp(key, "pref"))
		return set_pref(&m->prefs, value);
	else if (!strcmp(key, "ulids"))
		return m->has_ulids = true, two_addrs(value, &m->sender_ulid, &m->receiver_ulid, &rest);
	else if (!strcmp(key, "fii"))
		m->has_fii = true, m->fii = v;
	else if (!strcmp(key, "ka_timeout"))
		m->has_ka_timeout = true, m->ka_timeout = v;
	else
		return -1;
	return 0;
}

static int set_word(struct s6_msg *m, char *word)
{
	char *eq = strchr(word, '=');

	if (eq)
		*eq = 0;
	if (!eq || set(m, word, eq + 1)) {
		fprintf(stderr, "wire-dump: cannot use \"%s\"; see the keys that decode prints\n", word);
		return -1;
	}
	return 0;
}

static void encode(const struct s6_msg *m)
{
	uint8_t buf[S6_MSG_MAX];
	size_t n = s6_encode(m, buf, sizeof(buf));

	if (n)
		print_hex(buf, n);
	else
		fputs("error", stdout);
	puts("");
}

int main(int argc, char **argv)
{
	static char line[LINE];
	static struct s6_msg m;
	struct in6_addr src, dst;
	char *rest;

	inet_pton(AF_INET6, "2001:db8:a::1", &src);
	inet_pton(AF_INET6, "2001:db8:b::1", &dst);
	if (argc == 4 && !strcmp(argv[1], "decode") &&
	    (inet_pton(AF_INET6, argv[2], &src) != 1 || inet_pton(AF_INET6, argv[3], &dst) != 1))
		argc = 0;
	if ((argc == 2 || argc == 4) && !strcmp(argv[1], "decode")) {
		while (fgets(line, sizeof(line), stdin))
			decode(line, &src, &dst);
		return 0;
	}
	if (argc == 2 && !strcmp(argv[1], "encode")) {
		while (fgets(line, sizeof(line), stdin)) {
			memset(&m, 0, sizeof(m));
			stored = 0;
			for (char *w = strtok_r(line, " \n", &rest); w; w = strtok_r(NULL, " \n", &rest))
				if (set_word(&m, w))
					return 1;
			encode(&m);
		}
		return 0;
	}
	if (argc > 2 && !strcmp(argv[1], "encode")) {
		for (int i = 2; i < argc; i++)
			if (set_word(&m, argv[i]))
				return 1;
		encode(&m);
		return 0;
	}
	fputs("usage: wire-dump decode [SRC DST] <HEX-LINES | wire-dump encode [KEY=VALUE...]\n", stderr);
	return 2;
}
