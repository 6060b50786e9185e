/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Contexts as JSON, CONTEXT of include/shim6_ctl.h. */
#ifndef SHIM6D_CTXJSON_H
#define SHIM6D_CTXJSON_H

#include <jansson.h>

#include "shim6d.h"

/* What others know of the context; flows -1 and REAP_UNKNOWN: null.  @k may be NULL: the kernel does not have it. */
struct ctxjson_more {
	uint64_t now, created;		/* ms */
	int reap;
	int flows;
	const struct kctl_ctx *k;
};

json_t *ctxjson(const struct s6_ctx *c, const struct ctxjson_more *m);
json_t *ctxjson_tag(uint64_t tag);

#endif /* SHIM6D_CTXJSON_H */
