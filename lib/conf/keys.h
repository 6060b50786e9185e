/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of configuration keys and the checks of their values; private to lib/conf.
 */
#ifndef CONF_KEYS_H
#define CONF_KEYS_H

#include "conf/conf.h"

enum key_type {
	KEY_PATH,		/* absolute path */
	KEY_PROGRAM,		/* absolute path, or a name for $PATH */
	KEY_NAME,		/* of a group */
	KEY_CHOICE,		/* one of choices; the field is an int */
	KEY_BOOL,
	KEY_U32,
	KEY_U64,
	KEY_TIME,		/* seconds, or with unit; the field is a uint32_t of milliseconds */
	KEY_PREFIXES,		/* lists from here on */
	KEY_PORTS,
	KEY_INTERFACES,
	KEY_PREFERENCES,
	KEY_GROUPS,
};

struct key_choice {
	const char *name;
	int value;
};

struct key {
	const char *section, *name;
	enum key_type type;
	size_t offset, size;			/* of the field in struct conf */
	uint64_t min, max;			/* of a number, ms, or octets of text */
	uint64_t advised_min, advised_max;	/* outside: a warning; both 0: none */
	const char *advice;			/* its text */
	const struct key_choice *choices;	/* ends with a NULL name */
};

extern const struct key conf_keys[];
extern const unsigned int conf_keys_n;

const struct key *conf_key_find(const char *section, const char *name);	/* NULL if there is none */

static inline bool conf_key_is_list(const struct key *k)
{
	return k->type >= KEY_PREFIXES;
}

/*
 * Read @text into the field of @k in @c; for lists, append one entry.  Returns 0, 1 with a warning in @why, or -1 with
 * "X is not ...; allowed: ..." in @why.
 */
int conf_key_parse(const struct key *k, const char *text, struct conf *c, char *why, size_t size);

/* Make a list empty. */
void conf_key_clear(const struct key *k, struct conf *c);

#endif /* CONF_KEYS_H */
