// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_tag.h. */
#include <xtables.h>

#include "shim6_tag.h"
#include "uapi/shim6_wire.h"

/* The field that carries a tag has 6 octets; its top bit is not part of the tag, and people copy it with the rest. */
#define FIELD_MAX	((1ULL << (SHIM6_TAG_BITS + 1)) - 1)

/*
 * A tag at @text, decimal or 0x and hexadecimal, for @option of extension @ext; ends the program with a message if
 * it is none.  @end: where what follows it goes; NULL if nothing may follow.
 */
uint64_t shim6_parse_tag(const char *ext, const char *option, const char *text, char **end)
{
	uintmax_t tag;

	if (!xtables_strtoul(text, end, &tag, 0, FIELD_MAX))
		xtables_error(PARAMETER_PROBLEM,
			      "%s: %s wants a context tag, a number of 47 bits such as 0x010203040506, not \"%s\"",
			      ext, option, text);
	return tag & SHIM6_TAG_MAX;
}
