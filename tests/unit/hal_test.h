/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests of lib/hal share. */
#ifndef HAL_TEST_H
#define HAL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/loop.h"
#include "hal/spawn.h"

/* Run the loop until *@flag is @want, at most 5 s; fails the test otherwise. */
struct hal_test_wait {
	struct hal_loop *loop;
	struct hal_timer *tick;
	const volatile int *flag;
	int want;
	uint64_t deadline;
};

static inline void hal_test_tick(void *arg)
{
	struct hal_test_wait *w = arg;

	if (*w->flag == w->want)
		hal_loop_stop(w->loop, 0);
	else if (hal_now_ms() > w->deadline)
		hal_loop_stop(w->loop, 1);
	else
		hal_timer_set(w->tick, 2);
}

static inline int hal_test_run(struct hal_loop *loop, const volatile int *flag, int want)
{
	struct hal_test_wait w = { loop, NULL, flag, want, hal_now_ms() + 5000 };
	int ret;

	w.tick = hal_timer_new(loop, hal_test_tick, &w);
	hal_timer_set(w.tick, 0);
	ret = hal_loop_run(loop);
	hal_timer_free(w.tick);
	return ret;
}

#define run_until(loop, flag, want) assert_int_equal(hal_test_run(loop, &(flag), want), 0)

static inline void hal_test_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd >= 0) {
		if (write(fd, text, strlen(text)) < 0)
			perror(path);
		close(fd);
	}
}

/* Move this process to a network namespace of its own, as root there.  False: this kernel does not let us. */
static inline int hal_test_netns(void)
{
	char map[64];
	unsigned int uid = geteuid(), gid = getegid();

	if (!unshare(CLONE_NEWNET))
		return 1;
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 0;
	hal_test_write("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	hal_test_write("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	hal_test_write("/proc/self/gid_map", map);
	return 1;
}

/* ip(8) with words of @args, split at spaces. */
static inline int hal_test_ip(const char *args)
{
	const char *argv[32] = { "ip" };
	char words[256], *save = NULL, *w;
	struct hal_spawn_result res;
	unsigned int n = 1;
	int ret;

	snprintf(words, sizeof(words), "%s", args);
	for (w = strtok_r(words, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	ret = hal_spawn_wait(argv, NULL, 10000, &res);
	if (ret)
		fprintf(stderr, "ip %s: %s\n", args, res.err);
	hal_spawn_result_free(&res);
	return ret;
}

static inline struct in6_addr hal_test_addr(const char *text)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, text, &a) != 1)
		fail_msg("not an address: %s", text);
	return a;
}

#endif /* HAL_TEST_H */
