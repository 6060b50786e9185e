// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The REAP state machine: RFC 5534 6.1 to 6.9, one function an event, one case a cell.  A Probe is built after the
 * state has changed, so that its State field is the state after sending (6.1).
 */
#include <string.h>

#include "proto/reap_priv.h"

#define STOP_SEND	SHIM6_REAP_OP_STOP_SEND
#define STOP_KA		SHIM6_REAP_OP_STOP_KA
#define START_SEND	SHIM6_REAP_OP_START_SEND
#define RESTART_SEND	SHIM6_REAP_OP_RESTART_SEND
#define START_KA	SHIM6_REAP_OP_START_KA

/* The answer counts as the Probe of this moment: the next one in turn keeps its distance (4.3: never in parallel). */
static void answer(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer, uint64_t now,
		   struct reap_actions *acts)
{
	reap_probe_answer(a, local, peer, now, acts);
	if (a->due < now + a->cfg.initial_probe_timeout)
		a->due = now + a->cfg.initial_probe_timeout;
}

/*
 * The first sign of the peer after silence: its direction works, so now it pays to try ours quickly, as if
 * exploration had just begun (4.2).  Not more often than every REAP_RESTART_GAP, or a lasting one-way failure would
 * defeat the back-off.
 */
static void exploring_to_inbound_ok(struct reap_assoc *a, const char *why, uint64_t now, struct reap_actions *acts)
{
	reap_set_state(a, SHIM6_REAP_INBOUND_OK, why, now, acts);
	reap_clock(a, START_SEND, acts);
	if (now - a->restarted < REAP_RESTART_GAP)
		return;
	a->steps = 1;
	a->restarted = now;
	a->due = now + reap_probe_delay(a);
}

/* 6.1; control messages other than Keepalive and Probe count as payload (Q52) */
void reap_payload_in(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	switch (a->state) {
	case SHIM6_REAP_OPERATIONAL:
		reap_clock(a, STOP_SEND | START_KA, acts);
		break;
	case SHIM6_REAP_EXPLORING:
		exploring_to_inbound_ok(a, "payload received", now, acts);
		answer(a, &a->p.loc_local, &a->p.loc_peer, now, acts);
		break;
	case SHIM6_REAP_INBOUND_OK:
		reap_clock(a, STOP_SEND, acts);
		break;
	}
}

/* 6.2 */
void reap_payload_out(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	(void)now;
	switch (a->state) {
	case SHIM6_REAP_OPERATIONAL:
		reap_clock(a, STOP_KA | START_SEND, acts);
		break;
	case SHIM6_REAP_EXPLORING:
		break;
	case SHIM6_REAP_INBOUND_OK:
		reap_clock(a, START_SEND, acts);
		break;
	}
}

/* 6.3, and the interval of 6.1 */
void reap_keepalive_due(struct reap_assoc *a, bool expired, uint64_t now, struct reap_actions *acts)
{
	if (a->state != SHIM6_REAP_OPERATIONAL)
		return;
	if (!expired && a->keepalive_at && now - a->keepalive_at < REAP_KEEPALIVE_GAP)	/* Q51 */
		return;
	reap_keepalive_send(a, now, acts);
}

/* Operational to Exploring: the first Probe goes out at once (Q49). */
void reap_start_exploring(struct reap_assoc *a, bool suspect, const char *why, uint64_t now,
			  struct reap_actions *acts)
{
	a->suspect = suspect;
	reap_set_state(a, SHIM6_REAP_EXPLORING, why, now, acts);
	reap_clock(a, STOP_SEND | STOP_KA, acts);	/* 6: no timer runs in Exploring */
	reap_probe_next(a, acts);
}

void reap_start_exploring_with(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer,
			       const char *why, uint64_t now, struct reap_actions *acts)
{
	a->suspect = false;
	reap_set_state(a, SHIM6_REAP_EXPLORING, why, now, acts);
	pathset_promote(&a->paths, &a->p, local, peer, false);
	/* Payload asks for answers, too: over the pair in use they would come first, and nothing would change. */
	a->wish = true;
	a->wish_local = *local;
	a->wish_peer = *peer;
	if (a->due < now + REAP_WISH_WAIT)
		a->due = now + REAP_WISH_WAIT;
	reap_clock(a, STOP_SEND | STOP_KA, acts);
	reap_probe_next(a, acts);
}

/* 6.4 */
void reap_send_timeout(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	switch (a->state) {
	case SHIM6_REAP_OPERATIONAL:
		reap_start_exploring(a, false, "send timeout", now, acts);
		break;
	case SHIM6_REAP_EXPLORING:
		break;
	case SHIM6_REAP_INBOUND_OK:
		reap_set_state(a, SHIM6_REAP_EXPLORING, "send timeout", now, acts);
		reap_clock(a, STOP_SEND | STOP_KA, acts);
		reap_probe_next(a, acts);
		if (a->due < now + a->cfg.initial_probe_timeout)
			a->due = now + a->cfg.initial_probe_timeout;
		break;
	}
}

/* 6.5 */
void reap_timeout(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	if (now < a->due)
		return;
	if (a->state == SHIM6_REAP_OPERATIONAL && a->unproven) {
		reap_start_exploring(a, false, "nothing has shown that the pair in use works", now, acts);
		return;
	}
	if (a->state == SHIM6_REAP_OPERATIONAL) {
		reap_follow_wishes(a, now, acts);
		return;
	}
	a->steps++;
	a->wish = false;
	a->due = now + reap_probe_delay(a);
	reap_probe_next(a, acts);
	if (a->state == SHIM6_REAP_INBOUND_OK)
		reap_clock(a, START_SEND, acts);
}

void reap_restart_probing(struct reap_assoc *a, uint64_t now, struct reap_actions *acts)
{
	a->steps = 0;
	a->restarted = now;
	a->due = now;
	reap_timeout(a, now, acts);
}

void reap_explore(struct reap_assoc *a, const char *why, uint64_t now, struct reap_actions *acts)
{
	if (a->state == SHIM6_REAP_OPERATIONAL)
		reap_start_exploring(a, true, why, now, acts);
}

/* 6.6 */
static void keepalive_in(struct reap_assoc *a, const struct in6_addr *src, const struct in6_addr *dst, uint64_t now,
			 struct reap_actions *acts)
{
	switch (a->state) {
	case SHIM6_REAP_OPERATIONAL:
	case SHIM6_REAP_INBOUND_OK:
		reap_clock(a, STOP_SEND, acts);
		break;
	case SHIM6_REAP_EXPLORING:
		exploring_to_inbound_ok(a, "keepalive received", now, acts);
		answer(a, dst, src, now, acts);
		break;
	}
}

/* 6.7 */
static void probe_exploring_in(struct reap_assoc *a, const struct s6_msg *msg, uint64_t now, struct reap_actions *acts)
{
	const struct s6_report *r = &msg->sent[0];

	switch (a->state) {
	case SHIM6_REAP_OPERATIONAL:
		reap_set_state(a, SHIM6_REAP_INBOUND_OK, "the peer explores", now, acts);
		reap_clock(a, STOP_KA | RESTART_SEND, acts);
		break;
	case SHIM6_REAP_EXPLORING:
		exploring_to_inbound_ok(a, "probe received", now, acts);
		break;
	case SHIM6_REAP_INBOUND_OK:
		reap_clock(a, RESTART_SEND, acts);
		break;
	}
	reap_probes_reported(a, msg);
	reap_probes_arrived(a, r);
	answer(a, &r->dst, &r->src, now, acts);
}

/*
 * Take what the peer reports, and say whether the exploration may end.  It may not if it is known here that the pair
 * which we would be left with is dead: the peer then has to find us over another one first.
 */
static bool settled(struct reap_assoc *a, const struct s6_msg *msg, uint64_t now, struct reap_actions *acts)
{
	bool operational = a->state == SHIM6_REAP_OPERATIONAL;

	reap_probes_reported(a, msg);
	/* Operational receiving Operational: nothing is chosen (6.9) */
	if (!operational || msg->reap_state != SHIM6_REAP_OPERATIONAL)
		reap_probes_choose(a, msg, operational, now, acts);	/* 6.8, Q42 */
	return operational || reap_pair_usable(a);
}

/*
 * 6.8, 6.9: the peer's word ends the exploration, but it may not know what we know: it reports nothing, as when it only
 * watches another pair (reap_fast.c), or we are left with a pair that it has called broken since.  Then we look again,
 * once.
 */
static void to_operational(struct reap_assoc *a, const struct s6_msg *msg, const char *why, uint64_t now,
			   struct reap_actions *acts)
{
	bool told = a->state != SHIM6_REAP_EXPLORING || msg->reap_state != SHIM6_REAP_INBOUND_OK || msg->n_rcvd;
	bool looked = a->rechecks;

	if (a->state == SHIM6_REAP_OPERATIONAL)
		return;
	reap_set_state(a, SHIM6_REAP_OPERATIONAL, why, now, acts);
	if (looked || (told && reap_pair_healthy(a)))
		return;
	a->unproven = true;
	a->due = now + a->cfg.initial_probe_timeout;
}

/* 6.8: the answer is given over the pair that is in use from now on */
static void probe_inbound_ok_in(struct reap_assoc *a, const struct s6_msg *msg, uint64_t now, struct reap_actions *acts)
{
	bool stays = a->state == SHIM6_REAP_OPERATIONAL;
	if (!settled(a, msg, now, acts)) {
		probe_exploring_in(a, msg, now, acts);
		return;
	}
	to_operational(a, msg, "the peer receives", now, acts);
	reap_clock(a, stays ? STOP_KA | RESTART_SEND : RESTART_SEND, acts);
	/* Somebody who watches a pair: he knows the rest, and the answer would grow with every such Probe. */
	if (stays && !msg->n_rcvd)
		reap_probes_forget(a);
	reap_probes_arrived(a, &msg->sent[0]);
	reap_probe_send(a, &a->p.loc_local, &a->p.loc_peer, acts);
}

/* 6.9: no answer, or Probes would never end (Q41) */
static void probe_operational_in(struct reap_assoc *a, const struct s6_msg *msg, uint64_t now,
				 struct reap_actions *acts)
{
	if (settled(a, msg, now, acts)) {
		to_operational(a, msg, "the peer is operational", now, acts);
		reap_clock(a, STOP_SEND | START_KA, acts);
	} else if (a->state == SHIM6_REAP_EXPLORING) {
		exploring_to_inbound_ok(a, "probe received", now, acts);
	} else {
		reap_clock(a, STOP_SEND, acts);
	}
	reap_probes_arrived(a, &msg->sent[0]);
}

/* RFC 5533 12.3: both addresses have to be locators of the context. */
static bool locators_ok(const struct reap_assoc *a, const struct in6_addr *src, const struct in6_addr *dst)
{
	return pathset_locator(a->p.peer, a->p.n_peer, src) >= 0 && pathset_locator(a->p.local, a->p.n_local, dst) >= 0;
}

enum reap_verdict reap_input(struct reap_assoc *a, const struct s6_msg *msg, const struct in6_addr *src,
			     const struct in6_addr *dst, uint64_t now, struct reap_actions *acts)
{
	if (msg->type != SHIM6_KEEPALIVE && msg->type != SHIM6_PROBE)
		return REAP_V_TYPE;
	if (msg->tag != a->p.ct_local)
		return REAP_V_TAG;
	if (!locators_ok(a, src, dst))
		return REAP_V_LOCATORS;
	if (msg->type == SHIM6_KEEPALIVE) {
		keepalive_in(a, src, dst, now, acts);
		return REAP_V_OK;
	}
	if (!msg->n_sent || !IN6_ARE_ADDR_EQUAL(&msg->sent[0].src, src) || !IN6_ARE_ADDR_EQUAL(&msg->sent[0].dst, dst))
		return REAP_V_REPORT;
	if (reap_watch_input(a, msg, now, acts))
		return REAP_V_OK;
	switch (msg->reap_state) {
	case SHIM6_REAP_OPERATIONAL:
		probe_operational_in(a, msg, now, acts);
		break;
	case SHIM6_REAP_EXPLORING:
		probe_exploring_in(a, msg, now, acts);
		break;
	case SHIM6_REAP_INBOUND_OK:
		probe_inbound_ok_in(a, msg, now, acts);
		break;
	default:				/* Q56; the decoder has dropped it before */
		return REAP_V_REPORT;
	}
	return REAP_V_OK;
}
