// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/loop.h"

#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

#include "hal/clock.h"

struct hal_loop {
	struct event_base *base;
	int code;
};

struct hal_fd {
	struct event_base *base;
	struct event *ev;
	int fd;
	hal_fd_fn cb;
	void *arg;
};

struct hal_timer {
	struct event *ev;
	hal_timer_fn cb;
	void *arg;
};

struct hal_signal {
	struct event *ev;
	hal_signal_fn cb;
	void *arg;
};

struct hal_loop *hal_loop_new(void)
{
	struct event_config *cfg = event_config_new();
	struct hal_loop *loop = calloc(1, sizeof(*loop));

	if (!cfg || !loop)
		goto fail;
	/* The coarse clock and cached time that libevent prefers would let timers fire before hal_now_ms() is there. */
	event_config_set_flag(cfg, EVENT_BASE_FLAG_PRECISE_TIMER);
	event_config_set_flag(cfg, EVENT_BASE_FLAG_NO_CACHE_TIME);
	loop->base = event_base_new_with_config(cfg);
	if (!loop->base)
		goto fail;
	event_config_free(cfg);
	return loop;
fail:
	if (cfg)
		event_config_free(cfg);
	free(loop);
	errno = ENOMEM;
	return NULL;
}

void hal_loop_free(struct hal_loop *loop)
{
	if (!loop)
		return;
	event_base_free(loop->base);
	free(loop);
}

int hal_loop_run(struct hal_loop *loop)
{
	loop->code = 0;
	if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
		return -EIO;
	return loop->code;
}

void hal_loop_stop(struct hal_loop *loop, int code)
{
	loop->code = code;
	event_base_loopbreak(loop->base);
}

/* --- descriptors --- */

static void fd_event(evutil_socket_t fd, short what, void *arg)
{
	struct hal_fd *f = arg;
	unsigned int events = 0;

	if (what & EV_READ)
		events |= HAL_READ;
	if (what & EV_WRITE)
		events |= HAL_WRITE;
	f->cb(fd, events, f->arg);
}

static short fd_flags(unsigned int events)
{
	short what = EV_PERSIST;

	if (events & HAL_READ)
		what |= EV_READ;
	if (events & HAL_WRITE)
		what |= EV_WRITE;
	return what;
}

int hal_fd_want(struct hal_fd *f, unsigned int events)
{
	if (event_del(f->ev) ||
	    event_assign(f->ev, f->base, f->fd, fd_flags(events), fd_event, f))
		return -EIO;
	if (events && event_add(f->ev, NULL))
		return -EIO;
	return 0;
}

struct hal_fd *hal_fd_add(struct hal_loop *loop, int fd, unsigned int events, hal_fd_fn cb, void *arg)
{
	struct hal_fd *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->base = loop->base;
	f->fd = fd;
	f->cb = cb;
	f->arg = arg;
	f->ev = event_new(loop->base, fd, fd_flags(events), fd_event, f);
	if (!f->ev || (events && event_add(f->ev, NULL))) {
		int err = f->ev ? EIO : ENOMEM;

		hal_fd_del(f);
		errno = err;
		return NULL;
	}
	return f;
}

void hal_fd_del(struct hal_fd *f)
{
	if (!f)
		return;
	if (f->ev)
		event_free(f->ev);
	free(f);
}

/* --- timers --- */

static void timer_event(evutil_socket_t fd, short what, void *arg)
{
	struct hal_timer *t = arg;

	(void)fd;
	(void)what;
	t->cb(t->arg);
}

struct hal_timer *hal_timer_new(struct hal_loop *loop, hal_timer_fn cb, void *arg)
{
	struct hal_timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->cb = cb;
	t->arg = arg;
	t->ev = event_new(loop->base, -1, 0, timer_event, t);
	if (!t->ev) {
		free(t);
		errno = ENOMEM;
		return NULL;
	}
	return t;
}

void hal_timer_set(struct hal_timer *t, uint64_t ms)
{
	const uint64_t max = 365ULL * 86400 * 1000;	/* libevent adds this to the time of day */
	struct timeval tv;

	if (ms > max)
		ms = max;
	tv.tv_sec = (time_t)(ms / 1000);
	tv.tv_usec = (suseconds_t)(ms % 1000 * 1000);
	event_add(t->ev, &tv);
}

void hal_timer_at(struct hal_timer *t, uint64_t due)
{
	uint64_t now = hal_now_ms();

	if (due == UINT64_MAX)
		hal_timer_stop(t);
	else
		hal_timer_set(t, due > now ? due - now : 0);
}

void hal_timer_stop(struct hal_timer *t)
{
	event_del(t->ev);
}

void hal_timer_free(struct hal_timer *t)
{
	if (!t)
		return;
	event_free(t->ev);
	free(t);
}

/* --- signals --- */

static void signal_event(evutil_socket_t signum, short what, void *arg)
{
	struct hal_signal *s = arg;

	(void)what;
	s->cb((int)signum, s->arg);
}

struct hal_signal *hal_signal_add(struct hal_loop *loop, int signum, hal_signal_fn cb, void *arg)
{
	struct hal_signal *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->cb = cb;
	s->arg = arg;
	s->ev = evsignal_new(loop->base, signum, signal_event, s);
	if (!s->ev || event_add(s->ev, NULL)) {
		hal_signal_del(s);
		errno = ENOMEM;
		return NULL;
	}
	return s;
}

void hal_signal_del(struct hal_signal *s)
{
	if (!s)
		return;
	if (s->ev)
		event_free(s->ev);
	free(s);
}
