// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "prove/prove.h"
#include "prover.h"

struct list {
	struct prover_job *first, **end;
};

struct prover {
	prover_done_fn done;
	void *arg;
	struct cga *cga;		/* the thread's */
	pthread_t thread;
	bool running;
	struct hal_fd *watch;
	int wake;			/* eventfd: results are there */

	pthread_mutex_t lock;		/* of what follows */
	pthread_cond_t work;
	bool end;
	unsigned int n;			/* in todo, at hand, in ready */
	struct list todo, ready;
};

static void put(struct list *l, struct prover_job *job)
{
	job->next = NULL;
	*l->end = job;
	l->end = &job->next;
}

static struct prover_job *take(struct list *l)
{
	struct prover_job *job = l->first;

	if (!job)
		return NULL;
	l->first = job->next;
	if (!l->first)
		l->end = &l->first;
	return job;
}

static void prove(struct cga *cga, struct prover_job *job)
{
	struct s6_bytes known = { job->known_len ? job->known : NULL, job->known_len };

	job->fail = prove_message(cga, &job->src, &job->dst, job->data, job->len, &job->ulid, known, job->min_bits,
				  &job->proof);
}

static void *work(void *arg)
{
	struct prover *p = arg;
	struct prover_job *job;
	uint64_t one = 1;

	pthread_mutex_lock(&p->lock);
	while (!p->end) {
		job = take(&p->todo);
		if (!job) {
			pthread_cond_wait(&p->work, &p->lock);
			continue;
		}
		pthread_mutex_unlock(&p->lock);
		prove(p->cga, job);
		pthread_mutex_lock(&p->lock);
		put(&p->ready, job);
		if (write(p->wake, &one, sizeof(one)) < 0)
			continue;	/* its counter is full, so the loop knows */
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void on_ready(int fd, unsigned int events, void *arg)
{
	struct prover *p = arg;
	struct prover_job *job, *next;
	uint64_t count;

	(void)events;
	if (read(fd, &count, sizeof(count)) < 0)
		return;
	pthread_mutex_lock(&p->lock);
	job = p->ready.first;
	p->ready = (struct list){ NULL, &p->ready.first };
	for (next = job; next; next = next->next)
		p->n--;
	pthread_mutex_unlock(&p->lock);
	for (; job; job = next) {
		next = job->next;
		p->done(p->arg, job);
		free(job);
	}
}

static unsigned int neighbours(const struct list *l, const struct in6_addr *a)
{
	const struct prover_job *job;
	unsigned int n = 0;

	for (job = l->first; job; job = job->next)
		n += s6_same_subnet(&job->src, a);
	return n;
}

enum prover_verdict prover_submit(struct prover *p, const struct prover_job *job)
{
	enum prover_verdict v = PROVER_TAKEN;
	struct prover_job *copy = NULL;

	pthread_mutex_lock(&p->lock);
	if (p->n >= PROVER_MAX)
		v = PROVER_FULL;
	else if (neighbours(&p->todo, &job->src) >= PROVER_SHARE)
		v = PROVER_SHARED;
	else if (!(copy = malloc(sizeof(*copy))))
		v = PROVER_NO_MEMORY;
	if (copy) {
		memcpy(copy, job, sizeof(*copy));
		put(&p->todo, copy);
		p->n++;
		pthread_cond_signal(&p->work);
	}
	pthread_mutex_unlock(&p->lock);
	return v;
}

/* Signals are the loop's. */
static int start(struct prover *p)
{
	sigset_t all, before;
	int err;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&p->thread, NULL, work, p);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	p->running = !err;
	return err;
}

struct prover *prover_new(struct hal_loop *loop, prover_done_fn done, void *arg)
{
	struct prover *p = calloc(1, sizeof(*p));
	int err = ENOMEM;

	if (!p)
		return NULL;
	p->done = done;
	p->arg = arg;
	p->todo.end = &p->todo.first;
	p->ready.end = &p->ready.first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (p->wake < 0)
		err = errno;
	else
		p->watch = hal_fd_add(loop, p->wake, HAL_READ, on_ready, p);
	p->cga = cga_new();
	if (p->watch && p->cga)
		err = start(p);
	if (!err)
		return p;
	prover_free(p);
	errno = err;
	return NULL;
}

void prover_free(struct prover *p)
{
	struct prover_job *job;

	if (!p)
		return;
	if (p->running) {
		pthread_mutex_lock(&p->lock);
		p->end = true;
		pthread_cond_signal(&p->work);
		pthread_mutex_unlock(&p->lock);
		pthread_join(p->thread, NULL);
	}
	while ((job = take(&p->todo)) || (job = take(&p->ready)))
		free(job);
	hal_fd_del(p->watch);
	if (p->wake >= 0)
		close(p->wake);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->lock);
	cga_free(p->cga);
	free(p);
}
