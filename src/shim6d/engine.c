// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The machine's surroundings: its clock, its messages in and out, and its actions carried out in their order.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip6.h"
#include "hal/clock.h"
#include "hal/log.h"
#include "hal/nfq.h"
#include "hal/raw.h"
#include "hal/rng.h"
#include "prover.h"
#include "shim6d.h"
#include "table.h"
#include "text.h"

struct s6_siphash_key table_key;

struct info {
	struct ctxinfo pub;
	UT_hash_handle hh;		/* by pub.id */
};

struct engine {
	struct s6_host *host;
	struct s6_actions acts;
	bool running;			/* actions are being carried out; new ones join the queue */
	struct hal_timer *timer;
	struct hal_nfq *nfq;
	struct hal_raw *raw;
	struct prover *prover;
	struct info *infos;
};

const struct s6_host *engine_host(const struct shim6d *d)
{
	return d->engine->host;
}

struct ctxinfo *engine_info(struct shim6d *d, uint32_t id)
{
	struct info *i;

	HASH_FIND(hh, d->engine->infos, &id, sizeof(id), i);
	return i ? &i->pub : NULL;
}

static void info_add(struct engine *e, uint32_t id)
{
	struct info *i = calloc(1, sizeof(*i));

	if (!i) {
		log_err("out of memory: ending; contexts stay in the kernel and are taken up at the next start");
		exit(EXIT_FAILURE);
	}
	i->pub.id = id;
	i->pub.created = hal_now_ms();
	i->pub.reap = REAP_UNKNOWN;
	HASH_ADD(hh, e->infos, pub.id, sizeof(i->pub.id), i);
}

static void info_del(struct engine *e, uint32_t id)
{
	struct info *i;

	HASH_FIND(hh, e->infos, &id, sizeof(id), i);
	if (i) {
		HASH_DEL(e->infos, i);
		free(i);
	}
}

/* --- carrying out -------------------------------------------------------------------------------------------- */

static void do_send(struct shim6d *d, const struct s6_action *act)
{
	const struct in6_addr *src = &act->pkt.src, *dst = &act->pkt.dst;
	int err;

	err = hal_raw_send(d->engine->raw, src, dst, 0, act->pkt.data, act->pkt.len);
	if (err) {
		d->counters.send_failed++;
		log_debug("%s from %s to %s was not sent: %s", s6_type_name(act->pkt.data[2]), addr_text(src),
			  addr_text(dst), strerror(-err));
		return;
	}
	log_debug("sent %s, %zu octets, from %s to %s", s6_type_name(act->pkt.data[2]), act->pkt.len, addr_text(src),
		  addr_text(dst));
}

static void log_ctx(const struct s6_action *act)
{
	const struct s6_ctx *c = &act->ctx;
	bool was_live = act->old_state == S6_ESTABLISHED || act->old_state == S6_I2BIS_SENT;

	if (act->what & S6_C_GONE) {
		hal_logf(s6_ctx_live(c) ? HAL_LOG_NOTICE : HAL_LOG_INFO, "%s: deleted: %s", text_ctx(c), act->why);
		return;
	}
	if (act->what & S6_C_STATE)
		hal_logf(s6_ctx_live(c) || was_live ? HAL_LOG_NOTICE : HAL_LOG_INFO, "%s: %s -> %s: %s", text_ctx(c),
			 s6_state_name(act->old_state), s6_state_name(c->state), act->why);
	/* Failovers are to be logged (RFC 5534, 9). */
	if (act->what & S6_C_PAIR && !(act->what & S6_C_NEW) && s6_ctx_live(c))
		log_notice("%s: now over %s and %s: %s", text_ctx(c), addr_text(&c->loc_local), addr_text(&c->loc_peer),
			   act->why);
	if (act->what & (S6_C_LS_LOCAL | S6_C_LS_PEER))
		log_info("%s: %u locators here, %u there: %s", text_ctx(c), c->ls_local.n, c->ls_peer.n, act->why);
}

static void do_ctx(struct shim6d *d, const struct s6_action *act)
{
	const struct s6_ctx *c = &act->ctx;
	bool gone = act->what & S6_C_GONE;
	struct ctxinfo *info;
	char why[256];
	int err;

	if (!gone && !engine_info(d, c->id))
		info_add(d->engine, c->id);
	log_ctx(act);
	err = kernel_sync(d, c, gone);
	if (err && !gone) {
		if (err == -ENOSPC)
			d->counters.kernel_full++;
		else
			d->counters.kernel_failed++;
		/* The peer notices by its tag being unknown; packets go on between the ULIDs. */
		engine_delete(d, c->id, err == -ENOSPC ? "the kernel's context table is full (dataplane.max_contexts)" :
						    "the kernel refused it");
	}
	routable_ctx(d, c, gone);
	reaplink_ctx(d, act);
	ctl_ctx(d, act);
	if (gone) {
		info = engine_info(d, c->id);
		if (info && (info->shim || info->deshim)) {
			info->shim = info->deshim = false;
			if (rules_update(d, why, sizeof(why)))
				log_warn("%s: its static rules could not be removed: %s", text_ctx(c), why);
		}
		info_del(d->engine, c->id);
	}
	state_changed(d);
}

static void do_explore(struct shim6d *d, const struct s6_action *act)
{
	log_notice("%s: another pair is looked for: %s", text_ctx(&act->ctx), act->why);
	reaplink_explore(d, &act->ctx);
}

static void do_prove(struct shim6d *d, const struct s6_action *act)
{
	struct s6_bytes known = s6_peer_pds(d->engine->host, act->ctx.id);
	struct prover_job job = {
		.src = act->pkt.src, .dst = act->pkt.dst, .ulid = act->ulid, .len = act->pkt.len,
		.min_bits = d->conf.security.min_key_bits, .known_len = known.len,
	};

	if (!d->engine->prover)
		return;
	memcpy(job.data, act->pkt.data, act->pkt.len);
	if (known.len)
		memcpy(job.known, known.p, known.len);
	switch (prover_submit(d->engine->prover, &job)) {
	case PROVER_TAKEN:
		break;
	case PROVER_FULL:
		d->counters.proofs_full++;
		break;
	case PROVER_SHARED:
		d->counters.proofs_shared++;
		break;
	case PROVER_NO_MEMORY:
		d->counters.proofs_memory++;
		break;
	}
}

static void run(struct shim6d *d)
{
	struct engine *e = d->engine;
	struct s6_action act;

	if (e->running)
		return;
	e->running = true;
	for (unsigned int i = 0; i < e->acts.n; i++) {
		act = e->acts.a[i];	/* a copy: carrying it out may append and move the queue */
		switch (act.type) {
		case S6_ACT_SEND:
			do_send(d, &act);
			break;
		case S6_ACT_CTX:
			do_ctx(d, &act);
			break;
		case S6_ACT_PAYLOAD:
			reaplink_payload(d, &act.ctx, act.sent);
			break;
		case S6_ACT_EXPLORE:
			do_explore(d, &act);
			break;
		case S6_ACT_PROVE:
			do_prove(d, &act);
			break;
		}
	}
	s6_actions_clear(&e->acts);
	e->running = false;
	hal_timer_at(e->timer, s6_next_due(e->host));
}

/* --- events -------------------------------------------------------------------------------------------------- */

static void on_timer(void *arg)
{
	struct shim6d *d = arg;

	s6_timeout(d->engine->host, hal_now_ms(), &d->engine->acts);
	run(d);
}

static enum hal_verdict on_packet(const struct hal_nfq_packet *pkt, void *arg)
{
	struct shim6d *d = arg;
	struct ip6_shim m;

	if (pkt->orig_len > pkt->len || !ip6_find_shim(pkt->data, pkt->len, &m)) {
		d->counters.queue_bad++;
		return HAL_DROP;
	}
	log_debug("received %s, %zu octets, from %s to %s",
		  m.len > 2 ? s6_type_name(m.data[2] & SHIM6_TYPE_MASK) : "too little", m.len,
		  addr_text(&m.src), addr_text(&m.dst));
	s6_input(d->engine->host, hal_now_ms(), &m.src, &m.dst, m.data, m.len, &d->engine->acts);
	run(d);
	return HAL_DROP;	/* consumed */
}

/* A message whose proof was looked at comes back. */
static void on_proof(void *arg, const struct prover_job *job)
{
	struct shim6d *d = arg;

	d->counters.proof[job->fail]++;
	if (job->fail)
		log_info("the locators in a %s from %s are not proven: %s", s6_type_name(job->data[2] & SHIM6_TYPE_MASK),
			 addr_text(&job->src), cga_fail_text(job->fail));
	if (job->fail == CGA_MEMORY)		/* our fault, not the peer's */
		return;
	s6_proven(d->engine->host, hal_now_ms(), &job->src, &job->dst, job->data, job->len, &job->proof,
		  &d->engine->acts);
	run(d);
}

/* RFC 5533, 8 */
static void on_raw_error(const struct hal_raw_error *err, void *arg)
{
	uint8_t quoted[SHIM6_PACKET_MAX];
	struct shim6d *d = arg;
	size_t len;

	len = err->icmp_type ? hal_raw_quoted(err, SHIM6_PROTO, quoted, sizeof(quoted)) : 0;
	if (!len)
		return;
	d->counters.icmp_errors++;
	log_debug("ICMPv6 type %u code %u from %s about our message from %s to %s", err->icmp_type, err->icmp_code,
		  addr_text(&err->offender), addr_text(&err->src), addr_text(&err->dst));
	s6_icmp_error(d->engine->host, hal_now_ms(), err->icmp_type, err->icmp_code, quoted, len, &d->engine->acts);
	run(d);
}

void engine_unknown_tag(struct shim6d *d, uint64_t tag, const struct in6_addr *src, const struct in6_addr *dst)
{
	s6_unknown_tag(d->engine->host, hal_now_ms(), tag, src, dst, &d->engine->acts);
	run(d);
}

void engine_payload_in(struct shim6d *d, uint64_t ct_local)
{
	s6_payload_in(d->engine->host, hal_now_ms(), ct_local, &d->engine->acts);
	run(d);
}

/*
 * At random, so that both ends may fork at once and have two forks (Q34); small enough for a mark, if marks are used.
 * When many are taken, the next free one does.
 */
uint32_t engine_free_fii(struct shim6d *d, const struct in6_addr *local, const struct in6_addr *peer)
{
	uint32_t mask = d->conf.dataplane.fork_mark, max = mask ? mask >> __builtin_ctz(mask) : UINT32_MAX, fii;

	hal_random(NULL, &fii, sizeof(fii));
	fii = fii % max + 1;
	while (s6_find_ulids(engine_host(d), local, peer, fii))
		if (!++fii)
			fii++;
	return fii;
}

const char *engine_trigger_error(int err)
{
	switch (err) {
	case -EAGAIN:
		return "hold-down: this peer did not answer or has no Shim6; "
		       "delete its context to ask it before the time is up";
	case -EPERM:
		return "trigger.answer_only is set (force does it all the same)";
	case -EADDRNOTAVAIL:
		return "the local address is not a locator of this host (shim6ctl locators lists them)";
	case -ENOSPC:
		return "the context table is full (dataplane.max_contexts)";
	case -EACCES:
		return "security.allow_prefixes and deny_prefixes forbid this peer";
	case -EINVAL:
		return "these addresses cannot have a context";
	default:
		return strerror(-err);
	}
}

int engine_trigger(struct shim6d *d, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
		   bool force, uint32_t *id)
{
	int err = s6_trigger(d->engine->host, hal_now_ms(), local, peer, fii, force, id, &d->engine->acts);

	run(d);
	return err;
}

void engine_set_own(struct shim6d *d, const struct s6_own *own, unsigned int n)
{
	int err = s6_set_own(d->engine->host, own, n);

	if (err)
		log_err("the proofs of our addresses cannot be announced: %s", strerror(-err));
}

void engine_set_local(struct shim6d *d, const struct s6_locator *loc, unsigned int n)
{
	s6_set_local(d->engine->host, hal_now_ms(), loc, n, &d->engine->acts);
	run(d);
}

int engine_use_pair(struct shim6d *d, uint64_t ct_local, const struct in6_addr *local, const struct in6_addr *peer)
{
	int err = s6_use_pair(d->engine->host, hal_now_ms(), ct_local, local, peer, &d->engine->acts);

	run(d);
	return err;
}

int engine_update(struct shim6d *d, uint32_t id)
{
	int err = s6_update(d->engine->host, hal_now_ms(), id, &d->engine->acts);

	run(d);
	return err;
}

int engine_delete(struct shim6d *d, uint32_t id, const char *why)
{
	int err = s6_delete(d->engine->host, hal_now_ms(), id, why, &d->engine->acts);

	run(d);
	return err;
}

int engine_restore(struct shim6d *d, const uint8_t *blob, size_t len)
{
	int err = s6_restore(d->engine->host, hal_now_ms(), blob, len, &d->engine->acts);

	run(d);
	return err;
}

/* --- life ---------------------------------------------------------------------------------------------------- */

static bool peer_ok(const void *arg, const struct in6_addr *a)
{
	return conf_peer_allowed(arg, a);
}

static void machine_config(const struct shim6d *d, struct s6_config *cfg)
{
	s6_config_default(cfg);
	cfg->max_locators = d->conf.security.max_locators;
	cfg->max_pds = d->conf.security.max_pds;
	cfg->peer_ok = peer_ok;
	cfg->peer_ok_arg = &d->conf;
	cfg->verify = d->conf.security.verify == CONF_VERIFY_NONE ? S6_VERIFY_OFF : S6_VERIFY_REQUIRED;
	cfg->max_contexts = d->conf.dataplane.max_contexts;
	cfg->send_timeout = d->conf.reap.send_timeout;
	cfg->answer_only = d->conf.trigger.answer_only;
}

int engine_open(struct shim6d *d)
{
	struct s6_config cfg;
	struct engine *e;

	e = d->engine = calloc(1, sizeof(*e));
	machine_config(d, &cfg);
	hal_random(NULL, &table_key, sizeof(table_key));
	if (e)
		e->host = s6_host_new(&cfg, hal_random, NULL, hal_now_ms());
	if (e && e->host)
		e->timer = hal_timer_new(d->loop, on_timer, d);
	if (e && e->timer)
		return 0;
	hal_daemon_fail("out of memory");
	return -1;
}

int engine_listen(struct shim6d *d)
{
	unsigned int num = d->conf.dataplane.queue_control;
	int err;

	err = hal_raw_open(&d->engine->raw, d->loop, SHIM6_PROTO, on_raw_error, d);
	if (err) {
		hal_daemon_fail("cannot open a raw socket for protocol %d: %s", SHIM6_PROTO, strerror(-err));
		return -1;
	}
	err = hal_nfq_open(&d->engine->nfq, d->loop, num, NULL, on_packet, d);
	if (!err)
		return 0;
	if (err == -EBUSY)
		hal_daemon_fail("netfilter queue %u belongs to another program: choose another "
				"dataplane.queue_control", num);
	else
		hal_daemon_fail("cannot open netfilter queue %u: %s%s", num, strerror(-err),
				err == -EPROTONOSUPPORT ? "; load the module nfnetlink_queue" : "");
	return -1;
}

int engine_start_proofs(struct shim6d *d)
{
	d->engine->prover = prover_new(d->loop, on_proof, d);
	if (d->engine->prover)
		return 0;
	hal_daemon_fail("the thread that verifies proofs cannot be started: %s", strerror(errno));
	return -1;
}

int engine_reconfigure(struct shim6d *d)
{
	struct s6_config cfg;
	int err;

	machine_config(d, &cfg);
	err = s6_host_reconfigure(d->engine->host, &cfg);
	hal_timer_at(d->engine->timer, s6_next_due(d->engine->host));
	return err;
}

void engine_close(struct shim6d *d)
{
	struct engine *e = d->engine;
	struct info *i, *next;

	if (!e)
		return;
	hal_nfq_close(e->nfq);
	prover_free(e->prover);
	hal_raw_close(e->raw);
	hal_timer_free(e->timer);
	HASH_ITER(hh, e->infos, i, next) {
		HASH_DEL(e->infos, i);
		free(i);
	}
	s6_actions_free(&e->acts);
	if (e->host)
		s6_host_free(e->host);
	free(e);
	d->engine = NULL;
}
