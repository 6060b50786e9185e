/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Is a list of locators tied to its ULID (RFC 5533, 7.2)?  The one place where a proof by HBA or CGA is looked at.
 */
#ifndef PROTO_VERIFY_H
#define PROTO_VERIFY_H

#include "proto/shim6.h"

enum s6_proof {
	S6_PROOF_OK,
	S6_PROOF_PDS,		/* the PDS is not the one the ULID was made from: drop silently (7.13 to 10.4) */
	S6_PROOF_LIST,		/* *bad is the first locator without a proof that we accept: Error 2 (Q08) */
};

/* Judge list, PDS and signature of @msg for the sender's @ulid.  A message without a list and PDS is fine. */
enum s6_proof s6_verify(enum s6_verify policy, const struct in6_addr *ulid, const struct s6_msg *msg,
			unsigned int *bad);

#endif /* PROTO_VERIFY_H */
