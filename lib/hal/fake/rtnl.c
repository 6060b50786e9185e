// SPDX-License-Identifier: GPL-2.0-or-later
/* One host, without a kernel: hal_nl is never looked at. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <stdlib.h>

#include "hal/clock.h"
#include "hal/fake/fake.h"
#include "hal/rtnl.h"

#define FAKE_MAX	64

struct hal_rtnl {
	struct hal_rtnl *next;
	hal_rtnl_fn changed;
	void *arg;
};

static struct hal_rtnl *fake_rtnls;
static struct hal_addr fake_addrs[FAKE_MAX];
static struct hal_link fake_links[FAKE_MAX];
static struct hal_rule fake_rules[FAKE_MAX];
static struct hal_route fake_routes[FAKE_MAX];
static unsigned int fake_n_addrs, fake_n_links, fake_n_rules, fake_n_routes;

void fake_rtnl_set(const struct hal_addr *addrs, unsigned int n_addrs, const struct hal_link *links,
		   unsigned int n_links)
{
	struct hal_rtnl *rt, *next;
	unsigned int what = 0;

	if (n_addrs > FAKE_MAX || n_links > FAKE_MAX)
		abort();
	if (n_addrs != fake_n_addrs || memcmp(addrs, fake_addrs, n_addrs * sizeof(*addrs)))
		what |= HAL_RTNL_ADDR;
	if (n_links != fake_n_links || memcmp(links, fake_links, n_links * sizeof(*links)))
		what |= HAL_RTNL_LINK | HAL_RTNL_ROUTE;
	memcpy(fake_addrs, addrs, n_addrs * sizeof(*addrs));
	memcpy(fake_links, links, n_links * sizeof(*links));
	fake_n_addrs = n_addrs;
	fake_n_links = n_links;
	for (rt = fake_rtnls; what && rt; rt = next) {
		next = rt->next;
		rt->changed(what, rt->arg);
	}
}

int hal_rtnl_open(struct hal_rtnl **out, struct hal_loop *loop, hal_rtnl_fn changed, void *arg)
{
	struct hal_rtnl *rt = calloc(1, sizeof(*rt));

	(void)loop;
	rt->changed = changed;
	rt->arg = arg;
	rt->next = fake_rtnls;
	fake_rtnls = rt;
	*out = rt;
	return 0;
}

void hal_rtnl_close(struct hal_rtnl *rt)
{
	struct hal_rtnl **p;

	if (!rt)
		return;
	for (p = &fake_rtnls; *p != rt; p = &(*p)->next)
		;
	*p = rt->next;
	free(rt);
}

const struct hal_addr *hal_rtnl_addrs(const struct hal_rtnl *rt, unsigned int *n)
{
	(void)rt;
	*n = fake_n_addrs;
	return fake_addrs;
}

const struct hal_link *hal_rtnl_links(const struct hal_rtnl *rt, unsigned int *n)
{
	(void)rt;
	*n = fake_n_links;
	return fake_links;
}

const struct hal_link *hal_rtnl_link(const struct hal_rtnl *rt, uint32_t ifindex)
{
	unsigned int i;

	(void)rt;
	for (i = 0; i < fake_n_links; i++)
		if (fake_links[i].ifindex == ifindex)
			return &fake_links[i];
	return NULL;
}

const struct hal_addr *hal_rtnl_find(const struct hal_rtnl *rt, const struct in6_addr *addr)
{
	unsigned int i;

	(void)rt;
	for (i = 0; i < fake_n_addrs; i++)
		if (IN6_ARE_ADDR_EQUAL(&fake_addrs[i].addr, addr))
			return &fake_addrs[i];
	return NULL;
}

bool hal_addr_usable(const struct hal_rtnl *rt, const struct hal_addr *a)
{
	const struct hal_link *l = hal_rtnl_link(rt, a->ifindex);

	return a->scope == RT_SCOPE_UNIVERSE && !(a->flags & IFA_F_DADFAILED) &&
	       (!(a->flags & IFA_F_TENTATIVE) || (a->flags & IFA_F_OPTIMISTIC)) && l && l->up && l->carrier;
}

/* --- addresses --- */

static struct hal_addr *fake_find_addr(const struct hal_addr *a)
{
	unsigned int i;

	for (i = 0; i < fake_n_addrs; i++)
		if (fake_addrs[i].ifindex == a->ifindex && IN6_ARE_ADDR_EQUAL(&fake_addrs[i].addr, &a->addr))
			return &fake_addrs[i];
	return NULL;
}

int hal_addr_set(struct hal_nl *nl, const struct hal_addr *a, const char **why)
{
	struct hal_addr *there = fake_find_addr(a);

	(void)nl;
	if (why)
		*why = "";
	if (!a->valid || a->preferred > a->valid)
		return -EINVAL;
	if (!there && fake_n_addrs == FAKE_MAX)
		return -ENOSPC;
	if (!there) {
		there = &fake_addrs[fake_n_addrs++];
		*there = *a;
		there->flags |= IFA_F_TENTATIVE;
	}
	there->valid = a->valid;
	there->preferred = a->preferred;
	there->told = hal_now_ms();
	return 0;
}

int hal_addr_del(struct hal_nl *nl, const struct hal_addr *a, const char **why)
{
	struct hal_addr *there = fake_find_addr(a);

	(void)nl;
	if (why)
		*why = "";
	if (!there || there->prefixlen != a->prefixlen)
		return -EADDRNOTAVAIL;
	*there = fake_addrs[--fake_n_addrs];
	return 0;
}

unsigned int fake_rtnl_addrs(struct hal_addr **addrs)
{
	*addrs = fake_addrs;
	return fake_n_addrs;
}

/* --- rules and routes --- */

static int fake_find_rule(const struct hal_rule *r)
{
	unsigned int i;

	for (i = 0; i < fake_n_rules; i++)
		if (!memcmp(&fake_rules[i], r, sizeof(*r)))
			return (int)i;
	return -1;
}

int hal_rule_add(struct hal_nl *nl, const struct hal_rule *r, const char **why)
{
	(void)nl;
	if (why)
		*why = "";
	if (fake_find_rule(r) >= 0)
		return -EEXIST;
	if (fake_n_rules == FAKE_MAX)
		return -ENOSPC;
	fake_rules[fake_n_rules++] = *r;
	return 0;
}

int hal_rule_flush(struct hal_nl *nl, uint8_t protocol, uint32_t first, uint32_t last)
{
	unsigned int i = 0;

	(void)nl;
	while (i < fake_n_rules) {
		if (fake_rules[i].protocol == protocol && fake_rules[i].priority >= first &&
		    fake_rules[i].priority <= last)
			fake_rules[i] = fake_rules[--fake_n_rules];
		else
			i++;
	}
	return 0;
}

int hal_rule_del(struct hal_nl *nl, const struct hal_rule *r, const char **why)
{
	int i = fake_find_rule(r);

	(void)nl;
	if (why)
		*why = "";
	if (i < 0)
		return -ENOENT;
	fake_rules[i] = fake_rules[--fake_n_rules];
	return 0;
}

/* The kernel tells routes of a table apart by destination and metric. */
static int fake_find_route(const struct hal_route *r)
{
	unsigned int i;

	for (i = 0; i < fake_n_routes; i++)
		if (fake_routes[i].table == r->table && fake_routes[i].dst_len == r->dst_len &&
		    fake_routes[i].metric == r->metric && IN6_ARE_ADDR_EQUAL(&fake_routes[i].dst, &r->dst))
			return (int)i;
	return -1;
}

int hal_route_set(struct hal_nl *nl, const struct hal_route *r, const char **why)
{
	int i = fake_find_route(r);

	(void)nl;
	if (why)
		*why = "";
	if (i < 0) {
		if (fake_n_routes == FAKE_MAX)
			return -ENOSPC;
		i = (int)fake_n_routes++;
	}
	fake_routes[i] = *r;
	return 0;
}

int hal_route_del(struct hal_nl *nl, const struct hal_route *r, const char **why)
{
	int i = fake_find_route(r);

	(void)nl;
	if (why)
		*why = "";
	if (i < 0)
		return -ESRCH;
	fake_routes[i] = fake_routes[--fake_n_routes];
	return 0;
}

int hal_route_flush(struct hal_nl *nl, uint32_t table, uint8_t protocol)
{
	unsigned int i = 0;

	(void)nl;
	while (i < fake_n_routes) {
		if (fake_routes[i].table == table && fake_routes[i].protocol == protocol)
			fake_routes[i] = fake_routes[--fake_n_routes];
		else
			i++;
	}
	return 0;
}

/* The first link with a default route carries everything. */
int hal_route_get(struct hal_nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
		  struct hal_route_found *found)
{
	unsigned int i;

	(void)nl;
	(void)dst;
	memset(found, 0, sizeof(*found));
	for (i = 0; i < fake_n_links; i++) {
		if (!fake_links[i].up || !fake_links[i].default_route)
			continue;
		found->ifindex = fake_links[i].ifindex;
		found->table = RT_TABLE_MAIN;
		if (src)
			found->src = *src;
		return 0;
	}
	return -ENETUNREACH;
}

unsigned int fake_rtnl_rules(const struct hal_rule **rules)
{
	*rules = fake_rules;
	return fake_n_rules;
}

unsigned int fake_rtnl_routes(const struct hal_route **routes)
{
	*routes = fake_routes;
	return fake_n_routes;
}

int hal_route_get_default(struct hal_nl *nl, const struct in6_addr *src, uint32_t ifindex,
			  struct hal_route_found *found)
{
	(void)ifindex;
	return hal_route_get(nl, src, NULL, found);
}
