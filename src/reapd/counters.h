/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Everything that reapd did not handle as usual, by name, with a sentence for shim6ctl stats --explain. */
#ifndef REAPD_COUNTERS_H
#define REAPD_COUNTERS_H

#include <stdint.h>

#include "proto/reap.h"

#define COUNTERS(X) \
	X(RX_PROBE, "reap-rx-probe", "A Probe of an association came in.") \
	X(RX_KEEPALIVE, "reap-rx-keepalive", "A Keepalive of an association came in.") \
	X(TX_PROBE, "reap-tx-probe", "A Probe was sent.") \
	X(TX_KEEPALIVE, "reap-tx-keepalive", "A Keepalive was sent, as payload came in and none went out.") \
	X(TX_FAILED, "reap-tx-failed", \
	  "A Probe or Keepalive could not be sent: no route, no address, or a firewall rule.") \
	X(RX_NOT_SHIM6, "reap-rx-not-shim6", \
	  "A packet in the queue held no Shim6 header; check the rules that feed it.") \
	X(RX_TYPE, "reap-rx-type", \
	  "A Shim6 message in the queue was neither Keepalive nor Probe; check the rules.") \
	X(ORPHAN, "reap-orphan", \
	  "A message fitted no association; the control daemon was told and may send R1bis.") \
	X(ORPHAN_HELD, "reap-orphan-held", \
	  "A message fitted no association and was over the limit of what is told on.") \
	X(SEND_TIMEOUT, "reap-send-timeout", \
	  "The Send Timer of an association ran out: payload went unanswered.") \
	X(HINT, "reap-hint", \
	  "TCP retransmitted, or nothing came back for longer than usual, so a pair was probed.") \
	X(STRANGE, "reap-strange-report", \
	  "A Probe reported one that was never sent, or in an exploration that is over: forged, replayed or late.") \
	X(SHARED, "reap-shared", \
	  "An association was probed because several others had just left local locators of the same subnet.") \
	X(PACED, "reap-paced", \
	  "An association had to wait with its Probe, as reap.probe_rate was reached.") \
	X(EXPLORED, "reap-explored", "An association left the state operational to look for a working pair.") \
	X(PAIR, "reap-pair", "A working pair was found and handed to the control daemon.") \
	X(CLOCK_GONE, "clock-gone", \
	  "The kernel had no context where its timers were to be set; tried again later.") \
	X(CLOCK_FAILED, "clock-failed", "The kernel refused a setting of a context's timers.") \
	X(EVENT_UNKNOWN, "event-unknown", "A kernel event named a context that is no association here.") \
	X(EVENT_LOST, "event-lost", "Kernel events were lost; the kernel's view was compared with ours.") \
	X(CTX_DEAD, "context-dead", "The kernel gave up a context that is an association here.") \
	X(FLOW_LOST, "flow-lost", "Connection tracking events were lost; its table was read again.") \
	X(FLOW_FULL, "flow-full", "A flow was not followed as the table of flows is full.") \
	X(PAIR_FULL, "flow-pair-full", "A flow was not followed as the table of address pairs is full.") \
	X(WANT, "trigger-want", "The flows of a pair passed the policy and a context was asked for.") \
	X(IPC_BAD, "ipc-bad", "A message of the control daemon was of a wrong length, type or content.") \
	X(IPC_LOST, "ipc-lost", "The connection to the control daemon ended.")

enum counter {
#define X(id, name, text) C_##id,
	COUNTERS(X)
#undef X
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
