/* SPDX-License-Identifier: (GPL-2.0-or-later WITH Linux-syscall-note) */
/*
 * Shim6 on the wire: numbers and fixed layouts of RFC 5533 section 5 and RFC 5534 section 5.
 *
 * Shared by the kernel modules, the xtables extensions and lib/proto.  Everything here is in network byte order
 * and octet-aligned.  A context tag is 47 bits; in host code it is a __u64 (or u64/uint64_t) whose upper 17 bits
 * are zero, on the wire the low 47 bits of a 6-octet field (RFC 5533, 4.1).
 */
#ifndef _SHIM6_WIRE_H
#define _SHIM6_WIRE_H

#include <linux/types.h>

#define SHIM6_PROTO		140	/* IPv6 Next Header, RFC 5533 section 5 */
#define SHIM6_NEXTHDR_NONE	59	/* Next Header of every control message, 5.3 */

#define SHIM6_TAG_BITS		47
#define SHIM6_TAG_MAX		((1ULL << SHIM6_TAG_BITS) - 1)

#define SHIM6_PAYLOAD_LEN	8	/* Payload Extension header, 5.2 */
#define SHIM6_CTL_MIN		8	/* shortest control header, 5.3 */
#define SHIM6_PACKET_MAX	1280	/* control packets with their IPv6 header, 5.1 */

#define SHIM6_P_BIT		0x80	/* octet 2: 1 = payload, 0 = control (5.1, register Q01) */
#define SHIM6_TYPE_MASK		0x7f	/* octet 2 of a control message */
#define SHIM6_S_BIT		0x01	/* octet 3: 0 = Shim6, 1 = HIP (5.3) */

/* Message types, 5.3 */
enum {
	SHIM6_I1	= 1,
	SHIM6_R1	= 2,
	SHIM6_I2	= 3,
	SHIM6_R2	= 4,
	SHIM6_R1BIS	= 5,
	SHIM6_I2BIS	= 6,
	SHIM6_UPDATE_REQ = 64,
	SHIM6_UPDATE_ACK = 65,
	SHIM6_KEEPALIVE	= 66,
	SHIM6_PROBE	= 67,
	SHIM6_ERROR	= 68,
};

/* Option types, 5.15 and RFC 5534 5.3 */
enum {
	SHIM6_OPT_VALIDATOR	= 1,
	SHIM6_OPT_LOCATORS	= 2,
	SHIM6_OPT_PREFS		= 3,
	SHIM6_OPT_CGA_PDS	= 4,
	SHIM6_OPT_CGA_SIG	= 5,
	SHIM6_OPT_ULID_PAIR	= 6,
	SHIM6_OPT_FII		= 7,
	SHIM6_OPT_KA_TIMEOUT	= 10,
};

/* Verification methods of a locator, 5.15.2 (register Q02) */
enum {
	SHIM6_VERIFY_HBA = 1,
	SHIM6_VERIFY_CGA = 2,
};

/* Locator flags, 5.15.3 */
#define SHIM6_LOC_BROKEN	0x01
#define SHIM6_LOC_TRANSIENT	0x02

/* Error codes, 5.14 */
enum {
	SHIM6_ERR_TYPE		= 0,	/* unknown message type */
	SHIM6_ERR_OPTION	= 1,	/* critical option not recognised */
	SHIM6_ERR_VERIFY	= 2,	/* locator verification method failed */
	SHIM6_ERR_GENERATION	= 3,	/* locator list generation out of sync */
	SHIM6_ERR_PREFS		= 4,	/* wrong number of locators in the preferences */
};

/* REAP states as carried in a Probe, RFC 5534 5.2; also the mode of the kernel's REAP clock */
enum {
	SHIM6_REAP_OPERATIONAL	= 0,
	SHIM6_REAP_EXPLORING	= 1,
	SHIM6_REAP_INBOUND_OK	= 2,
};

/* The Payload Extension header, and the octets every Shim6 header begins with. */
struct shim6_hdr {
	__u8 nexthdr;
	__u8 hdrlen;		/* in 8-octet units, without the first */
	__u8 p_type;		/* P bit; then 7 bits of type, or the top of the tag */
	__u8 octet3;		/* control: 7 type-specific bits and S */
	__be16 checksum;	/* control only; octets 4-5 of the tag otherwise */
	__be16 rest;
};

/* The tag of the 6 octets at @p; the top bit belongs to P or R and is ignored. */
static inline __u64 shim6_tag_get(const __u8 *p)
{
	return ((__u64)(p[0] & 0x7f) << 40) | ((__u64)p[1] << 32) | ((__u64)p[2] << 24) |
	       ((__u64)p[3] << 16) | ((__u64)p[4] << 8) | p[5];
}

/* Write @tag to the 6 octets at @p; @top is 0x80 for the P bit of a payload header, 0 otherwise. */
static inline void shim6_tag_put(__u8 *p, __u64 tag, __u8 top)
{
	p[0] = top | ((tag >> 40) & 0x7f);
	p[1] = tag >> 32;
	p[2] = tag >> 24;
	p[3] = tag >> 16;
	p[4] = tag >> 8;
	p[5] = tag;
}

#endif /* _SHIM6_WIRE_H */
