// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shim6d: which addresses of its own a host should have, from prefixes, lifetimes and what is stored.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdio.h>

#include "shim6d/addrplan.c"

#define UP1	2
#define UP2	3
#define NOW	100000		/* ms */

static struct hal_addr addrs[16];
static struct plan_seen seen[16];
static unsigned int n_seen;
static struct cgadir dir;
static struct plan_prefix prefix[PLAN_PREFIXES_MAX];
static unsigned int n_prefix;
static struct plan_action act[PLAN_ACTIONS_MAX];

static int clean(void **state)
{
	(void)state;
	n_seen = 0;
	memset(&dir, 0, sizeof(dir));
	return 0;
}

static struct hal_addr *has(const char *text, uint32_t ifindex, uint32_t valid, uint32_t preferred)
{
	struct hal_addr *a = &addrs[n_seen];

	*a = (struct hal_addr){
		.ifindex = ifindex, .valid = valid, .preferred = preferred, .told = NOW, .prefixlen = 64,
	};
	assert_int_equal(inet_pton(AF_INET6, text, &a->addr), 1);
	seen[n_seen++] = (struct plan_seen){ .a = a, .wanted = true, .uplink = true };
	return a;
}

static struct cgadir_addr *store(const char *text)
{
	struct cgadir_addr *a = &dir.a[dir.n++];

	assert_int_equal(inet_pton(AF_INET6, text, &a->addr), 1);
	return a;
}

static unsigned int plan(uint64_t now)
{
	n_prefix = plan_prefixes(seen, n_seen, &dir, now, prefix);
	return plan_actions(seen, n_seen, prefix, n_prefix, &dir, now, act);
}

static unsigned int missing(void)
{
	uint8_t out[PLAN_PREFIXES_MAX][8];

	plan(NOW);
	return plan_missing(prefix, n_prefix, &dir, out);
}

static void prefixes_of_the_host(void **state)
{
	(void)state;
	has("2001:db8:a1::1", UP1, 300, 100);
	has("2001:db8:a1::2", UP1, 200, 150);		/* the same: the longer lifetimes */
	has("fe80::1", UP1, FOR_EVER, FOR_EVER)->scope = RT_SCOPE_LINK;
	has("2001:db8:a2::1", UP2, FOR_EVER, FOR_EVER)->flags = IFA_F_PERMANENT;
	has("2001:db8:a3::1", UP2, 300, 100)->prefixlen = 128;	/* of a tunnel: others have the rest */
	has("2001:db8:a4::1", UP2, 300, 100)->prefixlen = 128;	/* DHCPv6: the link has its /64 */
	seen[n_seen - 1].on_link = true;
	has("2001:db8:a5::1", UP2, 300, 100);
	seen[n_seen - 1].wanted = false;
	has("2001:db8:a6::1", UP2, 300, 100)->flags = IFA_F_HOMEADDRESS;	/* ours, of a set that is not stored now */
	has("2001:db8:a7::1", UP2, 300, 0);		/* deprecated */
	has("2001:db8:a8::1", UP2, 300, 100);
	seen[n_seen - 1].uplink = false;		/* leads nowhere */
	assert_int_equal(missing(), 3);
	assert_int_equal(n_prefix, 5);
	assert_int_equal(prefix[0].ifindex, UP1);
	assert_int_equal(prefix[0].valid, 300);
	assert_int_equal(prefix[0].preferred, 150);
	assert_int_equal(prefix[1].valid, FOR_EVER);
	store("2001:db8:a1::aaaa");
	store("2001:db8:a4::aaaa");
	assert_int_equal(missing(), 1);
}

static void added_where_the_prefix_is(void **state)
{
	(void)state;
	has("2001:db8:a1::1", UP1, 300, 100);
	store("2001:db8:a1::aaaa");
	store("2001:db8:a9::aaaa");		/* of another network */
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].what, PLAN_ADD);
	assert_ptr_equal(act[0].addr, &dir.a[0]);
	assert_int_equal(act[0].ifindex, UP1);
	assert_int_equal(act[0].valid, FOR_EVER);	/* until DAD is through */
	assert_int_equal(act[0].preferred, 100);
	dir.removed = true;
	assert_int_equal(plan(NOW), 0);
}

static void lifetimes_follow(void **state)
{
	struct hal_addr *own;

	(void)state;
	has("2001:db8:a1::1", UP1, 300, 100);
	store("2001:db8:a1::aaaa");
	own = has("2001:db8:a1::aaaa", UP1, FOR_EVER, 100);
	own->flags = IFA_F_HOMEADDRESS | IFA_F_TENTATIVE;
	assert_int_equal(plan(NOW), 0);
	own->flags = IFA_F_HOMEADDRESS;
	assert_int_equal(plan(NOW + 10000), 1);
	assert_int_equal(act[0].what, PLAN_LIFETIME);
	assert_int_equal(act[0].valid, 290);
	assert_int_equal(act[0].preferred, 90);
	own->valid = 300;
	assert_int_equal(plan(NOW + 10000), 0);	/* they run down together */
	own->told = NOW + 1000;
	assert_int_equal(plan(NOW + 10000), 0);
	addrs[0].valid = addrs[0].preferred = FOR_EVER;
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].valid, FOR_EVER);
	addrs[0].valid = 300;
	addrs[0].preferred = 0;			/* the router took it back: deprecated */
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].preferred, 0);
	own->flags = 0;				/* a hand's, not ours to change */
	assert_int_equal(plan(NOW), 0);
}

/* A router that advertises for six seconds, every three: our address does not run out between two looks. */
static void short_lives_are_stretched(void **state)
{
	struct hal_addr *own;

	(void)state;
	has("2001:db8:a1::1", UP1, 6, 4);
	store("2001:db8:a1::aaaa");
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].what, PLAN_ADD);
	assert_int_equal(act[0].preferred, 20);
	own = has("2001:db8:a1::aaaa", UP1, 6, 4);
	own->flags = IFA_F_HOMEADDRESS;
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].what, PLAN_LIFETIME);
	assert_int_equal(act[0].valid, 20);
	assert_int_equal(act[0].preferred, 20);
	addrs[0].preferred = 0;
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].preferred, 0);
}

static void withdrawn_with_the_prefix(void **state)
{
	struct hal_addr *own;

	(void)state;
	store("2001:db8:a1::aaaa");
	own = has("2001:db8:a1::aaaa", UP1, 300, 100);
	own->flags = IFA_F_HOMEADDRESS;
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].what, PLAN_DEL);
	assert_int_equal(act[0].ifindex, UP1);
	own->flags = 0;
	assert_int_equal(plan(NOW), 0);
	own->flags = IFA_F_HOMEADDRESS;
	has("2001:db8:a1::1", UP2, 300, 100);		/* moved to another link */
	assert_int_equal(plan(NOW), 2);
	assert_int_equal(act[0].what, PLAN_DEL);
	assert_int_equal(act[1].what, PLAN_ADD);
	assert_int_equal(act[1].ifindex, UP2);
	assert_int_equal(plan(NOW + 400000), 1);	/* its time is up */
	assert_int_equal(act[0].what, PLAN_DEL);
}

/* S3972-4-10 */
static void collisions_are_seen(void **state)
{
	(void)state;
	has("2001:db8:a1::1", UP1, 300, 100);
	store("2001:db8:a1::aaaa");
	has("2001:db8:a1::aaaa", UP1, FOR_EVER, 100)->flags = IFA_F_HOMEADDRESS | IFA_F_TENTATIVE | IFA_F_DADFAILED;
	assert_int_equal(plan(NOW), 1);
	assert_int_equal(act[0].what, PLAN_COLLISION);
}

static void sets_are_told_apart(void **state)
{
	uint8_t a[64] = { 1 }, b[64] = { 1 };
	struct cgadir_addr x = { .pds = a, .len = 64 }, y = { .pds = b, .len = 64 };

	(void)state;
	assert_false(plan_same_set(&x, &y));		/* two CGA */
	x.parsed.prefixes = a + 40;
	y.parsed.prefixes = b + 40;
	b[20] = 7;					/* subnet prefix */
	b[24] = 1;					/* collision count */
	assert_true(plan_same_set(&x, &y));
	b[30] = 1;
	assert_false(plan_same_set(&x, &y));
	b[30] = 0;
	b[0] = 2;
	assert_false(plan_same_set(&x, &y));
}

static void more_prefixes_than_room(void **state)
{
	char text[32];

	(void)state;
	for (int i = 0; i < 16; i++) {
		snprintf(text, sizeof(text), "2001:db8:%x::1", i + 1);
		has(text, UP1, 300, 100);
	}
	assert_int_equal(missing(), 16);
}

#define TEST(f) cmocka_unit_test_setup(f, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(prefixes_of_the_host),
		TEST(added_where_the_prefix_is),
		TEST(lifetimes_follow), TEST(short_lives_are_stretched),
		TEST(withdrawn_with_the_prefix),
		TEST(collisions_are_seen),
		TEST(sets_are_told_apart),
		TEST(more_prefixes_than_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
