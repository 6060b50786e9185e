// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The queue of actions, and what changed in each context during one call.
 *
 * Order within a call: the messages, then one S6_ACT_CTX a changed context, then what reachability has to know of it.
 */
#include <stdlib.h>
#include <string.h>

#include "proto/shim6_priv.h"

void s6_actions_clear(struct s6_actions *acts)
{
	acts->n = 0;
}

void s6_actions_free(struct s6_actions *acts)
{
	free(acts->a);
	memset(acts, 0, sizeof(*acts));
}

static struct s6_action *append(struct s6_host *h, enum s6_action_type type, const struct s6_context *c)
{
	struct s6_actions *q = h->acts;
	struct s6_action *a;

	if (q->n == q->cap) {
		unsigned int cap = q->cap ? 2 * q->cap : 8;

		a = realloc(q->a, cap * sizeof(*a));
		if (!a) {
			h->counter[S6_CNT_NO_MEMORY]++;
			return NULL;
		}
		q->a = a;
		q->cap = cap;
	}
	a = &q->a[q->n++];
	memset(a, 0, offsetof(struct s6_action, pkt));
	a->type = type;
	a->why = "";
	a->pkt.len = 0;
	if (c)
		a->ctx = c->pub;
	return a;
}

/* Remember that @c changed.  A change of state gives the reason, otherwise the first change does. */
void s6_mark(struct s6_host *h, struct s6_context *c, unsigned int what, const char *why)
{
	if (!c->dirty) {
		c->dirty = true;
		c->old_state = c->pub.state;
		c->what = 0;
		c->why = c->explore = NULL;
		c->paid_in = c->paid_out = false;
		c->dirty_next = NULL;
		*h->dirty_end = c;
		h->dirty_end = &c->dirty_next;
	}
	if (why && (!c->why || what & (S6_C_STATE | S6_C_GONE)))
		c->why = why;
	c->what |= what;
}

void s6_explore(struct s6_host *h, struct s6_context *c, const char *why)
{
	s6_mark(h, c, 0, NULL);
	c->explore = why;
}

void s6_paid(struct s6_host *h, struct s6_context *c, bool sent)
{
	s6_mark(h, c, 0, NULL);
	if (sent)
		c->paid_out = true;
	else
		c->paid_in = true;
}

void s6_queue_send(struct s6_host *h, const struct s6_context *c, const struct s6_msg *m, const struct in6_addr *src,
		   const struct in6_addr *dst)
{
	struct s6_action *a = append(h, S6_ACT_SEND, c);

	if (!a)
		return;
	a->why = s6_type_name(m->type);
	a->pkt.src = *src;
	a->pkt.dst = *dst;
	a->pkt.len = s6_encode(m, a->pkt.data, sizeof(a->pkt.data));
	if (!a->pkt.len) {
		h->acts->n--;
		h->counter[S6_CNT_ENCODE]++;
		return;
	}
	h->counter[S6_CNT_SENT]++;
}

void s6_queue_prove(struct s6_host *h, const struct s6_context *c, const struct in6_addr *ulid,
		    const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *data, size_t len)
{
	struct s6_action *a = append(h, S6_ACT_PROVE, c);

	if (!a)
		return;
	a->ulid = *ulid;
	a->pkt.src = *src;
	a->pkt.dst = *dst;
	a->pkt.len = len < sizeof(a->pkt.data) ? len : sizeof(a->pkt.data);	/* what follows 1280 is not ours */
	memcpy(a->pkt.data, data, a->pkt.len);
	h->counter[S6_CNT_TO_PROVE]++;
}

static void payload(struct s6_host *h, struct s6_context *c, bool sent)
{
	struct s6_action *a = append(h, S6_ACT_PAYLOAD, c);

	if (a)
		a->sent = sent;
}

static void report_change(struct s6_host *h, struct s6_context *c)
{
	struct s6_action *a;

	if (!c->what || (c->what & S6_C_NEW && c->what & S6_C_GONE))
		return;
	a = append(h, S6_ACT_CTX, c);
	if (!a)
		return;
	a->what = c->what;
	a->old_state = c->old_state;
	a->why = c->why ? c->why : "";
}

void s6_flush(struct s6_host *h)
{
	struct s6_context *c, *next;

	for (c = h->dirty; c; c = c->dirty_next)
		report_change(h, c);
	for (c = h->dirty; c; c = next) {
		next = c->dirty_next;
		c->dirty = false;
		if (c->gone) {
			s6_context_free(c);
			continue;
		}
		/* Reachability does not look at a context before it is live (RFC 5534, 4.2). */
		if (s6_ctx_live(&c->pub)) {
			if (c->paid_in)
				payload(h, c, false);
			if (c->paid_out)
				payload(h, c, true);
			if (c->explore) {
				struct s6_action *a = append(h, S6_ACT_EXPLORE, c);

				if (a)
					a->why = c->explore;
			}
		}
	}
	h->dirty = NULL;
	h->dirty_end = &h->dirty;
}
