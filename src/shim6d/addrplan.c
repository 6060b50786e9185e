// SPDX-License-Identifier: GPL-2.0-or-later
#include "addrplan.h"

#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#define SLACK	2		/* seconds by which two lifetimes may differ */
#define LASTING	20		/* seconds that an address is given at least, as nobody looks for ten (addrs.c) */
#define FOR_EVER	UINT32_MAX

uint32_t plan_left(uint32_t seconds, uint64_t told, uint64_t now)
{
	uint64_t gone = now > told ? (now - told) / 1000 : 0;

	if (seconds == FOR_EVER)
		return FOR_EVER;
	return seconds > gone ? seconds - (uint32_t)gone : 0;
}

/* Does @s show that its prefix belongs to this host?  Our own addresses show nothing: they follow the prefix. */
static bool evidence(const struct plan_seen *s, const struct cgadir *dir)
{
	const struct hal_addr *a = s->a;

	return s->wanted && a->scope == RT_SCOPE_UNIVERSE && (a->prefixlen <= 64 || s->on_link) &&
	       !(a->flags & (IFA_F_HOMEADDRESS | IFA_F_DADFAILED)) && !cgadir_find(dir, &a->addr);
}

unsigned int plan_prefixes(const struct plan_seen *seen, unsigned int n, const struct cgadir *dir, uint64_t now,
			   struct plan_prefix *out)
{
	unsigned int n_out = 0, at;

	for (unsigned int i = 0; i < n; i++) {
		const struct hal_addr *a = seen[i].a;
		struct plan_prefix p = {
			.ifindex = a->ifindex, .uplink = seen[i].uplink,
			.valid = plan_left(a->valid, a->told, now), .preferred = plan_left(a->preferred, a->told, now),
		};

		if (!evidence(&seen[i], dir) || !p.valid)
			continue;
		memcpy(p.prefix, &a->addr, sizeof(p.prefix));
		for (at = 0; at < n_out && memcmp(out[at].prefix, p.prefix, sizeof(p.prefix)); at++)
			;
		if (at == PLAN_PREFIXES_MAX)
			continue;
		if (at == n_out) {
			out[n_out++] = p;
			continue;
		}
		/* On two links: that which leads out. */
		if (out[at].ifindex != p.ifindex) {
			if (p.uplink && !out[at].uplink)
				out[at] = p;
			continue;
		}
		if (p.valid > out[at].valid)
			out[at].valid = p.valid;
		if (p.preferred > out[at].preferred)
			out[at].preferred = p.preferred;
	}
	return n_out;
}

static bool stored(const struct cgadir *dir, const uint8_t prefix[8])
{
	for (unsigned int i = 0; i < dir->n; i++)
		if (!memcmp(&dir->a[i].addr, prefix, 8))
			return true;
	return false;
}

unsigned int plan_missing(const struct plan_prefix *p, unsigned int n, const struct cgadir *dir, uint8_t (*out)[8])
{
	unsigned int n_out = 0;

	for (unsigned int i = 0; i < n; i++)
		if (p[i].uplink && p[i].preferred && !p[i].gone && !stored(dir, p[i].prefix))
			memcpy(out[n_out++], p[i].prefix, 8);
	return n_out;
}

static bool differ(uint32_t a, uint32_t b)
{
	if (a == FOR_EVER || b == FOR_EVER)
		return a != b;
	return a > b ? a - b > SLACK : b - a > SLACK;
}

/*
 * A prefix that is advertised for a few seconds only, again and again: its own address is renewed by the kernel, ours
 * by us.  If it ends, its address goes, and ours at once.
 */
static uint32_t lasting(uint32_t seconds)
{
	return seconds && seconds < LASTING ? LASTING : seconds;
}

static const struct plan_prefix *prefix_of(const struct plan_prefix *p, unsigned int n, const struct in6_addr *a)
{
	for (unsigned int i = 0; i < n; i++)
		if (!memcmp(p[i].prefix, a, 8))
			return &p[i];
	return NULL;
}

/* What is to be done about stored address @a where it is now; true if it is where it belongs. */
static bool look_at(const struct plan_seen *s, const struct plan_prefix *p, uint64_t now, struct plan_action *act,
		    bool *todo)
{
	*todo = true;
	act->ifindex = s->a->ifindex;
	if (!p || p->ifindex != s->a->ifindex) {
		act->what = PLAN_DEL;
		*todo = s->a->flags & IFA_F_HOMEADDRESS;
		return false;
	}
	if (s->a->flags & IFA_F_DADFAILED) {
		act->what = PLAN_COLLISION;
		return true;
	}
	act->what = PLAN_LIFETIME;
	act->valid = lasting(p->valid);
	act->preferred = lasting(p->preferred);
	/* While it is tentative it stays without end: the kernel would delete it when DAD fails, and not tell why. */
	*todo = s->a->flags & IFA_F_HOMEADDRESS && !(s->a->flags & IFA_F_TENTATIVE) &&
		(differ(plan_left(s->a->valid, s->a->told, now), act->valid) ||
		 differ(plan_left(s->a->preferred, s->a->told, now), act->preferred));
	return true;
}

unsigned int plan_actions(const struct plan_seen *seen, unsigned int n, const struct plan_prefix *p, unsigned int n_p,
			  const struct cgadir *dir, uint64_t now, struct plan_action *out)
{
	unsigned int n_out = 0;

	for (unsigned int i = 0; i < dir->n; i++) {
		const struct cgadir_addr *addr = &dir->a[i];
		const struct plan_prefix *its = dir->removed ? NULL : prefix_of(p, n_p, &addr->addr);
		bool there = false, todo;

		for (unsigned int j = 0; j < n && n_out < PLAN_ACTIONS_MAX; j++) {
			if (!IN6_ARE_ADDR_EQUAL(&seen[j].a->addr, &addr->addr))
				continue;
			out[n_out] = (struct plan_action){ .addr = addr };
			there |= look_at(&seen[j], its, now, &out[n_out], &todo);
			n_out += todo;
		}
		if (its && !there && n_out < PLAN_ACTIONS_MAX)
			out[n_out++] = (struct plan_action){
				.what = PLAN_ADD, .addr = addr, .ifindex = its->ifindex, .valid = FOR_EVER,
				.preferred = lasting(its->preferred),
			};
	}
	return n_out;
}

bool plan_same_set(const struct cgadir_addr *a, const struct cgadir_addr *b)
{
	/* Modifier, then all behind prefix and collision count (RFC 5535, 6). */
	return a->parsed.prefixes && b->parsed.prefixes && a->len == b->len && !memcmp(a->pds, b->pds, 16) &&
	       !memcmp(a->pds + 25, b->pds + 25, a->len - 25);
}
