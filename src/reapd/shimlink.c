// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The control daemon: reapd listens, shim6d connects, says hello, sets its associations and then SYNC (reap_ipc.h).
 *
 * When it goes away, associations stay for a time in which it comes back and says all of it again; probes go on
 * meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/daemon.h"
#include "hal/ipc.h"
#include "hal/log.h"
#include "hal/nfq.h"
#include "reapd.h"

#define QUEUE_MAX	(64 << 20)	/* octets; a link that goes down may concern every association */
#define GRACE	300000		/* ms without a control daemon until its associations are given up */

static void on_grace(void *arg)
{
	struct reapd *r = arg;

	log_warn("no control daemon for %u s: %u associations are given up", GRACE / 1000, engine_count(r->engine));
	engine_forget_all(r->engine);
	engine_rearm(r);
}

bool shimlink_send(struct reapd *r, uint16_t type, const void *body, size_t len)
{
	return r->control && !hal_ipc_send(r->control, type, 0, 0, body, len);
}

void shimlink_pair(void *arg, const struct reap_ipc_pair *p)
{
	shimlink_send(arg, REAP_IPC_PAIR, p, sizeof(*p));
}

void shimlink_state(void *arg, const struct reap_ipc_state *s)
{
	shimlink_send(arg, REAP_IPC_STATE, s, sizeof(*s));
}

/* --- counters --------------------------------------------------------------------------------- */

struct answer {
	struct hal_ipc_conn *c;
	uint32_t seq;
};

static void tell_counter(void *arg, const char *name, uint64_t value, const char *text)
{
	const struct answer *a = arg;
	struct reap_ipc_stat m = { .value = value };

	snprintf(m.name, sizeof(m.name), "%s", name);
	snprintf(m.text, sizeof(m.text), "%s", text);
	hal_ipc_send(a->c, REAP_IPC_STAT, HAL_IPC_F_MORE, a->seq, &m, sizeof(m));
}

static void tell_counters(struct reapd *r, struct hal_ipc_conn *c, uint32_t seq)
{
	struct answer a = { c, seq };

	tell_counter(&a, "reap-associations", engine_count(r->engine), "Associations that are watched now.");
	tell_counter(&a, "flows", flows_count(r->flows), "Flows of this host that are followed now.");
	tell_counter(&a, "flow-pairs", flows_pairs(r->flows), "Pairs of addresses that are known now.");
	tell_counter(&a, "queue-lost", hal_nfq_stats(r->nfq)->lost,
		     "Times that the kernel dropped packets as reapd did not read its queue fast enough.");
	counters_tell(&r->counters, tell_counter, &a);
	hal_ipc_send(c, REAP_IPC_STATS_END, 0, seq, NULL, 0);
}

/* --- messages --------------------------------------------------------------------------------- */

static void bad_message(struct reapd *r, struct hal_ipc_conn *c, const struct hal_ipc_frame *f)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 5);

	count(&r->counters, C_IPC_BAD);
	log_limited(&limit, HAL_LOG_WARN, "process %d sent a message of type %u, %u octets, that makes no sense",
		    (int)hal_ipc_cred(c)->pid, f->type, f->len);
}

static void on_hello(struct reapd *r, struct hal_ipc_conn *c, const struct reap_ipc_hello *m)
{
	struct reap_ipc_hello own = { .version = REAP_IPC_VERSION, .pid = getpid(), .program = "reapd" };
	struct hal_ipc_conn *old = r->control;
	char program[sizeof(m->program) + 1] = "";

	memcpy(program, m->program, sizeof(m->program));
	if (m->version != REAP_IPC_VERSION) {
		log_err("%s speaks version %u of the protocol between the daemons, reapd version %u: %s is older, "
			"install both from one release", program, m->version, REAP_IPC_VERSION,
			m->version < REAP_IPC_VERSION ? program : "reapd");
		/* It should say so too. */
		hal_ipc_send(c, REAP_IPC_HELLO, 0, 0, &own, sizeof(own));
		hal_ipc_finish(c);
		return;
	}
	log_info("%s, process %u, is here", program, m->pid);
	r->control = c;
	if (old && old != c)
		hal_ipc_close(old, "another control daemon came");
	hal_timer_stop(r->grace);
	engine_hello(r->engine);
	hal_ipc_send(c, REAP_IPC_HELLO, 0, 0, &own, sizeof(own));
}

static void on_assoc(struct reapd *r, const struct reap_ipc_assoc *m)
{
	int err = engine_set(r->engine, m, hal_now_ms());

	if (err) {
		count(&r->counters, C_IPC_BAD);
		log_warn("an association of the control daemon was not taken: %s", strerror(-err));
	}
	engine_rearm(r);
}

/* Messages that only the control daemon may send, after its hello.  False: wrong type or length. */
static bool on_control(struct reapd *r, const struct hal_ipc_frame *f, const void *body)
{
	const struct reap_ipc_handle *h = body;
	const struct reap_ipc_payload *p = body;
	const struct reap_ipc_standby *s = body;

	switch (f->type) {
	case REAP_IPC_PING:
		if (f->len)
			return false;
		shimlink_send(r, REAP_IPC_PONG, NULL, 0);
		return true;
	case REAP_IPC_SYNC:
		if (f->len)
			return false;
		engine_sync(r->engine);
		trigger_control(r);
		break;
	case REAP_IPC_ASSOC_SET:
		if (f->len != sizeof(struct reap_ipc_assoc))
			return false;
		on_assoc(r, body);
		return true;
	case REAP_IPC_ASSOC_DEL:
		if (f->len != sizeof(*h))
			return false;
		engine_del(r->engine, h->handle);
		break;
	case REAP_IPC_PAYLOAD:
		if (f->len != sizeof(*p))
			return false;
		engine_payload(r->engine, p->handle, p->sent, hal_now_ms());
		break;
	case REAP_IPC_EXPLORE:
		if (f->len != sizeof(struct reap_ipc_explore))
			return false;
		engine_explore(r->engine, body, hal_now_ms());
		break;
	case REAP_IPC_MOVE:
		if (f->len != sizeof(struct reap_ipc_move))
			return false;
		engine_move(r->engine, body, hal_now_ms());
		break;
	case REAP_IPC_STANDBY:
		if (f->len != sizeof(*s) || s->how > REAP_IPC_STANDBY_OFF)
			return false;
		engine_standby(r->engine, s->handle, s->how, hal_now_ms());
		break;
	case REAP_IPC_WANT_RESULT:
		if (f->len != sizeof(struct reap_ipc_want_result))
			return false;
		trigger_result(r, body);
		return true;
	default:
		return false;
	}
	engine_rearm(r);
	return true;
}

static void on_message(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	struct reapd *r = arg;

	if (f->type == REAP_IPC_HELLO && f->len == sizeof(struct reap_ipc_hello))
		on_hello(r, c, body);
	else if (f->type == REAP_IPC_STATS_GET && !f->len)
		tell_counters(r, c, f->seq);
	else if (c != r->control || !on_control(r, f, body))
		bad_message(r, c, f);
}

static void on_down(struct hal_ipc_conn *c, int err, const char *why, void *arg)
{
	struct reapd *r = arg;

	(void)err;
	if (c != r->control)
		return;
	r->control = NULL;
	count(&r->counters, C_IPC_LOST);
	log_notice("the control daemon is gone: %s; %u associations are kept for %u s", why, engine_count(r->engine),
		   GRACE / 1000);
	hal_timer_set(r->grace, GRACE);
}

/* --- life ------------------------------------------------------------------------------------- */

int shimlink_open(struct reapd *r)
{
	static const struct hal_ipc_server_opts opts = {
		.mode = 0600, .group = (gid_t)-1, .max_clients = 8, .max_queue = QUEUE_MAX,
	};
	static const struct hal_ipc_ops ops = { .message = on_message, .down = on_down };
	char path[CONF_PATH_MAX + sizeof(REAP_IPC_SOCKET)];
	int err;

	r->grace = hal_timer_new(r->loop, on_grace, r);
	if (!r->grace) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	snprintf(path, sizeof(path), "%s/%s", r->conf.daemon.rundir, REAP_IPC_SOCKET);
	err = hal_ipc_listen(&r->ipc, r->loop, path, &opts, &ops, r);
	if (err)
		hal_daemon_fail("cannot listen on %s: %s", path, strerror(-err));
	return err ? -1 : 0;
}

void shimlink_close(struct reapd *r)
{
	hal_ipc_server_free(r->ipc);
	hal_timer_free(r->grace);
	r->ipc = NULL;
	r->control = NULL;
	r->grace = NULL;
}
