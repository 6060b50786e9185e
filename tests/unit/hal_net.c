// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * hal/nl.h, hal/rtnl.h, hal/raw.h against the kernel, in a network namespace of their own:
 *
 *	va 2001:db8:1::1/64 ---- vb      (one namespace; vb is only the carrier of va)
 */
#include "unit/hal_test.h"

#include <linux/genetlink.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "hal/nl.h"
#include "hal/raw.h"
#include "hal/rtnl.h"

static struct hal_loop *loop;
static struct hal_nl *nl;
static volatile int changes;
static unsigned int changed_what;

static int group_setup(void **state)
{
	(void)state;
	if (!hal_test_netns()) {
		printf("# no network namespace for us on this host\n");
		return 0;
	}
	loop = hal_loop_new();
	if (hal_nl_open(&nl, NETLINK_ROUTE))
		return -1;
	if (hal_test_ip("link set lo up") || hal_test_ip("link add va type veth peer name vb") ||
	    hal_test_ip("link set va up") || hal_test_ip("link set vb up") ||
	    hal_test_ip("addr add 2001:db8:1::1/64 dev va nodad"))
		return -1;
	return 0;
}

static int group_teardown(void **state)
{
	(void)state;
	hal_nl_close(nl);
	hal_loop_free(loop);
	return 0;
}

static int need_netns(void **state)
{
	(void)state;
	changes = 0;
	changed_what = 0;
	if (!loop)
		skip();
	return 0;
}

/* --- netlink --- */

static void family_by_name(void **state)
{
	struct hal_genl fam;
	struct hal_nl *g;

	(void)state;
	assert_int_equal(hal_nl_open(&g, NETLINK_GENERIC), 0);
	assert_int_equal(hal_genl_resolve(g, "nlctrl", &fam), 0);
	assert_int_equal(fam.id, GENL_ID_CTRL);
	assert_true(hal_genl_group(&fam, "notify") > 0);
	assert_int_equal(hal_genl_group(&fam, "nonsense"), 0);
	assert_int_equal(hal_genl_resolve(g, "no_such_fam", &fam), -ENOENT);
	assert_int_equal(hal_genl_resolve(g, "name_longer_than_any", &fam), -EINVAL);
	/* The socket is usable after errors. */
	assert_int_equal(hal_genl_resolve(g, "nlctrl", &fam), 0);
	hal_nl_close(g);
}

static int give_up(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	++*(int *)arg;
	return -ECANCELED;
}

static void callback_ends_a_dump(void **state)
{
	_Alignas(8) uint8_t buf[HAL_NL_BUF];
	struct nlmsghdr *nlh;
	int i, calls = 0;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct ifinfomsg *ifi;

		nlh = mnl_nlmsg_put_header(buf);
		nlh->nlmsg_type = RTM_GETLINK;
		nlh->nlmsg_flags = NLM_F_DUMP;
		ifi = mnl_nlmsg_put_extra_header(nlh, sizeof(*ifi));
		ifi->ifi_family = AF_UNSPEC;
		assert_int_equal(hal_nl_talk(nl, nlh, give_up, &calls), -ECANCELED);
	}
	assert_int_equal(calls, 3);
}

static void kernel_says_why(void **state)
{
	struct hal_route r = { .dst_len = 128, .table = 77, .ifindex = 99999, .protocol = RTPROT_STATIC };
	const char *why = NULL;

	(void)state;
	need_netns(state);
	r.dst = hal_test_addr("2001:db8:9::1");
	assert_int_equal(hal_route_set(nl, &r, &why), -ENODEV);
	r.ifindex = if_nametoindex("lo");
	r.gateway = hal_test_addr("ff02::1");
	assert_int_equal(hal_route_set(nl, &r, &why), -EINVAL);
	assert_non_null(strstr(why, "gateway"));
	assert_int_equal(hal_route_del(nl, &(struct hal_route){ .dst_len = 128, .table = 77 }, &why), -ESRCH);
}

/* --- addresses, links, routes --- */

static void changed(unsigned int what, void *arg)
{
	assert_ptr_equal(arg, &changes);
	changed_what |= what;
	changes++;
}

static const struct hal_link *link_named(const struct hal_rtnl *rt, const char *name)
{
	const struct hal_link *l;
	unsigned int i, n;

	l = hal_rtnl_links(rt, &n);
	for (i = 0; i < n; i++)
		if (!strcmp(l[i].name, name))
			return &l[i];
	return NULL;
}

/* Events of ip(8) arrive; wait until a callback saw @what, the first one is enough.  Returns all that was seen. */
static unsigned int expect(unsigned int what)
{
	unsigned int seen;
	uint64_t end = hal_now_ms() + 5000;

	while ((changed_what & what) != what && hal_now_ms() < end)
		hal_test_run(loop, &changes, changes + 1);
	seen = changed_what;
	assert_int_equal(seen & what, what);
	changed_what = 0;
	return seen;
}

static void watching(void **state)
{
	struct in6_addr a1 = hal_test_addr("2001:db8:1::1"), a2 = hal_test_addr("2001:db8:2::1");
	const struct hal_addr *a;
	const struct hal_link *l;
	struct hal_rtnl *rt;
	unsigned int n, i, before;

	need_netns(state);
	assert_int_equal(hal_rtnl_open(&rt, loop, changed, (void *)&changes), 0);
	a = hal_rtnl_find(rt, &a1);
	assert_non_null(a);
	assert_int_equal(a->prefixlen, 64);
	assert_int_equal(a->valid, UINT32_MAX);
	assert_true(hal_addr_usable(rt, a));
	l = hal_rtnl_link(rt, a->ifindex);
	assert_string_equal(l->name, "va");
	assert_true(l->up && l->carrier && !l->loopback && !l->default_route);
	assert_int_equal(l->mtu, 1500);
	assert_true(link_named(rt, "lo")->loopback);
	assert_null(hal_rtnl_find(rt, &a2));
	assert_null(hal_rtnl_link(rt, 99999));

	/* A second address, deprecated; lists are ordered. */
	assert_int_equal(hal_test_ip("addr add 2001:db8:2::1/64 dev va nodad preferred_lft 0"), 0);
	expect(HAL_RTNL_ADDR);
	a = hal_rtnl_find(rt, &a2);
	assert_non_null(a);
	assert_true(a->flags & IFA_F_DEPRECATED);
	assert_true(hal_addr_usable(rt, a));
	a = hal_rtnl_addrs(rt, &n);
	for (i = 1; i < n; i++)
		assert_true(a[i - 1].ifindex <= a[i].ifindex);
	before = n;

	/* Default route: comes and goes. */
	assert_int_equal(hal_test_ip("-6 route add default via fe80::1 dev va"), 0);
	expect(HAL_RTNL_ROUTE);
	assert_true(link_named(rt, "va")->default_route);
	assert_int_equal(hal_test_ip("-6 route del default"), 0);
	expect(HAL_RTNL_ROUTE);
	assert_false(link_named(rt, "va")->default_route);

	/* A route for one source only, in a table of its own, counts. */
	assert_int_equal(hal_test_ip("-6 route add default via fe80::1 dev va table 7"), 0);
	expect(HAL_RTNL_ROUTE);
	assert_true(link_named(rt, "va")->default_route);

	/* What has our protocol number is looked after: its end is told, and nothing else of it is a default route. */
	assert_int_equal(hal_test_ip("-6 rule add from 2001:db8:1::/64 table 8 priority 1000 protocol 140"), 0);
	assert_int_equal(hal_test_ip("-6 rule add from 2001:db8:1::/64 table 8 priority 1001"), 0);
	assert_int_equal(hal_test_ip("-6 rule del priority 1001"), 0);
	assert_int_equal(hal_test_ip("-6 route add default via fe80::1 dev vb table 8 protocol 140"), 0);
	assert_int_equal(hal_test_ip("-6 route del default table 7"), 0);
	assert_int_equal(expect(HAL_RTNL_ROUTE) & HAL_RTNL_OWN, 0);
	assert_false(link_named(rt, "va")->default_route || link_named(rt, "vb")->default_route);
	assert_int_equal(hal_test_ip("-6 rule del priority 1000"), 0);
	expect(HAL_RTNL_OWN);
	assert_int_equal(hal_test_ip("-6 route del default table 8"), 0);
	expect(HAL_RTNL_OWN);
	assert_int_equal(hal_test_ip("-6 route add default via fe80::1 dev va table 7"), 0);
	expect(HAL_RTNL_ROUTE);

	/* Carrier: the other end goes down. */
	assert_int_equal(hal_test_ip("link set vb down"), 0);
	expect(HAL_RTNL_LINK);
	l = link_named(rt, "va");
	assert_true(l->up && !l->carrier);
	a = hal_rtnl_find(rt, &a1);
	assert_true(!a || !hal_addr_usable(rt, a));
	assert_int_equal(hal_test_ip("link set vb up"), 0);
	expect(HAL_RTNL_LINK);

	assert_int_equal(hal_test_ip("addr del 2001:db8:2::1/64 dev va"), 0);
	expect(HAL_RTNL_ADDR);
	assert_null(hal_rtnl_find(rt, &a2));
	hal_rtnl_addrs(rt, &n);
	assert_true(n <= before);

	/* Down: its route goes, its address too unless the kernel is told to keep it. */
	assert_int_equal(hal_test_ip("link set va down"), 0);
	expect(HAL_RTNL_LINK | HAL_RTNL_ROUTE);
	assert_false(link_named(rt, "va")->default_route);
	assert_int_equal(hal_test_ip("link set va up"), 0);
	hal_test_ip("addr replace 2001:db8:1::1/64 dev va nodad");
	expect(HAL_RTNL_LINK);
	hal_rtnl_close(rt);
}

static const struct hal_addr *find(const struct hal_rtnl *rt, const char *text)
{
	struct in6_addr a = hal_test_addr(text);
	const struct hal_addr *found = hal_rtnl_find(rt, &a);

	assert_non_null(found);
	return found;
}

/* RFC 5534, 3.2: what Neighbour Unreachability Detection found of the only router of a link. S5534-3.2-02 */
static void router_unreachable(void **state)
{
	struct hal_rtnl *rt;

	need_netns(state);
	assert_int_equal(hal_test_ip("-6 route add default via fe80::1 dev va"), 0);
	assert_int_equal(hal_test_ip("-6 neigh add fe80::1 lladdr 02:00:00:00:00:01 dev va nud reachable"), 0);
	assert_int_equal(hal_test_ip("-6 neigh add fe80::9 lladdr 02:00:00:00:00:09 dev va nud reachable"), 0);
	assert_int_equal(hal_rtnl_open(&rt, loop, changed, (void *)&changes), 0);
	assert_false(link_named(rt, "va")->router_dead);
	assert_true(hal_addr_usable(rt, find(rt, "2001:db8:1::1")));

	/* Somebody else is no concern of ours. */
	assert_int_equal(hal_test_ip("-6 neigh change fe80::9 dev va nud failed"), 0);
	assert_int_equal(hal_test_ip("-6 neigh change fe80::1 dev va nud failed"), 0);
	expect(HAL_RTNL_LINK);
	assert_true(link_named(rt, "va")->router_dead);
	assert_false(hal_addr_usable(rt, find(rt, "2001:db8:1::1")));

	/* A second router that has not failed is enough. */
	assert_int_equal(hal_test_ip("-6 route append default via fe80::2 dev va"), 0);
	expect(HAL_RTNL_LINK);
	assert_true(hal_addr_usable(rt, find(rt, "2001:db8:1::1")));
	assert_int_equal(hal_test_ip("-6 route del default via fe80::2"), 0);
	expect(HAL_RTNL_LINK);
	assert_false(hal_addr_usable(rt, find(rt, "2001:db8:1::1")));
	hal_rtnl_close(rt);

	/* Known from the first moment. */
	assert_int_equal(hal_rtnl_open(&rt, loop, changed, (void *)&changes), 0);
	assert_true(link_named(rt, "va")->router_dead);
	assert_int_equal(hal_test_ip("-6 neigh replace fe80::1 lladdr 02:00:00:00:00:01 dev va nud reachable"), 0);
	expect(HAL_RTNL_LINK);
	assert_true(hal_addr_usable(rt, find(rt, "2001:db8:1::1")));
	assert_int_equal(hal_test_ip("-6 route del default"), 0);
	hal_rtnl_close(rt);
}

static void add_addresses(const char *prefix, unsigned int n)
{
	char batch[] = "/tmp/hal_net.XXXXXX", cmd[64];
	FILE *f = fdopen(mkstemp(batch), "w");
	unsigned int i;

	for (i = 1; i <= n; i++)
		fprintf(f, "addr add %s::%x/128 dev lo nodad\n", prefix, i);
	fclose(f);
	snprintf(cmd, sizeof(cmd), "-batch %s", batch);
	assert_int_equal(hal_test_ip(cmd), 0);
	unlink(batch);
}

/* Thousands of events at once overflow the socket: one resynchronisation, the right picture, no change told twice. */
static void flood_of_events(void **state)
{
	struct hal_rtnl *rt;
	const struct hal_addr *a;
	unsigned int i, n, ours = 0;

	need_netns(state);
	assert_int_equal(hal_rtnl_open(&rt, loop, changed, (void *)&changes), 0);
	add_addresses("2001:db8:ff", 1500);
	run_until(loop, changes, 1);
	hal_test_run(loop, &changes, changes + 1);
	a = hal_rtnl_addrs(rt, &n);
	for (i = 0; i < n; i++)
		ours += a[i].addr.s6_addr16[2] == htons(0xff);
	assert_int_equal(ours, 1500);
	assert_true(changes < 100);
	hal_rtnl_close(rt);
}

static volatile int told_lost;

static int one_event(const struct nlmsghdr *nlh, void *arg)
{
	(void)nlh;
	(void)arg;
	return 0;
}

static void on_lost(void *arg)
{
	(void)arg;
	told_lost++;
}

/* A socket too small for what comes: the loss is told, once for any number, and events go on afterwards. */
static void lost_events_are_told(void **state)
{
	struct hal_nl_events *ev;

	need_netns(state);
	assert_int_equal(hal_nl_events_open(&ev, loop, NETLINK_ROUTE, 1, one_event, on_lost, NULL), 0);
	assert_int_equal(hal_nl_events_join(ev, RTNLGRP_IPV6_IFADDR), 0);
	assert_int_equal(hal_nl_events_join(ev, 100000), -EINVAL);
	add_addresses("2001:db8:fe", 100);
	run_until(loop, told_lost, 1);
	assert_int_equal(hal_nl_events_lost(ev), 1);
	hal_nl_events_close(ev);
}

/* What we add is marked, has the flags and lifetimes wanted, and goes again. */
static void addresses_of_ours(void **state)
{
	struct hal_addr a = { .addr = hal_test_addr("2001:db8:77::1"), .flags = IFA_F_HOMEADDRESS | IFA_F_NODAD |
			      IFA_F_NOPREFIXROUTE, .valid = 500, .preferred = 300, .prefixlen = 64 };
	const struct hal_addr *seen;
	struct hal_rtnl *rt;
	const char *why;

	need_netns(state);
	a.ifindex = if_nametoindex("va");
	assert_int_equal(hal_addr_set(nl, &a, &why), 0);
	a.valid = 400;
	assert_int_equal(hal_addr_set(nl, &a, &why), 0);
	assert_int_equal(hal_rtnl_open(&rt, loop, changed, (void *)&changes), 0);
	seen = hal_rtnl_find(rt, &a.addr);
	assert_non_null(seen);
	assert_int_equal(seen->flags & (IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE | IFA_F_PERMANENT),
			 IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE);
	assert_true(seen->valid <= 400 && seen->valid > 300 && seen->preferred <= 300);
	changes = 0;
	a.valid = 350;			/* cut short is news, as there may be no other before the end */
	assert_int_equal(hal_addr_set(nl, &a, &why), 0);
	run_until(loop, changes, 1);
	assert_true(hal_rtnl_find(rt, &a.addr)->valid <= 350);
	hal_rtnl_close(rt);
	assert_int_equal(hal_addr_del(nl, &a, &why), 0);
	assert_int_equal(hal_addr_del(nl, &a, NULL), -EADDRNOTAVAIL);
}

static void rules_of_ours_alone_are_flushed(void **state)
{
	struct hal_rule own = { .from = hal_test_addr("2001:db8:a::"), .from_len = 64, .priority = 3000, .table = 254,
				.protocol = 188, .specific = true }, other = own, later = own;

	need_netns(state);
	other.protocol = 189;
	other.from = hal_test_addr("2001:db8:b::");
	later.priority = 3001;
	later.table = 5000;
	later.specific = false;
	assert_int_equal(hal_rule_add(nl, &own, NULL), 0);
	assert_int_equal(hal_rule_add(nl, &other, NULL), 0);
	assert_int_equal(hal_rule_add(nl, &later, NULL), 0);
	assert_int_equal(hal_rule_flush(nl, 188, 3000, 3000), 0);
	assert_int_equal(hal_rule_del(nl, &own, NULL), -ENOENT);
	assert_int_equal(hal_rule_flush(nl, 188, 3000, 3001), 0);
	assert_int_equal(hal_rule_del(nl, &later, NULL), -ENOENT);
	assert_int_equal(hal_rule_del(nl, &other, NULL), 0);
}

static void rules_and_routes(void **state)
{
	struct in6_addr src = hal_test_addr("2001:db8:1::1"), dst = hal_test_addr("2001:db8:9::1");
	struct hal_rule rule = { .from_len = 128, .priority = 1000, .table = 5140, .protocol = 188 };
	struct hal_route route = { .dst_len = 128, .table = 5140, .protocol = 188, .mtu = 1400 };
	struct hal_route_found found;
	const char *why;

	need_netns(state);
	rule.from = src;
	route.dst = dst;
	route.ifindex = if_nametoindex("va");
	assert_int_equal(hal_route_get(nl, &src, &dst, &found), -ENETUNREACH);
	assert_int_equal(hal_rule_add(nl, &rule, &why), 0);
	assert_int_equal(hal_rule_add(nl, &rule, &why), -EEXIST);
	assert_int_equal(hal_route_set(nl, &route, &why), 0);
	assert_int_equal(hal_route_set(nl, &route, NULL), 0);
	assert_int_equal(hal_route_get(nl, &src, &dst, &found), 0);
	assert_int_equal(found.ifindex, route.ifindex);
	assert_int_equal(found.table, 5140);
	assert_int_equal(found.mtu, 1400);
	route.mtu = 1300;
	assert_int_equal(hal_route_set(nl, &route, NULL), 0);
	assert_int_equal(hal_route_get(nl, &src, &dst, &found), 0);
	assert_int_equal(found.mtu, 1300);

	/* Others' routes in the table survive a flush. */
	assert_int_equal(hal_test_ip("-6 route add 2001:db8:8::/64 dev va table 5140"), 0);
	assert_int_equal(hal_route_flush(nl, 5140, 188), 0);
	assert_int_equal(hal_route_get(nl, &src, &dst, &found), -ENETUNREACH);
	dst = hal_test_addr("2001:db8:8::1");
	assert_int_equal(hal_route_get(nl, &src, &dst, &found), 0);
	assert_int_equal(hal_route_flush(nl, 99999, 188), 0);

	assert_int_equal(hal_route_set(nl, &route, NULL), 0);
	assert_int_equal(hal_route_del(nl, &route, &why), 0);
	assert_int_equal(hal_route_del(nl, &route, &why), -ESRCH);
	assert_int_equal(hal_rule_del(nl, &rule, &why), 0);
	assert_int_equal(hal_rule_del(nl, &rule, &why), -ENOENT);
}

/* --- raw sockets --- */

#define PROTO	140

static volatile int errors;
static struct hal_raw_error last;
static uint8_t last_quoted[2048];

static void raw_error(const struct hal_raw_error *e, void *arg)
{
	(void)arg;
	last = *e;
	memcpy(last_quoted, e->quoted, e->quoted_len);
	errors++;
}

static void sending(void **state)
{
	struct in6_addr a1 = hal_test_addr("2001:db8:1::1"), a2 = hal_test_addr("2001:db8:1::2"), none = { 0 };
	struct in6_addr away = hal_test_addr("2001:db8:77::1"), group = hal_test_addr("ff02::1");
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	struct hal_route_found found;
	struct hal_raw *raw;
	uint8_t buf[2000] = { 1, 2, 3, 4, 5, 6, 7, 8 }, got[64];
	const struct timeval patience = { .tv_sec = 5 };
	int sink, i;

	need_netns(state);
	assert_int_equal(hal_test_ip("addr add 2001:db8:1::2/64 dev va nodad"), 0);
	/* The kernel routes to a new address a moment later. */
	while (hal_route_get(nl, NULL, &a2, &found) || found.table != RT_TABLE_LOCAL)
		usleep(1000);
	assert_int_equal(hal_raw_open(&raw, loop, PROTO, raw_error, NULL), 0);
	sink = socket(AF_INET6, SOCK_RAW, PROTO);
	assert_true(sink >= 0);
	assert_int_equal(setsockopt(sink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);

	/* Source chosen, payload untouched. */
	assert_int_equal(hal_raw_send(raw, &a2, &a1, 0, buf, 8), 0);
	assert_int_equal(recvfrom(sink, got, sizeof(got), 0, (struct sockaddr *)&from, &len), 8);
	assert_memory_equal(got, buf, 8);
	assert_memory_equal(&from.sin6_addr, &a2, 16);
	assert_int_equal(hal_raw_send(raw, &a1, &a2, if_nametoindex("lo"), buf, 8), 0);
	assert_int_equal(recvfrom(sink, got, sizeof(got), 0, (struct sockaddr *)&from, &len), 8);
	assert_memory_equal(&from.sin6_addr, &a1, 16);

	assert_int_equal(hal_raw_send(raw, &away, &a1, 0, buf, 8), -EADDRNOTAVAIL);
	assert_int_equal(hal_raw_send(raw, &a1, &away, 0, buf, 8), -ENETUNREACH);
	assert_int_equal(hal_raw_send(raw, &none, &a1, 0, buf, 8), -EINVAL);
	assert_int_equal(hal_raw_send(raw, &a1, &group, 0, buf, 8), -EINVAL);

	/* No fragments. */
	away = hal_test_addr("2001:db8:1::99");
	assert_int_equal(hal_raw_send(raw, &a1, &away, 0, buf, sizeof(buf)), -EMSGSIZE);
	run_until(loop, errors, 1);
	assert_int_equal(last.err, EMSGSIZE);
	assert_int_equal(last.icmp_type, 0);
	assert_int_equal(last.mtu, 1500);

	/* What comes in does not fill the socket or wake the loop. */
	for (i = 0; i < 100; i++)
		assert_int_equal(hal_raw_send(raw, &a1, &a2, 0, buf, 1000), 0);
	assert_int_equal(errors, 1);
	close(sink);
	hal_raw_close(raw);
}

/* An ICMPv6 error about our packet: what the resolver's failure makes the kernel send to itself. */
static void errors_come_back(void **state)
{
	struct in6_addr a1 = hal_test_addr("2001:db8:1::1"), gone = hal_test_addr("2001:db8:1::99");
	uint8_t buf[8] = { 9, 8, 7, 6, 5, 4, 3, 2 }, rebuilt[512];
	struct hal_raw *raw;

	need_netns(state);
	errors = 0;
	hal_test_write("/proc/sys/net/ipv6/neigh/va/retrans_time_ms", "50");
	assert_int_equal(hal_raw_open(&raw, loop, PROTO, raw_error, NULL), 0);
	assert_int_equal(hal_raw_send(raw, &a1, &gone, 0, buf, sizeof(buf)), 0);
	run_until(loop, errors, 1);
	assert_int_equal(last.icmp_type, 1);
	assert_int_equal(last.icmp_code, 3);
	assert_int_equal(last.err, EHOSTUNREACH);
	assert_memory_equal(&last.dst, &gone, 16);
	assert_memory_equal(&last.src, &a1, 16);
	assert_memory_equal(&last.offender, &a1, 16);
	assert_int_equal(last.quoted_len, sizeof(buf));
	assert_memory_equal(last_quoted, buf, sizeof(buf));

	last.quoted = last_quoted;
	assert_int_equal(hal_raw_quoted(&last, PROTO, rebuilt, sizeof(rebuilt)), 48);
	assert_int_equal(rebuilt[0], 0x60);
	assert_int_equal(rebuilt[5], 8);
	assert_int_equal(rebuilt[6], PROTO);
	assert_memory_equal(rebuilt + 8, &a1, 16);
	assert_memory_equal(rebuilt + 24, &gone, 16);
	assert_memory_equal(rebuilt + 40, buf, 8);
	assert_int_equal(hal_raw_quoted(&last, PROTO, rebuilt, 47), 0);

	/* A later packet to somebody else does not suffer from it. */
	assert_int_equal(hal_raw_send(raw, &a1, &a1, 0, buf, sizeof(buf)), 0);
	hal_raw_close(raw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(family_by_name),
		cmocka_unit_test(callback_ends_a_dump),
		cmocka_unit_test(kernel_says_why),
		cmocka_unit_test(watching),
		cmocka_unit_test(router_unreachable),
		cmocka_unit_test(rules_and_routes),
		cmocka_unit_test(addresses_of_ours),
		cmocka_unit_test(rules_of_ours_alone_are_flushed),
		cmocka_unit_test(sending),
		cmocka_unit_test(errors_come_back),
		cmocka_unit_test(flood_of_events),
		cmocka_unit_test(lost_events_are_told),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
