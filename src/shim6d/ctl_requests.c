// SPDX-License-Identifier: GPL-2.0-or-later
/* What is asked of the control socket, and the answers (include/shim6_ctl.h). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>

#include "addrs.h"
#include "ctl.h"
#include "hal/clock.h"
#include "reap_ipc.h"

static const char no_such[] = "no such context: shim6ctl contexts shows which there are";
static const char not_established[] = "the context is not established: shim6ctl contexts shows its state";

static bool get_addr(const json_t *req, const char *key, struct in6_addr *a)
{
	const char *s = json_string_value(json_object_get(req, key));

	return s && inet_pton(AF_INET6, s, a) == 1;
}

/* An integer of 32 bits; false if it is there but no such number. */
static bool get_u32(const json_t *req, const char *key, uint32_t *v, bool *there)
{
	const json_t *o = json_object_get(req, key);
	json_int_t n = json_integer_value(o);

	*there = o;
	if (o && (!json_is_integer(o) || n < 0 || n > UINT32_MAX))
		return false;
	*v = n;
	return true;
}

static json_t *warnings(const struct shim6d *d)
{
	json_t *list = json_array();

	if (d->conf.security.verify == CONF_VERIFY_NONE)
		json_array_append_new(list, json_string("security.verify = none: UNVERIFIED LOCATORS: anyone can "
							"redirect sessions; for tests only"));
	if (!reaplink_pid(d))
		json_array_append_new(list, json_string("reapd is not connected: no failure is found"));
	if (!locators_count(d))
		json_array_append_new(list, json_string("this host has no address that can be a locator"));
	else if (locators_count(d) == 1)
		json_array_append_new(list, json_string("this host has one locator only: its failure cannot be "
							"survived"));
	return list;
}

static void do_status(struct client *cl, uint32_t seq, const json_t *req)
{
	unsigned int states[S6_STATE_MAX] = { 0 };
	const struct s6_ctx *c = NULL;
	struct shim6d *d = cl->d;
	struct kctl_info info;
	json_t *names, *reapd;
	bool module;

	(void)req;
	while ((c = s6_next(engine_host(d), c)))
		states[c->state]++;
	names = json_object();
	for (int s = 0; s < S6_STATE_MAX; s++)
		if (states[s])
			json_object_set_new(names, s6_state_name(s), json_integer(states[s]));
	module = !kctl_info(d->kctl, &info);
	reapd = json_pack("{s:b, s:o}", "connected", !!reaplink_pid(d),
			  "pid", reaplink_pid(d) ? json_integer(reaplink_pid(d)) : json_null());
	ctl_put(cl->conn, seq, false, json_pack(
		"{s:b, s:s, s:i, s:I, s:s, s:s, s:s, s:s, s:b, s:o, s:I, s:I, s:i, s:i, s:o, s:I, s:o, s:i, s:o}", "ok", 1,
		"version", SHIM6_VERSION, "pid", (int)getpid(), "uptime", (json_int_t)(hal_now_ms() - d->started),
		"config", d->args->config, "attach", d->conf.dataplane.attach == CONF_ATTACH_HOOKS ? "hooks" : "rules",
		"ip6tables", d->conf.dataplane.ip6tables,
		"verify", d->conf.security.verify == CONF_VERIFY_NONE ? "none" : "required",
		"answer_only", d->conf.trigger.answer_only, "module", module ? json_string(info.version) : json_null(),
		"kernel_contexts", (json_int_t)(module ? info.contexts : 0),
		"max_contexts", (json_int_t)d->conf.dataplane.max_contexts,
		"queue_control", (int)d->conf.dataplane.queue_control, "queue_reap", (int)d->conf.dataplane.queue_reap, "reapd", reapd,
		"contexts", (json_int_t)s6_count(engine_host(d)), "states", names, "locators", (int)locators_count(d),
		"warnings", warnings(d)));
}

static void do_contexts(struct client *cl, uint32_t seq, const json_t *req)
{
	struct shim6d *d = cl->d;
	const struct s6_ctx *c;
	unsigned int n;
	uint32_t *list, id;
	bool one;

	if (!get_u32(req, "id", &id, &one)) {
		ctl_put_error(cl->conn, seq, -EINVAL, "id is not the number of a context");
		return;
	}
	if (one) {
		c = s6_find_id(engine_host(d), id);
		if (!c) {
			ctl_put_error(cl->conn, seq, -ENOENT, no_such);
			return;
		}
		ctl_put(cl->conn, seq, true, ctl_context(d, c, true));
	} else {
		list = ctl_ids(d, &n);
		for (unsigned int i = 0; i < n; i++) {
			c = s6_find_id(engine_host(d), list[i]);
			if (c)
				ctl_put(cl->conn, seq, true, ctl_context(d, c, true));
		}
		free(list);
	}
	ctl_put(cl->conn, seq, false, json_pack("{s:b}", "ok", 1));
}

/* The mark that packets of a fork carry; 0 if none can say it. */
static json_int_t fork_mark(const struct shim6d *d, uint32_t fii)
{
	uint32_t mask = d->conf.dataplane.fork_mark;
	unsigned int shift = mask ? __builtin_ctz(mask) : 0;

	return fii <= mask >> shift ? (fii << shift) & mask : 0;
}

static void do_trigger(struct client *cl, uint32_t seq, const json_t *req)
{
	struct in6_addr local, peer;
	const struct s6_ctx *c;
	uint32_t fii, id;
	bool there;
	int err;

	if (!get_addr(req, "local", &local) || !get_addr(req, "peer", &peer) || !get_u32(req, "fii", &fii, &there)) {
		ctl_put_error(cl->conn, seq, -EINVAL, "local and peer have to be IPv6 addresses");
		return;
	}
	if (json_is_true(json_object_get(req, "fork")))
		fii = engine_free_fii(cl->d, &local, &peer);
	err = engine_trigger(cl->d, &local, &peer, fii, json_is_true(json_object_get(req, "force")), &id);
	if (err) {
		ctl_put_error(cl->conn, seq, err, engine_trigger_error(err));
		return;
	}
	c = s6_find_id(engine_host(cl->d), id);
	ctl_put(cl->conn, seq, false, json_pack("{s:b, s:I, s:s, s:I, s:I}", "ok", 1, "id", (json_int_t)id,
					    "state", s6_state_name(c ? c->state : S6_IDLE), "fii", (json_int_t)fii,
					    "mark", fork_mark(cl->d, fii)));
}

/* The context that "id", or "local" and "peer", name; NULL after an error was answered. */
static const struct s6_ctx *named(struct client *cl, uint32_t seq, const json_t *req)
{
	struct in6_addr local, peer;
	const struct s6_ctx *c;
	bool by_id, there;
	uint32_t id, fii;

	if (!get_u32(req, "id", &id, &by_id) || !get_u32(req, "fii", &fii, &there) ||
	    (!by_id && (!get_addr(req, "local", &local) || !get_addr(req, "peer", &peer)))) {
		ctl_put_error(cl->conn, seq, -EINVAL, "id, or local and peer, have to name a context");
		return NULL;
	}
	c = by_id ? s6_find_id(engine_host(cl->d), id) : s6_find_ulids(engine_host(cl->d), &local, &peer, fii);
	if (!c)
		ctl_put_error(cl->conn, seq, -ENOENT, no_such);
	return c;
}

static void do_delete(struct client *cl, uint32_t seq, const json_t *req)
{
	const struct s6_ctx *c = named(cl, seq, req);
	uint32_t id;

	if (!c)
		return;
	id = c->id;
	engine_delete(cl->d, id, "deleted by the operator");
	ctl_put(cl->conn, seq, false, json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)id));
}

static void do_update(struct client *cl, uint32_t seq, const json_t *req)
{
	const struct s6_ctx *c = named(cl, seq, req);
	uint32_t id;
	int err;

	if (!c)
		return;
	id = c->id;
	err = engine_update(cl->d, id);
	if (err)
		ctl_put_error(cl->conn, seq, err, not_established);
	else
		ctl_put(cl->conn, seq, false, json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)id));
}

static void do_move(struct client *cl, uint32_t seq, const json_t *req)
{
	const struct s6_ctx *c = named(cl, seq, req);
	struct in6_addr src, dst;
	uint32_t id;
	int err;

	if (!c)
		return;
	id = c->id;
	if (!get_addr(req, "loc_local", &src) || !get_addr(req, "loc_peer", &dst) ||
	    s6_locset_find(&c->ls_local, &src) < 0 || s6_locset_find(&c->ls_peer, &dst) < 0) {
		ctl_put_error(cl->conn, seq, -EINVAL, "loc_local and loc_peer have to be locators of the context, as "
			  "shim6ctl contexts shows them");
		return;
	}
	err = s6_ctx_live(c) ? reaplink_move(cl->d, c, &src, &dst) : -ENOENT;
	if (err)
		ctl_put_error(cl->conn, seq, err, err == -ENOENT ? not_established :
			  "reapd is not connected, and nobody else can tell whether the pair works: start it");
	else
		ctl_put(cl->conn, seq, false, json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)id));
}

static void do_prefer(struct client *cl, uint32_t seq, const json_t *req)
{
	const char *entry = json_string_value(json_object_get(req, "entry"));
	char why[256] = "entry is missing";

	if (!entry || locators_prefer(cl->d, entry, why, sizeof(why)))
		ctl_put_error(cl->conn, seq, -EINVAL, why);
	else
		ctl_put(cl->conn, seq, false, json_pack("{s:b}", "ok", 1));
}

static void do_forget(struct client *cl, uint32_t seq, const json_t *req)
{
	char why[256];

	if (locators_forget(cl->d, json_string_value(json_object_get(req, "prefix")), why, sizeof(why)))
		ctl_put_error(cl->conn, seq, -EINVAL, why);
	else
		ctl_put(cl->conn, seq, false, json_pack("{s:b}", "ok", 1));
}

static void do_standby(struct client *cl, uint32_t seq, const json_t *req)
{
	static const char *const names[] = {
		[REAP_IPC_STANDBY_DEFAULT] = "default", [REAP_IPC_STANDBY_ON] = "on", [REAP_IPC_STANDBY_OFF] = "off",
	};
	const char *how = json_string_value(json_object_get(req, "standby"));
	const struct s6_ctx *c = named(cl, seq, req);

	if (!c)
		return;
	for (uint8_t i = 0; how && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i], how))
			continue;
		engine_info(cl->d, c->id)->standby = i;
		reaplink_standby(cl->d, c);
		ctl_put(cl->conn, seq, false, json_pack("{s:b, s:I}", "ok", 1, "id", (json_int_t)c->id));
		return;
	}
	ctl_put_error(cl->conn, seq, -EINVAL, "standby has to be on, off or default");
}

/* A reply for each of @list, which ends here; another one has to follow. */
static void put_each(struct client *cl, uint32_t seq, json_t *list)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
		ctl_put(cl->conn, seq, true, json_incref(o));
	json_decref(list);
}

static void do_locators(struct client *cl, uint32_t seq, const json_t *req)
{
	(void)req;
	put_each(cl, seq, locators_json(cl->d));
	ctl_put(cl->conn, seq, false, json_pack("{s:b}", "ok", 1));
}

/* --- own addresses ------------------------------------------------------------------------------- */

static void put_summary(struct client *cl, uint32_t seq)
{
	json_t *o = addrs_summary(cl->d);

	json_object_set_new(o, "ok", json_true());
	ctl_put(cl->conn, seq, false, o);
}

static void do_addresses(struct client *cl, uint32_t seq, const json_t *req)
{
	(void)req;
	put_each(cl, seq, addrs_json(cl->d));
	put_summary(cl, seq);
}

static void do_addr_install(struct client *cl, uint32_t seq, const json_t *req)
{
	char why[512];
	int err = addrs_reload(cl->d, why, sizeof(why));

	(void)req;
	if (err)
		ctl_put_error(cl->conn, seq, err, why);
	else
		put_summary(cl, seq);
}

static void do_addr_remove(struct client *cl, uint32_t seq, const json_t *req)
{
	char why[512];
	int err = addrs_remove(cl->d, json_is_true(json_object_get(req, "forget")), why, sizeof(why));

	if (err)
		ctl_put_error(cl->conn, seq, err, why);
	else
		put_summary(cl, seq);
}

/* --- counters ------------------------------------------------------------------------------------ */

static void put_stat(struct client *cl, const char *source, const char *name, uint64_t value, const char *text)
{
	ctl_put(cl->conn, cl->stats, true, json_pack("{s:s, s:s, s:I, s:s}", "source", source, "name", name,
						 "value", (json_int_t)value, "text", text));
}

static void kernel_stat(void *arg, const char *name, uint64_t value, const char *text)
{
	put_stat(arg, "kernel", name, value, text);
}

static void reapd_stat(void *arg, const char *name, uint64_t value, const char *text)
{
	put_stat(arg, "reapd", name, value, text);
}

static void end_stats(struct client *cl, bool kernel, bool reapd)
{
	json_t *missing = json_array();

	if (!kernel)
		json_array_append_new(missing, json_string("kernel"));
	if (!reapd)
		json_array_append_new(missing, json_string("reapd"));
	ctl_put(cl->conn, cl->stats, false, json_pack("{s:b, s:o}", "ok", 1, "missing", missing));
	cl->stats = 0;
}

static void reapd_end(void *arg, bool complete)
{
	end_stats(arg, true, complete);
}

static void do_stats(struct client *cl, uint32_t seq, const json_t *req)
{
	struct shim6d *d = cl->d;
	const char *name, *text;
	char proof[32];
	uint64_t value;
	int err;

	(void)req;
	if (cl->stats) {
		ctl_put_error(cl->conn, seq, -EBUSY, "one request for counters at a time");
		return;
	}
	cl->stats = seq;
	err = kctl_stats(d->kctl, kernel_stat, cl);
	for (unsigned int i = 0; i < s6_counters(); i++) {
		name = s6_counter(engine_host(d), i, &value, &text);
		put_stat(cl, "shim6d", name, value, text);
	}
#define X(name, text) put_stat(cl, "shim6d", #name, d->counters.name, text);
	COUNTERS(X)
#undef X
	for (unsigned int f = 0; f < CGA_FAIL_MAX; f++) {
		snprintf(proof, sizeof(proof), "proof-%s", cga_fail_name(f));
		put_stat(cl, "shim6d", proof, d->counters.proof[f], cga_fail_text(f));
	}
	if (err || reaplink_stats(d, reapd_stat, reapd_end, cl))
		end_stats(cl, !err, false);
}

/* --- all -------------------------------------------------------------------------------- */

const struct ctl_command ctl_commands[] = {
	{ "status", do_status },
	{ "contexts", do_contexts },
	{ "trigger", do_trigger },
	{ "delete", do_delete },
	{ "update", do_update },
	{ "standby", do_standby },
	{ "stats", do_stats },
	{ "move", do_move },
	{ "locators", do_locators },
	{ "prefer", do_prefer },
	{ "forget", do_forget },
	{ "addresses", do_addresses },
	{ "addr-install", do_addr_install },
	{ "addr-remove", do_addr_remove },
	{ "monitor", ctl_monitor },
	{ NULL, NULL },
};
