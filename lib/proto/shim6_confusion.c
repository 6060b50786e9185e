// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the peer calls itself: CT(peer) and Ls(peer).
 *
 * Invariant (7.15): no two live contexts have the same CT(peer) and a peer locator in common.  Hence CT(peer) and any
 * locator of Ls(peer) name one context at most, and both finding a context in confusion and delivering R1bis and Error
 * messages are plain hash lookups, however many contexts a peer manages to give the same tag.
 */
#include <errno.h>
#include <stdlib.h>

#include "proto/shim6_priv.h"

struct s6_context *s6_by_peer(const struct s6_host *h, uint64_t ct_peer, const struct in6_addr *loc_peer)
{
	struct s6_peer_key k = { ct_peer, *loc_peer };
	struct s6_peer_ref *r;

	HASH_FIND_BYHASHVALUE(hh, h->by_peer, &k, sizeof(k), s6_hash(h, &k, sizeof(k)), r);
	return r ? r->c : NULL;
}

void s6_unindex_peer(struct s6_host *h, struct s6_context *c)
{
	unsigned int i;

	for (i = 0; i < c->n_refs; i++) {
		if (c->refs[i].in)
			HASH_DELETE(hh, h->by_peer, &c->refs[i]);
		c->refs[i].in = false;
	}
}

void s6_index_peer(struct s6_host *h, struct s6_context *c)
{
	struct s6_peer_ref *r;
	unsigned int i;

	s6_unindex_peer(h, c);
	for (i = 0; i < c->n_refs; i++) {
		r = &c->refs[i];
		r->c = c;
		r->key = (struct s6_peer_key){ c->pub.ct_peer, c->pub.ls_peer.loc[i].addr };
		if (s6_by_peer(h, r->key.tag, &r->key.loc))	/* a list may name a locator twice */
			continue;
		HASH_ADD_KEYPTR_BYHASHVALUE(hh, h->by_peer, &r->key, sizeof(r->key),
					    s6_hash(h, &r->key, sizeof(r->key)), r);
		r->in = r->hh.tbl;
		if (!r->in)
			h->counter[S6_CNT_NO_MEMORY]++;
	}
}

/* The peer gave @ct_peer to @c; whoever else of the same peer has it was forgotten there. */
static void end_confused(struct s6_host *h, const struct s6_context *c, uint64_t ct_peer, const struct s6_locset *ls)
{
	struct s6_context *old;
	unsigned int i;

	for (i = 0; i < ls->n; i++) {
		old = s6_by_peer(h, ct_peer, &ls->loc[i].addr);
		if (!old || old == c)
			continue;
		h->counter[S6_CNT_CONFUSION]++;
		s6_fsm(h, old, &(struct s6_event){
			.type = S6_EV_END, .why = "the peer uses its tag for another context (7.15)" });
	}
}

/* What is known of each locator of the peer (6.1), for the list @new instead of the present one. */
void s6_judge(struct s6_host *h, struct s6_context *c, const struct s6_locset *new)
{
	uint32_t proven = 0, reached = 0;
	unsigned int i;
	int at;

	for (i = 0; i < new->n; i++) {
		at = s6_locset_find(&c->pub.ls_peer, &new->loc[i].addr);
		if (at >= 0 && c->pub.peer_reached & 1u << at)
			reached |= 1u << i;
		/* A method of a proof got here only with one. */
		if (new->loc[i].method == SHIM6_VERIFY_HBA || new->loc[i].method == SHIM6_VERIFY_CGA ||
		    IN6_ARE_ADDR_EQUAL(&new->loc[i].addr, &c->key.peer))
			proven |= 1u << i;
	}
	if (c->pub.peer_proven != proven || c->pub.peer_reached != reached)
		s6_mark(h, c, S6_C_LS_PEER, NULL);
	c->pub.peer_proven = proven;
	c->pub.peer_reached = reached;
}

/* A probe, validator or nonce came back from @loc_peer. */
void s6_reached(struct s6_host *h, struct s6_context *c, const struct in6_addr *loc_peer)
{
	int at = s6_locset_find(&c->pub.ls_peer, loc_peer);

	if (at < 0 || c->pub.peer_reached & 1u << at)
		return;
	c->pub.peer_reached |= 1u << at;
	s6_mark(h, c, S6_C_LS_PEER, "a locator of the peer was reached");
}

int s6_set_peer(struct s6_host *h, struct s6_context *c, uint64_t ct_peer, const struct s6_locset *ls_peer)
{
	const struct s6_locset *ls = ls_peer ? ls_peer : &c->pub.ls_peer;
	struct s6_peer_ref *refs = calloc(ls->n, sizeof(*refs));

	if (!refs) {
		h->counter[S6_CNT_NO_MEMORY]++;
		return -ENOMEM;
	}
	end_confused(h, c, ct_peer, ls);
	s6_unindex_peer(h, c);
	free(c->refs);
	c->refs = refs;
	c->n_refs = ls->n;

	if (!c->has_ct_peer || c->pub.ct_peer != ct_peer)
		s6_mark(h, c, S6_C_TAGS, NULL);
	c->has_ct_peer = true;
	c->pub.ct_peer = ct_peer;
	if (ls_peer) {
		if (!s6_locset_equal(&c->pub.ls_peer, ls_peer))
			s6_mark(h, c, S6_C_LS_PEER, NULL);
		s6_judge(h, c, ls_peer);
		c->has_peer_list = true;
		c->pub.ls_peer = *ls_peer;
	}
	if (s6_ctx_live(&c->pub))
		s6_index_peer(h, c);
	return 0;
}
