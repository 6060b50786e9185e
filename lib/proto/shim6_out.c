// SPDX-License-Identifier: GPL-2.0-or-later
/* Building and sending messages. */
#include <string.h>

#include "proto/shim6_priv.h"

static void send_for(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, const struct in6_addr *src,
		     const struct in6_addr *dst)
{
	s6_queue_send(h, c, m, src, dst);
	s6_paid(h, c, true);		/* RFC 5534, 4.1; Q52 */
}

/* I1, I2, I2bis: which context is meant (5.15.6, 5.15.7). */
static void put_names(const struct s6_context *c, struct s6_msg *m)
{
	m->has_ulids = !IN6_ARE_ADDR_EQUAL(&c->ex_local, &c->pub.ulid_local) ||
		       !IN6_ARE_ADDR_EQUAL(&c->ex_peer, &c->pub.ulid_peer);
	m->sender_ulid = c->pub.ulid_local;
	m->receiver_ulid = c->pub.ulid_peer;
	m->has_fii = c->pub.fii;
	m->fii = c->pub.fii;
}

/* RFC 5534, 5.3 */
static void put_ka_timeout(struct s6_host *h, struct s6_context *c, struct s6_msg *m)
{
	if (h->cfg.send_timeout == S6_KA_TIMEOUT_DEFAULT && !c->ka_spoken)
		return;
	c->ka_spoken = true;
	c->ka_told = h->cfg.send_timeout;
	m->has_ka_timeout = true;
	m->ka_timeout = h->cfg.send_timeout / 1000;	/* cut off: rather a Keepalive too early */
}

static void put_list(const struct s6_context *c, struct s6_msg *m)
{
	m->has_locators = true;
	s6_locset_to_list(&c->offered, &m->locators);
	if (c->own) {			/* 5.15.4, 5.15.5 */
		m->pds = c->own->pub.pds;
		m->signature = c->own->pub.signature;
	}
}

/* Beside an unusually long validator of the peer. */
static bool fits(const struct s6_msg *m)
{
	uint8_t buf[S6_MSG_MAX];

	return s6_encode(m, buf, sizeof(buf));
}

/* I2, I2bis, R2: all that the peer has to know of us (7.6, Q07).  True if our list is in it. */
static bool put_host(struct s6_host *h, struct s6_context *c, struct s6_msg *m)
{
	struct s6_msg whole;

	put_ka_timeout(h, c, m);
	if (!c->announce && !c->own)
		return false;
	whole = *m;
	put_list(c, &whole);
	if (!s6_locset_plain(&c->offered)) {
		whole.has_prefs = true;
		s6_locset_to_prefs(&c->offered, &whole.prefs);
	}
	if (c->own && !fits(&whole)) {
		h->counter[S6_CNT_LIST_ROOM]++;
		return false;
	}
	*m = whole;
	return true;
}

/* 7.7 */
void s6_send_i1(struct s6_host *h, struct s6_context *c)
{
	struct s6_msg m = { .type = SHIM6_I1, .tag = c->pub.ct_local, .nonce = c->nonce };

	put_names(c, &m);
	send_for(h, c, &m, &c->ex_local, &c->ex_peer);
}

/* 7.11, 7.18: over the pair that R1 or R1bis came on, because the peer's validator covers it */
bool s6_send_i2(struct s6_host *h, struct s6_context *c)
{
	bool list;
	struct s6_msg m = {
		.type = c->pub.state == S6_I2BIS_SENT ? SHIM6_I2BIS : SHIM6_I2,
		.tag = c->pub.ct_local,
		.nonce = c->nonce,
		.resp_nonce = c->resp_nonce,
		.packet_tag = c->packet_tag,
		.validator = { c->validator, c->validator_len },
	};

	put_names(c, &m);
	list = put_host(h, c, &m);
	send_for(h, c, &m, &c->ex_local, &c->ex_peer);
	return list;
}

/* 7.10: without a context */
void s6_send_r1(struct s6_host *h, const struct s6_event *e)
{
	struct s6_r1_facts f = {
		.tag = e->msg->tag,
		.ulid_initiator = e->key.peer,
		.ulid_responder = e->key.local,
		.loc_initiator = *e->src,
		.loc_responder = *e->dst,
		.fii = e->key.fii,
	};
	uint8_t validator[S6_VALIDATOR_LEN];
	struct s6_msg m = {
		.type = SHIM6_R1,
		.nonce = e->msg->nonce,
		.resp_nonce = s6_validator_nonce(&h->validator, h->now),
		.validator = { validator, sizeof(validator) },
	};

	if (s6_validator_r1(&h->validator, m.resp_nonce, &f, validator))
		s6_queue_send(h, NULL, &m, e->dst, e->src);
	else
		h->counter[S6_CNT_CRYPTO]++;
}

/* 7.14: never on a timer.  Over the pair, and with the nonce, of the message that it answers. */
void s6_send_r2(struct s6_host *h, struct s6_context *c, const struct s6_event *e)
{
	struct s6_msg m = { .type = SHIM6_R2, .tag = c->pub.ct_local, .nonce = e->msg->nonce };

	put_host(h, c, &m);
	send_for(h, c, &m, e->dst, e->src);
}

/* 7.17: the packet for the unknown @tag came over (@src, @dst) */
void s6_send_r1bis(struct s6_host *h, uint64_t tag, const struct in6_addr *src, const struct in6_addr *dst)
{
	uint8_t validator[S6_VALIDATOR_LEN];
	struct s6_msg m = {
		.type = SHIM6_R1BIS,
		.tag = tag,
		.resp_nonce = s6_validator_nonce(&h->validator, h->now),
		.validator = { validator, sizeof(validator) },
	};

	if (s6_validator_r1bis(&h->validator, m.resp_nonce, tag, src, dst, validator))
		s6_queue_send(h, NULL, &m, dst, src);
	else
		h->counter[S6_CNT_CRYPTO]++;
}

/* 10.1, 10.3: what is outstanding, with the nonce chosen when it began */
void s6_send_ur(struct s6_host *h, struct s6_context *c, const struct in6_addr *src)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .tag = c->pub.ct_peer, .nonce = c->update_nonce };

	put_ka_timeout(h, c, &m);
	if (c->update_list)
		put_list(c, &m);
	if (c->update_prefs) {
		m.has_prefs = true;
		s6_locset_to_prefs(&c->offered, &m.prefs);
	}
	send_for(h, c, &m, src, &c->pub.loc_peer);
}

/* 10.4: back over the pair of the request */
void s6_send_ua(struct s6_host *h, struct s6_context *c, const struct s6_msg *ur, const struct in6_addr *src,
		const struct in6_addr *dst)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_ACK, .tag = c->pub.ct_peer, .nonce = ur->nonce };

	send_for(h, c, &m, dst, src);
}
