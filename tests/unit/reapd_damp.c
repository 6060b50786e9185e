// SPDX-License-Identifier: GPL-2.0-or-later
/* Addresses of links that flap have to stay up for a while before they are used again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "reapd/damp.c"

static struct in6_addr address(uint8_t i)
{
	return (struct in6_addr){ .s6_addr = { 0x20, 0x01, 0x0d, 0xb8, [15] = i } };
}

static uint64_t flap(struct damp *d, const struct in6_addr *a, uint64_t now)
{
	damp_see(d, a, false, now);
	damp_see(d, a, true, now + 1000);
	return now + 1000;
}

static void test_hold(void **state)
{
	struct in6_addr a = address(1), quiet = address(2);
	struct damp d = { 0 };
	uint64_t now = 1000000, hold = DAMP_HOLD;

	(void)state;
	damp_see(&d, &quiet, true, now);
	damp_see(&d, &a, false, now);			/* it has never been up */
	assert_int_equal(d.n, 1);
	damp_see(&d, &a, true, now);
	for (unsigned int i = 0; i < DAMP_FREE; i++) {
		now = flap(&d, &a, now);
		assert_true(damp_until(&d, &a) <= now);
		assert_true(damp_next(&d, now) == UINT64_MAX);
	}
	for (unsigned int i = 0; i < 8; i++) {
		now = flap(&d, &a, now);
		assert_true(damp_until(&d, &a) == now + hold);
		assert_true(damp_next(&d, now) == now + hold);
		hold = hold * 2 < DAMP_HOLD_MAX ? hold * 2 : DAMP_HOLD_MAX;
	}
	damp_see(&d, &a, true, now + 10);		/* said again: nothing new */
	assert_true(damp_until(&d, &a) == now + hold);
	assert_true(damp_next(&d, now + hold) == UINT64_MAX);
	assert_true(damp_until(&d, &quiet) <= now);

	/* While it is down nobody waits for it. */
	damp_see(&d, &a, false, now + 20);
	assert_true(damp_next(&d, now + 20) == UINT64_MAX);

	/* Rest makes it as good as new. */
	damp_see(&d, &a, true, now + 30);
	now = flap(&d, &a, now + 31 + DAMP_FORGET);
	assert_true(damp_until(&d, &a) <= now);
}

static void test_many(void **state)
{
	struct in6_addr a = address(1), b;
	struct damp d = { 0 };

	(void)state;
	damp_see(&d, &a, true, 1);
	for (unsigned int i = 2; i < 200; i++) {
		b = address(i);
		damp_see(&d, &b, true, i);
	}
	assert_int_equal(d.n, DAMP_ADDRS);
	for (unsigned int i = 0; i < 10; i++)
		flap(&d, &a, 1000 + 2000 * i);
	assert_true(damp_until(&d, &a) > 1000 + 2000 * 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_hold), cmocka_unit_test(test_many) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
