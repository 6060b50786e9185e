// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_stats.h. */
#include "shim6_stats.h"

static const struct {
	const char *name, *text;
} stats[SHIM6_STAT_COUNT] = {
#define SHIM6_STAT_ROW(name, text) { #name, text },
	SHIM6_STATS(SHIM6_STAT_ROW)
#undef SHIM6_STAT_ROW
};

/* The name of counter @i, without blanks. */
const char *shim6_stat_name(enum shim6_stat i)
{
	return stats[i].name;
}

/* What counter @i counts, a sentence. */
const char *shim6_stat_text(enum shim6_stat i)
{
	return stats[i].text;
}

/* The sum of counter @i over all processors. */
u64 shim6_stat_read(const struct shim6_stats __percpu *s, enum shim6_stat i)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(s, cpu)->v[i]);
	return sum;
}
