// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_hdr.h. */
#include "shim6_hdr.h"

enum {
	EXT_HOPOPTS	= 0,
	EXT_ROUTING	= 43,
	EXT_DSTOPTS	= 60,
};

const __u8 *shim6_hdr_get_flat(const void *from, __u32 off, __u32 len, void *buf)
{
	const struct shim6_flat *f = from;

	(void)buf;
	return off <= f->len && len <= f->len - off ? f->p + off : NULL;
}

/*
 * Step over the extension header at @pl.  Its first 8 octets are read: every one of these types has as many, and a
 * header that lies about its length is caught at the next step or by whoever uses the place.
 */
static int step(shim6_get_t get, const void *from, struct shim6_place *pl)
{
	__u8 buf[8];
	const __u8 *h = get(from, pl->off, sizeof(buf), buf);

	if (!h)
		return -EINVAL;
	if (pl->next == EXT_ROUTING && h[3])
		pl->routing = pl->off;
	pl->next = h[0];
	pl->prev = pl->off;
	pl->off += (h[1] + 1u) * 8;
	return 0;
}

static int start(shim6_get_t get, const void *from, struct shim6_place *pl)
{
	__u8 buf[1];
	const __u8 *h = get(from, SHIM6_IP6_NEXTHDR, 1, buf);

	if (!h)
		return -EINVAL;
	pl->off = SHIM6_IP6_LEN;
	pl->prev = SHIM6_IP6_NEXTHDR;
	pl->next = *h;
	pl->routing = 0;
	return 0;
}

/* Is @pl still within the packet?  A header may end exactly where the packet does if no other one follows. */
static bool ends_inside(shim6_get_t get, const void *from, const struct shim6_place *pl)
{
	__u8 buf[1];

	return get(from, pl->off - 1, 1, buf);
}

/**
 * shim6_hdr_insert_place() - where a Payload Extension header belongs
 * @get:	reader of the packet
 * @from:	the packet, for @get
 * @pl:		the answer; @pl->next is what will follow the header
 *
 * After Hop-by-Hop, Routing, and a Destination Options header that a Routing header follows; before all else
 * (RFC 5533, 4.6 and 11.1).
 *
 * Return: 0, or -EINVAL if the packet ends within its headers or has more than SHIM6_EXT_MAX of them.
 */
int shim6_hdr_insert_place(shim6_get_t get, const void *from, struct shim6_place *pl)
{
	struct shim6_place at;
	int n, err;

	err = start(get, from, &at);
	*pl = at;
	for (n = 0; !err && n < SHIM6_EXT_MAX; n++) {
		__u8 type = at.next;

		/* Hop-by-Hop is nowhere but first. */
		if (type != EXT_ROUTING && type != EXT_DSTOPTS && !(type == EXT_HOPOPTS && n == 0))
			return ends_inside(get, from, pl) ? 0 : -EINVAL;
		err = step(get, from, &at);
		if (!err && type != EXT_DSTOPTS)
			*pl = at;
	}
	return -EINVAL;
}

/**
 * shim6_hdr_find() - find the Shim6 header of a received packet
 * @get:	reader of the packet
 * @from:	the packet, for @get
 * @pl:		the answer
 *
 * Headers are handled in order of appearance, so a Shim6 header is accepted after any Hop-by-Hop, Routing and
 * Destination Options headers; one behind a Fragment header is seen after reassembly.
 *
 * Return: 1 found, with its first 8 octets in the packet; 0 none; -EINVAL as for shim6_hdr_insert_place().
 */
int shim6_hdr_find(shim6_get_t get, const void *from, struct shim6_place *pl)
{
	__u8 buf[8];
	int n, err;

	err = start(get, from, pl);
	for (n = 0; !err && n < SHIM6_EXT_MAX; n++) {
		__u8 type = pl->next;

		if (type == SHIM6_PROTO)
			return get(from, pl->off, sizeof(buf), buf) ? 1 : -EINVAL;
		if (type != EXT_ROUTING && type != EXT_DSTOPTS && !(type == EXT_HOPOPTS && n == 0))
			return 0;
		err = step(get, from, pl);
	}
	return -EINVAL;
}

/**
 * shim6_hdr_resize() - change the Payload Length of an IPv6 header
 * @ip6:	the header
 * @delta:	octets to add
 *
 * A length of 0 (jumbogram, or a packet for segmentation that is longer than the field can say) stays 0.
 *
 * Return: false, and nothing changed, if the result does not fit the field.
 */
bool shim6_hdr_resize(__u8 *ip6, int delta)
{
	int len = ip6[SHIM6_IP6_PAYLOAD] << 8 | ip6[SHIM6_IP6_PAYLOAD + 1];

	if (!len)
		return true;
	len += delta;
	if (len <= 0 || len > 0xffff)
		return false;
	ip6[SHIM6_IP6_PAYLOAD] = len >> 8;
	ip6[SHIM6_IP6_PAYLOAD + 1] = len;
	return true;
}

/* memmove() of headers: those of nearly all packets are the IPv6 header alone, and that is five words. */
static inline void move(__u8 *to, const __u8 *from, __u32 len)
{
	__u64 a, b, c, d, e;	/* in registers: on the stack they would be cleared first */

	if (len != SHIM6_IP6_LEN) {
		memmove(to, from, len);
		return;
	}
	memcpy(&a, from, 8);
	memcpy(&b, from + 8, 8);
	memcpy(&c, from + 16, 8);
	memcpy(&d, from + 24, 8);
	memcpy(&e, from + 32, 8);
	memcpy(to, &a, 8);
	memcpy(to + 8, &b, 8);
	memcpy(to + 16, &c, 8);
	memcpy(to + 24, &d, 8);
	memcpy(to + 32, &e, 8);
}

/**
 * shim6_hdr_open() - put a Payload Extension header in
 * @ip6:	SHIM6_PAYLOAD_LEN free octets, then the packet's headers, at least up to @pl->off
 * @pl:		where, from shim6_hdr_insert_place()
 * @tag:	the receiver's context tag
 *
 * The headers before the place move to @ip6.  Payload Length is left to the caller.
 */
void shim6_hdr_open(__u8 *ip6, const struct shim6_place *pl, __u64 tag)
{
	__u8 *h = ip6 + pl->off;

	move(ip6, ip6 + SHIM6_PAYLOAD_LEN, pl->off);
	h[0] = pl->next;
	h[1] = 0;
	shim6_tag_put(h + 2, tag, SHIM6_P_BIT);		/* RFC 5533, 5.2 */
	ip6[pl->prev] = SHIM6_PROTO;
}

/**
 * shim6_hdr_close() - take a Payload Extension header off
 * @ip6:	the packet's headers, at least up to the end of that header
 * @pl:		where it is, from shim6_hdr_find()
 *
 * The headers before it move up, so that the packet then begins at @ip6 + SHIM6_PAYLOAD_LEN.  Payload Length is left
 * to the caller.
 */
void shim6_hdr_close(__u8 *ip6, const struct shim6_place *pl)
{
	ip6[pl->prev] = ip6[pl->off];			/* RFC 5533, 12.2 */
	move(ip6 + SHIM6_PAYLOAD_LEN, ip6, pl->off);
}

/* ICMPv6 that belongs to a link, not to a session: it is never shimmed and is no sign of a working path. */
bool shim6_hdr_bypass_icmp(__u8 type)
{
	return (type >= 130 && type <= 137) ||		/* MLD, neighbour discovery, redirect */
	       type == 141 || type == 142 || type == 143 || type == 148 || type == 149 ||
	       (type >= 151 && type <= 153);		/* inverse ND, MLDv2, SEND, multicast router discovery */
}
