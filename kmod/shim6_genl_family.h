/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The family, for the two files that make messages of it. */
#ifndef _SHIM6_GENL_FAMILY_H
#define _SHIM6_GENL_FAMILY_H

#include <net/genetlink.h>

extern struct genl_family shim6_family;

enum {
	SHIM6_MCGRP_CTL,
	SHIM6_MCGRP_REAP,
};

#endif /* _SHIM6_GENL_FAMILY_H */
