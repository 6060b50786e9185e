// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Locators and preferences of both ends while a context lives (RFC 5533, 10).
 *
 * Three sets of our own locators matter.  h->local is what the host has now.  c->offered is what this peer was told
 * last. c->pub.ls_local is what the peer is known to have taken, with flags and preferences kept at the local truth:
 * only these may be sources (7.2).
 *
 * The ULID stays in our list even when its address is gone from the host, marked BROKEN: a link that is down may come
 * back, and 5.15.3 has BROKEN for just that.  Ending contexts whose ULID became invalid for good (1.5) is the daemon's
 * decision, by s6_delete().
 */
#include <string.h>

#include "proto/shim6_priv.h"

#define BEHIND	16	/* generations */

/* 2.2: the group of the ULID decides; that of an ULID whose address is gone is remembered. */
static uint8_t group_of(const struct s6_host *h, const struct s6_context *c)
{
	int at = s6_locset_find(&h->local, &c->pub.ulid_local);

	if (at >= 0)
		return h->local.loc[at].group;
	at = s6_locset_find(&c->offered, &c->pub.ulid_local);
	return at >= 0 ? c->offered.loc[at].group : 0;
}

static bool in_group(const struct s6_host *h, const struct in6_addr *a, uint8_t group)
{
	int at = s6_locset_find(&h->local, a);

	return at >= 0 && h->local.loc[at].group == group;
}

/* What @c should announce now: what it announced before and is still there, in the old order, then what is new. */
static void wanted(const struct s6_host *h, const struct s6_context *c, struct s6_locset *want)
{
	const struct s6_announced *own = s6_own_find(h, &c->key.local);
	const struct in6_addr *ulid = &c->pub.ulid_local;
	struct s6_locator l = { .addr = *ulid };
	unsigned int i;
	uint8_t group = group_of(h, c);
	int at;

	memset(want, 0, sizeof(*want));
	if (own) {			/* with what is proven, and as it was signed */
		*want = own->pub.list;
		return;
	}
	want->generation = c->offered.generation;
	if (!c->offered.n) {
		s6_locset_add(want, &l);
	} else {
		for (i = 0; i < c->offered.n; i++)
			if (in_group(h, &c->offered.loc[i].addr, group) ||
			    IN6_ARE_ADDR_EQUAL(&c->offered.loc[i].addr, ulid))
				s6_locset_add(want, &c->offered.loc[i]);
	}
	for (i = 0; c->announce && i < h->local.n; i++)
		if (h->local.loc[i].group == group && s6_locset_find(want, &h->local.loc[i].addr) < 0)
			s6_locset_add(want, &h->local.loc[i]);

	for (i = 0; i < want->n; i++) {
		at = s6_locset_find(&h->local, &want->loc[i].addr);
		l = at >= 0 ? h->local.loc[at] : (struct s6_locator){ .flags = SHIM6_LOC_BROKEN };
		want->loc[i].flags = l.flags;
		want->loc[i].prio = l.prio;
		want->loc[i].weight = l.weight;
		want->loc[i].group = group;
		want->loc[i].method = S6_VERIFY_NONE;
	}
}

static void offer(const struct s6_host *h, struct s6_context *c, const struct s6_locset *want)
{
	c->offered = *want;
	s6_own_use(c, s6_own_find(h, &c->key.local));
}

void s6_offer_first(struct s6_host *h, struct s6_context *c)
{
	struct s6_locset want;

	wanted(h, c, &want);
	offer(h, c, &want);
	if (!c->own)
		c->offered.generation = s6_random32(h);		/* Q03 */
	c->pub.ls_local = c->offered;
}

/*
 * Before I2 or I2bis carries the list.  It may have been seen with R2 already, so a change is a new generation
 * (5.15.2).
 */
void s6_offer(struct s6_host *h, struct s6_context *c)
{
	struct s6_locset want;

	wanted(h, c, &want);
	if (!s6_own_find(h, &c->key.local) && !s6_locset_same_addrs(&want, &c->offered))
		want.generation++;
	offer(h, c, &want);
}

/* Flags and preferences of ls_local follow the host at once, its members only the peer. */
static void local_truth(struct s6_host *h, struct s6_context *c, const char *why)
{
	struct s6_locset new = c->pub.ls_local;
	struct s6_locator *l;
	unsigned int i;
	int at, cur = s6_locset_find(&c->pub.ls_local, &c->pub.loc_local);
	bool was_good = cur >= 0 && !(c->pub.ls_local.loc[cur].flags & SHIM6_LOC_BROKEN);

	for (i = 0; i < new.n; i++) {
		l = &new.loc[i];
		at = s6_locset_find(&h->local, &l->addr);
		if (at < 0) {
			l->flags |= SHIM6_LOC_BROKEN;
			continue;
		}
		l->flags = h->local.loc[at].flags;
		l->prio = h->local.loc[at].prio;
		l->weight = h->local.loc[at].weight;
	}
	if (s6_locset_equal(&new, &c->pub.ls_local))
		return;
	c->pub.ls_local = new;
	s6_mark(h, c, S6_C_LS_LOCAL, why);
	if (was_good && new.loc[cur].flags & SHIM6_LOC_BROKEN)
		s6_explore(h, c, "the local locator in use is gone or broken");
}

/* R2 or Update Acknowledgement: the peer took what was offered, these may be sources now (5.11, 7.2). */
void s6_taken(struct s6_host *h, struct s6_context *c, const char *why)
{
	if (!s6_locset_equal(&c->pub.ls_local, &c->offered)) {
		c->pub.ls_local = c->offered;
		s6_mark(h, c, S6_C_LS_LOCAL, why);
	}
	local_truth(h, c, why);
	if (s6_locset_find(&c->pub.ls_local, &c->pub.loc_local) < 0)
		s6_explore(h, c, "the local locator in use is no longer announced");
}

/* 10.1: does the list that is to be announced with a proof differ from what was announced? */
static bool own_differs(struct s6_context *c, struct s6_announced *own)
{
	if (!c->own && s6_locset_equal(&c->offered, &own->pub.list))	/* a context that was taken up again */
		s6_own_use(c, own);
	return !c->own || !s6_locset_same(&c->offered, &own->pub.list);
}

/* 10.1: tell the peer what changed on this host, if it did. */
void s6_refresh(struct s6_host *h, struct s6_context *c)
{
	struct s6_announced *own = s6_own_find(h, &c->key.local);
	bool list, prefs, timeout = c->ka_told != h->cfg.send_timeout;
	struct s6_locset want;

	if (s6_on_hold(c))
		return;
	local_truth(h, c, "local addresses or preferences changed");
	if (c->pub.state != S6_ESTABLISHED)	/* I2 and I2bis are not changed under way; this runs again after R2 */
		return;
	wanted(h, c, &want);
	list = own ? own_differs(c, own) : c->announce && !s6_locset_same_addrs(&want, &c->offered);
	/* Offered by an I2 that was not the message R2 answered. */
	list |= (own || c->announce) && !c->pub.update_pending &&
		!s6_locset_same_addrs(&c->offered, &c->pub.ls_local);
	prefs = !own && c->announce && !s6_locset_same_prefs(&want, &c->offered);
	if (list || prefs || timeout)
		s6_update_start(h, c, list, prefs);
	else if (c->pub.update_pending && !c->update.at)
		s6_update_again(h, c);
}

/*
 * Begin an update, or replace the outstanding one by one that says the old and the new (10.3).  A list, also one
 * repeated, is a new generation with all preferences.  The replacing one always has a list: should the abandoned
 * request be overtaken on its way, its generation gives it away.  A list with a proof has its generation already, and
 * another one with other preferences.
 */
void s6_update_start(struct s6_host *h, struct s6_context *c, bool list, bool prefs)
{
	bool own = s6_own_find(h, &c->key.local);
	struct s6_locset want;

	wanted(h, c, &want);
	list |= c->pub.update_pending || (own && prefs);
	if (!c->announce && !own)
		list = prefs = false;
	if (list && !own)
		want.generation++;			/* Q03 */
	if (list || !own)
		offer(h, c, &want);
	c->update_list = list;
	c->update_prefs = list ? !s6_locset_plain(&c->offered) : prefs;
	c->update_whole = false;
	c->update_nonce = s6_random32(h);
	c->update_sent = 0;
	c->pub.update_pending = true;
	s6_mark(h, c, S6_C_LS_LOCAL, "an update of our locators began");
	s6_update_again(h, c);
}

/* A source that the peer knows, the current one if possible (Q22); NULL: we have no locator at all. */
static const struct in6_addr *update_source(const struct s6_host *h, const struct s6_context *c)
{
	const struct s6_locset *ls = &c->pub.ls_local;
	unsigned int i;

	if (s6_locset_find_good(ls, &c->pub.loc_local) >= 0 && s6_locset_find_good(&h->local, &c->pub.loc_local) >= 0)
		return &c->pub.loc_local;
	for (i = 0; i < ls->n; i++)
		if (s6_locset_find_good(&h->local, &ls->loc[i].addr) >= 0)
			return &ls->loc[i].addr;
	/* The peer will answer a new one by R1bis, and learn of it by I2bis. */
	for (i = 0; i < c->offered.n; i++)
		if (s6_locset_find_good(&h->local, &c->offered.loc[i].addr) >= 0)
			return &c->offered.loc[i].addr;
	return NULL;
}

/* 10.2: for ever, the gap doubles up to two minutes */
void s6_update_again(struct s6_host *h, struct s6_context *c)
{
	uint64_t gap = S6_UPDATE_TIMEOUT;
	const struct in6_addr *src;
	unsigned int i;

	if (c->update_whole) {
		s6_update_start(h, c, true, true);
		return;
	}
	for (i = 0; i < c->update_sent && gap < S6_UPDATE_TIMEOUT_MAX; i++)
		gap *= 2;
	if (gap > S6_UPDATE_TIMEOUT_MAX)
		gap = S6_UPDATE_TIMEOUT_MAX;
	c->update_sent++;
	s6_backoff(h, &c->update, gap);
	src = update_source(h, c);
	if (src)
		s6_send_ur(h, c, src);
	else
		h->counter[S6_CNT_UPDATE_NO_SOURCE]++;
}

/* RFC 5534, 5.3; 0 is ignored (Q51).  @anew: the peer has just made its context, and means the default by silence. */
void s6_ka_timeout(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, bool anew)
{
	uint32_t ms = m->has_ka_timeout ? m->ka_timeout * 1000u : 0;

	if (!ms)
		ms = anew ? S6_KA_TIMEOUT_DEFAULT : c->pub.ka_timeout;
	if (c->pub.ka_timeout == ms)
		return;
	c->pub.ka_timeout = ms;
	s6_mark(h, c, S6_C_KA_TIMEOUT, "the peer wants another Keepalive Timeout");
}

/* After Ls(peer) or its preferences changed: is the current pair still wanted (10.4)? */
static void look_at_pair(struct s6_host *h, struct s6_context *c, const struct s6_locset *before)
{
	int was = s6_locset_find_good(before, &c->pub.loc_peer);

	if (was >= 0 && s6_locset_find(&c->pub.ls_peer, &c->pub.loc_peer) < 0)
		s6_explore(h, c, "the peer took its current locator back");
	else if (was >= 0 && s6_locset_find_good(&c->pub.ls_peer, &c->pub.loc_peer) < 0)
		s6_explore(h, c, "the peer calls its current locator broken");
}

/*
 * Requests overtake each other, and the network may double one or somebody play it again, but the last word must stay
 * the last.  A request obeyed before is acknowledged again (10.4), not obeyed again.
 */
static bool heard(const struct s6_context *c, uint32_t nonce)
{
	unsigned int i;

	for (i = 0; i < S6_HEARD && i < c->n_heard; i++)
		if (c->heard[i] == nonce)
			return true;
	return false;
}

/*
 * Most peers count generations up (5.15.2, Q03), so a list that is a little behind was overtaken by a later one.  Of
 * a peer that draws them at random (10.1) one in 2^28 is misjudged.
 */
bool s6_list_is_old(const struct s6_context *c, uint32_t generation)
{
	return c->has_peer_list && c->pub.ls_peer.generation - generation - 1 < BEHIND;
}

enum ur { UR_NEWS, UR_HEARD, UR_OLD, UR_GENERATION, UR_COUNT };

static enum ur judge_ur(const struct s6_context *c, const struct s6_msg *m)
{
	bool known = m->has_locators || c->has_peer_list;
	uint32_t generation = m->has_locators ? m->locators.generation : c->pub.ls_peer.generation;

	if (c->has_ct_peer && heard(c, m->nonce))
		return UR_HEARD;
	if (m->has_locators && s6_list_is_old(c, generation))
		return UR_OLD;
	if (m->has_prefs && (!known || m->prefs.generation != generation))
		return UR_GENERATION;
	if (m->has_prefs && m->prefs.n != (m->has_locators ? m->locators.n : c->pub.ls_peer.n))
		return UR_COUNT;
	return UR_NEWS;
}

bool s6_ur_is_news(const struct s6_context *c, const struct s6_msg *m)
{
	return judge_ur(c, m) == UR_NEWS;
}

void s6_refuse_ur(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, const struct in6_addr *src,
		  const struct in6_addr *dst, const uint8_t *data, size_t len)
{
	switch (judge_ur(c, m)) {
	case UR_HEARD:
		h->counter[S6_CNT_UR_OLD]++;
		s6_send_ua(h, c, m, src, dst);
		break;
	case UR_OLD:		/* its sender gave it up (10.3), or is told */
		h->counter[S6_CNT_UR_OLD]++;
		s6_send_error(h, SHIM6_ERR_GENERATION, m->locators_at + 4, src, dst, data, len);
		break;
	case UR_GENERATION:
		h->counter[S6_CNT_UR_GENERATION]++;
		s6_send_error(h, SHIM6_ERR_GENERATION, m->prefs_at + 4, src, dst, data, len);
		break;
	case UR_COUNT:
		h->counter[S6_CNT_UR_COUNT]++;
		s6_send_error(h, SHIM6_ERR_PREFS, m->prefs_at + 2, src, dst, data, len);
		break;
	case UR_NEWS:
		break;
	}
}

/* 10.4, from where the state let the message pass.  All was checked before anything is kept (Q21). */
void s6_in_ur(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, const struct s6_locset *list,
	      struct s6_bytes pds, const struct in6_addr *src, const struct in6_addr *dst)
{
	struct s6_locset new = m->has_locators ? *list : c->pub.ls_peer, before = c->pub.ls_peer;
	bool known = m->has_locators || c->has_peer_list;

	if (m->has_prefs)
		s6_locset_apply_prefs(&new, &m->prefs);
	s6_keep_pds(h, c, pds);

	if (!c->has_ct_peer) {		/* I2-SENT: nothing to acknowledge with; R2 brings tag and list anew */
		s6_judge(h, c, &new);
		c->pub.ls_peer = new;
		c->has_peer_list = known;
		s6_mark(h, c, S6_C_LS_PEER, "Update Request received");
		return;
	}
	if ((m->has_locators || m->has_prefs) && s6_set_peer(h, c, c->pub.ct_peer, &new))
		return;
	c->heard[c->n_heard++ % S6_HEARD] = m->nonce;
	s6_mark(h, c, 0, "Update Request received");
	s6_ka_timeout(h, c, m, false);
	look_at_pair(h, c, &before);
	s6_send_ua(h, c, m, src, dst);
}

/* 10.5 */
void s6_in_ua(struct s6_host *h, struct s6_context *c, const struct s6_msg *m)
{
	if (!c->pub.update_pending || m->nonce != c->update_nonce) {
		h->counter[S6_CNT_UA_NONCE]++;
		return;
	}
	c->pub.update_pending = c->update_list = c->update_prefs = c->update_whole = false;
	s6_timer_stop(&h->timers, &c->update);
	s6_mark(h, c, S6_C_LS_LOCAL, "Update Acknowledgement received");
	s6_taken(h, c, NULL);
}

void s6_set_local(struct s6_host *h, uint64_t now, const struct s6_locator *loc, unsigned int n,
		  struct s6_actions *acts)
{
	unsigned int i;

	s6_begin(h, now, acts);
	h->local.n = 0;
	for (i = 0; i < n; i++) {
		if (s6_locset_find(&h->local, &loc[i].addr) >= 0)
			continue;
		if (!s6_addr_ok(&loc[i].addr) || !s6_locset_add(&h->local, &loc[i]))
			h->counter[S6_CNT_LOCAL_EXCESS]++;
	}
	h->sweep = h->by_id;
	s6_sweep(h);
	s6_end(h);
}

/* Bring the contexts in line with the host, some at a time: s6_next_due() asks for the rest at once. */
void s6_sweep(struct s6_host *h)
{
	struct s6_context *c;
	unsigned int i;

	for (i = 0; i < S6_BATCH && h->sweep; i++) {
		c = h->sweep;
		h->sweep = c->hh_id.next;
		s6_refresh(h, c);
	}
}
