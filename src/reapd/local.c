// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses and links of this host (RFC 5534, 3.1 and 3.2): a locator whose address or link is gone is broken
 * at once, and an exploration does not wait for a timeout.  That the peer is told of it is the control daemon's
 * business.
 */
#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/daemon.h"
#include "hal/log.h"
#include "reapd.h"

static bool works(const struct reapd *r, const struct in6_addr *a)
{
	const struct hal_addr *found = hal_rtnl_find(r->rtnl, a);

	return found && hal_addr_usable(r->rtnl, found);
}

/* Note what came and went, and wake up when somebody has been up for long enough. */
static void watch_flapping(struct reapd *r, uint64_t now)
{
	unsigned int n;
	const struct hal_addr *addrs = hal_rtnl_addrs(r->rtnl, &n);

	for (unsigned int i = 0; i < n; i++)
		if (hal_addr_usable(r->rtnl, &addrs[i]))
			damp_see(&r->damp, &addrs[i].addr, true, now);
	for (unsigned int i = 0; i < r->damp.n; i++)
		if (!works(r, &r->damp.v[i].addr))
			damp_see(&r->damp, &r->damp.v[i].addr, false, now);
	hal_timer_at(r->calm, damp_next(&r->damp, now));
}

static void look_around(struct reapd *r)
{
	uint64_t now = hal_now_ms();

	watch_flapping(r, now);
	engine_host_changed(r->engine, now);
	engine_rearm(r);
}

static void on_change(unsigned int what, void *arg)
{
	if (what & ~HAL_RTNL_OWN)
		look_around(arg);
}

static void on_calm(void *arg)
{
	look_around(arg);
}

/*
 * One that flaps is worse than any other but better than none, and so are optimistic and deprecated addresses, and
 * those whose uplink has no default route.
 */
int local_usable(void *arg, const struct in6_addr *a)
{
	const struct reapd *r = arg;
	const struct hal_addr *found = hal_rtnl_find(r->rtnl, a);
	const struct hal_link *link;

	if (!found || !hal_addr_usable(r->rtnl, found))
		return ADDR_UNUSABLE;
	link = hal_rtnl_link(r->rtnl, found->ifindex);
	if (found->flags & (IFA_F_OPTIMISTIC | IFA_F_DEPRECATED) || !link->default_route ||
	    damp_until(&r->damp, a) > hal_now_ms())
		return ADDR_LATER;
	return ADDR_GOOD;
}

bool local_is(const struct reapd *r, const struct in6_addr *a, const char **interface)
{
	const struct hal_addr *found = hal_rtnl_find(r->rtnl, a);
	const struct hal_link *link = found ? hal_rtnl_link(r->rtnl, found->ifindex) : NULL;

	*interface = link ? link->name : "";
	return found;
}

int local_open(struct reapd *r)
{
	int err = -ENOMEM;

	r->calm = hal_timer_new(r->loop, on_calm, r);
	if (r->calm)
		err = hal_rtnl_open(&r->rtnl, r->loop, on_change, r);
	if (!err)
		watch_flapping(r, hal_now_ms());
	else
		hal_daemon_fail("cannot read the host's addresses: %s", strerror(-err));
	return err ? -1 : 0;
}

void local_close(struct reapd *r)
{
	hal_rtnl_close(r->rtnl);
	hal_timer_free(r->calm);
	r->rtnl = NULL;
	r->calm = NULL;
}
