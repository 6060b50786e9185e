// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Proofs as octets: those of our own ULIDs, which many contexts share, and the PDS that proved a peer's.  What they
 * mean is none of the machine's business.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proto/shim6_priv.h"

/* --- ours ------------------------------------------------------------------------------------------------------- */

struct s6_announced *s6_own_find(const struct s6_host *h, const struct in6_addr *ulid)
{
	struct s6_announced *a;

	HASH_FIND(hh, h->own, ulid, sizeof(*ulid), a);
	return a;
}

static void release(struct s6_announced *a)
{
	if (a && !--a->refs)
		free(a);
}

void s6_own_use(struct s6_context *c, struct s6_announced *own)
{
	if (own)
		own->refs++;
	release(c->own);
	c->own = own;
}

bool s6_announces(const struct s6_host *h, const struct s6_context *c)
{
	return c->announce || c->own || s6_own_find(h, &c->key.local);
}

static bool own_ok(const struct s6_own *o)
{
	return o->pds.p && o->pds.len && s6_addr_ok(&o->ulid) && s6_locset_find(&o->list, &o->ulid) >= 0;
}

static bool own_equal(const struct s6_own *a, const struct s6_own *b)
{
	return s6_locset_equal(&a->list, &b->list) && a->pds.len == b->pds.len &&
	       !memcmp(a->pds.p, b->pds.p, a->pds.len) && a->signature.len == b->signature.len &&
	       (!a->signature.len || !memcmp(a->signature.p, b->signature.p, a->signature.len));
}

static struct s6_announced *copy(const struct s6_own *o)
{
	struct s6_announced *a = calloc(1, sizeof(*a) + o->pds.len + o->signature.len);

	if (!a)
		return NULL;
	a->refs = 1;
	a->pub = *o;
	memcpy(a->octets, o->pds.p, o->pds.len);
	a->pub.pds.p = a->octets;
	if (o->signature.len)
		memcpy(a->octets + o->pds.len, o->signature.p, o->signature.len);
	a->pub.signature.p = o->signature.len ? a->octets + o->pds.len : NULL;
	return a;
}

static void free_all(struct s6_announced *all)
{
	struct s6_announced *a, *tmp;

	HASH_ITER(hh, all, a, tmp) {
		HASH_DELETE(hh, all, a);
		release(a);
	}
}

void s6_own_free(struct s6_host *h)
{
	free_all(h->own);
	h->own = NULL;
}

int s6_set_own(struct s6_host *h, const struct s6_own *own, unsigned int n)
{
	struct s6_announced *new = NULL, *a, *same;
	unsigned int i;

	for (i = 0; i < n; i++) {
		if (!own_ok(&own[i])) {
			free_all(new);
			return -EINVAL;
		}
		a = copy(&own[i]);
		if (a) {
			HASH_REPLACE(hh, new, pub.ulid, sizeof(a->pub.ulid), a, same);
			release(same);
		}
		if (!a || !a->hh.tbl) {
			free(a);
			free_all(new);
			return -ENOMEM;
		}
	}
	/* What did not change stays the object that contexts hold. */
	for (i = 0; i < n; i++) {
		a = s6_own_find(h, &own[i].ulid);
		HASH_FIND(hh, new, &own[i].ulid, sizeof(own[i].ulid), same);
		if (!a || !same || a == same || !own_equal(&a->pub, &same->pub))
			continue;
		HASH_DELETE(hh, new, same);
		release(same);
		HASH_DELETE(hh, h->own, a);
		HASH_ADD(hh, new, pub.ulid, sizeof(a->pub.ulid), a);
		if (!a->hh.tbl) {
			h->counter[S6_CNT_NO_MEMORY]++;		/* unsecured until the next change */
			release(a);
		}
	}
	s6_own_free(h);
	h->own = new;
	return 0;
}

bool s6_own_generation(const struct s6_host *h, const struct s6_own *own, unsigned int n, uint32_t *generation)
{
	bool found = false, same = true;
	const struct s6_context *c;
	unsigned int i;

	for (c = h->by_id; c; c = c->hh_id.next) {
		for (i = 0; i < n && !IN6_ARE_ADDR_EQUAL(&own[i].ulid, &c->key.local); i++)
			;
		if (i == n || (found && (int32_t)(c->offered.generation - *generation) < 0))
			continue;
		if (!found || c->offered.generation != *generation)
			same = true;
		same &= s6_locset_same(&c->offered, &own[i].list);
		*generation = c->offered.generation;
		found = true;
	}
	if (found && !same)
		++*generation;
	return found;
}

/* The longest message with a list is an I2bis; validators of up to S6_VALIDATOR_MAX octets are usual. */
unsigned int s6_list_room(size_t pds_len, size_t signature_len)
{
	static const uint8_t blank[S6_MSG_MAX];
	struct s6_msg m = {
		.type = SHIM6_I2BIS, .has_ulids = true, .has_fii = true, .has_ka_timeout = true,
		.validator = { blank, S6_VALIDATOR_MAX },
		.has_locators = true, .has_prefs = true, .prefs.element_len = 3,
		.pds = { blank, pds_len }, .signature = { signature_len ? blank : NULL, signature_len },
	};
	uint8_t buf[S6_MSG_MAX];
	unsigned int n;

	if (pds_len > sizeof(blank) || signature_len > sizeof(blank))
		return 0;
	for (n = S6_LOCATORS_MAX; n; n--) {
		m.locators.n = m.prefs.n = n;
		if (s6_encode(&m, buf, sizeof(buf)))
			break;
	}
	return n;
}

/* --- the peer's ------------------------------------------------------------------------------------------------- */

void s6_keep_pds(struct s6_host *h, struct s6_context *c, struct s6_bytes pds)
{
	uint8_t *p;

	if (!pds.p || (c->peer_pds_len == pds.len && !memcmp(c->peer_pds, pds.p, pds.len)))
		return;
	p = malloc(pds.len);
	if (!p) {
		h->counter[S6_CNT_NO_MEMORY]++;		/* an Update Request without it will be refused */
		return;
	}
	memcpy(p, pds.p, pds.len);
	free(c->peer_pds);
	c->peer_pds = p;
	c->peer_pds_len = pds.len;
}

struct s6_bytes s6_peer_pds(const struct s6_host *h, uint32_t id)
{
	const struct s6_context *c = s6_by_id(h, id);

	return c ? (struct s6_bytes){ c->peer_pds, c->peer_pds_len } : (struct s6_bytes){ 0 };
}
