// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#define WORDS	4
#define WORD	64

const char cmd_help[] =
	"dump                               all contexts, a line each\n"
	"context <ulid-src> <ulid-dst>      make a context for this pair of addresses\n"
	"delete <ulid-src> <ulid-dst>       forget the context of this pair\n"
	"update <id>                        send our locators to the peer again\n"
	"shim <id> <loc-src> <loc-dst>      static rule: send packets of the context over these locators;\n"
	"                                   with the ULIDs of the context: take the rule away\n"
	"deshim <id> <loc-src> <loc-dst>    static rule: give packets with our tag their ULIDs back;\n"
	"                                   with the ULIDs of the context: take the rule away\n"
	"help                               this\n";

/* ARGS: U a ULID or locator, I a context's id. */
static const struct {
	const char *name, *args;
	enum cmd_type type;
} commands[] = {
	{ "dump", "", CMD_DUMP },
	{ "context", "UU", CMD_CONTEXT },
	{ "delete", "UU", CMD_DELETE },
	{ "update", "I", CMD_UPDATE },
	{ "shim", "IUU", CMD_SHIM },
	{ "deshim", "IUU", CMD_DESHIM },
	{ "help", "", CMD_HELP },
};

/* Split at blanks; -1: a word too long, too many, or octets that are not text. */
static int split(const char *text, size_t len, char word[WORDS][WORD])
{
	int n = 0;
	size_t w = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
			if (w)
				word[n++][w] = '\0';
			w = 0;
			continue;
		}
		if (c <= ' ' || c > '~' || n == WORDS || w == WORD - 1)
			return -1;
		word[n][w++] = c;
	}
	if (w)
		word[n++][w] = '\0';
	return n;
}

static int parse_id(const char *s, uint32_t *id)
{
	uint64_t v = 0;

	if (!*s)
		return -1;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s - '0');
		if (v > UINT32_MAX)
			return -1;
	}
	*id = v;
	return 0;
}

int cmd_parse(const char *text, size_t len, struct cmd *cmd, char *why, size_t size)
{
	struct in6_addr *addr[] = { &cmd->a, &cmd->b };
	char word[WORDS][WORD];
	unsigned int next = 0;
	int n;

	*cmd = (struct cmd){ 0 };
	n = split(text, len, word);
	if (n <= 0) {
		snprintf(why, size, "not a command, try help");
		return -1;
	}
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, word[0]))
			continue;
		cmd->type = commands[i].type;
		if (n - 1 != (int)strlen(commands[i].args)) {
			snprintf(why, size, "%s takes %zu arguments, try help", word[0], strlen(commands[i].args));
			return -1;
		}
		for (int w = 1; w < n; w++) {
			if (commands[i].args[w - 1] == 'I') {
				if (!parse_id(word[w], &cmd->id))
					continue;
				snprintf(why, size, "%s is not the id of a context, as dump shows them", word[w]);
				return -1;
			}
			if (inet_pton(AF_INET6, word[w], addr[next++]) == 1)
				continue;
			snprintf(why, size, "%s is not an IPv6 address", word[w]);
			return -1;
		}
		return 0;
	}
	snprintf(why, size, "unknown command %s, try help", word[0]);
	return -1;
}
