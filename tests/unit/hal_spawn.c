// SPDX-License-Identifier: GPL-2.0-or-later
/* hal/spawn.h: output, input, exit status, limits of time and size, a clean child. */
#include "unit/hal_test.h"

#include <signal.h>

static struct hal_spawn_result res;

static int run(const char *input, uint32_t timeout, const char *const argv[])
{
	return hal_spawn_wait(argv, input, timeout, &res);
}

#define RUN(input, timeout, ...) run(input, timeout, (const char *const[]){ __VA_ARGS__, NULL })

static int teardown(void **state)
{
	(void)state;
	hal_spawn_result_free(&res);
	return 0;
}

static void output_and_status(void **state)
{
	(void)state;
	assert_int_equal(RUN(NULL, 5000, "sh", "-c", "echo out; echo err >&2; exit 3"), 3);
	assert_int_equal(res.error, 0);
	assert_int_equal(res.status, 3);
	assert_string_equal(res.out, "out\n");
	assert_string_equal(res.err, "err\n");
}

static void input_reaches_it(void **state)
{
	static char big[HAL_SPAWN_OUT + 2];

	(void)state;
	assert_int_equal(RUN("a\nb\n", 5000, "cat"), 0);
	assert_string_equal(res.out, "a\nb\n");
	hal_spawn_result_free(&res);

	/* More than a pipe holds, as much as we keep, more than that. */
	memset(big, 'x', HAL_SPAWN_OUT - 1);
	assert_int_equal(RUN(big, 10000, "cat"), 0);
	assert_int_equal(res.out_len, HAL_SPAWN_OUT - 1);
	assert_false(res.cut);
	hal_spawn_result_free(&res);
	big[HAL_SPAWN_OUT - 1] = 'x';
	assert_int_equal(RUN(big, 10000, "cat"), 0);
	assert_int_equal(res.out_len, HAL_SPAWN_OUT - 1);
	assert_true(res.cut);
	hal_spawn_result_free(&res);

	/* One that does not want it. */
	assert_int_equal(RUN(big, 10000, "true"), 0);
}

static void not_there(void **state)
{
	(void)state;
	assert_int_equal(RUN(NULL, 1000, "no-such-program-here"), -ENOENT);
	assert_string_equal(res.out, "");
	hal_spawn_result_free(&res);
	assert_int_equal(RUN(NULL, 1000, "/etc/passwd"), -EACCES);
	hal_spawn_result_free(&res);
	/* $PATH does not matter. */
	setenv("PATH", "/nowhere", 1);
	assert_int_equal(RUN(NULL, 5000, "true"), 0);
}

static void arguments_are_not_a_shells(void **state)
{
	(void)state;
	assert_int_equal(RUN(NULL, 5000, "printf", "%s", "$HOME; `id` 'x'"), 0);
	assert_string_equal(res.out, "$HOME; `id` 'x'");
}

static void too_slow_is_killed_with_its_children(void **state)
{
	uint64_t start = hal_now_ms();

	(void)state;
	assert_int_equal(RUN(NULL, 2000, "sh", "-c", "echo begun; sleep 60 & sleep 60"), -ETIMEDOUT);
	assert_string_equal(res.out, "begun\n");
	assert_int_equal(res.status, 128 + SIGKILL);
	assert_true(hal_now_ms() - start < 20000);
}

/* A grandchild that keeps the pipe must not keep us. */
static void grandchild_does_not_hold_us(void **state)
{
	uint64_t start = hal_now_ms();

	(void)state;
	assert_int_equal(RUN(NULL, 30000, "sh", "-c", "sleep 60 & echo done"), 0);
	assert_string_equal(res.out, "done\n");
	assert_true(hal_now_ms() - start < 20000);
}

static void child_is_clean(void **state)
{
	const uint64_t libc_own = 3ull << 31;		/* signals 32 and 33: sigaction(2) refuses them */
	int fd = open("/dev/null", O_RDONLY);		/* without CLOEXEC */
	const char *ignored;

	(void)state;
	setenv("SECRET", "1", 1);
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(RUN(NULL, 5000, "sh", "-c",
			     "cd /proc/self/fd; echo *; env; grep SigIgn /proc/self/status"), 0);
	signal(SIGPIPE, SIG_DFL);
	close(fd);
	assert_null(strstr(res.out, "SECRET"));
	assert_non_null(strstr(res.out, "LC_ALL=C"));
	ignored = strstr(res.out, "SigIgn:");
	assert_non_null(ignored);
	assert_int_equal(strtoull(ignored + strlen("SigIgn:"), NULL, 16) & ~libc_own, 0);
	/* 0 1 2, and one for reading the directory. */
	res.out[strcspn(res.out, "\n")] = '\0';
	assert_true(strlen(res.out) <= strlen("0 1 2 10"));
}

static volatile int done_calls;

static void done(const struct hal_spawn_result *r, void *arg)
{
	assert_int_equal(r->error, 0);
	assert_string_equal(r->out, arg);
	done_calls++;
}

static void from_the_loop(void **state)
{
	const char *const a[] = { "echo", "a", NULL }, *const b[] = { "echo", "b", NULL }, *const c[] = { "cat", NULL };
	struct hal_loop *loop = hal_loop_new();
	struct hal_spawn *sp;

	(void)state;
	done_calls = 0;
	assert_int_equal(hal_spawn_start(NULL, loop, a, NULL, 5000, done, "a\n"), 0);
	assert_int_equal(hal_spawn_start(NULL, loop, b, NULL, 5000, done, "b\n"), 0);
	run_until(loop, done_calls, 2);
	assert_int_equal(hal_spawn_start(&sp, loop, c, "x", 5000, done, ""), 0);
	hal_spawn_cancel(sp);
	assert_int_equal(done_calls, 2);
	hal_loop_free(loop);
	memset(&res, 0, sizeof(res));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(output_and_status, teardown),
		cmocka_unit_test_teardown(input_reaches_it, teardown),
		cmocka_unit_test_teardown(not_there, teardown),
		cmocka_unit_test_teardown(arguments_are_not_a_shells, teardown),
		cmocka_unit_test_teardown(too_slow_is_killed_with_its_children, teardown),
		cmocka_unit_test_teardown(grandchild_does_not_hold_us, teardown),
		cmocka_unit_test_teardown(child_is_clean, teardown),
		cmocka_unit_test_teardown(from_the_loop, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
