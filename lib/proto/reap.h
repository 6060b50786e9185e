/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * REAP, RFC 5534: one association (a context, seen from the reachability protocol) and its machine.
 *
 * Pure like shim6.h: (state, event, now, random) -> actions.  The Send and Keepalive Timers are run by somebody else
 * (the kernel's clock, or a simulator): the machine says what to do with them by REAP_ACT_CLOCK and learns of their
 * end by events.  The Probe retransmission timer is the machine's own: reap_next_due().  Times are milliseconds.
 */
#ifndef PROTO_REAP_H
#define PROTO_REAP_H

#include "proto/wire.h"

/* Constants of RFC 5534 sections 4.3 and 7, settable. */
struct reap_config {
	uint32_t send_timeout;		/* 15000 */
	uint32_t initial_probe_timeout;	/* 500 */
	uint32_t initial_probes;	/* 4 */
	uint32_t max_probe_timeout;	/* 60000 (Q48) */
};
void reap_config_default(struct reap_config *cfg);

/* SHIM6_REAP_OPERATIONAL ... as text: "operational", "exploring", "inboundok" */
const char *reap_state_name(uint8_t state);

/* Local knowledge beside the flags of the wire: to be used only after the others (3.1), as it may not work for long. */
#define REAP_LOC_LATER		0x80

/*
 * What reapd knows of an association, given by shim6d.  Local locators that are down carry SHIM6_LOC_BROKEN, those that
 * others go before carry REAP_LOC_LATER.
 */
struct reap_params {
	uint64_t ct_local, ct_peer;
	struct in6_addr ulid_local, ulid_peer;
	struct in6_addr loc_local, loc_peer;		/* the current pair, at creation */
	unsigned int n_local, n_peer;
	struct s6_locator local[S6_LOCATORS_MAX];
	struct s6_locator peer[S6_LOCATORS_MAX];
	uint32_t ka_timeout;				/* ms, what the peer asked for */
	bool forked;					/* somebody chose its pair: preferences do not move it */
};

enum reap_action_type {
	REAP_ACT_SEND,		/* Probe or Keepalive: src, dst, data, len */
	REAP_ACT_CLOCK,		/* mode and ops (SHIM6_REAP_OP_* of uapi/shim6_nl.h) for the clock */
	REAP_ACT_PAIR,		/* use this pair from now on: src = local, dst = peer */
	REAP_ACT_STATE,		/* state changed: old_state, state, why */
};

struct reap_action {
	enum reap_action_type type;
	struct in6_addr src, dst;
	uint8_t old_state, state;
	uint8_t mode;
	uint32_t ops;
	const char *why;	/* static text */
	size_t len;
	uint8_t data[S6_MSG_MAX];
};

struct reap_actions {
	unsigned int n, cap;
	struct reap_action *a;
};
void reap_actions_clear(struct reap_actions *acts);
void reap_actions_free(struct reap_actions *acts);

typedef void (*reap_random_fn)(void *arg, void *buf, size_t len);

struct reap_assoc;

/* A new association is Operational with no timer running (6).  NULL if memory is short. */
struct reap_assoc *reap_new(const struct reap_params *p, const struct reap_config *cfg, reap_random_fn random,
			    void *arg, uint64_t now);
void reap_free(struct reap_assoc *a);

/*
 * Locators, tags, preferences changed.  If the current pair lost a member or is marked broken, exploration starts at
 * once; if its local locator became one for later, it is probed, and others soon after; if an owner ranked its locators
 * anew and there is a better pair now (RFC 5533, 10.4), that is tried first, after an exploration that is going on, and
 * a few times, as a Probe may be lost; traffic stays where it is if it does not work.  The current pair of @p is taken
 * only at creation; later the machine owns it.
 */
void reap_update(struct reap_assoc *a, const struct reap_params *p, uint64_t now, struct reap_actions *acts);
void reap_reconfigure(struct reap_assoc *a, const struct reap_config *cfg);

/* --- events of sections 6.1 to 6.9 ------------------------------------------------------------------------------ */

void reap_payload_in(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);	/* 6.1 */
void reap_payload_out(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);	/* 6.2 */
void reap_send_timeout(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);	/* 6.4 */
/* A Keepalive Interval passed (@expired false), or the Keepalive Timer ran out (6.3). */
void reap_keepalive_due(struct reap_assoc *a, bool expired, uint64_t now, struct reap_actions *acts);

/* Verdict of reap_input(): whether and why a message had no effect.  Each has a named counter. */
enum reap_verdict {
	REAP_V_OK,
	REAP_V_TAG,		/* tag is not that of the association */
	REAP_V_LOCATORS,	/* source not in Ls(peer) or destination not in Ls(local): the caller has R1bis sent */
	REAP_V_REPORT,		/* first sent report does not name the addresses the Probe came over */
	REAP_V_TYPE,		/* neither Keepalive nor Probe */
	REAP_V_MAX
};
const char *reap_verdict_name(enum reap_verdict v);
const char *reap_verdict_text(enum reap_verdict v);

/* A decoded Keepalive or Probe came in over (@src, @dst) (6.6 to 6.9). */
enum reap_verdict reap_input(struct reap_assoc *a, const struct s6_msg *msg, const struct in6_addr *src,
			     const struct in6_addr *dst, uint64_t now, struct reap_actions *acts);

/* Local knowledge that the current pair does not work, or a wish to look for another: explore now (3.2, 4.1). */
void reap_explore(struct reap_assoc *a, const char *why, uint64_t now, struct reap_actions *acts);

/*
 * Somebody wants this pair to be used: an exploration tries it first.  -EINVAL if it is not of the sets, -EBUSY during
 * an exploration.
 */
int reap_move(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer, uint64_t now,
	      struct reap_actions *acts);

/*
 * A sign that the current pair may not work, no proof (3.2, 4.1; docs/OPERATIONS.md, profile fast): a Probe over the
 * current pair, and one over the next best if the first has no answer after @grace ms.  Only a Probe that the peer
 * reports moves anything, as in every exploration.
 */
void reap_hint(struct reap_assoc *a, const char *why, uint32_t grace, uint64_t now, struct reap_actions *acts);

/*
 * Watching other pairs while the association is Operational: a hot standby, which an exploration tries first, and the
 * pair that one would rather go back to.  Off unless configured; only with traffic, a Probe of each every @interval.
 */
enum reap_failback { REAP_FAILBACK_STAY, REAP_FAILBACK_ULID, REAP_FAILBACK_PREFERENCE };
struct reap_watch_config {
	bool standby;
	enum reap_failback failback;
	uint32_t interval;		/* ms */
	uint32_t hold;			/* ms that a better pair has to work before it is used */
};
void reap_watch_config(struct reap_assoc *a, const struct reap_watch_config *cfg, uint64_t now);
uint64_t reap_watch_due(const struct reap_assoc *a);			/* UINT64_MAX: never */
void reap_watch(struct reap_assoc *a, bool traffic, uint64_t now, struct reap_actions *acts);
/* The hot standby, if it has answered of late. */
bool reap_standby_pair(const struct reap_assoc *a, uint64_t now, struct in6_addr *local, struct in6_addr *peer);

/* Probe retransmission (6.5), or another try at a preferred pair: when due (UINT64_MAX: never), and the call. */
uint64_t reap_next_due(const struct reap_assoc *a);
void reap_timeout(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);

/* --- reading ------------------------------------------------------------------------------------------------------ */

uint8_t reap_state(const struct reap_assoc *a);
void reap_pair(const struct reap_assoc *a, struct in6_addr *local, struct in6_addr *peer);
const struct reap_params *reap_get_params(const struct reap_assoc *a);
/* Reports, since the last call, of Probes never sent, or sent in an exploration that is over: no effect (8). */
unsigned int reap_strange_reports(struct reap_assoc *a);

#endif /* PROTO_REAP_H */
