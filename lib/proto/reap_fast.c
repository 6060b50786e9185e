// SPDX-License-Identifier: GPL-2.0-or-later
/* What the profile "fast" adds to RFC 5534, without a new message or state: see docs/OPERATIONS.md. */
#include "proto/reap_priv.h"

/*
 * An exploration as after a Send Timeout, but the second Probe does not wait for the Initial Probe Timeout.  If the
 * current pair works, its answer comes first, all stays as it is and the other pair saw no packet.
 */
void reap_hint(struct reap_assoc *a, const char *why, uint32_t grace, uint64_t now, struct reap_actions *acts)
{
	if (a->state != SHIM6_REAP_OPERATIONAL)
		return;
	reap_start_exploring(a, false, why, now, acts);
	if (a->due > now + grace)
		a->due = now + grace;
}
