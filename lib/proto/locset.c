// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "proto/locset.h"

int s6_locset_find(const struct s6_locset *ls, const struct in6_addr *a)
{
	unsigned int i;

	for (i = 0; i < ls->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&ls->loc[i].addr, a))
			return i;
	return -1;
}

int s6_locset_find_good(const struct s6_locset *ls, const struct in6_addr *a)
{
	int i = s6_locset_find(ls, a);

	return i >= 0 && !(ls->loc[i].flags & SHIM6_LOC_BROKEN) ? i : -1;
}

void s6_locset_one(struct s6_locset *ls, const struct in6_addr *a, uint8_t method)
{
	memset(ls, 0, sizeof(*ls));
	ls->n = 1;
	ls->loc[0].addr = *a;
	ls->loc[0].method = method;
}

bool s6_locset_add(struct s6_locset *ls, const struct s6_locator *l)
{
	if (ls->n == S6_LOCATORS_MAX)
		return false;
	ls->loc[ls->n++] = *l;
	return true;
}

bool s6_locset_same_addrs(const struct s6_locset *a, const struct s6_locset *b)
{
	unsigned int i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++)
		if (!IN6_ARE_ADDR_EQUAL(&a->loc[i].addr, &b->loc[i].addr))
			return false;
	return true;
}

bool s6_locset_same_prefs(const struct s6_locset *a, const struct s6_locset *b)
{
	unsigned int i;

	if (!s6_locset_same_addrs(a, b))
		return false;
	for (i = 0; i < a->n; i++)
		if (a->loc[i].flags != b->loc[i].flags || a->loc[i].prio != b->loc[i].prio ||
		    a->loc[i].weight != b->loc[i].weight)
			return false;
	return true;
}

bool s6_locset_same(const struct s6_locset *a, const struct s6_locset *b)
{
	unsigned int i;

	if (!s6_locset_same_prefs(a, b))
		return false;
	for (i = 0; i < a->n; i++)
		if (a->loc[i].method != b->loc[i].method)
			return false;
	return true;
}

bool s6_locset_equal(const struct s6_locset *a, const struct s6_locset *b)
{
	return a->generation == b->generation && s6_locset_same(a, b);
}

bool s6_locset_plain(const struct s6_locset *ls)
{
	unsigned int i;

	for (i = 0; i < ls->n; i++)
		if (ls->loc[i].flags || ls->loc[i].prio != ls->loc[0].prio || ls->loc[i].weight != ls->loc[0].weight)
			return false;
	return true;
}

void s6_locset_to_list(const struct s6_locset *ls, struct s6_locator_list *list)
{
	unsigned int i;

	memset(list, 0, sizeof(*list));
	list->generation = ls->generation;
	list->n = ls->n;
	for (i = 0; i < ls->n; i++) {
		list->loc[i].addr = ls->loc[i].addr;
		list->loc[i].method = ls->loc[i].method;
	}
}

void s6_locset_to_prefs(const struct s6_locset *ls, struct s6_pref_list *prefs)
{
	unsigned int i;

	memset(prefs, 0, sizeof(*prefs));
	prefs->generation = ls->generation;
	prefs->element_len = 3;
	prefs->n = ls->n;
	for (i = 0; i < ls->n; i++) {
		prefs->el[i].flags = ls->loc[i].flags;
		prefs->el[i].prio = ls->loc[i].prio;
		prefs->el[i].weight = ls->loc[i].weight;
	}
}

void s6_locset_from_list(struct s6_locset *ls, const struct s6_locator_list *list)
{
	unsigned int i;

	memset(ls, 0, sizeof(*ls));
	ls->generation = list->generation;
	for (i = 0; i < list->n && i < S6_LOCATORS_MAX; i++) {
		ls->loc[i].addr = list->loc[i].addr;
		ls->loc[i].method = list->loc[i].method;
	}
	ls->n = i;
}

void s6_locset_apply_prefs(struct s6_locset *ls, const struct s6_pref_list *prefs)
{
	unsigned int i;

	for (i = 0; i < ls->n && i < prefs->n; i++) {
		ls->loc[i].flags = prefs->el[i].flags;
		ls->loc[i].prio = prefs->el[i].prio;
		ls->loc[i].weight = prefs->el[i].weight;
	}
}
