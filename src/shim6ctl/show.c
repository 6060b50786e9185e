// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands that show: status, contexts, locators, stats. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim6ctl.h"

/* Collects items in a JSON array. */
static void collect(const json_t *item, void *arg)
{
	json_array_append(arg, (json_t *)item);
}

/* The items of an answer as an array, or NULL after a complaint. */
static json_t *items(struct ctl *c, json_t *req, json_t **last)
{
	json_t *list = json_array();

	if (ask(c, req, false, collect, list, last)) {
		json_decref(list);
		return NULL;
	}
	return list;
}

/* --- status --- */

static void print_states(const json_t *states)
{
	const char *name, *sep = " (";
	json_t *n;

	json_object_foreach((json_t *)states, name, n) {
		printf("%s%" JSON_INTEGER_FORMAT " %s", sep, json_integer_value(n), name);
		sep = ", ";
	}
	if (*sep == ',')
		putchar(')');
}

static void print_status(const json_t *o)
{
	const json_t *reapd = json_object_get(o, "reapd");
	char buf[64];
	json_t *w;
	size_t i;

	printf("shim6d %s, pid %lld, up %s\n", str(o, "version"), num(o, "pid"),
	       duration(num(o, "uptime"), buf, sizeof(buf)));
	printf("  configuration  %s\n", str(o, "config"));
	if (!strcmp(str(o, "attach"), "hooks"))
		printf("  data plane     own hooks, ");
	else
		printf("  data plane     rules by %s, ", str(o, "ip6tables"));
	printf(known(o, "module") ? "shim6.ko %s\n" : "shim6.ko does not answer\n", str(o, "module"));
	if (flag(reapd, "connected"))
		printf("  reapd          connected, pid %lld\n", num(reapd, "pid"));
	else
		printf("  reapd          not connected\n");
	printf("  contexts       %lld of %lld", num(o, "contexts"), num(o, "max_contexts"));
	print_states(json_object_get(o, "states"));
	printf(", %lld in the kernel\n", num(o, "kernel_contexts"));
	printf("  locators       %lld announced\n", num(o, "locators"));
	printf("  verification   %s\n", str(o, "verify"));
	if (flag(o, "answer_only"))
		printf("  answers only; begins no context itself\n");
	json_array_foreach(json_object_get(o, "warnings"), i, w)
		printf("warning: %s\n", json_string_value(w));
}

int cmd_status(struct ctl *c, int argc, char *argv[])
{
	json_t *o;

	if (argc > 1)
		return misused(find_command(argv[0]), "status takes no argument");
	if (ask(c, json_pack("{s:s}", "cmd", "status"), false, NULL, NULL, &o))
		return EXIT_FAILED;
	if (c->json)
		print_json(o);
	else
		print_status(o);
	json_decref(o);
	return EXIT_OK;
}

/* --- contexts --- */

static void print_contexts(const json_t *list)
{
	static const char *const heads[] = { ">ID", "STATE", "REAP", "LOCAL", "PEER", "PAIR", ">AGE", NULL };
	struct table *t = table_new(heads);
	char buf[64];
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		table_cell(t, "%lld", num(o, "id"));
		table_cell(t, "%s", str(o, "state"));
		table_cell(t, "%s", str(o, "reap"));
		table_cell(t, "%s", str(o, "ulid_local"));
		table_cell(t, "%s", str(o, "ulid_peer"));
		if (flag(o, "shimmed"))
			table_cell(t, "%s > %s", str(o, "loc_local"), str(o, "loc_peer"));
		else
			table_cell(t, "%s", "the ULIDs");
		table_cell(t, "%s", duration(num(o, "age"), buf, sizeof(buf)));
	}
	table_print(t);
}

static void print_locset(const char *title, const json_t *o, const char *key, const char *gen)
{
	json_t *loc, *f;
	size_t i, j;

	printf("  %-15s generation %lld\n", title, num(o, gen));
	json_array_foreach(json_object_get(o, key), i, loc) {
		printf("    %s  priority %lld, weight %lld, proof %s", str(loc, "addr"), num(loc, "prio"),
		       num(loc, "weight"), str(loc, "verify"));
		json_array_foreach(json_object_get(loc, "flags"), j, f)
			printf(", %s", json_string_value(f));
		putchar('\n');
	}
}

static void print_age(const char *title, const json_t *o, const char *key)
{
	char buf[64];

	if (known(o, key))
		printf("  %-15s %s ago\n", title, duration(num(o, key), buf, sizeof(buf)));
	else
		printf("  %-15s -\n", title);
}

static void print_context(const json_t *o)
{
	char buf[64];

	printf("context %lld: %s since %s", num(o, "id"), str(o, "state"), duration(num(o, "since"), buf, sizeof(buf)));
	printf(", begun by %s\n", flag(o, "triggered") ? "us" : "the peer");
	printf("  %-15s %s > %s", "ULIDs", str(o, "ulid_local"), str(o, "ulid_peer"));
	if (num(o, "fii"))
		printf(", forked instance %lld", num(o, "fii"));
	printf("\n  %-15s %s > %s%s\n", "current pair", str(o, "loc_local"), str(o, "loc_peer"),
	       flag(o, "shimmed") ? "" : " (the ULIDs: nothing is rewritten)");
	printf("  %-15s %s local, %s of the peer\n", "tags", str(o, "ct_local"), str(o, "ct_peer"));
	printf("  %-15s %s, keepalive timeout %s\n", "reachability", str(o, "reap"),
	       duration(num(o, "ka_timeout"), buf, sizeof(buf)));
	print_age("last sent", o, "tx_age");
	print_age("last received", o, "rx_age");
	if (known(o, "flows"))
		printf("  %-15s %lld\n", "flows", num(o, "flows"));
	print_locset("Ls(local)", o, "ls_local", "gen_local");
	print_locset("Ls(peer)", o, "ls_peer", "gen_peer");
	if (flag(o, "update_pending"))
		printf("  an Update Request is not acknowledged yet\n");
}

/* A context's number; false if it is none. */
static bool parse_id(const char *s, uint32_t *id)
{
	unsigned long long v;
	char *end;

	if (*s < '0' || *s > '9')
		return false;
	v = strtoull(s, &end, 10);
	*id = (uint32_t)v;
	return !*end && v <= UINT32_MAX;
}

int cmd_contexts(struct ctl *c, int argc, char *argv[])
{
	json_t *req = json_pack("{s:s}", "cmd", "contexts"), *list;
	uint32_t id;

	if (argc > 2 || (argc == 2 && !parse_id(argv[1], &id))) {
		json_decref(req);
		return misused(find_command(argv[0]), "'%s' is not the number of one context", argv[argc - 1]);
	}
	if (argc == 2)
		json_object_set_new(req, "id", json_integer(id));
	list = items(c, req, NULL);
	if (!list)
		return EXIT_FAILED;
	if (c->json)
		print_json(list);
	else if (argc == 2 && json_array_size(list))
		print_context(json_array_get(list, 0));
	else
		print_contexts(list);
	json_decref(list);
	return EXIT_OK;
}

/* --- locators --- */

static void print_locators(const json_t *list)
{
	static const char *const heads[] = { "ADDRESS", "INTERFACE", "ANNOUNCED", ">PRIO", ">WEIGHT", "NOTES", NULL };
	struct table *t = table_new(heads);
	json_t *o, *f;
	size_t i, j;

	json_array_foreach(list, i, o) {
		char notes[256] = "";
		size_t n = 0;
		const char *words[8];
		unsigned int w = 0;

		table_cell(t, "%s/%lld", str(o, "addr"), num(o, "prefixlen"));
		table_cell(t, "%s", str(o, "ifname"));
		table_cell(t, "%s", flag(o, "announced") ? "yes" : "no");
		table_cell(t, "%lld", num(o, "prio"));
		table_cell(t, "%lld", num(o, "weight"));
		if (!flag(o, "usable"))
			words[w++] = "not usable now";
		if (!flag(o, "default_route"))
			words[w++] = "no default route";
		if (flag(o, "deprecated"))
			words[w++] = "deprecated";
		if (flag(o, "proven"))
			words[w++] = "proven";
		json_array_foreach(json_object_get(o, "flags"), j, f)
			if (w < 7)
				words[w++] = json_string_value(f);
		if (*str(o, "why") && strcmp(str(o, "why"), "-"))
			words[w++] = str(o, "why");
		for (j = 0; j < w && n < sizeof(notes); j++)
			n += (size_t)snprintf(notes + n, sizeof(notes) - n, "%s%s", j ? ", " : "", words[j]);
		table_cell(t, "%s", notes);
	}
	table_print(t);
}

int cmd_locators(struct ctl *c, int argc, char *argv[])
{
	json_t *list;

	if (argc > 1)
		return cmd_rank(c, argc, argv);
	list = items(c, json_pack("{s:s}", "cmd", "locators"), NULL);
	if (!list)
		return EXIT_FAILED;
	if (c->json)
		print_json(list);
	else
		print_locators(list);
	json_decref(list);
	return EXIT_OK;
}

/* --- stats --- */

static void print_stats(const json_t *list, bool all, bool explain, const char *prefix)
{
	static const char *const plain[] = { "SOURCE", "COUNTER", ">VALUE", NULL };
	static const char *const explained[] = { "SOURCE", "COUNTER", ">VALUE", "MEANING", NULL };
	struct table *t = table_new(explain ? explained : plain);
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		if ((!all && !num(o, "value")) || strncmp(str(o, "name"), prefix, strlen(prefix)))
			continue;
		table_cell(t, "%s", str(o, "source"));
		table_cell(t, "%s", str(o, "name"));
		table_cell(t, "%lld", num(o, "value"));
		if (explain)
			table_cell(t, "%s", str(o, "text"));
	}
	table_print(t);
}

int cmd_stats(struct ctl *c, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "all", no_argument, NULL, 'a' }, { "explain", no_argument, NULL, 'e' }, { NULL, 0, NULL, 0 },
	};
	bool all = false, explain = false;
	json_t *list, *last, *name;
	size_t i;
	int opt;

	while ((opt = getopt_long(argc, argv, "ae", longs, NULL)) >= 0) {
		all |= opt == 'a';
		explain |= opt == 'e';
		if (opt == '?')
			return EXIT_USAGE;
	}
	if (argc - optind > 1)
		return misused(find_command(argv[0]), "too many arguments");
	list = items(c, json_pack("{s:s}", "cmd", "stats"), &last);
	if (!list)
		return EXIT_FAILED;
	if (c->json)
		print_json(list);
	else
		print_stats(list, all, explain, optind < argc ? argv[optind] : "");
	json_array_foreach(json_object_get(last, "missing"), i, name)
		complain("%s does not answer; its counters are missing", json_string_value(name));
	json_decref(list);
	json_decref(last);
	return EXIT_OK;
}
