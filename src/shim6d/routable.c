// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * When the uplink of a ULID goes, so do its routes, and a socket finds no way out before the packet ever meets the
 * shim.  A table of our own, which is asked last, has a route for the peer's ULID of every context.  Its device is of
 * no consequence, as the shim routes a packet anew by its locators; lo is always there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hal/log.h"
#include "hal/nl.h"
#include "hal/rtnl.h"
#include "shim6d.h"
#include "table.h"
#include "text.h"

#define TABLE		1386
#define PRIORITY	32800	/* behind main (32766) and default (32767) */
#define PROTOCOL	HAL_RTPROT_OWN
#define LO		1	/* ifindex of lo in every namespace */

struct peer {
	struct in6_addr addr;
	unsigned int contexts;
	UT_hash_handle hh;
};

/* Which contexts are counted in peers: their ids. */
struct member {
	uint32_t id;
	struct peer *peer;
	UT_hash_handle hh;
};

struct routable {
	struct hal_nl *nl;
	struct peer *peers;
	struct member *members;
	uint32_t mtu;
};

static const struct hal_rule rule = { .priority = PRIORITY, .table = TABLE, .protocol = PROTOCOL };

static struct hal_route route_to(const struct in6_addr *peer, uint32_t mtu)
{
	return (struct hal_route){
		.dst = *peer, .dst_len = 128, .protocol = PROTOCOL, .table = TABLE, .ifindex = LO, .mtu = mtu,
	};
}

/* Shimmed packets are longer by the Payload Extension header, and these routes are for them. */
static uint32_t route_mtu(const struct shim6d *d)
{
	uint32_t mtu = locators_mtu(d);

	return mtu > 1280 + SHIM6_PAYLOAD_LEN ? mtu - SHIM6_PAYLOAD_LEN : 1280;
}

static void route_set(struct shim6d *d, const struct in6_addr *peer)
{
	struct hal_route r = route_to(peer, d->routable->mtu);
	const char *why = "";
	int err;

	err = hal_route_set(d->routable->nl, &r, &why);
	if (err)
		log_warn("no route for %s in table %d: %s%s%s: sessions may stall when their uplink is down",
			 addr_text(peer), TABLE, strerror(-err), *why ? ": " : "", why);
}

static void route_del(struct shim6d *d, const struct in6_addr *peer)
{
	struct hal_route r = route_to(peer, 0);

	hal_route_del(d->routable->nl, &r, NULL);
}

void routable_ctx(struct shim6d *d, const struct s6_ctx *c, bool gone)
{
	struct routable *r = d->routable;
	bool live = !gone && s6_ctx_live(c);
	struct member *m;
	struct peer *p;

	HASH_FIND(hh, r->members, &c->id, sizeof(c->id), m);
	if (live == !!m)
		return;
	if (!live) {
		p = m->peer;
		HASH_DEL(r->members, m);
		free(m);
		if (--p->contexts)
			return;
		route_del(d, &p->addr);
		HASH_DEL(r->peers, p);
		free(p);
		return;
	}
	HASH_FIND(hh, r->peers, &c->ulid_peer, sizeof(c->ulid_peer), p);
	m = calloc(1, sizeof(*m));
	if (m && !p) {
		p = calloc(1, sizeof(*p));
		if (p) {
			p->addr = c->ulid_peer;
			HASH_ADD(hh, r->peers, addr, sizeof(p->addr), p);
			route_set(d, &p->addr);
		}
	}
	if (!m || !p) {
		free(m);
		log_warn("%s: out of memory: it has no route of its own", text_ctx(c));
		return;
	}
	p->contexts++;
	m->id = c->id;
	m->peer = p;
	HASH_ADD(hh, r->members, id, sizeof(m->id), m);
}

void routable_stale(struct shim6d *d, const struct in6_addr *peer)
{
	struct peer *p;

	HASH_FIND(hh, d->routable->peers, peer, sizeof(*peer), p);
	if (!p)
		route_del(d, peer);
}

void routable_links(struct shim6d *d)
{
	struct routable *r = d->routable;
	struct peer *p, *next;
	uint32_t mtu;

	if (!r)
		return;
	mtu = route_mtu(d);
	if (mtu == r->mtu)
		return;
	r->mtu = mtu;
	HASH_ITER(hh, r->peers, p, next)
		route_set(d, &p->addr);
}

/* Network managers take rules that they do not know off the host. */
void routable_restore(struct shim6d *d)
{
	const char *why = "";
	int err = hal_rule_add(d->routable->nl, &rule, &why);

	if (!err)
		log_notice("the routing rule \"priority %d table %d\" had been deleted and is there again", PRIORITY, TABLE);
	else if (err != -EEXIST)
		log_warn("the routing rule \"priority %d table %d\" was deleted and cannot be added again: %s%s%s", PRIORITY,
			 TABLE, strerror(-err), *why ? ": " : "", why);
}

int routable_open(struct shim6d *d)
{
	const char *why = "";
	int err;

	d->routable = calloc(1, sizeof(*d->routable));
	if (!d->routable) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	d->routable->mtu = route_mtu(d);
	err = hal_nl_open(&d->routable->nl, NETLINK_ROUTE);
	if (!err)
		err = hal_rule_add(d->routable->nl, &rule, &why);
	if (!err || err == -EEXIST)
		return 0;
	hal_daemon_fail("cannot add the routing rule \"priority %d table %d\": %s%s%s", PRIORITY, TABLE, strerror(-err),
			*why ? ": " : "", why);
	return -1;
}

void routable_remove(struct shim6d *d)
{
	if (!d->routable || !d->routable->nl)
		return;
	hal_route_flush(d->routable->nl, TABLE, PROTOCOL);
	hal_rule_del(d->routable->nl, &rule, NULL);
}

void routable_close(struct shim6d *d)
{
	struct routable *r = d->routable;
	struct member *m, *mnext;
	struct peer *p, *pnext;

	if (!r)
		return;
	HASH_ITER(hh, r->members, m, mnext) {
		HASH_DEL(r->members, m);
		free(m);
	}
	HASH_ITER(hh, r->peers, p, pnext) {
		HASH_DEL(r->peers, p);
		free(p);
	}
	hal_nl_close(r->nl);
	free(r);
	d->routable = NULL;
}
