// SPDX-License-Identifier: GPL-2.0-or-later
/* A request to shim6d and its answer (include/shim6_ctl.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/ipc.h"
#include "hal/loop.h"
#include "shim6_ctl.h"
#include "shim6ctl.h"

struct talk {
	struct ctl *c;
	struct hal_loop *loop;
	struct hal_timer *timeout;
	struct hal_ipc_client *client;
	const char *request;
	bool endless, heard;
	item_fn item;
	void *arg;
	json_t *last;
	char why[256];			/* the failure; empty: none */
};

#define failed(t, ...) \
	do { snprintf((t)->why, sizeof((t)->why), __VA_ARGS__); hal_loop_stop((t)->loop, 0); } while (0)

static void up(struct hal_ipc_conn *conn, void *arg)
{
	struct talk *t = arg;
	int err = hal_ipc_send(conn, SHIM6_CTL_REQUEST, 0, 1, t->request, strlen(t->request));

	if (err)
		failed(t, "cannot send the request to %s: %s", t->c->socket, strerror(-err));
	else if (t->endless)
		hal_timer_stop(t->timeout);	/* nothing may happen for days */
}

static void message(struct hal_ipc_conn *conn, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	struct talk *t = arg;
	json_error_t where;
	json_t *o;

	(void)conn;
	if (f->type != SHIM6_CTL_REPLY || f->seq != 1 || t->last || t->why[0])
		return;
	t->heard = true;
	if (!t->endless)
		hal_timer_set(t->timeout, t->c->timeout);
	o = json_loadb(body, f->len, 0, &where);
	if (!o) {
		failed(t, "shim6d sent what is not JSON: %s; are shim6d and shim6ctl of the same version?", where.text);
		return;
	}
	if (f->flags & HAL_IPC_F_MORE) {
		if (t->item)
			t->item(o, t->arg);
		json_decref(o);
		return;
	}
	t->last = o;
	if (!flag(o, "ok"))
		failed(t, "%s", str(o, "error"));
	hal_loop_stop(t->loop, 0);
}

static void down(struct hal_ipc_conn *conn, int err, const char *why, void *arg)
{
	struct talk *t = arg;

	if (t->last || t->why[0])
		return;
	if (conn && !t->heard && !err)
		failed(t, "%s: shim6d closed the connection; it serves root and the group shim6 only", t->c->socket);
	else if (conn)
		failed(t, "%s: the connection ended: %s", t->c->socket, why);
	else if (err == -EACCES || err == -EPERM)
		failed(t, "cannot connect to %s: %s; are you root, or in the group shim6?", t->c->socket, why);
	else
		failed(t, "cannot connect to %s: %s; is shim6d running?", t->c->socket, why);
}

static void timed_out(void *arg)
{
	struct talk *t = arg;

	failed(t, "%s: no answer within %u.%u s; shim6d is there but does not respond", t->c->socket,
	       t->c->timeout / 1000, t->c->timeout % 1000 / 100);
}

static int talk(struct talk *t, json_t *req)
{
	static const struct hal_ipc_ops ops = { .up = up, .message = message, .down = down };
	static const struct hal_ipc_client_opts opts = { .once = true };
	char *text = json_dumps(req, JSON_COMPACT);
	int err;

	json_decref(req);
	t->request = text;
	t->loop = hal_loop_new();
	t->timeout = t->loop ? hal_timer_new(t->loop, timed_out, t) : NULL;
	if (!text || !t->timeout) {
		snprintf(t->why, sizeof(t->why), "out of memory");
		goto out;
	}
	err = hal_ipc_connect(&t->client, t->loop, t->c->socket, &opts, &ops, t);
	if (err) {
		snprintf(t->why, sizeof(t->why), "cannot connect to %s: %s", t->c->socket, strerror(-err));
		goto out;
	}
	hal_timer_set(t->timeout, t->c->timeout);
	hal_loop_run(t->loop);
out:
	hal_ipc_client_free(t->client);
	hal_timer_free(t->timeout);
	hal_loop_free(t->loop);
	free(text);
	if (t->why[0]) {
		json_decref(t->last);
		t->last = NULL;
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int ask(struct ctl *c, json_t *req, bool endless, item_fn item, void *arg, json_t **last)
{
	struct talk t = { .c = c, .endless = endless, .item = item, .arg = arg };

	if (talk(&t, req))
		return complain("%s", t.why);
	if (last)
		*last = t.last;
	else
		json_decref(t.last);
	return EXIT_OK;
}

int ask_quietly(struct ctl *c, json_t *req, item_fn item, void *arg, json_t **last, char *why, size_t size)
{
	struct talk t = { .c = c, .item = item, .arg = arg };

	if (talk(&t, req)) {
		snprintf(why, size, "%s", t.why);
		return EXIT_FAILED;
	}
	if (last)
		*last = t.last;
	else
		json_decref(t.last);
	return EXIT_OK;
}
