// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_ctx.h. */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_genl.h"
#include "shim6_hooks.h"

#define RESIZES	8	/* of a table that are waited for */

DEFINE_STATIC_KEY_FALSE(shim6_in_use);

static struct kmem_cache *ctx_cache;

/* Secret numbers, one for each word of the key: a hash that is as good as random for who does not know them (NH). */
static u32 ulids_secret[10] __read_mostly, tag_secret[2] __read_mostly;

/* Where the ULIDs are: in a packet, most often, in either order. */
struct ulids_key {
	const struct in6_addr *local, *peer;
	u32 fii;
};

static __always_inline u64 half(__be32 a, __be32 b, const u32 *k)
{
	return (u64)((__force u32)a + k[0]) * ((__force u32)b + k[1]);
}

/* Inline, which a function that is given by address is not by itself: every packet pays for it. */
static __always_inline u32 ulids_hash(const void *data, u32 len, u32 seed)
{
	const struct ulids_key *key = data;
	const __be32 *l = key->local->s6_addr32, *p = key->peer->s6_addr32;
	const u32 *k = ulids_secret;
	u64 sum;

	sum = half(l[0], l[1], k) + half(l[2], l[3], k + 2) + half(p[0], p[1], k + 4) + half(p[2], p[3], k + 6);
	sum += (u64)(key->fii + k[8]) * (seed + k[9]);
	return hash_64(sum, 32);
}

static __always_inline u32 tag_hash(const void *data, u32 len, u32 seed)
{
	u64 tag = *(const u64 *)data;

	return hash_64((u64)((u32)tag + tag_secret[0]) * ((u32)(tag >> 32) + (tag_secret[1] ^ seed)), 32);
}

static __always_inline int tags_differ(struct rhashtable_compare_arg *arg, const void *obj)
{
	return *(const u64 *)arg->key != ((const struct shim6_ctx *)obj)->ct_local;
}

static u32 ulids_obj_hash(const void *obj, u32 len, u32 seed)
{
	const struct shim6_ulids *u = &((const struct shim6_ctx *)obj)->ulids;
	struct ulids_key key = { &u->local, &u->peer, u->fii };

	return ulids_hash(&key, len, seed);
}

static __always_inline int ulids_differ(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct shim6_ulids *u = &((const struct shim6_ctx *)obj)->ulids;
	const struct ulids_key *key = arg->key;

	return !ipv6_addr_equal(key->peer, &u->peer) || !ipv6_addr_equal(key->local, &u->local) || key->fii != u->fii;
}

/* Contexts are asked for over the network: keys are hashed with a secret and tables grow. */
static const struct rhashtable_params ulids_params = {
	.head_offset = offsetof(struct shim6_ctx, by_ulids),
	.key_len = sizeof(struct ulids_key),
	.hashfn = ulids_hash,
	.obj_hashfn = ulids_obj_hash,
	.obj_cmpfn = ulids_differ,
	.automatic_shrinking = true,
};

static const struct rhashtable_params tag_params = {
	.head_offset = offsetof(struct shim6_ctx, by_tag),
	.key_offset = offsetof(struct shim6_ctx, ct_local),
	.key_len = sizeof(u64),
	.hashfn = tag_hash,
	.obj_cmpfn = tags_differ,
	.automatic_shrinking = true,
};

static const struct rhashtable_params locs_params = {
	.head_offset = offsetof(struct shim6_ctx, by_locs),
	.key_offset = offsetof(struct shim6_ctx, locs),
	.key_len = sizeof(struct shim6_locs),
	.automatic_shrinking = true,
};

/**
 * shim6_ctx_by_ulids() - the context of a ULID pair
 *
 * Return: the context or NULL; good until the end of the caller's RCU read side.
 */
struct shim6_ctx *shim6_ctx_by_ulids(struct shim6_net *sn, const struct in6_addr *local,
				     const struct in6_addr *peer, u32 fii)
{
	struct ulids_key key = { local, peer, fii };

	return rhashtable_lookup(&sn->by_ulids, &key, ulids_params);
}

/* The context whose own tag is @ct_local (RFC 5533, 12.2), under the terms of shim6_ctx_by_ulids(). */
struct shim6_ctx *shim6_ctx_by_tag(struct shim6_net *sn, u64 ct_local)
{
	return rhashtable_lookup(&sn->by_tag, &ct_local, tag_params);
}

/*
 * The context that sends this tag between these locators now (RFC 5533, 12.4: ICMPv6 errors), under the terms of
 * shim6_ctx_by_ulids().
 */
struct shim6_ctx *shim6_ctx_by_locs(struct shim6_net *sn, const struct shim6_locs *locs)
{
	return rhashtable_lookup(&sn->by_locs, locs, locs_params);
}

/**
 * shim6_ctx_path() - locators, tag and route of one moment
 * @ctx:	context
 * @locs:	to be filled in; means nothing if the answer is false
 * @kept:	likewise; its route is good until the end of the caller's RCU read side
 *
 * Return: false if the locators are the ULIDs, so that packets get no header and go as they are.
 */
bool shim6_ctx_path(struct shim6_ctx *ctx, struct shim6_locs *locs, struct shim6_kept *kept)
{
	unsigned int seq;
	bool tagged;

	do {
		seq = read_seqbegin(&ctx->seq);
		tagged = ctx->tagged;
		*locs = ctx->locs;
		kept->dst = rcu_dereference(ctx->dst);
		kept->uid = ctx->uid;
		kept->mark = ctx->mark;
		kept->cookie = ctx->cookie;
	} while (read_seqretry(&ctx->seq, seq));
	return tagged;
}

/*
 * A table that is being resized takes no more when a chain gets long: with many contexts in a short time, on a busy
 * host, who resizes comes too late.  True if it is worth another try.
 */
static bool resized(struct rhashtable *table, int err, unsigned int *tries)
{
	if (err != -EBUSY || ++*tries > RESIZES)
		return false;
	flush_work(&table->run_work);
	return true;
}

static void unlist(struct shim6_ctx *ctx)
{
	if (test_and_clear_bit(SHIM6_B_LISTED, &ctx->flags))
		rhashtable_remove_fast(&ctx->sn->by_locs, &ctx->by_locs, locs_params);
}

/*
 * The last one to use a tag between two locators has them: a peer that gave the tag to two contexts has forgotten the
 * first.  With no memory for a larger table, ICMPv6 errors of the context are unknown; that is all.
 */
static void enlist(struct shim6_ctx *ctx)
{
	struct shim6_net *sn = ctx->sn;
	struct shim6_ctx *other;
	unsigned int tries = 0;
	int err;

	rcu_read_lock();
	other = shim6_ctx_by_locs(sn, &ctx->locs);
	if (other)
		unlist(other);
	rcu_read_unlock();
	do {
		err = rhashtable_insert_fast(&sn->by_locs, &ctx->by_locs, locs_params);
	} while (resized(&sn->by_locs, err, &tries));
	if (!err)
		set_bit(SHIM6_B_LISTED, &ctx->flags);
}

/* NULL: no packet is to be translated any more. */
static void replace_locs(struct shim6_ctx *ctx, const struct shim6_locs *locs)
{
	bool tagged = locs && !(ipv6_addr_equal(&locs->local, &ctx->ulids.local) &&
				ipv6_addr_equal(&locs->peer, &ctx->ulids.peer));
	struct dst_entry *old;

	unlist(ctx);
	if (tagged)
		shim6_hooks_tagged(ctx->sn, true);	/* before the first such packet */
	ctx->sn->tagged += tagged - ctx->tagged;
	write_seqlock_bh(&ctx->seq);
	WRITE_ONCE(ctx->tagged, tagged);
	if (locs)
		ctx->locs = *locs;
	old = rcu_replace_pointer(ctx->dst, NULL, lockdep_is_held(&ctx->seq.lock));
	write_sequnlock_bh(&ctx->seq);
	dst_release(old);	/* freed after a grace period */
	if (tagged)
		enlist(ctx);
}

/**
 * shim6_ctx_set_locs() - change the peer's tag and the current locators, all at once
 * @ctx:	context; the caller holds the namespace's lock
 * @locs:	the new ones
 */
void shim6_ctx_set_locs(struct shim6_ctx *ctx, const struct shim6_locs *locs)
{
	lockdep_assert_held(&ctx->sn->lock);
	replace_locs(ctx, locs);
	shim6_hooks_tagged(ctx->sn, ctx->sn->tagged);
}

/* No packet sees the context any more, so nobody but its timer can arm the timer, and that knows that it is dead. */
static void ctx_free_rcu(struct rcu_head *head)
{
	struct shim6_ctx *ctx = container_of(head, struct shim6_ctx, rcu);

	timer_shutdown_sync(&ctx->timer);
	kmem_cache_free(ctx_cache, ctx);
}

/* A context that no table but by_locs knows any more leaves.  Packets may have found it before. */
static void bury(struct shim6_ctx *ctx)
{
	replace_locs(ctx, NULL);
	set_bit(SHIM6_B_DEAD, &ctx->flags);
	call_rcu(&ctx->rcu, ctx_free_rcu);
}

/* A namespace is about to have contexts, or has none any more.  May sleep. */
static int set_use(struct shim6_net *sn, bool on)
{
	int err;

	if (sn->in_use == on)
		return 0;
	err = shim6_hooks_use(sn, on);
	if (err)
		return err;
	sn->in_use = on;
	if (on)
		static_branch_inc(&shim6_in_use);
	else
		static_branch_dec(&shim6_in_use);
	return 0;
}

/* Contexts have come or gone, or moved.  May sleep. */
static void settle(struct shim6_net *sn)
{
	shim6_hooks_tagged(sn, sn->tagged);
	set_use(sn, sn->contexts);
}

/**
 * shim6_ctx_add() - a new context
 * @sn:		namespace, its lock is held
 * @conf:	checked contents
 *
 * Return: the context, good while the lock is held, or ERR_PTR: EEXIST, ENOSPC, ENOMEM.
 */
struct shim6_ctx *shim6_ctx_add(struct shim6_net *sn, const struct shim6_ctx_conf *conf)
{
	struct ulids_key key = { &conf->ulids.local, &conf->ulids.peer, conf->ulids.fii };
	struct shim6_ctx *ctx;
	unsigned int tries = 0;
	bool taken;
	int err;

	/* Where locks and timers are as large as in any ordinary kernel. */
	BUILD_BUG_ON(sizeof(seqlock_t) + sizeof(struct timer_list) == 48 && sizeof(struct shim6_ctx) > 256);
	lockdep_assert_held(&sn->lock);
	if (sn->contexts >= sn->max_contexts) {
		shim6_count(sn, ctx_refused_full);
		return ERR_PTR(-ENOSPC);
	}
	/* Before it could take the place of another one with the same locators. */
	rcu_read_lock();
	taken = shim6_ctx_by_tag(sn, conf->ct_local) ||
		shim6_ctx_by_ulids(sn, &conf->ulids.local, &conf->ulids.peer, conf->ulids.fii);
	rcu_read_unlock();
	if (taken)
		return ERR_PTR(-EEXIST);
	err = set_use(sn, true);
	if (err)
		return ERR_PTR(err);
	ctx = kmem_cache_zalloc(ctx_cache, GFP_KERNEL_ACCOUNT);
	if (!ctx) {
		err = -ENOMEM;
		goto err_alloc;
	}
	ctx->sn = sn;
	ctx->ulids = conf->ulids;
	ctx->ct_local = conf->ct_local;
	ctx->flags = conf->flags;
	ctx->send_timeout = conf->send_timeout;
	ctx->ka_timeout = conf->ka_timeout;
	ctx->ka_interval = conf->ka_interval;
	seqlock_init(&ctx->seq);
	shim6_clock_init(ctx);

	replace_locs(ctx, &conf->locs);
	do {
		err = rhashtable_lookup_insert_fast(&sn->by_tag, &ctx->by_tag, tag_params);
	} while (resized(&sn->by_tag, err, &tries));
	if (err)
		goto err_tag;
	tries = 0;
	do {
		err = rhashtable_lookup_insert_key(&sn->by_ulids, &key, &ctx->by_ulids, ulids_params);
	} while (resized(&sn->by_ulids, err, &tries));
	if (err)
		goto err_ulids;
	WRITE_ONCE(sn->contexts, sn->contexts + 1);
	settle(sn);
	return ctx;

err_ulids:
	rhashtable_remove_fast(&sn->by_tag, &ctx->by_tag, tag_params);
err_tag:
	bury(ctx);
err_alloc:
	settle(sn);
	return ERR_PTR(err);
}

static void kill_ctx(struct shim6_ctx *ctx)
{
	struct shim6_net *sn = ctx->sn;

	lockdep_assert_held(&sn->lock);
	rhashtable_remove_fast(&sn->by_ulids, &ctx->by_ulids, ulids_params);
	rhashtable_remove_fast(&sn->by_tag, &ctx->by_tag, tag_params);
	WRITE_ONCE(sn->contexts, sn->contexts - 1);
	bury(ctx);
}

/**
 * shim6_ctx_kill() - remove a context; its memory goes after a grace period
 * @ctx:	context; the caller holds the namespace's lock
 */
void shim6_ctx_kill(struct shim6_ctx *ctx)
{
	struct shim6_net *sn = ctx->sn;

	kill_ctx(ctx);
	settle(sn);
}

static void kill_most(struct shim6_net *sn, u32 portid)
{
	struct rhashtable_iter iter;
	struct shim6_ctx *ctx;
	unsigned int n = 0;

	rhashtable_walk_enter(&sn->by_tag, &iter);
	rhashtable_walk_start(&iter);
	while (sn->contexts && (ctx = rhashtable_walk_next(&iter))) {
		if (PTR_ERR(ctx) == -EAGAIN)	/* the table is being resized: the walk begins again */
			continue;
		shim6_ev_ctx_dead(ctx, portid);
		kill_ctx(ctx);
		if (++n % 256 == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}

/**
 * shim6_ctx_kill_all() - remove every context of a namespace and tell who listens
 * @sn:		namespace, its lock is held
 * @portid:	socket that need not be told, or 0
 */
void shim6_ctx_kill_all(struct shim6_net *sn, u32 portid)
{
	/* A walk that was interrupted passes over some where it deletes. */
	while (sn->contexts)
		kill_most(sn, portid);
	settle(sn);
}

/* The tables of a new namespace. */
int shim6_ctx_net_init(struct shim6_net *sn)
{
	int err;

	err = rhashtable_init(&sn->by_ulids, &ulids_params);
	if (err)
		return err;
	err = rhashtable_init(&sn->by_tag, &tag_params);
	if (err)
		goto err_tag;
	err = rhashtable_init(&sn->by_locs, &locs_params);
	if (err)
		goto err_locs;
	return 0;

err_locs:
	rhashtable_destroy(&sn->by_tag);
err_tag:
	rhashtable_destroy(&sn->by_ulids);
	return err;
}

/* No packet reaches the namespace any more; its contexts are killed and freed (rcu_barrier()) already. */
void shim6_ctx_net_exit(struct shim6_net *sn)
{
	rhashtable_destroy(&sn->by_locs);
	rhashtable_destroy(&sn->by_tag);
	rhashtable_destroy(&sn->by_ulids);
}

int shim6_ctx_init(void)
{
	get_random_bytes(ulids_secret, sizeof(ulids_secret));
	get_random_bytes(tag_secret, sizeof(tag_secret));
	ctx_cache = KMEM_CACHE(shim6_ctx, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	return ctx_cache ? 0 : -ENOMEM;
}

/* Waits for the last contexts to be freed. */
void shim6_ctx_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(ctx_cache);
}
