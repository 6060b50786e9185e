// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Addresses and links of this host (RFC 5534, 3.1 and 3.2): a locator whose address or link is gone is broken
 * at once, and an exploration does not wait for a timeout.  That the peer is told of it is the control daemon's
 * business.
 */
#include <string.h>

#include "hal/clock.h"
#include "hal/daemon.h"
#include "hal/log.h"
#include "reapd.h"

static void on_change(unsigned int what, void *arg)
{
	struct reapd *r = arg;

	if (!(what & (HAL_RTNL_ADDR | HAL_RTNL_LINK)))
		return;
	engine_host_changed(r->engine, hal_now_ms());
	engine_rearm(r);
}

bool local_usable(void *arg, const struct in6_addr *a)
{
	const struct reapd *r = arg;
	const struct hal_addr *found = hal_rtnl_find(r->rtnl, a);

	return found && hal_addr_usable(r->rtnl, found);
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
	int err = hal_rtnl_open(&r->rtnl, r->loop, on_change, r);

	if (err)
		hal_daemon_fail("cannot read the host's addresses: %s", strerror(-err));
	return err ? -1 : 0;
}

void local_close(struct reapd *r)
{
	hal_rtnl_close(r->rtnl);
	r->rtnl = NULL;
}
