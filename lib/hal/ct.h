/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPv6 connection tracking: events, dumps with counters, look-up of one flow.
 *
 * The kernel sends UPDATE for changes of state, mark, label and the like, not per packet.  Who wants to know that
 * a flow became big has two ways, both cheap: a rule (connbytes) that sets a bit of the mark or label, which
 * raises UPDATE; or hal_ct_dump() with a mark filter, which the kernel applies, by a timer that runs only while
 * small flows exist.
 */
#ifndef HAL_CT_H
#define HAL_CT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include "hal/loop.h"

enum hal_flow_type {
	HAL_FLOW_NEW,
	HAL_FLOW_UPDATE,
	HAL_FLOW_DESTROY,
	HAL_FLOW_DUMP,		/* from a dump or a resynchronisation */
};

/* Addresses and ports of the original direction: src opened the flow. */
struct hal_flow {
	enum hal_flow_type type;
	struct in6_addr src, dst;
	uint8_t proto;
	uint16_t sport, dport;		/* host byte order; 0 for protocols without ports; ICMPv6: id and type */
	bool has_counters;		/* nf_conntrack_acct is on; NEW never has them */
	uint64_t packets[2], octets[2];	/* original, reply */
	uint32_t mark;
	uint8_t labels[16];		/* as the kernel keeps them: bit n is labels[n / 8] & 1 << n % 8 */
	uint32_t id;			/* the kernel's, 0 if unknown */
	uint64_t start;			/* ns since 1970, with nf_conntrack_timestamp; 0 unknown */
};

typedef void (*hal_ct_fn)(const struct hal_flow *f, void *arg);

struct hal_ct_opts {
	bool new_flows, updates, destroyed;	/* which events */
	/* After lost events everything is dumped between these two: flows not seen then are gone.  NULL allowed. */
	void (*resync_begin)(void *arg);
	void (*resync_end)(void *arg);
};

struct hal_ct;

/*
 * -EPERM: needs CAP_NET_ADMIN; -EPROTONOSUPPORT: nf_conntrack_netlink is missing.  Flows that exist are not told,
 * and those that are older than every listener raise no events (nf_conntrack_events = 2):
 * call hal_ct_dump().  Opening does not turn connection tracking on: without a rule that needs it there are no flows.
 */
int hal_ct_open(struct hal_ct **ct, struct hal_loop *loop, const struct hal_ct_opts *opts, hal_ct_fn cb, void *arg);
void hal_ct_close(struct hal_ct *ct);		/* NULL is allowed; not from a callback that got HAL_FLOW_DUMP */

/*
 * All IPv6 flows whose mark & @mask is @mark (mask 0: all) to @cb, as HAL_FLOW_DUMP; synchronous.  @cb NULL: the
 * one of hal_ct_open().  0, -EINTR: the table changed so that some flows may be missing, or another negative
 * errno.
 */
int hal_ct_dump(struct hal_ct *ct, uint32_t mark, uint32_t mask, hal_ct_fn cb, void *arg);

/* Fill the rest of @f, found by src, dst, proto, ports; -ENOENT. */
int hal_ct_get(struct hal_ct *ct, struct hal_flow *f);

uint64_t hal_ct_lost(const struct hal_ct *ct);			/* times that events were lost */

/* Per-flow counters (net.netfilter.nf_conntrack_acct) and start times, in this namespace; act on new flows. */
int hal_ct_accounting(bool on);
int hal_ct_timestamp(bool on);
/* Most flows the table takes (nf_conntrack_max) and those it has; negative errno if conntrack is not there. */
int hal_ct_fill(uint64_t *count, uint64_t *max);

#endif /* HAL_CT_H */
