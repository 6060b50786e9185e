// SPDX-License-Identifier: GPL-2.0-or-later
/* What the profile "fast" adds to RFC 5534, without a new message or state: see docs/OPERATIONS.md. */
#include "proto/reap_priv.h"

/*
 * An exploration as after a Send Timeout, but the second Probe does not wait for the Initial Probe Timeout.  If the
 * current pair works, its answer comes first, all stays as it is and the other pair saw no packet.
 */
void reap_hint(struct reap_assoc *a, const char *why, uint32_t grace, uint64_t now, struct reap_actions *acts)
{
	if (a->state != SHIM6_REAP_OPERATIONAL)
		return;
	reap_start_exploring(a, false, why, now, acts);
	if (a->due > now + grace)
		a->due = now + grace;
}

/* --- pairs that are watched while another one is used ---------------------------------------------------------- */

#define WATCH_WAIT	1000	/* ms for the report of a Probe */
#define WATCH_STALE	3	/* intervals after which a report says nothing any more */

static bool same(const struct in6_addr *local, const struct in6_addr *peer, const struct in6_addr *l,
		 const struct in6_addr *p)
{
	return IN6_ARE_ADDR_EQUAL(local, l) && IN6_ARE_ADDR_EQUAL(peer, p);
}

static bool is_current(const struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer)
{
	return same(&a->p.loc_local, &a->p.loc_peer, local, peer);
}

void reap_watch_config(struct reap_assoc *a, const struct reap_watch_config *cfg, uint64_t now)
{
	unsigned int i;

	a->watch_cfg = *cfg;
	for (i = 0; i < REAP_WATCHES; i++) {
		struct reap_watch *w = &a->watch[i];
		bool on = i == REAP_STANDBY ? cfg->standby : !a->p.forked && cfg->failback != REAP_FAILBACK_STAY;
		uint32_t first;

		if (!on || !cfg->interval) {
			*w = (struct reap_watch){ .due = REAP_NEVER };
		} else if (w->due == REAP_NEVER || w->due > now + cfg->interval) {
			/* Associations that begin together do not stay in step. */
			a->rng(a->rng_arg, &first, sizeof(first));
			w->due = now + 1 + first % (cfg->interval / 4 + 1);
		}
	}
}

uint64_t reap_watch_due(const struct reap_assoc *a)
{
	uint64_t due = REAP_NEVER;
	unsigned int i;

	for (i = 0; a->state == SHIM6_REAP_OPERATIONAL && i < REAP_WATCHES; i++)
		if (a->watch[i].due < due)
			due = a->watch[i].due;
	return due;
}

/* The pair that one would rather use, if it is not in use.  @ulid: that of the ULIDs; else by preference (Q43). */
static const struct path *preferred(const struct reap_assoc *a, const struct pathset *ps, bool ulid)
{
	const struct path *best = ulid ? pathset_find(ps, &a->p, &a->p.ulid_local, &a->p.ulid_peer) :
					 pathset_best(ps, &a->p);

	if (!best || is_current(a, &a->p.local[best->local].addr, &a->p.peer[best->peer].addr))
		return NULL;
	return best;
}

/* What watch @which looks at next, into its report; false: nothing. */
static bool choose(struct reap_assoc *a, unsigned int which, unsigned int *others)
{
	struct reap_watch *w = &a->watch[which];
	struct pathset ps = { 0 };
	const struct path *path = NULL;

	/* As if the current pair had failed: it comes last, and those that share least with it first. */
	if (!pathset_build(&ps, &a->p, true, a->rng, a->rng_arg))
		return false;
	*others = ps.n ? ps.n - !!pathset_find(&ps, &a->p, &a->p.loc_local, &a->p.loc_peer) : 0;
	if (which == REAP_FAILBACK)
		path = preferred(a, &ps, a->watch_cfg.failback == REAP_FAILBACK_ULID);
	else if (*others)
		path = &ps.v[w->failed % *others];
	if (path) {
		w->sent.src = a->p.local[path->local].addr;
		w->sent.dst = a->p.peer[path->peer].addr;
	}
	pathset_free(&ps);
	return path;
}

/*
 * The State says InboundOk, as is true of the pair: we do not know whether the peer receives us over it.  Its answer,
 * the report, comes over the pair that it uses (6.8) and names the Probe by its nonce.  Nothing else is reported, so
 * the peer's own pair stays.
 */
static void watch_probe(struct reap_assoc *a, struct reap_watch *w, uint64_t now, struct reap_actions *acts)
{
	struct s6_msg msg = {
		.type = SHIM6_PROBE, .tag = a->p.ct_peer, .reap_state = SHIM6_REAP_INBOUND_OK, .n_sent = 1,
	};

	a->rng(a->rng_arg, &w->sent.nonce, sizeof(w->sent.nonce));
	msg.sent[0] = w->sent;
	w->waiting = true;
	w->sent_at = now;
	reap_emit(&msg, &w->sent.src, &w->sent.dst, acts);
}

void reap_watch(struct reap_assoc *a, bool traffic, uint64_t now, struct reap_actions *acts)
{
	unsigned int i, others = 0;

	for (i = 0; i < REAP_WATCHES && a->state == SHIM6_REAP_OPERATIONAL; i++) {
		struct reap_watch *w = &a->watch[i];

		if (now < w->due)
			continue;
		if (w->waiting) {
			w->waiting = false;
			w->good_since = w->seen_at = 0;
			w->failed++;
		}
		w->due = now + a->watch_cfg.interval;
		if (!traffic || !choose(a, i, &others)) {
			w->good_since = w->seen_at = 0;
			continue;
		}
		watch_probe(a, w, now, acts);
		/* A dead one makes room for the next at once; when all were tried there is time. */
		if (i == REAP_FAILBACK || w->failed % (others ? others : 1) == others - 1)
			continue;
		w->due = now + WATCH_WAIT;
	}
}

/* Back to the pair that one would rather use: an exploration that tries it first, while traffic goes on as it is. */
static void go_back(struct reap_assoc *a, struct reap_watch *w, uint64_t now, struct reap_actions *acts)
{
	struct in6_addr local = w->sent.src, peer = w->sent.dst;

	if (is_current(a, &local, &peer) || now - w->good_since < a->watch_cfg.hold)
		return;
	w->good_since = w->seen_at = 0;
	reap_start_exploring_with(a, &local, &peer, "a better pair works again", now, acts);
}

bool reap_watch_input(struct reap_assoc *a, const struct s6_msg *msg, uint64_t now, struct reap_actions *acts)
{
	bool ours = false;
	unsigned int i, k;

	for (i = 0; i < REAP_WATCHES; i++) {
		struct reap_watch *w = &a->watch[i];

		for (k = 0; w->waiting && k < msg->n_rcvd; k++) {
			const struct s6_report *r = &msg->rcvd[k];

			if (r->nonce != w->sent.nonce || !same(&r->src, &r->dst, &w->sent.src, &w->sent.dst))
				continue;
			ours = true;
			w->waiting = false;
			w->rtt = now - w->sent_at;
			w->seen_at = now;
			if (!w->good_since)
				w->good_since = now;
			w->due = now + a->watch_cfg.interval;
		}
	}
	if (!ours || a->state != SHIM6_REAP_OPERATIONAL || msg->reap_state != SHIM6_REAP_OPERATIONAL)
		return false;
	/*
	 * The answer came over the other direction: it must not stop our Send Timer, which watches this one.  The peer
	 * counted it as sent (Q52 does not hold for Probes, but 6.8 starts its Send Timer): let it know.
	 */
	reap_keepalive_send(a, now, acts);
	if (a->watch[REAP_FAILBACK].good_since)
		go_back(a, &a->watch[REAP_FAILBACK], now, acts);
	return true;
}

bool reap_standby_pair(const struct reap_assoc *a, uint64_t now, struct in6_addr *local, struct in6_addr *peer)
{
	const struct reap_watch *w = &a->watch[REAP_STANDBY];

	if (!w->seen_at || now - w->seen_at > (uint64_t)WATCH_STALE * a->watch_cfg.interval ||
	    is_current(a, &w->sent.src, &w->sent.dst))
		return false;
	*local = w->sent.src;
	*peer = w->sent.dst;
	return true;
}
