// SPDX-License-Identifier: GPL-2.0-or-later
/* A loop without time or descriptors of its own. */
#include <errno.h>
#include <stdlib.h>

#include "hal/clock.h"
#include "hal/fake/fake.h"
#include "hal/loop.h"

struct hal_fd {
	struct hal_loop *loop;
	struct hal_fd *next;
	int fd;
	unsigned int events;
	hal_fd_fn cb;
	void *arg;
};

struct hal_timer {
	struct hal_loop *loop;
	struct hal_timer *next;
	uint64_t due, order;		/* UINT64_MAX: stopped */
	hal_timer_fn cb;
	void *arg;
};

struct hal_signal {
	struct hal_loop *loop;
	struct hal_signal *next;
	int signum;
	hal_signal_fn cb;
	void *arg;
};

struct hal_loop {
	struct hal_fd *fds;
	struct hal_timer *timers;
	struct hal_signal *signals;
	uint64_t order;
	bool stopped;
	int code;
};

struct hal_loop *hal_loop_new(void)
{
	return calloc(1, sizeof(struct hal_loop));
}

void hal_loop_free(struct hal_loop *loop)
{
	free(loop);
}

void hal_loop_stop(struct hal_loop *loop, int code)
{
	loop->stopped = true;
	loop->code = code;
}

int fake_stopped(const struct hal_loop *loop, int *code)
{
	if (code)
		*code = loop->code;
	return loop->stopped;
}

/* --- timers --- */

struct hal_timer *hal_timer_new(struct hal_loop *loop, hal_timer_fn cb, void *arg)
{
	struct hal_timer *t = calloc(1, sizeof(*t));

	t->loop = loop;
	t->cb = cb;
	t->arg = arg;
	t->due = UINT64_MAX;
	t->next = loop->timers;
	loop->timers = t;
	return t;
}

void hal_timer_set(struct hal_timer *t, uint64_t ms)
{
	t->due = hal_now_ms() + ms;
	t->order = ++t->loop->order;
}

void hal_timer_at(struct hal_timer *t, uint64_t due)
{
	t->due = due != UINT64_MAX && due < hal_now_ms() ? hal_now_ms() : due;
	t->order = ++t->loop->order;
}

void hal_timer_stop(struct hal_timer *t)
{
	t->due = UINT64_MAX;
}

void hal_timer_free(struct hal_timer *t)
{
	struct hal_timer **p;

	if (!t)
		return;
	for (p = &t->loop->timers; *p != t; p = &(*p)->next)
		;
	*p = t->next;
	free(t);
}

static struct hal_timer *fake_first(const struct hal_loop *loop)
{
	struct hal_timer *t, *best = NULL;

	for (t = loop->timers; t; t = t->next)
		if (t->due != UINT64_MAX &&
		    (!best || t->due < best->due || (t->due == best->due && t->order < best->order)))
			best = t;
	return best;
}

uint64_t fake_next_due(const struct hal_loop *loop)
{
	struct hal_timer *t = fake_first(loop);

	return t ? t->due : UINT64_MAX;
}

void fake_advance(struct hal_loop *loop, uint64_t ms)
{
	uint64_t end = hal_now_ms() + ms;
	struct hal_timer *t;

	while ((t = fake_first(loop)) && t->due <= end && !loop->stopped) {
		if (t->due > hal_now_ms())
			fake_clock_set(t->due);
		t->due = UINT64_MAX;
		t->cb(t->arg);
	}
	fake_clock_set(end);
}

/* Runs on, from timer to timer, until it is stopped or nothing is left to do. */
int hal_loop_run(struct hal_loop *loop)
{
	uint64_t due;

	loop->stopped = false;
	while (!loop->stopped && (due = fake_next_due(loop)) != UINT64_MAX)
		fake_advance(loop, due > hal_now_ms() ? due - hal_now_ms() : 0);
	return loop->code;
}

/* --- descriptors --- */

struct hal_fd *hal_fd_add(struct hal_loop *loop, int fd, unsigned int events, hal_fd_fn cb, void *arg)
{
	struct hal_fd *f = calloc(1, sizeof(*f));

	f->loop = loop;
	f->fd = fd;
	f->events = events;
	f->cb = cb;
	f->arg = arg;
	f->next = loop->fds;
	loop->fds = f;
	return f;
}

int hal_fd_want(struct hal_fd *f, unsigned int events)
{
	f->events = events;
	return 0;
}

void hal_fd_del(struct hal_fd *f)
{
	struct hal_fd **p;

	if (!f)
		return;
	for (p = &f->loop->fds; *p != f; p = &(*p)->next)
		;
	*p = f->next;
	free(f);
}

void fake_fd_ready(struct hal_loop *loop, int fd, unsigned int events)
{
	struct hal_fd *f;

	for (f = loop->fds; f; f = f->next) {
		if (f->fd == fd && (f->events & events)) {
			f->cb(fd, f->events & events, f->arg);
			return;
		}
	}
}

/* --- signals --- */

struct hal_signal *hal_signal_add(struct hal_loop *loop, int signum, hal_signal_fn cb, void *arg)
{
	struct hal_signal *s = calloc(1, sizeof(*s));

	s->loop = loop;
	s->signum = signum;
	s->cb = cb;
	s->arg = arg;
	s->next = loop->signals;
	loop->signals = s;
	return s;
}

void hal_signal_del(struct hal_signal *s)
{
	struct hal_signal **p;

	if (!s)
		return;
	for (p = &s->loop->signals; *p != s; p = &(*p)->next)
		;
	*p = s->next;
	free(s);
}

void fake_signal(struct hal_loop *loop, int signum)
{
	struct hal_signal *s;

	for (s = loop->signals; s; s = s->next) {
		if (s->signum == signum) {
			s->cb(signum, s->arg);
			return;
		}
	}
}
