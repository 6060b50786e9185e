/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef COMMON_ADDR_H
#define COMMON_ADDR_H

#include <netinet/in.h>

/* @a as text for the log, in one of 8 buffers that are used in turn. */
const char *addr_text(const struct in6_addr *a);

#endif /* COMMON_ADDR_H */
