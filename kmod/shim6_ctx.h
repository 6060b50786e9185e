/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Contexts: what the kernel keeps of a Shim6 context, and the tables it is found by.
 *
 * Packets look contexts up under RCU and take no reference.  Everything that changes a context or the tables holds
 * shim6_net.lock; a packet sees the locators and the peer's tag of one moment by shim6_ctx_path().  Life:
 * shim6_ctx_add(); shim6_ctx_kill() unlinks it and marks it dead, from then on its timer is not armed again and no
 * packet is translated; after a grace period the timer is shut down and the memory freed.
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
#include <net/netns/generic.h>
#include "shim6_stats.h"

struct shim6_ulids {
	struct in6_addr local, peer;
	u32 fii;
};

/* What goes out, and where. */
struct shim6_locs {
	struct in6_addr local, peer;
	u64 ct_peer;
};

/* The route that a packet of this mark and user took over the locators, see shim6_pmtu.c; @dst is NULL for none. */
struct shim6_kept {
	struct dst_entry *dst;
	kuid_t uid;
	u32 mark, cookie;
};

/*
 * Four cache lines: what packets read to find it and between the ULIDs; what others read besides, coming in and going
 * out; the control side's; what packets and the timer write.
 */
struct shim6_ctx {
	struct rhash_head by_ulids;
	struct shim6_ulids ulids;
	u8 mode;			/* SHIM6_REAP_* */
	bool tagged;			/* the locators are not the ULIDs: header and rewriting; under seq */
	u8 gaps;			/* answers seen over this pair, as far as it matters */
	unsigned long flags;		/* SHIM6_CTX_F_* and SHIM6_B_*, changed by atomic operations */
	u32 hint_min;			/* jiffies of silence that are no sign yet; 0: no hints */
	u32 hinted_at;			/* jiffies, 0: never; likewise the next ones of this name */

	union {
		struct shim6_locs locs;	/* under seq */
		struct rcu_head rcu;	/* of one that is dead, so not tagged */
	};
	u64 ct_local;
	struct rhash_head by_tag;
	seqlock_t seq;

	struct dst_entry __rcu *dst;	/* this and the next three under seq: struct shim6_kept */
	kuid_t uid;
	u32 mark, cookie;
	u32 pmtu;			/* what upper layers were told, 0: nothing */
	struct rhash_head by_locs;	/* while SHIM6_B_LISTED */
	struct shim6_net *sn;
	u32 send_timeout, ka_timeout, ka_interval;	/* jiffies */
	u32 kicked_at;
	u32 icmp_at;			/* of the ICMPv6 error acted upon last */
	u32 pmtu_told;

	/* see shim6_clock.c */
	struct timer_list timer;
	u32 clock;
	u32 last_tx, last_rx;		/* jiffies, 0: never */
	u32 ka_sent;			/* Keepalive Intervals reported of the run of the Keepalive Timer */
	u32 wait_since;			/* jiffies of the first packet out since one came in, 0: none */
	u16 gap, gap_dev;		/* time that answers take, see shim6_hint.c: mean, mean deviation */
} ____cacheline_aligned_in_smp;

/* shim6_ctx.flags, beside SHIM6_CTX_F_* */
enum {
	SHIM6_B_DEAD = 16,
	SHIM6_B_LISTED,			/* is in by_locs */
	SHIM6_B_TRACKED,		/* its packets have connection tracking entries */
	SHIM6_B_EXPLORING_RX,		/* report the next packet in while Exploring */
	SHIM6_B_HINTED,			/* a hint was given since something came in */
};

struct shim6_early;
#define SHIM6_EARLY_BITS	6

/* One a network namespace. */
struct shim6_net {
	struct net *net;
	struct mutex lock;		/* changes of tables, contexts and parameters */
	struct rhashtable by_ulids, by_tag;
	struct rhashtable by_locs;	/* those that are tagged, for ICMPv6 errors */
	struct shim6_stats __percpu *stats;
	u32 contexts, max_contexts, tagged;
	bool in_use;			/* has its share of shim6_in_use */
	bool hook_early, hook_settle;	/* tagged packets are handled in PREROUTING, in POSTROUTING */
	bool tracked;			/* packets between ULIDs are, for whomever */
	bool hooks;			/* packets need no rule */
	bool conntrack;			/* connections are tracked for us */
	bool tcp_kick;			/* TCP senders are told of a new pair */
	u32 fork_mask;			/* bits of a packet's mark that choose a fork, 0: none */
	s32 queue_control, queue_reap;	/* of the hooks for messages in, -1: none */
	struct delayed_work kick;	/* shim6_kick.c */
	u32 kick_walks;			/* over the connections, since a context moved */
	unsigned long walked_at;	/* jiffies */
	u32 unknown_window;		/* the second that unknown_count counts */
	atomic_t unknown_count;
	struct shim6_early __rcu *early[1 << SHIM6_EARLY_BITS];
};

/* True while any namespace has a context: a host without one pays for a jump that is not taken. */
DECLARE_STATIC_KEY_FALSE(shim6_in_use);

extern unsigned int shim6_net_id;
extern unsigned int shim6_max_contexts;

struct shim6_net *shim6_pernet(const struct net *net);

/* The same in an RCU read side, where packets are. */
static inline struct shim6_net *shim6_pernet_rcu(const struct net *net)
{
	return rcu_dereference(net->gen)->ptr[shim6_net_id];
}

int shim6_ctx_init(void);
void shim6_ctx_exit(void);
int shim6_ctx_net_init(struct shim6_net *sn);
void shim6_ctx_net_exit(struct shim6_net *sn);

struct shim6_ctx *shim6_ctx_by_ulids(struct shim6_net *sn, const struct in6_addr *local,
				     const struct in6_addr *peer, u32 fii);
struct shim6_ctx *shim6_ctx_by_tag(struct shim6_net *sn, u64 ct_local);
struct shim6_ctx *shim6_ctx_by_locs(struct shim6_net *sn, const struct shim6_locs *locs);

/* What CTX_ADD and CTX_SET bring; times in jiffies. */
struct shim6_ctx_conf {
	struct shim6_ulids ulids;
	struct shim6_locs locs;
	u64 ct_local;
	u32 flags, send_timeout, ka_timeout, ka_interval;
};

struct shim6_ctx *shim6_ctx_add(struct shim6_net *sn, const struct shim6_ctx_conf *conf);
bool shim6_ctx_path(struct shim6_ctx *ctx, struct shim6_locs *locs, struct shim6_kept *kept);
void shim6_ctx_set_locs(struct shim6_ctx *ctx, const struct shim6_locs *locs);
void shim6_ctx_kill(struct shim6_ctx *ctx);
void shim6_ctx_kill_all(struct shim6_net *sn, u32 portid);

#endif /* _SHIM6_CTX_H */
