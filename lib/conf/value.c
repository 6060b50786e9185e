// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the text of a value to the field of struct conf, with a sentence about what is wrong and what is allowed.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"
#include "uapi/shim6_wire.h"

__attribute__((format(printf, 3, 4)))
static int refuse(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
	return -1;
}

/* Decimal digits of at most @len octets at *@s, which moves on.  False without a digit or above UINT64_MAX. */
static bool digits(const char **s, uint64_t *v)
{
	const char *p = *s;

	for (*v = 0; isdigit((unsigned char)*p); p++) {
		unsigned int d = *p - '0';

		if (*v > (UINT64_MAX - d) / 10)
			return false;
		*v = *v * 10 + d;
	}
	if (p == *s)
		return false;
	*s = p;
	return true;
}

static int parse_number(const struct key *k, const char *text, void *field, char *why, size_t size)
{
	const char *s = text;
	uint64_t v;
	bool ok;

	if (!strncmp(text, "0x", 2)) {		/* a mask */
		ok = strlen(text) <= 2 + 16 && text[2 + strspn(text + 2, "0123456789abcdefABCDEF")] == '\0' && text[2];
		v = ok ? strtoull(text, NULL, 16) : 0;
	} else {
		ok = digits(&s, &v) && !*s;
	}
	if (!ok || v < k->min || v > k->max) {
		if (k->max == UINT64_MAX || k->max == UINT32_MAX)
			return refuse(why, size, "\"%s\" is not a number this takes; allowed: 0 (not used) or a "
				      "positive number", text);
		return refuse(why, size, "\"%s\" is not a number this takes; allowed: %llu..%llu", text,
			      (unsigned long long)k->min, (unsigned long long)k->max);
	}
	if (k->type == KEY_U32)
		*(uint32_t *)field = v;
	else
		*(uint64_t *)field = v;
	return 0;
}

/* "15", "15s", "1.5s", "500ms", "2m", "1h" in milliseconds. */
static bool time_value(const char *s, uint64_t *ms)
{
	static const struct {
		const char *name;
		uint32_t ms;
	} units[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	uint64_t whole, fraction = 0, scale = 1;

	if (!digits(&s, &whole) || whole > UINT32_MAX)
		return false;
	if (*s == '.') {
		if (!isdigit((unsigned char)*++s))
			return false;
		for (; isdigit((unsigned char)*s); s++) {
			if (scale < 1000000) {
				fraction = fraction * 10 + (*s - '0');
				scale *= 10;
			}
		}
	}
	for (unsigned int i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!strcmp(s, units[i].name)) {
			*ms = whole * units[i].ms + fraction * units[i].ms / scale;
			return true;
		}
	}
	return false;
}

/* Shortest writing of @ms for messages. */
static const char *time_text(uint64_t ms, char *buf, size_t size)
{
	if (ms % 1000 || !ms)
		snprintf(buf, size, "%llu%s", (unsigned long long)ms, ms ? " ms" : "");
	else
		snprintf(buf, size, "%llu s", (unsigned long long)ms / 1000);
	return buf;
}

static int parse_time(const struct key *k, const char *text, uint32_t *field, char *why, size_t size)
{
	char a[32], b[32];
	uint64_t ms;

	if (!time_value(text, &ms) || ms < k->min || ms > k->max)
		return refuse(why, size, "\"%s\" is not a time this takes; allowed: %s..%s, as 15, 1.5s, 500ms, 2m "
			      "or 1h", text, time_text(k->min, a, sizeof(a)), time_text(k->max, b, sizeof(b)));
	*field = ms;
	if (k->advised_max && (ms < k->advised_min || ms > k->advised_max)) {
		snprintf(why, size, "%s", k->advice);
		return 1;
	}
	return 0;
}

static int parse_bool(const char *text, bool *field, char *why, size_t size)
{
	static const char *const yes[] = { "true", "yes", "on", "1" }, *const no[] = { "false", "no", "off", "0" };

	for (unsigned int i = 0; i < 4; i++) {
		if (!strcmp(text, yes[i]) || !strcmp(text, no[i])) {
			*field = !strcmp(text, yes[i]);
			return 0;
		}
	}
	return refuse(why, size, "\"%s\" is neither true nor false; allowed: true, yes, on, 1, false, no, off, 0",
		      text);
}

static int parse_choice(const struct key *k, const char *text, int *field, char *why, size_t size)
{
	size_t at;

	for (const struct key_choice *c = k->choices; c->name; c++) {
		if (!strcmp(text, c->name)) {
			*field = c->value;
			return 0;
		}
	}
	refuse(why, size, "\"%s\" is unknown; allowed:", text);
	for (const struct key_choice *c = k->choices; c->name; c++) {
		at = strlen(why);
		snprintf(why + at, size - at, "%s %s", c == k->choices ? "" : ",", c->name);
	}
	return -1;
}

static int parse_text(const struct key *k, const char *text, char *field, char *why, size_t size)
{
	static const char *const what[] = {
		[KEY_PATH] = "an absolute path",
		[KEY_PROGRAM] = "a program's name or absolute path",
		[KEY_NAME] = "a group's name",
	};
	size_t len = strlen(text);
	bool slash = strchr(text, '/');
	bool ok = len && len <= k->max && len < k->size;

	for (const char *p = text; *p; p++)
		ok = ok && (isalnum((unsigned char)*p) || strchr("/._+-", *p) ||
			    (k->type == KEY_PATH && strchr(" :@,=", *p)));
	if (k->type == KEY_PATH || (k->type == KEY_PROGRAM && slash))
		ok = ok && *text == '/' && text[len - 1] != '/';
	if (k->type == KEY_NAME)
		ok = ok && !slash && *text != '-';
	if (!ok)
		return refuse(why, size, "\"%s\" cannot be used; allowed: %s of 1..%llu characters", text,
			      what[k->type], (unsigned long long)k->max);
	memset(field, 0, k->size);
	memcpy(field, text, len);
	return 0;
}

/* "2001:db8::/32" or "2001:db8::1".  Bits beyond the length are cleared. */
static bool prefix_value(const char *text, struct conf_prefix *p)
{
	char addr[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	uint64_t len = 128;

	memset(p, 0, sizeof(*p));
	if (n >= sizeof(addr))
		return false;
	memcpy(addr, text, n);
	addr[n] = '\0';
	if (inet_pton(AF_INET6, addr, &p->addr) != 1)
		return false;
	if (slash++) {
		if (!digits(&slash, &len) || *slash || len > 128)
			return false;
	}
	p->len = len;
	for (unsigned int bit = len; bit < 128; bit++)
		p->addr.s6_addr[bit / 8] &= ~(0x80 >> bit % 8);
	return true;
}

static int add_prefix(const char *text, struct conf_prefixes *l, char *why, size_t size)
{
	if (!prefix_value(text, &l->p[l->n]))
		return refuse(why, size, "\"%s\" is not a prefix; allowed: IPv6 address with or without /0../128",
			      text);
	l->n++;
	return 0;
}

/* "22", "5000-6000", "tcp/22", "udp/5000-6000", "udp" */
static int add_port(const char *text, struct conf_ports *l, char *why, size_t size)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} protos[] = {
		{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "udplite", IPPROTO_UDPLITE },
		{ "sctp", IPPROTO_SCTP }, { "dccp", IPPROTO_DCCP },
	};
	struct conf_port *p = &l->p[l->n];
	const char *s = text;
	uint64_t first = 0, last = 65535;
	bool ok = true;

	memset(p, 0, sizeof(*p));
	if (isalpha((unsigned char)*s)) {
		size_t n = strcspn(s, "/");

		for (unsigned int i = 0; i < sizeof(protos) / sizeof(protos[0]); i++)
			if (strlen(protos[i].name) == n && !strncmp(protos[i].name, s, n))
				p->proto = protos[i].proto;
		ok = p->proto;
		s += n;
		if (ok && *s == '/' && !s[1])
			ok = false;
		else if (*s)
			s++;
	}
	if (ok && (*s || !p->proto)) {
		ok = digits(&s, &first);
		last = first;
		if (ok && *s == '-') {
			s++;
			ok = digits(&s, &last);
		}
		ok = ok && !*s && first <= last && last <= 65535;
	}
	if (!ok)
		return refuse(why, size, "\"%s\" is not a port; allowed: 22, 5000-6000, tcp/22, udp/5000-6000, sctp",
			      text);
	p->first = first;
	p->last = last;
	l->n++;
	return 0;
}

static int add_interface(const char *text, struct conf_names *l, char *why, size_t size)
{
	size_t len = strlen(text);

	if (!len || len >= sizeof(l->name[0]) || strpbrk(text, "/ \t:") || strcspn(text, "*") + 1 < len)
		return refuse(why, size, "\"%s\" is not an interface; allowed: a name of up to 15 characters, * at "
			      "its end", text);
	memset(l->name[l->n], 0, sizeof(l->name[0]));
	memcpy(l->name[l->n++], text, len);
	return 0;
}

/* The next word of *@s, which moves on, into @word; false at the end, and for a word that is too long. */
static bool next_word(const char **s, char *word, size_t size)
{
	size_t n;

	*s += strspn(*s, " ");
	n = strcspn(*s, " ");
	if (!n || n >= size)
		return false;
	memcpy(word, *s, n);
	word[n] = '\0';
	*s += n;
	return true;
}

#define WORD	(INET6_ADDRSTRLEN + 8)

/* "2001:db8:1::/48 1 10 temporary" */
static bool preference_value(const char *text, struct conf_preference *p)
{
	const char *s = text, *n;
	unsigned int numbers = 0;
	char word[WORD];
	uint64_t v;

	memset(p, 0, sizeof(*p));
	if (!next_word(&s, word, sizeof(word)) || !prefix_value(word, &p->prefix))
		return false;
	while (next_word(&s, word, sizeof(word))) {
		n = word;
		if (!strcmp(word, "temporary"))
			p->flags |= SHIM6_LOC_TRANSIENT;
		else if (!strcmp(word, "broken"))
			p->flags |= SHIM6_LOC_BROKEN;
		else if (p->flags || numbers == 2 || !digits(&n, &v) || *n || v > 255)
			return false;
		else if (numbers++)
			p->weight = v;
		else
			p->priority = v;
	}
	return numbers && !*s;
}

static int no_preference(const char *text, char *why, size_t size)
{
	return refuse(why, size, "\"%s\" is not a preference; allowed: \"PREFIX PRIORITY [WEIGHT] [temporary] [broken]\", "
		      "numbers 0..255, lowest priority first", text);
}

static int add_preference(const char *text, struct conf_preferences *l, char *why, size_t size)
{
	if (!preference_value(text, &l->p[l->n]))
		return no_preference(text, why, size);
	l->n++;
	return 0;
}

static int preference_at(const struct conf_preferences *l, const struct conf_prefix *p)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (!memcmp(&l->p[i].prefix, p, sizeof(*p)))
			return i;
	return -1;
}

int conf_preference_set(struct conf_preferences *l, const char *text, char *why, size_t size)
{
	struct conf_preference p;
	int at;

	if (!preference_value(text, &p))
		return no_preference(text, why, size);
	at = preference_at(l, &p.prefix);
	if (at < 0 && l->n == CONF_LIST_MAX)
		return refuse(why, size, "there are %u preferences already; take one away first", CONF_LIST_MAX);
	l->p[at < 0 ? (int)l->n++ : at] = p;
	return 0;
}

int conf_preference_remove(struct conf_preferences *l, const char *prefix, char *why, size_t size)
{
	struct conf_prefix p;
	int at;

	if (!prefix_value(prefix, &p))
		return refuse(why, size, "\"%s\" is not a prefix; allowed: IPv6 address with or without /0../128", prefix);
	at = preference_at(l, &p);
	if (at < 0)
		return refuse(why, size, "no preference was set for %s", prefix);
	l->p[at] = l->p[--l->n];
	return 0;
}

/* "2001:db8:1::/48 2001:db8:2::/48" */
static int add_group(const char *text, struct conf_groups *l, char *why, size_t size)
{
	struct conf_group *g = &l->g[l->n];
	const char *s = text;
	char word[WORD];

	memset(g, 0, sizeof(*g));
	while (g->n < CONF_GROUP_MAX && next_word(&s, word, sizeof(word)) && prefix_value(word, &g->p[g->n]))
		g->n++;
	if (!g->n || s[strspn(s, " ")] || !prefix_value(word, &(struct conf_prefix){ 0 }))
		return refuse(why, size, "\"%s\" is not a group; allowed: 1..%d prefixes with blanks between them", text,
			      CONF_GROUP_MAX);
	l->n++;
	return 0;
}

static unsigned int *list_count(const struct key *k, void *field)
{
	switch (k->type) {
	case KEY_PREFIXES:
		return &((struct conf_prefixes *)field)->n;
	case KEY_PORTS:
		return &((struct conf_ports *)field)->n;
	case KEY_INTERFACES:
		return &((struct conf_names *)field)->n;
	case KEY_PREFERENCES:
		return &((struct conf_preferences *)field)->n;
	case KEY_GROUPS:
		return &((struct conf_groups *)field)->n;
	default:
		return NULL;
	}
}

void conf_key_clear(const struct key *k, struct conf *c)
{
	if (conf_key_is_list(k))
		memset((char *)c + k->offset, 0, k->size);
}

int conf_key_parse(const struct key *k, const char *text, struct conf *c, char *why, size_t size)
{
	void *field = (char *)c + k->offset;
	const unsigned int *n = list_count(k, field);

	if (n && *n == CONF_LIST_MAX)
		return refuse(why, size, "\"%s\" is one entry too many; allowed: %u entries", text, CONF_LIST_MAX);
	switch (k->type) {
	case KEY_PATH:
	case KEY_PROGRAM:
	case KEY_NAME:
		return parse_text(k, text, field, why, size);
	case KEY_CHOICE:
		return parse_choice(k, text, field, why, size);
	case KEY_BOOL:
		return parse_bool(text, field, why, size);
	case KEY_U32:
	case KEY_U64:
		return parse_number(k, text, field, why, size);
	case KEY_TIME:
		return parse_time(k, text, field, why, size);
	case KEY_PREFIXES:
		return add_prefix(text, field, why, size);
	case KEY_PORTS:
		return add_port(text, field, why, size);
	case KEY_INTERFACES:
		return add_interface(text, field, why, size);
	case KEY_PREFERENCES:
		return add_preference(text, field, why, size);
	case KEY_GROUPS:
		return add_group(text, field, why, size);
	}
	return refuse(why, size, "unknown type of key");
}
