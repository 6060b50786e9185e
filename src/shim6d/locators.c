// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * This host's addresses: which of them are locators, and in what condition.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "addrs.h"
#include "hal/clock.h"
#include "hal/log.h"
#include "hal/rtnl.h"
#include "shim6d.h"
#include "text.h"

#define REFRESH		30000		/* ms between two looks at lifetimes; longer ones are no change to hal/rtnl.h */
#define SLACK		5000		/* ms; the kernel rounds when it ends an address */

/* An address as last seen. */
struct known {
	struct in6_addr addr;
	uint32_t ifindex;
	uint64_t deadline;		/* ms; UINT64_MAX: for ever */
};

struct locators {
	struct hal_rtnl *rt;
	struct hal_timer *timer;
	struct known *known;
	unsigned int n_known;
	struct s6_locator loc[S6_LOCATORS_MAX];
	unsigned int n;
	bool too_many;			/* said so */
	struct conf_preferences wishes;	/* typed by people */
};

/* Why @a is no locator; NULL if it is one. */
static const char *unfit(const struct shim6d *d, const struct hal_addr *a)
{
	const struct hal_link *l = hal_rtnl_link(d->locators->rt, a->ifindex);

	if (!s6_addr_ok(&a->addr) || a->scope != RT_SCOPE_UNIVERSE)
		return "not of global scope";
	if (a->flags & IFA_F_DADFAILED)
		return "another host has it (duplicate address detection failed)";
	if (a->flags & IFA_F_TENTATIVE && !(a->flags & IFA_F_OPTIMISTIC))
		return "tentative: duplicate address detection goes on";
	if (!conf_locator_wanted(&d->conf, &a->addr, l ? l->name : ""))
		return "excluded by the section locators of the configuration";
	return NULL;
}

static int index_of(const struct s6_locator *loc, unsigned int n, const struct in6_addr *a)
{
	for (unsigned int i = 0; i < n; i++)
		if (!memcmp(&loc[i].addr, a, sizeof(*a)))
			return i;
	return -1;
}

static void rank(const struct shim6d *d, struct s6_locator *l)
{
	const struct conf_preference *p = conf_preference_find(&d->locators->wishes, &l->addr);

	if (!p)
		p = conf_preference_find(&d->conf.locators.prefer, &l->addr);
	if (p) {
		l->prio = p->priority;
		l->weight = p->weight;
		l->flags |= p->flags;
	}
	l->group = conf_locator_group(&d->conf, &l->addr);
}

static unsigned int collect(struct shim6d *d, struct s6_locator *loc)
{
	unsigned int n_addrs, n = 0;
	const struct hal_addr *addrs = hal_rtnl_addrs(d->locators->rt, &n_addrs);

	for (unsigned int i = 0; i < n_addrs; i++) {
		const struct hal_addr *a = &addrs[i];
		const struct hal_link *l = hal_rtnl_link(d->locators->rt, a->ifindex);
		bool up = l && l->up && (l->carrier || l->loopback);
		int at;

		if (unfit(d, a))
			continue;
		at = index_of(loc, n, &a->addr);
		if (at >= 0) {		/* on two links: good if one is */
			if (up)
				loc[at].flags &= ~SHIM6_LOC_BROKEN;
			continue;
		}
		if (n == S6_LOCATORS_MAX) {
			if (!d->locators->too_many)
				log_warn("this host has more than %d usable addresses: the rest is not used; choose "
					 "by the section locators of the configuration", S6_LOCATORS_MAX);
			d->locators->too_many = true;
			break;
		}
		loc[n++] = (struct s6_locator){ .addr = a->addr, .flags = up ? 0 : SHIM6_LOC_BROKEN };
	}
	for (unsigned int i = 0; i < n; i++)
		rank(d, &loc[i]);
	return n;
}

static void log_changes(const struct locators *l, const struct s6_locator *loc, unsigned int n)
{
	int at;

	for (unsigned int i = 0; i < l->n; i++)
		if (index_of(loc, n, &l->loc[i].addr) < 0)
			log_notice("locator %s is gone", addr_text(&l->loc[i].addr));
	for (unsigned int i = 0; i < n; i++) {
		at = index_of(l->loc, l->n, &loc[i].addr);
		if (at < 0 || l->loc[at].flags != loc[i].flags)
			log_notice("locator %s%s", addr_text(&loc[i].addr),
				   loc[i].flags & SHIM6_LOC_BROKEN ? ": broken, or its link is down" : "");
		else if (l->loc[at].prio != loc[i].prio || l->loc[at].weight != loc[i].weight)
			log_notice("locator %s: priority %u, weight %u", addr_text(&loc[i].addr), loc[i].prio,
				   loc[i].weight);
	}
}

/* --- ULIDs that become invalid -------------------------------------------------------------------- */

/* Nobody may go on talking as a ULID whose prefix is not ours any more (RFC 5533, 1.5). */
static void end_contexts(struct shim6d *d, const struct in6_addr *ulid)
{
	const struct s6_ctx *c = NULL;
	unsigned int n = 0;
	uint32_t *ids;

	ids = calloc(s6_count(engine_host(d)) + 1, sizeof(*ids));
	while (ids && (c = s6_next(engine_host(d), c)))
		if (!memcmp(&c->ulid_local, ulid, sizeof(*ulid)))
			ids[n++] = c->id;
	for (unsigned int i = 0; i < n; i++)
		engine_delete(d, ids[i], "the ULID became invalid: its lifetime ended");
	free(ids);
}

/* @k is gone because its time was up: not by a hand, and not because its link went down. */
static bool expired(const struct locators *l, const struct known *k, uint64_t now)
{
	const struct hal_link *link = hal_rtnl_link(l->rt, k->ifindex);

	return !hal_rtnl_find(l->rt, &k->addr) && link && link->up && k->deadline != UINT64_MAX &&
		k->deadline <= now + SLACK;
}

static void watch_lifetimes(struct shim6d *d)
{
	struct locators *l = d->locators;
	unsigned int n, n_gone = l->n_known;
	const struct hal_addr *addrs = hal_rtnl_addrs(l->rt, &n);
	struct known *gone = l->known, *next;
	uint64_t now = hal_now_ms();

	next = calloc(n + 1, sizeof(*next));
	if (!next)
		return;
	for (unsigned int i = 0; i < n; i++) {
		next[i] = (struct known){ addrs[i].addr, addrs[i].ifindex, UINT64_MAX };
		if (addrs[i].valid != UINT32_MAX)
			next[i].deadline = addrs[i].told + addrs[i].valid * 1000ULL;
	}
	l->known = next;
	l->n_known = n;
	for (unsigned int i = 0; i < n_gone; i++)
		if (expired(l, &gone[i], now))
			end_contexts(d, &gone[i].addr);
	free(gone);
}

static void on_refresh(void *arg)
{
	struct shim6d *d = arg;

	watch_lifetimes(d);
	hal_timer_set(d->locators->timer, REFRESH);
}

/* The proofs first, as the machine tells peers of both at once. */
static void announce(struct shim6d *d)
{
	announce_update(d, d->locators->loc, d->locators->n);
	engine_set_local(d, d->locators->loc, d->locators->n);
	ctl_locators(d);
}

/* --- changes ---------------------------------------------------------------------------------------- */

void locators_update(struct shim6d *d)
{
	struct locators *l = d->locators;
	struct s6_locator loc[S6_LOCATORS_MAX];
	unsigned int n;

	watch_lifetimes(d);
	memset(loc, 0, sizeof(loc));
	n = collect(d, loc);
	routable_links(d);
	if (n == l->n && !memcmp(loc, l->loc, n * sizeof(*loc)))
		return;
	log_changes(l, loc, n);
	memcpy(l->loc, loc, sizeof(loc));
	l->n = n;
	announce(d);
}

void locators_identities(struct shim6d *d, struct s6d_idents *idents)
{
	announce_identities(d, idents);
	announce(d);
}

void locators_start(struct shim6d *d)
{
	announce_start(d);
	announce(d);
}

int locators_prefer(struct shim6d *d, const char *entry, char *why, size_t size)
{
	if (conf_preference_set(&d->locators->wishes, entry, why, size))
		return -1;
	locators_update(d);
	return 0;
}

int locators_forget(struct shim6d *d, const char *prefix, char *why, size_t size)
{
	if (!prefix)
		d->locators->wishes.n = 0;
	else if (conf_preference_remove(&d->locators->wishes, prefix, why, size))
		return -1;
	locators_update(d);
	return 0;
}

static void on_change(unsigned int what, void *arg)
{
	if (what & HAL_RTNL_OWN)
		routable_restore(arg);
	if (what & ~HAL_RTNL_OWN)
		locators_update(arg);
	addrs_update(arg);
}

const struct hal_rtnl *locators_rtnl(const struct shim6d *d)
{
	return d->locators->rt;
}

uint32_t locators_mtu(const struct shim6d *d)
{
	unsigned int n;
	const struct hal_link *l = hal_rtnl_links(d->locators->rt, &n);
	uint32_t mtu = 1500;

	for (unsigned int i = 0; i < n; i++)
		if (!l[i].loopback && l[i].up && l[i].mtu >= 1280 && l[i].mtu < mtu)
			mtu = l[i].mtu;
	return mtu;
}

unsigned int locators_count(const struct shim6d *d)
{
	return d->locators->n;
}

static json_t *flags_json(const struct s6_locator *l)
{
	json_t *list = json_array();

	if (l && l->flags & SHIM6_LOC_BROKEN)
		json_array_append_new(list, json_string("broken"));
	if (l && l->flags & SHIM6_LOC_TRANSIENT)
		json_array_append_new(list, json_string("temporary"));
	return list;
}

json_t *locators_json(const struct shim6d *d)
{
	unsigned int n;
	const struct hal_addr *addrs = hal_rtnl_addrs(d->locators->rt, &n);
	json_t *list = json_array();

	for (unsigned int i = 0; i < n; i++) {
		const struct hal_addr *a = &addrs[i];
		const struct hal_link *l = hal_rtnl_link(d->locators->rt, a->ifindex);
		int at = index_of(d->locators->loc, d->locators->n, &a->addr);
		const struct s6_locator *loc = at < 0 ? NULL : &d->locators->loc[at];
		const char *why = unfit(d, a);

		if (!s6_addr_ok(&a->addr))
			continue;
		json_array_append_new(list, json_pack("{s:s, s:i, s:i, s:s, s:b, s:b, s:b, s:b, s:b, s:o, s:i, s:i, s:i, s:s}",
			"addr", addr_text(&a->addr), "prefixlen", a->prefixlen, "ifindex", a->ifindex,
			"ifname", l ? l->name : "", "usable", hal_addr_usable(d->locators->rt, a),
			"default_route", l && l->default_route, "deprecated", !!(a->flags & IFA_F_DEPRECATED),
			"announced", !!loc, "proven", loc && announce_proven(d, &a->addr),
			"flags", flags_json(loc), "prio", loc ? loc->prio : 0, "weight", loc ? loc->weight : 0,
			"group", loc ? loc->group : 0,
			"why", why ? why : loc ? "" : "more addresses than can be used"));
	}
	return list;
}

int locators_open(struct shim6d *d)
{
	int err = -ENOMEM;

	d->locators = calloc(1, sizeof(*d->locators));
	if (d->locators)
		d->locators->timer = hal_timer_new(d->loop, on_refresh, d);
	if (d->locators && d->locators->timer)
		err = hal_rtnl_open(&d->locators->rt, d->loop, on_change, d);
	if (!err) {
		hal_timer_set(d->locators->timer, REFRESH);
		return 0;
	}
	hal_daemon_fail("the addresses of this host cannot be read: %s", strerror(-err));
	return -1;
}

void locators_close(struct shim6d *d)
{
	if (!d->locators)
		return;
	if (d->locators->rt)
		hal_rtnl_close(d->locators->rt);
	hal_timer_free(d->locators->timer);
	free(d->locators->known);
	free(d->locators);
	d->locators = NULL;
}
