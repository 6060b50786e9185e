// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shim6d: how the kernel's table follows the machine, take-over, and what events do.  The kernel is a table in here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>

#include "shim6d/kernel.c"
#include "shim6d/text.c"

#define ROOM	8

/* --- a kernel ------------------------------------------------------------------------------------------------- */

static struct {
	struct kctl_ctx c[ROOM];
	unsigned int n, adds, sets, dels;
	uint32_t last_set;		/* KCTL_* */
	int refuse;			/* errno for the next additions */
} fake;

static struct kctl_ctx *there(uint64_t tag)
{
	for (unsigned int i = 0; i < fake.n; i++)
		if (fake.c[i].ct_local == tag)
			return &fake.c[i];
	return NULL;
}

static struct kctl_ctx *same_pair(const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii)
{
	for (unsigned int i = 0; i < fake.n; i++)
		if (!memcmp(&fake.c[i].ulid_local, local, 16) && !memcmp(&fake.c[i].ulid_peer, peer, 16) &&
		    fake.c[i].fii == fii)
			return &fake.c[i];
	return NULL;
}

int kctl_ctx_add(struct kctl *k, const struct kctl_ctx *c)
{
	(void)k;
	assert_int_equal(~c->has & (KCTL_CT_PEER | KCTL_ULIDS | KCTL_LOCATORS), 0);
	if (fake.refuse)
		return fake.refuse;
	if (there(c->ct_local) || same_pair(&c->ulid_local, &c->ulid_peer, c->fii))
		return -EEXIST;
	assert_true(fake.n < ROOM);
	fake.c[fake.n++] = *c;
	fake.adds++;
	return 0;
}

int kctl_ctx_set(struct kctl *k, const struct kctl_ctx *c)
{
	struct kctl_ctx *to = there(c->ct_local);

	(void)k;
	if (!to)
		return -ENOENT;
	fake.sets++;
	fake.last_set = c->has;
	if (c->has & KCTL_CT_PEER)
		to->ct_peer = c->ct_peer;
	if (c->has & KCTL_LOCATORS) {
		to->loc_local = c->loc_local;
		to->loc_peer = c->loc_peer;
	}
	if (c->has & KCTL_FLAGS)
		to->flags = c->flags;
	return 0;
}

int kctl_ctx_del(struct kctl *k, uint64_t tag)
{
	struct kctl_ctx *c = there(tag);

	(void)k;
	if (!c)
		return -ENOENT;
	*c = fake.c[--fake.n];
	fake.dels++;
	return 0;
}

int kctl_ctx_get_ulids(struct kctl *k, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
		       struct kctl_ctx *c)
{
	struct kctl_ctx *found = same_pair(local, peer, fii);

	(void)k;
	if (!found)
		return -ENOENT;
	*c = *found;
	return 0;
}

int kctl_ctx_dump(struct kctl *k, kctl_ctx_fn cb, void *arg)
{
	(void)k;
	for (unsigned int i = 0; i < fake.n; i++)
		cb(arg, &fake.c[i]);
	return 0;
}

const char *kctl_error(const struct kctl *k)
{
	(void)k;
	return "as the test wants it";
}

int kctl_open(struct kctl **k, char *why, size_t size)
{
	(void)size;
	*k = NULL;
	*why = '\0';
	return 0;
}

void kctl_close(struct kctl *k)
{
	(void)k;
}

int kctl_info(struct kctl *k, struct kctl_info *info)
{
	(void)k;
	memset(info, 0, sizeof(*info));
	return 0;
}

int kctl_set_fork_mask(struct kctl *k, uint32_t mask)
{
	(void)k;
	(void)mask;
	return 0;
}

int kctl_set_max_contexts(struct kctl *k, uint32_t max)
{
	(void)k;
	(void)max;
	return 0;
}

int kctl_set_queues(struct kctl *k, uint32_t control, uint32_t reap)
{
	(void)k;
	(void)control;
	(void)reap;
	return 0;
}

int kctl_set_hooks(struct kctl *k, bool on)
{
	(void)k;
	(void)on;
	return 0;
}

int kctl_subscribe(struct kctl *k, struct hal_loop *loop, const char *group, const struct kctl_events *to, void *arg)
{
	(void)k;
	(void)loop;
	(void)group;
	(void)to;
	(void)arg;
	return 0;
}

/* --- the rest of the daemon ------------------------------------------------------------------------------------- */

struct s6_siphash_key table_key;
static struct s6_host *host, *other;
static struct {
	unsigned int unknown, payload, deleted, stale, used;
	uint64_t tag;
	struct in6_addr local, peer;
	int answer;
} told;

const struct s6_host *engine_host(const struct shim6d *d)
{
	(void)d;
	return host;
}

void engine_unknown_tag(struct shim6d *d, uint64_t tag, const struct in6_addr *src, const struct in6_addr *dst)
{
	(void)d;
	(void)src;
	(void)dst;
	told.unknown++;
	told.tag = tag;
}

void engine_payload_in(struct shim6d *d, uint64_t ct_local)
{
	(void)d;
	told.payload++;
	told.tag = ct_local;
}

int engine_delete(struct shim6d *d, uint32_t id, const char *why)
{
	(void)d;
	(void)id;
	(void)why;
	told.deleted++;
	return 0;
}

int engine_use_pair(struct shim6d *d, uint64_t ct_local, const struct in6_addr *local, const struct in6_addr *peer)
{
	(void)d;
	told.used++;
	told.tag = ct_local;
	told.local = *local;
	told.peer = *peer;
	return told.answer;
}

void routable_stale(struct shim6d *d, const struct in6_addr *peer)
{
	(void)d;
	(void)peer;
	told.stale++;
}

/* --- two machines that make a context --------------------------------------------------------------------------- */

static struct in6_addr a, b;

static void fill(void *arg, void *buf, size_t len)
{
	static uint8_t n;
	uint8_t *p = buf;

	(void)arg;
	while (len--)
		*p++ = n++ * 37 + 11;
}

/* Messages go to and fro until there are none; @limit of them at most. */
static void deliver(struct s6_actions *acts, struct s6_host *to, struct s6_host *from, unsigned int limit)
{
	struct s6_actions next = { 0 };

	for (unsigned int i = 0; i < acts->n && limit; i++) {
		const struct s6_action *m = &acts->a[i];

		if (m->type != S6_ACT_SEND)
			continue;
		s6_input(to, 1, &m->pkt.src, &m->pkt.dst, m->pkt.data, m->pkt.len, &next);
		limit--;
	}
	if (next.n && limit)
		deliver(&next, from, to, limit);
	s6_actions_free(&next);
}

/* A context of ours that got @messages of the handshake delivered: 1 I1, 2 R1, 3 I2, 4 R2. */
static struct s6_ctx context(unsigned int messages)
{
	struct s6_actions acts = { 0 };
	const struct s6_ctx *c;
	uint32_t id;

	assert_int_equal(s6_trigger(host, 1, &a, &b, 0, true, &id, &acts), 0);
	deliver(&acts, other, host, messages);
	s6_actions_free(&acts);
	c = s6_find_id(host, id);
	assert_non_null(c);
	return *c;
}

static int setup(void **state)
{
	static struct shim6d d;
	struct s6_locator la[2] = { 0 }, lb = { 0 };
	struct s6_actions acts = { 0 };
	struct s6_config cfg;

	memset(&d, 0, sizeof(d));
	memset(&fake, 0, sizeof(fake));
	memset(&told, 0, sizeof(told));
	inet_pton(AF_INET6, "2001:db8:a::1", &a);
	inet_pton(AF_INET6, "2001:db8:b::1", &b);
	la[0].addr = a;
	inet_pton(AF_INET6, "2001:db8:c::1", &la[1].addr);
	lb.addr = b;
	s6_config_default(&cfg);
	cfg.verify = S6_VERIFY_OFF;
	host = s6_host_new(&cfg, fill, NULL, 0);
	other = s6_host_new(&cfg, fill, NULL, 0);
	s6_set_local(host, 0, la, 2, &acts);
	s6_set_local(other, 0, &lb, 1, &acts);
	s6_actions_free(&acts);
	d.conf.reap.send_timeout = 15000;
	d.conf.dataplane.icmp = CONF_ICMP_DELIVER;
	d.loop = hal_loop_new();
	assert_int_equal(kernel_open(&d), 0);
	hal_log_set_level(HAL_LOG_ERR);
	*state = &d;
	return 0;
}

static int teardown(void **state)
{
	struct shim6d *d = *state;

	kernel_close(d);
	hal_loop_free(d->loop);
	s6_host_free(host);
	s6_host_free(other);
	return 0;
}

/* --- tests ------------------------------------------------------------------------------------------------------ */

static void test_states(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c;

	c = context(1);
	assert_int_equal(c.state, S6_I1_SENT);
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.n, 0);

	c.state = S6_I2_SENT;
	c.ct_peer = 76;				/* from an I2 that met ours; R2 has the last word (RFC 5533, 11) */
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.n, 1);
	assert_int_equal(fake.c[0].ct_peer, 0);
	assert_int_equal(fake.c[0].flags, SHIM6_CTX_F_INBOUND | SHIM6_CTX_F_NOTIFY_CTL);

	c.state = S6_ESTABLISHED;
	c.ct_peer = 77;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.sets, 1);
	assert_int_equal(fake.last_set, KCTL_CT_PEER | KCTL_FLAGS);
	assert_int_equal(fake.c[0].flags, 0);
	assert_int_equal(fake.c[0].ct_peer, 77);
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.sets, 1);		/* nothing changed, nothing said */

	inet_pton(AF_INET6, "2001:db8:c::1", &c.loc_local);
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.last_set, KCTL_LOCATORS);
	inet_pton(AF_INET6, "2001:db8:d::1", &c.loc_peer);
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.last_set, KCTL_LOCATORS);

	/* RFC 5534, 4.1: what the peer wants, and what we want ourselves */
	c.ka_timeout = 20000;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.last_set, KCTL_KA_TIMEOUT | KCTL_KA_INTERVAL);
	d->conf.reap.send_timeout += 1000;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.last_set, KCTL_SEND_TIMEOUT);

	c.state = S6_I2BIS_SENT;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.c[0].flags, SHIM6_CTX_F_NOTIFY_CTL);

	c.state = S6_ESTABLISHED;		/* S5533-8-02: only with something else to try, and only if wanted */
	d->conf.dataplane.icmp = CONF_ICMP_ACT;
	c.ls_peer.n = 2;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.c[0].flags, SHIM6_CTX_F_ICMP);
	c.ls_local.n = c.ls_peer.n = 1;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.c[0].flags, 0);
	d->conf.dataplane.icmp = CONF_ICMP_DELIVER;
	c.ls_local.n = 2;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.c[0].flags, 0);

	c.state = S6_I1_SENT;			/* RFC 5533, 7.19: back to the beginning */
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.n, 0);
	assert_int_equal(kernel_sync(d, &c, true), 0);
}

static void test_intervals(void **state)
{
	(void)state;
	assert_int_equal(ka_interval(15000), 6000);
	assert_int_equal(ka_interval(3000), 1200);
	assert_int_equal(ka_interval(1000), 1000);		/* Q51 */
	assert_int_equal(ka_interval(65535000), 26214000);
}

static void test_refused(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c = context(4);

	assert_int_equal(c.state, S6_ESTABLISHED);
	fake.refuse = -ENOSPC;
	assert_int_equal(kernel_sync(d, &c, false), -ENOSPC);
	assert_false(kernel_has(d, c.ct_local));
	fake.refuse = 0;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_true(kernel_has(d, c.ct_local));
}

static void test_in_the_way(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c = context(4);

	fake.n = 1;
	fake.c[0] = (struct kctl_ctx){ .ct_local = 1, .ulid_local = a, .ulid_peer = b };
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.n, 1);
	assert_true(fake.c[0].ct_local == c.ct_local);
}

static void test_lost(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c = context(4);

	assert_int_equal(kernel_sync(d, &c, false), 0);
	fake.n = 0;				/* somebody flushed */
	on_event(d, &(struct kctl_event){ .cmd = SHIM6_CMD_EV_CTX_DEAD, .ct_local = c.ct_local });
	assert_int_equal(fake.n, 1);
	assert_int_equal(d->counters.kernel_lost, 1);

	fake.n = 0;				/* and the event was lost */
	on_lost(d);
	assert_int_equal(fake.n, 1);
	assert_int_equal(d->counters.kernel_lost, 2);

	on_lost(d);				/* nothing was lost but events */
	assert_int_equal(fake.n, 1);
	assert_int_equal(d->counters.kernel_lost, 2);
	assert_int_equal(d->counters.events_lost, 2);

	fake.n = 0;				/* found out by a change */
	c.ct_peer++;
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.n, 1);

	fake.n = 0;
	fake.refuse = -ENOSPC;
	on_lost(d);
	assert_int_equal(told.deleted, 1);
}

static void test_take_over(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c = context(4);

	fake.n = 2;
	fake.c[0] = (struct kctl_ctx){ .ct_local = 1, .ulid_local = b, .ulid_peer = a };
	fake.c[1] = (struct kctl_ctx){
		.ct_local = c.ct_local, .ct_peer = c.ct_peer, .ulid_local = a, .ulid_peer = b, .loc_local = a,
		.loc_peer = b, .send_timeout = 15000, .ka_timeout = 15000, .ka_interval = 6000, .reap_mode = 1,
	};
	assert_int_equal(kernel_read(d), 0);
	assert_true(kernel_has(d, 1));
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.adds + fake.sets, 0);	/* it goes on as it is */
	kernel_settle(d);
	assert_int_equal(fake.n, 1);
	assert_true(fake.c[0].ct_local == c.ct_local);
	assert_int_equal(told.stale, 1);
	kernel_flush(d);
	assert_int_equal(fake.n, 0);
}

/* reapd has moved a context while there was no shim6d: the kernel's pair stays, not that of the state file. */
static void test_take_over_moved(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c = context(4);
	struct in6_addr elsewhere = a;

	elsewhere.s6_addr[5] ^= 1;
	fake.n = 1;
	fake.c[0] = (struct kctl_ctx){
		.ct_local = c.ct_local, .ct_peer = c.ct_peer, .ulid_local = a, .ulid_peer = b, .loc_local = elsewhere,
		.loc_peer = b, .send_timeout = 15000, .ka_timeout = 15000, .ka_interval = 6000, .reap_mode = 1,
	};
	assert_int_equal(kernel_read(d), 0);
	assert_int_equal(kernel_sync(d, &c, false), 0);
	assert_int_equal(fake.adds + fake.sets, 0);
	kernel_settle(d);
	assert_int_equal(told.used, 1);
	assert_true(told.tag == c.ct_local && !memcmp(&told.local, &elsewhere, 16) && !memcmp(&told.peer, &b, 16));
	assert_int_equal(fake.sets, 0);
	assert_memory_equal(&fake.c[0].loc_local, &elsewhere, 16);

	/* One that the context cannot use: what the file says. */
	kernel_flush(d);
	fake.n = 1;
	fake.c[0] = (struct kctl_ctx){
		.ct_local = c.ct_local, .ct_peer = c.ct_peer, .ulid_local = a, .ulid_peer = b, .loc_local = elsewhere,
		.loc_peer = b, .send_timeout = 15000, .ka_timeout = 15000, .ka_interval = 6000, .reap_mode = 1,
	};
	told.answer = -EINVAL;
	assert_int_equal(kernel_read(d), 0);
	assert_int_equal(kernel_sync(d, &c, false), 0);
	kernel_settle(d);
	assert_int_equal(told.used, 2);
	assert_int_equal(fake.last_set, KCTL_LOCATORS);
	assert_memory_equal(&fake.c[0].loc_local, &a, 16);
}

static void test_activity(void **state)
{
	struct shim6d *d = *state;
	struct s6_ctx c = context(2);
	struct kctl_event ev = { .cmd = SHIM6_CMD_EV_ACTIVITY, .ct_local = c.ct_local };

	assert_int_equal(c.state, S6_I2_SENT);
	on_event(d, &ev);
	assert_int_equal(told.payload, 0);		/* not known to us */
	kernel_sync(d, &c, false);
	on_event(d, &ev);
	assert_int_equal(told.payload, 1);
	on_event(d, &ev);
	assert_int_equal(told.payload, 1);		/* once, until it is armed again */
	fake.c[0].flags &= ~SHIM6_CTX_F_NOTIFY_CTL;	/* as the kernel did */
	on_rearm(d);
	assert_true(fake.c[0].flags & SHIM6_CTX_F_NOTIFY_CTL);
	on_event(d, &ev);
	assert_int_equal(told.payload, 2);

	on_event(d, &(struct kctl_event){ .cmd = SHIM6_CMD_EV_UNKNOWN_TAG, .ct_local = 99 });
	assert_int_equal(told.unknown, 1);
	assert_true(told.tag == 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_states, setup, teardown),
		cmocka_unit_test_setup_teardown(test_intervals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(test_take_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_take_over_moved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_activity, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
