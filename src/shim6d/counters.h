/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counters of the daemon's shell; the machine has its own (s6_counter()). */
#ifndef SHIM6D_COUNTERS_H
#define SHIM6D_COUNTERS_H

#include <stdint.h>

#include "cga/cga.h"

#define COUNTERS(X) \
	X(queue_bad, "Packets from the queue in which no Shim6 message was found; dropped.") \
	X(send_failed, "Control messages that could not be sent: no route, source address gone, firewall.") \
	X(proofs_full, "Messages dropped because too many others were waiting for their proofs to be verified.") \
	X(proofs_shared, "Messages dropped because too many from the same /64 were waiting for that.") \
	X(proofs_memory, "Messages dropped because memory for verifying their proofs was short.") \
	X(icmp_errors, "ICMPv6 errors about our control messages.") \
	X(kernel_full, "Contexts given up because the kernel's context table was full.") \
	X(kernel_failed, "Contexts given up because the kernel refused them for another reason.") \
	X(kernel_lost, "Contexts that vanished from the kernel without our doing and were put back.") \
	X(rules_lost, "Times that somebody had taken our ip6tables rules away and they were put back.") \
	X(events_lost, "Times that the kernel dropped events because our socket was full; the table was compared.") \
	X(unknown_tags, "Payload with a tag of no context, told by the kernel.") \
	X(restored, "Contexts taken up from a predecessor.") \
	X(not_restored, "Contexts of a predecessor that could not be taken up.") \
	X(idle, "Contexts deleted because nothing used them any more.") \
	X(reapd_connections, "Times that reapd was connected.") \
	X(reapd_bad, "Messages of reapd that were not understood or asked for the impossible.") \
	X(orphans, "Keepalives and Probes for no context, told by reapd.") \
	X(wants, "Contexts asked for by reapd's heuristic.") \
	X(wants_refused, "Those that were refused: hold-down, table full, answer-only.") \
	X(debug_commands, "Commands at the debug port.") \
	X(debug_refused, "Commands at the debug port from users that may not.") \
	X(state_failed, "Times that the state file could not be written.")

struct counters {
#define X(name, text) uint64_t name;
	COUNTERS(X)
#undef X
	uint64_t proof[CGA_FAIL_MAX];	/* what came of the proofs of messages; cga_fail_name(), cga_fail_text() */
};

#endif /* SHIM6D_COUNTERS_H */
