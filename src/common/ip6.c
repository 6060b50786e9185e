// SPDX-License-Identifier: GPL-2.0-or-later
#include <netinet/ip6.h>
#include <string.h>

#include "ip6.h"
#include "uapi/shim6_wire.h"

bool ip6_find_shim(const uint8_t *pkt, size_t len, struct ip6_shim *out)
{
	struct ip6_hdr ip6;
	size_t at = sizeof(ip6);
	uint8_t next;

	if (len < sizeof(ip6))
		return false;
	memcpy(&ip6, pkt, sizeof(ip6));
	if (pkt[0] >> 4 != 6 || ntohs(ip6.ip6_plen) > len - sizeof(ip6))
		return false;
	len = sizeof(ip6) + ntohs(ip6.ip6_plen);
	for (next = ip6.ip6_nxt; next != SHIM6_PROTO; ) {
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			return false;
		if (len - at < 8)
			return false;
		next = pkt[at];
		at += ((size_t)pkt[at + 1] + 1) * 8;
		if (at > len)
			return false;
	}
	out->src = ip6.ip6_src;
	out->dst = ip6.ip6_dst;
	out->data = pkt + at;
	out->len = len - at;
	return true;
}
