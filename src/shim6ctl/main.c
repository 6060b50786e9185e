// SPDX-License-Identifier: GPL-2.0-or-later
/* shim6ctl: the operator's command. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/log.h"
#include "shim6_ctl.h"
#include "shim6ctl.h"

#define DEFAULT_RUNDIR	"/run/shim6"

static const struct command commands[] = {
	{ "status", "", "is everything in place", cmd_status },
	{ "contexts", "[ID]", "what is protected, over which pair of locators", cmd_contexts },
	{ "trigger", "[--force] [--fork | --fii N] [LOCAL] PEER", "make a context, or a fork of one, now", cmd_trigger },
	{ "delete", "ID | LOCAL PEER", "forget a context", cmd_delete },
	{ "move", "ID LOCAL PEER", "use this pair of locators, if it works", cmd_move },
	{ "update", "ID", "send the present locators to the peer of a context", cmd_update },
	{ "standby", "ID on | off | default", "keep another pair of a context verified, or not", cmd_standby },
	{ "locators", "[prefer PREFIX PRIORITY [WEIGHT] [temporary] [broken] | forget [PREFIX]]",
	  "addresses of this host, whether they are announced; rank them", cmd_locators },
	{ "addr", "list | generate | verify | show | install | remove | key", "addresses that prove themselves (HBA, CGA)",
	  cmd_addr },
	{ "stats", "[--all] [--explain] [PREFIX]", "counters of kernel and daemons", cmd_stats },
	{ "monitor", "[--quiet]", "what happens, as it happens", cmd_monitor },
	{ "doctor", "", "look for what is missing or wrong on this host", cmd_doctor },
};

#define N_COMMANDS	(sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *to)
{
	size_t i;

	fprintf(to, "Usage: shim6ctl [OPTION]... COMMAND [ARGUMENT]...\n\n");
	for (i = 0; i < N_COMMANDS; i++) {
		char left[128];

		snprintf(left, sizeof(left), "%s %s", commands[i].name, commands[i].args);
		if (strlen(left) > 24)
			fprintf(to, "  %s\n  %-24s  %s\n", left, "", commands[i].help);
		else
			fprintf(to, "  %-24s  %s\n", left, commands[i].help);
	}
	fprintf(to,
		"\n"
		"  -j, --json                print JSON\n"
		"  -r, --rundir DIR          run directory of the daemons (default " DEFAULT_RUNDIR ")\n"
		"  -s, --socket PATH         control socket (default RUNDIR/" SHIM6_CTL_SOCKET ")\n"
		"  -t, --timeout SECONDS     give up when shim6d says nothing for that long (default 5)\n"
		"  -V, --version             print the version and exit\n"
		"  -h, --help                print this and exit\n");
}

int complain(const char *fmt, ...)
{
	va_list ap;

	fputs("shim6ctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return EXIT_FAILED;
}

int misused(const struct command *cmd, const char *fmt, ...)
{
	va_list ap;

	fputs("shim6ctl: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (cmd)
		fprintf(stderr, "\nusage: shim6ctl %s %s\n", cmd->name, cmd->args);
	else
		fputs("; try 'shim6ctl --help'\n", stderr);
	return EXIT_USAGE;
}

const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Options may also follow the command: take those that are ours out of @argv. */
static int global_option(struct ctl *c, const char **socket, int opt)
{
	char *end;
	double seconds;

	switch (opt) {
	case 'j':
		c->json = true;
		return -1;
	case 'r':
		c->rundir = optarg;
		return -1;
	case 's':
		*socket = optarg;
		return -1;
	case 't':
		seconds = strtod(optarg, &end);
		if (end == optarg || *end || !(seconds > 0 && seconds <= 86400))
			return misused(NULL, "--timeout %s: seconds between 0 and 86400 expected", optarg);
		c->timeout = (uint32_t)(seconds * 1000);
		return -1;
	case 'V':
		printf("shim6ctl %s\n", SHIM6_VERSION);
		return EXIT_OK;
	case 'h':
		usage(stdout);
		return EXIT_OK;
	default:
		fputs("Try 'shim6ctl --help'.\n", stderr);
		return EXIT_USAGE;
	}
}

int main(int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "rundir", required_argument, NULL, 'r' },
		{ "socket", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 't' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct ctl c = { .rundir = DEFAULT_RUNDIR, .timeout = 5000 };
	const char *socket = NULL;
	const struct command *cmd;
	int opt, ret, n;

	hal_log_open("shim6ctl", true, HAL_LOG_WARN);
	/* "+": what follows the command is the command's. */
	while ((opt = getopt_long(argc, argv, "+jr:s:t:Vh", longs, NULL)) >= 0) {
		ret = global_option(&c, &socket, opt);
		if (ret >= 0)
			return ret;
	}
	if (optind == argc)
		return misused(NULL, "no command given");
	argc -= optind;
	argv += optind;
	cmd = find_command(argv[0]);
	if (!cmd)
		return misused(NULL, "no command '%s'", argv[0]);
	/* "shim6ctl contexts --json" is what people type. */
	for (n = 1; n < argc; n++) {
		if (strcmp(argv[n], "--json") && strcmp(argv[n], "-j"))
			continue;
		c.json = true;
		memmove(&argv[n], &argv[n + 1], (size_t)(argc - n) * sizeof(argv[0]));
		argc--;
		n--;
	}
	if (socket)
		n = snprintf(c.socket, sizeof(c.socket), "%s", socket);
	else
		n = snprintf(c.socket, sizeof(c.socket), "%s/" SHIM6_CTL_SOCKET, c.rundir);
	if (n < 0 || (size_t)n >= sizeof(c.socket))
		return complain("the path of the control socket is too long");
	optind = 0;
	return cmd->run(&c, argc, argv);
}
