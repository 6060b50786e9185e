// SPDX-License-Identifier: GPL-2.0-or-later
#include "keygen.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct keygen {
	pthread_t thread;
	int fd;				/* readable when the thread is through */
	struct hal_fd *watch;
	unsigned int bits;
	struct cga_key *key;
	const char *err;
	keygen_fn done;
	void *arg;
};

static void *run(void *arg)
{
	struct keygen *kg = arg;
	uint64_t one = 1;

	kg->key = cga_key_new(kg->bits, &kg->err);
	/* Cannot fail: the counter is far from its end. */
	if (write(kg->fd, &one, sizeof(one)) < 0)
		abort();
	return NULL;
}

static void join(struct keygen *kg)
{
	pthread_join(kg->thread, NULL);
	hal_fd_del(kg->watch);
	close(kg->fd);
}

static void on_done(int fd, unsigned int events, void *arg)
{
	struct keygen *kg = arg;

	(void)fd;
	(void)events;
	join(kg);
	kg->done(kg->key, kg->err, kg->arg);
	free(kg);
}

int keygen_start(struct keygen **out, struct hal_loop *loop, unsigned int bits, keygen_fn done, void *arg)
{
	struct keygen *kg = calloc(1, sizeof(*kg));
	sigset_t all, old;
	int rc = -ENOMEM;

	if (!kg)
		return -ENOMEM;
	*kg = (struct keygen){ .bits = bits, .done = done, .arg = arg };
	kg->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (kg->fd >= 0)
		kg->watch = hal_fd_add(loop, kg->fd, HAL_READ, on_done, kg);
	if (kg->watch) {
		/* Signals are the loop's. */
		sigfillset(&all);
		pthread_sigmask(SIG_SETMASK, &all, &old);
		rc = -pthread_create(&kg->thread, NULL, run, kg);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	if (!rc) {
		*out = kg;
		return 0;
	}
	hal_fd_del(kg->watch);
	if (kg->fd >= 0)
		close(kg->fd);
	free(kg);
	return rc;
}

void keygen_cancel(struct keygen *kg)
{
	if (!kg)
		return;
	join(kg);
	cga_key_free(kg->key);
	free(kg);
}
