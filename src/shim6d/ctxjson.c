// SPDX-License-Identifier: GPL-2.0-or-later
#include "ctxjson.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "proto/reap.h"
#include "text.h"

json_t *ctxjson_tag(uint64_t tag)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%012" PRIx64, tag);
	return json_string(text);
}

static const char *method(uint8_t m)
{
	return m == SHIM6_VERIFY_HBA ? "hba" : m == SHIM6_VERIFY_CGA ? "cga" : "none";
}

static json_t *set(const struct s6_locset *ls)
{
	json_t *list = json_array(), *flags;

	for (unsigned int i = 0; i < ls->n; i++) {
		const struct s6_locator *l = &ls->loc[i];

		flags = json_array();
		if (l->flags & SHIM6_LOC_BROKEN)
			json_array_append_new(flags, json_string("broken"));
		if (l->flags & SHIM6_LOC_TRANSIENT)
			json_array_append_new(flags, json_string("temporary"));
		json_array_append_new(list, json_pack("{s:s, s:o, s:i, s:i, s:s}", "addr", addr_text(&l->addr),
						      "flags", flags, "prio", l->prio, "weight", l->weight, "verify",
						      method(l->method)));
	}
	return list;
}

static json_t *age(const struct kctl_ctx *k, uint32_t ms)
{
	return k && ms != UINT32_MAX ? json_integer(ms) : json_null();
}

json_t *ctxjson(const struct s6_ctx *c, const struct ctxjson_more *m)
{
	/* First, as addr_text() has few buffers. */
	json_t *ls_local = set(&c->ls_local), *ls_peer = set(&c->ls_peer);
	bool shimmed = memcmp(&c->loc_local, &c->ulid_local, 16) || memcmp(&c->loc_peer, &c->ulid_peer, 16);

	return json_pack("{s:I, s:s, s:s, s:s, s:I, s:o, s:o, s:s, s:s, s:b, s:o, s:o, s:o, s:I, s:I, s:I, s:b, s:b, "
			 "s:I, s:I, s:o, s:o, s:o}", "id", (json_int_t)c->id, "state", s6_state_name(c->state),
			 "ulid_local", addr_text(&c->ulid_local), "ulid_peer", addr_text(&c->ulid_peer),
			 "fii", (json_int_t)c->fii, "ct_local", ctxjson_tag(c->ct_local),
			 "ct_peer", s6_ctx_live(c) ? ctxjson_tag(c->ct_peer) : json_null(),
			 "loc_local", addr_text(&c->loc_local), "loc_peer", addr_text(&c->loc_peer),
			 "shimmed", shimmed, "reap", m->reap < 0 ? json_null() : json_string(reap_state_name(m->reap)),
			 "ls_local", ls_local, "ls_peer", ls_peer,
			 "gen_local", (json_int_t)c->ls_local.generation, "gen_peer", (json_int_t)c->ls_peer.generation,
			 "ka_timeout", (json_int_t)c->ka_timeout,
			 "update_pending", c->update_pending, "triggered", c->locally_triggered,
			 "age", (json_int_t)(m->now - m->created), "since", (json_int_t)(m->now - c->since),
			 "tx_age", age(m->k, m->k ? m->k->tx_age : 0), "rx_age", age(m->k, m->k ? m->k->rx_age : 0),
			 "flows", m->flows < 0 ? json_null() : json_integer(m->flows));
}
