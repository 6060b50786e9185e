/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Shim6 and REAP messages: octets to struct and back (RFC 5533 section 5, RFC 5534 section 5).
 *
 * The codec is exact in what it writes and strict in what it reads: it never looks past the header's end, refuses a
 * message whose options do not fit, and says why by a named verdict.  It keeps no state.  All integers in struct s6_msg
 * are in host byte order.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "uapi/shim6_wire.h"

#define S6_LOCATORS_MAX		32	/* locators a host announces or accepts; 5.1 allows a cap */
#define S6_VALIDATOR_MAX	64	/* octets of a Responder Validator that we are ready to return */
#define S6_REPORTS_MAX		15	/* Psent and Precvd are 4 bits each, RFC 5534 5.2 */
#define S6_MSG_MAX		(SHIM6_PACKET_MAX - 40)	/* control message without the IPv6 header, 5.1 */

/* A locator as announced.  prio and weight have DNS SRV meaning (5.15.3, RFC 2782). */
struct s6_locator {
	struct in6_addr addr;
	uint8_t method;			/* SHIM6_VERIFY_*, or S6_VERIFY_NONE */
	uint8_t flags;			/* SHIM6_LOC_* */
	uint8_t prio;
	uint8_t weight;
	uint8_t group;			/* of our own locators, never sent: RFC 5533, 2.2 */
};

/*
 * Method that stands in our lists when security.verify = none: from the experimental range 201-254 (5.15.2), so that no
 * conforming peer takes it for a proof.
 */
#define S6_VERIFY_NONE		201

/* Locator List option, 5.15.2 */
struct s6_locator_list {
	uint32_t generation;
	unsigned int n;
	struct s6_locator loc[S6_LOCATORS_MAX];
};

/* Locator Preferences option, 5.15.3.  element_len 1..255; missing priority and weight decode as 0. */
struct s6_pref_list {
	uint32_t generation;
	uint8_t element_len;
	unsigned int n;
	struct {
		uint8_t flags, prio, weight;
	} el[S6_LOCATORS_MAX];
};

/* A Probe report, RFC 5534 5.2 */
struct s6_report {
	struct in6_addr src, dst;
	uint32_t nonce;
	uint32_t data;
};

/* Octets that belong to somebody else: the received packet, or the caller of the encoder. */
struct s6_bytes {
	const uint8_t *p;		/* NULL: absent */
	size_t len;
};

/*
 * A message.  Which members count depends on the type:
 *
 *            tag                  nonce            resp_nonce  packet_tag  other
 *   I1       initiator's          initiator's
 *   R1                            initiator's      yes
 *   I2       initiator's          initiator's      yes
 *   R2       responder's          initiator's
 *   R1bis    packet's                              yes
 *   I2bis    initiator's          initiator's      yes         yes
 *   UR, UA   receiver's           request nonce
 *   Keepalive receiver's
 *   Probe    receiver's                                                    reap_state, sent, rcvd
 *   Error                                                                  code, pointer, packet
 */
struct s6_msg {
	uint8_t type;			/* SHIM6_I1 ... */
	uint64_t tag;
	uint64_t packet_tag;
	uint32_t nonce;
	uint32_t resp_nonce;

	uint8_t reap_state;		/* Probe: SHIM6_REAP_*, RFC 5534 5.2 */
	uint8_t n_sent, n_rcvd;		/* Psent (at least 1), Precvd */
	struct s6_report sent[S6_REPORTS_MAX];
	struct s6_report rcvd[S6_REPORTS_MAX];

	uint8_t code;			/* Error: SHIM6_ERR_* */
	uint16_t pointer;		/* Error: offset in the quoted packet, from its IPv6 header (Q12) */
	struct s6_bytes packet;		/* Error: the packet in error */

	/* Options.  Views point into the decoded packet. */
	struct s6_bytes validator;	/* 5.15.1 */
	bool has_locators;
	struct s6_locator_list locators;	/* 5.15.2; flags, prio, weight are 0 */
	size_t locators_at;		/* decoded: offset of the option in the message, for Pointer (Error 2) */
	bool has_prefs;
	struct s6_pref_list prefs;	/* 5.15.3 */
	size_t prefs_at;		/* decoded: offset of the option in the message, for Pointer (Errors 3, 4) */
	struct s6_bytes pds;		/* 5.15.4 */
	struct s6_bytes signature;	/* 5.15.5 */
	bool has_ulids;
	struct in6_addr sender_ulid, receiver_ulid;	/* 5.15.6 */
	bool has_fii;
	uint32_t fii;			/* 5.15.7; 0 without the option */
	bool has_ka_timeout;
	uint16_t ka_timeout;		/* RFC 5534 5.3, seconds */
};

/* What the decoder thinks of a packet.  Each has a counter of its own, s6_verdict_name() is the counter's name. */
enum s6_verdict {
	S6_V_OK,
	S6_V_TRUNCATED,		/* header runs past the packet's end (12.3) */
	S6_V_NOT_CONTROL,	/* P = 1, or not protocol 140 at all */
	S6_V_HIP,		/* S = 1: not Shim6 (5.3) */
	S6_V_CHECKSUM,		/* (12.3) */
	S6_V_ADDRESS,		/* multicast or unspecified source or destination (12.3) */
	S6_V_TYPE,		/* unknown type: answer with Error 0 */
	S6_V_SHORT,		/* shorter than the fixed part of its type */
	S6_V_OPTION_LENGTH,	/* an option runs past the header, or its length contradicts its content */
	S6_V_OPTION_CRITICAL,	/* unknown or misplaced option with C = 1: answer with Error 1 */
	S6_V_OPTION_TWICE,	/* the same option two times */
	S6_V_OPTION_MISSING,	/* an option that the type MUST have is not there */
	S6_V_TOO_MANY,		/* more locators than S6_LOCATORS_MAX */
	S6_V_PROBE,		/* Sta = 3, Psent = 0 or counts that do not fit (RFC 5534 5.2, Q56) */
	S6_V_MAX
};

const char *s6_verdict_name(enum s6_verdict v);		/* "truncated", "checksum", ... never NULL */
const char *s6_verdict_text(enum s6_verdict v);		/* a sentence for stats --explain */
const char *s6_type_name(uint8_t type);			/* "I1", "Update Request", ...; "unknown" */

/*
 * Decode the control message of @len octets at @data (which starts at the Shim6 header) that came from @src to @dst.
 * On S6_V_OK *@msg is filled.  On S6_V_TYPE and S6_V_OPTION_CRITICAL *@fault is the octet offset in @data to report
 * (Error 0 and 1).  The checksum is verified here.  *@msg holds views into @data.  No pointer may be NULL.
 */
enum s6_verdict s6_decode(const uint8_t *data, size_t len, const struct in6_addr *src, const struct in6_addr *dst,
			  struct s6_msg *msg, size_t *fault);

/*
 * Encode @msg into @buf, checksum included.  Returns the length in octets, a multiple of 8; 0 if it does not fit into
 * @size or S6_MSG_MAX, or if a member is out of range (a bug of the caller): an option that is not defined for the type
 * or lacks though the type MUST have it, preferences with an element_len other than 1 to 3, a tag of more than 47 bits.
 * Of an Error's packet as much is quoted as fits into 1280 octets.
 */
size_t s6_encode(const struct s6_msg *msg, uint8_t *buf, size_t size);

/* The Shim6 checksum over @len octets (5.3, no pseudo-header).  0 when run over a message with a right checksum. */
uint16_t s6_checksum(const uint8_t *data, size_t len);

/* True if @a may be a locator or ULID: not multicast, unspecified, loopback, link-local, site-local (RFC 5534 3.1). */
bool s6_addr_ok(const struct in6_addr *a);

/* One subnet is one provider, as far as a host can know: what kills one of its addresses kills the others. */
static inline bool s6_same_subnet(const struct in6_addr *a, const struct in6_addr *b)
{
	return memcmp(a, b, 8) == 0;
}

#endif /* PROTO_WIRE_H */
