/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text for ip6tables-restore, and what ip6tables -S says.  Pure. */
#ifndef SHIM6D_RULETEXT_H
#define SHIM6D_RULETEXT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What of ours is in the table mangle. */
struct rules_seen {
	bool chain_in, chain_out, chain_ctl;
	unsigned int jumps_in, jumps_out;	/* from INPUT and OUTPUT; others are a user's */
	unsigned int rules_in, rules_out, rules_ctl;	/* in our chains */
};

/* Read the output of "ip6tables -t mangle -S". */
void ruletext_read(const char *text, struct rules_seen *seen);

/* A static rule: shim (tag and ULIDs of the peer's side, on output) or deshim (on input). */
struct rules_static {
	bool in;
	uint64_t tag;			/* out: CT(peer), in: CT(local) */
	struct in6_addr ulid_local, ulid_peer;
	struct in6_addr src, dst;	/* out: the locators */
};

struct rules_want {
	bool table;			/* those of the daemons and the context table; not with hooks in their place */
	uint32_t queue_control, queue_reap;
	unsigned int n;
	const struct rules_static *fixed;
};

/* Is nothing of it missing? */
bool ruletext_whole(const struct rules_want *want, const struct rules_seen *seen);

/*
 * Input for ip6tables-restore --noflush that makes ours what @want says, in one transaction, whatever of ours is there
 * now (@seen).  NULL: out of memory.  To be freed.
 */
char *ruletext_install(const struct rules_want *want, const struct rules_seen *seen);
/* ... that takes our jumps away and empties our chains, and then deletes them. */
char *ruletext_detach(const struct rules_seen *seen);
char *ruletext_delete(const struct rules_seen *seen);

#endif /* SHIM6D_RULETEXT_H */
