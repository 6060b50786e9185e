/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside of the REAP machine.  reap.c holds the association and the only function that changes its state, reap_fsm.c
 * the cells of RFC 5534 6.1 to 6.9, reap_probe.c what is sent and what is remembered of Probes.
 *
 *   timer                  starts                            stops                    runs in
 *   Send Timer             somebody else's, by REAP_ACT_CLOCK                         Operational, InboundOk
 *   Keepalive Timer        somebody else's, by REAP_ACT_CLOCK                         Operational
 *   Probe retransmission   leaving Operational (a->due)      entering Operational     Exploring, InboundOk
 *   wish                   entering Operational (a->due)     leaving it               Operational
 */
#ifndef PROTO_REAP_PRIV_H
#define PROTO_REAP_PRIV_H

#include "proto/pathset.h"
#include "proto/reap.h"
#include "uapi/shim6_nl.h"

#define REAP_NEVER		UINT64_MAX
#define REAP_SENT_RING		64	/* sent Probes remembered, so that reports of them can be believed */
#define REAP_ANSWERS		2	/* answers over one pair before others get their turn */
#define REAP_RESTART_GAP	15000	/* ms, least time between two restarts of the back-off by a received message */
#define REAP_KEEPALIVE_GAP	1000	/* ms, Q51 */
#define REAP_WISH_TRIES		3	/* explorations for the pair that owners prefer now: a Probe may be lost */
#define REAP_WISH_GAP		5000	/* ms from one to the next */
#define REAP_WISH_WAIT		1000	/* ms for the report of a Probe over the wanted pair, before others are tried */
#define REAP_FRESH		500	/* ms after the report of a Probe over the current pair: still the best guess */

struct reap_sent {
	struct s6_report report;
	bool seen;			/* the peer reported it */
};

/* Probes since the association last left Operational (Q45).  Allocated with the first one. */
struct reap_probes {
	unsigned int n_sent;		/* the newest is sent[(n_sent - 1) % REAP_SENT_RING] */
	struct reap_sent sent[REAP_SENT_RING];
	unsigned int n_rcvd;
	struct s6_report rcvd[S6_REPORTS_MAX];	/* oldest first */
};

/* A pair that is watched while another one is used: reap_fast.c. */
struct reap_watch {
	uint64_t due;			/* next Probe, or when the report is late */
	bool waiting;			/* for the report of @sent */
	struct s6_report sent;		/* the newest Probe: its pair is the one that is watched */
	uint64_t sent_at;
	uint64_t seen_at;		/* when the peer reported it; 0: not, or not any more */
	uint64_t good_since;		/* since when all were reported */
	uint32_t rtt;			/* ms */
	unsigned int failed;		/* Probes without report, to go on to other pairs */
};

enum { REAP_STANDBY, REAP_FAILBACK, REAP_WATCHES };

struct reap_assoc {
	struct reap_params p;		/* loc_local, loc_peer: the current pair */
	struct reap_config cfg;
	reap_random_fn rng;
	void *rng_arg;

	uint8_t state;
	bool suspect;			/* the current pair is known not to work */
	bool wish;			/* explores for one pair, while the current one is in no doubt */
	struct in6_addr wish_local, wish_peer;
	bool doubt;			/* it is we who are not sure of it, not the peer alone */
	bool unproven;			/* Operational, but no report has shown it; explored anew, ... */
	bool rechecks;			/* ... once */
	uint64_t due;			/* next Probe retransmission; in Operational: next try at a preferred pair */
	unsigned int wishes;		/* such tries left */
	unsigned int steps;		/* scheduled Probes since the back-off began */
	uint64_t restarted;		/* when the back-off began */
	uint64_t keepalive_at;		/* when the last Keepalive was sent; 0: never */
	uint64_t proven_at;		/* when the peer last reported a Probe over the current pair; 0: never */
	struct pathset paths;		/* empty in Operational */
	struct reap_probes *probes;
	unsigned int strange;		/* reports of Probes that we do not know */
	struct reap_watch_config watch_cfg;
	struct reap_watch watch[REAP_WATCHES];
};

/* --- reap.c -------------------------------------------------------------------------------------------------- */

struct reap_action *reap_action_new(struct reap_actions *acts, enum reap_action_type type);
void reap_set_state(struct reap_assoc *a, uint8_t state, const char *why, uint64_t now, struct reap_actions *acts);
void reap_clock(const struct reap_assoc *a, uint32_t ops, struct reap_actions *acts);
/* Explore for the pair that the owners of the locators prefer, if it is not in use: traffic moves if it works. */
void reap_follow_wishes(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);
/* False if it is known here, without any Probe, that nothing can leave or arrive over the current pair. */
bool reap_pair_usable(const struct reap_assoc *a);
/* The same, and the peer does not call its locator broken. */
bool reap_pair_healthy(const struct reap_assoc *a);

/* --- reap_fsm.c ---------------------------------------------------------------------------------------------- */

/* Operational to Exploring.  @suspect: the current pair is known not to work. */
void reap_start_exploring(struct reap_assoc *a, bool suspect, const char *why, uint64_t now,
			  struct reap_actions *acts);
/* The same, with Probes over (@local, @peer) first of all. */
void reap_start_exploring_with(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer,
			       const char *why, uint64_t now, struct reap_actions *acts);
/* Begin the back-off anew and send a Probe at once, in Exploring or InboundOk. */
void reap_restart_probing(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);

/* --- reap_probe.c -------------------------------------------------------------------------------------------- */

/* The next Probe in turn: to the next pair of the cycle (4.3, 6.5). */
void reap_probe_next(struct reap_assoc *a, struct reap_actions *acts);
/*
 * A Probe in answer to something received, over the most promising pair; (@local, @peer) is where it came from,
 * reversed.
 */
void reap_probe_answer(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer,
		       uint64_t now, struct reap_actions *acts);
/* A Probe over exactly this pair. */
void reap_probe_send(struct reap_assoc *a, const struct in6_addr *local, const struct in6_addr *peer,
		     struct reap_actions *acts);
void reap_emit(const struct s6_msg *msg, const struct in6_addr *src, const struct in6_addr *dst,
	       struct reap_actions *acts);
void reap_keepalive_send(struct reap_assoc *a, uint64_t now, struct reap_actions *acts);

/* Forget all Probes: the association leaves Operational (Q45). */
void reap_probes_forget(struct reap_assoc *a);
/* Remember the Probe that just arrived, to report it. */
void reap_probes_arrived(struct reap_assoc *a, const struct s6_report *report);
/* Note which of our Probes the peer reports. */
void reap_probes_reported(struct reap_assoc *a, const struct s6_msg *msg);
/* Take the new current pair from the reports of @msg (6.8, Q42, Q43). */
void reap_probes_choose(struct reap_assoc *a, const struct s6_msg *msg, bool keep_proven, uint64_t now,
			struct reap_actions *acts);

/* --- reap_fast.c -------------------------------------------------------------------------------------------- */

/* Note what @msg reports of watched pairs.  True: it is nothing but that, and has been dealt with. */
bool reap_watch_input(struct reap_assoc *a, const struct s6_msg *msg, uint64_t now, struct reap_actions *acts);

/* Milliseconds from scheduled Probe number @steps (1 is the first) to the next, without jitter (4.3, Q49). */
uint32_t reap_probe_gap(const struct reap_config *cfg, unsigned int steps);
/* The same with jitter, so that associations which fail together do not stay in step. */
uint64_t reap_probe_delay(struct reap_assoc *a);

#endif /* PROTO_REAP_PRIV_H */
