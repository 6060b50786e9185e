// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages and events, for the machine of the association that they concern. */
#include <errno.h>

#include "../common/addr.h"
#include "engine_priv.h"

void engine_payload(struct engine *e, uint64_t handle, bool sent, uint64_t now)
{
	struct assoc *a = assoc_find(e, handle);

	if (!a)
		return;
	if (sent)
		reap_payload_out(a->reap, now, &e->acts);
	else
		reap_payload_in(a->reap, now, &e->acts);
	engine_carry_out(e, a, now);
}

void engine_explore(struct engine *e, const struct reap_ipc_explore *m, uint64_t now)
{
	struct assoc *a = assoc_find(e, m->handle);
	struct in6_addr local, peer;

	if (!a)
		return;
	reap_pair(a->reap, &local, &peer);
	if (!IN6_ARE_ADDR_EQUAL(&local, &m->local) || !IN6_ARE_ADDR_EQUAL(&peer, &m->peer))
		return;
	reap_explore(a->reap, "the control daemon asked for it", now, &e->acts);
	engine_carry_out(e, a, now);
}

void engine_move(struct engine *e, const struct reap_ipc_move *m, uint64_t now)
{
	struct assoc *a = assoc_find(e, m->handle);

	if (!a)
		return;
	if (reap_move(a->reap, &m->local, &m->peer, now, &e->acts))
		log_info("%s: not moved to another pair: it is exploring, or the pair is not of it", assoc_name(a));
	engine_carry_out(e, a, now);
}

bool engine_input(struct engine *e, const struct s6_msg *msg, const struct in6_addr *src, const struct in6_addr *dst,
		  uint64_t now)
{
	struct assoc *a = assoc_by_tag(e, msg->tag);
	enum reap_verdict v;

	if (!a)
		return true;
	log_debug("%s: %s received from %s at %s", assoc_name(a), s6_type_name(msg->type), addr_text(src), addr_text(dst));
	v = reap_input(a->reap, msg, src, dst, now, &e->acts);
	e->counters->reap[v]++;
	e->counters->c[C_STRANGE] += reap_strange_reports(a->reap);
	if (v == REAP_V_OK)
		count(e->counters, msg->type == SHIM6_PROBE ? C_RX_PROBE : C_RX_KEEPALIVE);
	engine_carry_out(e, a, now);
	return v == REAP_V_LOCATORS;
}

#define GRACE_MIN	20	/* ms that the current pair has at least to answer after a hint */
#define GRACE_MAX	1000

static const char *hint_text(uint8_t hint)
{
	switch (hint) {
	case SHIM6_HINT_TCP:
		return "TCP retransmits";
	case SHIM6_HINT_SILENCE:
		return "no answer for longer than usual";
	case SHIM6_HINT_ICMP:
		return "an ICMPv6 error";
	default:
		return "a hint";
	}
}

/*
 * The current pair has as long to answer as answers take; nothing is known of a young one, so it has the ordinary time.
 */
static void hint(struct engine *e, struct assoc *a, const struct kctl_event *ev, uint64_t now)
{
	uint32_t grace = ev->hint_gap;

	if (grace == UINT32_MAX)
		grace = e->cfg.initial_probe_timeout;
	else if (grace < GRACE_MIN)
		grace = GRACE_MIN;
	else if (grace > GRACE_MAX)
		grace = GRACE_MAX;
	assoc_doubt(e, a, hint_text(ev->hint), grace, now);
}

void engine_event(struct engine *e, const struct kctl_event *ev, uint64_t now)
{
	struct assoc *a = assoc_by_tag(e, ev->ct_local);

	if (!a) {
		count(e->counters, C_EVENT_UNKNOWN);
		return;
	}
	switch (ev->cmd) {
	case SHIM6_CMD_EV_SEND_TIMEOUT:
		count(e->counters, C_SEND_TIMEOUT);
		/* In a mass failure all come at once: each is a sign like others, whose Probe may have to wait. */
		if (reap_state(a->reap) == SHIM6_REAP_OPERATIONAL)
			assoc_doubt(e, a, "send timeout", UINT32_MAX, now);
		else
			reap_send_timeout(a->reap, now, &e->acts);
		break;
	case SHIM6_CMD_EV_KEEPALIVE_DUE:
		reap_keepalive_due(a->reap, ev->ka_expired, now, &e->acts);
		break;
	case SHIM6_CMD_EV_ACTIVITY:
		/* In the other states the kernel has done by itself what 6.1 asks for. */
		if (reap_state(a->reap) == SHIM6_REAP_EXPLORING)
			reap_payload_in(a->reap, now, &e->acts);
		break;
	case SHIM6_CMD_EV_HINT:
		count(e->counters, C_HINT);
		hint(e, a, ev, now);
		break;
	case SHIM6_CMD_EV_CTX_DEAD:
		/* Its owner removes the association, or adds the context again. */
		count(e->counters, C_CTX_DEAD);
		a->timed = false;
		return;
	}
	/* The kernel has the context again, as an event of it shows: hand over what it did not take. */
	if (!a->timed)
		engine_set_clock(e, a, 0);
	engine_carry_out(e, a, now);
}

/*
 * Which event was lost cannot be told from the stamps, but what should run now can.  Timers that were to report
 * are started again if they do not run: late by one timeout at most, and never a false alarm.
 */
void engine_repair(struct engine *e, const struct kctl_ctx *c, uint64_t now)
{
	struct assoc *a = assoc_by_tag(e, c->ct_local);
	uint32_t ops = 0;

	if (!a || !(c->has & KCTL_AGES))
		return;
	switch (reap_state(a->reap)) {
	case SHIM6_REAP_EXPLORING:
		if (c->rx_age != UINT32_MAX && c->rx_age < now - a->left_at) {
			reap_payload_in(a->reap, now, &e->acts);
			engine_carry_out(e, a, now);
		}
		return;
	case SHIM6_REAP_OPERATIONAL:
		if (c->rx_age < c->tx_age && c->rx_age < a->ka_timeout)
			ops = SHIM6_REAP_OP_START_KA;
		/* fall through */
	case SHIM6_REAP_INBOUND_OK:
		/* Of what was sent long ago Keepalives may have told since, which leave no stamp. */
		if (c->tx_age < c->rx_age && c->tx_age < 2 * a->send_timeout)
			ops = SHIM6_REAP_OP_START_SEND;
		break;
	}
	if (ops || c->reap_mode != reap_state(a->reap))
		engine_set_clock(e, a, ops);
}
