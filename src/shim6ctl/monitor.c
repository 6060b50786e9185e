// SPDX-License-Identifier: GPL-2.0-or-later
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shim6ctl.h"

static void print_time(void)
{
	struct timespec ts;
	struct tm tm;
	char buf[16];

	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	strftime(buf, sizeof(buf), "%H:%M:%S", &tm);
	printf("%s.%03ld  ", buf, ts.tv_nsec / 1000000);
}

static void print_context_event(const json_t *o)
{
	const json_t *c = json_object_get(o, "context");
	const char *change = str(o, "change");

	printf("context %lld  %s > %s  ", num(c, "id"), str(c, "ulid_local"), str(c, "ulid_peer"));
	if (!strcmp(change, "pair"))
		printf("now over %s > %s%s", str(c, "loc_local"), str(c, "loc_peer"),
		       flag(c, "shimmed") ? "" : ", the ULIDs");
	else if (!strcmp(change, "state") && known(o, "old_state"))
		printf("%s -> %s", str(o, "old_state"), str(c, "state"));
	else if (!strcmp(change, "locators"))
		printf("locators changed: %zu local, %zu of the peer", json_array_size(json_object_get(c, "ls_local")),
		       json_array_size(json_object_get(c, "ls_peer")));
	else
		printf("%s, %s", change, str(c, "state"));
}

static void print_reap_event(const json_t *o)
{
	printf("context %lld  reachability: ", num(o, "id"));
	if (known(o, "old_state"))
		printf("%s -> ", str(o, "old_state"));
	printf("%s", str(o, "state"));
}

static void print_locators_event(const json_t *o)
{
	json_t *a;
	size_t i;

	printf("locators of this host:");
	json_array_foreach(json_object_get(o, "announced"), i, a)
		printf(" %s", json_string_value(a));
	if (!json_array_size(json_object_get(o, "announced")))
		printf(" none");
}

static void event(const json_t *o, void *arg)
{
	const struct ctl *c = arg;
	const char *what = str(o, "event");

	if (c->json) {
		json_dumpf(o, stdout, JSON_COMPACT);	/* one a line, for programs that read on */
		putchar('\n');
		return;
	}
	print_time();
	if (!strcmp(what, "context"))
		print_context_event(o);
	else if (!strcmp(what, "reap"))
		print_reap_event(o);
	else if (!strcmp(what, "reapd"))
		printf("reapd %s", flag(o, "connected") ? "connected" : "disconnected");
	else if (!strcmp(what, "locators"))
		print_locators_event(o);
	else
		printf("%s", what);
	if (known(o, "why") && *str(o, "why"))
		printf(" (%s)", str(o, "why"));
	putchar('\n');
}

int cmd_monitor(struct ctl *c, int argc, char *argv[])
{
	static const struct option longs[] = { { "quiet", no_argument, NULL, 'q' }, { NULL, 0, NULL, 0 } };
	bool quiet = false;
	int opt;

	while ((opt = getopt_long(argc, argv, "q", longs, NULL)) >= 0) {
		if (opt == '?')
			return EXIT_USAGE;
		quiet = true;
	}
	if (optind < argc)
		return misused(find_command(argv[0]), "monitor takes no argument");
	setvbuf(stdout, NULL, _IOLBF, 0);
	return ask(c, json_pack("{s:s, s:b}", "cmd", "monitor", "quiet", quiet), true, event, c, NULL);
}
