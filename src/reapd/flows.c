// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "due.h"
#include "flows.h"
#include "hash.h"

enum {				/* ms */
	LOOK_FIRST	= 250,		/* after a new flow */
	LOOK_MIN	= 250,
	LOOK_MAX	= 8000,		/* a pair at rest */
	ASK_AGAIN	= 300000,	/* no answer at all: more than a handshake can take (RFC 5533 7.8, Q16) */
	HOLD_DEFAULT	= 60000,	/* refused without a time */
	LINGER		= 60000,	/* what finished flows have carried is remembered */
	SWEEP_GAP	= 1000,
	SWEEP_ROUNDS	= 60,		/* gaps in which all found flows are asked for */
};

#define LOOKS_MAX	64		/* flows of one pair asked at one look; the others have their turn next time */

struct flow {
	struct flow_key key;
	struct pair *pair;
	uint64_t packets, octets;	/* as known */
	uint64_t looked;
	bool counts, found;		/* is in pair->counted, in flows->found */
	bool fresh;			/* seen in the resynchronisation that goes on */
	struct flow *prev, *next;	/* in pair->counted */
	struct flow *prev_found, *next_found;
	UT_hash_handle hh;
};

struct pair_key {
	struct in6_addr local, peer;
};

enum pair_state {
	COUNTING,
	ASKED,
	HOLDING,			/* refused: nothing before a time */
};

struct pair {
	struct pair_key key;
	struct flow *counted;		/* those that count for the policy */
	unsigned int flows;		/* all, counted or not */
	unsigned int contexts;
	enum pair_state state;
	uint64_t packets, octets;	/* of finished and of living flows, as known, since the last decision */
	uint64_t began;			/* when the first of the flows that live now did */
	uint64_t looked;		/* when counters were last read */
	uint32_t wait;			/* ms between looks */
	struct s6_timer due;
	UT_hash_handle hh;
};

struct flows {
	struct flows_policy policy;
	const struct flows_ops *ops;
	void *arg;
	struct counters *counters;
	struct flow *flows;
	struct pair *pairs;
	struct s6_timerq queue;		/* of pairs */
	struct flow *found;
	unsigned int n_found, chunk;	/* flows in it; most that it had, by SWEEP_ROUNDS */
	uint64_t sweep;			/* when the next of them are asked for */
};

struct flows *flows_new(const struct flows_policy *policy, const struct flows_ops *ops, void *arg,
			struct counters *counters)
{
	struct flows *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->policy = *policy;
	f->ops = ops;
	f->arg = arg;
	f->counters = counters;
	return f;
}

/* --- pairs ------------------------------------------------------------------------------------ */

static struct pair *find_pair(const struct flows *f, const struct in6_addr *local, const struct in6_addr *peer)
{
	struct pair_key key = { *local, *peer };
	struct pair *p;

	HASH_FIND(hh, f->pairs, &key, sizeof(key), p);
	return p;
}

static struct pair *get_pair(struct flows *f, const struct in6_addr *local, const struct in6_addr *peer)
{
	struct pair *p = find_pair(f, local, peer);

	if (p)
		return p;
	if (HASH_COUNT(f->pairs) >= FLOW_PAIRS_MAX || s6_timerq_reserve(&f->queue, HASH_COUNT(f->pairs) + 1))
		return NULL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->key = (struct pair_key){ *local, *peer };
	p->due.owner = p;
	HASH_ADD(hh, f->pairs, key, sizeof(p->key), p);
	return p;
}

static void free_pair(struct flows *f, struct pair *p)
{
	s6_timer_stop(&f->queue, &p->due);
	HASH_DEL(f->pairs, p);
	free(p);
}

static bool policy_set(const struct flows_policy *po)
{
	return po->packets || po->octets || po->age;
}

/* Does anything depend on how much this pair has carried? */
static bool undecided(const struct flows *f, const struct pair *p)
{
	return p->state == COUNTING && !p->contexts && p->counted && policy_set(&f->policy);
}

/* After every change: when does the pair need to be looked at, if at all? */
static void schedule(struct flows *f, struct pair *p, uint64_t now, uint64_t look)
{
	if (p->state != COUNTING)
		return;			/* its end is set already */
	if (undecided(f, p))
		due_set(&f->queue, &p->due, look);
	else if (p->flows || p->contexts)
		s6_timer_stop(&f->queue, &p->due);
	else
		due_set(&f->queue, &p->due, now + LINGER);
}

/* From now on it takes as much again to want a context. */
static void start_over(struct flows *f, struct pair *p, uint64_t now)
{
	p->state = COUNTING;
	p->packets = p->octets = 0;
	p->began = p->looked = now;
	p->wait = LOOK_MIN;
	schedule(f, p, now, now + LOOK_FIRST);
}

static void tell_number(struct flows *f, const struct pair *p)
{
	struct reap_ipc_flows m = { .local = p->key.local, .peer = p->key.peer, .flows = p->flows };

	if (p->contexts)
		f->ops->number(f->arg, &m);
}

/* --- flows ------------------------------------------------------------------------------------ */

static struct flow *find_flow(const struct flows *f, const struct flow_key *k)
{
	struct flow *fl;

	HASH_FIND(hh, f->flows, k, sizeof(*k), fl);
	return fl;
}

/* New totals of a flow.  A smaller one is of another flow with the same addresses and ports, whose events were lost. */
static void account(struct flow *fl, uint64_t packets, uint64_t octets)
{
	struct pair *p = fl->pair;

	if (packets > fl->packets)
		p->packets += packets - fl->packets;
	if (octets > fl->octets)
		p->octets += octets - fl->octets;
	fl->packets = packets;
	fl->octets = octets;
}

static struct flow *new_flow(struct flows *f, const struct flow_key *k, unsigned int flags, uint64_t now)
{
	const struct in6_addr *local = flags & FLOW_LOCAL_SRC ? &k->src : &k->dst;
	const struct in6_addr *peer = flags & FLOW_LOCAL_SRC ? &k->dst : &k->src;
	struct pair *p;
	struct flow *fl;

	if (HASH_COUNT(f->flows) >= FLOWS_MAX) {
		count(f->counters, C_FLOW_FULL);
		return NULL;
	}
	fl = calloc(1, sizeof(*fl));
	p = fl ? get_pair(f, local, peer) : NULL;
	if (!p) {
		free(fl);
		count(f->counters, C_PAIR_FULL);
		return NULL;
	}
	fl->key = *k;
	fl->pair = p;
	HASH_ADD(hh, f->flows, key, sizeof(fl->key), fl);
	if (flags & FLOW_FOUND) {
		fl->found = true;
		DL_APPEND2(f->found, fl, prev_found, next_found);
		if (!f->n_found++) {
			f->sweep = now + SWEEP_GAP;
			f->chunk = 1;
		}
		if (f->n_found / SWEEP_ROUNDS >= f->chunk)
			f->chunk = f->n_found / SWEEP_ROUNDS + 1;
	}
	if (++p->flows == 1)
		tell_number(f, p);
	return fl;
}

void flows_add(struct flows *f, const struct flow_key *k, unsigned int flags, uint64_t packets, uint64_t octets,
	       uint64_t now)
{
	struct flow *fl = find_flow(f, k);
	struct pair *p;

	if (fl) {			/* told by an event and by a dump */
		fl->fresh = true;
		return;
	}
	fl = new_flow(f, k, flags, now);
	if (!fl)
		return;
	fl->fresh = true;
	p = fl->pair;
	if (flags & FLOW_COUNTS) {
		if (!p->counted)
			p->began = p->looked = now;
		fl->counts = true;
		DL_APPEND(p->counted, fl);
		account(fl, packets, octets);
		p->wait = LOOK_MIN;
	}
	schedule(f, p, now, p->due.at && p->due.due < now + LOOK_FIRST ? p->due.due : now + LOOK_FIRST);
}

static void remove_flow(struct flows *f, struct flow *fl, uint64_t now)
{
	struct pair *p = fl->pair;

	if (fl->counts)
		DL_DELETE(p->counted, fl);
	if (fl->found) {
		DL_DELETE2(f->found, fl, prev_found, next_found);
		f->n_found--;
	}
	HASH_DEL(f->flows, fl);
	free(fl);
	if (--p->flows <= 1)
		tell_number(f, p);
	/* One that is still undecided is due already, and what the flow carried counts then. */
	if (!undecided(f, p))
		schedule(f, p, now, UINT64_MAX);
}

void flows_del(struct flows *f, const struct flow_key *k, uint64_t packets, uint64_t octets, uint64_t now)
{
	struct flow *fl = find_flow(f, k);

	if (!fl)
		return;
	if (fl->counts && packets > fl->packets)
		account(fl, packets, octets);
	remove_flow(f, fl, now);
}

void flows_resync_begin(struct flows *f)
{
	for (struct flow *fl = f->flows; fl; fl = fl->hh.next)
		fl->fresh = false;
}

void flows_resync_end(struct flows *f, uint64_t now)
{
	struct flow *fl, *tmp;

	HASH_ITER(hh, f->flows, fl, tmp)
		if (!fl->fresh)
			remove_flow(f, fl, now);
}

void flows_forget(struct flows *f, uint64_t now)
{
	flows_resync_begin(f);
	flows_resync_end(f, now);
	for (struct pair *p = f->pairs; p; p = p->hh.next)
		p->packets = p->octets = 0;
}

/* --- the policy ------------------------------------------------------------------------------- */

static bool passes(const struct flows_policy *po, const struct pair *p, uint64_t now)
{
	return (po->packets && p->packets >= po->packets) || (po->octets && p->octets >= po->octets) ||
	       (po->age && now - p->began >= po->age);
}

/* Milliseconds until @have reaches @goal, if it goes on as it did (@gained in @time); @rest if it stands still. */
static uint64_t foresee(uint64_t have, uint64_t goal, uint64_t gained, uint64_t time, uint64_t rest)
{
	if (!goal || have >= goal || !gained)
		return rest;
	return (goal - have) / gained * time + (goal - have) % gained * time / gained;
}

/* When to look next, after @packets and @octets since the last look. */
static uint64_t next_look(const struct flows_policy *po, struct pair *p, uint64_t packets, uint64_t octets,
			  uint64_t now)
{
	uint64_t time = now - p->looked, rest, wait, at;

	p->wait = packets || octets ? LOOK_MIN : p->wait * 2 < LOOK_MAX ? p->wait * 2 : LOOK_MAX;
	rest = packets || octets ? LOOK_MAX : p->wait;
	wait = foresee(p->packets, po->packets, packets, time, rest);
	at = foresee(p->octets, po->octets, octets, time, rest);
	wait = at < wait ? at : wait;
	wait = wait < LOOK_MIN ? LOOK_MIN : wait > LOOK_MAX ? LOOK_MAX : wait;
	at = po->packets || po->octets ? now + wait : UINT64_MAX;
	return po->age && p->began + po->age < at ? p->began + po->age : at;
}

/* Ask for the counters of @fl, which may turn out to have ended.  False: the budget is used up. */
static bool refresh(struct flows *f, struct flow *fl, uint64_t now, unsigned int *budget)
{
	uint64_t packets, octets;
	int err;

	if (!*budget)
		return false;
	--*budget;
	fl->looked = now;
	err = f->ops->counters(f->arg, &fl->key, &packets, &octets);
	if (err == -ENOENT)
		remove_flow(f, fl, now);
	else if (!err && fl->counts)
		account(fl, packets, octets);
	return true;
}

/* Read counters, as many as needed and allowed.  False: the budget is used up. */
static bool look(struct flows *f, struct pair *p, uint64_t now, unsigned int *budget)
{
	if (!f->policy.packets && !f->policy.octets)
		return true;
	for (unsigned int i = 0; i < LOOKS_MAX && p->counted && !passes(&f->policy, p, now); i++) {
		struct flow *fl = p->counted;

		if (fl->looked == now)
			break;				/* all had their turn */
		DL_DELETE(p->counted, fl);
		DL_APPEND(p->counted, fl);
		if (!refresh(f, fl, now, budget))
			return false;
	}
	return true;
}

static void ask(struct flows *f, struct pair *p, uint64_t now)
{
	struct reap_ipc_want w = {
		.local = p->key.local, .peer = p->key.peer, .packets = p->packets, .octets = p->octets,
		.age = now - p->began < UINT32_MAX ? now - p->began : UINT32_MAX,
	};

	if (!f->ops->want(f->arg, &w)) {
		s6_timer_stop(&f->queue, &p->due);		/* flows_tell_all() will follow */
		return;
	}
	count(f->counters, C_WANT);
	p->state = ASKED;
	due_set(&f->queue, &p->due, now + ASK_AGAIN);
}

static void pair_due(struct flows *f, struct pair *p, uint64_t now, unsigned int *budget)
{
	uint64_t packets = p->packets, octets = p->octets;

	if (p->state != COUNTING) {
		start_over(f, p, now);
		return;
	}
	if (!undecided(f, p)) {
		if (p->flows || p->contexts)
			s6_timer_stop(&f->queue, &p->due);
		else
			free_pair(f, p);
		return;
	}
	if (!look(f, p, now, budget))
		return;			/* it stays the first in the queue */
	if (!undecided(f, p))
		return;			/* its flows had ended */
	if (passes(&f->policy, p, now)) {
		ask(f, p, now);
		return;
	}
	due_set(&f->queue, &p->due, next_look(&f->policy, p, p->packets - packets, p->octets - octets, now));
	p->looked = now;
}

uint64_t flows_next_due(const struct flows *f)
{
	uint64_t due = due_next(&f->queue);

	return f->found && f->sweep < due ? f->sweep : due;
}

/* Some of the flows whose end may go unnoticed. */
static void sweep(struct flows *f, uint64_t now, unsigned int *budget)
{
	/* Pairs need the other half of the budget. */
	unsigned int n = f->chunk < *budget / 2 ? f->chunk : *budget / 2 + 1, i;

	for (i = 0; i < n && f->found && f->found->looked != now; i++) {
		struct flow *fl = f->found;

		DL_DELETE2(f->found, fl, prev_found, next_found);
		DL_APPEND2(f->found, fl, prev_found, next_found);
		if (!refresh(f, fl, now, budget))
			break;
	}
	f->sweep = now + (uint64_t)SWEEP_GAP * n / f->chunk;
}

void flows_timeout(struct flows *f, uint64_t now, unsigned int budget)
{
	if (f->found && f->sweep <= now)
		sweep(f, now, &budget);
	while (budget && due_next(&f->queue) <= now)
		pair_due(f, s6_timerq_first(&f->queue)->owner, now, &budget);
}

void flows_set_policy(struct flows *f, const struct flows_policy *policy)
{
	f->policy = *policy;
	for (struct pair *p = f->pairs; p; p = p->hh.next)
		schedule(f, p, p->looked, p->looked + LOOK_FIRST);
}

/* --- contexts --------------------------------------------------------------------------------- */

bool flows_has_pair(const struct flows *f, const struct in6_addr *local, const struct in6_addr *peer)
{
	return find_pair(f, local, peer);
}

void flows_context(struct flows *f, const struct in6_addr *local, const struct in6_addr *peer, bool there,
		   uint64_t now)
{
	struct pair *p = there ? get_pair(f, local, peer) : find_pair(f, local, peer);

	if (!p)
		return;
	if (there) {
		p->contexts++;
		if (p->state == COUNTING)
			schedule(f, p, now, UINT64_MAX);
		tell_number(f, p);
		return;
	}
	if (p->contexts && --p->contexts == 0 && p->state == COUNTING)
		start_over(f, p, now);
}

void flows_result(struct flows *f, const struct reap_ipc_want_result *r, uint64_t now)
{
	struct pair *p = find_pair(f, &r->local, &r->peer);

	if (!p || p->state != ASKED)
		return;
	start_over(f, p, now);
	if (!r->error)
		return;
	p->state = HOLDING;
	due_set(&f->queue, &p->due, now + (r->retry_after ? r->retry_after : HOLD_DEFAULT));
}

void flows_tell_all(struct flows *f, uint64_t now)
{
	for (struct pair *p = f->pairs; p; p = p->hh.next) {
		tell_number(f, p);
		if (p->state == ASKED)
			p->state = COUNTING;
		/* What has passed the policy already asks at once. */
		schedule(f, p, now, now);
	}
}

/* --- the end ---------------------------------------------------------------------------------- */

unsigned int flows_count(const struct flows *f)
{
	return HASH_COUNT(f->flows);
}

unsigned int flows_pairs(const struct flows *f)
{
	return HASH_COUNT(f->pairs);
}

void flows_free(struct flows *f)
{
	struct flow *fl, *next_fl;
	struct pair *p, *next_p;

	if (!f)
		return;
	HASH_ITER(hh, f->flows, fl, next_fl) {
		HASH_DEL(f->flows, fl);
		free(fl);
	}
	HASH_ITER(hh, f->pairs, p, next_p)
		free_pair(f, p);
	s6_timerq_free(&f->queue);
	free(f);
}
