// SPDX-License-Identifier: GPL-2.0-or-later
#include "proto/shim6_priv.h"

static const struct {
	const char *name, *text;
} counters[S6_CNT_MAX] = {
#define ROW(name, word, text) [S6_CNT_##name] = { word, text },
	S6_COUNTERS(ROW)
#undef ROW
};

/* S6_V_OK is no way to be dropped, so the table begins behind it. */
unsigned int s6_counters(void)
{
	return S6_CNT_MAX - 1;
}

const char *s6_counter(const struct s6_host *h, unsigned int i, uint64_t *value, const char **text)
{
	unsigned int no = i + 1;

	if (no >= S6_CNT_MAX)
		return NULL;
	*value = h->counter[no];
	*text = no < S6_V_MAX ? s6_verdict_text(no) : counters[no].text;
	return no < S6_V_MAX ? s6_verdict_name(no) : counters[no].name;
}
