// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's table of contexts follows the machine's, and its events come in.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/log.h"
#include "hal/spawn.h"
#include "shim6d.h"
#include "table.h"
#include "text.h"

#define REARM		500	/* ms from one I2 or I2bis sent because of payload to the next (RFC 5533, 12.2) */
#define MODPROBE_TIME	30000	/* ms */

/* What the kernel has, as far as we know. */
struct entry {
	struct kctl_ctx c;
	bool stranger;			/* found at the start, not restored yet */
	bool moved;			/* restored, but has another pair: reapd chose it without us */
	UT_hash_handle hh;		/* by c.ct_local */
};

struct kernel {
	struct hal_timer *rearm;
	struct entry *entries;
};

/* Keepalive Interval: a third to a half of the Keepalive Timeout (RFC 5534, 4.1), at most one a second (Q51). */
static uint32_t ka_interval(uint32_t timeout)
{
	uint32_t interval = timeout / 5 * 2;

	return interval < 1000 ? 1000 : interval;
}

/* What the kernel should have for @c; false: nothing. */
static bool wanted(const struct shim6d *d, const struct s6_ctx *c, struct kctl_ctx *k)
{
	*k = (struct kctl_ctx){
		.has = KCTL_CT_LOCAL | KCTL_CT_PEER | KCTL_ULIDS | KCTL_LOCATORS | KCTL_FII | KCTL_FLAGS |
		       KCTL_SEND_TIMEOUT | KCTL_KA_TIMEOUT | KCTL_KA_INTERVAL,
		.ct_local = c->ct_local,
		.ct_peer = c->ct_peer,
		.ulid_local = c->ulid_local,
		.ulid_peer = c->ulid_peer,
		.loc_local = c->loc_local,
		.loc_peer = c->loc_peer,
		.fii = c->fii,
		.send_timeout = d->conf.reap.send_timeout,
		.ka_timeout = c->ka_timeout,
		.ka_interval = ka_interval(c->ka_timeout),
	};
	/* RFC 5533, 8: the shim can act on an error only if there is something else to try. */
	if (d->conf.dataplane.icmp == CONF_ICMP_ACT && (c->ls_local.n > 1 || c->ls_peer.n > 1))
		k->flags = SHIM6_CTX_F_ICMP;
	switch (c->state) {
	case S6_ESTABLISHED:
		return true;
	case S6_I2BIS_SENT:
		k->flags |= SHIM6_CTX_F_NOTIFY_CTL;
		return true;
	case S6_I2_SENT:
		/* The peer may have the context already and send (RFC 5533, 11 and 12.2); its tag we learn with R2. */
		k->flags |= SHIM6_CTX_F_INBOUND | SHIM6_CTX_F_NOTIFY_CTL;
		k->ct_peer = 0;
		return true;
	default:
		return false;	/* I1-SENT: the machine drops the tagged packets that the kernel tells of */
	}
}

static struct entry *find(const struct kernel *k, uint64_t ct_local)
{
	struct entry *e;

	HASH_FIND(hh, k->entries, &ct_local, sizeof(ct_local), e);
	return e;
}

static void forget(struct kernel *k, struct entry *e)
{
	HASH_DEL(k->entries, e);
	free(e);
}

static struct entry *remember(struct kernel *k, const struct kctl_ctx *c)
{
	struct entry *e = find(k, c->ct_local);

	if (!e) {
		e = calloc(1, sizeof(*e));
		if (!e)
			return NULL;
		e->c.ct_local = c->ct_local;
		HASH_ADD(hh, k->entries, c.ct_local, sizeof(e->c.ct_local), e);
	}
	e->c = *c;
	return e;
}

/* What of @to differs from @from, as the members of a CTX_SET. */
static uint32_t difference(const struct kctl_ctx *from, const struct kctl_ctx *to)
{
	uint32_t has = 0;

	if (from->ct_peer != to->ct_peer)
		has |= KCTL_CT_PEER;
	if (memcmp(&from->loc_local, &to->loc_local, 16) || memcmp(&from->loc_peer, &to->loc_peer, 16))
		has |= KCTL_LOCATORS;
	if (from->flags != to->flags)
		has |= KCTL_FLAGS;
	if (from->send_timeout != to->send_timeout)
		has |= KCTL_SEND_TIMEOUT;
	if (from->ka_timeout != to->ka_timeout)
		has |= KCTL_KA_TIMEOUT;
	if (from->ka_interval != to->ka_interval)
		has |= KCTL_KA_INTERVAL;
	return has;
}

/* An entry of the same ULID pair and instance stands in the way: of somebody else, as ours are known. */
static int add_again(struct shim6d *d, const struct kctl_ctx *k)
{
	struct kctl_ctx other;
	struct entry *e;

	if (kctl_ctx_get_ulids(d->kctl, &k->ulid_local, &k->ulid_peer, k->fii, &other))
		return -EEXIST;
	log_warn("the kernel has another context of %s and %s, tag 0x%012llx, replaced", addr_text(&k->ulid_local),
		 addr_text(&k->ulid_peer), (unsigned long long)other.ct_local);
	e = find(d->kernel, other.ct_local);
	if (e)
		forget(d->kernel, e);
	kctl_ctx_del(d->kctl, other.ct_local);
	return kctl_ctx_add(d->kctl, k);
}

static int add(struct shim6d *d, const struct kctl_ctx *k)
{
	int err = kctl_ctx_add(d->kctl, k);

	if (err == -EEXIST)
		err = add_again(d, k);
	if (err) {
		log_warn("the kernel did not take a context of %s and %s: %s", addr_text(&k->ulid_local),
			 addr_text(&k->ulid_peer), kctl_error(d->kctl));
		return err;
	}
	if (!remember(d->kernel, k)) {
		kctl_ctx_del(d->kctl, k->ct_local);
		return -ENOMEM;
	}
	return 0;
}

static int change(struct shim6d *d, struct entry *e, const struct kctl_ctx *k)
{
	struct kctl_ctx set = *k;
	int err;

	set.has = difference(&e->c, k);
	if (!set.has)
		return 0;
	err = kctl_ctx_set(d->kctl, &set);
	if (err == -ENOENT) {
		d->counters.kernel_lost++;
		forget(d->kernel, e);
		return add(d, k);
	}
	if (err) {
		log_warn("the kernel did not change the context of %s and %s: %s", addr_text(&k->ulid_local),
			 addr_text(&k->ulid_peer), kctl_error(d->kctl));
		return err;
	}
	e->c = *k;
	return 0;
}

int kernel_sync(struct shim6d *d, const struct s6_ctx *c, bool gone)
{
	struct entry *e = find(d->kernel, c->ct_local);
	struct kctl_ctx k;
	int err = 0;

	if (!gone && wanted(d, c, &k)) {
		if (e && e->stranger) {
			e->stranger = false;
			e->moved = difference(&e->c, &k) & KCTL_LOCATORS;
		}
		if (e && e->moved) {
			k.loc_local = e->c.loc_local;
			k.loc_peer = e->c.loc_peer;
		}
		err = e ? change(d, e, &k) : add(d, &k);
		if (!err)
			return 0;
		e = find(d->kernel, c->ct_local);
	}
	if (e) {
		kctl_ctx_del(d->kctl, c->ct_local);
		forget(d->kernel, e);
	}
	return err;
}

/* --- events -------------------------------------------------------------------------------------------------- */

/* The kernel clears F_NOTIFY_CTL when it tells; contexts that still wait for R2 get it again. */
static void on_rearm(void *arg)
{
	const struct s6_ctx *c = NULL;
	struct shim6d *d = arg;

	while ((c = s6_next(engine_host(d), c)))
		if (c->state == S6_I2_SENT || c->state == S6_I2BIS_SENT)
			kernel_sync(d, c, false);
}

/* Somebody flushed the kernel's table, or it lost the context otherwise. */
static void put_back(struct shim6d *d, uint64_t ct_local)
{
	struct entry *e = find(d->kernel, ct_local);
	const struct s6_ctx *c;

	if (e)
		forget(d->kernel, e);
	c = s6_find_tag(engine_host(d), ct_local);
	if (!c)
		return;
	d->counters.kernel_lost++;
	log_warn("%s: lost by the kernel, put back", text_ctx(c));
	if (kernel_sync(d, c, false))
		engine_delete(d, c->id, "the kernel gave it up");
}

static void on_event(void *arg, const struct kctl_event *ev)
{
	struct shim6d *d = arg;
	struct entry *e;

	switch (ev->cmd) {
	case SHIM6_CMD_EV_UNKNOWN_TAG:
		d->counters.unknown_tags++;
		log_debug("payload with unknown tag 0x%012llx from %s to %s", (unsigned long long)ev->ct_local,
			  addr_text(&ev->src), addr_text(&ev->dst));
		engine_unknown_tag(d, ev->ct_local, &ev->src, &ev->dst);
		break;
	case SHIM6_CMD_EV_ACTIVITY:
		e = find(d->kernel, ev->ct_local);
		/* One that reapd asked for, or one of a context that is established by now, is not ours. */
		if (!e || !(e->c.flags & SHIM6_CTX_F_NOTIFY_CTL))
			break;
		e->c.flags &= ~SHIM6_CTX_F_NOTIFY_CTL;
		hal_timer_set(d->kernel->rearm, REARM);
		engine_payload_in(d, ev->ct_local);
		break;
	case SHIM6_CMD_EV_CTX_DEAD:
		put_back(d, ev->ct_local);
		break;
	}
}

struct seen {
	uint64_t *tags;
	unsigned int n, cap;
	bool failed;
};

static void see(void *arg, const struct kctl_ctx *c)
{
	struct seen *s = arg;
	uint64_t *more;

	if (s->n == s->cap) {
		more = realloc(s->tags, (s->cap * 2 + 64) * sizeof(*more));
		if (!more) {
			s->failed = true;
			return;
		}
		s->tags = more;
		s->cap = s->cap * 2 + 64;
	}
	s->tags[s->n++] = c->ct_local;
}

static int by_tag(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Events were lost: an EV_CTX_DEAD may be among them. */
static void on_lost(void *arg)
{
	struct shim6d *d = arg;
	struct seen s = { 0 };
	struct entry *e, *next;
	unsigned int left;
	uint64_t tag;
	int err;

	d->counters.events_lost++;
	do {
		s.n = 0;
		err = kctl_ctx_dump(d->kctl, see, &s);
	} while (err == -EINTR);
	if (!err && !s.failed) {
		if (s.n)
			qsort(s.tags, s.n, sizeof(*s.tags), by_tag);
		left = HASH_COUNT(d->kernel->entries);	/* those put back join the end */
		HASH_ITER(hh, d->kernel->entries, e, next) {
			if (!left--)
				break;
			tag = e->c.ct_local;
			if (!s.n || !bsearch(&tag, s.tags, s.n, sizeof(tag), by_tag))
				put_back(d, tag);
		}
	}
	free(s.tags);
	on_rearm(d);
}

/* --- take-over ------------------------------------------------------------------------------------------------- */

static void found(void *arg, const struct kctl_ctx *c)
{
	struct shim6d *d = arg;
	struct entry *e = remember(d->kernel, c);

	if (e)
		e->stranger = true;
}

int kernel_read(struct shim6d *d)
{
	int err;

	do {
		err = kctl_ctx_dump(d->kctl, found, d);
	} while (err == -EINTR);
	if (err) {
		hal_daemon_fail("the kernel's contexts cannot be read: %s", kctl_error(d->kctl));
		return -1;
	}
	return 0;
}

bool kernel_has(const struct shim6d *d, uint64_t ct_local)
{
	return find(d->kernel, ct_local);
}

static void drop(struct shim6d *d, struct entry *e)
{
	log_notice("the kernel's context of %s and %s, tag 0x%012llx, is not in the state file: deleted",
		   addr_text(&e->c.ulid_local), addr_text(&e->c.ulid_peer), (unsigned long long)e->c.ct_local);
	kctl_ctx_del(d->kctl, e->c.ct_local);
	routable_stale(d, &e->c.ulid_peer);
	forget(d->kernel, e);
}

/* The pair that reapd has chosen is the context's, unless the peer's list of then does not have it. */
static void keep_pair(struct shim6d *d, struct entry *e)
{
	const struct kctl_ctx k = e->c;
	const struct s6_ctx *c;

	e->moved = false;
	if (!engine_use_pair(d, k.ct_local, &k.loc_local, &k.loc_peer))
		return;
	c = s6_find_tag(engine_host(d), k.ct_local);
	if (c)
		kernel_sync(d, c, false);
}

void kernel_settle(struct shim6d *d)
{
	struct entry *e, *next;

	HASH_ITER(hh, d->kernel->entries, e, next) {
		if (e->moved)
			keep_pair(d, e);
		else if (e->stranger)
			drop(d, e);
	}
}

/* --- life -------------------------------------------------------------------------------------------------------- */

/* The family is missing: its module may only not be loaded yet.  Needs CAP_SYS_MODULE, else it fails and says so. */
static void load_modules(char *said, size_t size)
{
	const char *const argv[] = { "modprobe", "-a", "shim6", "ip6t_shim6", "ip6t_shim6_data", NULL };
	struct hal_spawn_result res;

	*said = '\0';
	if (hal_spawn_wait(argv, NULL, MODPROBE_TIME, &res)) {
		res.err[strcspn(res.err, "\n")] = '\0';
		snprintf(said, size, "%s%s", res.error ? "modprobe: " : "", res.error ? strerror(-res.error) : res.err);
	}
	hal_spawn_result_free(&res);
}

int kernel_open(struct shim6d *d)
{
	char why[512], said[256];
	struct kctl_info info;
	int err;

	err = kctl_open(&d->kctl, why, sizeof(why));
	if (err == -ENOENT) {
		load_modules(said, sizeof(said));
		err = kctl_open(&d->kctl, why, sizeof(why));
		if (err == -ENOENT) {
			hal_daemon_fail("kernel module shim6 is not loaded: %s; install it with make install or DKMS",
					*said ? said : "modprobe said nothing");
			return -1;
		}
	}
	d->kernel = calloc(1, sizeof(*d->kernel));
	if (d->kernel)
		d->kernel->rearm = hal_timer_new(d->loop, on_rearm, d);
	if (err || !d->kernel || !d->kernel->rearm) {
		hal_daemon_fail("%s", err ? why : "out of memory");
		return -1;
	}
	err = kctl_info(d->kctl, &info);
	if (!err)
		err = kctl_set_max_contexts(d->kctl, d->conf.dataplane.max_contexts);
	if (!err)
		err = kctl_set_fork_mask(d->kctl, d->conf.dataplane.fork_mark);
	if (err) {
		hal_daemon_fail("kernel module shim6: %s", kctl_error(d->kctl));
		return -1;
	}
	return 0;
}

static int attach(struct shim6d *d)
{
	int err = kctl_set_queues(d->kctl, d->conf.dataplane.queue_control, d->conf.dataplane.queue_reap);

	return err ? err : kctl_set_hooks(d->kctl, d->conf.dataplane.attach == CONF_ATTACH_HOOKS);
}

/* With attach = hooks nothing holds the module: somebody may have put another one in its place. */
static void on_renewed(void *arg, const char *why)
{
	struct shim6d *d = arg;

	if (why) {
		log_err("shim6.ko was loaded anew: %s; then restart both daemons", why);
		return;
	}
	log_warn("shim6.ko was loaded anew, it is given our contexts");
	kernel_reconfigured(d);
	if (attach(d))
		log_warn("kernel module shim6: its hooks cannot be set: %s", kctl_error(d->kctl));
	on_lost(d);
}

int kernel_subscribe(struct shim6d *d)
{
	static const struct kctl_events to = { on_event, on_lost, on_renewed };
	int err = kctl_subscribe(d->kctl, d->loop, SHIM6_GENL_GROUP_CTL, &to, d);

	if (err)
		hal_daemon_fail("cannot listen to the events of the kernel module: %s", strerror(-err));
	return err ? -1 : 0;
}

int kernel_attach(struct shim6d *d)
{
	int err = attach(d);

	if (err)
		hal_daemon_fail("kernel module shim6: its hooks cannot be set: %s", kctl_error(d->kctl));
	return err ? -1 : 0;
}

void kernel_reconfigured(struct shim6d *d)
{
	const struct s6_ctx *c = NULL;

	if (kctl_set_max_contexts(d->kctl, d->conf.dataplane.max_contexts))
		log_warn("the kernel did not take dataplane.max_contexts: %s", kctl_error(d->kctl));
	if (kctl_set_fork_mask(d->kctl, d->conf.dataplane.fork_mark))
		log_warn("the kernel did not take dataplane.fork_mark: %s", kctl_error(d->kctl));
	while ((c = s6_next(engine_host(d), c)))
		kernel_sync(d, c, false);
}

void kernel_flush(struct shim6d *d)
{
	struct entry *e, *next;

	HASH_ITER(hh, d->kernel->entries, e, next) {
		kctl_ctx_del(d->kctl, e->c.ct_local);
		forget(d->kernel, e);
	}
	if (d->conf.dataplane.attach == CONF_ATTACH_HOOKS)
		kctl_set_hooks(d->kctl, false);
}

void kernel_close(struct shim6d *d)
{
	struct entry *e, *next;

	if (d->kernel) {
		HASH_ITER(hh, d->kernel->entries, e, next)
			forget(d->kernel, e);
		hal_timer_free(d->kernel->rearm);
		free(d->kernel);
		d->kernel = NULL;
	}
	kctl_close(d->kctl);
	d->kctl = NULL;
}
