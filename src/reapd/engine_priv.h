/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the engine share; everybody else has engine.h. */
#ifndef REAPD_ENGINE_PRIV_H
#define REAPD_ENGINE_PRIV_H

#include "due.h"
#include "engine.h"
#include "hash.h"
#include "pace.h"

struct assoc {
	uint64_t handle, ct_local;
	struct reap_assoc *reap;
	uint32_t broken;		/* bit i: the control daemon calls local locator i broken */
	uint32_t send_timeout, ka_timeout, ka_interval;		/* ms, of the kernel's clock */
	uint64_t left_at;		/* when it left Operational */
	uint32_t owed;			/* SHIM6_REAP_OP_* that the kernel did not take */
	bool timed;			/* the kernel has our timeouts */
	bool hinting;			/* the kernel gives hints */
	bool moved;			/* the kernel has not got the newest pair */
	bool stale;			/* has not seen the newest state of the host's addresses */
	const char *hint;		/* a sign of failure waits, with this grace; NULL: none does */
	uint32_t grace;			/* ms */
	uint64_t turn;			/* those that wait go on in this order: ms since the last packet */
	uint8_t standby;		/* REAP_IPC_STANDBY_* */
	struct in6_addr local;		/* of the pair in use */
	bool fresh;			/* set since the last hello */
	struct s6_timer due, wait;	/* its own time; its turn while it is stale or has a hint */
	UT_hash_handle by_handle, by_tag;
};

struct engine {
	struct reap_config cfg;
	struct engine_fast fast;
	struct pace pace;
	struct in6_addr left;		/* local locator of the pair that was left last, */
	unsigned int left_n;		/* by so many shortly one after the other */
	uint64_t left_at, shared_at;
	uint64_t held;			/* nothing is due before, as too many Probes were sent */
	const struct engine_ops *ops;
	void *arg;
	struct counters *counters;
	struct assoc *handles, *tags;
	struct s6_timerq queue, waiting;	/* by ms of the clock; by turn */
	struct reap_actions acts;
};

/* engine.c: NULL: there is none. */
struct assoc *assoc_find(const struct engine *e, uint64_t handle);
struct assoc *assoc_by_tag(const struct engine *e, uint64_t ct_local);
/*
 * Take @p.  Locators from which nothing can leave are broken, whatever the control daemon has heard of it yet
 * (RFC 5534, 3.2).
 */
void assoc_update(struct engine *e, struct assoc *a, struct reap_params *p, uint64_t now);

/* engine_act.c: how an association is named in the log; static text. */
const char *assoc_name(const struct assoc *a);
/* New timeouts, as chance has it; the kernel gets them with engine_set_clock(). */
void engine_choose_timeouts(struct engine *e, struct assoc *a, uint32_t ka_timeout);
/* Mode and operations to the kernel, together with whatever it has not got yet. */
void engine_set_clock(struct engine *e, struct assoc *a, uint32_t ops);
void engine_tell_pair(struct engine *e, const struct assoc *a, const struct in6_addr *local,
		      const struct in6_addr *peer, const char *why);
void engine_tell_state(struct engine *e, const struct assoc *a, uint8_t state, const char *why);
/*
 * Carry out what the machine of @a appended, and put it in its place among those that wait.  Probes go first: one that
 * reports what has arrived moves the peer, whose answers to our traffic would be lost until then.  Then the kernel, as
 * payload waits for it; those who only want to know come last.
 */
void engine_carry_out(struct engine *e, struct assoc *a, uint64_t now);

/* engine_crowd.c: put @a in its place among those that wait for their time, or for their turn. */
void assoc_place(struct engine *e, struct assoc *a);
/*
 * A sign of failure, @why.  The pair in use is probed now, or when the pace allows it; another one after @grace ms.
 * Only in Operational.
 */
void assoc_doubt(struct engine *e, struct assoc *a, const char *why, uint32_t grace, uint64_t now);
/*
 * An association has left a pair with this local locator.  If several of a subnet do at about the same time, it may
 * be the uplink: the others that use it need not wait for signs of their own.  It is a hint as any other, so the pair
 * is probed first.
 */
void engine_note_left(struct engine *e, const struct in6_addr *local, uint64_t now);

#endif /* REAPD_ENGINE_PRIV_H */
