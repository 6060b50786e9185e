// SPDX-License-Identifier: GPL-2.0-or-later
#include "addrs.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addrplan.h"
#include "hal/clock.h"
#include "hal/log.h"
#include "hal/nl.h"
#include "hal/rng.h"
#include "ident.h"
#include "keygen.h"
#include "srcroute.h"
#include "text.h"

#define SETTLE		3000	/* ms without a further prefix before a set is made: routers answer one by one */
#define TICK		10000	/* ms between two looks at lifetimes, which are no change to hal/rtnl.h */
#define GRACE		10000	/* ms that a prefix outlives what showed it: restarted programs drop what they had */
#define AGAIN		2000	/* ms between two attempts to add an address: others may take it away each time */
#define FLAGS		(IFA_F_HOMEADDRESS | IFA_F_NOPREFIXROUTE)	/* the link's prefix is not ours to route */

struct hold {
	struct in6_addr addr;
	uint64_t until;			/* ms; UINT64_MAX: given up */
};

/* A prefix as it was at the last look, or, of one that is gone, at the first look without it. */
struct memory {
	struct plan_prefix p;
	uint64_t when;			/* ms */
};

struct addrs {
	struct hal_nl *nl;
	struct cga *cga;
	struct srcroute *routes;
	struct hal_timer *settle, *tick;
	struct keygen *keygen;
	struct s6d_idents *idents;	/* lent: see locators_identities() */
	struct hold hold[CGADIR_MAX];
	unsigned int next_hold;
	uint8_t missing[PLAN_PREFIXES_MAX][8];
	unsigned int n_missing;
	struct memory memory[PLAN_PREFIXES_MAX];
	unsigned int n_memory;
	bool unwritable;		/* said so */
	bool unreadable;		/* the directory is not for us: we run as another user */
};

/* What the host has, as the plan wants to see it. */
struct look {
	struct plan_seen *seen;
	unsigned int n, n_prefix;
	struct plan_prefix prefix[PLAN_PREFIXES_MAX];
};

static const struct cgadir *dir_of(const struct addrs *a)
{
	return idents_dir(a->idents);
}

/* --- looking ------------------------------------------------------------------------------------------------------ */

/* The link of a /128, as DHCPv6 gives it, has the /64 if a neighbour's address in it needs no router. */
static bool on_link(const struct addrs *a, const struct hal_addr *addr)
{
	struct hal_route_found found;
	struct in6_addr neighbour = addr->addr;

	if (addr->prefixlen <= 64 || addr->scope != RT_SCOPE_UNIVERSE)
		return false;
	neighbour.s6_addr[15] ^= 1;
	return !hal_route_get(a->nl, NULL, &neighbour, &found) && found.ifindex == addr->ifindex &&
	       IN6_IS_ADDR_UNSPECIFIED(&found.gateway);
}

/* May an address in the prefix of @addr be announced?  One that is excluded by itself still shows the prefix. */
static bool wanted(const struct shim6d *d, const struct in6_addr *addr, const char *link)
{
	struct in6_addr prefix = in6addr_any;

	memcpy(&prefix, addr, 8);
	return s6_addr_ok(addr) && conf_locator_wanted(&d->conf, &prefix, link);
}

static bool prefix_seen(const struct look *k, const uint8_t *prefix)
{
	for (unsigned int i = 0; i < k->n_prefix; i++)
		if (!memcmp(k->prefix[i].prefix, prefix, 8))
			return true;
	return false;
}

/* What is left of a prefix that is gone. */
static struct plan_prefix aged(const struct memory *m, uint64_t now)
{
	struct plan_prefix p = m->p;

	p.valid = plan_left(p.valid, m->when, now);
	p.preferred = plan_left(p.preferred, m->when, now);
	p.gone = true;
	return p;
}

/* May a prefix that nothing shows any more still be there? */
static bool lingers(const struct shim6d *d, const struct plan_prefix *p)
{
	const struct hal_link *l = hal_rtnl_link(locators_rtnl(d), p->ifindex);
	struct in6_addr a = in6addr_any;

	memcpy(&a, p->prefix, sizeof(p->prefix));
	a.s6_addr[15] = 1;
	return p->valid && l && l->up && wanted(d, &a, l->name);
}

/* Add to the prefixes those that were there until just now, and look again when their time is over. */
static void remember(struct shim6d *d, struct look *k)
{
	struct addrs *a = d->addrs;
	unsigned int n_old = a->n_memory, n = k->n_prefix;
	struct memory old[PLAN_PREFIXES_MAX];
	uint64_t now = hal_now_ms(), next = GRACE;

	memcpy(old, a->memory, n_old * sizeof(old[0]));
	for (unsigned int i = 0; i < n; i++)
		a->memory[i] = (struct memory){ k->prefix[i], now };
	for (unsigned int i = 0; i < n_old && n < PLAN_PREFIXES_MAX; i++) {
		struct plan_prefix p = aged(&old[i], now);
		uint64_t since = old[i].p.gone ? now - old[i].when : 0;

		if (prefix_seen(k, p.prefix) || since >= GRACE || !lingers(d, &p))
			continue;
		k->prefix[n] = p;
		a->memory[n++] = since ? old[i] : (struct memory){ p, now };
		if (GRACE - since < next)
			next = GRACE - since;
	}
	if (n > k->n_prefix)
		hal_timer_set(a->tick, next);
	a->n_memory = k->n_prefix = n;
}

static bool look(struct shim6d *d, struct look *k)
{
	const struct hal_rtnl *rt = locators_rtnl(d);
	const struct hal_addr *list = hal_rtnl_addrs(rt, &k->n);

	k->seen = calloc(k->n + 1, sizeof(*k->seen));
	if (!k->seen)
		return false;
	for (unsigned int i = 0; i < k->n; i++) {
		const struct hal_link *l = hal_rtnl_link(rt, list[i].ifindex);

		k->seen[i] = (struct plan_seen){
			.a = &list[i],
			.wanted = l && !l->loopback && wanted(d, &list[i].addr, l->name),
			.uplink = l && l->default_route,
		};
		k->seen[i].on_link = k->seen[i].wanted && on_link(d->addrs, &list[i]);
	}
	k->n_prefix = plan_prefixes(k->seen, k->n, dir_of(d->addrs), hal_now_ms(), k->prefix);
	remember(d, k);
	return true;
}

/* --- doing -------------------------------------------------------------------------------------------------------- */

static struct hold *held(struct addrs *a, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < CGADIR_MAX; i++)
		if (a->hold[i].until && IN6_ARE_ADDR_EQUAL(&a->hold[i].addr, addr))
			return &a->hold[i];
	return NULL;
}

static void hold(struct addrs *a, const struct in6_addr *addr, uint64_t until)
{
	struct hold *h = held(a, addr);

	if (!h)
		h = &a->hold[a->next_hold++ % CGADIR_MAX];
	*h = (struct hold){ *addr, until };
}

static const char *link_name(const struct shim6d *d, uint32_t ifindex)
{
	const struct hal_link *l = hal_rtnl_link(locators_rtnl(d), ifindex);

	return l ? l->name : "?";
}

static void set_addr(struct shim6d *d, const struct plan_action *act)
{
	struct hal_addr a = {
		.addr = act->addr->addr, .ifindex = act->ifindex, .flags = FLAGS, .valid = act->valid,
		.preferred = act->preferred < act->valid ? act->preferred : act->valid, .prefixlen = 64,
	};
	const char *why = "";
	int err;

	if (act->what == PLAN_ADD) {
		const struct hold *h = held(d->addrs, &a.addr);

		if (h && h->until > hal_now_ms())
			return;
		hold(d->addrs, &a.addr, hal_now_ms() + AGAIN);
	}
	err = hal_addr_set(d->addrs->nl, &a, &why);
	if (err)
		log_warn("address %s cannot be set on %s: %s%s%s", addr_text(&a.addr), link_name(d, a.ifindex),
			 strerror(-err), *why ? ": " : "", why);
	else if (act->what == PLAN_ADD)
		log_notice("address %s added to %s", addr_text(&a.addr), link_name(d, a.ifindex));
}

static void del_addr(struct shim6d *d, const struct in6_addr *addr, uint32_t ifindex)
{
	struct hal_addr a = { .addr = *addr, .ifindex = ifindex, .prefixlen = 64 };
	const char *why = "";
	int err = hal_addr_del(d->addrs->nl, &a, &why);

	if (!err)
		log_notice("address %s taken off %s", addr_text(addr), link_name(d, ifindex));
	else if (err != -EADDRNOTAVAIL)
		log_warn("address %s cannot be taken off %s: %s%s%s", addr_text(addr), link_name(d, ifindex),
			 strerror(-err), *why ? ": " : "", why);
}

/* Read the directory again, and let everybody know what proves our addresses now. */
static int reread(struct shim6d *d, char *err, size_t size)
{
	struct s6d_idents *next;
	int rc = idents_load(&next, d->conf.security.state, err, size);

	if (rc)
		return rc;
	d->addrs->unreadable = false;
	d->addrs->idents = next;
	locators_identities(d, next);
	return 0;
}

static void changed_by_us(struct shim6d *d)
{
	char err[512];

	if (reread(d, err, sizeof(err)))
		log_err("%s: addresses stay as they were", err);
}

static void cannot_write(struct shim6d *d, int err)
{
	if (!d->addrs->unwritable)
		log_err("%s cannot be written: %s: no addresses are made; see security.state and security.addresses in "
			"shim6.conf(5)", d->conf.security.state, strerror(-err));
	d->addrs->unwritable = true;
}

/* --- collisions --------------------------------------------------------------------------------------------------- */

/* Another count, so another address, for @e; the old one goes.  false: that was the third collision. */
static bool replace(struct shim6d *d, const struct cgadir_addr *e, const struct look *k)
{
	const char *path = d->conf.security.state;
	uint8_t pds[CGA_PDS_MAX];
	struct in6_addr addr;
	int err;

	memcpy(pds, e->pds, e->len);
	if (cga_collide(d->addrs->cga, pds, e->len, e->sec, &addr))
		return false;
	err = cgadir_put(path, &addr, pds, e->len);
	if (!err)
		err = cgadir_drop(path, e->file);
	if (err) {
		cannot_write(d, err);
		return false;
	}
	for (unsigned int i = 0; i < k->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&k->seen[i].a->addr, &e->addr) && k->seen[i].a->flags & IFA_F_HOMEADDRESS)
			del_addr(d, &e->addr, k->seen[i].a->ifindex);
	return true;
}

/* RFC 3972, 4 step 8; RFC 5535, 6 step 6.4: the whole set anew, and after three collisions the end of it. */
static void collided(struct shim6d *d, const struct plan_action *act, const struct look *k)
{
	const struct cgadir *dir = dir_of(d->addrs);
	const struct cgadir_addr *c = act->addr;
	bool again = true;

	log_warn("%s: another host on %s has this address (duplicate address detection)", addr_text(&c->addr),
		 link_name(d, act->ifindex));
	for (unsigned int i = 0; i < dir->n && again; i++)
		if (&dir->a[i] == c || plan_same_set(&dir->a[i], c))
			again = replace(d, &dir->a[i], k);
	if (!again) {
		log_err("%s: given up after the third collision: is somebody answering for every address on %s? Then "
			"'shim6ctl addr remove --forget' and 'shim6ctl addr install' make new ones", addr_text(&c->addr),
			link_name(d, act->ifindex));
		hold(d->addrs, &c->addr, UINT64_MAX);
		del_addr(d, &c->addr, act->ifindex);
	}
	changed_by_us(d);
}

/* --- making ------------------------------------------------------------------------------------------------------- */

static void on_key(struct cga_key *key, const char *why, void *arg)
{
	struct shim6d *d = arg;
	char path[CONF_PATH_MAX + 16];
	int err;

	d->addrs->keygen = NULL;
	if (!key) {
		log_err("no key can be made: %s: no addresses are made", why);
		return;
	}
	snprintf(path, sizeof(path), "%s/" CGADIR_KEY, d->conf.security.state);
	err = cgadir_make(d->conf.security.state);
	if (!err)
		err = cga_key_save(key, path);
	cga_key_free(key);
	if (err) {
		cannot_write(d, err);
		return;
	}
	log_notice("a key of %d bits was made: %s", CGA_KEY_BITS_OWN, path);
	changed_by_us(d);
	hal_timer_set(d->addrs->settle, 0);
}

/* Room for @n more: what was made longest ago for networks that we are not in goes. */
static void make_room(struct shim6d *d, const struct look *k, unsigned int n)
{
	const struct cgadir *dir = dir_of(d->addrs);

	for (unsigned int have = dir->n; have + n > CGADIR_MAX; have--) {
		const struct cgadir_addr *oldest = NULL;
		time_t when = 0;

		for (unsigned int i = 0; i < dir->n; i++) {
			char path[CONF_PATH_MAX + NAME_MAX + 2];
			struct stat st;

			snprintf(path, sizeof(path), "%s/%s", d->conf.security.state, dir->a[i].file);
			if (prefix_seen(k, dir->a[i].addr.s6_addr) || stat(path, &st) ||
			    (oldest && st.st_mtime >= when))
				continue;
			oldest = &dir->a[i];
			when = st.st_mtime;
		}
		if (!oldest || cgadir_drop(d->conf.security.state, oldest->file))
			return;
	}
}

static void make(struct shim6d *d, const struct look *k)
{
	struct addrs *a = d->addrs;
	const struct cgadir *dir = dir_of(a);
	struct cga_recipe r = {
		.kind = dir->n ? CGA_KIND_CGA : CGA_KIND_HYBRID, .prefix = (const uint8_t (*)[8])a->missing,
		.n = a->n_missing, .key = dir->key,
	};
	struct cga_search search = { 0 };	/* Sec 0: nothing to search (RFC 3972, 4) */
	struct cga_made *made = calloc(r.n, sizeof(*made));
	int err = made ? 0 : -ENOMEM;

	make_room(d, k, r.n);
	hal_random(NULL, r.random, sizeof(r.random));
	if (!err)
		err = cga_set_make(a->cga, &r, &search, made);
	for (unsigned int i = 0; i < r.n && !err; i++) {
		err = cgadir_put(d->conf.security.state, &made[i].addr, made[i].pds, made[i].len);
		if (!err)
			log_notice("address %s made (%s)", addr_text(&made[i].addr), cga_kind_name(r.kind));
	}
	if (err)
		cannot_write(d, err);
	free(made);
	changed_by_us(d);
}

/* Begin to wait when the list of prefixes without address has changed. */
static void consider(struct shim6d *d, const struct look *k)
{
	struct addrs *a = d->addrs;
	uint8_t missing[PLAN_PREFIXES_MAX][8];
	unsigned int n = plan_missing(k->prefix, k->n_prefix, dir_of(a), missing);

	if (d->conf.security.verify != CONF_VERIFY_REQUIRED || dir_of(a)->removed)
		n = 0;
	if (n == a->n_missing && !memcmp(missing, a->missing, n * sizeof(missing[0])))
		return;
	memcpy(a->missing, missing, n * sizeof(missing[0]));
	a->n_missing = n;
	if (n)
		hal_timer_set(a->settle, SETTLE);
	else
		hal_timer_stop(a->settle);
}

static void on_settle(void *arg)
{
	struct shim6d *d = arg;
	struct addrs *a = d->addrs;
	struct look k = { 0 };
	int err;

	if (!a->n_missing || a->keygen || !look(d, &k))
		return;
	if (!dir_of(a)->key) {
		err = keygen_start(&a->keygen, d->loop, CGA_KEY_BITS_OWN, on_key, d);
		if (err)
			log_err("no thread can be started to make a key: %s: no addresses are made", strerror(-err));
	} else {
		make(d, &k);
	}
	free(k.seen);
	addrs_update(d);
}

/* --- the whole ---------------------------------------------------------------------------------------------------- */

static void carry_out(struct shim6d *d, const struct look *k)
{
	struct plan_action act[PLAN_ACTIONS_MAX];
	unsigned int n = plan_actions(k->seen, k->n, k->prefix, k->n_prefix, dir_of(d->addrs), hal_now_ms(), act);

	for (unsigned int i = 0; i < n; i++) {
		switch (act[i].what) {
		case PLAN_ADD:
		case PLAN_LIFETIME:
			set_addr(d, &act[i]);
			break;
		case PLAN_DEL:
			del_addr(d, &act[i].addr->addr, act[i].ifindex);
			break;
		case PLAN_COLLISION:
			collided(d, &act[i], k);
			hal_timer_set(d->addrs->tick, 0);
			return;		/* the plan was made for another set */
		}
	}
}

void addrs_update(struct shim6d *d)
{
	struct look k = { 0 };

	if (!d->addrs || !look(d, &k))
		return;
	srcroute_update(d->addrs->routes, locators_rtnl(d), k.prefix, dir_of(d->addrs)->removed ? 0 : k.n_prefix);
	if (d->conf.security.addresses == CONF_ADDRESSES_AUTO && !d->addrs->unreadable) {
		carry_out(d, &k);
		consider(d, &k);
	}
	free(k.seen);
}

static void on_tick(void *arg)
{
	struct shim6d *d = arg;

	hal_timer_set(d->addrs->tick, TICK);
	addrs_update(d);
}

int addrs_reload(struct shim6d *d, char *why, size_t size)
{
	int err = cgadir_set_removed(d->conf.security.state, false);

	if (err && err != -ENOENT) {
		snprintf(why, size, "%s: %s", d->conf.security.state, strerror(-err));
		return err;
	}
	err = reread(d, why, size);
	if (err)
		return err;
	memset(d->addrs->hold, 0, sizeof(d->addrs->hold));
	d->addrs->unwritable = false;
	d->addrs->n_missing = 0;
	addrs_update(d);
	return 0;
}

int addrs_remove(struct shim6d *d, bool forget, char *why, size_t size)
{
	const char *path = d->conf.security.state;
	const struct cgadir *dir;
	int err = cgadir_make(path);

	if (!err)
		err = cgadir_set_removed(path, true);
	if (err) {
		snprintf(why, size, "%s: %s", path, strerror(-err));
		return err;
	}
	keygen_cancel(d->addrs->keygen);
	d->addrs->keygen = NULL;
	err = reread(d, why, size);
	if (err)
		return err;
	addrs_update(d);
	if (!forget)
		return 0;
	dir = dir_of(d->addrs);
	for (unsigned int i = 0; i < dir->n && !err; i++)
		err = cgadir_drop(path, dir->a[i].file);
	if (!err)
		err = cgadir_drop(path, CGADIR_KEY);
	if (err) {
		snprintf(why, size, "%s: %s", path, strerror(-err));
		return err;
	}
	return reread(d, why, size);
}

/* --- telling ------------------------------------------------------------------------------------------------------ */

static json_t *seconds(uint32_t v)
{
	return v == UINT32_MAX ? json_null() : json_integer(v);
}

static const char *condition(const struct addrs *a, const struct hal_addr *here, const struct cgadir_addr *e)
{
	const struct hold *h = held((struct addrs *)a, &e->addr);

	if (dir_of(a)->removed)
		return "removed";
	if (h && h->until == UINT64_MAX)
		return "collision";
	if (!here)
		return "absent";
	if (here->flags & IFA_F_TENTATIVE)
		return "tentative";
	return here->flags & IFA_F_DEPRECATED ? "deprecated" : "installed";
}

json_t *addrs_json(const struct shim6d *d)
{
	const struct cgadir *dir = dir_of(d->addrs);
	json_t *list = json_array();

	for (unsigned int i = 0; i < dir->n; i++) {
		const struct cgadir_addr *e = &dir->a[i];
		const struct hal_addr *here = hal_rtnl_find(locators_rtnl(d), &e->addr);

		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:o, s:s, s:s}",
			"addr", addr_text(&e->addr), "kind", cga_kind_name(cga_pds_kind(&e->parsed)), "sec", e->sec,
			"collisions", e->pds[24], "state", condition(d->addrs, here, e),
			"ifname", here ? json_string(link_name(d, here->ifindex)) : json_null(),
			"valid", here ? seconds(here->valid) : json_null(),
			"preferred", here ? seconds(here->preferred) : json_null(),
			"route", srcroute_name(srcroute_state(d->addrs->routes, &e->addr)), "file", e->file));
	}
	return list;
}

json_t *addrs_summary(const struct shim6d *d)
{
	const struct cgadir *dir = dir_of(d->addrs);

	return json_pack("{s:s, s:b, s:b, s:i, s:b, s:i}", "directory", d->conf.security.state,
			 "automatic", d->conf.security.addresses == CONF_ADDRESSES_AUTO, "removed", dir->removed,
			 "key_bits", dir->key ? cga_key_bits(dir->key) : 0, "making_key", !!d->addrs->keygen,
			 "missing", d->addrs->n_missing);
}

/* --- life --------------------------------------------------------------------------------------------------------- */

int addrs_open(struct shim6d *d)
{
	struct addrs *a = d->addrs = calloc(1, sizeof(*d->addrs));
	char why[512];
	int err = -ENOMEM;

	if (a) {
		a->cga = cga_new();
		a->settle = hal_timer_new(d->loop, on_settle, d);
		a->tick = hal_timer_new(d->loop, on_tick, d);
	}
	if (a && a->cga && a->settle && a->tick)
		err = hal_nl_open(&a->nl, NETLINK_ROUTE);
	if (!err)
		err = srcroute_open(&a->routes, d);
	if (err) {
		hal_daemon_fail("own addresses cannot be looked after: %s", strerror(-err));
		return -1;
	}
	err = reread(d, why, sizeof(why));
	if (err == -EACCES && !idents_load(&a->idents, NULL, why, sizeof(why))) {
		a->unreadable = true;
		locators_identities(d, a->idents);
		log_warn("%s cannot be read by this user: no address is proven or made", d->conf.security.state);
	} else if (err) {
		hal_daemon_fail("%s", why);
		return -1;
	}
	hal_timer_set(a->tick, 0);
	return 0;
}

void addrs_unroute(struct shim6d *d)
{
	if (d->addrs && d->addrs->routes)
		srcroute_update(d->addrs->routes, locators_rtnl(d), NULL, 0);
}

void addrs_close(struct shim6d *d)
{
	struct addrs *a = d->addrs;

	if (!a)
		return;
	keygen_cancel(a->keygen);
	srcroute_close(a->routes);
	hal_timer_free(a->settle);
	hal_timer_free(a->tick);
	hal_nl_close(a->nl);
	cga_free(a->cga);
	free(a);
	d->addrs = NULL;
}
