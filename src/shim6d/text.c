// SPDX-License-Identifier: GPL-2.0-or-later
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "proto/reap.h"

#define BUFFERS	8

const char *text_ctx(const struct s6_ctx *c)
{
	static char buf[BUFFERS][2 * INET6_ADDRSTRLEN + 64];
	static unsigned int next;
	char *s = buf[next++ % BUFFERS];
	char fii[24] = "";

	if (c->fii)
		snprintf(fii, sizeof(fii), " fii %" PRIu32, c->fii);
	snprintf(s, sizeof(buf[0]), "context %" PRIu32 " (%s %s%s)", c->id, addr_text(&c->ulid_local),
		 addr_text(&c->ulid_peer), fii);
	return s;
}

__attribute__((format(printf, 4, 5)))
static void put(char *buf, size_t size, size_t *at, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf + *at, size - *at, fmt, ap);
	va_end(ap);
	*at = n < 0 || (size_t)n >= size - *at ? size - 1 : *at + n;
}

static void put_set(char *buf, size_t size, size_t *at, const char *key, const struct s6_locset *ls)
{
	put(buf, size, at, " %s=", key);
	for (unsigned int i = 0; i < ls->n; i++)
		put(buf, size, at, "%s%s", i ? "," : "", addr_text(&ls->loc[i].addr));
}

size_t text_dump(char *buf, size_t size, const struct s6_ctx *c, int reap)
{
	size_t at = 0;

	put(buf, size, &at, "id=%" PRIu32 " state=%s ulid_local=%s ulid_peer=%s fii=%" PRIu32, c->id,
	    s6_state_name(c->state), addr_text(&c->ulid_local), addr_text(&c->ulid_peer), c->fii);
	put(buf, size, &at, " ct_local=0x%012" PRIx64 " ct_peer=0x%012" PRIx64, c->ct_local,
	    s6_ctx_live(c) ? c->ct_peer : 0);
	put(buf, size, &at, " loc_local=%s loc_peer=%s reap=%s", addr_text(&c->loc_local), addr_text(&c->loc_peer),
	    reap < 0 ? "unknown" : reap_state_name(reap));
	put_set(buf, size, &at, "ls_local", &c->ls_local);
	put_set(buf, size, &at, "ls_peer", &c->ls_peer);
	put(buf, size, &at, " update_pending=%d\n", c->update_pending);
	return at;
}
