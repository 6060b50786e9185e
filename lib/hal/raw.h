/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sending IPv6 packets of a protocol of one's own, source and interface chosen; and the ICMPv6 errors they meet.
 * Receiving is somebody else's (hal/nfq.h): what arrives at the socket is discarded in the kernel.
 */
#ifndef HAL_RAW_H
#define HAL_RAW_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include "hal/loop.h"

struct hal_raw;

/* An error about a packet of ours, from the socket's error queue. */
struct hal_raw_error {
	uint8_t icmp_type, icmp_code;	/* type 0: not from the network; err tells */
	int err;			/* errno the kernel made of it: ECONNREFUSED, EHOSTUNREACH, EMSGSIZE, ... */
	uint32_t mtu;			/* with Packet Too Big */
	struct in6_addr offender;	/* who sent the ICMPv6 error; :: if local */
	struct in6_addr src;		/* source of our packet: where the error came to; :: if local */
	struct in6_addr dst;		/* destination of our packet */
	const uint8_t *quoted;		/* our packet, as given to hal_raw_send(), perhaps cut */
	size_t quoted_len;
};

typedef void (*hal_raw_error_fn)(const struct hal_raw_error *e, void *arg);

/* @protocol: next-header value.  @cb may be NULL.  -EPERM: needs CAP_NET_RAW. */
int hal_raw_open(struct hal_raw **raw, struct hal_loop *loop, uint8_t protocol, hal_raw_error_fn cb, void *arg);
void hal_raw_close(struct hal_raw *raw);		/* NULL is allowed */

/*
 * Send @len octets from @src to @dst; @ifindex 0: as routing says for this source.  Not fragmented, hop limit 64,
 * no checksum is put in.  0, -EADDRNOTAVAIL: @src is not an address of this host (now), -ENETUNREACH: no route,
 * -EMSGSIZE, -EAGAIN: the device's queue is full, -EPERM: a firewall rule of this host, -EINVAL: unspecified or
 * multicast address.  Nothing is queued here: the protocol retransmits.
 */
int hal_raw_send(struct hal_raw *raw, const struct in6_addr *src, const struct in6_addr *dst, uint32_t ifindex,
		 const void *data, size_t len);

/*
 * Our packet again as the error quoted it, an IPv6 header (rebuilt: hop limit, class and flow label are not known)
 * and the quoted octets, for code that wants the body of an ICMPv6 error.  Returns the octets written to @buf, 0
 * if @size is short.
 */
size_t hal_raw_quoted(const struct hal_raw_error *e, uint8_t protocol, void *buf, size_t size);

#endif /* HAL_RAW_H */
