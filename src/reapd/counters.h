/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that reapd did not handle as usual, by name, with a sentence for shim6ctl stats --explain. */
#ifndef REAPD_COUNTERS_H
#define REAPD_COUNTERS_H

#include <stdint.h>

#include "proto/reap.h"

enum counter {
	C_RX_PROBE,
	C_RX_KEEPALIVE,
	C_TX_PROBE,
	C_TX_KEEPALIVE,
	C_TX_FAILED,
	C_RX_NOT_SHIM6,
	C_RX_TYPE,
	C_ORPHAN,
	C_ORPHAN_HELD,
	C_SEND_TIMEOUT,
	C_EXPLORED,
	C_PAIR,
	C_CLOCK_GONE,
	C_CLOCK_FAILED,
	C_EVENT_UNKNOWN,
	C_EVENT_LOST,
	C_CTX_DEAD,
	C_FLOW_LOST,
	C_FLOW_FULL,
	C_PAIR_FULL,
	C_WANT,
	C_IPC_BAD,
	C_IPC_LOST,
	COUNTER_MAX
};

struct counters {
	uint64_t c[COUNTER_MAX];
	uint64_t decode[S6_V_MAX];	/* verdicts of the decoder; S6_V_OK is not told */
	uint64_t reap[REAP_V_MAX];	/* verdicts of the machine; REAP_V_OK is not told */
};

static inline void count(struct counters *cs, enum counter which)
{
	cs->c[which]++;
}

typedef void (*counters_fn)(void *arg, const char *name, uint64_t value, const char *text);
void counters_tell(const struct counters *cs, counters_fn cb, void *arg);

#endif /* REAPD_COUNTERS_H */
