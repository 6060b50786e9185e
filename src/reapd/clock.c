// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The Send and Keepalive Timers are run by the kernel, which sees every packet.  Its events go to the engine,
 * the engine's wishes to the kernel.
 */
#include <errno.h>
#include <stdlib.h>

#include "hal/clock.h"
#include "hal/daemon.h"
#include "hal/log.h"
#include "hal/spawn.h"
#include "reapd.h"

#define DUMP_TRIES	5	/* the table may change under a dump */
#define MODPROBE_TIME	30000	/* ms */

static void on_event(void *arg, const struct kctl_event *ev)
{
	struct reapd *r = arg;

	engine_event(r->engine, ev, hal_now_ms());
	engine_rearm(r);
}

struct view {
	struct kctl_ctx *v;
	size_t n, cap;
};

/* Nothing may be sent to the kernel while it dumps: collect first. */
static void collect(void *arg, const struct kctl_ctx *c)
{
	struct view *view = arg;

	if (view->n == view->cap) {
		size_t cap = view->cap ? view->cap * 2 : 64;
		struct kctl_ctx *v = reallocarray(view->v, cap, sizeof(*v));

		if (!v)
			return;		/* what is missing here is repaired at the next loss or packet */
		view->v = v;
		view->cap = cap;
	}
	view->v[view->n++] = *c;
}

static void on_lost(void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 3);
	struct reapd *r = arg;
	struct view view = { NULL, 0, 0 };
	uint64_t now;
	int err = -EINTR;

	count(&r->counters, C_EVENT_LOST);
	log_limited(&limit, HAL_LOG_WARN, "events of the kernel were lost, its contexts are compared with ours");
	for (int i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		view.n = 0;
		err = kctl_ctx_dump(r->kctl, collect, &view);
	}
	if (err && err != -EINTR)
		log_warn("cannot read the kernel's contexts: %s", kctl_error(r->kctl));
	now = hal_now_ms();
	for (size_t i = 0; i < view.n; i++)
		engine_repair(r->engine, &view.v[i], now);
	free(view.v);
	engine_rearm(r);
}

static void on_renewed(void *arg, const char *why)
{
	struct reapd *r = arg;

	if (why) {
		log_err("shim6.ko was loaded anew: %s; then restart both daemons", why);
		return;
	}
	log_warn("shim6.ko was loaded anew, it is given our parameters and timers");
	renew_parameters(r);
	trigger_renewed(r);
	engine_renewed(r->engine);
	on_lost(r);
}

int clock_set(void *arg, const struct kctl_ctx *c)
{
	struct reapd *r = arg;

	return kctl_ctx_set(r->kctl, c);
}

bool clock_active(void *arg, uint64_t ct_local, uint32_t ms)
{
	struct reapd *r = arg;
	struct kctl_ctx c;

	return !kctl_ctx_get(r->kctl, ct_local, &c) && c.has & KCTL_AGES && c.tx_age < ms && c.rx_age < ms;
}

void clock_ages(void *arg, void (*one)(void *one_arg, uint64_t ct_local, uint32_t ms), void *one_arg)
{
	struct reapd *r = arg;
	struct view view = { NULL, 0, 0 };

	/* If the table changes meanwhile, some are missing: their turn comes late, that is all. */
	kctl_ctx_dump(r->kctl, collect, &view);
	for (size_t i = 0; i < view.n; i++) {
		const struct kctl_ctx *c = &view.v[i];

		if (c->has & KCTL_AGES)
			one(one_arg, c->ct_local, c->tx_age < c->rx_age ? c->tx_age : c->rx_age);
	}
	free(view.v);
}

/* At boot the init script has loaded it; by hand nobody has, and shim6d, which would, comes later. */
static void load_module(void)
{
	static const char *const argv[] = { "modprobe", "-q", "shim6", NULL };
	struct hal_spawn_result res;

	hal_spawn_wait(argv, NULL, MODPROBE_TIME, &res);
	hal_spawn_result_free(&res);
}

int clock_open(struct reapd *r)
{
	static const struct kctl_events to = { on_event, on_lost, on_renewed };
	char why[256];
	int err;

	err = kctl_open(&r->kctl, why, sizeof(why));
	if (err == -ENOENT) {
		load_module();
		err = kctl_open(&r->kctl, why, sizeof(why));
	}
	if (err) {
		hal_daemon_fail("%s", why);
		return -1;
	}
	if (kctl_subscribe(r->kctl, r->loop, SHIM6_GENL_GROUP_REAP, &to, r)) {
		hal_daemon_fail("cannot listen to the events of shim6.ko: %s", kctl_error(r->kctl));
		return -1;
	}
	return 0;
}

void clock_close(struct reapd *r)
{
	kctl_close(r->kctl);
	r->kctl = NULL;
}
