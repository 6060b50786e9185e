// SPDX-License-Identifier: GPL-2.0-or-later
/* hal/loop.h, hal/clock.h, hal/rng.h: order and times of timers, descriptors, signals, freeing from within. */
#include "unit/hal_test.h"

#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/loop.h"
#include "hal/rng.h"

static struct hal_loop *loop;
static char seen[32];

static int setup(void **state)
{
	(void)state;
	loop = hal_loop_new();
	memset(seen, 0, sizeof(seen));
	return loop ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	hal_loop_free(loop);
	return 0;
}

static void note(void *arg)
{
	size_t n = strlen(seen);

	if (n < sizeof(seen) - 1)
		seen[n] = *(const char *)arg;
	if (*(const char *)arg == '.')
		hal_loop_stop(loop, 7);
}

static void timers_fire_in_order_and_never_early(void **state)
{
	struct hal_timer *a = hal_timer_new(loop, note, "a"), *b = hal_timer_new(loop, note, "b");
	struct hal_timer *c = hal_timer_new(loop, note, "c"), *end = hal_timer_new(loop, note, ".");
	uint64_t start = hal_now_ms();

	(void)state;
	hal_timer_set(a, 30);
	hal_timer_set(b, 10);
	hal_timer_set(c, 20);
	hal_timer_stop(c);
	hal_timer_at(end, start + 60);
	assert_int_equal(hal_loop_run(loop), 7);
	assert_true(hal_now_ms() >= start + 60);
	assert_string_equal(seen, "ba.");
	hal_timer_free(a);
	hal_timer_free(b);
	hal_timer_free(c);
	hal_timer_free(end);
	hal_timer_free(NULL);
}

static void setting_moves_and_one_shot(void **state)
{
	struct hal_timer *a = hal_timer_new(loop, note, "a"), *end = hal_timer_new(loop, note, ".");

	(void)state;
	hal_timer_set(a, 1000000);
	hal_timer_set(a, 5);
	hal_timer_at(end, UINT64_MAX);
	hal_timer_set(end, 40);
	hal_loop_run(loop);
	assert_string_equal(seen, "a.");
	hal_timer_free(a);
	hal_timer_free(end);
}

static struct hal_timer *suicide;

static void free_itself(void *arg)
{
	hal_timer_free(suicide);
	note(arg);
}

static void timer_may_free_itself(void **state)
{
	(void)state;
	suicide = hal_timer_new(loop, free_itself, ".");
	hal_timer_set(suicide, 0);
	assert_int_equal(hal_loop_run(loop), 7);
	assert_string_equal(seen, ".");
}

static struct hal_fd *watch;

static void got(int fd, unsigned int events, void *arg)
{
	char c;

	assert_ptr_equal(arg, &watch);
	if (events & HAL_WRITE) {
		note("w");
		assert_int_equal(hal_fd_want(watch, HAL_READ), 0);
		return;
	}
	assert_int_equal(read(fd, &c, 1), 1);
	note(&c);
	if (c == '.')
		hal_fd_del(watch);
}

static void descriptors(void **state)
{
	int p[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, p), 0);
	watch = hal_fd_add(loop, p[0], HAL_READ | HAL_WRITE, got, &watch);
	assert_non_null(watch);
	assert_int_equal(write(p[1], "xy.", 3), 3);
	hal_loop_run(loop);
	assert_string_equal(seen, "wxy.");
	close(p[0]);
	close(p[1]);
}

static void on_signal(int signum, void *arg)
{
	assert_int_equal(signum, SIGUSR1);
	note(arg);
}

static void signals(void **state)
{
	struct hal_signal *s = hal_signal_add(loop, SIGUSR1, on_signal, ".");

	(void)state;
	assert_non_null(s);
	raise(SIGUSR1);
	assert_int_equal(hal_loop_run(loop), 7);
	hal_signal_del(s);
}

static void random_octets_differ(void **state)
{
	uint8_t a[64] = { 0 }, b[64] = { 0 }, zero[64] = { 0 };

	(void)state;
	hal_random(NULL, a, sizeof(a));
	hal_random(NULL, b, sizeof(b));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_memory_not_equal(a, zero, sizeof(a));
	hal_random(NULL, a, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_in_order_and_never_early, setup, teardown),
		cmocka_unit_test_setup_teardown(setting_moves_and_one_shot, setup, teardown),
		cmocka_unit_test_setup_teardown(timer_may_free_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(descriptors, setup, teardown),
		cmocka_unit_test_setup_teardown(signals, setup, teardown),
		cmocka_unit_test(random_octets_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
