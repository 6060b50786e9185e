/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running another program, never through a shell.
 *
 * @argv[0] with a slash is taken as it is; otherwise it is looked for in HAL_SPAWN_PATH, never in $PATH.  The
 * child gets a small fixed environment (PATH, LC_ALL=C), no descriptor of ours but 0, 1, 2, default signals, and
 * is killed when its time is over or its owner gives up.
 */
#ifndef HAL_SPAWN_H
#define HAL_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hal/loop.h"

#define HAL_SPAWN_PATH	"/usr/sbin:/usr/bin:/sbin:/bin"
#define HAL_SPAWN_OUT	(8 << 20)	/* octets kept of stdout, and of stderr; the rest is read and dropped */

struct hal_spawn_result {
	int error;			/* 0: it ran; -ENOENT: not found; -ETIMEDOUT: killed; other negative errno */
	int status;			/* exit status; 128 + n if signal n ended it */
	char *out, *err;		/* NUL-terminated text, never NULL */
	size_t out_len, err_len;
	bool cut;			/* of stdout something was dropped */
};

/* Frees the text; the struct is the caller's. */
void hal_spawn_result_free(struct hal_spawn_result *res);

/*
 * Run and wait.  @input (may be NULL) is written to its standard input.  @timeout in ms.  Returns 0 if it ran and
 * ended with status 0, the positive status otherwise, or res->error.  @res is always filled and has to be freed.
 */
int hal_spawn_wait(const char *const argv[], const char *input, uint32_t timeout, struct hal_spawn_result *res);

struct hal_spawn;
typedef void (*hal_spawn_fn)(const struct hal_spawn_result *res, void *arg);

/* The same from the loop.  @done is called once; @res is valid during it.  0, or negative errno (no @done then). */
int hal_spawn_start(struct hal_spawn **sp, struct hal_loop *loop, const char *const argv[], const char *input,
		    uint32_t timeout, hal_spawn_fn done, void *arg);
/* Kill and forget; only before @done was called. */
void hal_spawn_cancel(struct hal_spawn *sp);

#endif /* HAL_SPAWN_H */
