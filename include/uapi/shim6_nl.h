/* SPDX-License-Identifier: (GPL-2.0-or-later WITH Linux-syscall-note) */
/*
 * The generic netlink family "shim6", version 1: the contract between shim6.ko and user space.
 *
 * Every command acts on the network namespace of the socket and needs CAP_NET_ADMIN in the user namespace that owns
 * it, dumps and statistics included.  A context is named by its local tag, SHIM6_A_CT_LOCAL (unique in a namespace).
 * Integers are in host byte order, addresses 16 octets in network byte order, times in milliseconds.  Errors carry
 * extended ack text; errno values are listed with each command.
 */
#ifndef _SHIM6_NL_H
#define _SHIM6_NL_H

#define SHIM6_GENL_NAME		"shim6"
#define SHIM6_GENL_VERSION	1

/* Multicast groups: events for the control daemon, and for the reachability daemon. */
#define SHIM6_GENL_GROUP_CTL	"control"	/* EV_UNKNOWN_TAG, EV_CTX_DEAD, EV_ACTIVITY with F_NOTIFY_CTL */
/* EV_SEND_TIMEOUT, EV_KEEPALIVE_DUE, EV_HINT, EV_ACTIVITY, EV_CTX_DEAD */
#define SHIM6_GENL_GROUP_REAP	"reap"

enum {
	SHIM6_CMD_UNSPEC,

	/* INFO: -> A_VERSION (string of the module), A_CONTEXTS, A_MAX_CONTEXTS, A_HOOKS, A_CONNTRACK. */
	SHIM6_CMD_INFO,

	/*
	 * CTX_ADD: A_CT_LOCAL, A_CT_PEER, A_ULID_LOCAL, A_ULID_PEER, A_LOC_LOCAL, A_LOC_PEER; optional A_FII (0),
	 * A_FLAGS (0), A_SEND_TIMEOUT (15000), A_KA_TIMEOUT (15000), A_KA_INTERVAL (6000).  A fresh context is
	 * Operational with no timer running (RFC 5534, 6).  EEXIST: tag or (ULID pair, FII) is taken.  ENOSPC: the
	 * table is full.
	 * EINVAL: a multicast, link-local, loopback or unspecified address, tag of more than 47 bits, timeout of 0.
	 */
	SHIM6_CMD_CTX_ADD,

	/*
	 * CTX_SET: A_CT_LOCAL, then any of A_CT_PEER, A_LOC_LOCAL with A_LOC_PEER, A_FLAGS (replaces), A_SEND_TIMEOUT,
	 * A_KA_TIMEOUT, A_KA_INTERVAL, A_HINT_MIN, A_REAP_MODE, A_REAP_OPS.  All or nothing.  ENOENT.
	 * New locators, and the mode Operational after another, make TCP retransmit what is overdue (A_TCP_KICK).
	 */
	SHIM6_CMD_CTX_SET,

	/* CTX_DEL: A_CT_LOCAL.  ENOENT.  No EV_CTX_DEAD is sent for it. */
	SHIM6_CMD_CTX_DEL,

	/* CTX_GET: A_CT_LOCAL, or A_ULID_LOCAL, A_ULID_PEER, A_FII; -> one context.  As a dump: all, a message each. */
	SHIM6_CMD_CTX_GET,

	/* FLUSH: remove all contexts of the namespace. */
	SHIM6_CMD_FLUSH,

	/* STATS: dump only; a message a counter: A_STAT_NAME, A_STAT_VALUE (u64), A_STAT_TEXT (a sentence). */
	SHIM6_CMD_STATS,

	/*
	 * SET_PARAM: any of A_MAX_CONTEXTS, A_HOOKS (own Netfilter hooks on or off, dataplane.attach = hooks),
	 * A_CONNTRACK (IPv6 connections are tracked although no rule asks for it, so that reapd sees flows),
	 * A_TCP_KICK (TCP senders that wait are told of a new pair; on unless set off), A_FORK_MASK (bits of a packet's
	 * mark that are the FII of its context, shifted down; 0 at first: none), A_QUEUE_CONTROL, A_QUEUE_REAP (where
	 * the hooks send Shim6's and REAP's messages; without, and with nobody listening, they go on to the stack).
	 */
	SHIM6_CMD_SET_PARAM,

	/*
	 * Events, to the groups above.
	 * EV_SEND_TIMEOUT: A_CT_LOCAL, A_TX_AGE, A_RX_AGE.  The Send Timer ran out; it is stopped.
	 * EV_KEEPALIVE_DUE: A_CT_LOCAL, A_KA_EXPIRED (u8: 1 if the Keepalive Timer itself ran out and is stopped;
	 *	0 if a Keepalive Interval passed and the timer goes on).
	 * EV_ACTIVITY: A_CT_LOCAL.  A packet of the context came in while F_NOTIFY_RX or F_NOTIFY_CTL was set, or the
	 *	REAP mode was Exploring.  Sent once: for the flags, they are cleared; for Exploring, until the mode is
	 *	set anew.
	 * EV_UNKNOWN_TAG: A_CT_LOCAL (the tag found), A_SRC, A_DST, A_IFINDEX.  A Payload Extension header for no
	 *	context.  At most 64 a second a namespace, the others are counted.
	 * EV_HINT: A_CT_LOCAL, A_HINT, A_HINT_GAP.  A sign that the pair may have died, if A_HINT_MIN is not 0 and the
	 *	mode is Operational.  Once until a packet comes in, at most ten a second.  Those of
	 *	F_ICMP: at most one in ten seconds.
	 * EV_CTX_DEAD: A_CT_LOCAL.  The kernel gave the context up (namespace or module leaves, FLUSH by somebody
	 *	else).
	 */
	SHIM6_CMD_EV_SEND_TIMEOUT,
	SHIM6_CMD_EV_KEEPALIVE_DUE,
	SHIM6_CMD_EV_ACTIVITY,
	SHIM6_CMD_EV_UNKNOWN_TAG,
	SHIM6_CMD_EV_CTX_DEAD,
	SHIM6_CMD_EV_HINT,

	__SHIM6_CMD_MAX,
	SHIM6_CMD_MAX = __SHIM6_CMD_MAX - 1
};

enum {
	SHIM6_A_UNSPEC,
	SHIM6_A_PAD,
	SHIM6_A_CT_LOCAL,	/* u64 */
	SHIM6_A_CT_PEER,	/* u64 */
	SHIM6_A_ULID_LOCAL,	/* 16 octets */
	SHIM6_A_ULID_PEER,
	SHIM6_A_LOC_LOCAL,
	SHIM6_A_LOC_PEER,
	SHIM6_A_FII,		/* u32, Forked Instance Identifier */
	SHIM6_A_FLAGS,		/* u32, SHIM6_CTX_F_* */
	SHIM6_A_SEND_TIMEOUT,	/* u32 ms */
	SHIM6_A_KA_TIMEOUT,	/* u32 ms */
	SHIM6_A_KA_INTERVAL,	/* u32 ms */
	SHIM6_A_REAP_MODE,	/* u8, SHIM6_REAP_* of shim6_wire.h */
	SHIM6_A_REAP_OPS,	/* u32, SHIM6_REAP_OP_*, carried out in the order of their bits after the mode is set */
	SHIM6_A_TX_AGE,		/* u32 ms since a packet was sent; U32_MAX: never */
	SHIM6_A_RX_AGE,		/* u32 ms since a packet was received; U32_MAX: never */
	SHIM6_A_KA_EXPIRED,	/* u8 */
	SHIM6_A_SRC,		/* 16 octets */
	SHIM6_A_DST,
	SHIM6_A_IFINDEX,	/* u32 */
	SHIM6_A_VERSION,	/* string */
	SHIM6_A_CONTEXTS,	/* u32 */
	SHIM6_A_MAX_CONTEXTS,	/* u32 */
	SHIM6_A_HOOKS,		/* u8 */
	SHIM6_A_STAT_NAME,	/* string */
	SHIM6_A_STAT_VALUE,	/* u64 */
	SHIM6_A_STAT_TEXT,	/* string */
	SHIM6_A_CONNTRACK,	/* u8 */
	SHIM6_A_HINT_MIN,	/* u32 ms of silence that are no sign yet; 0: no hints */
	SHIM6_A_HINT,		/* u8, SHIM6_HINT_* */
	SHIM6_A_HINT_GAP,	/* u32 ms that an answer may take; U32_MAX: not known */
	SHIM6_A_TCP_KICK,	/* u8 */
	SHIM6_A_FORK_MASK,	/* u32 */
	SHIM6_A_QUEUE_CONTROL,	/* u32, number of an NFQUEUE queue */
	SHIM6_A_QUEUE_REAP,	/* u32 */
	__SHIM6_A_MAX,
	SHIM6_A_MAX = __SHIM6_A_MAX - 1
};

/* SHIM6_A_HINT */
enum {
	SHIM6_HINT_TCP		= 1,	/* TCP retransmits after a time-out, or probes for a lost tail */
	SHIM6_HINT_SILENCE	= 2,	/* nothing came back for longer than it took of late */
	SHIM6_HINT_ICMP		= 3,	/* an ICMPv6 error that F_ICMP is about */
};

/* SHIM6_A_FLAGS */
enum {
	SHIM6_CTX_F_INBOUND	= 1 << 0,	/* translate in, never out (I2-SENT, RFC 5533 11 and 12.2) */
	SHIM6_CTX_F_DISCARD	= 1 << 1,	/* drop tagged packets (I1-SENT, 12.2); implies never out */
	SHIM6_CTX_F_NOTIFY_RX	= 1 << 2,	/* EV_ACTIVITY to "reap" at the next packet in, once */
	SHIM6_CTX_F_NOTIFY_CTL	= 1 << 3,	/* EV_ACTIVITY to "control" at the next packet in, once */
	/*
	 * There are other pairs: ICMPv6 errors that another one may cure (RFC 5533, 8) become EV_HINT, whatever
	 * A_HINT_MIN is, and are not passed on until it is clear that it did not help.
	 */
	SHIM6_CTX_F_ICMP	= 1 << 4,
	SHIM6_CTX_F_ALL		= (1 << 5) - 1,
};

/*
 * SHIM6_A_REAP_OPS.  The REAP clock keeps two timers a context, never both running (RFC 5534, 4.1); packets run them
 * by the tables of 6.1 and 6.2 in the mode Operational, the Send Timer alone in InboundOk, none in Exploring.
 */
enum {
	SHIM6_REAP_OP_STOP_SEND		= 1 << 0,
	SHIM6_REAP_OP_STOP_KA		= 1 << 1,
	SHIM6_REAP_OP_START_SEND	= 1 << 2,	/* if not running */
	SHIM6_REAP_OP_RESTART_SEND	= 1 << 3,
	SHIM6_REAP_OP_START_KA		= 1 << 4,	/* if not running */
	SHIM6_REAP_OP_RX		= 1 << 5,	/* as if a payload packet had been received (6.1) */
	SHIM6_REAP_OP_TX		= 1 << 6,	/* as if a payload packet had been sent (6.2) */
	SHIM6_REAP_OP_ALL		= (1 << 7) - 1,
};

#endif /* _SHIM6_NL_H */
