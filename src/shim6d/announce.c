// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What our ULIDs announce with a proof (RFC 5533, 7.6).
 *
 * All lists have one generation.  It changes when one of them does, and with it the signature: one for all addresses of
 * a key, and for all peers.  Signing is done here and now: it takes a millisecond, happens only when our own addresses
 * change, and no peer can cause it.
 */
#include <stdlib.h>
#include <string.h>

#include "hal/log.h"
#include "hal/rng.h"
#include "ident.h"
#include "prove/prove.h"
#include "shim6d.h"
#include "text.h"

#define OWN_MAX		64	/* ULIDs of ours that are announced: on the host, or still in use */

struct announce {
	struct s6d_idents *idents;
	struct cga *cga;
	bool ready;			/* contexts of a predecessor are taken up, their generation is known */
	bool has_generation;
	uint32_t generation;
	unsigned int n;
	struct s6_own own[OWN_MAX];
	const struct cga_key *key[OWN_MAX];
	uint8_t signature[OWN_MAX][CGA_SIGNATURE_MAX];
};

static bool known(const struct announce *a, const struct in6_addr *ulid)
{
	for (unsigned int i = 0; i < a->n; i++)
		if (!memcmp(&a->own[i].ulid, ulid, sizeof(*ulid)))
			return true;
	return false;
}

static void add(const struct shim6d *d, const struct in6_addr *ulid, const struct s6_locator *loc, unsigned int n)
{
	struct announce *a = d->announce;
	const struct s6d_ident *id = ident_find(a->idents, ulid);
	unsigned int cut;
	enum cga_fail f;

	if (!id || a->n == OWN_MAX || known(a, ulid))
		return;
	f = prove_own(a->cga, ulid, &id->parsed, id->key, conf_locator_group(&d->conf, ulid), loc, n, &a->own[a->n],
		      &cut);
	if (f) {
		log_err("%s is not announced with a proof: %s", addr_text(ulid), cga_fail_text(f));
		return;
	}
	if (cut)
		log_warn("%s: %u locators are not announced: a message has no room for them beside their proof; "
			 "choose by the section locators of the configuration", addr_text(ulid), cut);
	a->key[a->n++] = id->key;
}

/* The lists of all our ULIDs, without generation and signature. */
static void collect(const struct shim6d *d, const struct s6_locator *loc, unsigned int n)
{
	const struct s6_ctx *c = NULL;

	d->announce->n = 0;
	for (unsigned int i = 0; i < n; i++)
		add(d, &loc[i].addr, loc, n);
	while ((c = s6_next(engine_host(d), c)))	/* whose address is gone */
		add(d, &c->ulid_local, loc, n);
}

static bool same(const struct s6_own *a, const struct s6_own *b)
{
	if (memcmp(&a->ulid, &b->ulid, sizeof(a->ulid)) || a->list.n != b->list.n)
		return false;
	return !memcmp(a->list.loc, b->list.loc, a->list.n * sizeof(a->list.loc[0]));
}

static bool changed(const struct announce *a, const struct s6_own *before, unsigned int n)
{
	for (unsigned int i = 0; i < n && n == a->n; i++)
		if (!same(&a->own[i], &before[i]))
			return true;
	return n != a->n;
}

/* Lists of one key that have the same locators have the same signature. */
static bool sign(struct announce *a, unsigned int i)
{
	for (unsigned int j = 0; j < i; j++) {
		if (a->key[j] != a->key[i] || a->own[j].list.n != a->own[i].list.n ||
		    memcmp(a->own[j].list.loc, a->own[i].list.loc, a->own[i].list.n * sizeof(a->own[i].list.loc[0])))
			continue;
		a->own[i].signature = a->own[j].signature;
		return true;
	}
	return prove_sign(a->key[i], &a->own[i], a->signature[i]);
}

static void sign_all(struct announce *a)
{
	unsigned int i = 0;

	while (i < a->n) {
		a->own[i].list.generation = a->generation;
		if (sign(a, i)) {
			i++;
			continue;
		}
		log_err("%s is not announced: its list cannot be signed; is SHA-1 forbidden by the configuration of "
			"OpenSSL?", addr_text(&a->own[i].ulid));
		a->own[i] = a->own[--a->n];
		a->key[i] = a->key[a->n];
	}
}

void announce_update(struct shim6d *d, const struct s6_locator *loc, unsigned int n)
{
	struct announce *a = d->announce;
	struct s6_own before[OWN_MAX];
	unsigned int n_before = a->n;

	if (!a->ready)
		return;
	memcpy(before, a->own, n_before * sizeof(*before));
	collect(d, loc, n);
	if (!a->n && !n_before)
		return;
	if (!a->has_generation && !s6_own_generation(engine_host(d), a->own, a->n, &a->generation))
		hal_random(NULL, &a->generation, sizeof(a->generation));	/* Q03 */
	else if (a->has_generation && changed(a, before, n_before))
		a->generation++;
	a->has_generation = true;
	sign_all(a);
	engine_set_own(d, a->own, a->n);
}

void announce_start(struct shim6d *d)
{
	d->announce->ready = true;
}

void announce_identities(struct shim6d *d, struct s6d_idents *idents)
{
	struct announce *a = d->announce;

	/* The machine has copies: nothing refers to what goes now but our own lists, which are made anew. */
	for (unsigned int i = 0; i < a->n; i++)
		a->own[i].pds = a->own[i].signature = (struct s6_bytes){ 0 };
	idents_free(a->idents);
	a->idents = idents;
}

bool announce_proven(const struct shim6d *d, const struct in6_addr *ulid)
{
	return known(d->announce, ulid);
}

int announce_open(struct shim6d *d)
{
	d->announce = calloc(1, sizeof(*d->announce));
	if (d->announce)
		d->announce->cga = cga_new();
	if (d->announce && d->announce->cga)
		return 0;
	hal_daemon_fail("memory is short, or OpenSSL has no SHA-1: see its configuration");
	return -1;
}

void announce_close(struct shim6d *d)
{
	if (!d->announce)
		return;
	idents_free(d->announce->idents);
	cga_free(d->announce->cga);
	free(d->announce);
	d->announce = NULL;
}
