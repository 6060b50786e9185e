// SPDX-License-Identifier: GPL-2.0-or-later
#include "proto/verify.h"

#define METHOD_RESERVED_LOW	0	/* 5.15.2, table 4 */
#define METHOD_RESERVED_HIGH	255

static bool by_proof(const struct s6_locator *l)
{
	return l->method == SHIM6_VERIFY_HBA || l->method == SHIM6_VERIFY_CGA;
}

static bool possible(const struct s6_config *cfg, const struct in6_addr *ulid, const struct s6_locator *l)
{
	if (l->method == METHOD_RESERVED_LOW || l->method == METHOD_RESERVED_HIGH || !s6_addr_ok(&l->addr))
		return false;
	if (IN6_ARE_ADDR_EQUAL(&l->addr, ulid) || by_proof(l))		/* 7.2: the ULID needs no proof */
		return true;
	return cfg->verify == S6_VERIFY_OFF && l->method == S6_VERIFY_NONE;
}

enum s6_belief s6_verify(const struct s6_config *cfg, const struct in6_addr *ulid, const struct s6_msg *msg,
			 bool pds_known, unsigned int *bad)
{
	unsigned int n = msg->has_locators ? msg->locators.n : 0, i, claims = n;

	if (n > cfg->max_locators || (msg->pds.p && msg->pds.len > cfg->max_pds))
		return S6_TOO_LONG;
	for (i = 0; i < n; i++) {
		const struct s6_locator *l = &msg->locators.loc[i];

		*bad = i;
		if (!possible(cfg, ulid, l))
			return S6_NO_PROOF;
		if (cfg->peer_ok && !cfg->peer_ok(cfg->peer_ok_arg, &l->addr))
			return S6_NOT_ALLOWED;
		if (claims == n && by_proof(l) && !IN6_ARE_ADDR_EQUAL(&l->addr, ulid))
			claims = i;
	}
	*bad = claims;
	if (claims < n)
		return msg->pds.p || pds_known ? S6_TO_PROVE : S6_NO_PROOF;	/* Q30 */
	/* Nobody asked for the PDS, but one that is not the ULID's voids the message (7.13 to 10.4). */
	return msg->pds.p && cfg->verify == S6_VERIFY_REQUIRED ? S6_TO_PROVE : S6_BELIEVED;
}
