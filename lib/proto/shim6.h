/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Shim6 host: all contexts of one host and the machine of RFC 5533 that runs them.
 *
 * Pure: (state, event, now, random) -> actions.  No system call, no clock, no global.  The caller feeds events, then
 * carries the actions out.  Times are milliseconds of a monotonic clock of the caller's.  Not thread-safe: one thread
 * owns a host.
 */
#ifndef PROTO_SHIM6_H
#define PROTO_SHIM6_H

#include "proto/wire.h"

struct s6_host;

/* RFC 5533 6.2.  IDLE is the absence of a context. */
enum s6_state {
	S6_IDLE,
	S6_I1_SENT,
	S6_I2_SENT,
	S6_ESTABLISHED,
	S6_I2BIS_SENT,
	S6_E_FAILED,
	S6_NO_SUPPORT,
	S6_STATE_MAX
};

const char *s6_state_name(enum s6_state s);	/* the RFC's: "I1-SENT", "ESTABLISHED", "E-FAILED", ... */

/* A set of locators, Ls(local) or Ls(peer). */
struct s6_locset {
	uint32_t generation;
	unsigned int n;
	struct s6_locator loc[S6_LOCATORS_MAX];
};

/* Index of @a in @ls, or -1. */
int s6_locset_find(const struct s6_locset *ls, const struct in6_addr *a);

/* A context.  Read-only for the caller, valid until the next call on the host. */
struct s6_ctx {
	uint32_t id;			/* small number for people, unique while the host lives */
	enum s6_state state;
	struct in6_addr ulid_local, ulid_peer;
	uint32_t fii;
	uint64_t ct_local;
	uint64_t ct_peer;		/* valid in ESTABLISHED, I2BIS-SENT */
	struct s6_locset ls_local;	/* as acknowledged by the peer, or offered while establishing */
	struct s6_locset ls_peer;
	uint32_t peer_proven;		/* bit i: locator i of ls_peer is tied to the ULID by a proof (7.2) */
	uint32_t peer_reached;		/* bit i: something came back from it that was sent there (6.1) */
	struct in6_addr loc_local, loc_peer;	/* Lp: the current pair */
	uint32_t ka_timeout;		/* ms, asked for by the peer (RFC 5534 5.3); 15000 by default */
	bool update_pending;		/* an Update Request is not acknowledged yet (10.3) */
	bool locally_triggered;		/* we sent the first I1 */
	uint64_t since;			/* time of the last state change */
};

/* True while payload of @c may be translated (11, 12.2). */
bool s6_ctx_live(const struct s6_ctx *c);	/* ESTABLISHED or I2BIS-SENT */

#define S6_PDS_MAX	1024		/* octets of a peer's CGA parameters that are accepted at most */

/*
 * What locators count without a proof by HBA or CGA.  REQUIRED: none but the ULID.  OFF: also those of method
 * S6_VERIFY_NONE, and a ULID of ours that cannot be proven announces all locators of the host that way.
 */
enum s6_verify { S6_VERIFY_REQUIRED, S6_VERIFY_OFF };

struct s6_config {
	enum s6_verify verify;
	unsigned int max_locators;	/* of a peer's list; a message with more is dropped */
	unsigned int max_pds;		/* octets of a peer's CGA parameters, which are remembered with its context */
	/* May @a be a peer's ULID or locator?  Pure.  NULL: all may. */
	bool (*peer_ok)(const void *arg, const struct in6_addr *a);
	const void *peer_ok_arg;
	unsigned int max_contexts;
	unsigned int tag_bits;		/* 47; fewer only to exercise confusion (C.4) */
	uint32_t send_timeout;		/* ms, ours; announced as Keepalive Timeout if not 15000 (RFC 5534 5.3) */
	bool answer_only;		/* never start an exchange */
};

void s6_config_default(struct s6_config *cfg);

/* Randomness of the caller's: fill @len octets at @buf.  Must be unpredictable outside tests. */
typedef void (*s6_random_fn)(void *arg, void *buf, size_t len);

/* What a context action is about, a set of bits. */
enum {
	S6_C_NEW	= 1 << 0,	/* first action of this context */
	S6_C_STATE	= 1 << 1,	/* state changed, see old_state */
	S6_C_TAGS	= 1 << 2,	/* ct_peer changed */
	S6_C_PAIR	= 1 << 3,	/* loc_local or loc_peer changed */
	S6_C_LS_LOCAL	= 1 << 4,
	S6_C_LS_PEER	= 1 << 5,
	S6_C_KA_TIMEOUT	= 1 << 6,
	S6_C_GONE	= 1 << 7,	/* the context is removed; *ctx is its last copy, in the state it had */
};

enum s6_action_type {
	S6_ACT_SEND,		/* send a control message: pkt */
	S6_ACT_CTX,		/* a context came, changed or went: ctx, what, old_state, why */
	S6_ACT_PAYLOAD,		/* a control message counted as payload (RFC 5534 4.1, Q52): ctx, sent */
	S6_ACT_EXPLORE,		/* the current pair is known not to work or not to be wanted: ctx, why */
	S6_ACT_PROVE,		/* a message needs hashing or public-key work: pkt (as it came), ulid, ctx.id */
};

struct s6_action {
	enum s6_action_type type;
	struct s6_ctx ctx;		/* CTX, PAYLOAD, EXPLORE; SEND, PROVE: zeroed if no context */
	unsigned int what;		/* CTX: S6_C_* */
	enum s6_state old_state;	/* CTX with S6_C_STATE */
	const char *why;		/* static text, never NULL: "R2 received", "I1 retries used up", ... */
	bool sent;			/* PAYLOAD */
	struct in6_addr ulid;		/* PROVE: to which the locators have to be tied */
	struct {			/* SEND, PROVE */
		struct in6_addr src, dst;
		size_t len;
		uint8_t data[S6_MSG_MAX];
	} pkt;
};

/*
 * A growing queue of actions, the caller's.  Order within a call: the messages, or PROVE; then one S6_ACT_CTX for each
 * context that changed; then, for live contexts, PAYLOAD and EXPLORE.  Zero-initialise; the functions below append;
 * clear after use.
 */
struct s6_actions {
	unsigned int n, cap;
	struct s6_action *a;
};
void s6_actions_clear(struct s6_actions *acts);		/* n = 0, keeps the memory */
void s6_actions_free(struct s6_actions *acts);

/* NULL if memory is short.  @cfg is copied. */
struct s6_host *s6_host_new(const struct s6_config *cfg, s6_random_fn random, void *arg, uint64_t now);
void s6_host_free(struct s6_host *h);
/*
 * 0 or -EINVAL.  A context goes on announcing its locators, or not, as it did at its birth; what peers announce is
 * judged by the new .verify.  A new .send_timeout is told to peers from the next s6_timeout(), which is due at once.
 */
int s6_host_reconfigure(struct s6_host *h, const struct s6_config *cfg);

/* --- events ------------------------------------------------------------------------------------------------- */

/* A control message came in over (@src, @dst) (12.3, 12.4).  Malformed ones are counted and dropped here. */
void s6_input(struct s6_host *h, uint64_t now, const struct in6_addr *src, const struct in6_addr *dst,
	      const uint8_t *data, size_t len, struct s6_actions *acts);

/*
 * Proofs (5.15.4, 5.15.5, 7.2, 16).  A message whose nonces, validator and locators are right, but whose locator list
 * has still to be proven, changes nothing: S6_ACT_PROVE hands it out, and it comes back with the result, whenever that
 * is.  Everything cheap is then checked again.  The result is about the message's octets and the ULID alone, so it
 * never grows stale.  Whoever does not bring a message back has lost it, as networks do.
 */
enum s6_proof_result {
	S6_PROOF_GOOD,
	S6_PROOF_PDS,		/* the PDS is not the one the ULID was made from: dropped silently (7.13 to 10.4) */
	S6_PROOF_LIST,		/* .bad is the first locator without a proof: Error 2 (Q08) */
};

struct s6_proof {
	enum s6_proof_result result;
	unsigned int bad;
	struct in6_addr ulid;	/* of S6_ACT_PROVE */
};

void s6_proven(struct s6_host *h, uint64_t now, const struct in6_addr *src, const struct in6_addr *dst,
	       const uint8_t *data, size_t len, const struct s6_proof *proof, struct s6_actions *acts);

/*
 * The PDS of the peer of context @id, for an Update Request that comes without one (10.1, Q30).  .p is NULL if none is
 * known.  Valid until the next call on the host.
 */
struct s6_bytes s6_peer_pds(const struct s6_host *h, uint32_t id);

/* An ICMPv6 error about a control message of ours: @quoted starts at the quoted IPv6 header (7.8, 8). */
void s6_icmp_error(struct s6_host *h, uint64_t now, uint8_t icmp_type, uint8_t icmp_code, const uint8_t *quoted,
		   size_t len, struct s6_actions *acts);

/* Tagged payload, or REAP message, for a tag without a context, or over locators that are not of it (12.2, 12.4). */
void s6_unknown_tag(struct s6_host *h, uint64_t now, uint64_t tag, const struct in6_addr *src,
		    const struct in6_addr *dst, struct s6_actions *acts);

/* Payload came in for a context in I2-SENT or I2BIS-SENT (12.2): sends I2 or I2bis again. */
void s6_payload_in(struct s6_host *h, uint64_t now, uint64_t ct_local, struct s6_actions *acts);

/*
 * The heuristic or a person wants a context (7.7).  Returns 0 and the context's id in *@id (also when there is one
 * already), -EAGAIN during a hold-down (7.8), -ENOSPC with the table full, -EADDRNOTAVAIL if @local is not one of our
 * locators, -EINVAL for unusable addresses, -EACCES if .peer_ok refuses @peer, -EPERM if answer_only and not @force.
 */
int s6_trigger(struct s6_host *h, uint64_t now, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
	       bool force, uint32_t *id, struct s6_actions *acts);

/*
 * What ULIDs of ours announce with a proof (7.6, Q07): the list, the PDS, and the signature if a method is CGA (.p
 * otherwise NULL).  The list has the ULID itself; whenever anything in it changes it gets a generation of its own,
 * counted upwards, so that one signature serves all contexts.  Copied.  Takes effect with the next s6_set_local().
 * 0, -ENOMEM, -EINVAL; on failure nothing changed.
 */
struct s6_own {
	struct in6_addr ulid;
	struct s6_locset list;
	struct s6_bytes pds, signature;
};
int s6_set_own(struct s6_host *h, const struct s6_own *own, unsigned int n);

/*
 * The generation that @own's lists should have after a restart: the latest one that restored contexts announced, or the
 * next if the lists are others.  false: no context of these ULIDs; draw one at random (Q03).
 */
bool s6_own_generation(const struct s6_host *h, const struct s6_own *own, unsigned int n, uint32_t *generation);

/* How many locators fit into any message beside a PDS and a signature of so many octets. */
unsigned int s6_list_room(size_t pds_len, size_t signature_len);

/* The host's own locators changed (rtnetlink, preferences): sends Updates where contexts are concerned (10). */
void s6_set_local(struct s6_host *h, uint64_t now, const struct s6_locator *loc, unsigned int n,
		  struct s6_actions *acts);

/* REAP found that this pair works: it becomes Lp (RFC 5534).  -ENOENT, -EINVAL if not in Ls. */
int s6_use_pair(struct s6_host *h, uint64_t now, uint64_t ct_local, const struct in6_addr *local,
		const struct in6_addr *peer, struct s6_actions *acts);

/*
 * Send an Update Request with the present list and preferences, wanted by a person (debug command "update").
 * -ENOENT.
 */
int s6_update(struct s6_host *h, uint64_t now, uint32_t id, struct s6_actions *acts);

/* Forget a context, without a message to the peer (4, 9).  -ENOENT. */
int s6_delete(struct s6_host *h, uint64_t now, uint32_t id, const char *why, struct s6_actions *acts);

/* Timers: when to call s6_timeout() next (UINT64_MAX: never), and the call. */
uint64_t s6_next_due(const struct s6_host *h);
void s6_timeout(struct s6_host *h, uint64_t now, struct s6_actions *acts);

/* --- reading ------------------------------------------------------------------------------------------------ */

const struct s6_ctx *s6_find_id(const struct s6_host *h, uint32_t id);
const struct s6_ctx *s6_find_tag(const struct s6_host *h, uint64_t ct_local);
const struct s6_ctx *s6_find_ulids(const struct s6_host *h, const struct in6_addr *local, const struct in6_addr *peer,
				   uint32_t fii);
/* The context after @prev in an order that stays the same while nothing is added; NULL, the first. */
const struct s6_ctx *s6_next(const struct s6_host *h, const struct s6_ctx *prev);
unsigned int s6_count(const struct s6_host *h);

/* Named counters: 0 <= @i < s6_counters(); *@text is a sentence. */
unsigned int s6_counters(void);
const char *s6_counter(const struct s6_host *h, unsigned int i, uint64_t *value, const char **text);

/* --- state that outlives the daemon ---------------------------------------------------------------------------- */

/*
 * A live context as octets of a fixed, versioned layout (fields and order in shim6_save.c), and back.  s6_save returns
 * the length, at most S6_SAVE_MAX.  s6_restore returns 0, -EINVAL for octets it does not understand, -EEXIST, -ENOSPC.
 * A restored context keeps its tags and pair; the caller has found it alive in the kernel.
 */
#define S6_SAVE_MAX	4096
size_t s6_save(const struct s6_ctx *c, uint8_t *buf, size_t size);
int s6_restore(struct s6_host *h, uint64_t now, const uint8_t *buf, size_t len, struct s6_actions *acts);

#endif /* PROTO_SHIM6_H */
