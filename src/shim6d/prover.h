/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread that hashes and verifies signatures, so that the loop never waits for a stranger's (RFC 5533, 16).
 *
 * A bounded queue in, results out through the loop.  When it is full the newest message is dropped: its sender sends it
 * again.  One network (/64) has a share of the queue only, so that others get through.
 */
#ifndef SHIM6D_PROVER_H
#define SHIM6D_PROVER_H

#include "cga/cga.h"
#include "hal/loop.h"
#include "proto/shim6.h"

#define PROVER_MAX	256	/* messages under way */
#define PROVER_SHARE	32	/* of them from one /64 */

struct prover;

struct prover_job {
	struct prover_job *next;
	struct in6_addr src, dst, ulid;
	unsigned int min_bits;
	size_t len, known_len;
	uint8_t data[S6_MSG_MAX];
	uint8_t known[S6_PDS_MAX];	/* the peer's PDS, as s6_peer_pds() gave it */
	/* The result. */
	enum cga_fail fail;
	struct s6_proof proof;
};

typedef void (*prover_done_fn)(void *arg, const struct prover_job *job);

enum prover_verdict { PROVER_TAKEN, PROVER_FULL, PROVER_SHARED, PROVER_NO_MEMORY };

/* @done is called from the loop, in the order of submission.  NULL with errno. */
struct prover *prover_new(struct hal_loop *loop, prover_done_fn done, void *arg);
void prover_free(struct prover *p);		/* NULL is allowed; waits for the message at hand */

/* The members up to known of *@job are copied. */
enum prover_verdict prover_submit(struct prover *p, const struct prover_job *job);

#endif /* SHIM6D_PROVER_H */
