/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for the REAP machine: two hosts, the kernel's REAP clock as uapi/shim6_nl.h describes it, applications,
 * and a network whose every directed address pair is up or down, slow and lossy by itself.  Discrete events,
 * milliseconds, one seed: the same seed gives the same run.
 */
#ifndef SIM_REAP_WORLD_H
#define SIM_REAP_WORLD_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/reap.h"
#include "uapi/shim6_nl.h"

#define W_LOCATORS	4	/* locators of a host, at most */
#define W_NEVER		UINT64_MAX
#define W_RATE		32	/* Probes a minute of one host, at most, whatever the network does */

enum w_kind {
	W_PACKET,		/* arrives at host */
	W_SEND_TIMER,		/* the kernel's Send Timer ends */
	W_KA_TICK,		/* a Keepalive Interval ends */
	W_KA_TIMER,		/* the Keepalive Timer ends */
	W_PROBE_DUE,
	W_APP,			/* the application sends */
	W_TIMERS,		/* kinds above from W_SEND_TIMER on can be cancelled */
	W_EV_SEND_TIMEOUT = W_TIMERS,	/* events of the kernel on their way to reapd */
	W_EV_KEEPALIVE,
	W_EV_KEEPALIVE_END,
	W_EV_ACTIVITY,
};

struct w_packet {
	bool payload;
	uint8_t local, peer;	/* locators used, as the sender numbers them */
	uint64_t sent_at;
	size_t len;
	uint8_t data[S6_MSG_MAX];
};

struct w_event {
	uint64_t at, order;
	enum w_kind kind;
	uint8_t host;
	uint32_t generation;
	struct w_packet *packet;
};

struct w_path {
	bool up;
	uint32_t delay;		/* ms */
	uint32_t loss;		/* of 1000 */
};

struct w_host {
	struct reap_assoc *assoc;
	struct reap_params params;
	uint8_t loc_local, loc_peer;		/* the pair that the kernel uses */

	uint8_t state;				/* as the actions tell it */
	uint8_t mode;				/* the kernel's clock */
	bool send_running, ka_running, noticed;
	uint32_t generation[W_TIMERS];		/* an event of another generation was cancelled */
	uint64_t probe_due;

	uint32_t send_timeout;			/* ms; the other host has it as its Keepalive Timeout */
	uint32_t period;			/* ms between packets of the application; 0: silent */
	bool answers;				/* the application answers each packet */

	uint64_t left_operational;
	uint64_t heard[W_LOCATORS][W_LOCATORS];	/* when the newest Probe that got through over this pair was sent */
	unsigned int probes, keepalives, states, pairs, needless, payload_in;
	uint64_t recent[64];			/* times of the newest Probes sent */
};

struct world;
typedef void (*w_trace_fn)(struct world *w, unsigned int h, const struct reap_action *act, const struct s6_msg *msg);

struct world {
	uint64_t now, order, seed;
	struct w_host host[2];
	struct w_path path[2][W_LOCATORS][W_LOCATORS];	/* by sender, its locator, the receiver's locator */
	struct reap_config cfg;
	struct w_event *heap;
	unsigned int n, cap;
	char error[256];			/* the first broken invariant */
	w_trace_fn trace;			/* NULL, or told of all that the machines do */
};

/* --- chance -------------------------------------------------------------------------------------------------- */

static inline uint64_t w_rand(struct world *w)
{
	uint64_t z = w->seed += 0x9e3779b97f4a7c15ULL;	/* splitmix64 */

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

/* 0 .. @n - 1 */
static inline uint32_t w_below(struct world *w, uint32_t n)
{
	return w_rand(w) % n;
}

static inline void w_fill(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	while (len--)
		*p++ = w_rand(arg);
}

__attribute__((format(printf, 2, 3)))
static inline void w_fail(struct world *w, const char *fmt, ...)
{
	va_list ap;

	if (*w->error)
		return;
	va_start(ap, fmt);
	vsnprintf(w->error, sizeof(w->error), fmt, ap);
	va_end(ap);
}

/* --- events -------------------------------------------------------------------------------------------------- */

static inline bool w_before(const struct w_event *a, const struct w_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static inline void w_post(struct world *w, uint64_t at, enum w_kind kind, unsigned int h, struct w_packet *packet)
{
	struct w_event e = { at, w->order++, kind, h, kind < W_TIMERS ? w->host[h].generation[kind] : 0, packet };
	unsigned int i;

	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		w->heap = realloc(w->heap, w->cap * sizeof(*w->heap));
		if (!w->heap)
			abort();
	}
	for (i = w->n++; i && w_before(&e, &w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = e;
}

static inline struct w_event w_take(struct world *w)
{
	struct w_event top = w->heap[0], last = w->heap[--w->n];
	unsigned int i = 0, c;

	while ((c = 2 * i + 1) < w->n) {
		if (c + 1 < w->n && w_before(&w->heap[c + 1], &w->heap[c]))
			c++;
		if (!w_before(&w->heap[c], &last))
			break;
		w->heap[i] = w->heap[c];
		i = c;
	}
	w->heap[i] = last;
	return top;
}

static inline void w_cancel(struct world *w, unsigned int h, enum w_kind kind)
{
	w->host[h].generation[kind]++;
}

/* An event of the kernel reaches reapd a little later, when the machine may have moved on. */
static inline void w_tell(struct world *w, enum w_kind kind, unsigned int h)
{
	w_post(w, w->now + w_below(w, 3), kind, h, NULL);
}

/* --- the kernel's clock -------------------------------------------------------------------------------------- */

static inline void w_start_send(struct world *w, unsigned int h)
{
	struct w_host *x = &w->host[h];

	if (x->send_running)
		return;
	x->send_running = true;
	/* Q54: randomised upward */
	w_post(w, w->now + x->send_timeout + w_below(w, x->send_timeout / 16 + 1), W_SEND_TIMER, h, NULL);
}

static inline void w_stop_send(struct world *w, unsigned int h)
{
	w->host[h].send_running = false;
	w_cancel(w, h, W_SEND_TIMER);
}

/* Q54: randomised downward from 0.4 of the Keepalive Timeout, which leaves it above a third of it. */
static inline uint64_t w_ka_interval(struct world *w, unsigned int h)
{
	uint32_t interval = w->host[h].params.ka_timeout * 2 / 5;

	return interval - w_below(w, interval / 16 + 1);
}

static inline void w_start_ka(struct world *w, unsigned int h)
{
	struct w_host *x = &w->host[h];

	if (x->ka_running)
		return;
	x->ka_running = true;
	w_post(w, w->now + x->params.ka_timeout, W_KA_TIMER, h, NULL);
	w_post(w, w->now + w_ka_interval(w, h), W_KA_TICK, h, NULL);
}

static inline void w_stop_ka(struct world *w, unsigned int h)
{
	w->host[h].ka_running = false;
	w_cancel(w, h, W_KA_TIMER);
	w_cancel(w, h, W_KA_TICK);
}

static inline void w_clock_rx(struct world *w, unsigned int h)	/* 6.1 */
{
	struct w_host *x = &w->host[h];

	if (x->mode == SHIM6_REAP_EXPLORING) {
		if (!x->noticed)
			w_tell(w, W_EV_ACTIVITY, h);
		x->noticed = true;
		return;
	}
	w_stop_send(w, h);
	if (x->mode == SHIM6_REAP_OPERATIONAL)
		w_start_ka(w, h);
}

static inline void w_clock_tx(struct world *w, unsigned int h)	/* 6.2 */
{
	struct w_host *x = &w->host[h];

	if (x->mode == SHIM6_REAP_EXPLORING)
		return;
	if (x->mode == SHIM6_REAP_OPERATIONAL)
		w_stop_ka(w, h);
	w_start_send(w, h);
}

static inline void w_clock_set(struct world *w, unsigned int h, uint8_t mode, uint32_t ops)
{
	struct w_host *x = &w->host[h];

	x->mode = mode;
	x->noticed = false;
	if (ops & SHIM6_REAP_OP_STOP_SEND)
		w_stop_send(w, h);
	if (ops & SHIM6_REAP_OP_STOP_KA)
		w_stop_ka(w, h);
	if (ops & SHIM6_REAP_OP_RESTART_SEND)
		w_stop_send(w, h);
	if (ops & (SHIM6_REAP_OP_START_SEND | SHIM6_REAP_OP_RESTART_SEND))
		w_start_send(w, h);
	if (ops & SHIM6_REAP_OP_START_KA)
		w_start_ka(w, h);
}

/* --- the network --------------------------------------------------------------------------------------------- */

/* The packet comes in at the other host, if its path lets it through; what is on its way when a path dies is lost. */
static inline void w_transmit(struct world *w, unsigned int h, struct w_packet *packet)
{
	const struct w_path *path = &w->path[h][packet->local][packet->peer];

	packet->sent_at = w->now;
	if (!path->up || (path->loss && w_below(w, 1000) < path->loss)) {
		free(packet);
		return;
	}
	w_post(w, w->now + path->delay, W_PACKET, !h, packet);
}

static inline int w_index(const struct s6_locator *loc, unsigned int n, const struct in6_addr *addr)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		if (IN6_ARE_ADDR_EQUAL(&loc[i].addr, addr))
			return i;
	return -1;
}

static inline void w_payload_out(struct world *w, unsigned int h)
{
	struct w_packet *packet = calloc(1, sizeof(*packet));

	if (!packet)
		abort();
	w_clock_tx(w, h);
	packet->payload = true;
	packet->local = w->host[h].loc_local;
	packet->peer = w->host[h].loc_peer;
	w_transmit(w, h, packet);
}

/* --- reapd: carry out the machine's actions ------------------------------------------------------------------ */

static inline void w_check_timers(struct world *w, unsigned int h)
{
	const struct w_host *x = &w->host[h];

	if (x->send_running && x->ka_running)
		w_fail(w, "host %u: Send and Keepalive Timer run together", h);
	if (x->mode == SHIM6_REAP_EXPLORING && (x->send_running || x->ka_running))
		w_fail(w, "host %u: a timer runs in Exploring", h);
	if (x->mode == SHIM6_REAP_INBOUND_OK && x->ka_running)
		w_fail(w, "host %u: the Keepalive Timer runs in InboundOk", h);
	if (x->mode != reap_state(x->assoc))
		w_fail(w, "host %u: the clock's mode is not the state", h);
}

static inline void w_send(struct world *w, unsigned int h, const struct reap_action *act, struct s6_msg *msg)
{
	struct w_host *x = &w->host[h];
	struct w_packet *packet = calloc(1, sizeof(*packet));
	int l = w_index(x->params.local, x->params.n_local, &act->src);
	int r = w_index(x->params.peer, x->params.n_peer, &act->dst);
	size_t fault;

	if (!packet)
		abort();
	if (s6_decode(act->data, act->len, &act->src, &act->dst, msg, &fault) != S6_V_OK)
		w_fail(w, "host %u: a message that cannot be decoded", h);
	if (msg->type == SHIM6_PROBE) {
		memmove(&x->recent[1], x->recent, sizeof(x->recent) - sizeof(x->recent[0]));
		x->recent[0] = w->now;
		x->probes++;
		if (x->recent[W_RATE] && w->now - x->recent[W_RATE] < 60000)
			w_fail(w, "host %u: more than %u Probes in a minute", h, W_RATE);
		if (msg->reap_state != x->state)
			w_fail(w, "host %u: a Probe with a State that is not the state", h);
	} else {
		x->keepalives++;
	}
	if (l < 0 || r < 0) {			/* not one of our addresses any more: the kernel refuses it */
		free(packet);
		return;
	}
	packet->local = l;
	packet->peer = r;
	packet->len = act->len;
	memcpy(packet->data, act->data, act->len);
	w_transmit(w, h, packet);
}

static inline void w_use_pair(struct world *w, unsigned int h, const struct reap_action *act)
{
	struct w_host *x = &w->host[h];
	int l = w_index(x->params.local, x->params.n_local, &act->src);
	int r = w_index(x->params.peer, x->params.n_peer, &act->dst);

	x->pairs++;
	if (l < 0 || r < 0) {
		w_fail(w, "host %u: told to use a pair that is none", h);
		return;
	}
	x->needless += w->path[h][x->loc_local][x->loc_peer].up;
	x->loc_local = l;
	x->loc_peer = r;
	/* RFC 5534, 8: only after a test of its own in this round */
	if (x->heard[l][r] == W_NEVER || x->heard[l][r] < x->left_operational)
		w_fail(w, "host %u: pair %d-%d is used without proof", h, l, r);
}

static inline void w_carry_out(struct world *w, unsigned int h, struct reap_actions *acts)
{
	static const struct s6_msg none;
	struct w_host *x = &w->host[h];
	struct s6_msg msg = none;
	unsigned int i;

	for (i = 0; i < acts->n; i++) {
		const struct reap_action *act = &acts->a[i];

		switch (act->type) {
		case REAP_ACT_STATE:
			x->states++;
			x->state = act->state;
			if (act->old_state == SHIM6_REAP_OPERATIONAL)
				x->left_operational = w->now;
			break;
		case REAP_ACT_CLOCK:
			w_clock_set(w, h, act->mode, act->ops);
			break;
		case REAP_ACT_PAIR:
			w_use_pair(w, h, act);
			break;
		case REAP_ACT_SEND:
			w_send(w, h, act, &msg);
			break;
		}
		if (w->trace)
			w->trace(w, h, act, act->type == REAP_ACT_SEND ? &msg : NULL);
	}
	reap_actions_free(acts);
	if (x->probe_due != reap_next_due(x->assoc)) {
		x->probe_due = reap_next_due(x->assoc);
		w_cancel(w, h, W_PROBE_DUE);
		if (x->probe_due != W_NEVER)
			w_post(w, x->probe_due, W_PROBE_DUE, h, NULL);
	}
	w_check_timers(w, h);
}

#define W_CALL(w, h, call) do { struct reap_actions acts = { 0 }; call; w_carry_out(w, h, &acts); } while (0)

static inline void w_control_in(struct world *w, unsigned int h, const struct w_packet *packet)
{
	struct w_host *x = &w->host[h], *from = &w->host[!h];
	const struct in6_addr *src = &from->params.local[packet->local].addr;
	const struct in6_addr *dst = &from->params.peer[packet->peer].addr;
	enum reap_verdict v;
	struct s6_msg msg;
	size_t fault;

	if (s6_decode(packet->data, packet->len, src, dst, &msg, &fault) != S6_V_OK)
		return;
	if (msg.type == SHIM6_PROBE)
		from->heard[packet->local][packet->peer] = packet->sent_at;
	W_CALL(w, h, v = reap_input(x->assoc, &msg, src, dst, w->now, &acts));
	if (v != REAP_V_OK)
		w_fail(w, "host %u: a good message was refused: %s", h, reap_verdict_name(v));
}

/* --- running ------------------------------------------------------------------------------------------------- */

static inline void w_dispatch(struct world *w, const struct w_event *e)
{
	unsigned int h = e->host;
	struct w_host *x = &w->host[h];

	switch (e->kind) {
	case W_PACKET:
		if (!w->path[!h][e->packet->local][e->packet->peer].up)
			break;
		if (!e->packet->payload) {
			w_control_in(w, h, e->packet);
			break;
		}
		x->payload_in++;
		w_clock_rx(w, h);
		if (x->answers)
			w_payload_out(w, h);
		break;
	case W_SEND_TIMER:
		x->send_running = false;
		w_tell(w, W_EV_SEND_TIMEOUT, h);
		break;
	case W_KA_TICK:
		w_tell(w, W_EV_KEEPALIVE, h);
		w_post(w, w->now + w_ka_interval(w, h), W_KA_TICK, h, NULL);
		break;
	case W_KA_TIMER:
		w_stop_ka(w, h);
		w_tell(w, W_EV_KEEPALIVE_END, h);
		break;
	case W_PROBE_DUE:
		x->probe_due = W_NEVER;
		W_CALL(w, h, reap_timeout(x->assoc, w->now, &acts));
		break;
	case W_APP:
		w_payload_out(w, h);
		if (x->period)
			w_post(w, w->now + x->period / 2 + w_below(w, x->period), W_APP, h, NULL);
		break;
	case W_EV_SEND_TIMEOUT:
		W_CALL(w, h, reap_send_timeout(x->assoc, w->now, &acts));
		break;
	case W_EV_KEEPALIVE:
		W_CALL(w, h, reap_keepalive_due(x->assoc, false, w->now, &acts));
		break;
	case W_EV_KEEPALIVE_END:
		W_CALL(w, h, reap_keepalive_due(x->assoc, true, w->now, &acts));
		break;
	case W_EV_ACTIVITY:
		W_CALL(w, h, reap_payload_in(x->assoc, w->now, &acts));
		break;
	}
}

/* Run up to and including time @until, or to the first broken invariant. */
static inline void w_run(struct world *w, uint64_t until)
{
	while (w->n && w->heap[0].at <= until && !*w->error) {
		struct w_event e = w_take(w);

		w->now = e.at;
		if (e.kind >= W_TIMERS || e.kind == W_PACKET || e.generation == w->host[e.host].generation[e.kind])
			w_dispatch(w, &e);
		free(e.packet);
	}
	w->now = until;
}

/* Start the application of host @h: a packet each @period ms on the average, from now on. */
static inline void w_app(struct world *w, unsigned int h, uint32_t period)
{
	w->host[h].period = period;
	w_cancel(w, h, W_APP);
	if (period)
		w_post(w, w->now + w_below(w, period), W_APP, h, NULL);
}

/* Local knowledge: host @h's locator @l is broken, or mended. */
static inline void w_local(struct world *w, unsigned int h, unsigned int l, bool broken)
{
	struct w_host *x = &w->host[h];

	x->params.local[l].flags = broken ? SHIM6_LOC_BROKEN : 0;
	W_CALL(w, h, reap_update(x->assoc, &x->params, w->now, &acts));
}

/* reapd of host @h dies and is started again: it knows nothing of an exploration, the kernel keeps the pair. */
static inline void w_restart(struct world *w, unsigned int h)
{
	struct w_host *x = &w->host[h];

	x->params.loc_local = x->params.local[x->loc_local].addr;
	x->params.loc_peer = x->params.peer[x->loc_peer].addr;
	reap_free(x->assoc);
	x->assoc = reap_new(&x->params, &w->cfg, w_fill, w, w->now);
	if (!x->assoc)
		abort();
	x->state = SHIM6_REAP_OPERATIONAL;
	x->probe_due = W_NEVER;
	w_cancel(w, h, W_PROBE_DUE);
	w_clock_set(w, h, SHIM6_REAP_OPERATIONAL, SHIM6_REAP_OP_STOP_SEND | SHIM6_REAP_OP_STOP_KA);
	if (x->params.local[x->loc_local].flags)
		W_CALL(w, h, reap_explore(x->assoc, "restart", w->now, &acts));
}

static inline void w_path_all(struct world *w, bool up)
{
	unsigned int h, l, r;

	for (h = 0; h < 2; h++)
		for (l = 0; l < W_LOCATORS; l++)
			for (r = 0; r < W_LOCATORS; r++)
				w->path[h][l][r].up = up;
}

static inline void w_send_timeout(struct world *w, unsigned int h, uint32_t ms)
{
	w->host[h].send_timeout = w->host[!h].params.ka_timeout = ms;
}

/* Both hosts with @n0 and @n1 locators, all paths up with a delay of 10 ms, time 0, nobody sends. */
static inline void w_init(struct world *w, uint64_t seed, unsigned int n0, unsigned int n1)
{
	unsigned int h, i, l, r;

	memset(w, 0, sizeof(*w));
	w->seed = seed;
	reap_config_default(&w->cfg);
	for (h = 0; h < 2; h++) {
		struct w_host *x = &w->host[h];

		x->params.ct_local = 1 + h;
		x->params.ct_peer = 2 - h;
		w_send_timeout(w, h, w->cfg.send_timeout);
		x->params.n_local = h ? n1 : n0;
		x->params.n_peer = h ? n0 : n1;
		for (i = 0; i < W_LOCATORS; i++) {
			struct in6_addr a = { .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, 0xa, i, [15] = 1 } }, b = a;

			a.s6_addr[4] += h;
			b.s6_addr[4] += !h;
			if (i < x->params.n_local)
				x->params.local[i].addr = a;
			if (i < x->params.n_peer)
				x->params.peer[i].addr = b;
		}
		x->params.ulid_local = x->params.loc_local = x->params.local[0].addr;
		x->params.ulid_peer = x->params.loc_peer = x->params.peer[0].addr;
		x->probe_due = W_NEVER;
		x->assoc = reap_new(&x->params, &w->cfg, w_fill, w, 0);
		if (!x->assoc)
			abort();
		for (l = 0; l < W_LOCATORS; l++) {
			for (r = 0; r < W_LOCATORS; r++) {
				x->heard[l][r] = W_NEVER;
				w->path[h][l][r].delay = 10;
			}
		}
	}
	w_path_all(w, true);
}

static inline void w_end(struct world *w)
{
	while (w->n)
		free(w->heap[--w->n].packet);
	free(w->heap);
	reap_free(w->host[0].assoc);
	reap_free(w->host[1].assoc);
}

/* Both hosts believe that all is well, and are right. */
static inline bool w_well(const struct world *w)
{
	unsigned int h;

	for (h = 0; h < 2; h++) {
		const struct w_host *x = &w->host[h];

		if (reap_state(x->assoc) != SHIM6_REAP_OPERATIONAL || !w->path[h][x->loc_local][x->loc_peer].up)
			return false;
	}
	return true;
}

#endif /* SIM_REAP_WORLD_H */
