// SPDX-License-Identifier: GPL-2.0-or-later
/* A REAP association: life, parameters, state. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/reap_priv.h"

void reap_config_default(struct reap_config *cfg)
{
	*cfg = (struct reap_config){		/* RFC 5534, 7 and 4.3 */
		.send_timeout = 15000,
		.initial_probe_timeout = 500,
		.initial_probes = 4,
		.max_probe_timeout = 60000,
	};
}

const char *reap_state_name(uint8_t state)
{
	static const char *const names[] = {
		[SHIM6_REAP_OPERATIONAL] = "operational",
		[SHIM6_REAP_EXPLORING] = "exploring",
		[SHIM6_REAP_INBOUND_OK] = "inboundok",
	};

	return state < sizeof(names) / sizeof(names[0]) ? names[state] : "unknown";
}

static const struct {
	const char *name, *text;
} verdicts[REAP_V_MAX] = {
	[REAP_V_OK] = { "ok", "Keepalives and Probes that were processed" },
	[REAP_V_TAG] = { "tag", "Keepalives and Probes whose context tag is not that of the association" },
	[REAP_V_LOCATORS] = { "locators", "Keepalives and Probes over addresses that are no locators of the context" },
	[REAP_V_REPORT] = { "report", "Probes whose first report does not name the addresses that they came over" },
	[REAP_V_TYPE] = { "type", "messages that are neither Keepalive nor Probe" },
};

const char *reap_verdict_name(enum reap_verdict v)
{
	return (unsigned int)v < REAP_V_MAX ? verdicts[v].name : "unknown";
}

const char *reap_verdict_text(enum reap_verdict v)
{
	return (unsigned int)v < REAP_V_MAX ? verdicts[v].text : "an unknown verdict";
}

/* --- actions ------------------------------------------------------------------------------------------------- */

/* Without memory the action is lost, as a packet may be; the timers bring the machine back to it. */
struct reap_action *reap_action_new(struct reap_actions *acts, enum reap_action_type type)
{
	struct reap_action *act;

	if (acts->n == acts->cap) {
		unsigned int cap = acts->cap ? 2 * acts->cap : 4;

		act = realloc(acts->a, cap * sizeof(*act));
		if (!act)
			return NULL;
		acts->a = act;
		acts->cap = cap;
	}
	act = &acts->a[acts->n++];
	memset(act, 0, sizeof(*act));
	act->type = type;
	act->why = "";
	return act;
}

void reap_actions_clear(struct reap_actions *acts)
{
	acts->n = 0;
}

void reap_actions_free(struct reap_actions *acts)
{
	free(acts->a);
	*acts = (struct reap_actions){ 0 };
}

void reap_clock(const struct reap_assoc *a, uint32_t ops, struct reap_actions *acts)
{
	struct reap_action *act = reap_action_new(acts, REAP_ACT_CLOCK);

	if (!act)
		return;
	act->mode = a->state;
	act->ops = ops;
}

/* --- state --------------------------------------------------------------------------------------------------- */

/*
 * The one place where the state changes.  Leaving Operational begins a round of exploration: Probes of earlier
 * rounds are forgotten (Q45), the candidates are listed and the back-off starts from its beginning.  Entering
 * Operational ends it.
 */
void reap_set_state(struct reap_assoc *a, uint8_t state, const char *why, uint64_t now, struct reap_actions *acts)
{
	uint8_t old = a->state;
	struct in6_addr local, peer;
	struct reap_action *act;

	if (state == old)
		return;
	a->state = state;
	a->doubt = state == SHIM6_REAP_EXPLORING || (a->doubt && state == SHIM6_REAP_INBOUND_OK);
	if (old == SHIM6_REAP_OPERATIONAL) {
		a->rechecks = a->unproven;
		a->unproven = false;
		reap_probes_forget(a);
		/* Without memory there is nothing to try until the peer helps. */
		pathset_build(&a->paths, &a->p, a->suspect, a->rng, a->rng_arg);
		if (reap_standby_pair(a, now, &local, &peer))
			pathset_promote(&a->paths, &a->p, &local, &peer, !a->suspect);
		a->steps = 1;
		a->restarted = now;
		a->due = now + reap_probe_delay(a);
	} else if (state == SHIM6_REAP_OPERATIONAL) {
		pathset_free(&a->paths);
		a->suspect = a->wish = false;
		a->due = a->wishes ? now + REAP_WISH_GAP : REAP_NEVER;
	}
	act = reap_action_new(acts, REAP_ACT_STATE);
	if (!act)
		return;
	act->old_state = old;
	act->state = state;
	act->why = why;
}

bool reap_pair_usable(const struct reap_assoc *a)
{
	int l = pathset_locator(a->p.local, a->p.n_local, &a->p.loc_local);
	int r = pathset_locator(a->p.peer, a->p.n_peer, &a->p.loc_peer);

	return l >= 0 && r >= 0 && !(a->p.local[l].flags & SHIM6_LOC_BROKEN);
}

/* Its local locator is one that others go before. */
static bool pair_later(const struct reap_assoc *a)
{
	int l = pathset_locator(a->p.local, a->p.n_local, &a->p.loc_local);

	return l >= 0 && (a->p.local[l].flags & REAP_LOC_LATER);
}

/* Usable, and the peer does not call its locator broken either. */
bool reap_pair_healthy(const struct reap_assoc *a)
{
	int r = pathset_locator(a->p.peer, a->p.n_peer, &a->p.loc_peer);

	return reap_pair_usable(a) && !(a->p.peer[r].flags & SHIM6_LOC_BROKEN);
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static void take_params(struct reap_assoc *a, const struct reap_params *p)
{
	a->p = *p;
	if (a->p.n_local > S6_LOCATORS_MAX)
		a->p.n_local = S6_LOCATORS_MAX;
	if (a->p.n_peer > S6_LOCATORS_MAX)
		a->p.n_peer = S6_LOCATORS_MAX;
}

struct reap_assoc *reap_new(const struct reap_params *p, const struct reap_config *cfg, reap_random_fn rng,
			    void *arg, uint64_t now)
{
	struct reap_assoc *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	take_params(a, p);
	a->cfg = *cfg;
	a->rng = rng;
	a->rng_arg = arg;
	a->state = SHIM6_REAP_OPERATIONAL;
	a->due = REAP_NEVER;
	a->restarted = now;
	a->watch[REAP_STANDBY].due = a->watch[REAP_FAILBACK].due = REAP_NEVER;
	return a;
}

void reap_free(struct reap_assoc *a)
{
	if (!a)
		return;
	pathset_free(&a->paths);
	free(a->probes);
	free(a);
}

void reap_reconfigure(struct reap_assoc *a, const struct reap_config *cfg)
{
	a->cfg = *cfg;
}

/* True if @now holds a locator that is fit for use and was not in @old, or not fit. */
static bool gained(const struct s6_locator *old, unsigned int n_old, const struct s6_locator *now, unsigned int n_now)
{
	unsigned int i;

	for (i = 0; i < n_now; i++) {
		int k = pathset_locator(old, n_old, &now[i].addr);

		if (now[i].flags & SHIM6_LOC_BROKEN)
			continue;
		if (k < 0 || (old[k].flags & SHIM6_LOC_BROKEN))
			return true;
	}
	return false;
}

/* True if the owner of the locators gave one that stays another rank. */
static bool ranked_anew(const struct s6_locator *old, unsigned int n_old, const struct s6_locator *now,
			unsigned int n_now)
{
	unsigned int i;

	for (i = 0; i < n_now; i++) {
		int k = pathset_locator(old, n_old, &now[i].addr);

		if (k >= 0 && (old[k].prio != now[i].prio || (old[k].flags ^ now[i].flags) & SHIM6_LOC_TRANSIENT))
			return true;
	}
	return false;
}

void reap_follow_wishes(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	struct in6_addr local, peer;
	struct pathset ps = { 0 };
	const struct path *best = pathset_wish(&ps, &a->p, a->rng, a->rng_arg);

	if (best) {
		local = a->p.local[best->local].addr;
		peer = a->p.peer[best->peer].addr;
	}
	pathset_free(&ps);
	a->due = REAP_NEVER;
	a->wishes = best ? a->wishes - 1 : 0;
	if (best)
		reap_start_exploring_with(a, &local, &peer, "another pair is preferred now", now, acts);
}

static bool same_locators(const struct s6_locator *a, unsigned int na, const struct s6_locator *b, unsigned int nb)
{
	return na == nb && (!na || memcmp(a, b, na * sizeof(*a)) == 0);
}

void reap_update(struct reap_assoc *a, const struct reap_params *p, uint64_t now, struct reap_actions *acts)
{
	struct reap_params old = a->p;
	bool was_usable = reap_pair_usable(a), was_healthy = reap_pair_healthy(a), was_later = pair_later(a), wish;

	take_params(a, p);
	a->p.loc_local = old.loc_local;
	a->p.loc_peer = old.loc_peer;
	wish = !a->p.forked && (ranked_anew(old.local, old.n_local, a->p.local, a->p.n_local) ||
				ranked_anew(old.peer, old.n_peer, a->p.peer, a->p.n_peer));
	if (wish)
		a->wishes = REAP_WISH_TRIES;
	if (a->state == SHIM6_REAP_OPERATIONAL) {
		/*
		 * Only the change counts: a pair may be in use although it is called broken, if nothing else works.
		 */
		if ((was_usable && !reap_pair_usable(a)) || (was_healthy && !reap_pair_healthy(a)))
			reap_explore(a, "a locator of the current pair is gone or broken", now, acts);
		else if (!was_later && pair_later(a))
			reap_hint(a, "the local locator may not work for long", a->cfg.initial_probe_timeout, now, acts);
		else if (wish)
			reap_follow_wishes(a, now, acts);
		return;
	}
	if (same_locators(old.local, old.n_local, a->p.local, a->p.n_local) &&
	    same_locators(old.peer, old.n_peer, a->p.peer, a->p.n_peer))
		return;
	pathset_free(&a->paths);
	pathset_build(&a->paths, &a->p, a->suspect, a->rng, a->rng_arg);
	if (gained(old.local, old.n_local, a->p.local, a->p.n_local) ||
	    gained(old.peer, old.n_peer, a->p.peer, a->p.n_peer))
		reap_restart_probing(a, now, acts);
}

int reap_move(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer, uint64_t now,
	      struct reap_actions *acts)
{
	if (pathset_rank(&a->p, local, peer) == UINT64_MAX)
		return -EINVAL;
	if (a->state != SHIM6_REAP_OPERATIONAL)
		return -EBUSY;
	if (!IN6_ARE_ADDR_EQUAL(local, &a->p.loc_local) || !IN6_ARE_ADDR_EQUAL(peer, &a->p.loc_peer))
		reap_start_exploring_with(a, local, peer, "another pair is wanted", now, acts);
	return 0;
}

uint64_t reap_next_due(const struct reap_assoc *a)
{
	return a->due;
}

uint8_t reap_state(const struct reap_assoc *a)
{
	return a->state;
}

void reap_pair(const struct reap_assoc *a, struct in6_addr *local, struct in6_addr *peer)
{
	*local = a->p.loc_local;
	*peer = a->p.loc_peer;
}

unsigned int reap_strange_reports(struct reap_assoc *a)
{
	unsigned int n = a->strange;

	a->strange = 0;
	return n;
}

const struct reap_params *reap_get_params(const struct reap_assoc *a)
{
	return &a->p;
}
