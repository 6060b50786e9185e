/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contexts as text, for the log and the debug port.  Pure. */
#ifndef SHIM6D_TEXT_H
#define SHIM6D_TEXT_H

#include <stddef.h>

#include "common/addr.h"
#include "proto/shim6.h"

/* "context 3 (2001:db8:a1::a 2001:db8:b1::b)", in one of 8 buffers that are used in turn */
const char *text_ctx(const struct s6_ctx *c);

#define TEXT_DUMP_MAX	4096

/*
 * The line of @c in the answer to the debug command dump, newline at the end: words key=value, @reap a SHIM6_REAP_*, or
 * -1 for "unknown".  Returns its length.
 */
size_t text_dump(char *buf, size_t size, const struct s6_ctx *c, int reap);

#endif /* SHIM6D_TEXT_H */
