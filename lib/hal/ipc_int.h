/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the IPC share; nothing for users. */
#ifndef HAL_IPC_INT_H
#define HAL_IPC_INT_H

#include <sys/un.h>

#include "hal/ipc.h"

#define IPC_QUEUE_DEFAULT	(1024 * 1024)

struct ipc_out;

/*
 * Lives until its deferred end: whatever goes wrong sets @dead and arms @end, whose callback tells the owner and
 * frees.  So nothing called from within a callback can pull the connection away under the caller.
 */
struct hal_ipc_conn {
	int fd;
	struct hal_fd *watch;
	struct hal_timer *end;
	const struct hal_ipc_ops *ops;
	void *arg;
	void (*detach)(struct hal_ipc_conn *c);		/* the owner forgets the connection */
	void *owner;
	struct hal_ipc_conn *next, **pprev;		/* the server's list */
	struct hal_ipc_cred cred;
	struct ipc_out *head, **tail;
	size_t queued, max_queue;
	uint32_t seq;
	bool dead, finishing, heard;
	int err;
	const char *why;
	void *data;
};

/* Takes @fd over if it succeeds. */
struct hal_ipc_conn *ipc_conn_new(struct hal_loop *loop, int fd, const struct hal_ipc_ops *ops, void *arg,
				  size_t max_queue);
void ipc_conn_free(struct hal_ipc_conn *c);

int ipc_socket(void);							/* or negative errno */
int ipc_address(struct sockaddr_un *sun, const char *path);		/* 0 or -ENAMETOOLONG */

#endif /* HAL_IPC_INT_H */
