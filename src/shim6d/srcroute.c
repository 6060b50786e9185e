// SPDX-License-Identifier: GPL-2.0-or-later
#include "srcroute.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "hal/log.h"
#include "hal/nl.h"
#include "text.h"


struct source {
	uint8_t prefix[8];
	uint32_t ifindex;
	struct in6_addr gateway;
	enum srcroute_state state;
	bool seen;			/* in this look */
	bool told;
};

struct srcroute {
	struct shim6d *d;
	struct hal_nl *nl;
	struct conf conf;		/* as when the routes were made */
	struct source s[SRCROUTE_MAX];	/* one that is not used has ifindex 0; the place is that of its table */
};

static const char *prefix_text(const uint8_t prefix[8])
{
	struct in6_addr a = in6addr_any;

	memcpy(&a, prefix, 8);
	return addr_text(&a);
}

static struct hal_route route_of(const struct srcroute *sr, const struct source *s)
{
	return (struct hal_route){
		.gateway = s->gateway, .protocol = HAL_RTPROT_OWN, .ifindex = s->ifindex,
		.table = sr->conf.routing.table + (uint32_t)(s - sr->s),
	};
}

static struct hal_rule rule_of(const struct srcroute *sr, const struct source *s, bool links)
{
	struct hal_rule r = {
		.from_len = 64, .protocol = HAL_RTPROT_OWN, .specific = links,
		.priority = sr->conf.routing.priority + !links,
		.table = links ? RT_TABLE_MAIN : sr->conf.routing.table + (uint32_t)(s - sr->s),
	};

	memcpy(&r.from, s->prefix, 8);
	return r;
}

static void uninstall(struct srcroute *sr, struct source *s)
{
	struct hal_rule links = rule_of(sr, s, true), way = rule_of(sr, s, false);

	hal_rule_del(sr->nl, &way, NULL);
	hal_rule_del(sr->nl, &links, NULL);
	hal_route_flush(sr->nl, way.table, HAL_RTPROT_OWN);
	log_notice("source-address routing of %s/64 removed", prefix_text(s->prefix));
	s->state = SRCROUTE_UNKNOWN;
}

static void install(struct srcroute *sr, struct source *s, const struct hal_link *l)
{
	struct hal_rule links = rule_of(sr, s, true), way = rule_of(sr, s, false);
	struct hal_route route;
	const char *why = "";
	int err;

	s->gateway = l->gateway;
	route = route_of(sr, s);
	err = hal_route_set(sr->nl, &route, &why);
	if (!err)
		err = hal_rule_add(sr->nl, &links, &why);
	if (!err || err == -EEXIST)
		err = hal_rule_add(sr->nl, &way, &why);
	if (err && err != -EEXIST) {
		log_warn("packets from %s/64 cannot be sent by %s: %s%s%s", prefix_text(s->prefix), l->name,
			 strerror(-err), *why ? ": " : "", why);
		uninstall(sr, s);
		return;
	}
	if (s->state != SRCROUTE_INSTALLED)
		log_notice("packets from %s/64 leave by %s from now on (table %u)", prefix_text(s->prefix), l->name,
			   route.table);
	s->state = SRCROUTE_INSTALLED;
}

static bool leaves_right(const struct srcroute *sr, const struct source *s, const struct in6_addr *src)
{
	struct hal_route_found found;

	return !hal_route_get_default(sr->nl, src, s->ifindex, &found) && found.ifindex == s->ifindex;
}

/* How does a packet from an address of the prefix leave now? */
static enum srcroute_state ask(const struct srcroute *sr, const struct hal_rtnl *rt, const struct source *s)
{
	const struct hal_addr *a;
	unsigned int n;

	a = hal_rtnl_addrs(rt, &n);
	for (unsigned int i = 0; i < n; i++) {
		if (a[i].ifindex != s->ifindex || memcmp(&a[i].addr, s->prefix, 8) || !hal_addr_usable(rt, &a[i]))
			continue;
		return leaves_right(sr, s, &a[i].addr) ? SRCROUTE_RIGHT : SRCROUTE_WRONG;
	}
	return SRCROUTE_UNKNOWN;
}

static struct source *place_of(struct srcroute *sr, const struct plan_prefix *p)
{
	struct source *empty = NULL;

	for (unsigned int i = 0; i < SRCROUTE_MAX; i++) {
		struct source *s = &sr->s[i];

		if (!s->ifindex) {
			empty = empty ? empty : s;
		} else if (!memcmp(s->prefix, p->prefix, 8)) {
			if (s->ifindex == p->ifindex)
				return s;
			if (s->state == SRCROUTE_INSTALLED)
				uninstall(sr, s);
			s->ifindex = p->ifindex;
			return s;
		}
	}
	if (empty) {
		*empty = (struct source){ .ifindex = p->ifindex };
		memcpy(empty->prefix, p->prefix, 8);
	}
	return empty;
}

static void see_to(struct srcroute *sr, const struct hal_rtnl *rt, struct source *s, const struct hal_link *l)
{
	/* Again each time: the router may be another, and a link that was down has lost its routes. */
	if (s->state == SRCROUTE_INSTALLED) {
		install(sr, s, l);
		return;
	}
	s->state = ask(sr, rt, s);
	if (s->state != SRCROUTE_WRONG) {
		s->told = false;
		return;
	}
	if (sr->conf.routing.sources == CONF_SOURCES_INSTALL) {
		install(sr, s, l);
	} else if (!s->told) {
		s->told = true;
		log_warn("packets from %s/64 do not leave by %s: its provider's packets are lost; set routing.sources = "
			 "install, or see 'shim6ctl doctor'", prefix_text(s->prefix), l->name);
	}
}

static void none_seen(struct srcroute *sr)
{
	for (unsigned int i = 0; i < SRCROUTE_MAX; i++)
		sr->s[i].seen = false;
}

/* What was not seen goes. */
static void sweep(struct srcroute *sr)
{
	for (unsigned int i = 0; i < SRCROUTE_MAX; i++) {
		struct source *s = &sr->s[i];

		if (s->seen || !s->ifindex)
			continue;
		if (s->state == SRCROUTE_INSTALLED)
			uninstall(sr, s);
		s->ifindex = 0;
	}
}

void srcroute_update(struct srcroute *sr, const struct hal_rtnl *rt, const struct plan_prefix *p, unsigned int n)
{
	const struct hal_link *l;
	struct source *s;

	if (memcmp(&sr->conf.routing, &sr->d->conf.routing, sizeof(sr->conf.routing))) {
		none_seen(sr);
		sweep(sr);		/* from the tables of before */
		sr->conf = sr->d->conf;
	}
	none_seen(sr);
	for (unsigned int i = 0; i < n && sr->conf.routing.sources != CONF_SOURCES_OFF; i++) {
		l = hal_rtnl_link(rt, p[i].ifindex);
		s = l && l->default_route ? place_of(sr, &p[i]) : NULL;
		if (!s)
			continue;
		s->seen = true;
		see_to(sr, rt, s, l);
	}
	sweep(sr);
}

enum srcroute_state srcroute_state(const struct srcroute *sr, const struct in6_addr *a)
{
	for (unsigned int i = 0; i < SRCROUTE_MAX; i++)
		if (sr->s[i].ifindex && !memcmp(sr->s[i].prefix, a, 8))
			return sr->s[i].state;
	return SRCROUTE_UNKNOWN;
}

const char *srcroute_name(enum srcroute_state s)
{
	static const char *const names[] = {
		[SRCROUTE_UNKNOWN] = "unknown", [SRCROUTE_RIGHT] = "right", [SRCROUTE_WRONG] = "wrong",
		[SRCROUTE_INSTALLED] = "installed",
	};

	return names[s];
}

int srcroute_open(struct srcroute **out, struct shim6d *d)
{
	struct srcroute *sr = calloc(1, sizeof(*sr));
	int err = sr ? hal_nl_open(&sr->nl, NETLINK_ROUTE) : -ENOMEM;

	if (err) {
		free(sr);
		return err;
	}
	sr->d = d;
	sr->conf = d->conf;
	hal_rule_flush(sr->nl, HAL_RTPROT_OWN, sr->conf.routing.priority, sr->conf.routing.priority + 1);
	for (unsigned int i = 0; i < SRCROUTE_MAX; i++)
		hal_route_flush(sr->nl, sr->conf.routing.table + i, HAL_RTPROT_OWN);
	*out = sr;
	return 0;
}

void srcroute_close(struct srcroute *sr)
{
	if (!sr)
		return;
	hal_nl_close(sr->nl);
	free(sr);
}
