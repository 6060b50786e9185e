// SPDX-License-Identifier: GPL-2.0-or-later
/* What the control socket tells those who watch (shim6ctl monitor). */
#include <stdlib.h>

#include "ctl.h"
#include "hal/clock.h"
#include "proto/reap.h"

static bool monitored(const struct shim6d *d)
{
	struct hal_ipc_conn *conn = NULL;

	while (d->ctl && d->ctl->server && (conn = hal_ipc_server_next(d->ctl->server, conn))) {
		const struct client *cl = hal_ipc_data(conn);

		if (cl && cl->monitor)
			return true;
	}
	return false;
}

/* To all monitors; frees @o. */
static void put_event(struct shim6d *d, json_t *o)
{
	struct hal_ipc_conn *conn = NULL;

	while ((conn = hal_ipc_server_next(d->ctl->server, conn))) {
		struct client *cl = hal_ipc_data(conn);

		if (cl && cl->monitor)
			ctl_put(conn, cl->monitor, true, json_incref(o));
	}
	json_decref(o);
}

static json_t *ctx_event(struct shim6d *d, const struct s6_ctx *c, const char *change, const char *old, const char *why)
{
	return json_pack("{s:s, s:I, s:s, s:o, s:s, s:o}", "event", "context", "time", (json_int_t)hal_now_ms(),
			 "change", change, "old_state", old ? json_string(old) : json_null(), "why", why,
			 "context", ctl_context(d, c, false));
}

static const char *change_name(unsigned int what)
{
	if (what & S6_C_GONE)
		return "gone";
	if (what & S6_C_NEW)
		return "new";
	if (what & S6_C_STATE)
		return "state";
	return what & S6_C_PAIR ? "pair" : "locators";
}

void ctl_ctx(struct shim6d *d, const struct s6_action *act)
{
	if (monitored(d))
		put_event(d, ctx_event(d, &act->ctx, change_name(act->what),
				       act->what & S6_C_STATE ? s6_state_name(act->old_state) : NULL, act->why));
}

void ctl_reap(struct shim6d *d, const struct s6_ctx *c, int old_state, const char *why)
{
	const struct ctxinfo *info = engine_info(d, c->id);

	if (!monitored(d) || !info)
		return;
	put_event(d, json_pack("{s:s, s:I, s:I, s:o, s:s, s:o, s:s}", "event", "reap", "time", (json_int_t)hal_now_ms(),
			       "id", (json_int_t)c->id, "ct_local", ctxjson_tag(c->ct_local),
			       "state", reap_state_name(info->reap),
			       "old_state", old_state < 0 ? json_null() : json_string(reap_state_name(old_state)),
			       "why", why));
}

void ctl_reapd(struct shim6d *d, bool connected)
{
	if (monitored(d))
		put_event(d, json_pack("{s:s, s:I, s:b}", "event", "reapd", "time", (json_int_t)hal_now_ms(),
				       "connected", connected));
}

static json_t *locators_event(struct shim6d *d)
{
	json_t *list = locators_json(d), *announced = json_array(), *o;
	size_t i;

	json_array_foreach(list, i, o)
		if (json_is_true(json_object_get(o, "announced")))
			json_array_append(announced, json_object_get(o, "addr"));
	json_decref(list);
	return json_pack("{s:s, s:I, s:o}", "event", "locators", "time", (json_int_t)hal_now_ms(),
			 "announced", announced);
}

void ctl_locators(struct shim6d *d)
{
	if (monitored(d))
		put_event(d, locators_event(d));
}

void ctl_monitor(struct client *cl, uint32_t seq, const json_t *req)
{
	struct shim6d *d = cl->d;
	const struct s6_ctx *c;
	unsigned int n = 0;
	uint32_t *list;

	cl->monitor = seq;
	if (json_is_true(json_object_get(req, "quiet")))
		return;
	ctl_put(cl->conn, seq, true, locators_event(d));
	list = ctl_ids(d, &n);
	for (unsigned int i = 0; i < n; i++) {
		c = s6_find_id(engine_host(d), list[i]);
		if (c)
			ctl_put(cl->conn, seq, true, ctx_event(d, c, "present", NULL, ""));
	}
	free(list);
}
