/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the debug port, from text.  Pure. */
#ifndef SHIM6D_CMD_H
#define SHIM6D_CMD_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum cmd_type {
	CMD_DUMP,
	CMD_CONTEXT,			/* a = ULID local, b = ULID peer */
	CMD_DELETE,			/* likewise */
	CMD_UPDATE,			/* id */
	CMD_SHIM,			/* id, a = source locator, b = destination locator */
	CMD_DESHIM,			/* likewise */
	CMD_HELP,
};

struct cmd {
	enum cmd_type type;
	uint32_t id;
	struct in6_addr a, b;
};

/* Parse the @len octets of a datagram.  0, or -1 with the reason in @why. */
int cmd_parse(const char *text, size_t len, struct cmd *cmd, char *why, size_t size);

/* A line for each command. */
extern const char cmd_help[];

#endif /* SHIM6D_CMD_H */
