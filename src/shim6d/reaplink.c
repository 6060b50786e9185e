// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The connection to reapd (include/reap_ipc.h).  It may come and go: at each connection reapd gets every association.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/ipc.h"
#include "hal/log.h"
#include "proto/reap.h"
#include "shim6d.h"
#include "table.h"
#include "text.h"

/* Hold-downs of RFC 5533 7.8, told to reapd so that it does not ask in vain; ms. */
#define HOLD_NO_SUPPORT	600000
#define HOLD_FAILED	300000
#define HOLD_OTHER	60000
#define HOLD_DELETED	10000		/* the context lived and was deleted here */

#define SYNC_LOT	256		/* associations told at a time after a connection */
#define QUEUE_MAX	(64 << 20)	/* octets; a change of our locators concerns every context at once */
#define STATS_WAIT	2000		/* ms for reapd's counters */

struct pair {
	struct in6_addr local, peer;
};

struct flows {
	struct pair pair;
	uint32_t n;
	UT_hash_handle hh;
};

/* Somebody waits for the counters of reapd.  Who asks while an answer comes in waits for the next one. */
struct waiting {
	bool begun;			/* the answer that comes in is for this one */
	reaplink_stat_fn one;
	reaplink_end_fn end;
	void *arg;
	struct waiting *next;
};

struct reaplink {
	struct hal_ipc_client *client;
	pid_t pid;			/* of reapd once its HELLO came */
	bool complained;		/* that it is not there */
	uint64_t since;			/* ms */
	uint32_t synced;		/* id of the context that was told last after the connection; 0: none */
	struct flows *flows;
	struct waiting *waiting;
	struct hal_timer *timer;
};

static struct hal_ipc_conn *conn(const struct shim6d *d)
{
	return d->reaplink ? hal_ipc_client_conn(d->reaplink->client) : NULL;
}

static void tell(const struct shim6d *d, uint16_t type, const void *body, size_t len)
{
	int err = hal_ipc_send(conn(d), type, 0, 0, body, len);

	/* A broken connection is told by down(), and everything is said again at the next one. */
	if (err && err != -ENOTCONN)
		log_warn("message %u to reapd was not sent: %s", type, strerror(-err));
}

static uint32_t put_locators(struct reap_ipc_locator *to, const struct s6_locset *ls)
{
	uint32_t n = ls->n < REAP_IPC_LOCATORS ? ls->n : REAP_IPC_LOCATORS;

	for (uint32_t i = 0; i < n; i++) {
		to[i].addr = ls->loc[i].addr;
		to[i].flags = ls->loc[i].flags;
		to[i].prio = ls->loc[i].prio;
		to[i].weight = ls->loc[i].weight;
	}
	return n;
}

void reaplink_standby(struct shim6d *d, const struct s6_ctx *c)
{
	struct reap_ipc_standby m = { .handle = c->ct_local, .how = engine_info(d, c->id)->standby };

	if (conn(d))
		tell(d, REAP_IPC_STANDBY, &m, sizeof(m));
}

static void tell_assoc(struct shim6d *d, const struct s6_ctx *c)
{
	const struct ctxinfo *info = engine_info(d, c->id);
	struct reap_ipc_assoc a = {
		.handle = c->ct_local, .ct_local = c->ct_local, .ct_peer = c->ct_peer,
		.ulid_local = c->ulid_local, .ulid_peer = c->ulid_peer,
		.loc_local = c->loc_local, .loc_peer = c->loc_peer,
		.fii = c->fii, .ka_timeout = c->ka_timeout,
	};

	a.n_local = put_locators(a.local, &c->ls_local);
	a.n_peer = put_locators(a.peer, &c->ls_peer);
	tell(d, REAP_IPC_ASSOC_SET, &a, sizeof(a));
	if (info && info->standby != REAP_IPC_STANDBY_DEFAULT)
		reaplink_standby(d, c);
}

static void tell_gone(const struct shim6d *d, const struct s6_ctx *c)
{
	struct reap_ipc_handle h = { .handle = c->ct_local };

	tell(d, REAP_IPC_ASSOC_DEL, &h, sizeof(h));
}

static void tell_result(const struct shim6d *d, const struct in6_addr *local, const struct in6_addr *peer, int error,
			uint32_t retry_after)
{
	struct reap_ipc_want_result r = { .local = *local, .peer = *peer, .error = error, .retry_after = retry_after };

	tell(d, REAP_IPC_WANT_RESULT, &r, sizeof(r));
}

/* --- what the machine did ------------------------------------------------------------------------------------- */

/* The outcome of an exchange, for the heuristic; contexts of other instances are not its concern. */
static void tell_outcome(const struct shim6d *d, const struct s6_action *act)
{
	const struct s6_ctx *c = &act->ctx;

	if (c->fii)
		return;
	if (act->what & S6_C_GONE)
		tell_result(d, &c->ulid_local, &c->ulid_peer, -ECONNABORTED,
			    s6_ctx_live(c) ? HOLD_DELETED : HOLD_OTHER);
	else if (c->state == S6_ESTABLISHED)
		tell_result(d, &c->ulid_local, &c->ulid_peer, 0, 0);
	else if (c->state == S6_NO_SUPPORT)
		tell_result(d, &c->ulid_local, &c->ulid_peer, -EPROTONOSUPPORT, HOLD_NO_SUPPORT);
	else if (c->state == S6_E_FAILED)
		tell_result(d, &c->ulid_local, &c->ulid_peer, -ETIMEDOUT, HOLD_FAILED);
}

void reaplink_ctx(struct shim6d *d, const struct s6_action *act)
{
	bool was_live = act->what & S6_C_STATE && (act->old_state == S6_ESTABLISHED || act->old_state == S6_I2BIS_SENT);
	bool live = s6_ctx_live(&act->ctx);

	if (!conn(d))
		return;
	if (act->what & S6_C_GONE ? live : was_live && !live)
		tell_gone(d, &act->ctx);
	else if (live)
		tell_assoc(d, &act->ctx);
	if (act->what & (S6_C_STATE | S6_C_GONE))
		tell_outcome(d, act);
}

void reaplink_payload(struct shim6d *d, const struct s6_ctx *c, bool sent)
{
	struct reap_ipc_payload p = { .handle = c->ct_local, .sent = sent };

	if (conn(d))
		tell(d, REAP_IPC_PAYLOAD, &p, sizeof(p));
}

void reaplink_explore(struct shim6d *d, const struct s6_ctx *c)
{
	struct reap_ipc_explore m = { .handle = c->ct_local, .local = c->loc_local, .peer = c->loc_peer };

	if (conn(d))
		tell(d, REAP_IPC_EXPLORE, &m, sizeof(m));
	else
		log_warn("%s: reapd is not running: no other pair can be looked for", text_ctx(c));
}

int reaplink_move(struct shim6d *d, const struct s6_ctx *c, const struct in6_addr *local, const struct in6_addr *peer)
{
	struct reap_ipc_move m = { .handle = c->ct_local, .local = *local, .peer = *peer };

	if (!conn(d))
		return -ENOTCONN;
	tell(d, REAP_IPC_MOVE, &m, sizeof(m));
	return 0;
}

int reaplink_flows(const struct shim6d *d, const struct s6_ctx *c)
{
	struct pair key = { c->ulid_local, c->ulid_peer };
	struct flows *f;

	if (!reaplink_pid(d))
		return -1;
	HASH_FIND(hh, d->reaplink->flows, &key, sizeof(key), f);
	return f ? (int)f->n : 0;
}

bool reaplink_settled(const struct shim6d *d)
{
	return reaplink_pid(d) && hal_now_ms() - d->reaplink->since >= d->conf.gc.idle;
}

pid_t reaplink_pid(const struct shim6d *d)
{
	return d->reaplink ? d->reaplink->pid : 0;
}

/* --- what reapd says ------------------------------------------------------------------------------------------- */

static void on_hello(struct shim6d *d, const struct reap_ipc_hello *h)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(600000, 1);

	if (h->version != REAP_IPC_VERSION) {
		/* It is tried again every few seconds. */
		log_limited(&limit, HAL_LOG_ERR, "reapd speaks version %u of the protocol, we speak %u: %s is older; "
			    "install both from one build", h->version, REAP_IPC_VERSION,
			    h->version < REAP_IPC_VERSION ? "reapd" : "shim6d");
		d->reaplink->complained = true;
		hal_ipc_close(conn(d), "another version of the protocol");
		return;
	}
	d->reaplink->pid = h->pid;
	d->reaplink->since = hal_now_ms();
	d->reaplink->complained = false;
	d->counters.reapd_connections++;
	log_notice("connected to reapd, process %u", h->pid);
	ctl_reapd(d, true);
}

static void on_pair(struct shim6d *d, const struct reap_ipc_pair *p)
{
	int err;

	log_info("reapd: pair %s and %s for tag 0x%012llx: %.*s", addr_text(&p->local), addr_text(&p->peer),
		 (unsigned long long)p->handle, (int)sizeof(p->why), p->why);
	err = engine_use_pair(d, p->handle, &p->local, &p->peer);
	if (err) {
		d->counters.reapd_bad++;
		log_info("reapd chose %s and %s for tag 0x%012llx, which cannot be: %s", addr_text(&p->local),
			 addr_text(&p->peer), (unsigned long long)p->handle, strerror(-err));
	}
}

static void on_state(struct shim6d *d, const struct reap_ipc_state *s)
{
	const struct s6_ctx *c = s6_find_tag(engine_host(d), s->handle);
	struct ctxinfo *info = c ? engine_info(d, c->id) : NULL;
	char why[sizeof(s->why) + 1];
	int old;

	if (!info || s->state > SHIM6_REAP_INBOUND_OK) {
		d->counters.reapd_bad++;
		return;
	}
	old = info->reap;
	info->reap = s->state;
	if (old == s->state)
		return;
	snprintf(why, sizeof(why), "%.*s", (int)sizeof(s->why), s->why);
	/* Failures and recoveries are to be logged (RFC 5534, 9). */
	if (old != REAP_UNKNOWN || s->state != SHIM6_REAP_OPERATIONAL)
		log_notice("%s: %s, over %s and %s%s%s", text_ctx(c), reap_state_name(s->state),
			   addr_text(&c->loc_local), addr_text(&c->loc_peer), *why ? ": " : "", why);
	ctl_reap(d, c, old, why);
}

static void on_want(struct shim6d *d, const struct reap_ipc_want *w)
{
	const struct s6_ctx *c;
	uint32_t id;
	int err;

	d->counters.wants++;
	err = engine_trigger(d, &w->local, &w->peer, 0, false, &id);
	c = err ? NULL : s6_find_id(engine_host(d), id);
	if (err) {
		d->counters.wants_refused++;
		log_info("no context for %s and %s: %s", addr_text(&w->local), addr_text(&w->peer), strerror(-err));
		tell_result(d, &w->local, &w->peer, err, HOLD_OTHER);
	} else if (c && c->state == S6_ESTABLISHED) {
		tell_result(d, &w->local, &w->peer, 0, 0);
	}
}

static void on_flows(struct shim6d *d, const struct reap_ipc_flows *m)
{
	struct pair key = { m->local, m->peer };
	struct flows *f;

	HASH_FIND(hh, d->reaplink->flows, &key, sizeof(key), f);
	if (f && !m->flows) {
		HASH_DEL(d->reaplink->flows, f);
		free(f);
	} else if (f) {
		f->n = m->flows;
	} else if (m->flows) {
		f = calloc(1, sizeof(*f));
		if (!f)
			return;
		f->pair = key;
		f->n = m->flows;
		HASH_ADD(hh, d->reaplink->flows, pair, sizeof(f->pair), f);
	}
}

static void on_stat(struct shim6d *d, const struct reap_ipc_stat *m)
{
	struct reap_ipc_stat s = *m;

	s.name[sizeof(s.name) - 1] = '\0';
	s.text[sizeof(s.text) - 1] = '\0';
	for (struct waiting *w = d->reaplink->waiting; w; w = w->next)
		if (w->begun)
			w->one(w->arg, s.name, s.value, s.text);
}

static void stats_begin(struct shim6d *d)
{
	for (struct waiting *w = d->reaplink->waiting; w; w = w->next)
		w->begun = true;
	tell(d, REAP_IPC_STATS_GET, NULL, 0);
	hal_timer_set(d->reaplink->timer, STATS_WAIT);
}

/* @complete: the answer is whole; otherwise there will be none for anybody. */
static void stats_end(struct shim6d *d, bool complete)
{
	struct waiting **p = &d->reaplink->waiting, *w;

	hal_timer_stop(d->reaplink->timer);
	while ((w = *p)) {
		if (complete && !w->begun) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		w->end(w->arg, complete);
		free(w);
	}
	if (d->reaplink->waiting)
		stats_begin(d);
}

/*
 * Tell the next lot of associations, and go on when reapd has taken it.  If the last one that was told is gone by then,
 * we begin again: being told twice does no harm.
 */
static void sync_some(struct shim6d *d)
{
	const struct s6_ctx *c = s6_find_id(engine_host(d), d->reaplink->synced);

	for (unsigned int n = 0; n < SYNC_LOT; ) {
		c = s6_next(engine_host(d), c);
		if (!c) {
			tell(d, REAP_IPC_SYNC, NULL, 0);
			return;
		}
		if (!s6_ctx_live(c))
			continue;
		tell_assoc(d, c);
		d->reaplink->synced = c->id;
		n++;
	}
	tell(d, REAP_IPC_PING, NULL, 0);
}

static void on_message(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 3);
	struct shim6d *d = arg;
	const struct reap_ipc_orphan *o = body;
	static const size_t length[] = {
		[REAP_IPC_HELLO] = sizeof(struct reap_ipc_hello),
		[REAP_IPC_PONG] = 0,
		[REAP_IPC_PAIR] = sizeof(struct reap_ipc_pair),
		[REAP_IPC_STATE] = sizeof(struct reap_ipc_state),
		[REAP_IPC_ORPHAN] = sizeof(struct reap_ipc_orphan),
		[REAP_IPC_WANT] = sizeof(struct reap_ipc_want),
		[REAP_IPC_FLOWS] = sizeof(struct reap_ipc_flows),
		[REAP_IPC_STAT] = sizeof(struct reap_ipc_stat),
		[REAP_IPC_STATS_END] = 0,
	};

	(void)c;
	if (f->type >= sizeof(length) / sizeof(length[0]) || f->len != length[f->type] ||
	    (f->type != REAP_IPC_HELLO && !d->reaplink->pid)) {
		d->counters.reapd_bad++;
		log_limited(&limit, HAL_LOG_WARN, "message %u of %u octets from reapd was not understood", f->type,
			    f->len);
		return;
	}
	switch (f->type) {
	case REAP_IPC_HELLO:
		on_hello(d, body);
		break;
	case REAP_IPC_PONG:
		sync_some(d);
		break;
	case REAP_IPC_PAIR:
		on_pair(d, body);
		break;
	case REAP_IPC_STATE:
		on_state(d, body);
		break;
	case REAP_IPC_ORPHAN:
		d->counters.orphans++;
		engine_unknown_tag(d, o->tag, &o->src, &o->dst);
		break;
	case REAP_IPC_WANT:
		on_want(d, body);
		break;
	case REAP_IPC_FLOWS:
		on_flows(d, body);
		break;
	case REAP_IPC_STAT:
		on_stat(d, body);
		break;
	case REAP_IPC_STATS_END:
		stats_end(d, true);
		break;
	default:
		d->counters.reapd_bad++;
	}
}

static void on_up(struct hal_ipc_conn *conn, void *arg)
{
	struct reap_ipc_hello h = { .version = REAP_IPC_VERSION, .pid = getpid(), .program = "shim6d" };
	struct shim6d *d = arg;

	(void)conn;
	tell(d, REAP_IPC_HELLO, &h, sizeof(h));
	d->reaplink->synced = 0;
	sync_some(d);
}

static void flows_clear(struct reaplink *r)
{
	struct flows *f, *next;

	HASH_ITER(hh, r->flows, f, next) {
		HASH_DEL(r->flows, f);
		free(f);
	}
}

static void on_down(struct hal_ipc_conn *conn, int err, const char *why, void *arg)
{
	const struct s6_ctx *c = NULL;
	struct shim6d *d = arg;

	(void)conn;
	(void)err;
	if (d->reaplink->pid)
		log_warn("the connection to reapd ended: %s; trying to reconnect", why);
	else if (!d->reaplink->complained)
		log_warn("reapd is not there (%s/" REAP_IPC_SOCKET ": %s): no failure is found until it runs; trying "
			 "again", d->conf.daemon.rundir, why);
	d->reaplink->complained = true;
	if (!d->reaplink->pid)
		return;
	d->reaplink->pid = 0;
	flows_clear(d->reaplink);
	stats_end(d, false);
	while ((c = s6_next(engine_host(d), c))) {
		struct ctxinfo *info = engine_info(d, c->id);

		if (info)
			info->reap = REAP_UNKNOWN;
	}
	ctl_reapd(d, false);
}

/* --- counters of reapd ------------------------------------------------------------------------------------------- */

int reaplink_stats(struct shim6d *d, reaplink_stat_fn one, reaplink_end_fn end, void *arg)
{
	struct waiting *w;

	if (!reaplink_pid(d))
		return -1;
	w = calloc(1, sizeof(*w));
	if (!w)
		return -1;
	*w = (struct waiting){ .one = one, .end = end, .arg = arg, .next = d->reaplink->waiting };
	d->reaplink->waiting = w;
	if (!w->next)
		stats_begin(d);
	return 0;
}

void reaplink_stats_forget(struct shim6d *d, void *arg)
{
	struct waiting **p, *w;

	if (!d->reaplink)
		return;
	for (p = &d->reaplink->waiting; (w = *p); ) {
		if (w->arg == arg) {
			*p = w->next;
			free(w);
		} else {
			p = &w->next;
		}
	}
}

static void on_stats_late(void *arg)
{
	stats_end(arg, false);
}

/* --- life ---------------------------------------------------------------------------------------- */

int reaplink_open(struct shim6d *d)
{
	static const struct hal_ipc_ops ops = { .up = on_up, .message = on_message, .down = on_down };
	static const struct hal_ipc_client_opts opts = { .max_queue = QUEUE_MAX };
	char path[CONF_PATH_MAX + 16];
	int err = -ENOMEM;

	snprintf(path, sizeof(path), "%s/" REAP_IPC_SOCKET, d->conf.daemon.rundir);
	d->reaplink = calloc(1, sizeof(*d->reaplink));
	if (d->reaplink)
		d->reaplink->timer = hal_timer_new(d->loop, on_stats_late, d);
	if (d->reaplink && d->reaplink->timer)
		err = hal_ipc_connect(&d->reaplink->client, d->loop, path, &opts, &ops, d);
	if (!err)
		return 0;
	hal_daemon_fail("%s: %s", path, strerror(-err));
	return -1;
}

void reaplink_close(struct shim6d *d)
{
	if (!d->reaplink)
		return;
	hal_ipc_client_free(d->reaplink->client);
	stats_end(d, false);
	hal_timer_free(d->reaplink->timer);
	flows_clear(d->reaplink);
	free(d->reaplink);
	d->reaplink = NULL;
}
