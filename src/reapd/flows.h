/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The flows of this host by pair of addresses, and when a pair has grown enough to want a context.
 *
 * How packets are counted: connection tracking tells when a flow begins and ends, and with its end how much it
 * carried. In between, only flows of pairs that are still below the policy are asked for their counters, at a
 * moment foreseen from the rate seen so far.  So nothing is done per packet, no rule and no mark of the user's
 * is touched, the whole table is never polled, and a pair whose many small flows add up is found too, which a
 * rule on single flows would miss.  A pair that has a context, or may not ask for one now, is not looked at.
 *
 * There is no socket and no clock in here.
 */
#ifndef REAPD_FLOWS_H
#define REAPD_FLOWS_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "reap_ipc.h"

/* A flow as the host has it: the original direction, ports in host byte order.  Zero it before filling it in. */
struct flow_key {
	struct in6_addr src, dst;
	uint16_t sport, dport;
	uint8_t proto;
	uint8_t pad[3];
};

/* A pair wants a context when one of those that are not 0 is reached. */
struct flows_policy {
	uint32_t packets;		/* both directions, all flows of the pair */
	uint64_t octets;
	uint32_t age;			/* ms since the first flow of the pair began */
};

struct flows_ops {
	/* Packets and octets of a flow so far, both directions.  -ENOENT: it has ended; other errors: not counted. */
	int (*counters)(void *arg, const struct flow_key *k, uint64_t *packets, uint64_t *octets);
	/* Ask for a context.  False: nobody to ask now. */
	bool (*want)(void *arg, const struct reap_ipc_want *w);
	/* The number of flows of a pair that has a context became 0 or 1. */
	void (*number)(void *arg, const struct reap_ipc_flows *f);
};

#define FLOWS_MAX	131072		/* flows followed; more are counted and left alone */
#define FLOW_PAIRS_MAX	65536

struct flows;

struct flows *flows_new(const struct flows_policy *policy, const struct flows_ops *ops, void *arg,
			struct counters *counters);
void flows_free(struct flows *f);
/* All zero: no pair ever wants a context. */
void flows_set_policy(struct flows *f, const struct flows_policy *policy);

enum {
	FLOW_LOCAL_SRC	= 1 << 0,	/* our end is the source */
	FLOW_COUNTS	= 1 << 1,	/* for the policy */
	FLOW_FOUND	= 1 << 2,	/* in a dump: its end may raise no event, so it is asked for once a minute */
};

/* A flow began, or was found, after @packets and @octets. */
void flows_add(struct flows *f, const struct flow_key *k, unsigned int flags, uint64_t packets, uint64_t octets,
	       uint64_t now);
/* A flow ended after @packets and @octets (0: unknown). */
void flows_del(struct flows *f, const struct flow_key *k, uint64_t packets, uint64_t octets, uint64_t now);
/* Flows not added between the two are gone. */
void flows_resync_begin(struct flows *f);
void flows_resync_end(struct flows *f, uint64_t now);

/* Forget all flows and what they carried, not contexts, wishes and refusals: they will be added again. */
void flows_forget(struct flows *f, uint64_t now);

/* Is there a pair (local, peer), of flows or of a context? */
bool flows_has_pair(const struct flows *f, const struct in6_addr *local, const struct in6_addr *peer);

/* A context for this pair came or went; forked instances count one each. */
void flows_context(struct flows *f, const struct in6_addr *local, const struct in6_addr *peer, bool there,
		   uint64_t now);
/* What became of a wish. */
void flows_result(struct flows *f, const struct reap_ipc_want_result *r, uint64_t now);
/* The control daemon is new here: it knows no wish and no number. */
void flows_tell_all(struct flows *f, uint64_t now);

uint64_t flows_next_due(const struct flows *f);		/* UINT64_MAX: never */
/* Look at what is due.  After @budget questions for counters it returns, and the next due time is past. */
void flows_timeout(struct flows *f, uint64_t now, unsigned int budget);

unsigned int flows_count(const struct flows *f);
unsigned int flows_pairs(const struct flows *f);

#endif /* REAPD_FLOWS_H */
