/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between programs of one host: SOCK_SEQPACKET Unix sockets, one frame a datagram.
 *
 * A frame is struct hal_ipc_frame, host byte order, and @len octets of body.  A frame with a wrong magic number, a
 * length that is not the datagram's, or a size over HAL_IPC_MAX ends the connection.  Nothing blocks.  Frames that
 * the peer does not take at once are queued up to a limit; a connection over its limit is closed, as a peer that
 * missed a message may never notice: both then reconnect and resynchronise.  docs/HAL-IPC.md draws the octets.
 */
#ifndef HAL_IPC_H
#define HAL_IPC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "hal/loop.h"

#define HAL_IPC_MAGIC	0x48414c31u		/* "HAL1"; another layout of the frame gets another number */
#define HAL_IPC_MAX	65536			/* octets of a frame, header included */

struct hal_ipc_frame {
	uint32_t magic;
	uint16_t type;			/* 1 and up, the application's */
	uint16_t flags;
	uint32_t len;			/* octets of the body */
	uint32_t seq;			/* the sender's count from 1, or the number of the request that is answered */
};
_Static_assert(sizeof(struct hal_ipc_frame) == 16, "hal_ipc_frame");

#define HAL_IPC_BODY_MAX (HAL_IPC_MAX - sizeof(struct hal_ipc_frame))

/* Flags of every application; the lower octet is free for each. */
#define HAL_IPC_F_MORE	0x0100		/* more frames of this answer follow */

struct hal_ipc_server;
struct hal_ipc_client;
struct hal_ipc_conn;

#define HAL_IPC_GROUPS	64

/* Who is at the other end, from SO_PEERCRED: as it was when the peer called connect() or listen(). */
struct hal_ipc_cred {
	pid_t pid;
	uid_t uid;
	gid_t gid;
	unsigned int n_groups;		/* supplementary; a peer with more than we hold has those that fit */
	gid_t groups[HAL_IPC_GROUPS];
};

struct hal_ipc_ops {
	/* Connected (server: accepted and allowed).  May send.  NULL allowed. */
	void (*up)(struct hal_ipc_conn *c, void *arg);
	/* A frame; @body is aligned for any member, valid during the call.  The callee checks its length, @f->len. */
	void (*message)(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg);
	/* The connection ended (@c is freed afterwards), or an attempt of a client failed (@c NULL).  NULL allowed. */
	void (*down)(struct hal_ipc_conn *c, int err, const char *why, void *arg);
	/* All that had to be queued has gone: the next lot of a long answer may be sent.  NULL allowed. */
	void (*drained)(struct hal_ipc_conn *c, void *arg);
};

struct hal_ipc_server_opts {
	mode_t mode;			/* of the socket file; 0: 0660 */
	gid_t group;			/* of the socket file; (gid_t)-1: unchanged */
	unsigned int max_clients;	/* 0: 32; one more is closed at once */
	size_t max_queue;		/* octets a connection; 0: 1 MiB */
	/* Who may connect; NULL: root and our effective uid.  A refused peer sees its connection closed. */
	bool (*allow)(const struct hal_ipc_cred *cred, void *arg);
};

/* True if @cred is uid 0, the effective uid of this process, or has @group as its own or a supplementary group. */
bool hal_ipc_allowed(const struct hal_ipc_cred *cred, gid_t group);

/*
 * Listen on @path; @opts NULL: all defaults.  A socket file that nobody listens on is replaced; a live one is not:
 * -EADDRINUSE.  Anything that is not a socket is left alone: -EEXIST.  -ENAMETOOLONG for more than 107 octets.
 * Others as of socket(), bind(), chmod().
 */
int hal_ipc_listen(struct hal_ipc_server **srv, struct hal_loop *loop, const char *path,
		   const struct hal_ipc_server_opts *opts, const struct hal_ipc_ops *ops, void *arg);
/* Ends all connections (down is not called) and removes the socket file. */
void hal_ipc_server_free(struct hal_ipc_server *srv);
/* The connection after @prev (NULL: the first), or NULL.  For messages to everyone. */
struct hal_ipc_conn *hal_ipc_server_next(const struct hal_ipc_server *srv, const struct hal_ipc_conn *prev);

struct hal_ipc_client_opts {
	uint32_t retry_min;		/* ms before the first new attempt, doubled up to retry_max; 0: 100 */
	uint32_t retry_max;		/* 0: 3000 */
	bool once;			/* no new attempts: down is the end */
	size_t max_queue;		/* as above */
};

/* Connect, from the loop, and go on trying.  -ENAMETOOLONG, -ENOMEM; everything else is told by ops->down. */
int hal_ipc_connect(struct hal_ipc_client **cl, struct hal_loop *loop, const char *path,
		    const struct hal_ipc_client_opts *opts, const struct hal_ipc_ops *ops, void *arg);
void hal_ipc_client_free(struct hal_ipc_client *cl);			/* down is not called; NULL allowed */
struct hal_ipc_conn *hal_ipc_client_conn(const struct hal_ipc_client *cl);	/* NULL while not connected */

/*
 * Send a frame.  @seq 0: the connection's own count.  0 (sent or queued), -EMSGSIZE, -ENOBUFS: the queue is full,
 * -ENOTCONN: @c is NULL or has ended.  After -ENOBUFS and broken connections ops->down follows from the loop.
 */
int hal_ipc_send(struct hal_ipc_conn *c, uint16_t type, uint16_t flags, uint32_t seq, const void *body, size_t len);
/* End a connection, ops->down follows from the loop: close drops what is queued, finish sends it first. */
void hal_ipc_close(struct hal_ipc_conn *c, const char *why);
void hal_ipc_finish(struct hal_ipc_conn *c);

/* Octets that wait to be sent.  0: no drained() will come. */
size_t hal_ipc_queued(const struct hal_ipc_conn *c);

void hal_ipc_set_data(struct hal_ipc_conn *c, void *data);		/* the application's, per connection */
void *hal_ipc_data(const struct hal_ipc_conn *c);
const struct hal_ipc_cred *hal_ipc_cred(const struct hal_ipc_conn *c);

/* Find the numeric id of a group by name: 0 or -ENOENT. */
int hal_group_id(const char *name, gid_t *gid);

#endif /* HAL_IPC_H */
