// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connection tracking events into the table of flows, wishes out of it.  The choice between counting here and a
 * rule that counts in the kernel is explained in flows.h.
 */
#include <errno.h>
#include <string.h>

#include "../common/addr.h"
#include "hal/clock.h"
#include "hal/ct.h"
#include "hal/daemon.h"
#include "hal/log.h"
#include "reapd.h"

enum {
	LOOK_BUDGET	= 128,	/* questions for counters at a time, each about 10 us */
	LOOK_PAUSE	= 50,	/* ms, before the next lot */
};

static void rearm(struct reapd *r)
{
	uint64_t due = flows_next_due(r->flows), soonest = hal_now_ms() + LOOK_PAUSE;

	hal_timer_at(r->flows_timer, due < soonest ? soonest : due);
}

static void on_timer(void *arg)
{
	struct reapd *r = arg;

	flows_timeout(r->flows, hal_now_ms(), LOOK_BUDGET);
	rearm(r);
}

static void key_from(struct flow_key *k, const struct hal_flow *f)
{
	*k = (struct flow_key){
		.src = f->src, .dst = f->dst, .proto = f->proto, .sport = f->sport, .dport = f->dport,
	};
}

/*
 * Which end is ours?  An address of this host, or the ULID of a pair that is known: it may be gone from its link while
 * sessions go on.  False: neither or both, that is forwarded traffic, or the host talking to itself.
 */
static bool find_local(struct reapd *r, const struct flow_key *k, bool *local_is_src, const char **interface)
{
	const char *if_src, *if_dst;
	bool src = local_is(r, &k->src, &if_src), dst = local_is(r, &k->dst, &if_dst);

	if (src && dst)
		return false;
	*local_is_src = src || (!dst && flows_has_pair(r->flows, &k->src, &k->dst));
	*interface = src ? if_src : dst ? if_dst : "";
	return src || dst || *local_is_src || flows_has_pair(r->flows, &k->dst, &k->src);
}

static bool counts(const struct reapd *r, const struct flow_key *k, bool local_is_src, const char *interface)
{
	struct conf_flow f = {
		.local = local_is_src ? k->src : k->dst,
		.peer = local_is_src ? k->dst : k->src,
		.proto = k->proto,
		.local_port = local_is_src ? k->sport : k->dport,
		.peer_port = local_is_src ? k->dport : k->sport,
		.interface = interface,
	};

	if (k->proto == IPPROTO_ICMPV6)		/* these are type and identifier */
		f.local_port = f.peer_port = 0;
	return conf_flow_wanted(&r->conf, &f);
}

static void add(struct reapd *r, const struct hal_flow *f)
{
	unsigned int flags = f->type == HAL_FLOW_DUMP ? FLOW_FOUND : 0;
	const char *interface;
	bool local_is_src;
	struct flow_key k;

	/* Our own messages and translated payload are not what contexts are for. */
	if (f->proto == SHIM6_PROTO || !s6_addr_ok(&f->src) || !s6_addr_ok(&f->dst))
		return;
	key_from(&k, f);
	if (!find_local(r, &k, &local_is_src, &interface))
		return;
	if (local_is_src)
		flags |= FLOW_LOCAL_SRC;
	if (counts(r, &k, local_is_src, interface))
		flags |= FLOW_COUNTS;
	flows_add(r->flows, &k, flags, f->packets[0] + f->packets[1], f->octets[0] + f->octets[1], hal_now_ms());
}

static void on_flow(const struct hal_flow *f, void *arg)
{
	struct reapd *r = arg;
	struct flow_key k;

	switch (f->type) {
	case HAL_FLOW_NEW:
	case HAL_FLOW_DUMP:
		add(r, f);
		break;
	case HAL_FLOW_DESTROY:
		key_from(&k, f);
		flows_del(r->flows, &k, f->packets[0] + f->packets[1], f->octets[0] + f->octets[1], hal_now_ms());
		break;
	case HAL_FLOW_UPDATE:
		return;
	}
	rearm(r);
}

static void on_resync_begin(void *arg)
{
	struct reapd *r = arg;

	count(&r->counters, C_FLOW_LOST);
	flows_resync_begin(r->flows);
}

static void on_resync_end(void *arg)
{
	struct reapd *r = arg;

	flows_resync_end(r->flows, hal_now_ms());
	rearm(r);
}

/* --- what the table of flows asks ------------------------------------------------------------- */

static int get_counters(void *arg, const struct flow_key *k, uint64_t *packets, uint64_t *octets)
{
	struct reapd *r = arg;
	struct hal_flow f = {
		.src = k->src, .dst = k->dst, .proto = k->proto, .sport = k->sport, .dport = k->dport,
	};
	int err = hal_ct_get(r->ct, &f);

	if (err)
		return err;
	*packets = f.packets[0] + f.packets[1];
	*octets = f.octets[0] + f.octets[1];
	return f.has_counters ? 0 : -ENODATA;
}

static bool want(void *arg, const struct reap_ipc_want *w)
{
	if (!shimlink_send(arg, REAP_IPC_WANT, w, sizeof(*w)))
		return false;
	log_info("%s %s: a context is wanted, after %llu packets, %llu octets, %u ms", addr_text(&w->local),
		 addr_text(&w->peer), (unsigned long long)w->packets, (unsigned long long)w->octets, w->age);
	return true;
}

static void number(void *arg, const struct reap_ipc_flows *f)
{
	shimlink_send(arg, REAP_IPC_FLOWS, f, sizeof(*f));
}

static const struct flows_ops ops = { get_counters, want, number };

/* --- what others tell ------------------------------------------------------------------------- */

void trigger_assoc(void *arg, const struct in6_addr *local, const struct in6_addr *peer, bool there)
{
	struct reapd *r = arg;

	flows_context(r->flows, local, peer, there, hal_now_ms());
	rearm(r);
}

void trigger_result(struct reapd *r, const struct reap_ipc_want_result *m)
{
	if (m->error)
		log_info("%s %s: no context: %s; not asked for again for %u s", addr_text(&m->local),
			 addr_text(&m->peer), strerror(-m->error), m->retry_after / 1000);
	flows_result(r->flows, m, hal_now_ms());
	rearm(r);
}

void trigger_control(struct reapd *r)
{
	flows_tell_all(r->flows, hal_now_ms());
	rearm(r);
}

static struct flows_policy policy(const struct reapd *r)
{
	if (!r->conf.trigger.enabled || r->conf.trigger.answer_only)
		return (struct flows_policy){ 0, 0, 0 };
	return (struct flows_policy){
		.packets = r->conf.trigger.packets,
		.octets = r->conf.trigger.bytes,
		.age = r->conf.trigger.age,
	};
}

/* --- life ------------------------------------------------------------------------------------- */

/* Without a rule that needs it nothing would be tracked. */
static void track(struct reapd *r)
{
	if (kctl_set_conntrack(r->kctl, true))
		log_warn("connection tracking cannot be switched on: %s; flows are seen only if a rule needs it",
			 kctl_error(r->kctl));
}

void trigger_renewed(struct reapd *r)
{
	if (r->ct)
		track(r);
}

static int follow(struct reapd *r)
{
	static const struct hal_ct_opts opts = {
		.new_flows = true, .destroyed = true, .resync_begin = on_resync_begin, .resync_end = on_resync_end,
	};
	int err;

	err = hal_ct_open(&r->ct, r->loop, &opts, on_flow, r);
	if (err)
		return err;
	track(r);
	err = hal_ct_accounting(true);
	if (err)
		log_warn("per-flow counters cannot be switched on: %s; only the age of flows can trigger, set "
			 "net.netfilter.nf_conntrack_acct to 1", strerror(-err));
	err = hal_ct_dump(r->ct, 0, 0, NULL, NULL);
	if (err)
		log_warn("some flows that exist already may not be known: %s", strerror(-err));
	return 0;
}

static void unfollow(struct reapd *r)
{
	hal_ct_close(r->ct);
	r->ct = NULL;
	kctl_set_conntrack(r->kctl, false);
	flows_forget(r->flows, hal_now_ms());
}

/* Other lists of what counts: look at every flow again. */
static void learn_again(struct reapd *r)
{
	int err;

	flows_forget(r->flows, hal_now_ms());
	err = hal_ct_dump(r->ct, 0, 0, NULL, NULL);
	if (err)
		log_warn("some flows that exist already may not be known: %s", strerror(-err));
}

void trigger_reconfigure(struct reapd *r)
{
	struct flows_policy po = policy(r);
	int err = 0;

	if (r->conf.trigger.enabled && !r->ct)
		err = follow(r);
	else if (!r->conf.trigger.enabled && r->ct)
		unfollow(r);
	else if (r->ct)
		learn_again(r);
	if (err)
		log_err("cannot follow connection tracking: %s", strerror(-err));
	flows_set_policy(r->flows, &po);
	rearm(r);
}

int trigger_open(struct reapd *r)
{
	struct flows_policy po = policy(r);
	int err;

	r->flows = flows_new(&po, &ops, r, &r->counters);
	r->flows_timer = hal_timer_new(r->loop, on_timer, r);
	if (!r->flows || !r->flows_timer) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	err = r->conf.trigger.enabled ? follow(r) : 0;
	if (!err)
		return 0;
	hal_daemon_fail("cannot follow connection tracking: %s%s", strerror(-err),
			err == -EPERM ? "; CAP_NET_ADMIN is needed, start it as root" :
			err == -EPROTONOSUPPORT ? "; load the module with 'modprobe nf_conntrack_netlink'" : "");
	return -1;
}

void trigger_close(struct reapd *r)
{
	if (r->ct)
		unfollow(r);
	hal_timer_free(r->flows_timer);
	flows_free(r->flows);
	r->flows_timer = NULL;
	r->flows = NULL;
}
