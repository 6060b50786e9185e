/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The insides of the control socket: ctl.c is the socket, ctl_requests.c and ctl_events.c are what goes over it. */
#ifndef SHIM6D_CTL_H
#define SHIM6D_CTL_H

#include "ctxjson.h"
#include "hal/ipc.h"
#include "shim6d.h"

struct ctl {
	struct hal_ipc_server *server;
};

/* Of each connection. */
struct client {
	struct shim6d *d;
	struct hal_ipc_conn *conn;
	uint32_t monitor;		/* seq of the request, 0: none */
	uint32_t stats;			/* seq of a request that waits for reapd, 0: none */
};

/* Sends and frees @o. */
void ctl_put(struct hal_ipc_conn *conn, uint32_t seq, bool more, json_t *o);
void ctl_put_error(struct hal_ipc_conn *conn, uint32_t seq, int err, const char *text);

/* @c as people get it; @ages: with what only the kernel knows. */
json_t *ctl_context(struct shim6d *d, const struct s6_ctx *c, bool ages);
/* The ids of all contexts in their order, *@n of them; to be freed. */
uint32_t *ctl_ids(const struct shim6d *d, unsigned int *n);

struct ctl_command {
	const char *name;
	void (*run)(struct client *cl, uint32_t seq, const json_t *req);
};
extern const struct ctl_command ctl_commands[];	/* ends with a name of NULL */

void ctl_monitor(struct client *cl, uint32_t seq, const json_t *req);

#endif /* SHIM6D_CTL_H */
