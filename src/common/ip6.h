/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMON_IP6_H
#define COMMON_IP6_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The Shim6 header of a packet from a netfilter queue; @data points into it. */
struct ip6_shim {
	struct in6_addr src, dst;
	const uint8_t *data;
	size_t len;			/* octets to the end of the IPv6 packet */
};

/*
 * Look behind the IPv6 header at @pkt, and the extension headers that may stand before it (RFC 5533, 4.6), for a Shim6
 * header.  False: there is none, or the packet is cut.
 */
bool ip6_find_shim(const uint8_t *pkt, size_t len, struct ip6_shim *out);

#endif /* COMMON_IP6_H */
