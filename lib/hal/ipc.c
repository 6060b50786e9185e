// SPDX-License-Identifier: GPL-2.0-or-later
/* One connection, whichever side opened it. */
#include "hal/ipc_int.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct ipc_out {
	struct ipc_out *next;
	size_t len;
	uint8_t octets[];
};

static void conn_end(void *arg)
{
	struct hal_ipc_conn *c = arg;

	c->detach(c);
	if (c->ops->down)
		c->ops->down(c, c->err, c->why, c->arg);
	ipc_conn_free(c);
}

static void conn_fail(struct hal_ipc_conn *c, int err, const char *why)
{
	if (c->dead)
		return;
	c->dead = true;
	c->err = err;
	c->why = why;
	hal_fd_want(c->watch, 0);
	hal_timer_set(c->end, 0);
}

/* One frame a turn of the loop: after the callback the connection may be gone. */
static void conn_read(struct hal_ipc_conn *c)
{
	static _Alignas(16) uint8_t buf[HAL_IPC_MAX];
	struct hal_ipc_frame *f = (struct hal_ipc_frame *)buf;
	ssize_t n;

	n = recv(c->fd, buf, sizeof(buf), MSG_DONTWAIT | MSG_TRUNC);
	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			conn_fail(c, -errno, strerror(errno));
		return;
	}
	if (!n) {
		conn_fail(c, 0, "closed by the peer");
		return;
	}
	if ((size_t)n < sizeof(*f) || f->magic != HAL_IPC_MAGIC) {
		conn_fail(c, -EPROTO, "not a frame of this protocol");
		return;
	}
	if ((size_t)n > sizeof(buf) || f->len != (size_t)n - sizeof(*f)) {
		conn_fail(c, -EMSGSIZE, "a frame of wrong length");
		return;
	}
	c->heard = true;
	c->ops->message(c, f, buf + sizeof(*f), c->arg);
}

/* True if the queue is empty now. */
static bool conn_write(struct hal_ipc_conn *c)
{
	while (c->head) {
		struct ipc_out *o = c->head;

		if (send(c->fd, o->octets, o->len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN && errno != EINTR)
				conn_fail(c, -errno, strerror(errno));
			return false;
		}
		c->queued -= o->len;
		c->head = o->next;
		if (!c->head)
			c->tail = &c->head;
		free(o);
	}
	hal_fd_want(c->watch, HAL_READ);
	if (c->finishing)
		conn_fail(c, 0, "finished");
	return !c->finishing;
}

static void conn_event(int fd, unsigned int events, void *arg)
{
	struct hal_ipc_conn *c = arg;

	(void)fd;
	/* Only one callback a turn: it may free the connection.  What else is ready is told again. */
	if ((events & HAL_WRITE) && conn_write(c) && c->ops->drained)
		c->ops->drained(c, c->arg);
	else if (!c->dead && (events & HAL_READ))
		conn_read(c);
}

static void read_cred(struct hal_ipc_conn *c)
{
	struct ucred u = { .pid = 0, .uid = (uid_t)-1, .gid = (gid_t)-1 };
	socklen_t len = sizeof(u);

	getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &u, &len);
	c->cred.pid = u.pid;
	c->cred.uid = u.uid;
	c->cred.gid = u.gid;
	len = sizeof(c->cred.groups);
	if (!getsockopt(c->fd, SOL_SOCKET, SO_PEERGROUPS, c->cred.groups, &len))
		c->cred.n_groups = len / sizeof(gid_t);
}

struct hal_ipc_conn *ipc_conn_new(struct hal_loop *loop, int fd, const struct hal_ipc_ops *ops, void *arg,
				  size_t max_queue)
{
	struct hal_ipc_conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->fd = fd;
	c->ops = ops;
	c->arg = arg;
	c->max_queue = max_queue ? max_queue : IPC_QUEUE_DEFAULT;
	c->tail = &c->head;
	c->end = hal_timer_new(loop, conn_end, c);
	c->watch = hal_fd_add(loop, fd, HAL_READ, conn_event, c);
	if (!c->end || !c->watch) {
		c->fd = -1;
		ipc_conn_free(c);
		return NULL;
	}
	read_cred(c);
	return c;
}

void ipc_conn_free(struct hal_ipc_conn *c)
{
	while (c->head) {
		struct ipc_out *o = c->head;

		c->head = o->next;
		free(o);
	}
	hal_fd_del(c->watch);
	hal_timer_free(c->end);
	if (c->fd >= 0)
		close(c->fd);
	free(c);
}

static int enqueue(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body)
{
	size_t len = sizeof(*f) + f->len;
	struct ipc_out *o = NULL;

	if (c->queued + len <= c->max_queue)
		o = malloc(sizeof(*o) + len);
	if (!o) {
		conn_fail(c, -ENOBUFS, "the peer does not read its messages");
		return -ENOBUFS;
	}
	o->next = NULL;
	o->len = len;
	memcpy(o->octets, f, sizeof(*f));
	if (f->len)
		memcpy(o->octets + sizeof(*f), body, f->len);
	if (!c->head)
		hal_fd_want(c->watch, HAL_READ | HAL_WRITE);
	*c->tail = o;
	c->tail = &o->next;
	c->queued += len;
	return 0;
}

int hal_ipc_send(struct hal_ipc_conn *c, uint16_t type, uint16_t flags, uint32_t seq, const void *body, size_t len)
{
	struct hal_ipc_frame f = { .magic = HAL_IPC_MAGIC, .type = type, .flags = flags, .len = (uint32_t)len };
	struct iovec iov[2] = { { &f, sizeof(f) }, { (void *)body, len } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = len ? 2 : 1 };

	if (!c || c->dead || c->finishing)
		return -ENOTCONN;
	if (len > HAL_IPC_BODY_MAX)
		return -EMSGSIZE;
	f.seq = seq ? seq : ++c->seq;
	if (c->head)
		return enqueue(c, &f, body);
	if (sendmsg(c->fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EAGAIN || errno == EINTR)
		return enqueue(c, &f, body);
	conn_fail(c, -errno, strerror(errno));
	return -ENOTCONN;
}

void hal_ipc_close(struct hal_ipc_conn *c, const char *why)
{
	conn_fail(c, 0, why);
}

void hal_ipc_finish(struct hal_ipc_conn *c)
{
	c->finishing = true;
	if (!c->head)
		conn_fail(c, 0, "finished");
}

size_t hal_ipc_queued(const struct hal_ipc_conn *c)
{
	return c->queued;
}

void hal_ipc_set_data(struct hal_ipc_conn *c, void *data)
{
	c->data = data;
}

void *hal_ipc_data(const struct hal_ipc_conn *c)
{
	return c->data;
}

const struct hal_ipc_cred *hal_ipc_cred(const struct hal_ipc_conn *c)
{
	return &c->cred;
}

bool hal_ipc_allowed(const struct hal_ipc_cred *cred, gid_t group)
{
	unsigned int i;

	if (!cred->uid || cred->uid == geteuid())
		return true;
	if (group == (gid_t)-1)
		return false;
	if (cred->gid == group)
		return true;
	for (i = 0; i < cred->n_groups; i++)
		if (cred->groups[i] == group)
			return true;
	return false;
}

int hal_group_id(const char *name, gid_t *gid)
{
	struct group *g = getgrnam(name);

	if (!g)
		return -ENOENT;
	*gid = g->gr_gid;
	return 0;
}

int ipc_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	return fd < 0 ? -errno : fd;
}

int ipc_address(struct sockaddr_un *sun, const char *path)
{
	size_t len = strlen(path);

	if (!len || len >= sizeof(sun->sun_path))
		return -ENAMETOOLONG;
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	memcpy(sun->sun_path, path, len);
	return 0;
}
