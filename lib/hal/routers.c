// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/routers.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "hal/nl.h"

static struct hal_router *find(const struct hal_routers *r, uint32_t ifindex, const struct in6_addr *addr)
{
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (r->v[i].ifindex == ifindex && IN6_ARE_ADDR_EQUAL(&r->v[i].addr, addr))
			return (struct hal_router *)&r->v[i];
	return NULL;
}

void hal_routers_add(struct hal_routers *r, uint32_t ifindex, const struct in6_addr *addr)
{
	if (r->n < HAL_ROUTERS_MAX && !find(r, ifindex, addr))
		r->v[r->n++] = (struct hal_router){ .addr = *addr, .ifindex = ifindex };
}

void hal_routers_keep(struct hal_routers *r, const struct hal_routers *old)
{
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		const struct hal_router *was = find(old, r->v[i].ifindex, &r->v[i].addr);

		r->v[i].failed = was && was->failed;
	}
}

bool hal_routers_news(struct hal_routers *r, const struct nlmsghdr *nlh)
{
	const struct ndmsg *nd = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct hal_router *router = NULL;
	bool failed;

	if ((nlh->nlmsg_type != RTM_NEWNEIGH && nlh->nlmsg_type != RTM_DELNEIGH) ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*nd) || nd->ndm_family != AF_INET6)
		return false;
	mnl_attr_for_each(attr, nlh, sizeof(*nd))
		if (mnl_attr_get_type(attr) == NDA_DST && mnl_attr_get_payload_len(attr) == sizeof(struct in6_addr))
			router = find(r, (uint32_t)nd->ndm_ifindex, mnl_attr_get_payload(attr));
	/* Incomplete: it is being asked, what was known holds until it answers or does not. */
	if (!router || (nlh->nlmsg_type == RTM_NEWNEIGH && !(nd->ndm_state & ~NUD_INCOMPLETE)))
		return false;
	failed = nlh->nlmsg_type == RTM_NEWNEIGH && nd->ndm_state & NUD_FAILED;
	if (router->failed == failed)
		return false;
	router->failed = failed;
	return true;
}

bool hal_routers_dead(const struct hal_routers *r, uint32_t ifindex)
{
	bool dead = false;
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		if (r->v[i].ifindex != ifindex)
			continue;
		if (!r->v[i].failed)
			return false;
		dead = true;
	}
	return dead;
}

bool hal_routers_ask(const struct hal_routers *r, struct hal_nl *nl)
{
	_Alignas(8) uint8_t buf[128];
	bool any = false;
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct ndmsg *nd;

		if (!r->v[i].failed)
			continue;
		any = true;
		nlh->nlmsg_type = RTM_NEWNEIGH;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
		nd = mnl_nlmsg_put_extra_header(nlh, sizeof(*nd));
		nd->ndm_family = AF_INET6;
		nd->ndm_ifindex = (int)r->v[i].ifindex;
		nd->ndm_flags = NTF_USE;
		mnl_attr_put(nlh, NDA_DST, sizeof(r->v[i].addr), &r->v[i].addr);
		hal_nl_talk(nl, nlh, NULL, NULL);	/* in vain if its link has just gone: then its routes go, too */
	}
	return any;
}
