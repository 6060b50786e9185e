// SPDX-License-Identifier: GPL-2.0-or-later
/* The associations: what the control daemon and the configuration say of them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine_priv.h"

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

struct assoc *assoc_find(const struct engine *e, uint64_t handle)
{
	struct assoc *a;

	HASH_FIND(by_handle, e->handles, &handle, sizeof(handle), a);
	return a;
}

struct assoc *assoc_by_tag(const struct engine *e, uint64_t ct_local)
{
	struct assoc *a;

	HASH_FIND(by_tag, e->tags, &ct_local, sizeof(ct_local), a);
	return a;
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
	s6_timer_stop(&e->waiting, &a->wait);
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
	s6_timerq_free(&e->waiting);
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

void assoc_update(struct engine *e, struct assoc *a, struct reap_params *p, uint64_t now)
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
	engine_carry_out(e, a, now);
}

static void update_given(struct engine *e, struct assoc *a, struct reap_params *p, uint64_t now)
{
	a->broken = 0;
	for (unsigned int i = 0; i < p->n_local; i++)
		if (p->local[i].flags & SHIM6_LOC_BROKEN)
			a->broken |= 1u << i;
	assoc_update(e, a, p, now);
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
	const unsigned int n = HASH_CNT(by_handle, e->handles) + 1;
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
	if (!a->reap || s6_timerq_reserve(&e->queue, n) || s6_timerq_reserve(&e->waiting, n)) {
		reap_free(a->reap);
		free(a);
		return NULL;
	}
	a->handle = m->handle;
	a->ct_local = m->ct_local;
	a->left_at = now;
	a->local = p->loc_local;
	a->due.owner = a->wait.owner = a;
	engine_choose_timeouts(e, a, m->ka_timeout);
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
		engine_tell_pair(e, a, &local, &peer, "found while the control daemon was away");
	engine_tell_state(e, a, reap_state(a->reap), "");
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
	a = assoc_find(e, m->handle);
	if (a && is_another(a, m)) {
		drop(e, a);
		a = NULL;
	}
	if (!a) {
		if (assoc_by_tag(e, m->ct_local))
			return -EINVAL;
		a = create(e, m, &p, now);
		if (!a)
			return -ENOMEM;
		engine_tell_state(e, a, reap_state(a->reap), "");
	} else {
		if (!a->fresh)
			tell_again(e, a, m);
		if (a->ka_timeout != m->ka_timeout && m->ka_timeout)
			engine_choose_timeouts(e, a, m->ka_timeout);
	}
	a->fresh = true;
	if (!a->timed)
		engine_set_clock(e, a, 0);
	update_given(e, a, &p, now);
	return 0;
}

void engine_del(struct engine *e, uint64_t handle)
{
	struct assoc *a = assoc_find(e, handle);

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
			engine_choose_timeouts(e, a, a->ka_timeout);
			engine_set_clock(e, a, 0);
		}
	}
}

void engine_renewed(struct engine *e)
{
	for (struct assoc *a = e->handles; a; a = a->by_handle.next) {
		a->timed = false;
		engine_set_clock(e, a, 0);
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
			engine_set_clock(e, a, 0);
		}
		if (watch) {
			configure_watch(e, a, now);
			assoc_place(e, a);
		}
	}
}

void engine_standby(struct engine *e, uint64_t handle, uint8_t how, uint64_t now)
{
	struct assoc *a = assoc_find(e, handle);

	if (!a || how == a->standby)
		return;
	a->standby = how;
	configure_watch(e, a, now);
	assoc_place(e, a);
}

unsigned int engine_count(const struct engine *e)
{
	return HASH_CNT(by_handle, e->handles);
}

int engine_state(const struct engine *e, uint64_t handle)
{
	const struct assoc *a = assoc_find(e, handle);

	return a ? reap_state(a->reap) : -1;
}
