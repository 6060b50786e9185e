/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the Shim6 header stands in a packet, and the octet arithmetic of putting it in and taking it off.
 *
 * Pure: no skb, no lock, no memory of its own.  Compiled into shim6.ko and ip6t_shim6.ko, and by tests/kuser in
 * user space.  Offsets count from the first octet of the IPv6 header.
 */
#ifndef _SHIM6_HDR_H
#define _SHIM6_HDR_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/string.h>
#include <linux/errno.h>
#include <shim6_wire.h>
#else
#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include <string.h>
#include <errno.h>
#include <asm/types.h>
#include "uapi/shim6_wire.h"
#endif

#define SHIM6_IP6_LEN		40	/* fixed IPv6 header */
#define SHIM6_IP6_PAYLOAD	4	/* offset of Payload Length */
#define SHIM6_IP6_NEXTHDR	6	/* offset of Next Header */
#define SHIM6_IP6_SRC		8
#define SHIM6_IP6_DST		24
#define SHIM6_EXT_MAX		8	/* extension headers looked at before a packet is given up as hostile */

/*
 * Read @len octets (at most 8) at @off of the packet @from: a pointer to them, or to @buf after copying them there, or
 * NULL if the packet ends before.
 */
typedef const __u8 *(*shim6_get_t)(const void *from, __u32 off, __u32 len, void *buf);

/**
 * struct shim6_place - a place in a chain of headers
 * @off:	first octet of the header
 * @prev:	the Next Header octet of the header before it
 * @next:	value of that octet
 * @routing:	offset of a Routing header with Segments Left != 0 before the place, or 0
 */
struct shim6_place {
	__u32 off;
	__u32 prev;
	__u8 next;
	__u32 routing;
};

/* One packet in one piece of memory, for shim6_hdr_get_flat(). */
struct shim6_flat {
	const __u8 *p;
	__u32 len;
};

const __u8 *shim6_hdr_get_flat(const void *from, __u32 off, __u32 len, void *buf);
int shim6_hdr_insert_place(shim6_get_t get, const void *from, struct shim6_place *pl);
int shim6_hdr_find(shim6_get_t get, const void *from, struct shim6_place *pl);
bool shim6_hdr_resize(__u8 *ip6, int delta);
void shim6_hdr_open(__u8 *ip6, const struct shim6_place *pl, __u64 tag);
void shim6_hdr_close(__u8 *ip6, const struct shim6_place *pl);
bool shim6_hdr_bypass_icmp(__u8 type);

/* A Payload Extension header: P is set and it has the one length there is (RFC 5533, 5.2).  @h: its first 8 octets. */
static inline bool shim6_hdr_is_payload(const __u8 *h)
{
	return (h[2] & SHIM6_P_BIT) && h[1] == 0;
}

/* A control message of Shim6, not of HIP (RFC 5533, 5.3: P = 0, S = 0). */
static inline bool shim6_hdr_is_control(const __u8 *h)
{
	return !(h[2] & SHIM6_P_BIT) && !(h[3] & SHIM6_S_BIT);
}

#endif /* _SHIM6_HDR_H */
