/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The host's IPv6 addresses, links and default routes, kept current from rtnetlink; and the few things we change
 * there.
 */
#ifndef HAL_RTNL_H
#define HAL_RTNL_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include "hal/loop.h"

#define HAL_RTPROT_OWN	140	/* "protocol" of the routes, rules and addresses that we make, to tell them from others' */

/* --- watching --- */

struct hal_addr {
	struct in6_addr addr;
	uint32_t ifindex;
	uint32_t flags;			/* IFA_F_* of linux/if_addr.h: TENTATIVE, DEPRECATED, DADFAILED, ... */
	uint32_t valid, preferred;	/* seconds that were left when the kernel last told us; UINT32_MAX: for ever */
	uint64_t told;			/* ms on the clock of hal_now_ms(): when that was */
	uint8_t prefixlen;
	uint8_t scope;			/* RT_SCOPE_UNIVERSE, RT_SCOPE_LINK, RT_SCOPE_HOST */
};

struct hal_link {
	uint32_t ifindex;
	uint32_t mtu;			/* octets */
	char name[IF_NAMESIZE];
	bool up;			/* administratively */
	bool carrier;			/* IFF_LOWER_UP, and not operationally down */
	bool loopback;
	bool router_dead;		/* it has gateways of default routes, and none of them answers (NUD) */
	bool default_route;		/* an IPv6 default route (any table, also for a source only) leaves here, and
					 * is not one of ours: of HAL_RTPROT_OWN */
	struct in6_addr gateway;	/* of the one with the lowest metric; :: if it has none */
	uint32_t metric;		/* of that one */
};

enum {
	HAL_RTNL_ADDR	= 1 << 0,
	HAL_RTNL_LINK	= 1 << 1,
	HAL_RTNL_ROUTE	= 1 << 2,
	HAL_RTNL_OWN	= 1 << 3,	/* a rule or default route of HAL_RTPROT_OWN was deleted, by whomever */
};

struct hal_rtnl;
typedef void (*hal_rtnl_fn)(unsigned int what, void *arg);	/* HAL_RTNL_* */

/*
 * Open the event socket, then read everything: when this returns the lists are whole.  @changed is called from the
 * loop, once for all events that were waiting, and only if a list really differs; also after a resynchronisation
 * (the kernel dropped events).  Lifetimes alone are no change.  HAL_RTNL_OWN, of which there is no list, comes with
 * each event.  0 or negative errno.
 */
int hal_rtnl_open(struct hal_rtnl **rt, struct hal_loop *loop, hal_rtnl_fn changed, void *arg);
void hal_rtnl_close(struct hal_rtnl *rt);

/* The lists as they are, ordered by ifindex and address; valid until the loop runs on. */
const struct hal_addr *hal_rtnl_addrs(const struct hal_rtnl *rt, unsigned int *n);
const struct hal_link *hal_rtnl_links(const struct hal_rtnl *rt, unsigned int *n);
const struct hal_link *hal_rtnl_link(const struct hal_rtnl *rt, uint32_t ifindex);		/* or NULL */
/* NULL if it is on no link; on several, the first that is usable. */
const struct hal_addr *hal_rtnl_find(const struct hal_rtnl *rt, const struct in6_addr *addr);

/*
 * Can @a be a source address now: universe scope, not tentative (or optimistic), DAD not failed, link up with carrier
 * and with a router that answers, if it has one.
 * Deprecated ones can; whether they should is the caller's matter.
 */
bool hal_addr_usable(const struct hal_rtnl *rt, const struct hal_addr *a);

/* --- changing: synchronous, 0 or negative errno; *@why (may be NULL) is the kernel's text or "" --- */

struct hal_nl;

/*
 * An address of our own: flags are IFA_F_* as the kernel takes them from users; lifetimes are seconds, UINT32_MAX: for
 * ever.  Adds it, with DAD unless IFA_F_NODAD, or changes lifetimes and flags of the one that is there.
 */
int hal_addr_set(struct hal_nl *nl, const struct hal_addr *a, const char **why);
int hal_addr_del(struct hal_nl *nl, const struct hal_addr *a, const char **why);	/* -EADDRNOTAVAIL: not there */

struct hal_rule {
	struct in6_addr from, to;
	uint8_t from_len, to_len;	/* 0: any */
	uint32_t priority;
	uint32_t table;
	uint8_t protocol;		/* who made it, RTPROT_*; shown by ip -d rule */
	bool specific;			/* the table's default routes do not count */
};

int hal_rule_add(struct hal_nl *nl, const struct hal_rule *r, const char **why);	/* -EEXIST: is there */
int hal_rule_del(struct hal_nl *nl, const struct hal_rule *r, const char **why);	/* -ENOENT */
/* Delete the rules of @protocol that have one of the priorities from @first to @last. */
int hal_rule_flush(struct hal_nl *nl, uint8_t protocol, uint32_t first, uint32_t last);

struct hal_route {
	struct in6_addr dst, gateway;	/* gateway ::, none */
	uint8_t dst_len;
	uint8_t protocol;
	uint32_t table;
	uint32_t ifindex;
	uint32_t mtu;			/* octets; 0: not set.  The kernel then takes the interface's */
	uint32_t metric;		/* 0: the kernel's default */
};

int hal_route_set(struct hal_nl *nl, const struct hal_route *r, const char **why);	/* add or replace */
int hal_route_del(struct hal_nl *nl, const struct hal_route *r, const char **why);	/* -ESRCH: not there */
int hal_route_flush(struct hal_nl *nl, uint32_t table, uint8_t protocol);		/* all of ours in a table */

struct hal_route_found {
	uint32_t ifindex, table, mtu;	/* mtu 0: the interface's */
	struct in6_addr gateway;
	struct in6_addr src;		/* what the kernel would choose */
};
/* How would a packet go?  @src may be NULL.  -ENETUNREACH, -EINVAL (source is not an address of ours), ... */
int hal_route_get(struct hal_nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
		  struct hal_route_found *found);
/*
 * A route may have several next hops, and which one a packet takes depends on its addresses.  Asks for addresses in
 * nobody's prefix, to which default routes lead: @found is the first answer that does not leave by @ifindex, if there
 * is one.
 */
int hal_route_get_default(struct hal_nl *nl, const struct in6_addr *src, uint32_t ifindex,
			  struct hal_route_found *found);

#endif /* HAL_RTNL_H */
