// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses, links and default routes.  An event only says that something changed: the lists are read again, once
 * for all events of a turn of the loop, and compared.  So lost or reordered events cannot leave a wrong picture.
 */
#include "hal/rtnl.h"

#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/log.h"
#include "hal/nl.h"
#include "hal/routers.h"

#define LOWER_UP	0x10000	/* IFF_LOWER_UP, which net/if.h lacks and linux/if.h cannot give beside it */
#define RETRY_MS	100	/* after a dump failed or was interrupted */
#define SLOW_MS		200	/* a table that takes longer to read is read at most a fifth of the time */
#define DUMP_TRIES	5
#define ASK_MS		5000	/* from one question to a router that failed to the next */
#define NEIGH		(1 << 4)	/* beside HAL_RTNL_*: what is known of routers */
#define LIST_MAX	65536	/* entries; an attacker who can add addresses here has root anyway */

struct list {
	void *p;
	unsigned int n, cap;
};

struct hal_rtnl {
	struct hal_nl *nl;
	struct hal_nl_events *ev;
	struct hal_timer *again, *ask;
	hal_rtnl_fn changed;
	void *arg;
	unsigned int dirty;		/* HAL_RTNL_*, NEIGH to read again */
	bool waiting;			/* @again is armed */
	uint64_t took;			/* ms, by the last reading */
	struct list addrs, links;
	struct hal_routers routers;
};

/* What a dump of routes fills in. */
struct routes {
	struct list *links;
	struct hal_routers *routers;
};

/* Room for one more of @size octets, zeroed; NULL if memory is short. */
static void *list_add(struct list *l, size_t size)
{
	if (l->n == l->cap) {
		unsigned int cap = l->cap ? 2 * l->cap : 16;
		void *p = cap <= LIST_MAX ? realloc(l->p, cap * size) : NULL;

		if (!p)
			return NULL;
		l->p = p;
		l->cap = cap;
	}
	return memset((uint8_t *)l->p + size * l->n++, 0, size);
}

/* --- reading --- */

static int one_addr(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(nlh);
	const struct ifa_cacheinfo *ci = NULL;
	const struct nlattr *attr, *local = NULL;
	struct hal_addr *a;

	if (nlh->nlmsg_type != RTM_NEWADDR || mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifa) ||
	    ifa->ifa_family != AF_INET6)
		return 0;
	a = list_add(arg, sizeof(*a));
	if (!a)
		return -ENOMEM;
	a->ifindex = ifa->ifa_index;
	a->prefixlen = ifa->ifa_prefixlen;
	a->scope = ifa->ifa_scope;
	a->flags = ifa->ifa_flags;
	mnl_attr_for_each(attr, nlh, sizeof(*ifa)) {
		switch (mnl_attr_get_type(attr)) {
		case IFA_ADDRESS:	/* of the peer, if there is IFA_LOCAL too */
			if (!local && mnl_attr_get_payload_len(attr) == sizeof(a->addr))
				local = attr;
			break;
		case IFA_LOCAL:
			if (mnl_attr_get_payload_len(attr) == sizeof(a->addr))
				local = attr;
			break;
		case IFA_FLAGS:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
				a->flags = mnl_attr_get_u32(attr);
			break;
		case IFA_CACHEINFO:
			if (mnl_attr_get_payload_len(attr) >= sizeof(*ci))
				ci = mnl_attr_get_payload(attr);
			break;
		}
	}
	if (!local) {
		((struct list *)arg)->n--;
		return 0;
	}
	memcpy(&a->addr, mnl_attr_get_payload(local), sizeof(a->addr));
	a->valid = ci ? ci->ifa_valid : UINT32_MAX;
	a->preferred = ci ? ci->ifa_prefered : UINT32_MAX;
	a->told = hal_now_ms();
	return 0;
}

static int one_link(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct hal_link *l;

	if (nlh->nlmsg_type != RTM_NEWLINK || mnl_nlmsg_get_payload_len(nlh) < sizeof(*ifi))
		return 0;
	l = list_add(arg, sizeof(*l));
	if (!l)
		return -ENOMEM;
	l->ifindex = (uint32_t)ifi->ifi_index;
	l->up = ifi->ifi_flags & IFF_UP;
	/* RUNNING: not dormant, as before 802.1X let us in. */
	l->carrier = (ifi->ifi_flags & LOWER_UP) && (ifi->ifi_flags & IFF_RUNNING);
	l->loopback = ifi->ifi_flags & IFF_LOOPBACK;
	mnl_attr_for_each(attr, nlh, sizeof(*ifi)) {
		if (mnl_attr_get_type(attr) == IFLA_MTU && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			l->mtu = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == IFLA_IFNAME && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0 &&
			 strlen(mnl_attr_get_str(attr)) < sizeof(l->name))
			memcpy(l->name, mnl_attr_get_str(attr), strlen(mnl_attr_get_str(attr)) + 1);
	}
	return 0;
}

static void default_over(const struct routes *to, uint32_t ifindex, const struct in6_addr *gateway, uint32_t metric)
{
	struct list *links = to->links;
	struct hal_link *l = links->p;
	unsigned int i;

	for (i = 0; i < links->n; i++) {
		if (l[i].ifindex != ifindex || l[i].loopback || (l[i].default_route && l[i].metric <= metric))
			continue;
		l[i].default_route = true;
		l[i].gateway = gateway ? *gateway : in6addr_any;
		l[i].metric = metric;
	}
	if (gateway)
		hal_routers_add(to->routers, ifindex, gateway);
}

static const struct in6_addr *gateway_of(const struct nlattr *attr)
{
	return mnl_attr_get_payload_len(attr) == sizeof(struct in6_addr) ? mnl_attr_get_payload(attr) : NULL;
}

static void default_next_hop(const struct routes *to, const struct rtnexthop *nh, uint32_t metric)
{
	const struct in6_addr *gateway = NULL;
	const struct nlattr *attr;

	mnl_attr_for_each_payload((const void *)RTNH_DATA(nh), nh->rtnh_len - RTNH_LENGTH(0))
		if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			gateway = gateway_of(attr);
	default_over(to, (uint32_t)nh->rtnh_ifindex, gateway, metric);
}

static int one_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *multipath = NULL;
	const struct in6_addr *gateway = NULL;
	uint32_t oif = 0, metric = 0;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) ||
	    rtm->rtm_family != AF_INET6 || rtm->rtm_dst_len || rtm->rtm_type != RTN_UNICAST ||
	    (rtm->rtm_flags & RTNH_F_DEAD) || rtm->rtm_protocol == HAL_RTPROT_OWN)
		return 0;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		if (mnl_attr_get_type(attr) == RTA_OIF && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			oif = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_PRIORITY && mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			metric = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTA_GATEWAY)
			gateway = gateway_of(attr);
		else if (mnl_attr_get_type(attr) == RTA_MULTIPATH)
			multipath = attr;
	}
	if (oif)
		default_over(arg, oif, gateway, metric);
	if (multipath) {
		const struct rtnexthop *nh = mnl_attr_get_payload(multipath);
		int len = mnl_attr_get_payload_len(multipath);

		for (; RTNH_OK(nh, len); len -= RTNH_ALIGN(nh->rtnh_len), nh = RTNH_NEXT(nh))
			default_next_hop(arg, nh, metric);
	}
	return 0;
}

static int one_neighbour(const struct nlmsghdr *nlh, void *arg)
{
	hal_routers_news(arg, nlh);
	return 0;
}

/* @list is emptied before each try; NULL: seeing something twice does no harm. */
static int dump(struct hal_nl *nl, uint16_t type, size_t header, hal_nl_fn cb, void *arg, struct list *list)
{
	_Alignas(8) uint8_t buf[256];
	int err = -EINTR;
	unsigned int i;

	for (i = 0; i < DUMP_TRIES && err == -EINTR; i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		uint8_t *family;

		nlh->nlmsg_type = type;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
		family = mnl_nlmsg_put_extra_header(nlh, header);
		*family = type == RTM_GETLINK ? AF_UNSPEC : AF_INET6;	/* first octet of all these headers */
		if (type == RTM_GETLINK)
			mnl_attr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
		if (list)
			list->n = 0;
		err = hal_nl_talk(nl, nlh, cb, arg);
	}
	return err;
}

static int cmp_addr(const void *a, const void *b)
{
	const struct hal_addr *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return memcmp(&x->addr, &y->addr, sizeof(x->addr));
}

static int cmp_link(const void *a, const void *b)
{
	const struct hal_link *x = a, *y = b;

	return x->ifindex < y->ifindex ? -1 : x->ifindex > y->ifindex;
}

/* Does @y end before the time that @x had?  Remainders are whole seconds, so what does not change wavers by one. */
static bool cut_short(const struct hal_addr *x, const struct hal_addr *y)
{
	return y->valid != UINT32_MAX &&
	       (x->valid == UINT32_MAX || y->told + (y->valid + 2) * 1000ULL < x->told + x->valid * 1000ULL);
}

static bool same_addrs(const struct list *old, const struct list *new)
{
	const struct hal_addr *x = old->p, *y = new->p;
	unsigned int i;

	if (old->n != new->n)
		return false;
	for (i = 0; i < old->n; i++)
		if (cmp_addr(&x[i], &y[i]) || x[i].flags != y[i].flags || x[i].prefixlen != y[i].prefixlen ||
		    x[i].scope != y[i].scope || cut_short(&x[i], &y[i]))
			return false;
	return true;
}

/* What differs: HAL_RTNL_LINK, HAL_RTNL_ROUTE. */
static unsigned int links_differ(const struct list *a, const struct list *b)
{
	const struct hal_link *x = a->p, *y = b->p;
	unsigned int i, what = 0;

	if (a->n != b->n)
		return HAL_RTNL_LINK | HAL_RTNL_ROUTE;
	for (i = 0; i < a->n; i++) {
		if (x[i].ifindex != y[i].ifindex || x[i].up != y[i].up || x[i].carrier != y[i].carrier ||
		    x[i].mtu != y[i].mtu || x[i].router_dead != y[i].router_dead || strcmp(x[i].name, y[i].name))
			what |= HAL_RTNL_LINK;
		if (x[i].default_route != y[i].default_route || !IN6_ARE_ADDR_EQUAL(&x[i].gateway, &y[i].gateway))
			what |= HAL_RTNL_ROUTE;
	}
	return what;
}

static void replace(struct list *old, struct list *new)
{
	free(old->p);
	*old = *new;
	new->p = NULL;
}

/* Links and routes; what is known of routers is kept unless that is to be read again, too. */
static int read_links(struct hal_rtnl *rt, struct list *links)
{
	struct hal_routers routers = { 0 };
	struct routes routes = { links, &routers };
	struct hal_link *l;
	unsigned int i;
	int err;

	err = dump(rt->nl, RTM_GETLINK, sizeof(struct ifinfomsg), one_link, links, links);
	/* A link that goes takes its routes along, not always with an event. */
	if (!err)
		err = dump(rt->nl, RTM_GETROUTE, sizeof(struct rtmsg), one_route, &routes, NULL);
	if (!err && rt->dirty & NEIGH)
		err = dump(rt->nl, RTM_GETNEIGH, sizeof(struct ndmsg), one_neighbour, &routers, NULL);
	else
		hal_routers_keep(&routers, &rt->routers);
	if (err)
		return err;
	rt->routers = routers;
	l = links->p;
	for (i = 0; i < links->n; i++)
		l[i].router_dead = hal_routers_dead(&routers, l[i].ifindex);
	return 0;
}

/* Read again what is dirty; *@what gets what really changed. */
static int refresh(struct hal_rtnl *rt, unsigned int *what)
{
	struct list addrs = { 0 }, links = { 0 };
	int err;

	*what = rt->dirty & HAL_RTNL_OWN;
	rt->dirty &= ~HAL_RTNL_OWN;
	if (rt->dirty & HAL_RTNL_ADDR) {
		err = dump(rt->nl, RTM_GETADDR, sizeof(struct ifaddrmsg), one_addr, &addrs, &addrs);
		if (err)
			goto out;
		if (addrs.n)
			qsort(addrs.p, addrs.n, sizeof(struct hal_addr), cmp_addr);
		if (!same_addrs(&rt->addrs, &addrs))
			*what |= HAL_RTNL_ADDR;
		replace(&rt->addrs, &addrs);
		rt->dirty &= ~HAL_RTNL_ADDR;
	}
	if (rt->dirty) {
		err = read_links(rt, &links);
		if (err)
			goto out;
		if (links.n)
			qsort(links.p, links.n, sizeof(struct hal_link), cmp_link);
		*what |= links_differ(&rt->links, &links);
		replace(&rt->links, &links);
		rt->dirty = 0;
	}
	err = 0;
out:
	free(addrs.p);
	free(links.p);
	return err;
}

static void read_again(void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 3);
	struct hal_rtnl *rt = arg;
	uint64_t start = hal_now_ms();
	unsigned int what;
	int err;

	rt->waiting = false;
	err = refresh(rt, &what);
	rt->took = hal_now_ms() - start;
	if (err) {
		rt->waiting = true;
		log_limited(&limit, HAL_LOG_WARN, "cannot read addresses and links (errno %d), trying again", -err);
		hal_timer_set(rt->again, RETRY_MS);
	}
	if (what)
		rt->changed(what, rt->arg);
}

static void ask_routers(void *arg)
{
	struct hal_rtnl *rt = arg;

	if (hal_routers_ask(&rt->routers, rt->nl))
		hal_timer_set(rt->ask, ASK_MS);
}

/* --- events --- */

static void mark(struct hal_rtnl *rt, unsigned int what)
{
	rt->dirty |= what;
	if (rt->waiting)
		return;
	rt->waiting = true;
	hal_timer_set(rt->again, rt->took > SLOW_MS ? 4 * rt->took : 0);
}

static bool own_rule(const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct fib_rule_hdr))
		if (mnl_attr_get_type(attr) == FRA_PROTOCOL && mnl_attr_validate(attr, MNL_TYPE_U8) >= 0)
			return mnl_attr_get_u8(attr) == HAL_RTPROT_OWN;
	return false;
}

static int event(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm;

	switch (nlh->nlmsg_type) {
	case RTM_NEWADDR:
	case RTM_DELADDR:
		mark(arg, HAL_RTNL_ADDR);
		break;
	case RTM_NEWLINK:
	case RTM_DELLINK:
		mark(arg, HAL_RTNL_LINK);
		break;
	case RTM_NEWNEIGH:
	case RTM_DELNEIGH:
		if (hal_routers_news(&((struct hal_rtnl *)arg)->routers, nlh)) {
			mark(arg, HAL_RTNL_LINK);
			hal_timer_set(((struct hal_rtnl *)arg)->ask, ASK_MS);
		}
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		rtm = mnl_nlmsg_get_payload(nlh);
		if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) || rtm->rtm_dst_len)
			break;
		if (rtm->rtm_protocol != HAL_RTPROT_OWN)
			mark(arg, HAL_RTNL_ROUTE);
		else if (nlh->nlmsg_type == RTM_DELROUTE)
			mark(arg, HAL_RTNL_OWN);
		break;
	case RTM_DELRULE:
		if (own_rule(nlh))
			mark(arg, HAL_RTNL_OWN);
		break;
	}
	return 0;
}

static void lost(void *arg)
{
	mark(arg, HAL_RTNL_ADDR | HAL_RTNL_LINK | HAL_RTNL_ROUTE | HAL_RTNL_OWN | NEIGH);
}

int hal_rtnl_open(struct hal_rtnl **out, struct hal_loop *loop, hal_rtnl_fn changed, void *arg)
{
	static const uint32_t groups[] = {
		RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_RULE,
		RTNLGRP_NEIGH,
	};
	struct hal_rtnl *rt = calloc(1, sizeof(*rt));
	unsigned int i, what;
	int err;

	if (!rt)
		return -ENOMEM;
	rt->changed = changed;
	rt->arg = arg;
	err = -ENOMEM;
	rt->again = hal_timer_new(loop, read_again, rt);
	rt->ask = hal_timer_new(loop, ask_routers, rt);
	if (!rt->again || !rt->ask)
		goto fail;
	/* Before the first dump, so that nothing falls between. */
	err = hal_nl_events_open(&rt->ev, loop, NETLINK_ROUTE, 0, event, lost, rt);
	for (i = 0; !err && i < sizeof(groups) / sizeof(groups[0]); i++)
		err = hal_nl_events_join(rt->ev, groups[i]);
	if (!err)
		err = hal_nl_open(&rt->nl, NETLINK_ROUTE);
	if (err)
		goto fail;
	rt->dirty = HAL_RTNL_ADDR | HAL_RTNL_LINK | HAL_RTNL_ROUTE | NEIGH;
	err = refresh(rt, &what);
	if (err)
		goto fail;
	hal_timer_set(rt->ask, ASK_MS);
	*out = rt;
	return 0;
fail:
	hal_rtnl_close(rt);
	return err;
}

void hal_rtnl_close(struct hal_rtnl *rt)
{
	if (!rt)
		return;
	hal_nl_events_close(rt->ev);
	hal_nl_close(rt->nl);
	hal_timer_free(rt->again);
	hal_timer_free(rt->ask);
	free(rt->addrs.p);
	free(rt->links.p);
	free(rt);
}

/* --- accessors --- */

const struct hal_addr *hal_rtnl_addrs(const struct hal_rtnl *rt, unsigned int *n)
{
	*n = rt->addrs.n;
	return rt->addrs.p;
}

const struct hal_link *hal_rtnl_links(const struct hal_rtnl *rt, unsigned int *n)
{
	*n = rt->links.n;
	return rt->links.p;
}

const struct hal_link *hal_rtnl_link(const struct hal_rtnl *rt, uint32_t ifindex)
{
	struct hal_link key = { .ifindex = ifindex };

	return rt->links.n ? bsearch(&key, rt->links.p, rt->links.n, sizeof(key), cmp_link) : NULL;
}

const struct hal_addr *hal_rtnl_find(const struct hal_rtnl *rt, const struct in6_addr *addr)
{
	const struct hal_addr *a = rt->addrs.p, *found = NULL;
	unsigned int i;

	for (i = 0; i < rt->addrs.n; i++) {
		if (!IN6_ARE_ADDR_EQUAL(&a[i].addr, addr))
			continue;
		if (hal_addr_usable(rt, &a[i]))
			return &a[i];
		if (!found)
			found = &a[i];
	}
	return found;
}

bool hal_addr_usable(const struct hal_rtnl *rt, const struct hal_addr *a)
{
	const struct hal_link *l = hal_rtnl_link(rt, a->ifindex);

	if (a->scope != RT_SCOPE_UNIVERSE || (a->flags & IFA_F_DADFAILED))
		return false;
	if ((a->flags & IFA_F_TENTATIVE) && !(a->flags & IFA_F_OPTIMISTIC))
		return false;
	return l && l->up && l->carrier && !l->router_dead;
}
