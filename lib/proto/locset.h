/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of locators, Ls(local) and Ls(peer) of RFC 5533 section 6.1. */
#ifndef PROTO_LOCSET_H
#define PROTO_LOCSET_H

#include "proto/shim6.h"

/* The set that holds @a alone. */
void s6_locset_one(struct s6_locset *ls, const struct in6_addr *a, uint8_t method);

/* Append @l; false if the set is full. */
bool s6_locset_add(struct s6_locset *ls, const struct s6_locator *l);

bool s6_locset_same_addrs(const struct s6_locset *a, const struct s6_locset *b);	/* in the same order */
bool s6_locset_same_prefs(const struct s6_locset *a, const struct s6_locset *b);	/* and same_addrs */
bool s6_locset_same(const struct s6_locset *a, const struct s6_locset *b);	/* all but the generation */
bool s6_locset_equal(const struct s6_locset *a, const struct s6_locset *b);	/* all */

/* True if no locator is preferred to another: nothing to say in a Locator Preferences option (5.6, 5.9). */
bool s6_locset_plain(const struct s6_locset *ls);

/* Index of @a if it is in @ls and not marked BROKEN, or -1. */
int s6_locset_find_good(const struct s6_locset *ls, const struct in6_addr *a);

/* The options of a message from a set, and back. */
void s6_locset_to_list(const struct s6_locset *ls, struct s6_locator_list *list);
void s6_locset_to_prefs(const struct s6_locset *ls, struct s6_pref_list *prefs);
void s6_locset_from_list(struct s6_locset *ls, const struct s6_locator_list *list);
void s6_locset_apply_prefs(struct s6_locset *ls, const struct s6_pref_list *prefs);	/* counts are equal */

#endif /* PROTO_LOCSET_H */
