// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What concerns many associations at once: Probes are paced, those with traffic go first, and what some have learnt of
 * an uplink the others need not find out (RFC 5534, 8).
 */
#include "engine_priv.h"

#define LEFT_MANY	3	/* associations that leave local locators of a subnet ... */
#define LEFT_TIME	1000	/* ... in so many ms of each other make a hint for all that use it */
#define TURNS_MATTER	64	/* associations that wait at once */

static void set_turn(void *arg, uint64_t ct_local, uint32_t ms)
{
	struct engine *e = arg;
	struct assoc *a = assoc_by_tag(e, ct_local);

	if (a && ms < a->turn)
		a->turn = ms;
}

/* Many will have to wait for each other: those go first for which somebody waits now, as recent traffic shows. */
static void take_turns(struct engine *e, uint64_t now)
{
	bool matters = e->ops->ages && e->pace.rate && HASH_CNT(by_handle, e->handles) > TURNS_MATTER;

	for (struct assoc *a = e->handles; a; a = a->by_handle.next)
		a->turn = matters ? now : 0;
	if (matters)
		e->ops->ages(e->arg, set_turn, e);
}

/* In two queues, or the second Probe of those that had their turn would wait until all others had theirs. */
void assoc_place(struct engine *e, struct assoc *a)
{
	uint64_t probe = reap_next_due(a->reap), watch = reap_watch_due(a->reap);

	due_set(&e->waiting, &a->wait, a->stale || a->hint ? a->turn : UINT64_MAX);
	due_set(&e->queue, &a->due, probe < watch ? probe : watch);
}

static void postpone(struct engine *e, struct assoc *a, const char *why, uint32_t grace)
{
	a->hint = why;
	a->grace = grace;
	assoc_place(e, a);
}

void assoc_doubt(struct engine *e, struct assoc *a, const char *why, uint32_t grace, uint64_t now)
{
	if (pace_ok(&e->pace, now)) {
		reap_hint(a->reap, why, grace, now, &e->acts);
		return;
	}
	count(e->counters, C_PACED);
	postpone(e, a, why, grace);
}

void engine_note_left(struct engine *e, const struct in6_addr *local, uint64_t now)
{
	if (!e->fast.hint_min)
		return;
	if (!s6_same_subnet(&e->left, local) || now - e->left_at > LEFT_TIME) {
		e->left = *local;
		e->left_n = 0;
	}
	e->left_at = now;
	if (++e->left_n < LEFT_MANY || now < e->shared_at + LEFT_TIME)
		return;
	e->shared_at = now;
	take_turns(e, now);
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		struct in6_addr own, peer;

		reap_pair(a->reap, &own, &peer);
		if (a->hint || reap_state(a->reap) != SHIM6_REAP_OPERATIONAL || !s6_same_subnet(&own, local))
			continue;
		count(e->counters, C_SHARED);
		postpone(e, a, "others left this locator", e->cfg.initial_probe_timeout);
	}
}

static void look_at_host(struct engine *e, struct assoc *a, uint64_t now)
{
	struct reap_params p = *reap_get_params(a->reap);

	a->stale = false;
	assoc_update(e, a, &p, now);
}

void engine_host_changed(struct engine *e, uint64_t now)
{
	if (HASH_CNT(by_handle, e->handles) <= TURNS_MATTER) {
		for (struct assoc *a = e->handles; a; a = a->by_handle.next)
			look_at_host(e, a, now);
		return;
	}
	take_turns(e, now);
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		a->stale = true;
		assoc_place(e, a);
	}
	engine_timeout(e, now);
	for (struct assoc *a = e->handles; a; a = a->by_handle.next)
		if (a->stale)
			count(e->counters, C_PACED);
}

uint64_t engine_next_due(const struct engine *e)
{
	uint64_t due = due_next(&e->queue), wait = due_next(&e->waiting);

	due = wait < due ? wait : due;
	return due < e->held ? e->held : due;
}

static bool active(struct engine *e, const struct assoc *a)
{
	return !e->ops->active || e->ops->active(e->arg, a->ct_local, 2 * e->fast.watch.interval);
}

void engine_timeout(struct engine *e, uint64_t now)
{
	for (;;) {
		struct s6_timerq *q = due_next(&e->queue) <= now ? &e->queue : &e->waiting;
		struct assoc *a;

		if (due_next(q) > now)
			return;
		a = s6_timerq_first(q)->owner;

		if (!pace_ok(&e->pace, now)) {
			e->held = pace_next(&e->pace);
			return;
		}
		if (a->stale) {
			look_at_host(e, a, now);
			continue;
		}
		if (a->hint) {
			reap_hint(a->reap, a->hint, a->grace, now, &e->acts);
			a->hint = NULL;
		}
		reap_timeout(a->reap, now, &e->acts);
		if (reap_watch_due(a->reap) <= now)
			reap_watch(a->reap, active(e, a), now, &e->acts);
		engine_carry_out(e, a, now);
	}
}
