// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the machine of an association wants, carried out; and the kernel's clock, which is a part of that.
 */
#include <errno.h>
#include <stdio.h>

#include "../common/addr.h"
#include "engine_priv.h"

const char *assoc_name(const struct assoc *a)
{
	static char text[2 * INET6_ADDRSTRLEN + 2];
	const struct reap_params *p = reap_get_params(a->reap);

	snprintf(text, sizeof(text), "%s %s", addr_text(&p->ulid_local), addr_text(&p->ulid_peer));
	return text;
}

/* --- the kernel's clock ----------------------------------------------------------------------- */

static uint32_t random_below(struct engine *e, uint32_t n)
{
	uint32_t r;

	e->ops->rng(e->arg, &r, sizeof(r));
	return n ? r % n : 0;
}

/*
 * Timeouts of one association, random so that associations which begin together do not stay in step: the Send
 * Timeout only upward, or it would be shorter than the peer was told; the Keepalive Interval within its bounds
 * of a third and a half (RFC 5534 4.1, Q54), but not so near the half that the second and the last Keepalive
 * follow each other closely, and never below a second (Q51).
 */
void engine_choose_timeouts(struct engine *e, struct assoc *a, uint32_t ka_timeout)
{
	a->send_timeout = e->cfg.send_timeout + random_below(e, e->cfg.send_timeout / 10 + 1);
	a->ka_timeout = ka_timeout ? ka_timeout : 15000;
	a->ka_interval = a->ka_timeout / 3 + random_below(e, a->ka_timeout / 12 + 1);
	if (a->ka_interval < 1000)
		a->ka_interval = 1000;
	a->timed = false;
}

void engine_set_clock(struct engine *e, struct assoc *a, uint32_t ops)
{
	struct kctl_ctx c = {
		.has = KCTL_CT_LOCAL | KCTL_REAP_MODE,
		.ct_local = a->ct_local,
		.reap_mode = reap_state(a->reap),
		.reap_ops = ops ? ops : a->owed,
		.send_timeout = a->send_timeout,
		.ka_timeout = a->ka_timeout,
		.ka_interval = a->ka_interval,
		.hint_min = e->fast.hint_min,
	};
	int err;

	if (c.reap_ops)
		c.has |= KCTL_REAP_OPS;
	/* With the mode, so that TCP, which is woken by either, finds both (kmod/shim6_kick.c). */
	if (a->moved) {
		c.has |= KCTL_LOCATORS;
		reap_pair(a->reap, &c.loc_local, &c.loc_peer);
	}
	if (!a->timed)
		c.has |= KCTL_SEND_TIMEOUT | KCTL_KA_TIMEOUT | KCTL_KA_INTERVAL;
	if (!a->timed && (a->hinting || e->fast.hint_min))
		c.has |= KCTL_HINT_MIN;
	err = e->ops->clock(e->arg, &c);
	if (!err) {
		a->hinting = a->timed ? a->hinting : c.hint_min;
		a->timed = true;
		a->moved = false;
		a->owed = 0;
		return;
	}
	/* The newest wish is carried out at the next event or ASSOC_SET. */
	a->owed = ops ? ops : a->owed;
	a->timed = false;
	if (err == -ENOENT) {
		count(e->counters, C_CLOCK_GONE);
	} else {
		static struct hal_log_limit limit = HAL_LOG_LIMIT(10000, 5);

		count(e->counters, C_CLOCK_FAILED);
		log_limited(&limit, HAL_LOG_WARN, "%s: the kernel refused its timers: %s", assoc_name(a), strerror(-err));
	}
}

/* --- what the machine wants ------------------------------------------------------------------- */

static void do_send(struct engine *e, const struct assoc *a, const struct reap_action *act)
{
	uint8_t type = act->data[2] & SHIM6_TYPE_MASK;
	int err = e->ops->send(e->arg, &act->src, &act->dst, act->data, act->len);

	if (err) {
		/* Nothing unusual while an uplink is away: the next Probe takes another pair. */
		count(e->counters, C_TX_FAILED);
		log_debug("%s: %s from %s to %s cannot be sent: %s", assoc_name(a), s6_type_name(type), addr_text(&act->src),
			  addr_text(&act->dst), strerror(-err));
		return;
	}
	log_debug("%s: %s sent from %s to %s", assoc_name(a), s6_type_name(type), addr_text(&act->src), addr_text(&act->dst));
	count(e->counters, type == SHIM6_PROBE ? C_TX_PROBE : C_TX_KEEPALIVE);
	if (type == SHIM6_PROBE)
		pace_take(&e->pace);
}

void engine_tell_pair(struct engine *e, const struct assoc *a, const struct in6_addr *local,
		      const struct in6_addr *peer, const char *why)
{
	struct reap_ipc_pair m = { .handle = a->handle, .local = *local, .peer = *peer };

	snprintf(m.why, sizeof(m.why), "%s", why);
	e->ops->pair(e->arg, &m);
}

/* Failures and switches belong into the log (RFC 5534, 9). */
static void do_pair(struct engine *e, const struct assoc *a, const struct reap_action *act, uint64_t now)
{
	count(e->counters, C_PAIR);
	log_notice("%s: pair %s %s works, found after %llu ms", assoc_name(a), addr_text(&act->src), addr_text(&act->dst),
		   (unsigned long long)(now - a->left_at));
	engine_tell_pair(e, a, &act->src, &act->dst, act->why);
}

void engine_tell_state(struct engine *e, const struct assoc *a, uint8_t state, const char *why)
{
	struct reap_ipc_state m = { .handle = a->handle, .state = state };

	snprintf(m.why, sizeof(m.why), "%s", why);
	e->ops->state(e->arg, &m);
}

static void do_state(struct engine *e, struct assoc *a, const struct reap_action *act, uint64_t now)
{
	if (act->old_state == SHIM6_REAP_OPERATIONAL) {
		a->left_at = now;
		count(e->counters, C_EXPLORED);
		log_notice("%s: exploration begins: %s", assoc_name(a), act->why);
	} else if (act->state == SHIM6_REAP_OPERATIONAL) {
		log_notice("%s: operational again after %llu ms: %s", assoc_name(a), (unsigned long long)(now - a->left_at),
			   act->why);
	} else {
		log_info("%s: %s to %s: %s", assoc_name(a), reap_state_name(act->old_state), reap_state_name(act->state),
			 act->why);
	}
	engine_tell_state(e, a, act->state, act->why);
}

/* A pair that was found to work. */
static void take_pair(struct engine *e, struct assoc *a, const struct reap_action *act, uint64_t now)
{
	do_pair(e, a, act, now);
	if (!IN6_ARE_ADDR_EQUAL(&a->local, &act->src))
		engine_note_left(e, &a->local, now);
	a->local = act->src;
}

void engine_carry_out(struct engine *e, struct assoc *a, uint64_t now)
{
	for (unsigned int i = 0; i < e->acts.n; i++) {
		if (e->acts.a[i].type == REAP_ACT_SEND)
			do_send(e, a, &e->acts.a[i]);
		a->moved |= e->acts.a[i].type == REAP_ACT_PAIR;
	}
	for (unsigned int i = 0; i < e->acts.n; i++)
		if (e->acts.a[i].type == REAP_ACT_CLOCK)
			engine_set_clock(e, a, e->acts.a[i].ops);
	if (a->moved)
		engine_set_clock(e, a, 0);
	for (unsigned int i = 0; i < e->acts.n; i++) {
		if (e->acts.a[i].type == REAP_ACT_PAIR)
			take_pair(e, a, &e->acts.a[i], now);
		else if (e->acts.a[i].type == REAP_ACT_STATE)
			do_state(e, a, &e->acts.a[i], now);
	}
	reap_actions_clear(&e->acts);
	assoc_place(e, a);
}
