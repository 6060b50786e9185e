// SPDX-License-Identifier: GPL-2.0-or-later
#include "proto/verify.h"

#define METHOD_RESERVED_LOW	0	/* 5.15.2, table 4 */
#define METHOD_RESERVED_HIGH	255

static bool proven(enum s6_verify policy, const struct in6_addr *ulid, const struct s6_locator *l)
{
	if (l->method == METHOD_RESERVED_LOW || l->method == METHOD_RESERVED_HIGH || !s6_addr_ok(&l->addr))
		return false;
	if (IN6_ARE_ADDR_EQUAL(&l->addr, ulid))		/* 7.2: the ULID needs no proof */
		return true;
	return policy == S6_VERIFY_OFF && l->method == S6_VERIFY_NONE;
}

enum s6_proof s6_verify(enum s6_verify policy, const struct in6_addr *ulid, const struct s6_msg *msg, unsigned int *bad)
{
	unsigned int i;

	if (msg->has_locators) {
		for (i = 0; i < msg->locators.n; i++) {
			if (!proven(policy, ulid, &msg->locators.loc[i])) {
				*bad = i;
				return S6_PROOF_LIST;
			}
		}
	}
	/* A PDS that cannot be checked against the ULID proves nothing; with verification off nobody asks. */
	if (msg->pds.p && policy == S6_VERIFY_REQUIRED)
		return S6_PROOF_PDS;
	return S6_PROOF_OK;
}
