// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The include and exclude lists of the configuration, applied.
 */
#include <string.h>

#include "conf/conf.h"

bool conf_prefix_match(const struct conf_prefix *p, const struct in6_addr *a)
{
	unsigned int octets = p->len / 8, bits = p->len % 8;

	if (memcmp(&p->addr, a, octets))
		return false;
	return !bits || !((p->addr.s6_addr[octets] ^ a->s6_addr[octets]) >> (8 - bits));
}

bool conf_prefixes_match(const struct conf_prefixes *l, const struct in6_addr *a)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (conf_prefix_match(&l->p[i], a))
			return true;
	return false;
}

bool conf_names_match(const struct conf_names *l, const char *name)
{
	for (unsigned int i = 0; i < l->n; i++) {
		size_t len = strlen(l->name[i]);

		if (len && l->name[i][len - 1] == '*' ? !strncmp(l->name[i], name, len - 1) : !strcmp(l->name[i], name))
			return true;
	}
	return false;
}

bool conf_ports_match(const struct conf_ports *l, uint8_t proto, uint16_t port)
{
	for (unsigned int i = 0; i < l->n; i++) {
		const struct conf_port *p = &l->p[i];

		if ((!p->proto || p->proto == proto) && port >= p->first && port <= p->last)
			return true;
	}
	return false;
}

bool conf_flow_wanted(const struct conf *c, const struct conf_flow *f)
{
	const struct conf_prefixes *in = &c->trigger.include_prefixes, *ex = &c->trigger.exclude_prefixes;
	const struct conf_ports *pin = &c->trigger.include_ports, *pex = &c->trigger.exclude_ports;
	const struct conf_names *iin = &c->trigger.include_interfaces, *iex = &c->trigger.exclude_interfaces;

	if (conf_prefixes_match(ex, &f->local) || conf_prefixes_match(ex, &f->peer))
		return false;
	if (conf_ports_match(pex, f->proto, f->local_port) || conf_ports_match(pex, f->proto, f->peer_port))
		return false;
	if (f->interface && conf_names_match(iex, f->interface))
		return false;
	if (in->n && !conf_prefixes_match(in, &f->local) && !conf_prefixes_match(in, &f->peer))
		return false;
	if (pin->n && !conf_ports_match(pin, f->proto, f->local_port) && !conf_ports_match(pin, f->proto, f->peer_port))
		return false;
	return !iin->n || (f->interface && conf_names_match(iin, f->interface));
}

bool conf_locator_wanted(const struct conf *c, const struct in6_addr *a, const char *interface)
{
	const struct conf_prefixes *in = &c->locators.include_prefixes;
	const struct conf_names *iin = &c->locators.include_interfaces;

	if (conf_prefixes_match(&c->locators.exclude_prefixes, a) ||
	    conf_names_match(&c->locators.exclude_interfaces, interface))
		return false;
	return (!in->n || conf_prefixes_match(in, a)) && (!iin->n || conf_names_match(iin, interface));
}

const struct conf_preference *conf_preference_find(const struct conf_preferences *l, const struct in6_addr *a)
{
	const struct conf_preference *best = NULL;

	for (unsigned int i = 0; i < l->n; i++)
		if ((!best || l->p[i].prefix.len > best->prefix.len) && conf_prefix_match(&l->p[i].prefix, a))
			best = &l->p[i];
	return best;
}

unsigned int conf_locator_group(const struct conf *c, const struct in6_addr *a)
{
	unsigned int group = 0;
	int longest = -1;

	for (unsigned int i = 0; i < c->locators.groups.n; i++) {
		const struct conf_group *g = &c->locators.groups.g[i];

		for (unsigned int k = 0; k < g->n; k++) {
			if (g->p[k].len > longest && conf_prefix_match(&g->p[k], a)) {
				longest = g->p[k].len;
				group = i + 1;
			}
		}
	}
	return group;
}

bool conf_peer_allowed(const struct conf *c, const struct in6_addr *a)
{
	if (conf_prefixes_match(&c->security.deny_prefixes, a))
		return false;
	return !c->security.allow_prefixes.n || conf_prefixes_match(&c->security.allow_prefixes, a);
}
