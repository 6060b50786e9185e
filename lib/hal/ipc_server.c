// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/ipc_int.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/log.h"

#define MAX_CLIENTS_DEFAULT	32
#define ACCEPT_PAUSE		500	/* ms without accept() after it failed */

struct hal_ipc_server {
	struct hal_loop *loop;
	int fd;
	struct hal_fd *watch;
	struct hal_timer *pause;
	struct hal_ipc_server_opts opts;
	const struct hal_ipc_ops *ops;
	void *arg;
	struct hal_ipc_conn *conns;
	unsigned int n_conns;
	struct sockaddr_un sun;
	struct stat st;				/* of our socket file, so that we remove no other's */
};

static void server_detach(struct hal_ipc_conn *c)
{
	struct hal_ipc_server *srv = c->owner;

	*c->pprev = c->next;
	if (c->next)
		c->next->pprev = c->pprev;
	srv->n_conns--;
}

static bool allowed(const struct hal_ipc_server *srv, const struct hal_ipc_cred *cred)
{
	return srv->opts.allow ? srv->opts.allow(cred, srv->arg) : hal_ipc_allowed(cred, (gid_t)-1);
}

static void server_accept(int lfd, unsigned int events, void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(10000, 3);
	struct hal_ipc_server *srv = arg;
	struct hal_ipc_conn *c;
	int fd;

	(void)events;
	fd = accept4(lfd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED)
			return;
		/* Out of descriptors or memory: the pending connection would wake us for ever. */
		log_limited(&limit, HAL_LOG_WARN, "%s: cannot accept a connection (errno %d), trying again",
			    srv->sun.sun_path, errno);
		hal_fd_want(srv->watch, 0);
		hal_timer_set(srv->pause, ACCEPT_PAUSE);
		return;
	}
	if (srv->n_conns >= srv->opts.max_clients) {
		log_limited(&limit, HAL_LOG_WARN, "%s: %u connections are the limit, one more refused",
			    srv->sun.sun_path, srv->opts.max_clients);
		close(fd);
		return;
	}
	c = ipc_conn_new(srv->loop, fd, srv->ops, srv->arg, srv->opts.max_queue);
	if (!c) {
		close(fd);
		return;
	}
	if (!allowed(srv, &c->cred)) {
		log_limited(&limit, HAL_LOG_WARN, "%s: uid %u (pid %d) is not allowed to connect, refused",
			    srv->sun.sun_path, (unsigned int)c->cred.uid, (int)c->cred.pid);
		ipc_conn_free(c);
		return;
	}
	c->owner = srv;
	c->detach = server_detach;
	c->next = srv->conns;
	if (c->next)
		c->next->pprev = &c->next;
	c->pprev = &srv->conns;
	srv->conns = c;
	srv->n_conns++;
	if (c->ops->up)
		c->ops->up(c, c->arg);
}

static void server_resume(void *arg)
{
	struct hal_ipc_server *srv = arg;

	hal_fd_want(srv->watch, HAL_READ);
}

/* Make room at the address: 0, or why not. */
static int clear_path(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(sun->sun_path, &st))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = ipc_socket();
	if (fd < 0)
		return fd;
	/* Only ECONNREFUSED means that nobody listens; a full backlog (EAGAIN) or another type of socket is alive. */
	if (!connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) || errno != ECONNREFUSED)
		err = -EADDRINUSE;
	close(fd);
	if (!err && unlink(sun->sun_path) && errno != ENOENT)
		err = -errno;
	return err;
}

static int bind_socket(struct hal_ipc_server *srv)
{
	const char *path = srv->sun.sun_path;
	mode_t mask;
	int ret;

	mask = umask(0177);
	ret = bind(srv->fd, (struct sockaddr *)&srv->sun, sizeof(srv->sun));
	umask(mask);
	if (ret)
		return -errno;
	if (lstat(path, &srv->st))
		return -errno;
	if (srv->opts.group != (gid_t)-1 && lchown(path, (uid_t)-1, srv->opts.group))
		return -errno;
	if (chmod(path, srv->opts.mode ? srv->opts.mode : 0660))
		return -errno;
	/* Nobody can connect before this. */
	return listen(srv->fd, 16) ? -errno : 0;
}

int hal_ipc_listen(struct hal_ipc_server **out, struct hal_loop *loop, const char *path,
		   const struct hal_ipc_server_opts *opts, const struct hal_ipc_ops *ops, void *arg)
{
	struct hal_ipc_server *srv = calloc(1, sizeof(*srv));
	int err;

	if (!srv)
		return -ENOMEM;
	srv->loop = loop;
	srv->fd = -1;
	srv->opts.group = (gid_t)-1;
	if (opts)
		srv->opts = *opts;
	if (!srv->opts.max_clients)
		srv->opts.max_clients = MAX_CLIENTS_DEFAULT;
	srv->ops = ops;
	srv->arg = arg;
	err = ipc_address(&srv->sun, path);
	if (!err)
		err = clear_path(&srv->sun);
	if (err)
		goto fail;
	srv->fd = ipc_socket();
	if (srv->fd < 0) {
		err = srv->fd;
		goto fail;
	}
	err = bind_socket(srv);
	if (err)
		goto fail;
	srv->pause = hal_timer_new(loop, server_resume, srv);
	srv->watch = hal_fd_add(loop, srv->fd, HAL_READ, server_accept, srv);
	if (!srv->pause || !srv->watch) {
		err = -ENOMEM;
		goto fail;
	}
	*out = srv;
	return 0;
fail:
	hal_ipc_server_free(srv);
	return err;
}

void hal_ipc_server_free(struct hal_ipc_server *srv)
{
	struct stat st;

	if (!srv)
		return;
	while (srv->conns) {
		struct hal_ipc_conn *c = srv->conns;

		server_detach(c);
		ipc_conn_free(c);
	}
	hal_fd_del(srv->watch);
	hal_timer_free(srv->pause);
	if (srv->fd >= 0)
		close(srv->fd);
	if (srv->st.st_ino && !lstat(srv->sun.sun_path, &st) && st.st_ino == srv->st.st_ino &&
	    st.st_dev == srv->st.st_dev)
		unlink(srv->sun.sun_path);
	free(srv);
}

struct hal_ipc_conn *hal_ipc_server_next(const struct hal_ipc_server *srv, const struct hal_ipc_conn *prev)
{
	struct hal_ipc_conn *c = prev ? prev->next : srv->conns;

	while (c && c->dead)
		c = c->next;
	return c;
}
