/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: descriptors, one-shot timers and signals, on libevent.
 *
 * One thread.  Callbacks run from hal_loop_run() only, never from within the call that registers them.  Any object
 * may be freed in any callback, its own included.  Constructors return NULL with errno set if memory is short or
 * the descriptor cannot be watched.  Free what was registered before the loop.
 */
#ifndef HAL_LOOP_H
#define HAL_LOOP_H

#include <stdint.h>

struct hal_loop;
struct hal_fd;
struct hal_timer;
struct hal_signal;

enum {
	HAL_READ	= 1 << 0,
	HAL_WRITE	= 1 << 1,
};

typedef void (*hal_fd_fn)(int fd, unsigned int events, void *arg);	/* @events: HAL_READ, HAL_WRITE */
typedef void (*hal_timer_fn)(void *arg);
typedef void (*hal_signal_fn)(int signum, void *arg);

struct hal_loop *hal_loop_new(void);
void hal_loop_free(struct hal_loop *loop);

/* Runs until hal_loop_stop(), whose @code it returns; -EIO if the loop itself failed. */
int hal_loop_run(struct hal_loop *loop);
void hal_loop_stop(struct hal_loop *loop, int code);

/* Watch @fd (not owned) for @events, level-triggered, until hal_fd_del(). */
struct hal_fd *hal_fd_add(struct hal_loop *loop, int fd, unsigned int events, hal_fd_fn cb, void *arg);
int hal_fd_want(struct hal_fd *f, unsigned int events);		/* other events; 0 or -EIO */
void hal_fd_del(struct hal_fd *f);				/* NULL is allowed; does not close the descriptor */

/*
 * One-shot timers, of milliseconds, on the clock of hal_now_ms(); never early.  Setting an armed timer moves it.
 * hal_timer_at() takes an absolute time (past: as soon as possible, UINT64_MAX: stop), as next_due() functions
 * give it.
 */
struct hal_timer *hal_timer_new(struct hal_loop *loop, hal_timer_fn cb, void *arg);
void hal_timer_set(struct hal_timer *t, uint64_t ms);
void hal_timer_at(struct hal_timer *t, uint64_t due);
void hal_timer_stop(struct hal_timer *t);
void hal_timer_free(struct hal_timer *t);			/* NULL is allowed */

struct hal_signal *hal_signal_add(struct hal_loop *loop, int signum, hal_signal_fn cb, void *arg);
void hal_signal_del(struct hal_signal *s);			/* NULL is allowed */

#endif /* HAL_LOOP_H */
