// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>

#include "counters.h"

static const struct {
	const char *name;
	const char *text;
} table[COUNTER_MAX] = {
	[C_RX_PROBE] = {
		"reap-rx-probe",
		"A Probe of an association came in."
	},
	[C_RX_KEEPALIVE] = {
		"reap-rx-keepalive",
		"A Keepalive of an association came in."
	},
	[C_TX_PROBE] = {
		"reap-tx-probe",
		"A Probe was sent."
	},
	[C_TX_KEEPALIVE] = {
		"reap-tx-keepalive",
		"A Keepalive was sent, as payload came in and none went out."
	},
	[C_TX_FAILED] = {
		"reap-tx-failed",
		"A Probe or Keepalive could not be sent: no route, no address, or a firewall rule."
	},
	[C_RX_NOT_SHIM6] = {
		"reap-rx-not-shim6",
		"A packet in the queue held no Shim6 header; check the rules that feed it."
	},
	[C_RX_TYPE] = {
		"reap-rx-type",
		"A Shim6 message in the queue was neither Keepalive nor Probe; check the rules."
	},
	[C_ORPHAN] = {
		"reap-orphan",
		"A message fitted no association; the control daemon was told and may send R1bis."
	},
	[C_ORPHAN_HELD] = {
		"reap-orphan-held",
		"A message fitted no association and was over the limit of what is told on."
	},
	[C_SEND_TIMEOUT] = {
		"reap-send-timeout",
		"The Send Timer of an association ran out: payload went unanswered."
	},
	[C_EXPLORED] = {
		"reap-explored",
		"An association left the state operational to look for a working pair."
	},
	[C_PAIR] = {
		"reap-pair",
		"A working pair was found and handed to the control daemon."
	},
	[C_CLOCK_GONE] = {
		"clock-gone",
		"The kernel had no context where its timers were to be set; tried again later."
	},
	[C_CLOCK_FAILED] = {
		"clock-failed",
		"The kernel refused a setting of a context's timers."
	},
	[C_EVENT_UNKNOWN] = {
		"event-unknown",
		"A kernel event named a context that is no association here."
	},
	[C_EVENT_LOST] = {
		"event-lost",
		"Kernel events were lost; the kernel's view was compared with ours."
	},
	[C_CTX_DEAD] = {
		"context-dead",
		"The kernel gave up a context that is an association here."
	},
	[C_FLOW_LOST] = {
		"flow-lost",
		"Connection tracking events were lost; its table was read again."
	},
	[C_FLOW_FULL] = {
		"flow-full",
		"A flow was not followed as the table of flows is full."
	},
	[C_PAIR_FULL] = {
		"flow-pair-full",
		"A flow was not followed as the table of address pairs is full."
	},
	[C_WANT] = {
		"trigger-want",
		"The flows of a pair passed the policy and a context was asked for."
	},
	[C_IPC_BAD] = {
		"ipc-bad",
		"A message of the control daemon was of a wrong length, type or content."
	},
	[C_IPC_LOST] = {
		"ipc-lost",
		"The connection to the control daemon ended."
	},
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
