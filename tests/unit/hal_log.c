// SPDX-License-Identifier: GPL-2.0-or-later
/* hal/log.h: levels, errno text, control characters, lines held back. */
#include "unit/hal_test.h"

#include "hal/log.h"

static char line[2048];
static int lines;
static enum hal_log_level last;

static void hook(enum hal_log_level level, const char *text, void *arg)
{
	assert_ptr_equal(arg, &lines);
	snprintf(line, sizeof(line), "%s", text);
	last = level;
	lines++;
}

static int setup(void **state)
{
	(void)state;
	lines = 0;
	hal_log_open("test", true, HAL_LOG_INFO);
	hal_log_hook(hook, &lines);
	return 0;
}

static int evaluated(void)
{
	return lines += 100;
}

static void levels(void **state)
{
	(void)state;
	log_err("a %d", 1);
	assert_string_equal(line, "a 1");
	assert_int_equal(last, HAL_LOG_ERR);
	log_info("b");
	assert_int_equal(lines, 2);
	log_debug("c %d", evaluated());
	assert_int_equal(lines, 2);
	hal_log_set_level(HAL_LOG_DEBUG);
	log_debug("c");
	assert_string_equal(line, "c");
	assert_string_equal(hal_log_level_name(HAL_LOG_WARN), "warning");
	assert_string_equal(hal_log_level_name((enum hal_log_level)99), "?");
}

static void errno_text_and_errno_kept(void **state)
{
	(void)state;
	errno = EBUSY;
	log_err_errno(-ENOENT, "cannot open %s", "x");
	assert_string_equal(line, "cannot open x: No such file or directory");
	log_warn_errno(ENOENT, "again");
	assert_string_equal(line, "again: No such file or directory");
	assert_int_equal(errno, EBUSY);
}

static void one_line_stays_one_line(void **state)
{
	static char big[5000];

	(void)state;
	log_err("peer said \"%s\"", "x\nforged: line\033[2J\x7f");
	assert_string_equal(line, "peer said \"x forged: line [2J \"");
	memset(big, 'x', sizeof(big) - 1);
	log_err("%s", big);
	assert_int_equal(strlen(line), 1023);
}

static void flood_is_held_back_and_counted(void **state)
{
	struct hal_log_limit lim = HAL_LOG_LIMIT(1000, 2);
	uint32_t held;

	(void)state;
	assert_true(hal_log_allow(&lim, 0, &held));
	assert_true(hal_log_allow(&lim, 10, &held));
	assert_false(hal_log_allow(&lim, 20, &held));
	assert_false(hal_log_allow(&lim, 999, &held));
	assert_true(hal_log_allow(&lim, 1000, &held));
	assert_int_equal(held, 2);
	assert_true(hal_log_allow(&lim, 1001, &held));
	assert_int_equal(held, 0);

	lim = (struct hal_log_limit)HAL_LOG_LIMIT(1, 1);
	log_limited(&lim, HAL_LOG_WARN, "x");
	log_limited(&lim, HAL_LOG_DEBUG, "not counted: below the level");
	lim.held = 4;
	lim.since -= 10;
	log_limited(&lim, HAL_LOG_WARN, "x");
	assert_string_equal(line, "x (4 more like it were held back)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(levels, setup),
		cmocka_unit_test_setup(errno_text_and_errno_kept, setup),
		cmocka_unit_test_setup(one_line_stays_one_line, setup),
		cmocka_unit_test_setup(flood_is_held_back_and_counted, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
