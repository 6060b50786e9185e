// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine of RFC 5533 sections 6.2, 7 and appendix B, a cell a line or two.
 *
 * Timers of a context:
 *	retry	starts when I1, I2 or I2bis is sent; sends it again, or falls back (7.8, 7.12, 7.19).
 *		In E-FAILED and NO-SUPPORT: starts on entry, ends the hold-down (7.8).  Stopped in ESTABLISHED.
 *	update	starts when an Update Request is sent; sends it again until acknowledged (10.2).  Stopped when the
 *		context is no longer live; started again when it is.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/shim6_priv.h"

const char *s6_state_name(enum s6_state s)
{
	static const char *const names[S6_STATE_MAX] = {
		[S6_IDLE] = "IDLE",
		[S6_I1_SENT] = "I1-SENT",
		[S6_I2_SENT] = "I2-SENT",
		[S6_ESTABLISHED] = "ESTABLISHED",
		[S6_I2BIS_SENT] = "I2BIS-SENT",
		[S6_E_FAILED] = "E-FAILED",
		[S6_NO_SUPPORT] = "NO-SUPPORT",
	};

	return (unsigned int)s < S6_STATE_MAX ? names[s] : "unknown";
}

static void forget_exchange(struct s6_host *h, struct s6_context *c)
{
	s6_timer_stop(&h->timers, &c->retry);
	s6_nonce_del(h, c);
	free(c->validator);
	c->validator = NULL;
	c->validator_len = 0;
	c->i2_sent = 0;
	c->nudged = 0;
}

/* To IDLE, which is no context at all (6.2).  The last copy keeps the state it had. */
static void end(struct s6_host *h, struct s6_context *c, const char *why)
{
	s6_mark(h, c, S6_C_GONE, why);
	s6_context_unlink(h, c);
}

static void end_hold(struct s6_host *h, const struct s6_key *k, const char *why)
{
	struct s6_context *held = s6_held(h, k);

	if (held)
		end(h, held, why);
}

/* The only place where a state changes.  What has to hold in @to is seen to here. */
static void change_state(struct s6_host *h, struct s6_context *c, enum s6_state to, const char *why)
{
	bool was_live = s6_ctx_live(&c->pub);

	s6_mark(h, c, S6_C_STATE, why);
	c->pub.state = to;
	c->pub.since = h->now;

	if (was_live && !s6_ctx_live(&c->pub)) {
		s6_unindex_peer(h, c);
		s6_timer_stop(&h->timers, &c->update);
	} else if (!was_live && s6_ctx_live(&c->pub)) {
		s6_index_peer(h, c);
	}
	switch (to) {
	case S6_ESTABLISHED:
		forget_exchange(h, c);
		s6_timer_stop(&h->timers, &c->update);	/* s6_refresh() sends an outstanding request at once */
		c->update_sent = 0;
		c->i1_sent = 0;
		c->list_offered = c->list_refused = false;
		end_hold(h, &c->key, "the peer has answered");
		break;
	case S6_E_FAILED:
	case S6_NO_SUPPORT:
		forget_exchange(h, c);
		end_hold(h, &c->key, "another context of the pair has failed");	/* Q35: one a pair */
		if (h->n_holds >= S6_HOLDS_MAX) {
			h->counter[S6_CNT_HOLDS_FULL]++;
			end_hold(h, &h->holds->key, "room is needed");
		}
		s6_hold_add(h, c);
		break;
	default:
		break;
	}
}

/* The locator of the exchange may have gone.  Another one is of use only if our list can name it. */
static void find_source(const struct s6_host *h, struct s6_context *c)
{
	const struct s6_announced *own = s6_own_find(h, &c->key.local);
	unsigned int i;

	if (!s6_announces(h, c) || s6_locset_find_good(&h->local, &c->ex_local) >= 0)
		return;
	for (i = 0; i < h->local.n; i++) {
		if (h->local.loc[i].flags & SHIM6_LOC_BROKEN ||
		    (own && s6_locset_find(&own->pub.list, &h->local.loc[i].addr) < 0))
			continue;
		c->ex_local = h->local.loc[i].addr;
		return;
	}
}

/* 7.8, 14: the timer is set by what has been sent so far. */
static void send_i1(struct s6_host *h, struct s6_context *c)
{
	find_source(h, c);
	s6_send_i1(h, c);
	s6_backoff(h, &c->retry, (uint64_t)S6_I1_TIMEOUT << c->i1_sent++);
}

/* 7.12, 7.19 */
static void send_i2(struct s6_host *h, struct s6_context *c)
{
	c->list_offered = s6_send_i2(h, c);
	s6_backoff(h, &c->retry, (uint64_t)(c->pub.state == S6_I2_SENT ? S6_I2_TIMEOUT : S6_I2BIS_TIMEOUT) <<
		   c->i2_sent++);
}

static void to_i1_sent(struct s6_host *h, struct s6_context *c, const char *why)
{
	forget_exchange(h, c);
	s6_nonce_new(h, c);
	change_state(h, c, S6_I1_SENT, why);
	send_i1(h, c);
}

static void fail(struct s6_host *h, struct s6_context *c, enum s6_state to, const char *why)
{
	change_state(h, c, to, why);
	s6_timer_set(&h->timers, &c->retry, h->now + (to == S6_NO_SUPPORT ? S6_ICMP_HOLDDOWN : S6_NO_R1_HOLDDOWN));
}

/* Keep what R1 or R1bis brought for I2 or I2bis. */
static bool keep_validator(struct s6_host *h, struct s6_context *c, const struct s6_msg *m)
{
	uint8_t *p;

	if (m->validator.len > S6_VALIDATOR_KEEP_MAX) {
		h->counter[S6_CNT_VALIDATOR_SIZE]++;
		return false;
	}
	p = malloc(m->validator.len + 1);	/* it may be empty */
	if (!p) {
		h->counter[S6_CNT_NO_MEMORY]++;
		return false;
	}
	memcpy(p, m->validator.p, m->validator.len);
	free(c->validator);
	c->validator = p;
	c->validator_len = m->validator.len;
	c->resp_nonce = m->resp_nonce;
	return true;
}

/*
 * The current pair after Ls(peer) changed in an exchange over (@src, @dst).  The validator or nonce that came back over
 * it is the return routability test that 7.2 wants, so the pair may be used at once; other pairs only after a probe.
 */
static void settle_pair(struct s6_host *h, struct s6_context *c, const struct s6_event *e, bool fresh)
{
	bool local_good = s6_locset_find_good(&h->local, &c->pub.loc_local) >= 0;
	struct s6_ctx *p = &c->pub;
	int at;

	if ((fresh || !local_good || s6_locset_find(&p->ls_peer, &p->loc_peer) < 0) &&
	    s6_locset_find(&p->ls_peer, e->src) >= 0 && s6_is_local(c, e->dst)) {
		if (!IN6_ARE_ADDR_EQUAL(&p->loc_local, e->dst) || !IN6_ARE_ADDR_EQUAL(&p->loc_peer, e->src))
			s6_mark(h, c, S6_C_PAIR, NULL);
		p->loc_local = *e->dst;
		p->loc_peer = *e->src;
	}
	s6_reached(h, c, e->src);
	at = s6_locset_find(&p->ls_peer, &p->loc_peer);
	if (s6_locset_find_good(&h->local, &p->loc_local) < 0)
		s6_explore(h, c, "the local locator in use is gone or broken");
	else if (at < 0)
		s6_explore(h, c, "the current locator of the peer is not in its list");
	else if (p->ls_peer.loc[at].flags & SHIM6_LOC_BROKEN)
		s6_explore(h, c, "the peer calls its current locator broken");
}

/* Take over what an I2, I2bis or R2 says of the peer. */
static bool take_peer(struct s6_host *h, struct s6_context *c, const struct s6_event *e, bool fresh)
{
	const struct s6_locset *ls = e->ls_peer;
	bool anew = e->msg->tag != c->pub.ct_peer;

	if (ls && s6_list_is_old(c, ls->generation))	/* an Update Request was faster */
		ls = NULL;
	if (s6_set_peer(h, c, e->msg->tag, ls))
		return false;
	s6_keep_pds(h, c, e->pds);
	s6_ka_timeout(h, c, e->msg, anew);
	settle_pair(h, c, e, fresh);
	if (e->type == S6_EV_I2) {
		c->has_last_i2 = true;
		c->last_i2_nonce = e->msg->nonce;
		c->last_i2_resp = e->msg->resp_nonce;
	}
	return true;
}

/* 7.9, 7.13, 7.20.  E-FAILED and NO-SUPPORT are here, too: packets find them as if nothing was there. */
static void idle(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	int err;

	switch (e->type) {
	case S6_EV_TRIGGER:				/* 7.7 */
		c->pub.locally_triggered = true;
		to_i1_sent(h, c, "a context was wanted");
		break;
	case S6_EV_I1:					/* 7.9: no state is made */
		s6_send_r1(h, e);
		break;
	case S6_EV_I2:					/* 7.13, 7.20 */
		end_hold(h, &e->key, "the peer wants a context");
		if (!s6_fair(h, &e->key.peer))
			break;
		c = s6_context_new(h, &e->key, NULL, 0, &err);
		if (!c)
			break;
		if (!take_peer(h, c, e, true)) {
			end(h, c, "memory is short");
			break;
		}
		change_state(h, c, S6_ESTABLISHED, e->msg->type == SHIM6_I2 ? "I2 received" : "I2bis received");
		s6_send_r2(h, c, e);
		s6_refresh(h, c);
		break;
	case S6_EV_RESTORE:
		change_state(h, c, S6_ESTABLISHED, "taken up again");
		break;
	default:
		break;
	}
}

/*
 * 7.9, 7.4: concurrent establishment.  R2 tells CT(local) and is larger than I1, so it goes to a locator of the peer
 * only; whoever else there is shows by R1 and I2 that he is reached there.
 */
static void concurrent_i1(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	if (s6_locset_find(&c->pub.ls_peer, e->src) < 0)
		s6_send_r1(h, e);
	else
		s6_send_r2(h, c, e);
}

static void i1_sent(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	switch (e->type) {
	case S6_EV_I1:
		concurrent_i1(h, c, e);
		break;
	case S6_EV_R1:					/* 7.11 */
		if (!keep_validator(h, c, e->msg))
			break;
		s6_offer(h, c);
		change_state(h, c, S6_I2_SENT, "R1 received");
		send_i2(h, c);
		break;
	case S6_EV_I2:					/* 7.13, 7.20 */
		if (!take_peer(h, c, e, false))
			break;
		change_state(h, c, S6_ESTABLISHED, e->msg->type == SHIM6_I2 ? "I2 received" : "I2bis received");
		s6_send_r2(h, c, e);
		s6_refresh(h, c);
		break;
	case S6_EV_R2:					/* 7.16: our I1 met the peer's */
		if (!take_peer(h, c, e, false))
			break;
		change_state(h, c, S6_ESTABLISHED, "R2 received");
		s6_refresh(h, c);
		break;
	case S6_EV_RETRY:				/* 7.8 */
		if (c->i1_sent < S6_I1_SENT_MAX)
			send_i1(h, c);
		else
			fail(h, c, S6_E_FAILED, c->list_refused ? "the peer does not accept our locators (Error 2)" :
			     "every I1 was left unanswered");
		break;
	case S6_EV_NO_SUPPORT:				/* 7.8; Q15 */
		fail(h, c, S6_NO_SUPPORT, "ICMPv6: the peer does not know Shim6");
		break;
	case S6_EV_TAGGED:				/* 10.4, 10.5, 12.2 */
		h->counter[S6_CNT_TAGGED_I1_SENT]++;
		break;
	default:					/* R1bis: CT(peer) is not set, so it finds nobody (B) */
		break;
	}
}

/* Payload of the peer: it lost our R2, or we its.  Repeat I2 or I2bis, but not for each packet of a fast stream. */
static void nudge(struct s6_host *h, struct s6_context *c)
{
	if (c->nudged && h->now - c->nudged < S6_NUDGE_GAP) {
		h->counter[S6_CNT_NUDGED]++;
		return;
	}
	c->nudged = h->now;
	s6_send_i2(h, c);
}

static bool i2_sent(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	bool bis = c->pub.state == S6_I2BIS_SENT;

	switch (e->type) {
	case S6_EV_I1:
		concurrent_i1(h, c, e);
		break;
	case S6_EV_I2:					/* 7.13, 7.20: the state does not change */
		if (take_peer(h, c, e, false))
			s6_send_r2(h, c, e);
		break;
	case S6_EV_R2:					/* 7.16 */
		if (!take_peer(h, c, e, false))
			break;
		if (c->list_offered)
			s6_taken(h, c, NULL);
		change_state(h, c, S6_ESTABLISHED, "R2 received");
		s6_refresh(h, c);
		break;
	case S6_EV_RETRY:
		if (c->i2_sent < (bis ? S6_I2BIS_SENT_MAX : S6_I2_SENT_MAX)) {
			send_i2(h, c);			/* 7.12, 7.19 */
		} else if (c->i1_sent >= S6_I1_SENT_MAX) {
			/* A peer that answers I1 but never I2 would keep us at it for ever. */
			fail(h, c, S6_E_FAILED, c->list_refused ? "the peer does not accept our locators (Error 2)" :
			     "every I2 was left unanswered");
		} else {				/* 7.12, 7.19; Ls(peer) and the pair stay as they are (Q36) */
			to_i1_sent(h, c, bis ? "every I2bis was left unanswered" : "every I2 was left unanswered");
		}
		break;
	case S6_EV_TAGGED:				/* 10.4, 10.5, 12.2; Q14 */
		nudge(h, c);
		return true;
	case S6_EV_R1:					/* 7.11: answers an I1 sent twice */
		h->counter[S6_CNT_R1_STATE]++;
		break;
	case S6_EV_R1BIS:				/* 7.18; Q19 */
		h->counter[S6_CNT_R1BIS_STATE]++;
		break;
	default:
		break;
	}
	return false;
}

static bool established(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	switch (e->type) {
	case S6_EV_I1:					/* 7.9 */
		if (e->msg->has_ulids && (s6_locset_find(&c->pub.ls_peer, e->src) < 0 || !s6_is_local(c, e->dst)))
			s6_send_r1(h, e);
		else if (e->msg->tag == c->pub.ct_peer)
			s6_send_r2(h, c, e);		/* our R2 was lost */
		else
			s6_send_r1(h, e);		/* the peer lost its context */
		break;
	case S6_EV_I2:					/* 7.13, 7.20 */
		if (e->repeat)		/* old news; Ls(peer) may have been updated since */
			h->counter[S6_CNT_I2_REPEAT]++;
		else if (!take_peer(h, c, e, false))
			break;
		s6_send_r2(h, c, e);
		break;
	case S6_EV_R1BIS:				/* 7.18 */
		if (!keep_validator(h, c, e->msg))
			break;
		s6_nonce_new(h, c);
		c->packet_tag = e->msg->tag;
		c->ex_local = *e->dst;
		c->ex_peer = *e->src;
		change_state(h, c, S6_I2BIS_SENT, "R1bis received: the peer lost its context");
		send_i2(h, c);
		break;
	case S6_EV_TAGGED:				/* 10.4, 10.5, 12.2 */
		return true;
	default:					/* R1, R2: answers to what was sent twice (7.11, 7.16) */
		break;
	}
	return false;
}

bool s6_fsm(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	if (e->type == S6_EV_END) {			/* 4, 7.15, 9: without a message */
		end(h, c, e->why);
		return false;
	}
	switch (c ? c->pub.state : S6_IDLE) {
	case S6_I1_SENT:
		i1_sent(h, c, e);
		return false;
	case S6_I2_SENT:
	case S6_I2BIS_SENT:
		return i2_sent(h, c, e);
	case S6_ESTABLISHED:
		return established(h, c, e);
	case S6_E_FAILED:
	case S6_NO_SUPPORT:
		if (e->type == S6_EV_RETRY)		/* 7.8, 14 */
			end(h, c, "the hold-down is over");
		return false;
	default:
		idle(h, c, e);
		return false;
	}
}
