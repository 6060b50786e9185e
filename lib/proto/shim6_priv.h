/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The insides of the Shim6 host.  Who does what:
 *
 *	shim6_host.c		the host, its tables, the events of the outside that are not messages
 *	shim6_in.c		messages: lookup (12.4) and the checks of each type, then an event for the machine
 *	shim6_fsm.c		the machine; nobody else changes a state
 *	shim6_out.c		builds and sends messages
 *	shim6_update.c		locators and preferences of a live context (10)
 *	shim6_proof.c		what proves our locators, and what proved the peer's (5.15.4, 5.15.5)
 *	shim6_confusion.c	CT(peer) and Ls(peer), and the contexts that a new pair of them ends (7.15)
 *	shim6_error.c		Error messages, sent and received, and ICMP errors
 *	shim6_actions.c		the queue of actions; what changed in a context during one call
 *	shim6_counters.c	names and sentences
 *	shim6_save.c		a context as octets
 */
#ifndef PROTO_SHIM6_PRIV_H
#define PROTO_SHIM6_PRIV_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "proto/locset.h"
#include "proto/shim6.h"
#include "proto/shim6_counters.h"
#include "proto/siphash.h"
#include "proto/tags.h"
#include "proto/timerq.h"
#include "proto/validator.h"
#include "proto/verify.h"

/* RFC 5533, 14.  Times in ms. */
#define S6_I1_TIMEOUT		4000
#define S6_I1_SENT_MAX		5	/* I1_RETRIES_MAX = 4 and the first (Q16) */
#define S6_I2_TIMEOUT		4000
#define S6_I2_SENT_MAX		3	/* I2_RETRIES_MAX = 2 and the first */
#define S6_I2BIS_TIMEOUT	4000
#define S6_I2BIS_SENT_MAX	3	/* Q17 */
#define S6_NO_R1_HOLDDOWN	60000
#define S6_ICMP_HOLDDOWN	600000
#define S6_UPDATE_TIMEOUT	4000
#define S6_UPDATE_TIMEOUT_MAX	120000

#define S6_KA_TIMEOUT_DEFAULT	15000	/* RFC 5534, 7 */

/* Ours. */
#define S6_NET_MAX		64	/* contexts of peers in one /64 when the table is half full, ... */
#define S6_NET_SHARE		16	/* ... or this part of the table, if it is more */
#define S6_HOLDS_MAX		1024	/* contexts in E-FAILED and NO-SUPPORT */
#define S6_VALIDATOR_KEEP_MAX	400	/* octets of a peer's validator; an I2 with everything else still fits */
#define S6_NUDGE_GAP		500	/* ms between two I2 or I2bis that payload of the peer causes */
#define S6_BATCH		256	/* timers, or contexts of a sweep, dealt with in one call */
#define S6_HEARD		8	/* Update Requests of a peer that are remembered */
#define S6_ERROR_RATE		10	/* Errors a second, and how many at once */
#define S6_ERROR_BURST		20

/* What names a context: ULID pair and FII (6, 12.4).  Hashed as octets, so no padding. */
struct s6_key {
	struct in6_addr local, peer;
	uint32_t fii;
};
_Static_assert(sizeof(struct s6_key) == 36, "no padding");

/* A live context is found by CT(peer) with each locator of Ls(peer); 7.15 makes that unique. */
struct s6_peer_key {
	uint64_t tag;
	struct in6_addr loc;
};
_Static_assert(sizeof(struct s6_peer_key) == 24, "no padding");

struct s6_peer_ref {
	struct s6_peer_key key;
	struct s6_context *c;
	bool in;
	UT_hash_handle hh;
};

enum { S6_TIMER_RETRY, S6_TIMER_UPDATE };

/* What a ULID of ours announces with a proof.  A context keeps what it sent, so that it can send it again. */
struct s6_announced {
	struct s6_own pub;		/* views into octets */
	unsigned int refs;
	UT_hash_handle hh;		/* by pub.ulid */
	uint8_t octets[];
};

struct s6_context {
	struct s6_ctx pub;		/* first: the outside casts */
	struct s6_key key;
	bool announce;			/* send a Locator List without proof (security.verify at our birth; Q07) */
	bool gone;			/* out of all tables, freed when the call ends */

	struct s6_net *net;		/* of the peer's ULID */

	/* Establishment.  One nonce and one locator pair for I1, I2, I2bis of an attempt (Q05, Q06). */
	struct s6_timer retry;		/* next I1, I2, I2bis; in E-FAILED and NO-SUPPORT the end of the hold-down */
	unsigned int i1_sent;		/* not reset by falling back from I2-SENT, so that this ends */
	unsigned int i2_sent;		/* I2 or I2bis */
	bool has_nonce;
	uint32_t nonce;
	struct in6_addr ex_local, ex_peer;
	uint32_t resp_nonce;
	uint64_t packet_tag;		/* I2bis: from the R1bis */
	uint8_t *validator;		/* from R1 or R1bis, to be returned unaltered */
	size_t validator_len;
	bool list_offered;		/* I2 or I2bis of this attempt carried our list */
	bool list_refused;		/* the peer called it unproven (Error 2) */
	uint64_t nudged;		/* when payload last made us repeat I2 or I2bis; 0: never */

	/* The peer. */
	bool has_ct_peer;
	bool has_peer_list;		/* Ls(peer) came in a Locator List, its generation counts */
	bool has_last_i2;		/* the I2 or I2bis accepted last, to know a repeated one */
	uint32_t last_i2_nonce, last_i2_resp;
	uint8_t *peer_pds;		/* its PDS, which was proven to be that of its ULID (10.1, Q30); or NULL */
	size_t peer_pds_len;
	uint32_t heard[S6_HEARD];	/* nonces of the Update Requests obeyed last, a ring */
	unsigned int n_heard;
	struct s6_peer_ref *refs;	/* one a locator of Ls(peer) */
	unsigned int n_refs;

	/* Locators of ours as announced last; pub.ls_local has what the peer is known to have taken. */
	struct s6_locset offered;
	struct s6_announced *own;	/* what goes with it as a proof; NULL: nothing */
	uint32_t ka_told;		/* ms, the Keepalive Timeout that the peer was told last */
	bool ka_spoken;			/* the option was sent once, so the default has to be said as well */
	struct s6_timer update;
	uint32_t update_nonce;
	unsigned int update_sent;
	bool update_list, update_prefs;	/* what the outstanding Update Request has to carry */
	bool update_whole;		/* the peer is out of step (Errors 3, 4): send all at the next turn */

	/* What happened in this call. */
	struct s6_context *dirty_next;
	bool dirty;
	unsigned int what;
	enum s6_state old_state;
	const char *why, *explore;
	bool paid_in, paid_out;

	struct s6_context *hold_prev, *hold_next;
	UT_hash_handle hh_id, hh_tag, hh_key, hh_nonce, hh_hold;
};

struct s6_host {
	struct s6_config cfg;
	s6_random_fn random;
	void *random_arg;
	struct s6_siphash_key hash_key;
	struct s6_tags tags;
	struct s6_validator validator;
	struct s6_timerq timers;

	struct s6_locset local;		/* the host's own locators */
	struct s6_announced *own;	/* by ULID */
	struct s6_context *sweep;	/* next context to compare with them; NULL: all done */

	struct s6_context *by_id;	/* all; also the order of s6_next() */
	struct s6_context *by_tag, *by_key;	/* all */
	struct s6_context *by_nonce;	/* those with an exchange going on */
	struct s6_context *by_hold;	/* E-FAILED and NO-SUPPORT, by ULID pair (Q35) */
	struct s6_peer_ref *by_peer;	/* live ones */
	struct s6_context *holds;	/* the same as by_hold, oldest first */
	struct s6_net *by_net;		/* the peers' */
	unsigned int n, n_holds;
	uint32_t next_id;

	uint64_t error_tokens, error_time;	/* token bucket in thousandths */
	uint64_t counter[S6_CNT_MAX];

	/* The present call. */
	uint64_t now;
	struct s6_actions *acts;
	struct s6_context *dirty, **dirty_end;
};

/* --- shim6_fsm.c ------------------------------------------------------------------------------------------------ */

enum s6_event_type {
	S6_EV_TRIGGER,		/* 7.7 */
	S6_EV_I1,
	S6_EV_R1,
	S6_EV_I2,		/* I2 or I2bis: the same cells (7.13, 7.20) */
	S6_EV_R2,
	S6_EV_R1BIS,
	S6_EV_TAGGED,		/* tagged payload, or a control message with CT(local) (10.4, 10.5, 12.2) */
	S6_EV_RETRY,		/* the retransmission or hold-down timer */
	S6_EV_NO_SUPPORT,	/* ICMPv6 Parameter Problem, unrecognised Next Header, for our I1 (7.8) */
	S6_EV_RESTORE,		/* found alive after a restart of the daemon */
	S6_EV_END,		/* removed (7.15, 9) */
};

struct s6_event {
	enum s6_event_type type;
	const struct s6_msg *msg;
	const struct in6_addr *src, *dst;	/* that the message came over */
	struct s6_key key;			/* I1, I2, I2bis */
	const struct s6_locset *ls_peer;	/* I2, I2bis, R2: the list, proven; NULL if none was sent */
	struct s6_bytes pds;			/* ..., and the PDS that did it; .p NULL: none */
	bool repeat;				/* I2, I2bis: accepted before */
	const char *why;			/* END */
};

/*
 * Run @e on @c (NULL: IDLE).  The message is well formed and, as far as 7.9 to 7.20 say so before they come to the
 * state, checked.  True if a TAGGED message may be processed.
 */
bool s6_fsm(struct s6_host *h, struct s6_context *c, const struct s6_event *e);

/* --- shim6_host.c ----------------------------------------------------------------------------------------------- */

void s6_begin(struct s6_host *h, uint64_t now, struct s6_actions *acts);
void s6_end(struct s6_host *h);

/* A context in IDLE with a tag of its own, or NULL with *@err.  @tag: NULL, draw one. */
struct s6_context *s6_context_new(struct s6_host *h, const struct s6_key *key, const uint64_t *tag, uint32_t id,
				  int *err);
/* Is there room for a context that the peer wants?  Counted if not. */
bool s6_fair(struct s6_host *h, const struct in6_addr *peer);
void s6_context_unlink(struct s6_host *h, struct s6_context *c);	/* leave all tables; freed by s6_end() */
void s6_context_free(struct s6_context *c);

struct s6_context *s6_by_id(const struct s6_host *h, uint32_t id);
struct s6_context *s6_by_tag(const struct s6_host *h, uint64_t tag);
struct s6_context *s6_by_key(const struct s6_host *h, const struct s6_key *k);
struct s6_context *s6_by_nonce(const struct s6_host *h, uint32_t nonce);
struct s6_context *s6_by_peer(const struct s6_host *h, uint64_t ct_peer, const struct in6_addr *loc_peer);
struct s6_context *s6_held(const struct s6_host *h, const struct s6_key *k);	/* whatever its FII */

unsigned int s6_hash(const struct s6_host *h, const void *key, size_t len);
bool s6_on_hold(const struct s6_context *c);
void s6_hold_add(struct s6_host *h, struct s6_context *c);
void s6_hold_del(struct s6_host *h, struct s6_context *c);
void s6_nonce_new(struct s6_host *h, struct s6_context *c);
void s6_nonce_del(struct s6_host *h, struct s6_context *c);

uint32_t s6_random32(struct s6_host *h);
void s6_backoff(struct s6_host *h, struct s6_timer *t, uint64_t nominal);	/* 14: [0.5, 1.5] of it */

/* --- shim6_actions.c -------------------------------------------------------------------------------------------- */

void s6_mark(struct s6_host *h, struct s6_context *c, unsigned int what, const char *why);
void s6_explore(struct s6_host *h, struct s6_context *c, const char *why);
void s6_paid(struct s6_host *h, struct s6_context *c, bool sent);
void s6_queue_send(struct s6_host *h, const struct s6_context *c, const struct s6_msg *m, const struct in6_addr *src,
		   const struct in6_addr *dst);
/* Have the message that came over (@src, @dst) proven for @ulid; @c: whose PDS may help, or NULL. */
void s6_queue_prove(struct s6_host *h, const struct s6_context *c, const struct in6_addr *ulid,
		    const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *data, size_t len);
void s6_flush(struct s6_host *h);

/* --- shim6_in.c ------------------------------------------------------------------------------------------------- */

/* True if @a is a locator of ours in this context, taken by the peer or offered to it. */
bool s6_is_local(const struct s6_context *c, const struct in6_addr *a);

/* --- shim6_out.c ------------------------------------------------------------------------------------------------ */

void s6_send_i1(struct s6_host *h, struct s6_context *c);
bool s6_send_i2(struct s6_host *h, struct s6_context *c);	/* I2, or I2bis in I2BIS-SENT; true: with our list */
void s6_send_r1(struct s6_host *h, const struct s6_event *e);
void s6_send_r2(struct s6_host *h, struct s6_context *c, const struct s6_event *e);
void s6_send_r1bis(struct s6_host *h, uint64_t tag, const struct in6_addr *src, const struct in6_addr *dst);
void s6_send_ur(struct s6_host *h, struct s6_context *c, const struct in6_addr *src);
void s6_send_ua(struct s6_host *h, struct s6_context *c, const struct s6_msg *ur, const struct in6_addr *src,
		const struct in6_addr *dst);

/* --- shim6_update.c --------------------------------------------------------------------------------------------- */

void s6_offer(struct s6_host *h, struct s6_context *c);		/* before the list goes out with I2, I2bis */
void s6_offer_first(struct s6_host *h, struct s6_context *c);	/* a new context */
void s6_taken(struct s6_host *h, struct s6_context *c, const char *why);	/* the peer took what was offered */
void s6_refresh(struct s6_host *h, struct s6_context *c);	/* compare with the host's locators, tell the peer */
void s6_update_start(struct s6_host *h, struct s6_context *c, bool list, bool prefs);
void s6_update_again(struct s6_host *h, struct s6_context *c);	/* send the outstanding one, arm the timer */
bool s6_list_is_old(const struct s6_context *c, uint32_t generation);
/* Is there something in an Update Request to obey, as far as that can be told without a proof? */
bool s6_ur_is_news(const struct s6_context *c, const struct s6_msg *m);
/* An Update Request that is no news: acknowledge or refuse it (10.4). */
void s6_refuse_ur(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, const struct in6_addr *src,
		  const struct in6_addr *dst, const uint8_t *data, size_t len);
/* One that is; @list: its locators, proven, if it has some; @pds: what proved them, or .p NULL. */
void s6_in_ur(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, const struct s6_locset *list,
	      struct s6_bytes pds, const struct in6_addr *src, const struct in6_addr *dst);
void s6_in_ua(struct s6_host *h, struct s6_context *c, const struct s6_msg *m);
void s6_ka_timeout(struct s6_host *h, struct s6_context *c, const struct s6_msg *m, bool anew);
void s6_sweep(struct s6_host *h);

/* --- shim6_proof.c ---------------------------------------------------------------------------------------------- */

struct s6_announced *s6_own_find(const struct s6_host *h, const struct in6_addr *ulid);	/* NULL: ULID is unsecured */
void s6_own_use(struct s6_context *c, struct s6_announced *own);	/* from now on, instead of what it had */
void s6_own_free(struct s6_host *h);
/* Does @c announce more than its ULID? */
bool s6_announces(const struct s6_host *h, const struct s6_context *c);
/* Remember a PDS that proved to be the peer's. */
void s6_keep_pds(struct s6_host *h, struct s6_context *c, struct s6_bytes pds);

/* --- shim6_confusion.c ------------------------------------------------------------------------------------------ */

/* Set CT(peer) and, if not NULL, Ls(peer); end contexts in confusion with that.  0 or -ENOMEM (nothing changed). */
int s6_set_peer(struct s6_host *h, struct s6_context *c, uint64_t ct_peer, const struct s6_locset *ls_peer);
/* Before Ls(peer) becomes @new: which of it is proven and reached. */
void s6_judge(struct s6_host *h, struct s6_context *c, const struct s6_locset *new);
void s6_reached(struct s6_host *h, struct s6_context *c, const struct in6_addr *loc_peer);
void s6_index_peer(struct s6_host *h, struct s6_context *c);
void s6_unindex_peer(struct s6_host *h, struct s6_context *c);

/* --- shim6_error.c ---------------------------------------------------------------------------------------------- */

/* Error @code about the message @data that came over (@src, @dst), at octet @at of it. */
void s6_send_error(struct s6_host *h, uint8_t code, size_t at, const struct in6_addr *src, const struct in6_addr *dst,
		   const uint8_t *data, size_t len);
void s6_in_error(struct s6_host *h, const struct s6_msg *m, const struct in6_addr *src, const struct in6_addr *dst);

#endif /* PROTO_SHIM6_PRIV_H */
