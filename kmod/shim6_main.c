// SPDX-License-Identifier: GPL-2.0-or-later
/* shim6.ko: contexts, translation, REAP clocks and netlink.  Start, end, and what there is one of a namespace. */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rtnetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "shim6_ctx.h"
#include "shim6_early.h"
#include "shim6_genl.h"
#include "shim6_hooks.h"
#include "shim6_kick.h"
#include "shim6_offload.h"

unsigned int shim6_net_id __read_mostly;

static unsigned int max_contexts = 1000000;
module_param(max_contexts, uint, 0644);
MODULE_PARM_DESC(max_contexts, "Contexts that a namespace created from now on may have (default 1000000)");

/* What shim6 keeps for @net. */
struct shim6_net *shim6_pernet(const struct net *net)
{
	return net_generic(net, shim6_net_id);
}

static int __net_init net_init(struct net *net)
{
	struct shim6_net *sn = shim6_pernet(net);
	int err;

	sn->net = net;
	sn->max_contexts = READ_ONCE(max_contexts);
	sn->queue_control = -1;
	sn->queue_reap = -1;
	mutex_init(&sn->lock);
	shim6_kick_init(sn);
	sn->stats = alloc_percpu(struct shim6_stats);
	if (!sn->stats)
		return -ENOMEM;
	err = shim6_ctx_net_init(sn);
	if (err)
		free_percpu(sn->stats);
	return err;
}

/*
 * Give up all of a namespace, because it or the module leaves.  Timers may run until the contexts are freed, which
 * rcu_barrier() waits for.
 */
static void net_leave(struct net *net)
{
	struct shim6_net *sn = shim6_pernet(net);

	mutex_lock(&sn->lock);
	sn->max_contexts = 0;
	shim6_hooks_set(sn, false);
	shim6_conntrack_set(sn, false);
	shim6_ctx_kill_all(sn, 0);
	mutex_unlock(&sn->lock);
	shim6_kick_exit(sn);
}

/* No device is left in the namespace, or no target in the kernel, so no packet looks anything up. */
static void __net_exit net_exit_batch(struct list_head *nets)
{
	struct net *net;

	rcu_barrier();		/* the last context is freed */
	list_for_each_entry(net, nets, exit_list) {
		struct shim6_net *sn = shim6_pernet(net);

		shim6_early_drop(sn);
		shim6_ctx_net_exit(sn);
		free_percpu(sn->stats);
	}
}

static struct pernet_operations net_ops = {
	.init = net_init,
	.pre_exit = net_leave,
	.exit_batch = net_exit_batch,
	.id = &shim6_net_id,
	.size = sizeof(struct shim6_net),
};

static int __init shim6_init(void)
{
	int err;

	err = shim6_ctx_init();
	if (err)
		return err;
	err = register_pernet_subsys(&net_ops);
	if (err)
		goto err_pernet;
	err = shim6_offload_init();
	if (err)
		goto err_offload;
	err = shim6_genl_init();
	if (err)
		goto err_genl;
	return 0;

err_genl:
	shim6_offload_exit();
err_offload:
	unregister_pernet_subsys(&net_ops);
err_pernet:
	shim6_ctx_exit();
	return err;
}

static void __exit shim6_exit(void)
{
	struct net *net;

	/* Contexts die while there is a family to tell it by; the family goes while its data are there. */
	down_read(&net_rwsem);
	for_each_net(net)
		net_leave(net);
	up_read(&net_rwsem);
	rcu_barrier();
	shim6_genl_exit();
	shim6_offload_exit();
	unregister_pernet_subsys(&net_ops);
	shim6_ctx_exit();
}

module_init(shim6_init);
module_exit(shim6_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Shim6 (RFC 5533): contexts, translation and REAP clocks");
MODULE_VERSION(SHIM6_VERSION);
