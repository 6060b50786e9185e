// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control socket (include/shim6_ctl.h): JSON over frames of hal/ipc.h, for root and the group.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "hal/clock.h"
#include "hal/log.h"
#include "shim6_ctl.h"

#define QUEUE_MAX	(128u << 20)	/* octets: room for the list of a full context table */

/* --- answers ---------------------------------------------------------------------------------------------------- */

void ctl_put(struct hal_ipc_conn *conn, uint32_t seq, bool more, json_t *o)
{
	char *text = o ? json_dumps(o, JSON_COMPACT) : NULL;
	int err;

	if (text) {
		err = hal_ipc_send(conn, SHIM6_CTL_REPLY, more ? HAL_IPC_F_MORE : 0, seq, text, strlen(text));
		if (err)
			log_debug("an answer on the control socket was not sent: %s", strerror(-err));
	} else {
		hal_ipc_close(conn, "out of memory");
	}
	free(text);
	json_decref(o);
}

void ctl_put_error(struct hal_ipc_conn *conn, uint32_t seq, int err, const char *text)
{
	const char *name = strerrorname_np(err < 0 ? -err : err);

	ctl_put(conn, seq, false, json_pack("{s:b, s:s, s:s}", "ok", 0, "error", text, "errno", name ? name : "EIO"));
}

json_t *ctl_context(struct shim6d *d, const struct s6_ctx *c, bool ages)
{
	const struct ctxinfo *info = engine_info(d, c->id);
	struct ctxjson_more more = {
		.now = hal_now_ms(),
		.created = info ? info->created : c->since,
		.reap = info ? info->reap : REAP_UNKNOWN,
		.flows = reaplink_flows(d, c),
	};
	struct kctl_ctx k;

	if (ages && kernel_has(d, c->ct_local) && !kctl_ctx_get(d->kctl, c->ct_local, &k))
		more.k = &k;
	return ctxjson(c, &more);
}

static int by_id(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

uint32_t *ctl_ids(const struct shim6d *d, unsigned int *n)
{
	const struct s6_ctx *c = NULL;
	uint32_t *list;

	*n = 0;
	list = calloc(s6_count(engine_host(d)) + 1, sizeof(*list));
	while (list && (c = s6_next(engine_host(d), c)))
		list[(*n)++] = c->id;
	if (list)
		qsort(list, *n, sizeof(*list), by_id);
	return list;
}

/* --- the socket ------------------------------------------------------------------------------------------------- */

static void on_message(struct hal_ipc_conn *conn, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	struct client *cl = hal_ipc_data(conn);
	json_error_t error;
	const char *cmd;
	json_t *req;

	(void)arg;
	if (f->type != SHIM6_CTL_REQUEST || !cl) {
		hal_ipc_close(conn, "not a request");
		return;
	}
	req = json_loadb(body, f->len, JSON_REJECT_DUPLICATES, &error);
	cmd = json_string_value(json_object_get(req, "cmd"));
	if (!cmd) {
		ctl_put_error(conn, f->seq, -EINVAL, req ? "the request has no cmd" : error.text);
		json_decref(req);
		return;
	}
	for (const struct ctl_command *c = ctl_commands; c->name; c++) {
		if (!strcmp(c->name, cmd)) {
			c->run(cl, f->seq, req);
			json_decref(req);
			return;
		}
	}
	ctl_put_error(conn, f->seq, -ENOSYS, "unknown command");
	json_decref(req);
}

static void on_up(struct hal_ipc_conn *conn, void *arg)
{
	struct client *cl = calloc(1, sizeof(*cl));

	if (!cl) {
		hal_ipc_close(conn, "out of memory");
		return;
	}
	cl->d = arg;
	cl->conn = conn;
	hal_ipc_set_data(conn, cl);
}

static void on_down(struct hal_ipc_conn *conn, int err, const char *why, void *arg)
{
	struct client *cl = hal_ipc_data(conn);

	(void)err;
	log_debug("a connection of the control socket ended: %s", why);
	reaplink_stats_forget(arg, cl);
	free(cl);
	hal_ipc_set_data(conn, NULL);
}

static bool on_allow(const struct hal_ipc_cred *cred, void *arg)
{
	const struct shim6d *d = arg;

	return hal_ipc_allowed(cred, d->group);
}

int ctl_open(struct shim6d *d)
{
	static const struct hal_ipc_ops ops = { .up = on_up, .message = on_message, .down = on_down };
	struct hal_ipc_server_opts opts = { .mode = 0660, .group = d->group, .allow = on_allow,
					     .max_queue = QUEUE_MAX };
	char path[CONF_PATH_MAX + 16];
	int err = -ENOMEM;

	snprintf(path, sizeof(path), "%s/" SHIM6_CTL_SOCKET, d->conf.daemon.rundir);
	d->ctl = calloc(1, sizeof(*d->ctl));
	if (d->ctl)
		err = hal_ipc_listen(&d->ctl->server, d->loop, path, &opts, &ops, d);
	if (!err)
		return 0;
	hal_daemon_fail("cannot listen on %s: %s%s", path, strerror(-err),
			err == -EADDRINUSE ? ": another shim6d runs; stop it first" : "");
	return -1;
}

void ctl_close(struct shim6d *d)
{
	struct hal_ipc_conn *conn = NULL;

	if (!d->ctl)
		return;
	while (d->ctl->server && (conn = hal_ipc_server_next(d->ctl->server, conn))) {
		reaplink_stats_forget(d, hal_ipc_data(conn));
		free(hal_ipc_data(conn));
		hal_ipc_set_data(conn, NULL);
	}
	if (d->ctl->server)
		hal_ipc_server_free(d->ctl->server);
	free(d->ctl);
	d->ctl = NULL;
}
