// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "prove/prove.h"

/* The locators of a list that claim a proof, and where each stood. */
struct claims {
	struct cga_list list;
	struct in6_addr addr[S6_LOCATORS_MAX];
	uint8_t method[S6_LOCATORS_MAX];
	unsigned int at[S6_LOCATORS_MAX];
};

/* Others passed s6_verify() without one: the ULID itself, and those of S6_VERIFY_NONE where that is allowed. */
static void take_claims(struct claims *cl, uint32_t generation, const struct s6_locator *loc, unsigned int n)
{
	unsigned int i, k = 0;

	for (i = 0; i < n; i++) {
		if (loc[i].method != SHIM6_VERIFY_HBA && loc[i].method != SHIM6_VERIFY_CGA)
			continue;
		cl->addr[k] = loc[i].addr;
		cl->method[k] = loc[i].method;
		cl->at[k++] = i;
	}
	cl->list = (struct cga_list){ .generation = generation, .n = k, .addr = cl->addr, .method = cl->method };
}

enum cga_fail prove_message(struct cga *c, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *data,
			    size_t len, const struct in6_addr *ulid, struct s6_bytes known, unsigned int min_bits,
			    struct s6_proof *proof)
{
	unsigned int which;
	struct cga_pds pds;
	struct claims cl;
	enum cga_fail f;
	struct s6_msg m;
	size_t at;

	*proof = (struct s6_proof){ .result = S6_PROOF_PDS, .ulid = *ulid };
	if (s6_decode(data, len, src, dst, &m, &at) != S6_V_OK)
		return CGA_ULID;
	if (!m.pds.p)
		m.pds = known;
	if (!m.pds.p)
		return CGA_ULID;
	f = cga_pds_parse(m.pds.p, m.pds.len, &pds, &at);
	if (f)
		return f;
	take_claims(&cl, m.locators.generation, m.locators.loc, m.has_locators ? m.locators.n : 0);
	f = cga_list_verify(c, ulid, &cl.list, &pds, m.signature.p, m.signature.len, min_bits, &which);
	if (f == CGA_OK) {
		proof->result = S6_PROOF_GOOD;
	} else if (which < cl.list.n) {
		proof->result = S6_PROOF_LIST;
		proof->bad = cl.at[which];
	}
	return f;
}

/* Append @l with the method that proves it; false: nothing does. */
static bool add(struct cga *c, struct s6_locset *list, struct s6_locator l, const struct cga_pds *pds,
		const struct cga_key *key)
{
	if (pds->prefixes && hba_verify(c, &l.addr, pds) == CGA_OK)
		l.method = SHIM6_VERIFY_HBA;
	else if (key)
		l.method = SHIM6_VERIFY_CGA;
	else
		return false;
	list->loc[list->n++] = l;
	return true;
}

static bool is(const struct s6_locator *l, const struct in6_addr *a)
{
	return !memcmp(&l->addr, a, sizeof(*a));
}

enum cga_fail prove_own(struct cga *c, const struct in6_addr *ulid, const struct cga_pds *pds,
			const struct cga_key *key, uint8_t group, const struct s6_locator *loc, unsigned int n,
			struct s6_own *out, unsigned int *cut)
{
	struct s6_locator gone = { .addr = *ulid, .flags = SHIM6_LOC_BROKEN, .group = group };
	enum cga_fail f = cga_verify_ulid(c, ulid, pds);
	unsigned int i, room;
	bool present = false;

	memset(out, 0, sizeof(*out));
	*cut = 0;
	if (f)
		return f;
	if (pds->prefixes && !pds->p_flag)
		key = NULL;			/* Q64 */
	out->ulid = *ulid;
	out->pds = (struct s6_bytes){ pds->data, pds->len };
	room = s6_list_room(pds->len, key ? cga_key_bits(key) / 8 : 0);
	for (i = 0; i < n; i++)
		present |= is(&loc[i], ulid);
	if (!room)
		return CGA_LONG;
	/* In the host's order; a place is kept for the ULID. */
	if (!present && !add(c, &out->list, gone, pds, key))
		return CGA_NO_SIGNATURE;
	for (i = 0; i < n; i++) {
		bool self = is(&loc[i], ulid);

		if (!self && loc[i].group != group)		/* RFC 5533, 2.2 */
			continue;
		if (!self && out->list.n + present >= room)
			++*cut;
		else if (!add(c, &out->list, loc[i], pds, key) && self)
			return CGA_NO_SIGNATURE;
		if (self)
			present = false;
	}
	return CGA_OK;
}

bool prove_sign(const struct cga_key *key, struct s6_own *own, uint8_t signature[CGA_SIGNATURE_MAX])
{
	struct claims cl;
	unsigned int i;

	own->signature = (struct s6_bytes){ 0 };
	for (i = 0; i < own->list.n && own->list.loc[i].method != SHIM6_VERIFY_CGA; i++)
		;
	if (i == own->list.n)
		return true;
	take_claims(&cl, own->list.generation, own->list.loc, own->list.n);
	own->signature.len = cga_list_sign(key, &cl.list, signature, CGA_SIGNATURE_MAX);
	if (own->signature.len)
		own->signature.p = signature;
	return own->signature.len;
}
