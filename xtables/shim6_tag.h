/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Context tags on the ip6tables command line. */
#ifndef SHIM6_XT_TAG_H
#define SHIM6_XT_TAG_H

#include <stdint.h>

/* "0x" and 12 digits. */
#define SHIM6_TAG_FMT	"0x%012" PRIx64

uint64_t shim6_parse_tag(const char *ext, const char *option, const char *text, char **end);

#endif
