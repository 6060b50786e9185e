// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A thousand random lives of an association in the simulator of tests/sim: whenever each direction has a working pair,
 * both hosts find one in bounded time, nothing moves without need, and no invariant breaks on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/reap_scenario.h"

/* S5534-3.3-01, S5534-3.3-02, S5534-4.3-03, S5534-8-02, S5534-3.5-02 */
static void random_failures_are_repaired(void **state)
{
	uint64_t seed;

	(void)state;
	for (seed = 1; seed <= 1000; seed++) {
		struct scenario sc;
		struct world w;

		sc_run(&w, &sc, seed, NULL);
		if (*w.error)
			fail_msg("reap_sim --runs 1 --verbose --seed %llu: %s", (unsigned long long)seed, w.error);
		w_end(&w);
	}
}

/* S5534-4.3-07, S5534-1-01: nothing gets through for ten hours: Probes become as rare as one a minute, and stay so */
static void long_outage_is_quiet(void **state)
{
	struct world w;
	unsigned int h, before[2];

	(void)state;
	w_init(&w, 5, 2, 2);
	w_app(&w, 0, 1000);
	w_app(&w, 1, 1000);
	w_run(&w, 30000);
	w_path_all(&w, false);
	w_run(&w, 600000);
	for (h = 0; h < 2; h++)
		before[h] = w.host[h].probes;
	w_run(&w, 600000 + 36000000);
	assert_string_equal(w.error, "");
	for (h = 0; h < 2; h++)
		assert_in_range(w.host[h].probes - before[h], 595, 645);
	w_end(&w);
}

/* Only B's packets arrive, for ever: A may not be made to send without limit by what it hears. */
static void lasting_one_way_failure_is_quiet(void **state)
{
	unsigned int l, r, h, before[2];
	struct world w;

	(void)state;
	w_init(&w, 6, 2, 2);
	w_app(&w, 0, 1000);
	w_app(&w, 1, 1000);
	w_run(&w, 30000);
	for (l = 0; l < W_LOCATORS; l++)
		for (r = 0; r < W_LOCATORS; r++)
			w.path[0][l][r].up = false;
	w_run(&w, 600000);
	for (h = 0; h < 2; h++)
		before[h] = w.host[h].probes;
	w_run(&w, 600000 + 3600000);
	assert_string_equal(w.error, "");
	assert_in_range(w.host[1].probes - before[1], 55, 66);
	assert_in_range(w.host[0].probes - before[0], 55, 10 * 66);
	assert_int_equal(w.host[0].pairs + w.host[1].pairs, 0);
	w_end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_failures_are_repaired),
		cmocka_unit_test(long_outage_is_quiet),
		cmocka_unit_test(lasting_one_way_failure_is_quiet),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
