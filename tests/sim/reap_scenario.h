/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random lives of an association: a topology, traffic, a few failures one after the other, then time to recover.  What
 * must hold of each is checked here; reap_world.h checks invariants at every step.
 */
#ifndef SIM_REAP_SCENARIO_H
#define SIM_REAP_SCENARIO_H

#include "sim/reap_world.h"

struct scenario {
	bool lossy;
	unsigned int failures;
	unsigned int pairs;		/* of locators */
	uint64_t recovery;		/* ms from the last failure until all was well for good */
	uint64_t outage;		/* ms of the longest time without any working direction before it */
	uint64_t exploration;		/* the part of it after the first host left Operational */
	unsigned int switches;		/* of the pair, by both hosts, after the last failure */
	unsigned int needless;		/* those that left a pair which worked */
	unsigned int probes;
};

#define SC_WELL		300000		/* ms of peace after recovery */

/*
 * Until both sides have noticed: a Send Timeout with its random part, after as long a time in which the Keepalives of
 * the other direction still said that all was well, after an idle moment of the application.
 */
static inline uint64_t sc_detection(const struct world *w)
{
	uint32_t a = w->host[0].send_timeout, b = w->host[1].send_timeout, longer = a > b ? a : b;

	return 2 * longer + longer / 16 + 3000;
}

/* Time from the first Probe to number @n, if none is answered: sections 4.3, 7. */
static inline uint64_t sc_probe_time(const struct world *w, unsigned int n)
{
	uint64_t at = 0, gap = w->cfg.initial_probe_timeout;
	unsigned int i;

	for (i = 1; i < n; i++) {
		if (i >= w->cfg.initial_probes)
			gap = 2 * gap < w->cfg.max_probe_timeout ? 2 * gap : w->cfg.max_probe_timeout;
		at += gap + gap / 16;
	}
	return at;
}

static inline bool sc_any_up(const struct world *w, unsigned int h)
{
	const struct w_host *x = &w->host[h];
	unsigned int l, r;

	for (l = 0; l < x->params.n_local; l++)
		for (r = 0; r < x->params.n_peer; r++)
			if (w->path[h][l][r].up && !x->params.local[l].flags)
				return true;
	return false;
}

/* A locator is cut off in both directions; its host may know. */
static inline void sc_cut(struct world *w, unsigned int h, unsigned int l, bool known)
{
	unsigned int r;

	for (r = 0; r < W_LOCATORS; r++)
		w->path[h][l][r].up = w->path[!h][r][l].up = false;
	if (known)
		w_local(w, h, l, true);
}

static inline void sc_mend(struct world *w)
{
	unsigned int h, l;

	w_path_all(w, true);
	for (h = 0; h < 2; h++)
		for (l = 0; l < w->host[h].params.n_local; l++)
			if (w->host[h].params.local[l].flags)
				w_local(w, h, l, false);
}

/* Change the network somehow.  @total: both directions may lose every path. */
static inline void sc_fail(struct world *w, bool total)
{
	unsigned int h, l, r, chance;

	do {
		sc_mend(w);
		switch (w_below(w, 5)) {
		case 0:			/* all is well again */
			break;
		case 1:			/* an uplink is cut, far away or before our eyes */
			h = w_below(w, 2);
			sc_cut(w, h, w_below(w, w->host[h].params.n_local), w_below(w, 2));
			break;
		case 2:			/* what both use now dies, one way or both */
			for (h = 0; h < 2; h++)
				if (w_below(w, 3))
					w->path[h][w->host[h].loc_local][w->host[h].loc_peer].up = false;
			break;
		default:		/* each directed pair by itself */
			chance = 1 + w_below(w, 9);
			for (h = 0; h < 2; h++)
				for (l = 0; l < W_LOCATORS; l++)
					for (r = 0; r < W_LOCATORS; r++)
						w->path[h][l][r].up = w_below(w, 10) < chance;
			break;
		}
	} while (!total && !(sc_any_up(w, 0) && sc_any_up(w, 1)));
	if (total && !w_below(w, 3))
		w_path_all(w, false);
	if (!w_below(w, 10))
		w_restart(w, w_below(w, 2));
}

static inline void sc_settle(struct world *w, struct scenario *sc, uint64_t bound)
{
	uint64_t failed = w->now, end = failed + bound + SC_WELL, good = W_NEVER, explored = W_NEVER;
	unsigned int pairs = w->host[0].pairs + w->host[1].pairs;
	unsigned int needless = w->host[0].needless + w->host[1].needless;

	for (; w->now < end && !*w->error; w_run(w, w->now + 10)) {
		if (reap_state(w->host[0].assoc) || reap_state(w->host[1].assoc))
			explored = explored == W_NEVER ? w->now : explored;
		if (!w_well(w))
			good = W_NEVER;
		else if (good == W_NEVER)
			good = w->now;
		if (good == W_NEVER && w->now > failed + bound)
			w_fail(w, "not recovered after %llu ms", (unsigned long long)bound);
		/* With loss a false alarm may come at any time: it is enough to have been well for a while. */
		if (sc->lossy && good != W_NEVER && w->now > good + 4 * sc_detection(w))
			break;
	}
	sc->recovery = good == W_NEVER ? W_NEVER : good - failed;
	sc->exploration = good != W_NEVER && explored < good ? good - explored : 0;
	sc->switches = w->host[0].pairs + w->host[1].pairs - pairs;
	sc->needless = w->host[0].needless + w->host[1].needless - needless;
}

/* Newest Probes of host @h within @ms. */
static inline unsigned int sc_rate(const struct world *w, unsigned int h, uint64_t ms)
{
	unsigned int i;

	for (i = 0; i < sizeof(w->host[h].recent) / sizeof(w->host[h].recent[0]); i++)
		if (!w->host[h].recent[i] || w->now - w->host[h].recent[i] > ms)
			break;
	return i;
}

/* One life.  w->error says what went wrong; @sc is filled in any case. */
static inline void sc_run(struct world *w, struct scenario *sc, uint64_t seed, w_trace_fn trace)
{
	unsigned int h, l, r, i, n0, n1, before, pairs[2];
	uint64_t bound;

	memset(sc, 0, sizeof(*sc));
	w->seed = seed;
	n0 = 1 + w_below(w, 3);
	n1 = n0 == 1 ? 2 + w_below(w, 2) : 1 + w_below(w, 3);
	w_init(w, w->seed, n0, n1);
	w->trace = trace;
	sc->pairs = n0 * n1;

	sc->lossy = !w_below(w, 3);
	for (h = 0; h < 2; h++)
		if (!w_below(w, 3))
			w_send_timeout(w, h, 10000 + w_below(w, 30000));
	for (h = 0; h < 2; h++)
		for (l = 0; l < W_LOCATORS; l++)
			for (r = 0; r < W_LOCATORS; r++) {
				w->path[h][l][r].delay = 1 + w_below(w, 150);
				w->path[h][l][r].loss = sc->lossy ? w_below(w, 150) : 0;
			}
	switch (w_below(w, 4)) {
	case 0:				/* one way */
		w_app(w, w_below(w, 2), 100 + w_below(w, 2000));
		break;
	case 1:				/* both ways */
		w_app(w, 0, 100 + w_below(w, 2000));
		w_app(w, 1, 100 + w_below(w, 2000));
		break;
	default:			/* question and answer */
		h = w_below(w, 2);
		w_app(w, h, 100 + w_below(w, 2000));
		w->host[!h].answers = true;
		break;
	}
	w_run(w, 30000 + w_below(w, 20000));
	if (!sc->lossy && w->host[0].states + w->host[1].states)
		w_fail(w, "exploration without a failure");

	sc->failures = 1 + w_below(w, 4);
	for (i = 1; i < sc->failures && !*w->error; i++) {
		uint64_t until = w->now + 2000 + w_below(w, w_below(w, 4) ? 60000 : 600000);

		before = w->host[0].probes + w->host[1].probes;
		sc_fail(w, true);
		if (!sc_any_up(w, 0) && !sc_any_up(w, 1) && until - w->now > sc->outage)
			sc->outage = until - w->now;
		w_run(w, until);
	}
	sc_fail(w, false);
	before = w->host[0].probes + w->host[1].probes;
	/*
	 * In an outage the Probes of the only side that sends become rare, one pair a minute, and find its end
	 * late.
	 */
	bound = sc_detection(w) + 2 * sc_probe_time(w, sc->pairs + 1);
	if (i > 1)
		bound += (sc->pairs + 1) * (uint64_t)w->cfg.max_probe_timeout;
	if (sc->lossy)
		bound += 4 * (sc->pairs + 1) * (uint64_t)w->cfg.max_probe_timeout;
	sc_settle(w, sc, bound);
	sc->probes = w->host[0].probes + w->host[1].probes - before;

	/* S5534-3.5-02: in peace nothing moves. */
	pairs[0] = w->host[0].states + w->host[0].pairs;
	pairs[1] = w->host[1].states + w->host[1].pairs;
	w_run(w, w->now + SC_WELL);
	if (!sc->lossy && (pairs[0] != w->host[0].states + w->host[0].pairs || pairs[1] != w->host[1].states +
			   w->host[1].pairs))
		w_fail(w, "states or pairs change although nothing happens");
	if (!sc->lossy && sc_rate(w, 0, SC_WELL) + sc_rate(w, 1, SC_WELL))
		w_fail(w, "Probes although nothing happens");
}

#endif /* SIM_REAP_SCENARIO_H */
