// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A live context as octets, and back, so that it outlives the daemon.
 *
 * Layout, version 1, integers in network byte order:
 *
 *	0	4	magic "s6c" and the version
 *	4	4	id
 *	8	4	FII
 *	12	6+6	CT(local), CT(peer)
 *	24	16*4	ULID(local), ULID(peer), Lp(local), Lp(peer)
 *	88	4+4	ms: Keepalive Timeout that the peer wants, and the one it was told
 *	96	4+4	peer_proven, peer_reached
 *	104	1	flags, FLAG_*
 *	105	...	three sets: Ls(local) as taken by the peer, as offered to it, Ls(peer); each
 *			4 generation, 1 number n, then n times 16 address, 1 method, 1 flags, 1 priority, 1 weight
 *	...	2+...	with FLAG_PDS: number of octets, and as many of the peer's CGA parameters
 *
 * Nothing follows.  An exchange under way is not kept: a context in I2BIS-SENT comes back as ESTABLISHED, and the next
 * R1bis begins its recovery again.
 */
#include <errno.h>
#include <string.h>

#include "proto/buf.h"
#include "proto/shim6_priv.h"

#define MAGIC		0x73366301	/* "s6c", 1 */

enum {
	FLAG_ANNOUNCE	= 1 << 0,
	FLAG_TRIGGERED	= 1 << 1,
	FLAG_PEER_LIST	= 1 << 2,
	FLAG_KA_SPOKEN	= 1 << 3,
	FLAG_UPDATE	= 1 << 4,	/* an Update Request was outstanding, */
	FLAG_LIST	= 1 << 5,	/* with this in it */
	FLAG_PREFS	= 1 << 6,
	FLAG_PDS	= 1 << 7,	/* the peer's is known */
};

static void put_set(struct wbuf *w, const struct s6_locset *ls)
{
	unsigned int i;

	wbuf_u32(w, ls->generation);
	wbuf_u8(w, ls->n);
	for (i = 0; i < ls->n; i++) {
		wbuf_addr(w, &ls->loc[i].addr);
		wbuf_u8(w, ls->loc[i].method);
		wbuf_u8(w, ls->loc[i].flags);
		wbuf_u8(w, ls->loc[i].prio);
		wbuf_u8(w, ls->loc[i].weight);
	}
}

static bool get_set(struct rbuf *r, struct s6_locset *ls)
{
	unsigned int i;
	uint8_t n;

	memset(ls, 0, sizeof(*ls));
	rbuf_u32(r, &ls->generation);
	rbuf_u8(r, &n);
	if (r->bad || !n || n > S6_LOCATORS_MAX)
		return false;
	ls->n = n;
	for (i = 0; i < n; i++) {
		rbuf_addr(r, &ls->loc[i].addr);
		rbuf_u8(r, &ls->loc[i].method);
		rbuf_u8(r, &ls->loc[i].flags);
		rbuf_u8(r, &ls->loc[i].prio);
		rbuf_u8(r, &ls->loc[i].weight);
		if (r->bad || !s6_addr_ok(&ls->loc[i].addr))
			return false;
	}
	return true;
}

size_t s6_save(const struct s6_ctx *ctx, uint8_t *buf, size_t size)
{
	const struct s6_context *c = (const struct s6_context *)ctx;
	struct wbuf w = wbuf_of(buf, size);

	if (!s6_ctx_live(ctx))
		return 0;
	wbuf_u32(&w, MAGIC);
	wbuf_u32(&w, ctx->id);
	wbuf_u32(&w, ctx->fii);
	wbuf_tag(&w, ctx->ct_local);
	wbuf_tag(&w, ctx->ct_peer);
	wbuf_addr(&w, &ctx->ulid_local);
	wbuf_addr(&w, &ctx->ulid_peer);
	wbuf_addr(&w, &ctx->loc_local);
	wbuf_addr(&w, &ctx->loc_peer);
	wbuf_u32(&w, ctx->ka_timeout);
	wbuf_u32(&w, c->ka_told);
	wbuf_u32(&w, ctx->peer_proven);
	wbuf_u32(&w, ctx->peer_reached);
	wbuf_u8(&w, (c->announce ? FLAG_ANNOUNCE : 0) | (ctx->locally_triggered ? FLAG_TRIGGERED : 0) |
		    (c->has_peer_list ? FLAG_PEER_LIST : 0) | (c->ka_spoken ? FLAG_KA_SPOKEN : 0) |
		    (ctx->update_pending ? FLAG_UPDATE : 0) | (c->update_list ? FLAG_LIST : 0) |
		    (c->update_prefs ? FLAG_PREFS : 0) | (c->peer_pds ? FLAG_PDS : 0));
	put_set(&w, &ctx->ls_local);
	put_set(&w, &c->offered);
	put_set(&w, &ctx->ls_peer);
	if (c->peer_pds) {
		wbuf_u16(&w, c->peer_pds_len);
		wbuf_bytes(&w, c->peer_pds, c->peer_pds_len);
	}
	return w.bad ? 0 : w.at;
}

/* What was read, before a context is made of it. */
struct saved {
	struct s6_ctx pub;
	struct s6_key key;
	struct s6_locset offered;
	struct s6_bytes pds;
	uint32_t ka_told;
	uint8_t flags;
};

static bool read_saved(const uint8_t *buf, size_t len, struct saved *s)
{
	struct rbuf r = rbuf_of(buf, len);
	struct s6_ctx *p = &s->pub;
	uint32_t magic;

	memset(s, 0, sizeof(*s));
	rbuf_u32(&r, &magic);
	if (r.bad || magic != MAGIC)
		return false;
	rbuf_u32(&r, &p->id);
	rbuf_u32(&r, &p->fii);
	rbuf_tag(&r, &p->ct_local);
	rbuf_tag(&r, &p->ct_peer);
	rbuf_addr(&r, &p->ulid_local);
	rbuf_addr(&r, &p->ulid_peer);
	rbuf_addr(&r, &p->loc_local);
	rbuf_addr(&r, &p->loc_peer);
	rbuf_u32(&r, &p->ka_timeout);
	rbuf_u32(&r, &s->ka_told);
	rbuf_u32(&r, &p->peer_proven);
	rbuf_u32(&r, &p->peer_reached);
	rbuf_u8(&r, &s->flags);
	s->key = (struct s6_key){ p->ulid_local, p->ulid_peer, p->fii };
	if (!get_set(&r, &p->ls_local) || !get_set(&r, &s->offered) || !get_set(&r, &p->ls_peer))
		return false;
	if (s->flags & FLAG_PDS) {
		uint16_t len;

		rbuf_u16(&r, &len);
		if (r.bad || !len || len > S6_PDS_MAX)
			return false;
		s->pds.len = len;
		rbuf_view(&r, len, &s->pds.p);
	}
	return rbuf_done(&r) &&
	       p->ct_local && p->ka_timeout && s->ka_told && s6_addr_ok(&p->ulid_local) &&
	       s6_addr_ok(&p->ulid_peer) && s6_addr_ok(&p->loc_local) && s6_addr_ok(&p->loc_peer);
}

static bool taken(const struct s6_host *h, const struct saved *s)
{
	struct s6_context *same = s6_by_key(h, &s->key);
	unsigned int i;

	if ((same && !s6_on_hold(same)) || s6_by_tag(h, s->pub.ct_local))
		return true;
	for (i = 0; i < s->pub.ls_peer.n; i++)
		if (s6_by_peer(h, s->pub.ct_peer, &s->pub.ls_peer.loc[i].addr))
			return true;
	return false;
}

static int restore(struct s6_host *h, const struct saved *s)
{
	struct s6_context *c = s6_held(h, &s->key);
	int err;

	if (c)
		s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_END, .why = "the pair has a context again" });
	c = s6_context_new(h, &s->key, &s->pub.ct_local, s->pub.id, &err);
	if (!c)
		return err;
	c->pub.ls_local = s->pub.ls_local;
	c->offered = s->offered;
	s6_own_use(c, NULL);		/* s6_refresh() finds it again, if it is still the same */
	c->pub.loc_local = s->pub.loc_local;
	c->pub.loc_peer = s->pub.loc_peer;
	c->pub.ka_timeout = s->pub.ka_timeout;
	c->pub.locally_triggered = s->flags & FLAG_TRIGGERED;
	c->ka_told = s->ka_told;
	c->announce = s->flags & FLAG_ANNOUNCE;
	c->ka_spoken = s->flags & FLAG_KA_SPOKEN;
	if (s6_set_peer(h, c, s->pub.ct_peer, &s->pub.ls_peer)) {
		s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_END, .why = "memory is short" });
		return -ENOSPC;
	}
	c->pub.peer_proven = s->pub.peer_proven;
	c->pub.peer_reached = s->pub.peer_reached;
	c->has_peer_list = s->flags & FLAG_PEER_LIST;
	s6_keep_pds(h, c, s->pds);
	s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_RESTORE });
	c->pub.update_pending = s->flags & FLAG_UPDATE;
	c->update_list = s->flags & FLAG_LIST;
	c->update_prefs = s->flags & FLAG_PREFS;
	c->update_nonce = s6_random32(h);
	if (h->local.n)			/* otherwise s6_set_local() comes later and does it */
		s6_refresh(h, c);
	return 0;
}

int s6_restore(struct s6_host *h, uint64_t now, const uint8_t *buf, size_t len, struct s6_actions *acts)
{
	struct saved s;
	int err;

	if (!read_saved(buf, len, &s))
		return -EINVAL;
	if (taken(h, &s))
		return -EEXIST;
	s6_begin(h, now, acts);
	err = restore(h, &s);
	s6_end(h);
	return err == -ENOMEM ? -ENOSPC : err;
}
