/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts: what the kernel keeps of a Shim6 context, and the tables it is found by.
 *
 * Packets look contexts up under RCU and take no reference.  Everything that changes a context or the tables holds
 * shim6_net.lock; a packet sees the locators and the peer's tag of one moment, as they live together in an immutable
 * struct shim6_path.  Life: shim6_ctx_add(); shim6_ctx_kill() unlinks it and marks it dead, from then on its timer
 * is not armed again; after a grace period the timer is shut down and the memory freed.
 */
#ifndef _SHIM6_CTX_H
#define _SHIM6_CTX_H

#include <linux/in6.h>
#include <linux/jump_label.h>
#include <linux/mutex.h>
#include <linux/rhashtable-types.h>
#include <linux/seqlock.h>
#include <linux/timer.h>
#include <linux/uidgid.h>
#include <linux/workqueue.h>
#include <net/dst.h>
#include <net/net_namespace.h>
#include "shim6_stats.h"

struct shim6_ulids {
	struct in6_addr local, peer;
	u32 fii;
};

/* What goes out, and where: replaced as a whole. */
struct shim6_path {
	struct in6_addr local, peer;	/* locators */
	u64 ct_peer;
	struct rhlist_head by_peer;	/* shim6_net.by_peer_tag: for ICMPv6 errors */
	struct shim6_ctx *ctx;
	struct rcu_head rcu;

	/* The route over the locators that a packet of this mark and user took; see shim6_pmtu.c. */
	seqlock_t lock;
	kuid_t uid;
	u32 mark, cookie;
	struct dst_entry __rcu *dst;
};

struct shim6_ctx {
	/* read by every packet */
	struct rhash_head by_ulids, by_tag;
	struct shim6_ulids ulids;
	u8 mode;			/* SHIM6_REAP_* */
	bool dead;
	bool tracked;			/* its packets have connection tracking entries */
	u64 ct_local;
	struct shim6_path __rcu *path;	/* NULL: the locators are the ULIDs, so no header and no rewriting */
	struct shim6_net *sn;
	unsigned long flags;		/* SHIM6_CTX_F_*, changed by atomic bit operations */
	u32 send_timeout, ka_timeout, ka_interval;	/* jiffies */
	u32 hint_min;			/* jiffies of silence that are no sign yet; 0: no hints */
	u64 ct_peer;			/* for the control side; packets take their path's */

	/* written by packets and the timer; see shim6_clock.c */
	u32 clock ____cacheline_aligned_in_smp;
	u32 last_tx, last_rx;		/* jiffies, 0: never */
	u32 ka_start, ka_sent;		/* the timer's: Keepalive Intervals reported of the run begun at ka_start */
	u32 pmtu_told;			/* jiffies */
	u32 pmtu;			/* what upper layers were told, 0: nothing */
	u32 wait_since;			/* jiffies of the first packet out since one came in, 0: none */
	u32 gap, gap_dev;		/* time that answers take, see shim6_hint.c: mean, mean deviation */
	u32 hinted_at, kicked_at;	/* jiffies, 0: never */
	u32 icmp_at;			/* jiffies of the ICMPv6 error acted upon last, 0: none */
	u8 gaps;			/* answers seen over this pair, as far as it matters */
	unsigned long bits;		/* SHIM6_B_* */
	struct timer_list timer;
	struct rcu_head rcu;
};

/* shim6_ctx.bits */
enum {
	SHIM6_B_EXPLORING_RX,		/* report the next packet in while Exploring */
	SHIM6_B_HINTED,			/* a hint was given since something came in */
};

/* One a network namespace. */
struct shim6_net {
	struct net *net;
	struct mutex lock;		/* changes of tables, contexts and parameters */
	struct rhashtable by_ulids, by_tag;
	struct rhltable by_peer_tag;
	struct shim6_stats __percpu *stats;
	u32 contexts, max_contexts;
	bool in_use;			/* has its share of shim6_in_use */
	bool hooks;			/* own Netfilter hooks are registered */
	bool conntrack;			/* connections are tracked for us */
	bool tcp_kick;			/* TCP senders are told of a new pair */
	u32 fork_mask;			/* bits of a packet's mark that choose a fork, 0: none */
	struct delayed_work kick;	/* shim6_kick.c */
	u32 kick_walks;			/* over the connections, since a context moved */
	unsigned long walked_at;	/* jiffies */
	u32 unknown_window;		/* the second that unknown_count counts */
	atomic_t unknown_count;
};

/* True while any namespace has a context: a host without one pays for a jump that is not taken. */
DECLARE_STATIC_KEY_FALSE(shim6_in_use);

extern unsigned int shim6_net_id;
extern unsigned int shim6_max_contexts;

struct shim6_net *shim6_pernet(const struct net *net);

int shim6_ctx_init(void);
void shim6_ctx_exit(void);
int shim6_ctx_net_init(struct shim6_net *sn);
void shim6_ctx_net_exit(struct shim6_net *sn);

struct shim6_ctx *shim6_ctx_by_ulids(struct shim6_net *sn, const struct in6_addr *local,
				     const struct in6_addr *peer, u32 fii);
struct shim6_ctx *shim6_ctx_by_tag(struct shim6_net *sn, u64 ct_local);
struct shim6_ctx *shim6_ctx_by_peer(struct shim6_net *sn, u64 ct_peer, const struct in6_addr *local,
				    const struct in6_addr *peer);

/* What CTX_ADD and CTX_SET bring; times in jiffies. */
struct shim6_ctx_conf {
	struct shim6_ulids ulids;
	u64 ct_local, ct_peer;
	struct in6_addr loc_local, loc_peer;
	u32 flags, send_timeout, ka_timeout, ka_interval;
};

struct shim6_ctx *shim6_ctx_add(struct shim6_net *sn, const struct shim6_ctx_conf *conf);
int shim6_ctx_set_path(struct shim6_ctx *ctx, u64 ct_peer, const struct in6_addr *local, const struct in6_addr *peer);
void shim6_ctx_kill(struct shim6_ctx *ctx);
void shim6_ctx_kill_all(struct shim6_net *sn, u32 portid);

#endif /* _SHIM6_CTX_H */
