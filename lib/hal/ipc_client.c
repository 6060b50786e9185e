// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/ipc_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct hal_ipc_client {
	struct hal_loop *loop;
	struct hal_timer *retry;
	struct hal_ipc_client_opts opts;
	uint32_t delay;				/* ms until the next attempt */
	const struct hal_ipc_ops *ops;
	void *arg;
	struct hal_ipc_conn *conn;
	struct sockaddr_un sun;
};

static void schedule(struct hal_ipc_client *cl)
{
	if (cl->opts.once)
		return;
	hal_timer_set(cl->retry, cl->delay);
	cl->delay = cl->delay > cl->opts.retry_max / 2 ? cl->opts.retry_max : cl->delay * 2;
}

static void client_detach(struct hal_ipc_conn *c)
{
	struct hal_ipc_client *cl = c->owner;

	cl->conn = NULL;
	/* A server that hangs up before a word (not allowed, full) is not asked again at once. */
	if (c->heard)
		cl->delay = cl->opts.retry_min;
	schedule(cl);
}

static void client_try(void *arg)
{
	struct hal_ipc_client *cl = arg;
	struct hal_ipc_conn *c;
	int fd, err;

	fd = ipc_socket();
	if (fd < 0) {
		err = fd;
		goto fail;
	}
	/* A Unix socket connects at once or not at all, also without blocking. */
	if (connect(fd, (struct sockaddr *)&cl->sun, sizeof(cl->sun))) {
		err = -errno;
		goto fail_close;
	}
	c = ipc_conn_new(cl->loop, fd, cl->ops, cl->arg, cl->opts.max_queue);
	if (!c) {
		err = -ENOMEM;
		goto fail_close;
	}
	c->owner = cl;
	c->detach = client_detach;
	cl->conn = c;
	if (c->ops->up)
		c->ops->up(c, c->arg);
	return;
fail_close:
	close(fd);
fail:
	schedule(cl);
	if (cl->ops->down)
		cl->ops->down(NULL, err, strerror(-err), cl->arg);
}

int hal_ipc_connect(struct hal_ipc_client **out, struct hal_loop *loop, const char *path,
		    const struct hal_ipc_client_opts *opts, const struct hal_ipc_ops *ops, void *arg)
{
	struct hal_ipc_client *cl = calloc(1, sizeof(*cl));
	int err = -ENOMEM;

	if (!cl)
		return err;
	cl->loop = loop;
	if (opts)
		cl->opts = *opts;
	if (!cl->opts.retry_min)
		cl->opts.retry_min = 100;
	if (!cl->opts.retry_max)
		cl->opts.retry_max = 3000;
	cl->delay = cl->opts.retry_min;
	cl->ops = ops;
	cl->arg = arg;
	err = ipc_address(&cl->sun, path);
	if (err)
		goto fail;
	cl->retry = hal_timer_new(loop, client_try, cl);
	if (!cl->retry) {
		err = -ENOMEM;
		goto fail;
	}
	hal_timer_set(cl->retry, 0);
	*out = cl;
	return 0;
fail:
	free(cl);
	return err;
}

void hal_ipc_client_free(struct hal_ipc_client *cl)
{
	if (!cl)
		return;
	if (cl->conn)
		ipc_conn_free(cl->conn);
	hal_timer_free(cl->retry);
	free(cl);
}

struct hal_ipc_conn *hal_ipc_client_conn(const struct hal_ipc_client *cl)
{
	return cl->conn && !cl->conn->dead ? cl->conn : NULL;
}
