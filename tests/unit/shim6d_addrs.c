// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shim6d: own addresses from the first prefix to the last, on a made-up host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "hal/fake/clock.c"
#include "hal/fake/loop.c"
#include "hal/fake/rtnl.c"
#include "shim6d/addrplan.c"
#include "shim6d/addrs.c"
enum { FLAGS_SET = FLAGS };
#undef FLAGS
#include "shim6d/ident.c"
#include "shim6d/keygen.c"
#include "shim6d/srcroute.c"

#define UP1	2
#define UP2	3

static struct shim6d d;
static struct s6d_idents *told;		/* what was handed over last */
static struct hal_rtnl *rt;
static char dir[] = "/tmp/shim6d_addrs.XXXXXX";
static struct hal_addr prefix_addr[4];
static unsigned int n_prefix_addrs;
static struct hal_link links[2] = {
	{ .ifindex = UP1, .mtu = 1500, .name = "up1", .up = true, .carrier = true, .default_route = true },
	{ .ifindex = UP2, .mtu = 1500, .name = "up2", .up = true, .carrier = true, .default_route = true },
};

const struct hal_rtnl *locators_rtnl(const struct shim6d *s)
{
	(void)s;
	return rt;
}

void locators_identities(struct shim6d *s, struct s6d_idents *idents)
{
	(void)s;
	idents_free(told);
	told = idents;
}

static void changed(unsigned int what, void *arg)
{
	(void)what;
	addrs_update(arg);
}

/* The host has @n addresses from others; ours stay. */
static void host_has(unsigned int n)
{
	struct hal_addr all[FAKE_MAX], *now;
	unsigned int have = fake_rtnl_addrs(&now), m = 0;

	for (unsigned int i = 0; i < n; i++)
		all[m++] = prefix_addr[i];
	for (unsigned int i = 0; i < have; i++)
		if (now[i].flags & IFA_F_HOMEADDRESS)
			all[m++] = now[i];
	fake_rtnl_set(all, m, links, 2);
}

static void prefix(unsigned int i, const char *text, uint32_t ifindex, uint32_t valid)
{
	prefix_addr[i] = (struct hal_addr){ .ifindex = ifindex, .valid = valid, .preferred = valid, .prefixlen = 64,
					    .told = hal_now_ms() };
	assert_int_equal(inet_pton(AF_INET6, text, &prefix_addr[i].addr), 1);
	n_prefix_addrs = i + 1;
}

static struct hal_addr *ours(unsigned int index)
{
	struct hal_addr *now;
	unsigned int n = fake_rtnl_addrs(&now);

	for (unsigned int i = 0; i < n; i++)
		if (now[i].flags & IFA_F_HOMEADDRESS && !index--)
			return &now[i];
	return NULL;
}

static unsigned int count(void)
{
	unsigned int n = 0;

	while (ours(n))
		n++;
	return n;
}

static void dad_ends(uint32_t flags)
{
	for (unsigned int i = 0; ours(i); i++) {
		ours(i)->flags &= ~IFA_F_TENTATIVE;
		ours(i)->flags |= flags;
		flags = 0;		/* the first one alone, if it fails */
	}
}

/* The thread that makes the key is a real one. */
static void key_is_made(void)
{
	struct pollfd p = { .fd = d.addrs->keygen->fd, .events = POLLIN };

	assert_int_equal(poll(&p, 1, 120000), 1);
	fake_fd_ready(d.loop, p.fd, HAL_READ);
	assert_null(d.addrs->keygen);
	fake_advance(d.loop, 0);
}

static int start(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/shim6d_addrs.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	conf_default(&d.conf);
	snprintf(d.conf.security.state, sizeof(d.conf.security.state), "%s/state", dir);
	d.loop = hal_loop_new();
	fake_rtnl_set(prefix_addr, 0, links, 2);
	hal_rtnl_open(&rt, d.loop, changed, &d);
	return addrs_open(&d);
}

static int finish(void **state)
{
	char command[64];

	(void)state;
	addrs_unroute(&d);
	addrs_close(&d);
	hal_rtnl_close(rt);
	hal_loop_free(d.loop);
	idents_free(told);
	told = NULL;
	fake_rtnl_set(prefix_addr, 0, links, 2);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static void two_prefixes(void)
{
	prefix(0, "2001:db8:a1::1", UP1, 600);
	prefix(1, "2001:db8:a2::1", UP2, UINT32_MAX);
	host_has(2);
	fake_advance(d.loop, SETTLE);
	key_is_made();
	fake_advance(d.loop, TICK);
}

static void nothing_before_a_prefix(void **state)
{
	(void)state;
	fake_advance(d.loop, 10 * TICK);
	assert_null(d.addrs->keygen);
	assert_int_not_equal(access(d.conf.security.state, F_OK), 0);
}

static void waits_for_the_second(void **state)
{
	(void)state;
	prefix(0, "2001:db8:a1::1", UP1, 600);
	host_has(1);
	fake_advance(d.loop, SETTLE - 1);
	prefix(1, "2001:db8:a2::1", UP2, 600);
	host_has(2);
	fake_advance(d.loop, SETTLE - 1);
	assert_null(d.addrs->keygen);
	fake_advance(d.loop, 1);
	assert_non_null(d.addrs->keygen);
	key_is_made();
	assert_int_equal(idents_dir(told)->n, 2);
}

static void a_set_is_made_and_installed(void **state)
{
	const struct s6d_ident *id;

	(void)state;
	two_prefixes();
	assert_int_equal(count(), 2);
	assert_int_equal(ours(0)->flags, FLAGS_SET | IFA_F_TENTATIVE);
	assert_int_equal(ours(0)->valid, UINT32_MAX);
	dad_ends(0);
	fake_advance(d.loop, TICK);
	for (int i = 0; i < 2; i++) {
		id = ident_find(told, &ours(i)->addr);
		assert_non_null(id);
		assert_int_equal(cga_pds_kind(&id->parsed), CGA_KIND_HYBRID);
		assert_int_equal(id->parsed.n_prefixes, 2);
		assert_non_null(id->key);
	}
	assert_true(ours(0)->valid < 600 || ours(1)->valid < 600);	/* as its prefix */
}

static void a_later_prefix_is_signed(void **state)
{
	(void)state;
	two_prefixes();
	dad_ends(0);
	prefix(2, "2001:db8:a3::1", UP2, 600);
	host_has(3);
	fake_advance(d.loop, TICK);
	assert_int_equal(idents_dir(told)->n, 3);
	assert_int_equal(count(), 3);
	for (unsigned int i = 0; i < 3; i++)
		if (ours(i)->addr.s6_addr[5] == 0xa3)
			assert_int_equal(cga_pds_kind(&ident_find(told, &ours(i)->addr)->parsed), CGA_KIND_CGA);
}

static void goes_with_the_prefix_and_comes_back(void **state)
{
	struct in6_addr first;

	(void)state;
	two_prefixes();
	dad_ends(0);
	first = ours(0)->addr.s6_addr[5] == 0xa2 ? ours(0)->addr : ours(1)->addr;
	host_has(1);				/* a program is restarted */
	fake_advance(d.loop, GRACE - 1);
	assert_int_equal(count(), 2);
	host_has(2);
	fake_advance(d.loop, 2 * GRACE);
	assert_int_equal(count(), 2);
	host_has(1);				/* gone for good */
	fake_advance(d.loop, GRACE - 1);
	assert_int_equal(count(), 2);
	fake_advance(d.loop, 1);
	assert_int_equal(count(), 1);
	assert_int_equal(ours(0)->addr.s6_addr[5], 0xa1);
	host_has(2);
	fake_advance(d.loop, TICK);
	assert_int_equal(count(), 2);
	assert_true(IN6_ARE_ADDR_EQUAL(&ours(0)->addr, &first) || IN6_ARE_ADDR_EQUAL(&ours(1)->addr, &first));
	assert_int_equal(idents_dir(told)->n, 2);
}

/* Nothing is kept of a prefix on a link that went down, or for which the configuration has no use any more. */
static void no_grace(void **state)
{
	(void)state;
	two_prefixes();
	dad_ends(0);
	links[1].up = false;
	host_has(1);
	assert_int_equal(count(), 1);
	links[1].up = true;
	host_has(2);
	fake_advance(d.loop, TICK);
	assert_int_equal(count(), 2);
	assert_int_equal(conf_set(&d.conf, "locators", "exclude_prefixes", "2001:db8:a2::/64", "x", NULL, NULL), 0);
	addrs_update(&d);
	assert_int_equal(count(), 1);
}

/* S5535-6-15 S3972-4-10 */
static void collisions_renew_the_set(void **state)
{
	struct in6_addr before[2];
	const struct cgadir *stored;

	(void)state;
	two_prefixes();
	for (unsigned int count_is = 1; count_is <= 2; count_is++) {
		before[0] = ours(0)->addr;
		before[1] = ours(1)->addr;
		dad_ends(IFA_F_DADFAILED);
		fake_advance(d.loop, TICK);
		stored = idents_dir(told);
		assert_int_equal(stored->n, 2);
		for (unsigned int i = 0; i < 2; i++) {
			assert_int_equal(stored->a[i].pds[24], count_is);
			assert_null(ident_find(told, &before[i]));
		}
		fake_advance(d.loop, TICK);
		assert_int_equal(count(), 2);
	}
	before[0] = ours(0)->addr;
	dad_ends(IFA_F_DADFAILED);
	fake_advance(d.loop, 10 * TICK);	/* given up: this one does not come back */
	assert_int_equal(count(), 1);
	assert_non_null(ident_find(told, &before[0]));
	assert_false(IN6_ARE_ADDR_EQUAL(&ours(0)->addr, &before[0]));
}

static void removed_and_installed_again(void **state)
{
	struct in6_addr first;
	char why[256];

	(void)state;
	d.conf.routing.sources = CONF_SOURCES_INSTALL;
	two_prefixes();
	dad_ends(0);
	fake_advance(d.loop, TICK);
	first = ours(0)->addr;
	assert_int_equal(fake_n_rules, 2);
	assert_int_equal(addrs_remove(&d, false, why, sizeof(why)), 0);
	assert_int_equal(count(), 0);
	assert_int_equal(fake_n_rules, 0);
	assert_int_equal(fake_n_routes, 0);
	fake_advance(d.loop, 10 * TICK);
	assert_int_equal(count(), 0);
	assert_int_equal(addrs_reload(&d, why, sizeof(why)), 0);
	assert_int_equal(count(), 2);
	assert_true(IN6_ARE_ADDR_EQUAL(&ours(0)->addr, &first) || IN6_ARE_ADDR_EQUAL(&ours(1)->addr, &first));
}

/* S3972-7.1-01 */
static void forgotten_and_made_anew(void **state)
{
	struct in6_addr first[2];
	char why[256];

	(void)state;
	two_prefixes();
	dad_ends(0);
	first[0] = ours(0)->addr;
	first[1] = ours(1)->addr;
	assert_int_equal(addrs_remove(&d, true, why, sizeof(why)), 0);
	assert_int_equal(count(), 0);
	assert_int_equal(idents_dir(told)->n, 0);
	assert_null(idents_dir(told)->key);
	fake_advance(d.loop, 10 * TICK);
	assert_null(d.addrs->keygen);
	assert_int_equal(addrs_reload(&d, why, sizeof(why)), 0);
	fake_advance(d.loop, SETTLE);
	key_is_made();
	assert_int_equal(count(), 2);
	for (int i = 0; i < 4; i++)
		assert_memory_not_equal(&ours(i % 2)->addr, &first[i / 2], 16);
}

static void taken_away_by_others(void **state)
{
	struct hal_addr a;

	(void)state;
	two_prefixes();
	dad_ends(0);
	a = *ours(0);
	assert_int_equal(hal_addr_del(NULL, &a, NULL), 0);
	addrs_update(&d);
	assert_int_equal(count(), 2);
	assert_int_equal(hal_addr_del(NULL, &a, NULL), 0);
	addrs_update(&d);			/* not at once again */
	assert_int_equal(count(), 1);
	fake_advance(d.loop, TICK);
	assert_int_equal(count(), 2);
}

static void not_without_verification(void **state)
{
	(void)state;
	d.conf.security.verify = CONF_VERIFY_NONE;
	prefix(0, "2001:db8:a1::1", UP1, 600);
	host_has(1);
	fake_advance(d.loop, 10 * TICK);
	assert_null(d.addrs->keygen);
	assert_int_equal(count(), 0);
}

static void off_is_off(void **state)
{
	(void)state;
	d.conf.security.addresses = CONF_ADDRESSES_OFF;
	prefix(0, "2001:db8:a1::1", UP1, 600);
	host_has(1);
	fake_advance(d.loop, 10 * TICK);
	assert_null(d.addrs->keygen);
}

/* The made-up kernel sends everything by the first link: the second prefix needs a route. */
static void routes_where_they_are_missing(void **state)
{
	const struct hal_rule *r;
	struct in6_addr a;

	(void)state;
	prefix(0, "2001:db8:a1::1", UP1, 600);
	prefix(1, "2001:db8:a2::1", UP2, 600);
	host_has(2);
	inet_pton(AF_INET6, "2001:db8:a2::1", &a);
	assert_int_equal(srcroute_state(d.addrs->routes, &a), SRCROUTE_WRONG);
	assert_int_equal(fake_rtnl_rules(&r), 0);
	d.conf.routing.sources = CONF_SOURCES_INSTALL;
	addrs_update(&d);
	assert_int_equal(srcroute_state(d.addrs->routes, &a), SRCROUTE_INSTALLED);
	assert_int_equal(fake_rtnl_rules(&r), 2);
	assert_true(r[0].specific && r[0].table == RT_TABLE_MAIN && r[0].from_len == 64);
	assert_int_equal(r[1].table, d.conf.routing.table + 1);		/* the first has its place, too */
	assert_true(r[1].priority > r[0].priority);
	assert_memory_equal(&r[1].from, &a, 8);
	assert_int_equal(fake_n_routes, 1);
	assert_int_equal(fake_routes[0].ifindex, UP2);
	inet_pton(AF_INET6, "fe80::2", &links[1].gateway);		/* another router */
	host_has(2);
	assert_memory_equal(&fake_routes[0].gateway, &links[1].gateway, 16);
	host_has(1);
	fake_advance(d.loop, GRACE);
	assert_int_equal(fake_rtnl_rules(&r), 0);
	assert_int_equal(fake_n_routes, 0);
	d.conf.routing.sources = CONF_SOURCES_OFF;
	host_has(2);
	assert_int_equal(srcroute_state(d.addrs->routes, &a), SRCROUTE_UNKNOWN);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, start, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(nothing_before_a_prefix),
		TEST(waits_for_the_second),
		TEST(a_set_is_made_and_installed),
		TEST(a_later_prefix_is_signed),
		TEST(goes_with_the_prefix_and_comes_back),
		TEST(no_grace),
		TEST(collisions_renew_the_set),
		TEST(removed_and_installed_again),
		TEST(forgotten_and_made_anew),
		TEST(taken_away_by_others),
		TEST(not_without_verification),
		TEST(off_is_off),
		TEST(routes_where_they_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
