/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a control daemon (shim6d; a HIP daemon could be another) and reapd say to each other.
 *
 * Carried by the frames of hal/ipc.h over SOCK_SEQPACKET, one message a datagram, on RUNDIR/reapd.sock where reapd
 * listens.  Fixed-width members in host byte order (both ends are on one machine), addresses in network byte order, no
 * hidden padding.  Type numbers are for ever; a change of layout raises REAP_IPC_VERSION, and a peer of another
 * version is refused with a log line that says which side is older.  docs/HAL-IPC.md shows every message by octet.
 *
 * An association is named by its handle, an opaque number of the control daemon's (shim6d uses the local context tag).
 */
#ifndef REAP_IPC_H
#define REAP_IPC_H

#include <stdint.h>
#include <netinet/in.h>

#define REAP_IPC_VERSION	1
#define REAP_IPC_SOCKET		"reapd.sock"

/* Frame types.  C: control daemon to reapd, R: reapd to control daemon. */
enum {
	REAP_IPC_HELLO		= 1,	/* C, R: struct reap_ipc_hello; first message each way */
	REAP_IPC_SYNC		= 2,	/* C: no body; forget associations not set since HELLO */
	REAP_IPC_PING		= 3,	/* C: no body; asks for PONG when all before it was taken, so as not to flood */
	REAP_IPC_PONG		= 4,	/* R: no body */

	REAP_IPC_ASSOC_SET	= 10,	/* C: struct reap_ipc_assoc; add or change */
	REAP_IPC_ASSOC_DEL	= 11,	/* C: struct reap_ipc_handle */
	REAP_IPC_PAYLOAD	= 12,	/* C: struct reap_ipc_payload; a control message counted as payload */
	REAP_IPC_EXPLORE	= 13,	/* C: struct reap_ipc_explore; look for another pair than this now */
	REAP_IPC_MOVE		= 14,	/* C: struct reap_ipc_move; use this pair, if it works */
	REAP_IPC_STANDBY	= 15,	/* C: struct reap_ipc_standby; keep another pair verified, or not */

	REAP_IPC_PAIR		= 20,	/* R: struct reap_ipc_pair; use this pair */
	REAP_IPC_STATE		= 21,	/* R: struct reap_ipc_state; state of the association */
	REAP_IPC_ORPHAN		= 22,	/* R: struct reap_ipc_orphan; a message whose tag or locators fit nothing */

	REAP_IPC_WANT		= 30,	/* R: struct reap_ipc_want; a flow passed the threshold */
	REAP_IPC_FLOWS		= 31,	/* R: struct reap_ipc_flows; flows of a pair, when they become 0 or 1 */
	REAP_IPC_WANT_RESULT	= 32,	/* C: struct reap_ipc_want_result */

	REAP_IPC_STATS_GET	= 40,	/* C: no body */
	REAP_IPC_STAT		= 41,	/* R: struct reap_ipc_stat, one a counter */
	REAP_IPC_STATS_END	= 42,	/* R: no body */
};

struct reap_ipc_hello {
	uint32_t version;		/* REAP_IPC_VERSION */
	uint32_t pid;
	char program[16];		/* NUL-padded: "shim6d", "reapd" */
};

struct reap_ipc_handle {
	uint64_t handle;
};

struct reap_ipc_locator {
	struct in6_addr addr;
	uint8_t flags;			/* SHIM6_LOC_*, wire meaning */
	uint8_t prio;
	uint8_t weight;
	uint8_t pad[5];
};

#define REAP_IPC_LOCATORS	32

/* Always of full length: unused locators are zero. */
struct reap_ipc_assoc {
	uint64_t handle;
	uint64_t ct_local, ct_peer;
	struct in6_addr ulid_local, ulid_peer;
	struct in6_addr loc_local, loc_peer;	/* the current pair; reapd takes it only for a new association */
	uint32_t fii;
	uint32_t ka_timeout;			/* ms, asked for by the peer */
	uint32_t n_local, n_peer;
	struct reap_ipc_locator local[REAP_IPC_LOCATORS];
	struct reap_ipc_locator peer[REAP_IPC_LOCATORS];
};

struct reap_ipc_payload {
	uint64_t handle;
	uint8_t sent;			/* 1 sent, 0 received */
	uint8_t pad[7];
};

/* Ignored if the association has left this pair already: the two messages crossed. */
struct reap_ipc_explore {
	uint64_t handle;
	struct in6_addr local, peer;
};

/* An exploration tries this pair first.  Ignored while one goes on, and for locators not of the association. */
struct reap_ipc_move {
	uint64_t handle;
	struct in6_addr local, peer;
};

/* reap_ipc_standby.how */
enum { REAP_IPC_STANDBY_DEFAULT, REAP_IPC_STANDBY_ON, REAP_IPC_STANDBY_OFF };

struct reap_ipc_standby {
	uint64_t handle;
	uint8_t how;			/* default: as the configuration of reapd says */
	uint8_t pad[7];
};

struct reap_ipc_pair {
	uint64_t handle;
	struct in6_addr local, peer;
	char why[64];			/* NUL-terminated, for the log */
};

struct reap_ipc_state {
	uint64_t handle;
	uint8_t state;			/* SHIM6_REAP_* */
	uint8_t pad[7];
	char why[64];
};

struct reap_ipc_orphan {
	uint64_t tag;			/* as found in the message */
	struct in6_addr src, dst;	/* addresses it came over */
	uint32_t ifindex;
	uint32_t pad;
};

struct reap_ipc_want {
	struct in6_addr local, peer;
	uint64_t packets, octets;	/* of the flows of this pair, both directions */
	uint32_t age;			/* ms since the first flow began */
	uint32_t pad;
};

struct reap_ipc_want_result {
	struct in6_addr local, peer;
	int32_t error;			/* 0: established; else negative errno: -EAGAIN hold-down, -ETIMEDOUT, ... */
	uint32_t retry_after;		/* ms; do not ask for this pair before */
};

struct reap_ipc_flows {
	struct in6_addr local, peer;
	uint32_t flows;
	uint32_t pad;
};

struct reap_ipc_stat {
	uint64_t value;
	char name[40];
	char text[120];
};

#define REAP_IPC_ASSERT(type, size) _Static_assert(sizeof(struct type) == (size), #type)
REAP_IPC_ASSERT(reap_ipc_hello, 24);
REAP_IPC_ASSERT(reap_ipc_locator, 24);
REAP_IPC_ASSERT(reap_ipc_standby, 16);
REAP_IPC_ASSERT(reap_ipc_assoc, 104 + 64 * 24);
REAP_IPC_ASSERT(reap_ipc_explore, 40);
REAP_IPC_ASSERT(reap_ipc_move, 40);
REAP_IPC_ASSERT(reap_ipc_pair, 104);
REAP_IPC_ASSERT(reap_ipc_state, 80);
REAP_IPC_ASSERT(reap_ipc_orphan, 48);
REAP_IPC_ASSERT(reap_ipc_want, 56);
REAP_IPC_ASSERT(reap_ipc_want_result, 40);
REAP_IPC_ASSERT(reap_ipc_flows, 40);
REAP_IPC_ASSERT(reap_ipc_stat, 168);

#endif /* REAP_IPC_H */
