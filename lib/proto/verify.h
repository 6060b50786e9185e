/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which lists of locators are believed (RFC 5533, 7.2)?  The one place where that is decided, as far as it can be
 * without a hash or a signature.
 */
#ifndef PROTO_VERIFY_H
#define PROTO_VERIFY_H

#include "proto/shim6.h"

enum s6_belief {
	S6_BELIEVED,		/* nothing needs a proof */
	S6_TO_PROVE,		/* by HBA or CGA: S6_ACT_PROVE */
	S6_NO_PROOF,		/* *bad is a locator that cannot have one: Error 2 (Q08, Q30) */
	S6_TOO_LONG,		/* list or PDS beyond what the configuration allows */
	S6_NOT_ALLOWED,		/* *bad is a locator that the configuration forbids: Error 2 */
};

/*
 * Judge list, PDS and signature of @msg from the host with @ulid.  @pds_known: the PDS was told before, and a message
 * of this type may leave it out (10.1).  A message without list and PDS is fine.
 */
enum s6_belief s6_verify(const struct s6_config *cfg, const struct in6_addr *ulid, const struct s6_msg *msg,
			 bool pds_known, unsigned int *bad);

#endif /* PROTO_VERIFY_H */
