// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../common/addr.h"
#include "due.h"
#include "engine.h"
#include "hash.h"
#include "pace.h"

struct assoc {
	uint64_t handle, ct_local;
	struct reap_assoc *reap;
	uint32_t broken;		/* bit i: the control daemon calls local locator i broken */
	uint32_t send_timeout, ka_timeout, ka_interval;		/* ms, of the kernel's clock */
	uint64_t left_at;		/* when it left Operational */
	uint32_t owed;			/* SHIM6_REAP_OP_* that the kernel did not take */
	bool timed;			/* the kernel has our timeouts */
	bool hinting;			/* the kernel gives hints */
	bool moved;			/* the kernel has not got the newest pair */
	bool stale;			/* has not seen the newest state of the host's addresses */
	bool hinted;			/* a hint waits, with this grace */
	uint32_t grace;			/* ms */
	uint64_t turn;			/* those that wait go on in this order: ms since the last packet */
	uint8_t standby;		/* REAP_IPC_STANDBY_* */
	struct in6_addr local;		/* of the pair in use */
	bool fresh;			/* set since the last hello */
	struct s6_timer due;
	UT_hash_handle by_handle, by_tag;
};

#define LEFT_MANY	3	/* associations that leave a local locator ... */
#define LEFT_TIME	1000	/* ... in so many ms of each other make a hint for all that use it */

struct engine {
	struct reap_config cfg;
	struct engine_fast fast;
	struct pace pace;
	struct in6_addr left;		/* local locator of the pair that was left last, */
	unsigned int left_n;		/* by so many shortly one after the other */
	uint64_t left_at, shared_at;
	uint64_t held;			/* nothing is due before, as too many Probes were sent */
	const struct engine_ops *ops;
	void *arg;
	struct counters *counters;
	struct assoc *handles, *tags;
	struct s6_timerq queue;
	struct reap_actions acts;
};

struct engine *engine_new(const struct reap_config *cfg, const struct engine_ops *ops, void *arg,
			  struct counters *counters)
{
	struct engine *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->cfg = *cfg;
	e->ops = ops;
	e->arg = arg;
	e->counters = counters;
	return e;
}

static struct assoc *find(const struct engine *e, uint64_t handle)
{
	struct assoc *a;

	HASH_FIND(by_handle, e->handles, &handle, sizeof(handle), a);
	return a;
}

static struct assoc *find_tag(const struct engine *e, uint64_t ct_local)
{
	struct assoc *a;

	HASH_FIND(by_tag, e->tags, &ct_local, sizeof(ct_local), a);
	return a;
}

/* How an association is named in the log. */
static const char *name(const struct assoc *a)
{
	static char text[2 * INET6_ADDRSTRLEN + 2];
	const struct reap_params *p = reap_get_params(a->reap);

	snprintf(text, sizeof(text), "%s %s", addr_text(&p->ulid_local), addr_text(&p->ulid_peer));
	return text;
}

/* --- the kernel's clock ----------------------------------------------------------------------- */

static uint32_t random_below(struct engine *e, uint32_t n)
{
	uint32_t r;

	e->ops->rng(e->arg, &r, sizeof(r));
	return n ? r % n : 0;
}

/*
 * Timeouts of one association, random so that associations which begin together do not stay in step: the Send
 * Timeout only upward, or it would be shorter than the peer was told; the Keepalive Interval within its bounds
 * of a third and a half (RFC 5534 4.1, Q54), but not so near the half that the second and the last Keepalive
 * follow each other closely, and never below a second (Q51).
 */
static void choose_timeouts(struct engine *e, struct assoc *a, uint32_t ka_timeout)
{
	a->send_timeout = e->cfg.send_timeout + random_below(e, e->cfg.send_timeout / 10 + 1);
	a->ka_timeout = ka_timeout ? ka_timeout : 15000;
	a->ka_interval = a->ka_timeout / 3 + random_below(e, a->ka_timeout / 12 + 1);
	if (a->ka_interval < 1000)
		a->ka_interval = 1000;
	a->timed = false;
}

/* Mode and operations to the kernel, together with whatever it has not got yet. */
static void set_clock(struct engine *e, struct assoc *a, uint32_t ops)
{
	struct kctl_ctx c = {
		.has = KCTL_CT_LOCAL | KCTL_REAP_MODE,
		.ct_local = a->ct_local,
		.reap_mode = reap_state(a->reap),
		.reap_ops = ops ? ops : a->owed,
		.send_timeout = a->send_timeout,
		.ka_timeout = a->ka_timeout,
		.ka_interval = a->ka_interval,
		.hint_min = e->fast.hint_min,
	};
	int err;

	if (c.reap_ops)
		c.has |= KCTL_REAP_OPS;
	/* With the mode, so that TCP, which is woken by either, finds both (kmod/shim6_kick.c). */
	if (a->moved) {
		c.has |= KCTL_LOCATORS;
		reap_pair(a->reap, &c.loc_local, &c.loc_peer);
	}
	if (!a->timed)
		c.has |= KCTL_SEND_TIMEOUT | KCTL_KA_TIMEOUT | KCTL_KA_INTERVAL;
	if (!a->timed && (a->hinting || e->fast.hint_min))
		c.has |= KCTL_HINT_MIN;
	err = e->ops->clock(e->arg, &c);
	if (!err) {
		a->hinting = a->timed ? a->hinting : c.hint_min;
		a->timed = true;
		a->moved = false;
		a->owed = 0;
		return;
	}
	/* The newest wish is carried out at the next event or ASSOC_SET. */
	a->owed = ops ? ops : a->owed;
	a->timed = false;
	if (err == -ENOENT) {
		count(e->counters, C_CLOCK_GONE);
	} else {
		static struct hal_log_limit limit = HAL_LOG_LIMIT(10000, 5);

		count(e->counters, C_CLOCK_FAILED);
		log_limited(&limit, HAL_LOG_WARN, "%s: the kernel refused its timers: %s", name(a), strerror(-err));
	}
}

/* The kernel has the context again, as an event of it shows: hand over what it did not take. */
static void settle(struct engine *e, struct assoc *a)
{
	if (!a->timed)
		set_clock(e, a, 0);
}

/* --- what the machine wants ------------------------------------------------------------------- */

static void do_send(struct engine *e, const struct assoc *a, const struct reap_action *act)
{
	uint8_t type = act->data[2] & SHIM6_TYPE_MASK;
	int err = e->ops->send(e->arg, &act->src, &act->dst, act->data, act->len);

	if (err) {
		/* Nothing unusual while an uplink is away: the next Probe takes another pair. */
		count(e->counters, C_TX_FAILED);
		log_debug("%s: %s from %s to %s cannot be sent: %s", name(a), s6_type_name(type), addr_text(&act->src),
			  addr_text(&act->dst), strerror(-err));
		return;
	}
	log_debug("%s: %s sent from %s to %s", name(a), s6_type_name(type), addr_text(&act->src), addr_text(&act->dst));
	count(e->counters, type == SHIM6_PROBE ? C_TX_PROBE : C_TX_KEEPALIVE);
	if (type == SHIM6_PROBE)
		pace_take(&e->pace);
}

static void tell_pair(struct engine *e, const struct assoc *a, const struct in6_addr *local,
		      const struct in6_addr *peer, const char *why)
{
	struct reap_ipc_pair m = { .handle = a->handle, .local = *local, .peer = *peer };

	snprintf(m.why, sizeof(m.why), "%s", why);
	e->ops->pair(e->arg, &m);
}

/* Failures and switches belong into the log (RFC 5534, 9). */
static void do_pair(struct engine *e, const struct assoc *a, const struct reap_action *act, uint64_t now)
{
	count(e->counters, C_PAIR);
	log_notice("%s: pair %s %s works, found after %llu ms", name(a), addr_text(&act->src), addr_text(&act->dst),
		   (unsigned long long)(now - a->left_at));
	tell_pair(e, a, &act->src, &act->dst, act->why);
}

static void tell_state(struct engine *e, const struct assoc *a, uint8_t state, const char *why)
{
	struct reap_ipc_state m = { .handle = a->handle, .state = state };

	snprintf(m.why, sizeof(m.why), "%s", why);
	e->ops->state(e->arg, &m);
}

static void do_state(struct engine *e, struct assoc *a, const struct reap_action *act, uint64_t now)
{
	if (act->old_state == SHIM6_REAP_OPERATIONAL) {
		a->left_at = now;
		count(e->counters, C_EXPLORED);
		log_notice("%s: exploration begins: %s", name(a), act->why);
	} else if (act->state == SHIM6_REAP_OPERATIONAL) {
		log_notice("%s: operational again after %llu ms: %s", name(a), (unsigned long long)(now - a->left_at),
			   act->why);
	} else {
		log_info("%s: %s to %s: %s", name(a), reap_state_name(act->old_state), reap_state_name(act->state),
			 act->why);
	}
	tell_state(e, a, act->state, act->why);
}

static uint64_t next_due(const struct assoc *a)
{
	uint64_t probe = reap_next_due(a->reap), watch = reap_watch_due(a->reap);

	if (a->stale || a->hinted)
		return a->turn;
	return probe < watch ? probe : watch;
}

#define TURNS_MATTER	64	/* associations that wait at once */

static void set_turn(void *arg, uint64_t ct_local, uint32_t ms)
{
	struct engine *e = arg;
	struct assoc *a = find_tag(e, ct_local);

	if (a && ms < a->turn)
		a->turn = ms;
}

/* Many will have to wait for each other: those go first for which somebody waits now, as recent traffic shows. */
static void take_turns(struct engine *e, uint64_t now)
{
	bool matters = e->ops->ages && e->pace.rate && HASH_CNT(by_handle, e->handles) > TURNS_MATTER;

	for (struct assoc *a = e->handles; a; a = a->by_handle.next)
		a->turn = matters ? now : 0;
	if (matters)
		e->ops->ages(e->arg, set_turn, e);
}

/*
 * An association has left a pair with this local locator.  If several do at about the same time, it may be the uplink:
 * the others that use it need not wait for signs of their own.  It is a hint as any other, so the pair is probed first.
 */
static void note_left(struct engine *e, const struct in6_addr *local, uint64_t now)
{
	if (!e->fast.hint_min)
		return;
	if (!IN6_ARE_ADDR_EQUAL(&e->left, local) || now - e->left_at > LEFT_TIME) {
		e->left = *local;
		e->left_n = 0;
	}
	e->left_at = now;
	if (++e->left_n < LEFT_MANY || now < e->shared_at + LEFT_TIME)
		return;
	e->shared_at = now;
	take_turns(e, now);
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		struct in6_addr own, peer;

		reap_pair(a->reap, &own, &peer);
		if (a->hinted || reap_state(a->reap) != SHIM6_REAP_OPERATIONAL || !IN6_ARE_ADDR_EQUAL(&own, local))
			continue;
		count(e->counters, C_SHARED);
		a->hinted = true;
		a->grace = e->cfg.initial_probe_timeout;
		due_set(&e->queue, &a->due, next_due(a));
	}
}

/* A pair that was found to work. */
static void take_pair(struct engine *e, struct assoc *a, const struct reap_action *act, uint64_t now)
{
	do_pair(e, a, act, now);
	if (!IN6_ARE_ADDR_EQUAL(&a->local, &act->src))
		note_left(e, &a->local, now);
	a->local = act->src;
}

/*
 * Carry out what the machine of @a appended, and put it in its place among those that wait.  Probes go first: one that
 * reports what has arrived moves the peer, whose answers to our traffic would be lost until then.  Then the kernel, as
 * payload waits for it; those who only want to know come last.
 */
static void carry_out(struct engine *e, struct assoc *a, uint64_t now)
{
	for (unsigned int i = 0; i < e->acts.n; i++) {
		if (e->acts.a[i].type == REAP_ACT_SEND)
			do_send(e, a, &e->acts.a[i]);
		a->moved |= e->acts.a[i].type == REAP_ACT_PAIR;
	}
	for (unsigned int i = 0; i < e->acts.n; i++)
		if (e->acts.a[i].type == REAP_ACT_CLOCK)
			set_clock(e, a, e->acts.a[i].ops);
	if (a->moved)
		set_clock(e, a, 0);
	for (unsigned int i = 0; i < e->acts.n; i++) {
		if (e->acts.a[i].type == REAP_ACT_PAIR)
			take_pair(e, a, &e->acts.a[i], now);
		else if (e->acts.a[i].type == REAP_ACT_STATE)
			do_state(e, a, &e->acts.a[i], now);
	}
	reap_actions_clear(&e->acts);
	due_set(&e->queue, &a->due, next_due(a));
}

/* --- associations ----------------------------------------------------------------------------- */

static void tell_assoc(struct engine *e, const struct assoc *a, bool there)
{
	const struct reap_params *p = reap_get_params(a->reap);

	e->ops->assoc(e->arg, &p->ulid_local, &p->ulid_peer, there);
}

static void drop(struct engine *e, struct assoc *a)
{
	s6_timer_stop(&e->queue, &a->due);
	HASH_DELETE(by_handle, e->handles, a);
	HASH_DELETE(by_tag, e->tags, a);
	tell_assoc(e, a, false);
	reap_free(a->reap);
	free(a);
}

void engine_forget_all(struct engine *e)
{
	struct assoc *a, *tmp;

	HASH_ITER(by_handle, e->handles, a, tmp)
		drop(e, a);
}

void engine_free(struct engine *e)
{
	if (!e)
		return;
	engine_forget_all(e);
	s6_timerq_free(&e->queue);
	reap_actions_free(&e->acts);
	free(e);
}

static bool message_ok(const struct reap_ipc_assoc *m)
{
	return m->n_local <= REAP_IPC_LOCATORS && m->n_peer <= REAP_IPC_LOCATORS &&
	       m->ct_local <= SHIM6_TAG_MAX && m->ct_peer <= SHIM6_TAG_MAX;
}

_Static_assert(REAP_IPC_LOCATORS <= S6_LOCATORS_MAX, "a message would not fit into struct reap_params");

static void copy_locators(struct s6_locator *to, const struct reap_ipc_locator *from, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		to[i] = (struct s6_locator){
			.addr = from[i].addr, .flags = from[i].flags, .prio = from[i].prio, .weight = from[i].weight,
		};
}

static void params_from(struct reap_params *p, const struct reap_ipc_assoc *m)
{
	memset(p, 0, sizeof(*p));
	p->ct_local = m->ct_local;
	p->ct_peer = m->ct_peer;
	p->ulid_local = m->ulid_local;
	p->ulid_peer = m->ulid_peer;
	p->loc_local = m->loc_local;
	p->loc_peer = m->loc_peer;
	p->n_local = m->n_local;
	p->n_peer = m->n_peer;
	copy_locators(p->local, m->local, m->n_local);
	copy_locators(p->peer, m->peer, m->n_peer);
	p->ka_timeout = m->ka_timeout;
	p->forked = m->fii;
}

_Static_assert(S6_LOCATORS_MAX <= 32, "assoc.broken has a bit for each locator");

/*
 * Take @p.  Locators from which nothing can leave are broken, whatever the control daemon has heard of it yet
 * (RFC 5534, 3.2).
 */
static void update(struct engine *e, struct assoc *a, struct reap_params *p, uint64_t now)
{
	for (unsigned int i = 0; i < p->n_local; i++) {
		int usable = e->ops->usable(e->arg, &p->local[i].addr);

		p->local[i].flags &= ~(SHIM6_LOC_BROKEN | REAP_LOC_LATER);
		if (a->broken & 1u << i || usable == ADDR_UNUSABLE)
			p->local[i].flags |= SHIM6_LOC_BROKEN;
		else if (usable == ADDR_LATER)
			p->local[i].flags |= REAP_LOC_LATER;
	}
	reap_update(a->reap, p, now, &e->acts);
	carry_out(e, a, now);
}

static void update_given(struct engine *e, struct assoc *a, struct reap_params *p, uint64_t now)
{
	a->broken = 0;
	for (unsigned int i = 0; i < p->n_local; i++)
		if (p->local[i].flags & SHIM6_LOC_BROKEN)
			a->broken |= 1u << i;
	update(e, a, p, now);
}

static void configure_watch(const struct engine *e, struct assoc *a, uint64_t now)
{
	struct reap_watch_config cfg = e->fast.watch;

	if (a->standby != REAP_IPC_STANDBY_DEFAULT)
		cfg.standby = a->standby == REAP_IPC_STANDBY_ON;
	reap_watch_config(a->reap, &cfg, now);
}

static struct assoc *create(struct engine *e, const struct reap_ipc_assoc *m, const struct reap_params *p,
			    uint64_t now)
{
	struct assoc *a = calloc(1, sizeof(*a));
	struct reap_params first = *p;

	if (!a)
		return NULL;
	/*
	 * Made with all links up: if the pair is broken, the update that follows starts the exploration.  A locator
	 * that others go before is no reason for one.
	 */
	for (unsigned int i = 0; i < first.n_local; i++)
		if (e->ops->usable(e->arg, &first.local[i].addr) == ADDR_LATER)
			first.local[i].flags |= REAP_LOC_LATER;
	a->reap = reap_new(&first, &e->cfg, e->ops->rng, e->arg, now);
	if (!a->reap || s6_timerq_reserve(&e->queue, HASH_CNT(by_handle, e->handles) + 1)) {
		reap_free(a->reap);
		free(a);
		return NULL;
	}
	a->handle = m->handle;
	a->ct_local = m->ct_local;
	a->left_at = now;
	a->local = p->loc_local;
	a->due.owner = a;
	choose_timeouts(e, a, m->ka_timeout);
	configure_watch(e, a, now);
	HASH_ADD(by_handle, e->handles, handle, sizeof(a->handle), a);
	HASH_ADD(by_tag, e->tags, ct_local, sizeof(a->ct_local), a);
	tell_assoc(e, a, true);
	return a;
}

/* The control daemon is new here, or missed what we said. */
static void tell_again(struct engine *e, const struct assoc *a, const struct reap_ipc_assoc *m)
{
	struct in6_addr local, peer;

	reap_pair(a->reap, &local, &peer);
	if (!IN6_ARE_ADDR_EQUAL(&local, &m->loc_local) || !IN6_ARE_ADDR_EQUAL(&peer, &m->loc_peer))
		tell_pair(e, a, &local, &peer, "found while the control daemon was away");
	tell_state(e, a, reap_state(a->reap), "");
}

/* A tag or pair of ULIDs never changes: what has the handle now is another association. */
static bool is_another(const struct assoc *a, const struct reap_ipc_assoc *m)
{
	const struct reap_params *p = reap_get_params(a->reap);

	return a->ct_local != m->ct_local || !IN6_ARE_ADDR_EQUAL(&p->ulid_local, &m->ulid_local) ||
	       !IN6_ARE_ADDR_EQUAL(&p->ulid_peer, &m->ulid_peer);
}

int engine_set(struct engine *e, const struct reap_ipc_assoc *m, uint64_t now)
{
	struct reap_params p;
	struct assoc *a;

	if (!message_ok(m))
		return -EINVAL;
	params_from(&p, m);
	a = find(e, m->handle);
	if (a && is_another(a, m)) {
		drop(e, a);
		a = NULL;
	}
	if (!a) {
		if (find_tag(e, m->ct_local))
			return -EINVAL;
		a = create(e, m, &p, now);
		if (!a)
			return -ENOMEM;
		tell_state(e, a, reap_state(a->reap), "");
	} else {
		if (!a->fresh)
			tell_again(e, a, m);
		if (a->ka_timeout != m->ka_timeout && m->ka_timeout)
			choose_timeouts(e, a, m->ka_timeout);
	}
	a->fresh = true;
	if (!a->timed)
		set_clock(e, a, 0);
	update_given(e, a, &p, now);
	return 0;
}

void engine_del(struct engine *e, uint64_t handle)
{
	struct assoc *a = find(e, handle);

	if (a)
		drop(e, a);
}

void engine_hello(struct engine *e)
{
	for (struct assoc *a = e->handles; a; a = a->by_handle.next)
		a->fresh = false;
}

void engine_sync(struct engine *e)
{
	struct assoc *a, *tmp;

	HASH_ITER(by_handle, e->handles, a, tmp)
		if (!a->fresh)
			drop(e, a);
}

void engine_reconfigure(struct engine *e, const struct reap_config *cfg)
{
	bool retime = cfg->send_timeout != e->cfg.send_timeout;

	e->cfg = *cfg;
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		reap_reconfigure(a->reap, cfg);
		if (retime) {
			choose_timeouts(e, a, a->ka_timeout);
			set_clock(e, a, 0);
		}
	}
}

void engine_set_fast(struct engine *e, const struct engine_fast *fast, uint64_t now)
{
	bool hints = fast->hint_min != e->fast.hint_min;
	bool watch = memcmp(&fast->watch, &e->fast.watch, sizeof(fast->watch));

	e->fast = *fast;
	e->pace.rate = fast->probe_rate;
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		if (hints) {
			a->timed = false;
			set_clock(e, a, 0);
		}
		if (watch) {
			configure_watch(e, a, now);
			due_set(&e->queue, &a->due, next_due(a));
		}
	}
}

void engine_standby(struct engine *e, uint64_t handle, uint8_t how, uint64_t now)
{
	struct assoc *a = find(e, handle);

	if (!a || how == a->standby)
		return;
	a->standby = how;
	configure_watch(e, a, now);
	due_set(&e->queue, &a->due, next_due(a));
}

/* --- events ----------------------------------------------------------------------------------- */

void engine_payload(struct engine *e, uint64_t handle, bool sent, uint64_t now)
{
	struct assoc *a = find(e, handle);

	if (!a)
		return;
	if (sent)
		reap_payload_out(a->reap, now, &e->acts);
	else
		reap_payload_in(a->reap, now, &e->acts);
	carry_out(e, a, now);
}

void engine_explore(struct engine *e, const struct reap_ipc_explore *m, uint64_t now)
{
	struct assoc *a = find(e, m->handle);
	struct in6_addr local, peer;

	if (!a)
		return;
	reap_pair(a->reap, &local, &peer);
	if (!IN6_ARE_ADDR_EQUAL(&local, &m->local) || !IN6_ARE_ADDR_EQUAL(&peer, &m->peer))
		return;
	reap_explore(a->reap, "the control daemon asked for it", now, &e->acts);
	carry_out(e, a, now);
}

void engine_move(struct engine *e, const struct reap_ipc_move *m, uint64_t now)
{
	struct assoc *a = find(e, m->handle);

	if (!a)
		return;
	if (reap_move(a->reap, &m->local, &m->peer, now, &e->acts))
		log_info("%s: not moved to another pair: it is exploring, or the pair is not of it", name(a));
	carry_out(e, a, now);
}

bool engine_input(struct engine *e, const struct s6_msg *msg, const struct in6_addr *src, const struct in6_addr *dst,
		  uint64_t now)
{
	struct assoc *a = find_tag(e, msg->tag);
	enum reap_verdict v;

	if (!a)
		return true;
	log_debug("%s: %s received from %s at %s", name(a), s6_type_name(msg->type), addr_text(src), addr_text(dst));
	v = reap_input(a->reap, msg, src, dst, now, &e->acts);
	e->counters->reap[v]++;
	if (v == REAP_V_OK)
		count(e->counters, msg->type == SHIM6_PROBE ? C_RX_PROBE : C_RX_KEEPALIVE);
	carry_out(e, a, now);
	return v == REAP_V_LOCATORS;
}

#define GRACE_MIN	20	/* ms that the current pair has at least to answer after a hint */
#define GRACE_MAX	1000

static const char *hint_text(uint8_t hint)
{
	switch (hint) {
	case SHIM6_HINT_TCP:
		return "TCP retransmits";
	case SHIM6_HINT_SILENCE:
		return "no answer for longer than usual";
	case SHIM6_HINT_ICMP:
		return "an ICMPv6 error";
	default:
		return "a hint";
	}
}

/*
 * The current pair has as long to answer as answers take; nothing is known of a young one, so it has the ordinary time.
 */
static void hint(struct engine *e, struct assoc *a, const struct kctl_event *ev, uint64_t now)
{
	uint32_t grace = ev->hint_gap;

	if (grace == UINT32_MAX)
		grace = e->cfg.initial_probe_timeout;
	else if (grace < GRACE_MIN)
		grace = GRACE_MIN;
	else if (grace > GRACE_MAX)
		grace = GRACE_MAX;
	if (pace_ok(&e->pace, now)) {
		reap_hint(a->reap, hint_text(ev->hint), grace, now, &e->acts);
	} else {
		count(e->counters, C_PACED);
		a->hinted = true;
		a->grace = grace;
	}
}

void engine_event(struct engine *e, const struct kctl_event *ev, uint64_t now)
{
	struct assoc *a = find_tag(e, ev->ct_local);

	if (!a) {
		count(e->counters, C_EVENT_UNKNOWN);
		return;
	}
	switch (ev->cmd) {
	case SHIM6_CMD_EV_SEND_TIMEOUT:
		count(e->counters, C_SEND_TIMEOUT);
		reap_send_timeout(a->reap, now, &e->acts);
		break;
	case SHIM6_CMD_EV_KEEPALIVE_DUE:
		reap_keepalive_due(a->reap, ev->ka_expired, now, &e->acts);
		break;
	case SHIM6_CMD_EV_ACTIVITY:
		/* In the other states the kernel has done by itself what 6.1 asks for. */
		if (reap_state(a->reap) == SHIM6_REAP_EXPLORING)
			reap_payload_in(a->reap, now, &e->acts);
		break;
	case SHIM6_CMD_EV_HINT:
		count(e->counters, C_HINT);
		hint(e, a, ev, now);
		break;
	case SHIM6_CMD_EV_CTX_DEAD:
		/* Its owner removes the association, or adds the context again. */
		count(e->counters, C_CTX_DEAD);
		a->timed = false;
		return;
	}
	settle(e, a);
	carry_out(e, a, now);
}

/*
 * Which event was lost cannot be told from the stamps, but what should run now can.  Timers that were to report
 * are started again if they do not run: late by one timeout at most, and never a false alarm.
 */
void engine_repair(struct engine *e, const struct kctl_ctx *c, uint64_t now)
{
	struct assoc *a = find_tag(e, c->ct_local);
	uint32_t ops = 0;

	if (!a || !(c->has & KCTL_AGES))
		return;
	switch (reap_state(a->reap)) {
	case SHIM6_REAP_EXPLORING:
		if (c->rx_age != UINT32_MAX && c->rx_age < now - a->left_at) {
			reap_payload_in(a->reap, now, &e->acts);
			carry_out(e, a, now);
		}
		return;
	case SHIM6_REAP_OPERATIONAL:
		if (c->rx_age < c->tx_age && c->rx_age < a->ka_timeout)
			ops = SHIM6_REAP_OP_START_KA;
		/* fall through */
	case SHIM6_REAP_INBOUND_OK:
		if (c->tx_age < c->rx_age)
			ops = SHIM6_REAP_OP_START_SEND;
		break;
	}
	if (ops || c->reap_mode != reap_state(a->reap))
		set_clock(e, a, ops);
}

static void look_at_host(struct engine *e, struct assoc *a, uint64_t now)
{
	struct reap_params p = *reap_get_params(a->reap);

	a->stale = false;
	update(e, a, &p, now);
}

void engine_host_changed(struct engine *e, uint64_t now)
{
	if (HASH_CNT(by_handle, e->handles) <= TURNS_MATTER) {
		for (struct assoc *a = e->handles; a; a = a->by_handle.next)
			look_at_host(e, a, now);
		return;
	}
	take_turns(e, now);
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		a->stale = true;
		due_set(&e->queue, &a->due, next_due(a));
	}
	engine_timeout(e, now);
	for (struct assoc *a = e->handles; a; a = a->by_handle.next)
		if (a->stale)
			count(e->counters, C_PACED);
}

uint64_t engine_next_due(const struct engine *e)
{
	uint64_t due = due_next(&e->queue);

	return due < e->held ? e->held : due;
}

static bool active(struct engine *e, const struct assoc *a)
{
	return !e->ops->active || e->ops->active(e->arg, a->ct_local, 2 * e->fast.watch.interval);
}

void engine_timeout(struct engine *e, uint64_t now)
{
	while (due_next(&e->queue) <= now) {
		struct assoc *a = s6_timerq_first(&e->queue)->owner;

		if (!pace_ok(&e->pace, now)) {
			e->held = pace_next(&e->pace);
			return;
		}
		if (a->stale) {
			look_at_host(e, a, now);
			continue;
		}
		if (a->hinted) {
			a->hinted = false;
			reap_hint(a->reap, "a hint", a->grace, now, &e->acts);
		}
		reap_timeout(a->reap, now, &e->acts);
		if (reap_watch_due(a->reap) <= now)
			reap_watch(a->reap, active(e, a), now, &e->acts);
		carry_out(e, a, now);
	}
}

unsigned int engine_count(const struct engine *e)
{
	return HASH_CNT(by_handle, e->handles);
}

int engine_state(const struct engine *e, uint64_t handle)
{
	const struct assoc *a = find(e, handle);

	return a ? reap_state(a->reap) : -1;
}
