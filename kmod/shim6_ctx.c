// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_ctx.h. */
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/ipv6.h>
#include "shim6_clock.h"
#include "shim6_ctx.h"
#include "shim6_genl.h"

DEFINE_STATIC_KEY_FALSE(shim6_in_use);

static struct kmem_cache *ctx_cache, *path_cache;

/* Secret numbers, two of them a word of the key: a hash that is as good as random for who does not know them (NH). */
static u32 ulids_secret[10] __read_mostly;

static u32 ulids_hash(const void *data, u32 len, u32 seed)
{
	const u32 *w = data, *k = ulids_secret;
	u64 sum;

	sum = (u64)(w[0] + k[0]) * (w[1] + k[1]) + (u64)(w[2] + k[2]) * (w[3] + k[3]);
	sum += (u64)(w[4] + k[4]) * (w[5] + k[5]) + (u64)(w[6] + k[6]) * (w[7] + k[7]);
	sum += (u64)(w[8] + k[8]) * (seed + k[9]);
	return hash_64(sum, 32);
}

static int ulids_differ(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct shim6_ulids *a = arg->key, *b = &((const struct shim6_ctx *)obj)->ulids;

	return !ipv6_addr_equal(&a->peer, &b->peer) || !ipv6_addr_equal(&a->local, &b->local) || a->fii != b->fii;
}

/* Contexts are asked for over the network: keys are hashed with a secret and tables grow. */
static const struct rhashtable_params ulids_params = {
	.head_offset = offsetof(struct shim6_ctx, by_ulids),
	.key_offset = offsetof(struct shim6_ctx, ulids),
	.key_len = sizeof(struct shim6_ulids),
	.hashfn = ulids_hash,
	.obj_cmpfn = ulids_differ,
	.automatic_shrinking = true,
};

static const struct rhashtable_params tag_params = {
	.head_offset = offsetof(struct shim6_ctx, by_tag),
	.key_offset = offsetof(struct shim6_ctx, ct_local),
	.key_len = sizeof(u64),
	.automatic_shrinking = true,
};

static const struct rhashtable_params peer_tag_params = {
	.head_offset = offsetof(struct shim6_path, by_peer),
	.key_offset = offsetof(struct shim6_path, ct_peer),
	.key_len = sizeof(u64),
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
	struct shim6_ulids key = { .local = *local, .peer = *peer, .fii = fii };

	BUILD_BUG_ON(sizeof(key) != 2 * sizeof(struct in6_addr) + sizeof(u32));	/* the hash reads every octet */
	return rhashtable_lookup(&sn->by_ulids, &key, ulids_params);
}

/* The context whose own tag is @ct_local (RFC 5533, 12.2), under the terms of shim6_ctx_by_ulids(). */
struct shim6_ctx *shim6_ctx_by_tag(struct shim6_net *sn, u64 ct_local)
{
	return rhashtable_lookup(&sn->by_tag, &ct_local, tag_params);
}

/*
 * The context that sends tag @ct_peer between these locators now (RFC 5533, 12.4: ICMPv6 errors), under the terms of
 * shim6_ctx_by_ulids().
 */
struct shim6_ctx *shim6_ctx_by_peer(struct shim6_net *sn, u64 ct_peer, const struct in6_addr *local,
				    const struct in6_addr *peer)
{
	struct rhlist_head *list, *tmp;
	struct shim6_path *path;

	list = rhltable_lookup(&sn->by_peer_tag, &ct_peer, peer_tag_params);
	rhl_for_each_entry_rcu(path, tmp, list, by_peer)
		if (ipv6_addr_equal(&path->local, local) && ipv6_addr_equal(&path->peer, peer))
			return path->ctx;
	return NULL;
}

static void path_free(struct shim6_path *path)
{
	dst_release(rcu_dereference_protected(path->dst, 1));
	kmem_cache_free(path_cache, path);
}

static void path_free_rcu(struct rcu_head *head)
{
	path_free(container_of(head, struct shim6_path, rcu));
}

static struct shim6_path *path_new(struct shim6_ctx *ctx, u64 ct_peer, const struct in6_addr *local,
				   const struct in6_addr *peer)
{
	struct shim6_path *path = kmem_cache_zalloc(path_cache, GFP_KERNEL_ACCOUNT);
	int err;

	if (!path)
		return ERR_PTR(-ENOMEM);
	path->ctx = ctx;
	path->ct_peer = ct_peer;
	path->local = *local;
	path->peer = *peer;
	seqlock_init(&path->lock);
	err = rhltable_insert(&ctx->sn->by_peer_tag, &path->by_peer, peer_tag_params);
	if (!err)
		return path;
	kmem_cache_free(path_cache, path);
	return ERR_PTR(err);
}

/**
 * shim6_ctx_set_path() - change the peer's tag and the current locators, all at once
 * @ctx:	context; the caller holds the namespace's lock
 *
 * Return: 0 or -ENOMEM, then nothing has changed.
 */
int shim6_ctx_set_path(struct shim6_ctx *ctx, u64 ct_peer, const struct in6_addr *local, const struct in6_addr *peer)
{
	struct shim6_net *sn = ctx->sn;
	struct shim6_path *path = NULL, *old;

	if (!ipv6_addr_equal(local, &ctx->ulids.local) || !ipv6_addr_equal(peer, &ctx->ulids.peer)) {
		path = path_new(ctx, ct_peer, local, peer);
		if (IS_ERR(path))
			return PTR_ERR(path);
	}
	WRITE_ONCE(ctx->ct_peer, ct_peer);
	old = rcu_replace_pointer(ctx->path, path, lockdep_is_held(&sn->lock));
	if (old) {
		rhltable_remove(&sn->by_peer_tag, &old->by_peer, peer_tag_params);
		call_rcu(&old->rcu, path_free_rcu);
	}
	return 0;
}

/* No packet sees the context any more, so nobody but its timer can arm the timer, and that knows that it is dead. */
static void ctx_free_rcu(struct rcu_head *head)
{
	struct shim6_ctx *ctx = container_of(head, struct shim6_ctx, rcu);

	timer_shutdown_sync(&ctx->timer);
	if (rcu_access_pointer(ctx->path))
		path_free(rcu_dereference_protected(ctx->path, 1));
	kmem_cache_free(ctx_cache, ctx);
}

/* A context that no table but by_peer_tag knows any more leaves.  Packets may have found it before. */
static void bury(struct shim6_ctx *ctx)
{
	struct shim6_path *path = rcu_dereference_protected(ctx->path, lockdep_is_held(&ctx->sn->lock));

	if (path)
		rhltable_remove(&ctx->sn->by_peer_tag, &path->by_peer, peer_tag_params);
	WRITE_ONCE(ctx->dead, true);
	call_rcu(&ctx->rcu, ctx_free_rcu);
}

/* The number of contexts has changed.  May sleep. */
static void count_use(struct shim6_net *sn)
{
	if (sn->in_use == !!sn->contexts)
		return;
	sn->in_use = sn->contexts;
	if (sn->in_use)
		static_branch_inc(&shim6_in_use);
	else
		static_branch_dec(&shim6_in_use);
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
	struct shim6_ctx *ctx;
	int err;

	BUILD_BUG_ON(!IS_ENABLED(CONFIG_LOCKDEP) && sizeof(struct shim6_ctx) > 256);
	lockdep_assert_held(&sn->lock);
	if (sn->contexts >= sn->max_contexts) {
		shim6_count(sn, ctx_refused_full);
		return ERR_PTR(-ENOSPC);
	}
	ctx = kmem_cache_zalloc(ctx_cache, GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->sn = sn;
	ctx->ulids = conf->ulids;
	ctx->ct_local = conf->ct_local;
	ctx->flags = conf->flags;
	ctx->send_timeout = conf->send_timeout;
	ctx->ka_timeout = conf->ka_timeout;
	ctx->ka_interval = conf->ka_interval;
	shim6_clock_init(ctx);

	err = shim6_ctx_set_path(ctx, conf->ct_peer, &conf->loc_local, &conf->loc_peer);
	if (err)
		goto err_path;
	err = rhashtable_lookup_insert_fast(&sn->by_tag, &ctx->by_tag, tag_params);
	if (err)
		goto err_tag;
	err = rhashtable_lookup_insert_fast(&sn->by_ulids, &ctx->by_ulids, ulids_params);
	if (err)
		goto err_ulids;
	WRITE_ONCE(sn->contexts, sn->contexts + 1);
	count_use(sn);
	return ctx;

err_ulids:
	rhashtable_remove_fast(&sn->by_tag, &ctx->by_tag, tag_params);
err_tag:
	bury(ctx);
	return ERR_PTR(err);
err_path:
	kmem_cache_free(ctx_cache, ctx);
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
	count_use(sn);
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
	count_use(sn);
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
	err = rhltable_init(&sn->by_peer_tag, &peer_tag_params);
	if (err)
		goto err_peer;
	return 0;

err_peer:
	rhashtable_destroy(&sn->by_tag);
err_tag:
	rhashtable_destroy(&sn->by_ulids);
	return err;
}

/* No packet reaches the namespace any more; its contexts are killed and freed (rcu_barrier()) already. */
void shim6_ctx_net_exit(struct shim6_net *sn)
{
	rhltable_destroy(&sn->by_peer_tag);
	rhashtable_destroy(&sn->by_tag);
	rhashtable_destroy(&sn->by_ulids);
}

int shim6_ctx_init(void)
{
	get_random_bytes(ulids_secret, sizeof(ulids_secret));
	ctx_cache = KMEM_CACHE(shim6_ctx, SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT);
	path_cache = KMEM_CACHE(shim6_path, SLAB_ACCOUNT);
	if (ctx_cache && path_cache)
		return 0;
	shim6_ctx_exit();
	return -ENOMEM;
}

/* Waits for the last contexts to be freed. */
void shim6_ctx_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(path_cache);
	kmem_cache_destroy(ctx_cache);
}
