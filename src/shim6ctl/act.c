// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that change something: trigger, delete, move, update, standby, locators prefer and forget. */
#include <arpa/inet.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/nl.h"
#include "hal/rtnl.h"
#include "shim6ctl.h"

static bool parse_u32(const char *s, uint32_t *v)
{
	unsigned long long n;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	n = strtoull(s, &end, 0);
	*v = (uint32_t)n;
	return !*end && n <= UINT32_MAX;
}

static bool is_address(const char *s)
{
	struct in6_addr a;

	return inet_pton(AF_INET6, s, &a) == 1;
}

/* The source address that the kernel would choose for @peer: what a connection to it would have as its ULID. */
static bool choose_local(const char *peer, char buf[INET6_ADDRSTRLEN])
{
	struct hal_route_found found;
	struct in6_addr dst;
	struct hal_nl *nl;
	bool ok;

	if (inet_pton(AF_INET6, peer, &dst) != 1 || hal_nl_open(&nl, NETLINK_ROUTE))
		return false;
	ok = !hal_route_get(nl, NULL, &dst, &found) && !IN6_IS_ADDR_UNSPECIFIED(&found.src) &&
	     inet_ntop(AF_INET6, &found.src, buf, INET6_ADDRSTRLEN);
	hal_nl_close(nl);
	return ok;
}

/* Send @req; on success print the answer, or "context ID: WORD". */
static int act(struct ctl *c, json_t *req, const char *word)
{
	json_t *o;

	if (ask(c, req, false, NULL, NULL, &o))
		return EXIT_FAILED;
	if (c->json)
		print_json(o);
	else
		printf("context %lld: %s\n", num(o, "id"), word ? word : str(o, "state"));
	json_decref(o);
	return EXIT_OK;
}

static int trigger(struct ctl *c, json_t *req)
{
	json_t *o;

	if (ask(c, req, false, NULL, NULL, &o))
		return EXIT_FAILED;
	if (c->json)
		print_json(o);
	else if (!num(o, "fii"))
		printf("context %lld: %s\n", num(o, "id"), str(o, "state"));
	else if (num(o, "mark"))
		printf("context %lld: %s, instance %lld for packets with mark 0x%llx\n", num(o, "id"), str(o, "state"),
		       num(o, "fii"), num(o, "mark"));
	else
		printf("context %lld: %s, instance %lld for packets of a rule -j SHIM6 --fii %lld\n", num(o, "id"),
		       str(o, "state"), num(o, "fii"), num(o, "fii"));
	json_decref(o);
	return EXIT_OK;
}

int cmd_trigger(struct ctl *c, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "force", no_argument, NULL, 'f' }, { "fii", required_argument, NULL, 'i' },
		{ "fork", no_argument, NULL, 'k' }, { NULL, 0, NULL, 0 },
	};
	const struct command *self = find_command(argv[0]);
	char chosen[INET6_ADDRSTRLEN];
	const char *local, *peer;
	bool force = false, fork = false;
	uint32_t fii = 0;
	int opt;

	while ((opt = getopt_long(argc, argv, "f", longs, NULL)) >= 0) {
		if (opt == 'f')
			force = true;
		else if (opt == 'k')
			fork = true;
		else if (opt != 'i')
			return EXIT_USAGE;
		else if (!parse_u32(optarg, &fii))
			return misused(self, "--fii %s: a number of 32 bits expected", optarg);
	}
	argc -= optind;
	argv += optind;
	if (argc != 1 && argc != 2)
		return misused(self, "the address of the peer is expected, or a local one and that of the peer");
	peer = argv[argc - 1];
	local = argc == 2 ? argv[0] : chosen;
	if (!is_address(peer) || (argc == 2 && !is_address(local)))
		return misused(self, "'%s' is not an IPv6 address", is_address(peer) ? local : peer);
	if (argc == 1 && !choose_local(peer, chosen))
		return complain("there is no route to %s from which a local address would follow; give one: "
				"shim6ctl trigger LOCAL %s", peer, peer);
	return trigger(c, json_pack("{s:s, s:s, s:s, s:I, s:b, s:b}", "cmd", "trigger", "local", local, "peer", peer,
				    "fii", (json_int_t)fii, "force", force, "fork", fork));
}

int cmd_delete(struct ctl *c, int argc, char *argv[])
{
	uint32_t id;

	if (argc == 2 && parse_u32(argv[1], &id))
		return act(c, json_pack("{s:s, s:I}", "cmd", "delete", "id", (json_int_t)id), "deleted");
	if (argc == 3 && is_address(argv[1]) && is_address(argv[2]))
		return act(c, json_pack("{s:s, s:s, s:s}", "cmd", "delete", "local", argv[1], "peer", argv[2]),
			   "deleted");
	return misused(find_command(argv[0]), "the number of a context is expected, or its two ULIDs");
}

int cmd_move(struct ctl *c, int argc, char *argv[])
{
	uint32_t id;

	if (argc != 4 || !parse_u32(argv[1], &id) || !is_address(argv[2]) || !is_address(argv[3]))
		return misused(find_command(argv[0]), "the number of a context and two of its locators are expected");
	return act(c, json_pack("{s:s, s:I, s:s, s:s}", "cmd", "move", "id", (json_int_t)id, "loc_local", argv[2],
				"loc_peer", argv[3]), "this pair is tried");
}

/* Done, or why not; nothing to print but JSON. */
static int quietly(struct ctl *c, json_t *req)
{
	json_t *o;

	if (ask(c, req, false, NULL, NULL, &o))
		return EXIT_FAILED;
	if (c->json)
		print_json(o);
	json_decref(o);
	return EXIT_OK;
}

int cmd_rank(struct ctl *c, int argc, char *argv[])
{
	char entry[256] = "";
	size_t len = 0;

	if (!strcmp(argv[1], "forget") && argc == 2)
		return quietly(c, json_pack("{s:s}", "cmd", "forget"));
	if (!strcmp(argv[1], "forget") && argc == 3)
		return quietly(c, json_pack("{s:s, s:s}", "cmd", "forget", "prefix", argv[2]));
	if (strcmp(argv[1], "prefer") || argc < 4 || argc > 7)
		return misused(find_command(argv[0]), "prefer with a prefix and a priority, or forget, is expected");
	for (int i = 2; i < argc && len < sizeof(entry); i++)
		len += (size_t)snprintf(entry + len, sizeof(entry) - len, "%s%s", i > 2 ? " " : "", argv[i]);
	if (len >= sizeof(entry))
		return misused(find_command(argv[0]), "'%s' is too long", argv[2]);
	return quietly(c, json_pack("{s:s, s:s}", "cmd", "prefer", "entry", entry));
}

int cmd_update(struct ctl *c, int argc, char *argv[])
{
	uint32_t id;

	if (argc != 2 || !parse_u32(argv[1], &id))
		return misused(find_command(argv[0]), "the number of a context is expected");
	return act(c, json_pack("{s:s, s:I}", "cmd", "update", "id", (json_int_t)id), "Update Request sent");
}

int cmd_standby(struct ctl *c, int argc, char *argv[])
{
	uint32_t id;

	if (argc != 3 || !parse_u32(argv[1], &id) ||
	    (strcmp(argv[2], "on") && strcmp(argv[2], "off") && strcmp(argv[2], "default")))
		return misused(find_command(argv[0]), "the number of a context and on, off or default are expected");
	return act(c, json_pack("{s:s, s:I, s:s}", "cmd", "standby", "id", (json_int_t)id, "standby", argv[2]),
		   "noted");
}
