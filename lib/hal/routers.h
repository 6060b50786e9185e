/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The gateways of the default routes, and what Neighbour Unreachability Detection (RFC 4861, 7.3) found of them: an
 * uplink none of whose gateways answers is as good as down (RFC 5534, 3.2).  A part of hal/rtnl.h.
 */
#ifndef HAL_ROUTERS_H
#define HAL_ROUTERS_H

#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

struct hal_nl;

#define HAL_ROUTERS_MAX	64	/* of more, the rest counts as reachable */

struct hal_routers {
	unsigned int n;
	struct hal_router {
		struct in6_addr addr;
		uint32_t ifindex;
		bool failed;
	} v[HAL_ROUTERS_MAX];
};

/* Another gateway, of a route that was read. */
void hal_routers_add(struct hal_routers *r, uint32_t ifindex, const struct in6_addr *addr);
/* The routes were read again: what was known of a gateway in @old holds in @r. */
void hal_routers_keep(struct hal_routers *r, const struct hal_routers *old);
/* A message about a neighbour, from a dump or as an event.  True: it changed what is known of a gateway. */
bool hal_routers_news(struct hal_routers *r, const struct nlmsghdr *nlh);
/* @ifindex has a gateway, and all that it has failed. */
bool hal_routers_dead(const struct hal_routers *r, uint32_t ifindex);
/* Let the kernel ask those that failed once more, as nobody sends to them any more.  False: there are none. */
bool hal_routers_ask(const struct hal_routers *r, struct hal_nl *nl);

#endif /* HAL_ROUTERS_H */
