// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses, rules and routes: adding, removing, asking. */
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "hal/nl.h"
#include "hal/rtnl.h"

static int talk(struct hal_nl *nl, struct nlmsghdr *nlh, const char **why)
{
	int err = hal_nl_talk(nl, nlh, NULL, NULL);

	if (why)
		*why = hal_nl_extack(nl);
	return err;
}

/* --- addresses --- */

#ifndef IFA_PROTO
#define IFA_PROTO	11	/* Linux 5.18; older kernels ignore it */
#endif

static int change_addr(struct hal_nl *nl, const struct hal_addr *a, uint16_t type, uint16_t flags, const char **why)
{
	_Alignas(8) uint8_t buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct ifa_cacheinfo ci = { .ifa_prefered = a->preferred, .ifa_valid = a->valid };
	struct ifaddrmsg *ifa;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	ifa = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifa));
	ifa->ifa_family = AF_INET6;
	ifa->ifa_prefixlen = a->prefixlen;
	ifa->ifa_scope = a->scope;
	ifa->ifa_index = a->ifindex;
	mnl_attr_put(nlh, IFA_LOCAL, sizeof(a->addr), &a->addr);
	mnl_attr_put(nlh, IFA_ADDRESS, sizeof(a->addr), &a->addr);
	if (type == RTM_NEWADDR) {
		mnl_attr_put_u32(nlh, IFA_FLAGS, a->flags);
		mnl_attr_put(nlh, IFA_CACHEINFO, sizeof(ci), &ci);
		mnl_attr_put_u8(nlh, IFA_PROTO, HAL_RTPROT_OWN);
	}
	return talk(nl, nlh, why);
}

int hal_addr_set(struct hal_nl *nl, const struct hal_addr *a, const char **why)
{
	return change_addr(nl, a, RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, why);
}

int hal_addr_del(struct hal_nl *nl, const struct hal_addr *a, const char **why)
{
	return change_addr(nl, a, RTM_DELADDR, 0, why);
}

/* --- rules --- */

static int change_rule(struct hal_nl *nl, const struct hal_rule *r, uint16_t type, uint16_t flags, const char **why)
{
	_Alignas(8) uint8_t buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct fib_rule_hdr *frh;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));
	frh->family = AF_INET6;
	frh->src_len = r->from_len;
	frh->dst_len = r->to_len;
	frh->action = FR_ACT_TO_TBL;
	frh->table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	mnl_attr_put_u32(nlh, FRA_TABLE, r->table);
	mnl_attr_put_u32(nlh, FRA_PRIORITY, r->priority);
	if (r->from_len)
		mnl_attr_put(nlh, FRA_SRC, sizeof(r->from), &r->from);
	if (r->to_len)
		mnl_attr_put(nlh, FRA_DST, sizeof(r->to), &r->to);
	if (r->protocol)
		mnl_attr_put_u8(nlh, FRA_PROTOCOL, r->protocol);
	if (r->specific)
		mnl_attr_put_u32(nlh, FRA_SUPPRESS_PREFIXLEN, 0);
	return talk(nl, nlh, why);
}

int hal_rule_add(struct hal_nl *nl, const struct hal_rule *r, const char **why)
{
	return change_rule(nl, r, RTM_NEWRULE, NLM_F_CREATE | NLM_F_EXCL, why);
}

int hal_rule_del(struct hal_nl *nl, const struct hal_rule *r, const char **why)
{
	return change_rule(nl, r, RTM_DELRULE, 0, why);
}

static int change_route(struct hal_nl *nl, const struct hal_route *r, uint16_t type, uint16_t flags, const char **why)
{
	_Alignas(8) uint8_t buf[512];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = flags;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = r->dst_len;
	rtm->rtm_table = r->table < 256 ? (uint8_t)r->table : RT_TABLE_UNSPEC;
	rtm->rtm_protocol = r->protocol;
	rtm->rtm_scope = RT_SCOPE_UNIVERSE;
	rtm->rtm_type = type == RTM_NEWROUTE ? RTN_UNICAST : RTN_UNSPEC;
	mnl_attr_put_u32(nlh, RTA_TABLE, r->table);
	if (r->dst_len)
		mnl_attr_put(nlh, RTA_DST, sizeof(r->dst), &r->dst);
	if (r->ifindex)
		mnl_attr_put_u32(nlh, RTA_OIF, r->ifindex);
	if (!IN6_IS_ADDR_UNSPECIFIED(&r->gateway))
		mnl_attr_put(nlh, RTA_GATEWAY, sizeof(r->gateway), &r->gateway);
	if (r->metric)
		mnl_attr_put_u32(nlh, RTA_PRIORITY, r->metric);
	if (r->mtu && type == RTM_NEWROUTE) {
		struct nlattr *nest = mnl_attr_nest_start(nlh, RTA_METRICS);

		mnl_attr_put_u32(nlh, RTAX_MTU, r->mtu);
		mnl_attr_nest_end(nlh, nest);
	}
	return talk(nl, nlh, why);
}

int hal_route_set(struct hal_nl *nl, const struct hal_route *r, const char **why)
{
	return change_route(nl, r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, why);
}

int hal_route_del(struct hal_nl *nl, const struct hal_route *r, const char **why)
{
	return change_route(nl, r, RTM_DELROUTE, 0, why);
}

/* --- flushing --- */

#define BATCH	64

struct rule_batch {
	uint8_t protocol;
	uint32_t first, last;
	unsigned int n;
	struct hal_rule r[BATCH];
};

static int collect_rule(const struct nlmsghdr *nlh, void *arg)
{
	const struct fib_rule_hdr *frh = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct rule_batch *b = arg;
	struct hal_rule *r = &b->r[b->n];

	if (nlh->nlmsg_type != RTM_NEWRULE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*frh) || b->n == BATCH)
		return 0;
	*r = (struct hal_rule){ .from_len = frh->src_len, .to_len = frh->dst_len, .table = frh->table };
	mnl_attr_for_each(attr, nlh, sizeof(*frh)) {
		size_t len = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case FRA_SRC:
			if (len == sizeof(r->from))
				memcpy(&r->from, mnl_attr_get_payload(attr), len);
			break;
		case FRA_DST:
			if (len == sizeof(r->to))
				memcpy(&r->to, mnl_attr_get_payload(attr), len);
			break;
		case FRA_PRIORITY:
			if (len == sizeof(r->priority))
				r->priority = mnl_attr_get_u32(attr);
			break;
		case FRA_TABLE:
			if (len == sizeof(r->table))
				r->table = mnl_attr_get_u32(attr);
			break;
		case FRA_PROTOCOL:
			if (len == sizeof(r->protocol))
				r->protocol = mnl_attr_get_u8(attr);
			break;
		case FRA_SUPPRESS_PREFIXLEN:		/* -1: none */
			r->specific = len == sizeof(uint32_t) && mnl_attr_get_u32(attr) == 0;
			break;
		}
	}
	if (r->protocol == b->protocol && r->priority >= b->first && r->priority <= b->last)
		b->n++;
	return 0;
}

int hal_rule_flush(struct hal_nl *nl, uint8_t protocol, uint32_t first, uint32_t last)
{
	struct rule_batch b;
	unsigned int i;

	do {
		_Alignas(8) uint8_t buf[256];
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct fib_rule_hdr *frh;
		int err;

		b = (struct rule_batch){ .protocol = protocol, .first = first, .last = last };
		nlh->nlmsg_type = RTM_GETRULE;
		nlh->nlmsg_flags = NLM_F_DUMP;
		frh = mnl_nlmsg_put_extra_header(nlh, sizeof(*frh));
		frh->family = AF_INET6;
		err = hal_nl_talk(nl, nlh, collect_rule, &b);
		if (err && err != -EINTR)
			return err;
		for (i = 0; i < b.n; i++) {
			err = hal_rule_del(nl, &b.r[i], NULL);
			if (err && err != -ENOENT)
				return err;
		}
	} while (b.n);
	return 0;
}

struct batch {
	uint32_t table;
	uint8_t protocol;
	unsigned int n;
	struct hal_route r[BATCH];
};

static int collect(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;
	struct batch *b = arg;
	struct hal_route *r = &b->r[b->n];
	uint32_t table;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm) || b->n == BATCH)
		return 0;
	memset(r, 0, sizeof(*r));
	table = rtm->rtm_table;
	r->dst_len = rtm->rtm_dst_len;
	r->protocol = rtm->rtm_protocol;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		size_t len = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case RTA_TABLE:
			if (len == sizeof(table))
				table = mnl_attr_get_u32(attr);
			break;
		case RTA_DST:
			if (len == sizeof(r->dst))
				memcpy(&r->dst, mnl_attr_get_payload(attr), len);
			break;
		case RTA_OIF:
			if (len == sizeof(r->ifindex))
				r->ifindex = mnl_attr_get_u32(attr);
			break;
		case RTA_PRIORITY:
			if (len == sizeof(r->metric))
				r->metric = mnl_attr_get_u32(attr);
			break;
		}
	}
	/* Old kernels ignore the filter of the request. */
	if (table == b->table && r->protocol == b->protocol) {
		r->table = table;
		b->n++;
	}
	return 0;
}

int hal_route_flush(struct hal_nl *nl, uint32_t table, uint8_t protocol)
{
	struct batch b;
	unsigned int i;

	do {
		_Alignas(8) uint8_t buf[256];
		struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
		struct rtmsg *rtm;
		int err;

		b = (struct batch){ .table = table, .protocol = protocol };
		nlh->nlmsg_type = RTM_GETROUTE;
		nlh->nlmsg_flags = NLM_F_DUMP;
		rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
		rtm->rtm_family = AF_INET6;
		rtm->rtm_protocol = protocol;
		mnl_attr_put_u32(nlh, RTA_TABLE, table);
		err = hal_nl_talk(nl, nlh, collect, &b);
		if (err == -ENOENT)	/* there is no such table */
			return 0;
		if (err && err != -EINTR)
			return err;
		for (i = 0; i < b.n; i++) {
			err = hal_route_del(nl, &b.r[i], NULL);
			if (err && err != -ESRCH)
				return err;
		}
	} while (b.n);
	return 0;
}

/* --- asking --- */

#define DESTINATIONS	16	/* asked for: one in 65,000 pairs of next hops shows the same one for all */

static int found_route(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr, *metric;
	struct hal_route_found *f = arg;

	if (nlh->nlmsg_type != RTM_NEWROUTE || mnl_nlmsg_get_payload_len(nlh) < sizeof(*rtm))
		return 0;
	f->table = rtm->rtm_table;
	mnl_attr_for_each(attr, nlh, sizeof(*rtm)) {
		size_t len = mnl_attr_get_payload_len(attr);

		switch (mnl_attr_get_type(attr)) {
		case RTA_TABLE:
			if (len == sizeof(f->table))
				f->table = mnl_attr_get_u32(attr);
			break;
		case RTA_OIF:
			if (len == sizeof(f->ifindex))
				f->ifindex = mnl_attr_get_u32(attr);
			break;
		case RTA_GATEWAY:
			if (len == sizeof(f->gateway))
				memcpy(&f->gateway, mnl_attr_get_payload(attr), len);
			break;
		case RTA_PREFSRC:
			if (len == sizeof(f->src))
				memcpy(&f->src, mnl_attr_get_payload(attr), len);
			break;
		case RTA_METRICS:
			mnl_attr_for_each_nested(metric, attr)
				if (mnl_attr_get_type(metric) == RTAX_MTU &&
				    mnl_attr_get_payload_len(metric) == sizeof(f->mtu))
					f->mtu = mnl_attr_get_u32(metric);
			break;
		}
	}
	return 0;
}

int hal_route_get(struct hal_nl *nl, const struct in6_addr *src, const struct in6_addr *dst,
		  struct hal_route_found *found)
{
	_Alignas(8) uint8_t buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct rtmsg *rtm;

	memset(found, 0, sizeof(*found));
	nlh->nlmsg_type = RTM_GETROUTE;
	rtm = mnl_nlmsg_put_extra_header(nlh, sizeof(*rtm));
	rtm->rtm_family = AF_INET6;
	rtm->rtm_dst_len = 128;
	mnl_attr_put(nlh, RTA_DST, sizeof(*dst), dst);
	if (src) {
		rtm->rtm_src_len = 128;
		mnl_attr_put(nlh, RTA_SRC, sizeof(*src), src);
	}
	return hal_nl_talk(nl, nlh, found_route, found);
}

int hal_route_get_default(struct hal_nl *nl, const struct in6_addr *src, uint32_t ifindex,
			  struct hal_route_found *found)
{
	struct in6_addr to = { .s6_addr = { 0x20 } };	/* 2000::1, 2000::2, ... */
	int err = 0;

	do {
		to.s6_addr[15]++;
		err = hal_route_get(nl, src, &to, found);
	} while (!err && found->ifindex == ifindex && to.s6_addr[15] < DESTINATIONS);
	return err;
}
