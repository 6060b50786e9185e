// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line that all daemons share. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "hal/daemon.h"

static void usage(FILE *to, const struct hal_daemon_info *info)
{
	fprintf(to,
		"Usage: %s [-c FILE] [-f] [-d] [-o SECTION.KEY=VALUE]...\n"
		"%s\n\n"
		"  -c, --config FILE               configuration (default %s)\n"
		"  -f, --foreground                stay in the foreground, log to stderr\n"
		"  -d, --debug                     log every step and packet\n"
		"  -o, --option SECTION.KEY=VALUE  set an option, over the configuration; repeatable\n"
		"  -V, --version                   print the version and exit\n"
		"  -h, --help                      print this and exit\n",
		info->name, info->what, info->config);
}

/* section.key=value, none of them empty but the value */
static int well_formed(const char *set)
{
	const char *eq = strchr(set, '=');
	const char *dot = strchr(set, '.');

	return eq && dot && dot > set && dot + 1 < eq;
}

int hal_daemon_args(struct hal_daemon_args *args, const struct hal_daemon_info *info, int argc, char *argv[])
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "debug", no_argument, NULL, 'd' },
		{ "option", required_argument, NULL, 'o' },
		{ "version", no_argument, NULL, 'V' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	memset(args, 0, sizeof(*args));
	args->config = info->config;
	optind = 0;	/* start over, should anyone have parsed before */
	while ((c = getopt_long(argc, argv, "c:fdo:Vh", longs, NULL)) >= 0) {
		switch (c) {
		case 'c':
			args->config = optarg;
			args->config_given = true;
			break;
		case 'f':
			args->foreground = true;
			break;
		case 'd':
			args->debug = true;
			break;
		case 'o':
			if (!well_formed(optarg)) {
				fprintf(stderr, "%s: -o %s: expected SECTION.KEY=VALUE\n", info->name, optarg);
				return 2;
			}
			if (args->n_sets == HAL_DAEMON_SETS) {
				fprintf(stderr, "%s: more than %d options with -o; put them into a file\n", info->name,
					HAL_DAEMON_SETS);
				return 2;
			}
			args->sets[args->n_sets++] = optarg;
			break;
		case 'V':
			printf("%s %s\n", info->name, info->version);
			return 0;
		case 'h':
			usage(stdout, info);
			return 0;
		default:
			fprintf(stderr, "Try '%s --help'.\n", info->name);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument '%s'; try '%s --help'\n", info->name, argv[optind],
			info->name);
		return 2;
	}
	return -1;
}
