/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Client of the generic netlink family "shim6" (include/uapi/shim6_nl.h, docs/NETLINK.md).
 *
 * Requests are answered before the call returns; events come from the loop.  Not thread-safe.  Errors are negative
 * errno; what the kernel had to say about the last one is kctl_error().
 */
#ifndef KCTL_KCTL_H
#define KCTL_KCTL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/shim6_nl.h"

struct hal_loop;
struct kctl;

/* Which members of struct kctl_ctx are meant: filled in by a reader, chosen by a writer. */
enum {
	KCTL_CT_PEER		= 1 << 0,
	KCTL_ULIDS		= 1 << 1,	/* ulid_local and ulid_peer */
	KCTL_LOCATORS		= 1 << 2,	/* loc_local and loc_peer */
	KCTL_FII		= 1 << 3,
	KCTL_FLAGS		= 1 << 4,
	KCTL_SEND_TIMEOUT	= 1 << 5,
	KCTL_KA_TIMEOUT		= 1 << 6,
	KCTL_KA_INTERVAL	= 1 << 7,
	KCTL_REAP_MODE		= 1 << 8,
	KCTL_REAP_OPS		= 1 << 9,	/* written only */
	KCTL_AGES		= 1 << 10,	/* tx_age and rx_age, read only */
	KCTL_CT_LOCAL		= 1 << 11,	/* implied in add, set, del */
	KCTL_HINT_MIN		= 1 << 12,	/* set only */
};

/* A context of the kernel's.  Addresses in network byte order, everything else in host byte order. */
struct kctl_ctx {
	uint32_t has;				/* KCTL_* above */
	uint64_t ct_local, ct_peer;
	struct in6_addr ulid_local, ulid_peer;
	struct in6_addr loc_local, loc_peer;
	uint32_t fii;
	uint32_t flags;				/* SHIM6_CTX_F_* */
	uint32_t send_timeout;			/* ms */
	uint32_t ka_timeout;			/* ms */
	uint32_t ka_interval;			/* ms */
	uint32_t hint_min;			/* ms, 0: no hints */
	uint8_t reap_mode;			/* SHIM6_REAP_* */
	uint32_t reap_ops;			/* SHIM6_REAP_OP_* */
	uint32_t tx_age, rx_age;		/* ms since the last packet; UINT32_MAX: never */
};

struct kctl_info {
	char version[64];			/* of the module */
	uint32_t contexts, max_contexts;
	bool hooks;				/* the module's own Netfilter hooks are on */
	bool conntrack;				/* connections are tracked for its sake */
};

/* An event.  Members that the command does not carry are zero. */
struct kctl_event {
	uint8_t cmd;				/* SHIM6_CMD_EV_* */
	uint64_t ct_local;			/* EV_UNKNOWN_TAG: the tag found */
	uint32_t tx_age, rx_age;		/* EV_SEND_TIMEOUT, ms */
	bool ka_expired;			/* EV_KEEPALIVE_DUE */
	uint8_t hint;				/* EV_HINT: SHIM6_HINT_* */
	uint32_t hint_gap;			/* EV_HINT, ms; UINT32_MAX: not known */
	struct in6_addr src, dst;		/* EV_UNKNOWN_TAG */
	uint32_t ifindex;			/* EV_UNKNOWN_TAG */
};

/*
 * Open the request socket and resolve the family.  On failure returns a negative errno and writes one line to @why that
 * says what to do: -ENOENT the module is not loaded, -EPROTO it speaks another version, -EPERM no CAP_NET_ADMIN.
 */
int kctl_open(struct kctl **out, char *why, size_t size);
void kctl_close(struct kctl *k);			/* NULL is fine; before the loop is freed */

/* What the kernel said with the last error (its extended ack), or the errno's text.  Valid until the next call. */
const char *kctl_error(const struct kctl *k);

int kctl_info(struct kctl *k, struct kctl_info *info);

/*
 * Add: needs KCTL_CT_PEER, KCTL_ULIDS and KCTL_LOCATORS, takes what else @c->has names.  -EEXIST, -ENOSPC, -EINVAL.
 * Set: changes what @c->has names, all or nothing.  -ENOENT.
 */
int kctl_ctx_add(struct kctl *k, const struct kctl_ctx *c);
int kctl_ctx_set(struct kctl *k, const struct kctl_ctx *c);
int kctl_ctx_del(struct kctl *k, uint64_t ct_local);
int kctl_ctx_get(struct kctl *k, uint64_t ct_local, struct kctl_ctx *c);
int kctl_ctx_get_ulids(struct kctl *k, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
		       struct kctl_ctx *c);

/* Call @cb for each context.  @cb must not call into @k.  0 or a negative errno; -EINTR: the table changed under it. */
typedef void (*kctl_ctx_fn)(void *arg, const struct kctl_ctx *c);
int kctl_ctx_dump(struct kctl *k, kctl_ctx_fn cb, void *arg);

int kctl_flush(struct kctl *k);

/* Call @cb for each counter of the module: its name, value, and a sentence that explains it. */
typedef void (*kctl_stat_fn)(void *arg, const char *name, uint64_t value, const char *text);
int kctl_stats(struct kctl *k, kctl_stat_fn cb, void *arg);

int kctl_set_max_contexts(struct kctl *k, uint32_t max);
int kctl_set_hooks(struct kctl *k, bool on);
int kctl_set_queues(struct kctl *k, uint32_t control, uint32_t reap);	/* where the hooks send messages */
int kctl_set_conntrack(struct kctl *k, bool on);
int kctl_set_tcp_kick(struct kctl *k, bool on);
int kctl_set_fork_mask(struct kctl *k, uint32_t mask);

/*
 * Join multicast group @group (SHIM6_GENL_GROUP_CTL or _REAP; the text has to last); once.  From @loop, @event is
 * called for each event, @lost if the kernel had to throw events away (ENOBUFS): the caller then compares its own state
 * with kctl_ctx_dump().  @renewed: the module was unloaded and loaded, so it has neither contexts nor parameters of
 * ours; with @why, a sentence, there is no talking to it.  All may call into @k, but not close it.
 */
struct kctl_events {
	void (*event)(void *arg, const struct kctl_event *ev);
	void (*lost)(void *arg);
	void (*renewed)(void *arg, const char *why);
};
int kctl_subscribe(struct kctl *k, struct hal_loop *loop, const char *group, const struct kctl_events *to, void *arg);
uint64_t kctl_lost(const struct kctl *k);		/* times that events were lost */

#endif /* KCTL_KCTL_H */
