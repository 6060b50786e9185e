// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Run the REAP machine through random failures:  reap_sim [--seed N] [--runs M] [--verbose]
 *
 * Ends with exit status 0 if every run recovered and no invariant broke, and prints how long recovery took.  A run that
 * fails is named by its seed; reap_sim --seed THAT --runs 1 --verbose shows it message by message.
 */
#include <getopt.h>

#include "sim/reap_scenario.h"

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void print_action(struct world *w, unsigned int h, const struct reap_action *act, const struct s6_msg *msg)
{
	const struct w_host *x = &w->host[h];

	printf("%9.3f %c ", w->now / 1000.0, 'A' + h);
	switch (act->type) {
	case REAP_ACT_STATE:
		printf("%s -> %s: %s\n", reap_state_name(act->old_state), reap_state_name(act->state), act->why);
		break;
	case REAP_ACT_CLOCK:
		printf("clock %s ops %#x\n", reap_state_name(act->mode), act->ops);
		break;
	case REAP_ACT_PAIR:
		printf("use %u-%u\n", x->loc_local, x->loc_peer);
		break;
	case REAP_ACT_SEND:
		printf("%s %d-%d", s6_type_name(msg->type), w_index(x->params.local, x->params.n_local, &act->src),
		       w_index(x->params.peer, x->params.n_peer, &act->dst));
		if (msg->type == SHIM6_PROBE)
			printf(" %s psent %u precvd %u", reap_state_name(msg->reap_state), msg->n_sent, msg->n_rcvd);
		printf("\n");
		break;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "runs", required_argument, NULL, 'r' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	unsigned long long seed = 1, runs = 100, i, failed = 0, n = 0;
	bool verbose = false;
	uint64_t *recovery;
	int opt;

	while ((opt = getopt_long(argc, argv, "s:r:v", options, NULL)) >= 0) {
		switch (opt) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'r':
			runs = strtoull(optarg, NULL, 0);
			break;
		case 'v':
			verbose = true;
			break;
		default:
			fprintf(stderr, "usage: reap_sim [--seed N] [--runs M] [--verbose]\n");
			return 2;
		}
	}
	recovery = calloc(runs + 1, sizeof(*recovery));
	if (!recovery) {
		fprintf(stderr, "reap_sim: no memory for %llu runs\n", runs);
		return 2;
	}
	for (i = 0; i < runs; i++) {
		struct scenario sc;
		struct world w;

		sc_run(&w, &sc, seed + i, verbose ? print_action : NULL);
		if (*w.error) {
			failed++;
			printf("seed %llu: at %.3f s: %s\n", seed + i, w.now / 1000.0, w.error);
		} else if (!sc.lossy && sc.recovery) {
			recovery[n++] = sc.recovery;
		}
		if (verbose)
			printf("seed %llu: %u pairs, %u failures%s, recovery %.3f s, exploration %.3f s, "
			       "%u switches (%u needless), %u probes\n",
			       seed + i, sc.pairs, sc.failures, sc.lossy ? ", lossy" : "", sc.recovery / 1000.0,
			       sc.exploration / 1000.0, sc.switches, sc.needless, sc.probes);
		w_end(&w);
	}
	qsort(recovery, n, sizeof(*recovery), compare);
	if (n)
		printf("recovery without loss, s: median %.1f, 90%% %.1f, 99%% %.1f, longest %.1f\n",
		       recovery[n / 2] / 1000.0, recovery[n * 9 / 10] / 1000.0, recovery[n * 99 / 100] / 1000.0,
		       recovery[n - 1] / 1000.0);
	printf("%llu passed, %llu failed\n", runs - failed, failed);
	free(recovery);
	return failed ? 1 : 0;
}
