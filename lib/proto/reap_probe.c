// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Probes: their content, their timing, what is remembered of them, and the choice of a pair (RFC 5534 4.3, 5.2,
 * 6.1).
 */
#include <stdlib.h>
#include <string.h>

#include "proto/reap_priv.h"

uint32_t reap_probe_gap(const struct reap_config *cfg, unsigned int steps)
{
	unsigned int doublings = steps < cfg->initial_probes ? 0 : steps - cfg->initial_probes + 1;
	uint64_t gap = cfg->initial_probe_timeout;

	for (; doublings && gap && gap < cfg->max_probe_timeout; doublings--)
		gap *= 2;
	return gap < cfg->max_probe_timeout ? gap : cfg->max_probe_timeout;
}

uint64_t reap_probe_delay(struct reap_assoc *a)
{
	uint32_t gap = reap_probe_gap(&a->cfg, a->steps), span = gap / 16, r;

	a->rng(a->rng_arg, &r, sizeof(r));
	gap = gap - span + r % (2 * span + 1);
	return gap < a->cfg.max_probe_timeout ? gap : a->cfg.max_probe_timeout;
}

/* --- memory of Probes ---------------------------------------------------------------------------------------- */

static struct reap_probes *probes(struct reap_assoc *a)
{
	if (!a->probes)
		a->probes = calloc(1, sizeof(*a->probes));
	return a->probes;
}

void reap_probes_forget(struct reap_assoc *a)
{
	if (a->probes)
		a->probes->n_sent = a->probes->n_rcvd = 0;
}

static struct reap_sent *sent_at(struct reap_probes *ps, unsigned int back)
{
	return &ps->sent[(ps->n_sent - 1 - back) % REAP_SENT_RING];
}

static unsigned int sent_count(const struct reap_probes *ps)
{
	return ps->n_sent < REAP_SENT_RING ? ps->n_sent : REAP_SENT_RING;
}

static bool same_pair(const struct s6_report *r, const struct in6_addr *src, const struct in6_addr *dst)
{
	return IN6_ARE_ADDR_EQUAL(&r->src, src) && IN6_ARE_ADDR_EQUAL(&r->dst, dst);
}

/* Our own Probe that @r claims to be a copy of; NULL if we never sent such a one (return routability, 8). */
static struct reap_sent *sent_find(struct reap_probes *ps, const struct s6_report *r)
{
	unsigned int i;

	for (i = 0; i < sent_count(ps); i++) {
		struct reap_sent *s = sent_at(ps, i);

		if (s->report.nonce == r->nonce && same_pair(&s->report, &r->src, &r->dst))
			return s;
	}
	return NULL;
}

void reap_probes_reported(struct reap_assoc *a, const struct s6_msg *msg)
{
	unsigned int i;

	for (i = 0; i < msg->n_rcvd; i++) {
		struct reap_sent *s = a->probes ? sent_find(a->probes, &msg->rcvd[i]) : NULL;

		if (s)
			s->seen = true;
		else
			a->strange++;
	}
}

void reap_probes_arrived(struct reap_assoc *a, const struct s6_report *report)
{
	struct reap_probes *ps = probes(a);
	unsigned int i, k, out = 0;

	if (!ps)
		return;
	for (i = 0; i < ps->n_rcvd; i++)
		if (ps->rcvd[i].nonce == report->nonce && same_pair(&ps->rcvd[i], &report->src, &report->dst))
			return;
	if (ps->n_rcvd == S6_REPORTS_MAX) {
		/* Give up the oldest whose pair a younger one proves as well; without such, the oldest. */
		for (i = 0; i < ps->n_rcvd; i++) {
			for (k = i + 1; k < ps->n_rcvd; k++)
				if (same_pair(&ps->rcvd[i], &ps->rcvd[k].src, &ps->rcvd[k].dst))
					break;
			if (k < ps->n_rcvd)
				break;
		}
		out = i < ps->n_rcvd ? i : 0;
		ps->n_rcvd--;
		memmove(&ps->rcvd[out], &ps->rcvd[out + 1], (ps->n_rcvd - out) * sizeof(ps->rcvd[0]));
	}
	ps->rcvd[ps->n_rcvd++] = *report;
}

/* True if the peer has seen a Probe over the current pair in this round. */
static bool current_proven(struct reap_assoc *a)
{
	unsigned int i;

	for (i = 0; a->probes && i < sent_count(a->probes); i++) {
		const struct reap_sent *s = sent_at(a->probes, i);

		if (s->seen && same_pair(&s->report, &a->p.loc_local, &a->p.loc_peer))
			return true;
	}
	return false;
}

void reap_probes_choose(struct reap_assoc *a, const struct s6_msg *msg, bool keep_proven, uint64_t now,
			struct reap_actions *acts)
{
	const struct s6_report *best = NULL;
	uint64_t best_rank = UINT64_MAX;
	struct reap_action *act;
	unsigned int i;

	/* A late or repeated message must not move a pair that has been settled. */
	if (!a->probes || (keep_proven && current_proven(a)))
		return;
	for (i = 0; i < msg->n_rcvd; i++) {
		const struct s6_report *r = &msg->rcvd[i];
		uint64_t rank;

		if (!sent_find(a->probes, r))
			continue;
		rank = pathset_rank(&a->p, &r->src, &r->dst);
		if (rank == UINT64_MAX)
			continue;
		if (same_pair(r, &a->p.loc_local, &a->p.loc_peer)) {
			a->proven_at = now;
			return;
		}
		if (rank < best_rank) {
			best_rank = rank;
			best = r;
		}
	}
	if (!best)
		return;
	a->proven_at = now;
	a->p.loc_local = best->src;
	a->p.loc_peer = best->dst;
	act = reap_action_new(acts, REAP_ACT_PAIR);
	if (!act)
		return;
	act->src = best->src;
	act->dst = best->dst;
	act->why = "the peer received our probe over it";
}

/* --- sending ------------------------------------------------------------------------------------------------- */

void reap_emit(const struct s6_msg *msg, const struct in6_addr *src, const struct in6_addr *dst,
	       struct reap_actions *acts)
{
	struct reap_action *act = reap_action_new(acts, REAP_ACT_SEND);

	if (!act)
		return;
	act->src = *src;
	act->dst = *dst;
	act->len = s6_encode(msg, act->data, sizeof(act->data));
	if (!act->len)
		acts->n--;
}

void reap_keepalive_send(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	const struct s6_msg msg = { .type = SHIM6_KEEPALIVE, .tag = a->p.ct_peer };

	a->keepalive_at = now;
	reap_emit(&msg, &a->p.loc_local, &a->p.loc_peer, acts);	/* 6.1, 6.3: the current pair */
}

void reap_probe_send(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer,
		     struct reap_actions *acts)
{
	struct s6_msg msg = { .type = SHIM6_PROBE, .tag = a->p.ct_peer, .reap_state = a->state };
	struct reap_probes *ps = probes(a);
	struct reap_sent *s;
	unsigned int i;

	if (!ps)
		return;
	ps->n_sent++;
	s = sent_at(ps, 0);
	*s = (struct reap_sent){ .report = { .src = *local, .dst = *peer } };
	a->rng(a->rng_arg, &s->report.nonce, sizeof(s->report.nonce));
	msg.sent[msg.n_sent++] = s->report;			/* 5.2: the first is this very Probe */
	for (i = 1; i < sent_count(ps) && msg.n_sent < S6_REPORTS_MAX; i++)
		if (!sent_at(ps, i)->seen)			/* 6.1: not yet reported as seen */
			msg.sent[msg.n_sent++] = sent_at(ps, i)->report;
	for (i = ps->n_rcvd; i > 0; i--)
		msg.rcvd[msg.n_rcvd++] = ps->rcvd[i - 1];
	reap_emit(&msg, local, peer, acts);
}

static void send_over(struct reap_assoc *a, const struct path *path, struct reap_actions *acts)
{
	reap_probe_send(a, &a->p.local[path->local].addr, &a->p.peer[path->peer].addr, acts);
}

void reap_probe_next(struct reap_assoc *a, struct reap_actions *acts)
{
	struct path *path = pathset_next(&a->paths);

	if (path)
		send_over(a, path, acts);
}

/* The pair of the newest of our Probes that the peer reported in this round, if it is still a candidate. */
static struct path *proven_path(struct reap_assoc *a)
{
	struct path *path = NULL;
	unsigned int i;

	for (i = 0; a->probes && !path && i < sent_count(a->probes); i++) {
		const struct reap_sent *s = sent_at(a->probes, i);

		if (s->seen)
			path = pathset_find(&a->paths, &a->p, &s->report.src, &s->report.dst);
	}
	return path;
}

/*
 * An answer has better knowledge than the order of 4.3: a pair that the peer already heard us on, then the way on
 * which the peer was just heard (appendix A, example 4).  Not for ever: a way can work in one direction only.  Right
 * after an exploration a late Probe of it may begin another; it should not move the pair that was just found, unless
 * that is in doubt here, too.
 */
void reap_probe_answer(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer,
		       uint64_t now, struct reap_actions *acts)
{
	struct path *path = proven_path(a);

	if (!path && a->wish) {
		local = &a->wish_local;
		peer = &a->wish_peer;
	} else if (!path && !a->doubt && a->proven_at && now - a->proven_at < REAP_FRESH) {
		local = &a->p.loc_local;
		peer = &a->p.loc_peer;
	}
	if (!path || path->answers >= REAP_ANSWERS)
		path = pathset_find(&a->paths, &a->p, local, peer);
	if (!path || path->answers >= REAP_ANSWERS)
		path = pathset_next(&a->paths);
	if (!path)
		return;
	path->tried = true;
	path->answers++;
	send_over(a, path, acts);
}
