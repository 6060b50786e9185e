// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages: the checks that do not depend on the state, the look-up of 12.4, and on to the machine. */
#include "proto/shim6_priv.h"

/* A message on its way in. */
struct packet {
	const struct in6_addr *src, *dst;
	const uint8_t *data;
	size_t len;
	const struct s6_proof *proof;		/* NULL: it comes for the first time */
	struct s6_msg m;
};

bool s6_is_local(const struct s6_context *c, const struct in6_addr *a)
{
	return s6_locset_find(&c->pub.ls_local, a) >= 0 || s6_locset_find(&c->offered, a) >= 0;
}

static struct s6_event event(enum s6_event_type type, const struct packet *p)
{
	return (struct s6_event){ .type = type, .msg = &p->m, .src = p->src, .dst = p->dst };
}

/* A context that packets see: E-FAILED and NO-SUPPORT are as good as IDLE (6.2, B). */
static struct s6_context *visible(struct s6_context *c)
{
	return c && !s6_on_hold(c) ? c : NULL;
}

/* 7.9, 7.13, 7.20: ULID pair and FII from the options, or else from the addresses and 0 */
static bool named_context(struct s6_host *h, const struct packet *p, struct s6_key *k, struct s6_context **c)
{
	k->local = p->m.has_ulids ? p->m.receiver_ulid : *p->dst;
	k->peer = p->m.has_ulids ? p->m.sender_ulid : *p->src;
	k->fii = p->m.fii;
	*c = NULL;
	if (!s6_addr_ok(&k->local) || !s6_addr_ok(&k->peer) || s6_locset_find(&h->local, &k->peer) >= 0) {
		h->counter[S6_CNT_ULID]++;
		return false;
	}
	if (h->cfg.peer_ok && !h->cfg.peer_ok(h->cfg.peer_ok_arg, &k->peer)) {
		h->counter[S6_CNT_PEER_DENIED]++;
		return false;
	}
	*c = visible(s6_by_key(h, k));
	/* The ULID of a context may have lost its interface; a new context needs one that is there. */
	if (!*c && s6_locset_find(&h->local, &k->local) < 0) {
		h->counter[S6_CNT_NOT_OURS]++;
		return false;
	}
	return true;
}

/* Error 2 points at the method of the locator (5.14, Q08). */
static void refuse_list(struct s6_host *h, const struct packet *p, unsigned int bad)
{
	s6_send_error(h, SHIM6_ERR_VERIFY, p->m.locators_at + 9 + bad, p->src, p->dst, p->data, p->len);
}

/* Did the message come back with a proof? */
static bool proof_holds(struct s6_host *h, const struct packet *p, const struct in6_addr *ulid)
{
	if (!IN6_ARE_ADDR_EQUAL(&p->proof->ulid, ulid)) {
		h->counter[S6_CNT_PROOF_OTHER]++;
		return false;
	}
	switch (p->proof->result) {
	case S6_PROOF_GOOD:
		h->counter[S6_CNT_PROVEN]++;
		return true;
	case S6_PROOF_LIST:
		h->counter[S6_CNT_PROOF_LIST]++;
		refuse_list(h, p, p->proof->bad);
		return false;
	default:
		h->counter[S6_CNT_PROOF_PDS]++;
		return false;
	}
}

static bool pds_known(const struct packet *p, const struct s6_context *c)
{
	return p->m.type == SHIM6_UPDATE_REQ && c && c->peer_pds;	/* 10.1: only there it may be left out */
}

/*
 * Locator List, PDS and signature of a message from the host with @ulid.  False: the message is to be dropped: it went
 * to have its proof looked at, or has none and, for a list, an Error was sent (7.2, Q08).  The list goes to *@ls, the
 * PDS that proved it to *@pds.  All that is cheap has been checked before.
 */
static bool proven(struct s6_host *h, const struct packet *p, const struct s6_context *c, const struct in6_addr *ulid,
		   struct s6_locset *ls, struct s6_bytes *pds)
{
	unsigned int bad = 0;

	*pds = (struct s6_bytes){ 0 };
	switch (s6_verify(&h->cfg, ulid, &p->m, pds_known(p, c), &bad)) {
	case S6_TO_PROVE:
		if (!p->proof) {
			s6_queue_prove(h, c, ulid, p->src, p->dst, p->data, p->len);
			return false;
		}
		if (!proof_holds(h, p, ulid))
			return false;
		*pds = p->m.pds;
		break;
	case S6_NO_PROOF:
		h->counter[S6_CNT_PROOF_LIST]++;
		refuse_list(h, p, bad);
		return false;
	case S6_NOT_ALLOWED:
		h->counter[S6_CNT_PEER_DENIED]++;
		refuse_list(h, p, bad);
		return false;
	case S6_TOO_LONG:
		h->counter[S6_CNT_LIST_LONG]++;
		return false;
	case S6_BELIEVED:
		break;
	}
	if (p->m.has_locators && !p->m.locators.n) {
		h->counter[S6_CNT_LIST_EMPTY]++;
		return false;
	}
	if (p->m.has_locators)
		s6_locset_from_list(ls, &p->m.locators);
	return true;
}

/* Preferences beside a list in I2, I2bis, R2.  10.4 has Errors only for Update Requests. */
static void fit_prefs(struct s6_host *h, const struct s6_msg *m, struct s6_locset *ls)
{
	if (!m->has_prefs)
		return;
	if (m->has_locators && m->prefs.generation == ls->generation && m->prefs.n == ls->n)
		s6_locset_apply_prefs(ls, &m->prefs);
	else
		h->counter[S6_CNT_PREFS_UNFIT]++;
}

/* 7.9 */
static void in_i1(struct s6_host *h, const struct packet *p)
{
	struct s6_event e = event(S6_EV_I1, p);
	struct s6_context *c;

	if (!named_context(h, p, &e.key, &c))
		return;
	/* Anybody can write an I1; only one with the right tag shows that the path works. */
	if (c && c->has_ct_peer && p->m.tag == c->pub.ct_peer)
		s6_paid(h, c, false);
	s6_fsm(h, c, &e);
}

/* 7.11, 7.16, 12.4; Q05: the nonce, and the very pair that I1, I2 or I2bis went over */
static struct s6_context *by_exchange(struct s6_host *h, const struct packet *p)
{
	struct s6_context *c = s6_by_nonce(h, p->m.nonce);

	return c && IN6_ARE_ADDR_EQUAL(&c->ex_peer, p->src) && IN6_ARE_ADDR_EQUAL(&c->ex_local, p->dst) ? c : NULL;
}

static void in_r1(struct s6_host *h, const struct packet *p)
{
	struct s6_context *c = by_exchange(h, p);
	struct s6_event e = event(S6_EV_R1, p);

	if (!c) {
		h->counter[S6_CNT_R1_UNMATCHED]++;
		return;
	}
	s6_paid(h, c, false);
	s6_fsm(h, c, &e);
}

/* Did we make the validator of this I2 or I2bis, and not long ago?  Before anything that costs more. */
static bool ours(struct s6_host *h, const struct packet *p, const struct s6_key *k)
{
	const struct s6_msg *m = &p->m;
	struct s6_r1_facts f = {
		.tag = m->tag,
		.ulid_initiator = k->peer,
		.ulid_responder = k->local,
		.loc_initiator = *p->src,
		.loc_responder = *p->dst,
		.fii = k->fii,
	};
	uint8_t mine[S6_VALIDATOR_LEN];
	bool made;

	if (!s6_validator_recent(&h->validator, h->now, m->resp_nonce)) {
		h->counter[S6_CNT_I2_STALE]++;
		return false;
	}
	if (m->type == SHIM6_I2)
		made = s6_validator_r1(&h->validator, m->resp_nonce, &f, mine);
	else
		made = s6_validator_r1bis(&h->validator, m->resp_nonce, m->packet_tag, p->src, p->dst, mine);
	if (!made) {
		h->counter[S6_CNT_CRYPTO]++;
		return false;
	}
	if (!s6_validator_same(mine, m->validator.p, m->validator.len)) {
		h->counter[S6_CNT_I2_VALIDATOR]++;
		return false;
	}
	return true;
}

/*
 * 7.13, 7.20; Q20: the source is a locator of Ls(peer), or of the list, which is proven later as a whole.  We ask for
 * it in IDLE, too, with the ULID for Ls(peer): otherwise whoever has no list could speak for a ULID that is somebody
 * else's.
 */
static bool source_ok(const struct s6_context *c, const struct packet *p, const struct s6_key *k)
{
	unsigned int i;

	if (c ? s6_locset_find(&c->pub.ls_peer, p->src) >= 0 : IN6_ARE_ADDR_EQUAL(p->src, &k->peer))
		return true;
	for (i = 0; p->m.has_locators && i < p->m.locators.n; i++)
		if (IN6_ARE_ADDR_EQUAL(&p->m.locators.loc[i].addr, p->src))
			return true;
	return false;
}

/* 7.13, 7.20 */
static void in_i2(struct s6_host *h, const struct packet *p)
{
	struct s6_event e = event(S6_EV_I2, p);
	struct s6_locset ls;
	struct s6_context *c;

	if (!named_context(h, p, &e.key, &c) || !ours(h, p, &e.key))
		return;
	if (!source_ok(c, p, &e.key)) {
		h->counter[S6_CNT_I2_SOURCE]++;
		return;
	}
	e.repeat = c && c->has_last_i2 && c->pub.ct_peer == p->m.tag && c->last_i2_nonce == p->m.nonce &&
		   c->last_i2_resp == p->m.resp_nonce;
	/* One that came before is only answered again: nothing in it is looked at, so nothing needs a proof. */
	if (!e.repeat || c->pub.state != S6_ESTABLISHED) {
		if (!proven(h, p, c, &e.key.peer, &ls, &e.pds))
			return;
		fit_prefs(h, &p->m, &ls);
		e.ls_peer = p->m.has_locators ? &ls : NULL;
	}
	s6_fsm(h, c, &e);
	c = visible(s6_by_key(h, &e.key));
	if (c)
		s6_paid(h, c, false);
}

/* 7.16 */
static void in_r2(struct s6_host *h, const struct packet *p)
{
	struct s6_context *c = by_exchange(h, p);
	struct s6_event e = event(S6_EV_R2, p);
	struct s6_locset ls;

	if (!c) {		/* ESTABLISHED has no nonce any more: its late R2s end here */
		h->counter[S6_CNT_R2_UNMATCHED]++;
		return;
	}
	if (!proven(h, p, c, &c->pub.ulid_peer, &ls, &e.pds))
		return;
	fit_prefs(h, &p->m, &ls);
	e.ls_peer = p->m.has_locators ? &ls : NULL;
	s6_paid(h, c, false);
	s6_fsm(h, c, &e);
}

/* 7.18; Q18: any locators of the context, not only the current pair */
static void in_r1bis(struct s6_host *h, const struct packet *p)
{
	struct s6_context *c = s6_by_peer(h, p->m.tag, p->src);
	struct s6_event e = event(S6_EV_R1BIS, p);

	if (!c || !s6_is_local(c, p->dst)) {
		h->counter[S6_CNT_R1BIS_UNMATCHED]++;
		return;
	}
	s6_paid(h, c, false);
	s6_fsm(h, c, &e);
}

/* Will an Update Request be obeyed, but for a proof?  Then that comes first, and the message counts when it is back. */
static bool ur_waits(struct s6_host *h, const struct packet *p, const struct s6_context *c)
{
	unsigned int bad;

	if (p->m.type != SHIM6_UPDATE_REQ || p->proof || c->pub.state == S6_I1_SENT || !s6_ur_is_news(c, &p->m) ||
	    s6_verify(&h->cfg, &c->pub.ulid_peer, &p->m, pds_known(p, c), &bad) != S6_TO_PROVE)
		return false;
	s6_queue_prove(h, c, &c->pub.ulid_peer, p->src, p->dst, p->data, p->len);
	return true;
}

static void in_ur(struct s6_host *h, const struct packet *p, struct s6_context *c)
{
	struct s6_bytes pds;
	struct s6_locset ls;

	if (!s6_ur_is_news(c, &p->m))
		s6_refuse_ur(h, c, &p->m, p->src, p->dst, p->data, p->len);
	else if (proven(h, p, c, &c->pub.ulid_peer, &ls, &pds))
		s6_in_ur(h, c, &p->m, &ls, pds, p->src, p->dst);
}

/* 10.4, 10.5, 12.4: Update, Keepalive and Probe by CT(local), then the locators */
static void in_tagged(struct s6_host *h, const struct packet *p)
{
	struct s6_context *c = visible(s6_by_tag(h, p->m.tag));
	struct s6_event e = event(S6_EV_TAGGED, p);
	bool known = c && s6_locset_find(&c->pub.ls_peer, p->src) >= 0 && s6_is_local(c, p->dst);

	if (!known) {
		h->counter[c ? S6_CNT_FOREIGN_LOCATORS : S6_CNT_UNKNOWN_TAG]++;
		s6_send_r1bis(h, p->m.tag, p->src, p->dst);
		return;
	}
	if (p->m.type == SHIM6_KEEPALIVE || p->m.type == SHIM6_PROBE) {
		h->counter[S6_CNT_REAP]++;	/* they are reachability's, except in I2-SENT and I2BIS-SENT (Q53) */
		s6_fsm(h, c, &e);
		return;
	}
	if (ur_waits(h, p, c))
		return;
	s6_paid(h, c, false);
	if (!s6_fsm(h, c, &e))
		return;
	if (p->m.type == SHIM6_UPDATE_ACK)
		s6_in_ua(h, c, &p->m);
	else
		in_ur(h, p, c);
}

static void in(struct s6_host *h, struct packet *p)
{
	size_t fault;
	enum s6_verdict v = s6_decode(p->data, p->len, p->src, p->dst, &p->m, &fault);

	if (v != S6_V_OK) {		/* 12.3 */
		h->counter[v]++;
		if (v == S6_V_TYPE)
			s6_send_error(h, SHIM6_ERR_TYPE, fault, p->src, p->dst, p->data, p->len);
		else if (v == S6_V_OPTION_CRITICAL)
			s6_send_error(h, SHIM6_ERR_OPTION, fault, p->src, p->dst, p->data, p->len);
		return;
	}
	if (!s6_addr_ok(p->src) || !s6_addr_ok(p->dst)) {	/* RFC 5534, 3.1 */
		h->counter[S6_CNT_LOCATOR]++;
		return;
	}
	switch (p->m.type) {
	case SHIM6_I1:
		in_i1(h, p);
		break;
	case SHIM6_R1:
		in_r1(h, p);
		break;
	case SHIM6_I2:
	case SHIM6_I2BIS:
		in_i2(h, p);
		break;
	case SHIM6_R2:
		in_r2(h, p);
		break;
	case SHIM6_R1BIS:
		in_r1bis(h, p);
		break;
	case SHIM6_ERROR:
		s6_in_error(h, &p->m, p->src, p->dst);
		break;
	default:
		in_tagged(h, p);
		break;
	}
}

void s6_input(struct s6_host *h, uint64_t now, const struct in6_addr *src, const struct in6_addr *dst,
	      const uint8_t *data, size_t len, struct s6_actions *acts)
{
	struct packet p = { .src = src, .dst = dst, .data = data, .len = len };

	s6_begin(h, now, acts);
	h->counter[S6_CNT_RECEIVED]++;
	in(h, &p);
	s6_end(h);
}

void s6_proven(struct s6_host *h, uint64_t now, const struct in6_addr *src, const struct in6_addr *dst,
	       const uint8_t *data, size_t len, const struct s6_proof *proof, struct s6_actions *acts)
{
	struct packet p = { .src = src, .dst = dst, .data = data, .len = len, .proof = proof };

	s6_begin(h, now, acts);
	in(h, &p);
	s6_end(h);
}
