/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What decoder and encoder have to agree on; not for others. */
#ifndef PROTO_WIRE_LAYOUT_H
#define PROTO_WIRE_LAYOUT_H

#include <stddef.h>
#include <stdint.h>

#define S6_OPT_HDR		4	/* Type, C and Length of an option, RFC 5533, 5.15 */
#define S6_REPORT_LEN		40	/* a Probe report, RFC 5534, 5.2 */
#define S6_CHECKSUM_AT		4	/* octet offset of the checksum, RFC 5533, 5.3 */

#define S6_OPT_BIT(type)	(1U << (type))

/* One message type: RFC 5533, 5.4 to 5.14; RFC 5534, 5.1, 5.2. */
struct s6_layout {
	uint8_t type;
	uint8_t min;		/* octets of the fixed part */
	uint16_t allowed;	/* S6_OPT_BIT() of each option defined for it */
	uint16_t required;	/* and of those that it MUST have */
	const char *name;
};

/* The layout of @type, NULL if the type is unknown. */
const struct s6_layout *s6_layout(uint8_t type);

/* Octets that an option with @length octets of content takes: RFC 5533, 5.15. */
static inline size_t s6_option_size(size_t length)
{
	return 11 + length - (length + 3) % 8;
}

/* Length field of a Locator List of @n locators; the padding inside counts (5.15.2). */
static inline size_t s6_locators_length(size_t n)
{
	return 4 + (1 + n + 7) / 8 * 8 + 16 * n;
}

#endif /* PROTO_WIRE_LAYOUT_H */
