// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our chains in the table mangle: put there at the start, replaced as a whole at every change, put back when somebody
 * took them away, gone at the end.  With the module's own hooks only static rules need them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "hal/log.h"
#include "hal/nl.h"
#include "hal/spawn.h"
#include "ruletext.h"
#include "shim6d.h"

#define TIME	30000		/* ms; another program may hold the lock for a while */
#define SETTLE	300		/* ms that others have for what they are changing */
#define LOOK	60000		/* ms; the older kind of ip6tables tells nobody what it changes */

struct rules {
	bool installed, failing;
	struct hal_nl_events *ev;
	struct hal_timer *timer;
	bool soon;		/* the timer runs because of an event */
};

/* Run; on failure the first line that the program said is in @why. */
static int run(const char *const argv[], const char *input, char **out, char *why, size_t size)
{
	struct hal_spawn_result res;
	int ret;

	ret = hal_spawn_wait(argv, input, TIME, &res);
	if (ret) {
		res.err[strcspn(res.err, "\n")] = '\0';
		snprintf(why, size, "%s: %s", argv[0],
			 res.error ? strerror(-res.error) : *res.err ? res.err : "failed");
	} else if (out && res.cut) {
		snprintf(why, size, "%s says more than can be read, %d octets", argv[0], HAL_SPAWN_OUT);
		ret = -1;
	} else if (out) {
		*out = res.out;
		res.out = NULL;
	}
	hal_spawn_result_free(&res);
	return ret ? -1 : 0;
}

static int look(const struct shim6d *d, struct rules_seen *seen, char *why, size_t size)
{
	const char *const argv[] = { d->conf.dataplane.ip6tables, "-w", "20", "-t", "mangle", "-S", NULL };
	char *out = NULL;

	if (run(argv, NULL, &out, why, size))
		return -1;
	ruletext_read(out ? out : "", seen);
	free(out);
	return 0;
}

static int restore(const struct shim6d *d, char *text, char *why, size_t size)
{
	char program[CONF_PATH_MAX + 16];
	const char *const argv[] = { program, "-w", "20", "--noflush", NULL };
	int ret;

	if (!text) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	snprintf(program, sizeof(program), "%s-restore", d->conf.dataplane.ip6tables);
	ret = run(argv, text, NULL, why, size);
	free(text);
	return ret;
}

static int take_away(const struct shim6d *d, const struct rules_seen *seen, char *why, size_t size)
{
	if (!seen->chain_in && !seen->chain_out && !seen->chain_ctl && !seen->jumps_in && !seen->jumps_out)
		return 0;
	return restore(d, ruletext_detach(seen), why, size) || restore(d, ruletext_delete(seen), why, size) ? -1 : 0;
}

/* The static rules that people typed at the debug port; NULL: out of memory. */
static struct rules_static *collect(struct shim6d *d, unsigned int *n)
{
	const struct s6_ctx *c = NULL;
	struct rules_static *r;

	r = calloc(2 * s6_count(engine_host(d)) + 1, sizeof(*r));
	if (!r)
		return NULL;
	while ((c = s6_next(engine_host(d), c))) {
		const struct ctxinfo *info = engine_info(d, c->id);

		if (info && info->shim)
			r[(*n)++] = (struct rules_static){ .tag = c->ct_peer, .ulid_local = c->ulid_local,
				.ulid_peer = c->ulid_peer, .src = info->shim_src, .dst = info->shim_dst };
		if (info && info->deshim)
			r[(*n)++] = (struct rules_static){ .in = true, .tag = c->ct_local, .ulid_local = c->ulid_local,
				.ulid_peer = c->ulid_peer };
	}
	return r;
}

/* Look at what is there and, if @always or something is missing, make it what it has to be.  1: done, 0: was right. */
static int make_whole(struct shim6d *d, bool always, char *why, size_t size)
{
	struct rules_want want = {
		.table = d->conf.dataplane.attach == CONF_ATTACH_RULES,
		.queue_control = d->conf.dataplane.queue_control,
		.queue_reap = d->conf.dataplane.queue_reap,
	};
	struct rules_static *fixed;
	struct rules_seen seen;
	int ret = 0;

	if (look(d, &seen, why, size))
		return -1;
	fixed = collect(d, &want.n);
	if (!fixed) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	want.fixed = fixed;
	if (always && !want.table && !want.n)
		ret = take_away(d, &seen, why, size);
	else if (always || !ruletext_whole(&want, &seen))
		ret = restore(d, ruletext_install(&want, &seen), why, size) ? -1 : 1;
	free(fixed);
	return ret;
}

int rules_update(struct shim6d *d, char *why, size_t size)
{
	return make_whole(d, true, why, size) < 0 ? -1 : 0;
}

/* --- somebody else changes them --- */

static void on_timer(void *arg)
{
	static struct hal_log_limit lim = HAL_LOG_LIMIT(60000, 5);
	struct shim6d *d = arg;
	char why[512];
	int ret;

	d->rules->soon = false;
	hal_timer_set(d->rules->timer, LOOK);
	ret = make_whole(d, false, why, sizeof(why));
	if (ret > 0) {
		d->counters.rules_lost++;
		log_limited(&lim, HAL_LOG_WARN, "ip6tables rules of ours were gone (a firewall that was reloaded?), put back");
	} else if (ret < 0 && !d->rules->failing) {
		log_warn("our ip6tables rules cannot be looked after: %s", why);
	}
	d->rules->failing = ret < 0;
}

static int on_event(const struct nlmsghdr *nlh, void *arg)
{
	struct shim6d *d = arg;

	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_NFTABLES || d->rules->soon)
		return 0;
	switch (NFNL_MSG_TYPE(nlh->nlmsg_type)) {
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
		d->rules->soon = true;
		hal_timer_set(d->rules->timer, SETTLE);
	}
	return 0;
}

static void on_lost(void *arg)
{
	struct shim6d *d = arg;

	d->rules->soon = true;
	hal_timer_set(d->rules->timer, SETTLE);
}

/* --- start and end --- */

int rules_install(struct shim6d *d)
{
	char why[512];
	int err;

	d->rules = calloc(1, sizeof(*d->rules));
	if (d->rules)
		d->rules->timer = hal_timer_new(d->loop, on_timer, d);
	if (!d->rules || !d->rules->timer) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	if (rules_update(d, why, sizeof(why))) {
		hal_daemon_fail("the ip6tables rules cannot be installed: %s; are the ip6tables extensions of shim6 "
				"installed, and is dataplane.ip6tables right?", why);
		return -1;
	}
	d->rules->installed = true;
	err = hal_nl_events_open(&d->rules->ev, d->loop, NETLINK_NETFILTER, 0, on_event, on_lost, d);
	if (!err)
		err = hal_nl_events_join(d->rules->ev, NFNLGRP_NFTABLES);
	if (err)
		log_info("no events of nftables: %s; the rules are looked at once a minute", strerror(-err));
	hal_timer_set(d->rules->timer, LOOK);
	return 0;
}

void rules_remove(struct shim6d *d)
{
	struct rules_seen seen;
	char why[512];

	if (!d->rules || !d->rules->installed)
		return;
	d->rules->installed = false;
	if (look(d, &seen, why, sizeof(why)) || take_away(d, &seen, why, sizeof(why)))
		log_warn("our ip6tables rules are not all removed: %s; see ip6tables -t mangle -S", why);
}

void rules_close(struct shim6d *d)
{
	if (!d->rules)
		return;
	hal_nl_events_close(d->rules->ev);
	hal_timer_free(d->rules->timer);
	free(d->rules);
	d->rules = NULL;
}
