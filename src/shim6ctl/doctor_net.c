// SPDX-License-Identifier: GPL-2.0-or-later
/* Is this host really multihomed: locators, routing by source address, MTU. */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "hal/rtnl.h"

#define HEADER		8	/* octets of a Payload Extension header */
#define MTU_MIN		1280	/* RFC 8200 */

void examine_locators(struct patient *p)
{
	unsigned int announced = 0, proven = 0, links = 0;
	char first[IF_NAMESIZE] = "";
	json_t *o;
	size_t i;

	if (!p->status)
		return;
	json_array_foreach(p->locators, i, o) {
		if (!flag(o, "announced"))
			continue;
		announced++;
		proven += flag(o, "proven");
		if (strcmp(first, str(o, "ifname"))) {
			links++;
			snprintf(first, sizeof(first), "%s", str(o, "ifname"));
		}
		if (!flag(o, "usable"))
			finding(p, R_WARNING, "see 'ip -6 addr' and 'ip link'",
				"%s on %s is announced, but not usable now", str(o, "addr"), str(o, "ifname"));
		if (!flag(o, "default_route"))
			finding(p, R_WARNING, "give that provider a default route, in a table of its own if need be",
				"no default route leaves by %s, where %s is", str(o, "ifname"), str(o, "addr"));
	}
	if (!announced)
		finding(p, R_FAULT, "see 'shim6ctl locators' for why each is left out",
			"this host announces no locator: nothing can be protected");
	else if (announced == 1)
		finding(p, R_WARNING, "a second provider's prefix is needed; see 'shim6ctl locators'",
			"this host has one locator: it survives failures of its peers' providers only");
	else
		finding(p, R_OK_, NULL, "%u locators on %u interface%s", announced, links, links == 1 ? "" : "s");
	if (strcmp(str(p->status, "verify"), "required") || !announced)
		return;
	if (proven)
		finding(p, R_OK_, NULL, "%u of them can be a ULID whose locators are proven", proven);
	else
		finding(p, R_WARNING, "see 'shim6ctl addr list' and the log of shim6d",
			"no address of this host proves itself: with security.verify = required no session can be moved");
}

/* Somewhere out there: a peer that we have, or else any global address. */
static struct in6_addr far_away(const struct patient *p)
{
	struct in6_addr a;

	if (inet_pton(AF_INET6, str(json_array_get(p->contexts, 0), "ulid_peer"), &a) != 1)
		inet_pton(AF_INET6, "2000::1", &a);
	return a;
}

/* Providers filter by source: a packet from an address has to leave where that address belongs. */
void examine_routing(struct patient *p)
{
	struct in6_addr src, dst = far_away(p);
	struct hal_route_found found, other;
	char text[INET6_ADDRSTRLEN], remedy[256], by[IF_NAMESIZE];
	unsigned int good = 0, bad = 0;
	const char *some;
	json_t *o;
	size_t i;
	int err;

	inet_ntop(AF_INET6, &dst, text, sizeof(text));
	json_array_foreach(p->locators, i, o) {
		if (!p->route || !flag(o, "announced") || inet_pton(AF_INET6, str(o, "addr"), &src) != 1)
			continue;
		err = hal_route_get(p->route, &src, &dst, &found);
		some = "";
		if (!err && found.ifindex == num(o, "ifindex") &&
		    !hal_route_get_default(p->route, &src, found.ifindex, &other) && other.ifindex != found.ifindex) {
			some = "some ";
			found = other;
		}
		snprintf(remedy, sizeof(remedy), "ip -6 rule add from %s/%lld table N; "
			 "ip -6 route add default via ROUTER dev %s table N (see README), or routing.sources = install",
			 str(o, "addr"), num(o, "prefixlen"), str(o, "ifname"));
		if (err) {
			finding(p, R_FAULT, remedy, "no route from %s to %s: %s", str(o, "addr"), text, strerror(-err));
			bad++;
		} else if (found.ifindex != num(o, "ifindex")) {
			finding(p, R_FAULT, remedy,
				"%spackets from %s leave by %s, not by %s: that provider will drop them", some, str(o, "addr"),
				if_indextoname(found.ifindex, by) ? by : "another interface", str(o, "ifname"));
			bad++;
		} else {
			good++;
		}
	}
	if (good && !bad)
		finding(p, R_OK_, NULL, "each locator's packets to %s leave by its own interface", text);
}

void examine_mtu(struct patient *p)
{
	struct in6_addr src, dst = far_away(p);
	struct hal_route_found found;
	unsigned int good = 0, bad = 0;
	uint32_t mtu;
	char line[64];
	json_t *o;
	size_t i;
	FILE *f;

	json_array_foreach(p->locators, i, o) {
		char path[80];

		if (!flag(o, "announced"))
			continue;
		snprintf(path, sizeof(path), "/sys/class/net/%.*s/mtu", IF_NAMESIZE - 1, str(o, "ifname"));
		mtu = 0;
		f = fopen(path, "re");
		if (f) {
			if (fgets(line, sizeof(line), f))
				sscanf(line, "%u", &mtu);
			fclose(f);
		}
		if (p->route && inet_pton(AF_INET6, str(o, "addr"), &src) == 1 &&
		    !hal_route_get(p->route, &src, &dst, &found) && found.mtu && found.mtu < mtu)
			mtu = found.mtu;
		if (mtu && mtu < MTU_MIN + HEADER) {
			finding(p, R_WARNING, "raise the MTU if the provider's link can carry more",
				"MTU %u at %s: a packet of %d octets does not fit with the %d of the shim header", mtu,
				str(o, "ifname"), MTU_MIN, HEADER);
			bad++;
		} else if (mtu) {
			good++;
		}
	}
	if (good && !bad)
		finding(p, R_OK_, NULL, "the MTU of each uplink leaves room for the %d octets of the shim header",
			HEADER);
}
