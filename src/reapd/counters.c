// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "counters.h"

static const struct {
	const char *name, *text;
} table[COUNTER_MAX] = {
#define X(id, name, text) { name, text },
	COUNTERS(X)
#undef X
};

void counters_tell(const struct counters *cs, counters_fn cb, void *arg)
{
	char name[40];

	for (int i = 0; i < COUNTER_MAX; i++)
		cb(arg, table[i].name, cs->c[i], table[i].text);
	for (int v = S6_V_OK + 1; v < S6_V_MAX; v++) {
		snprintf(name, sizeof(name), "reap-bad-%s", s6_verdict_name(v));
		cb(arg, name, cs->decode[v], s6_verdict_text(v));
	}
	for (int v = REAP_V_OK + 1; v < REAP_V_MAX; v++) {
		snprintf(name, sizeof(name), "reap-refused-%s", reap_verdict_name(v));
		cb(arg, name, cs->reap[v], reap_verdict_text(v));
	}
}
