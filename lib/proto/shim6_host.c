// SPDX-License-Identifier: GPL-2.0-or-later
/* The host: its tables of contexts, reading them, and the events of the outside that are not messages. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/shim6_priv.h"

#define FIND(hh, head, field_ptr, len, out) \
	HASH_FIND_BYHASHVALUE(hh, head, field_ptr, len, s6_hash(h, field_ptr, len), out)
#define ADD(hh, head, field_ptr, len, c) \
	HASH_ADD_KEYPTR_BYHASHVALUE(hh, head, field_ptr, len, s6_hash(h, field_ptr, len), c)

/* Keyed, because peers choose much of what we hash. */
unsigned int s6_hash(const struct s6_host *h, const void *key, size_t len)
{
	return (unsigned int)s6_siphash(&h->hash_key, key, len);
}

uint32_t s6_random32(struct s6_host *h)
{
	uint32_t x;

	h->random(h->random_arg, &x, sizeof(x));
	return x;
}

/* 14: the nominal value is backed off first, then multiplied by something in [0.5, 1.5]. */
void s6_backoff(struct s6_host *h, struct s6_timer *t, uint64_t nominal)
{
	s6_timer_set(&h->timers, t, h->now + nominal / 2 + s6_random32(h) % (nominal + 1));
}

void s6_config_default(struct s6_config *cfg)
{
	*cfg = (struct s6_config){
		.verify = S6_VERIFY_REQUIRED,
		.max_contexts = 65536,
		.tag_bits = SHIM6_TAG_BITS,
		.send_timeout = S6_KA_TIMEOUT_DEFAULT,
		.max_locators = S6_LOCATORS_MAX,
		.max_pds = S6_PDS_MAX,
	};
}

static bool config_ok(const struct s6_config *cfg)
{
	return cfg->max_contexts && cfg->tag_bits && cfg->tag_bits <= SHIM6_TAG_BITS && cfg->send_timeout >= 1000 &&
	       cfg->send_timeout / 1000 <= UINT16_MAX && cfg->max_locators && cfg->max_locators <= S6_LOCATORS_MAX &&
	       cfg->max_pds <= S6_PDS_MAX;
}

static void tags_restart(struct s6_host *h)
{
	uint8_t seed[24];

	h->random(h->random_arg, seed, sizeof(seed));
	s6_tags_init(&h->tags, h->cfg.tag_bits, seed);
}

struct s6_host *s6_host_new(const struct s6_config *cfg, s6_random_fn random, void *arg, uint64_t now)
{
	struct s6_host *h;

	if (!config_ok(cfg))
		return NULL;
	h = calloc(1, sizeof(*h));
	if (!h)
		return NULL;
	h->cfg = *cfg;
	h->random = random;
	h->random_arg = arg;
	h->now = now;
	h->next_id = 1;
	h->dirty_end = &h->dirty;
	h->error_tokens = S6_ERROR_BURST * 1000;
	h->error_time = now;
	random(arg, &h->hash_key, sizeof(h->hash_key));
	s6_validator_init(&h->validator, now, random, arg);
	tags_restart(h);
	return h;
}

void s6_host_free(struct s6_host *h)
{
	struct s6_context *c, *tmp;

	if (!h)
		return;
	HASH_ITER(hh_id, h->by_id, c, tmp) {
		s6_context_unlink(h, c);
		s6_context_free(c);
	}
	s6_own_free(h);
	s6_timerq_free(&h->timers);
	free(h);
}

int s6_host_reconfigure(struct s6_host *h, const struct s6_config *cfg)
{
	bool tags, timeout;

	if (!config_ok(cfg))
		return -EINVAL;
	tags = cfg->tag_bits != h->cfg.tag_bits;
	timeout = cfg->send_timeout != h->cfg.send_timeout;
	h->cfg = *cfg;
	if (tags)
		tags_restart(h);
	if (timeout)		/* peers learn of it from the sweep in s6_timeout() */
		h->sweep = h->by_id;
	return 0;
}

void s6_begin(struct s6_host *h, uint64_t now, struct s6_actions *acts)
{
	h->now = now;
	h->acts = acts;
}

void s6_end(struct s6_host *h)
{
	s6_flush(h);
	h->acts = NULL;
}

/* --- tables ----------------------------------------------------------------------------------------------------- */

struct s6_context *s6_by_id(const struct s6_host *h, uint32_t id)
{
	struct s6_context *c;

	FIND(hh_id, h->by_id, &id, sizeof(id), c);
	return c;
}

struct s6_context *s6_by_tag(const struct s6_host *h, uint64_t tag)
{
	struct s6_context *c;

	FIND(hh_tag, h->by_tag, &tag, sizeof(tag), c);
	return c;
}

struct s6_context *s6_by_key(const struct s6_host *h, const struct s6_key *k)
{
	struct s6_context *c;

	FIND(hh_key, h->by_key, k, sizeof(*k), c);
	return c;
}

struct s6_context *s6_by_nonce(const struct s6_host *h, uint32_t nonce)
{
	struct s6_context *c;

	FIND(hh_nonce, h->by_nonce, &nonce, sizeof(nonce), c);
	return c;
}

/* Q35: per ULID pair */
#define HOLD_KEY_LEN	offsetof(struct s6_key, fii)

struct s6_context *s6_held(const struct s6_host *h, const struct s6_key *k)
{
	struct s6_context *c;

	FIND(hh_hold, h->by_hold, k, HOLD_KEY_LEN, c);
	return c;
}

bool s6_on_hold(const struct s6_context *c)
{
	return c->pub.state == S6_E_FAILED || c->pub.state == S6_NO_SUPPORT;
}

void s6_hold_add(struct s6_host *h, struct s6_context *c)
{
	ADD(hh_hold, h->by_hold, &c->key, HOLD_KEY_LEN, c);
	c->hold_prev = h->holds ? h->holds->hold_prev : c;	/* the first one's prev is the last */
	c->hold_next = NULL;
	if (h->holds) {
		h->holds->hold_prev->hold_next = c;
		h->holds->hold_prev = c;
	} else {
		h->holds = c;
	}
	h->n_holds++;
}

void s6_hold_del(struct s6_host *h, struct s6_context *c)
{
	if (c->hh_hold.tbl)
		HASH_DELETE(hh_hold, h->by_hold, c);
	if (c->hold_next)
		c->hold_next->hold_prev = c->hold_prev;
	else
		h->holds->hold_prev = c->hold_prev;
	if (h->holds == c)
		h->holds = c->hold_next;
	else
		c->hold_prev->hold_next = c->hold_next;
	h->n_holds--;
}

void s6_nonce_del(struct s6_host *h, struct s6_context *c)
{
	if (c->has_nonce)
		HASH_DELETE(hh_nonce, h->by_nonce, c);
	c->has_nonce = false;
}

/* A nonce of no other exchange, so that R1 and R2 find their context by it alone. */
void s6_nonce_new(struct s6_host *h, struct s6_context *c)
{
	s6_nonce_del(h, c);
	do
		c->nonce = s6_random32(h);
	while (s6_by_nonce(h, c->nonce));
	ADD(hh_nonce, h->by_nonce, &c->nonce, sizeof(c->nonce), c);
	c->has_nonce = c->hh_nonce.tbl;
}

/*
 * 7.1.  The walk gives different tags, so after as many steps as there are contexts, and one for the tag 0, a free one
 * was met if there is any.
 */
static bool free_tag(struct s6_host *h, uint64_t *tag)
{
	uint64_t tries = (uint64_t)h->n + 2;

	if (tries > 1ULL << h->cfg.tag_bits)
		tries = 1ULL << h->cfg.tag_bits;
	while (tries--) {
		*tag = s6_tags_next(&h->tags);
		if (*tag && !s6_by_tag(h, *tag))
			return true;
	}
	h->counter[S6_CNT_NO_TAG]++;
	return false;
}

/* A hold-down is the first to go when room is needed. */
static bool make_room(struct s6_host *h)
{
	if (h->n < h->cfg.max_contexts)
		return true;
	if (!h->holds)
		return false;
	h->counter[S6_CNT_HOLDS_FULL]++;
	s6_fsm(h, h->holds, &(struct s6_event){ .type = S6_EV_END, .why = "room is needed" });
	return h->n < h->cfg.max_contexts;
}

/* --- shares: who has one /64 has addresses without end, but not the whole table ----------------------------------- */

struct s6_net {
	uint8_t prefix[8];
	unsigned int n;		/* contexts of peers there */
	UT_hash_handle hh;
};

static struct s6_net *net_of(const struct s6_host *h, const struct in6_addr *peer)
{
	struct s6_net *net;

	FIND(hh, h->by_net, peer, sizeof(net->prefix), net);
	return net;
}

static bool net_add(struct s6_host *h, struct s6_context *c)
{
	struct s6_net *net = net_of(h, &c->key.peer);

	if (!net) {
		net = calloc(1, sizeof(*net));
		if (!net)
			return false;
		memcpy(net->prefix, &c->key.peer, sizeof(net->prefix));
		ADD(hh, h->by_net, net->prefix, sizeof(net->prefix), net);
		if (!net->hh.tbl) {
			free(net);
			return false;
		}
	}
	net->n++;
	c->net = net;
	return true;
}

static void net_del(struct s6_host *h, struct s6_context *c)
{
	struct s6_net *net = c->net;

	c->net = NULL;
	if (!net || --net->n)
		return;
	HASH_DELETE(hh, h->by_net, net);
	free(net);
}

bool s6_fair(struct s6_host *h, const struct in6_addr *peer)
{
	unsigned int share = h->cfg.max_contexts / S6_NET_SHARE;
	const struct s6_net *net = net_of(h, peer);

	if (h->n < h->cfg.max_contexts / 2 || !net || net->n < (share > S6_NET_MAX ? share : S6_NET_MAX))
		return true;
	h->counter[S6_CNT_TABLE_SHARED]++;
	return false;
}

struct s6_context *s6_context_new(struct s6_host *h, const struct s6_key *key, const uint64_t *tag, uint32_t id,
				  int *err)
{
	struct s6_context *c;

	*err = -ENOSPC;
	if (!make_room(h)) {
		h->counter[S6_CNT_TABLE_FULL]++;
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (!c || s6_timerq_reserve(&h->timers, 2 * (h->n + 1))) {
		*err = -ENOMEM;
		goto fail;
	}
	if (tag)
		c->pub.ct_local = *tag;
	else if (!free_tag(h, &c->pub.ct_local))
		goto fail;

	while (!id || s6_by_id(h, id))
		id = h->next_id++;
	if (id >= h->next_id)
		h->next_id = id + 1;
	c->pub.id = id;
	c->key = *key;
	c->pub.ulid_local = c->pub.loc_local = c->ex_local = key->local;
	c->pub.ulid_peer = c->pub.loc_peer = c->ex_peer = key->peer;
	c->pub.fii = key->fii;
	c->pub.ka_timeout = S6_KA_TIMEOUT_DEFAULT;
	c->pub.since = h->now;
	c->announce = h->cfg.verify == S6_VERIFY_OFF;
	c->ka_told = S6_KA_TIMEOUT_DEFAULT;
	c->retry = (struct s6_timer){ .owner = c, .kind = S6_TIMER_RETRY };
	c->update = (struct s6_timer){ .owner = c, .kind = S6_TIMER_UPDATE };
	s6_locset_one(&c->pub.ls_peer, &key->peer, 0);		/* Q33 */
	c->pub.peer_proven = 1;

	ADD(hh_id, h->by_id, &c->pub.id, sizeof(c->pub.id), c);
	ADD(hh_tag, h->by_tag, &c->pub.ct_local, sizeof(c->pub.ct_local), c);
	ADD(hh_key, h->by_key, &c->key, sizeof(c->key), c);
	h->n++;
	if (!c->hh_id.tbl || !c->hh_tag.tbl || !c->hh_key.tbl || !net_add(h, c)) {
		s6_context_unlink(h, c);
		*err = -ENOMEM;
		goto fail;
	}
	s6_offer_first(h, c);
	s6_mark(h, c, S6_C_NEW | S6_C_TAGS | S6_C_PAIR | S6_C_LS_LOCAL | S6_C_LS_PEER, NULL);
	*err = 0;
	return c;
fail:
	if (*err == -ENOMEM)
		h->counter[S6_CNT_NO_MEMORY]++;
	free(c);
	return NULL;
}

void s6_context_unlink(struct s6_host *h, struct s6_context *c)
{
	if (h->sweep == c)
		h->sweep = c->hh_id.next;
	s6_timer_stop(&h->timers, &c->retry);
	s6_timer_stop(&h->timers, &c->update);
	if (s6_on_hold(c))
		s6_hold_del(h, c);
	s6_nonce_del(h, c);
	s6_unindex_peer(h, c);
	if (c->hh_id.tbl)
		HASH_DELETE(hh_id, h->by_id, c);
	if (c->hh_tag.tbl)
		HASH_DELETE(hh_tag, h->by_tag, c);
	if (c->hh_key.tbl)
		HASH_DELETE(hh_key, h->by_key, c);
	net_del(h, c);
	h->n--;
	c->gone = true;
}

void s6_context_free(struct s6_context *c)
{
	s6_own_use(c, NULL);
	free(c->peer_pds);
	free(c->validator);
	free(c->refs);
	free(c);
}

/* --- events ----------------------------------------------------------------------------------------------------- */

static int trigger(struct s6_host *h, const struct s6_key *k, bool force, uint32_t *id)
{
	struct s6_context *c = s6_by_key(h, k);
	int err;

	if (!s6_addr_ok(&k->local) || !s6_addr_ok(&k->peer) || s6_locset_find(&h->local, &k->peer) >= 0)
		return -EINVAL;
	if (c && !s6_on_hold(c)) {
		*id = c->pub.id;
		return 0;
	}
	if (s6_locset_find(&h->local, &k->local) < 0)
		return -EADDRNOTAVAIL;
	if (h->cfg.peer_ok && !h->cfg.peer_ok(h->cfg.peer_ok_arg, &k->peer)) {
		h->counter[S6_CNT_PEER_DENIED]++;
		return -EACCES;
	}
	if (s6_held(h, k)) {		/* 7.8 */
		h->counter[S6_CNT_WANT_HELD]++;
		return -EAGAIN;
	}
	if (h->cfg.answer_only && !force) {
		h->counter[S6_CNT_WANT_POLICY]++;
		return -EPERM;
	}
	c = s6_context_new(h, k, NULL, 0, &err);
	if (!c)
		return err;
	*id = c->pub.id;
	s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_TRIGGER });
	return 0;
}

int s6_trigger(struct s6_host *h, uint64_t now, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
	       bool force, uint32_t *id, struct s6_actions *acts)
{
	struct s6_key k = { *local, *peer, fii };
	int err;

	s6_begin(h, now, acts);
	err = trigger(h, &k, force, id);
	s6_end(h);
	return err;
}

void s6_payload_in(struct s6_host *h, uint64_t now, uint64_t ct_local, struct s6_actions *acts)
{
	struct s6_context *c = s6_by_tag(h, ct_local);

	s6_begin(h, now, acts);
	if (c)
		s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_TAGGED });
	s6_end(h);
}

void s6_unknown_tag(struct s6_host *h, uint64_t now, uint64_t tag, const struct in6_addr *src,
		    const struct in6_addr *dst, struct s6_actions *acts)
{
	struct s6_context *c = s6_by_tag(h, tag);

	s6_begin(h, now, acts);
	if (!s6_addr_ok(src) || !s6_addr_ok(dst)) {
		h->counter[S6_CNT_LOCATOR]++;
	} else if (!c || s6_on_hold(c)) {
		h->counter[S6_CNT_UNKNOWN_TAG]++;
		s6_send_r1bis(h, tag, src, dst);
	} else if (s6_ctx_live(&c->pub) && (s6_locset_find(&c->pub.ls_peer, src) < 0 || !s6_is_local(c, dst))) {
		h->counter[S6_CNT_FOREIGN_LOCATORS]++;
		s6_send_r1bis(h, tag, src, dst);	/* 12.4 */
	} else {	/* not live: most likely payload, whose locators do not matter (12.2, Q23) */
		s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_TAGGED });
	}
	s6_end(h);
}

int s6_use_pair(struct s6_host *h, uint64_t now, uint64_t ct_local, const struct in6_addr *local,
		const struct in6_addr *peer, struct s6_actions *acts)
{
	struct s6_context *c = s6_by_tag(h, ct_local);

	if (!c || s6_on_hold(c))
		return -ENOENT;
	/* 7.2: as source only what the peer has taken, as destination only what it announced. */
	if (!s6_ctx_live(&c->pub) || s6_locset_find(&c->pub.ls_local, local) < 0 ||
	    s6_locset_find(&c->pub.ls_peer, peer) < 0)
		return -EINVAL;
	s6_begin(h, now, acts);
	s6_reached(h, c, peer);
	if (!IN6_ARE_ADDR_EQUAL(local, &c->pub.loc_local) || !IN6_ARE_ADDR_EQUAL(peer, &c->pub.loc_peer)) {
		c->pub.loc_local = *local;
		c->pub.loc_peer = *peer;
		s6_mark(h, c, S6_C_PAIR, "the pair was found to work");
		if (c->pub.update_pending) {	/* it may have been waiting for just that */
			c->update_sent = 0;
			s6_update_again(h, c);
		}
	}
	s6_end(h);
	return 0;
}

int s6_update(struct s6_host *h, uint64_t now, uint32_t id, struct s6_actions *acts)
{
	struct s6_context *c = s6_by_id(h, id);

	if (!c || c->pub.state != S6_ESTABLISHED)
		return -ENOENT;
	s6_begin(h, now, acts);
	s6_update_start(h, c, true, true);
	s6_end(h);
	return 0;
}

int s6_delete(struct s6_host *h, uint64_t now, uint32_t id, const char *why, struct s6_actions *acts)
{
	struct s6_context *c = s6_by_id(h, id);

	if (!c)
		return -ENOENT;
	s6_begin(h, now, acts);
	s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_END, .why = why });
	s6_end(h);
	return 0;
}

uint64_t s6_next_due(const struct s6_host *h)
{
	const struct s6_timer *t = s6_timerq_first(&h->timers);

	if (h->sweep)
		return 0;
	return t ? t->due : UINT64_MAX;
}

void s6_timeout(struct s6_host *h, uint64_t now, struct s6_actions *acts)
{
	struct s6_timer *t;
	struct s6_context *c;
	unsigned int i;

	s6_begin(h, now, acts);
	s6_sweep(h);
	for (i = 0; i < S6_BATCH && (t = s6_timerq_first(&h->timers)) && t->due <= now; i++) {
		c = t->owner;
		s6_timer_stop(&h->timers, t);
		if (t->kind == S6_TIMER_RETRY)
			s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_RETRY });
		else
			s6_update_again(h, c);
	}
	s6_end(h);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

bool s6_ctx_live(const struct s6_ctx *c)
{
	return c->state == S6_ESTABLISHED || c->state == S6_I2BIS_SENT;
}

const struct s6_ctx *s6_find_id(const struct s6_host *h, uint32_t id)
{
	struct s6_context *c = s6_by_id(h, id);

	return c ? &c->pub : NULL;
}

const struct s6_ctx *s6_find_tag(const struct s6_host *h, uint64_t ct_local)
{
	struct s6_context *c = s6_by_tag(h, ct_local);

	return c ? &c->pub : NULL;
}

const struct s6_ctx *s6_find_ulids(const struct s6_host *h, const struct in6_addr *local, const struct in6_addr *peer,
				   uint32_t fii)
{
	struct s6_key k = { *local, *peer, fii };
	struct s6_context *c = s6_by_key(h, &k);

	return c ? &c->pub : NULL;
}

const struct s6_ctx *s6_next(const struct s6_host *h, const struct s6_ctx *prev)
{
	const struct s6_context *c = prev ? ((const struct s6_context *)prev)->hh_id.next : h->by_id;

	return c ? &c->pub : NULL;
}

unsigned int s6_count(const struct s6_host *h)
{
	return h->n;
}
