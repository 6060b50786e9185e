/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * shim6d: a shell around lib/proto/shim6.h.  Events come in from the kernel, the queue, reapd and people; engine.c
 * feeds them to the machine and has its actions carried out by the other files, each of which has one subject.
 *
 * X_open() returns 0, or -1 after having told the reason by hal_daemon_fail().  X_close() undoes it and is harmless
 * before X_open().  Everything runs in the one thread of the loop.
 */
#ifndef SHIM6D_SHIM6D_H
#define SHIM6D_SHIM6D_H

#include <jansson.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "counters.h"
#include "hal/daemon.h"
#include "hal/loop.h"
#include "kctl/kctl.h"
#include "proto/shim6.h"
#include "reap_ipc.h"

#define REAP_UNKNOWN	(-1)

/* What we know of a context beside struct s6_ctx. */
struct ctxinfo {
	uint32_t id;
	uint64_t created;		/* ms */
	int reap;			/* SHIM6_REAP_*, or REAP_UNKNOWN */
	uint8_t standby;		/* REAP_IPC_STANDBY_*, the operator's wish */
	bool shim, deshim;		/* static rules typed at the debug port */
	struct in6_addr shim_src, shim_dst;
};

struct hal_rtnl;

struct shim6d {
	struct conf conf;
	const struct hal_daemon_args *args;
	gid_t group;			/* of daemon.group, (gid_t)-1 without such a group */
	uint64_t started;		/* ms */
	struct counters counters;
	struct hal_loop *loop;
	struct kctl *kctl;

	struct engine *engine;
	struct announce *announce;
	struct kernel *kernel;
	struct rules *rules;
	struct routable *routable;
	struct locators *locators;
	struct addrs *addrs;
	struct reaplink *reaplink;
	struct debug *debug;
	struct ctl *ctl;
	struct state *state;
	struct gc *gc;
};

/* --- engine.c: the machine, its clock and its actions ------------------------------------------------------------ */

int engine_open(struct shim6d *d);
int engine_listen(struct shim6d *d);			/* open the queue and the raw socket */
int engine_start_proofs(struct shim6d *d);		/* the thread; it inherits what privileges are left */
void engine_close(struct shim6d *d);
int engine_reconfigure(struct shim6d *d);		/* after a change of d->conf */

const struct s6_host *engine_host(const struct shim6d *d);
struct ctxinfo *engine_info(struct shim6d *d, uint32_t id);	/* NULL if there is no such context */

/* Events: as the functions of proto/shim6.h, with actions carried out before they return. */
void engine_unknown_tag(struct shim6d *d, uint64_t tag, const struct in6_addr *src, const struct in6_addr *dst);
void engine_payload_in(struct shim6d *d, uint64_t ct_local);
int engine_trigger(struct shim6d *d, const struct in6_addr *local, const struct in6_addr *peer, uint32_t fii,
		   bool force, uint32_t *id);
/* An instance number that no context of these ULIDs has. */
uint32_t engine_free_fii(struct shim6d *d, const struct in6_addr *local, const struct in6_addr *peer);
const char *engine_trigger_error(int err);	/* for people: why, and what to do */
void engine_set_local(struct shim6d *d, const struct s6_locator *loc, unsigned int n);
void engine_set_own(struct shim6d *d, const struct s6_own *own, unsigned int n);	/* engine_set_local() follows */
int engine_use_pair(struct shim6d *d, uint64_t ct_local, const struct in6_addr *local, const struct in6_addr *peer);
int engine_update(struct shim6d *d, uint32_t id);
int engine_delete(struct shim6d *d, uint32_t id, const char *why);
int engine_restore(struct shim6d *d, const uint8_t *blob, size_t len);

/* --- kernel.c: the kernel's table of contexts, events of group "control" --------------------------------------- */

int kernel_open(struct shim6d *d);			/* loads the modules if need be */
int kernel_subscribe(struct shim6d *d);
void kernel_close(struct shim6d *d);
/* Bring the kernel's entry to what @c asks for; @gone: remove it.  0, or the negative errno of the kernel. */
int kernel_sync(struct shim6d *d, const struct s6_ctx *c, bool gone);
int kernel_attach(struct shim6d *d);			/* the module's own hooks on or off, as configured */
void kernel_flush(struct shim6d *d);
void kernel_reconfigured(struct shim6d *d);
/* Take-over: the kernel's table as the last shim6d left it. */
int kernel_read(struct shim6d *d);
bool kernel_has(const struct shim6d *d, uint64_t ct_local);
/* After the take-over: pairs that reapd chose stay, contexts that nobody restored go. */
void kernel_settle(struct shim6d *d);

/* --- rules.c: ip6tables ------------------------------------------------------------------------------------------ */

/* Replaces what is there in one transaction, and from then on puts back what others take away. */
int rules_install(struct shim6d *d);
void rules_remove(struct shim6d *d);
void rules_close(struct shim6d *d);			/* leaves the rules in place */
/* Put static rules of contexts where they belong after a change of ctxinfo; 0, or -1 with @why. */
int rules_update(struct shim6d *d, char *why, size_t size);

/* --- routable.c: a route for the ULIDs of contexts whose uplink is gone ------------------------------------------ */

int routable_open(struct shim6d *d);
void routable_close(struct shim6d *d);			/* leaves everything in place */
void routable_remove(struct shim6d *d);			/* without a trace */
void routable_ctx(struct shim6d *d, const struct s6_ctx *c, bool gone);
void routable_links(struct shim6d *d);			/* the MTU of links changed */
void routable_restore(struct shim6d *d);			/* the rule may be gone */
void routable_stale(struct shim6d *d, const struct in6_addr *peer);	/* no context needs this route */

/* --- locators.c: this host's addresses ----------------------------------------------------------- */

int locators_open(struct shim6d *d);
void locators_close(struct shim6d *d);
void locators_update(struct shim6d *d);			/* look again, tell the machine */
uint32_t locators_mtu(const struct shim6d *d);		/* smallest of the links in use */
json_t *locators_json(const struct shim6d *d);		/* array, see shim6_ctl.h */
unsigned int locators_count(const struct shim6d *d);
/* Preferences until the daemon ends, over those of locators.prefer: 0, or -1 with @why. */
int locators_prefer(struct shim6d *d, const char *entry, char *why, size_t size);
int locators_forget(struct shim6d *d, const char *prefix, char *why, size_t size);	/* NULL: all */
const struct hal_rtnl *locators_rtnl(const struct shim6d *d);
/* What proves our addresses is @idents from now on, which is ours to free; NULL: nothing does. */
struct s6d_idents;
void locators_identities(struct shim6d *d, struct s6d_idents *idents);
void locators_start(struct shim6d *d);			/* contexts of a predecessor are there: announce */

/* --- announce.c: the proofs of our addresses --------------------------------------------------------------------- */

int announce_open(struct shim6d *d);
void announce_close(struct shim6d *d);
void announce_start(struct shim6d *d);
void announce_identities(struct shim6d *d, struct s6d_idents *idents);
/* The host's locators, or what proves them, changed.  engine_set_local() has to follow. */
void announce_update(struct shim6d *d, const struct s6_locator *loc, unsigned int n);
bool announce_proven(const struct shim6d *d, const struct in6_addr *ulid);	/* @ulid is announced with a proof */

/* --- reaplink.c: reapd --------------------------------------------------------------------------- */

int reaplink_open(struct shim6d *d);
void reaplink_close(struct shim6d *d);
pid_t reaplink_pid(const struct shim6d *d);		/* of reapd; 0: not connected */
void reaplink_ctx(struct shim6d *d, const struct s6_action *act);
void reaplink_payload(struct shim6d *d, const struct s6_ctx *c, bool sent);
void reaplink_explore(struct shim6d *d, const struct s6_ctx *c);
/* Have the context use this pair once it is found to work.  -ENOTCONN. */
int reaplink_move(struct shim6d *d, const struct s6_ctx *c, const struct in6_addr *local, const struct in6_addr *peer);
void reaplink_standby(struct shim6d *d, const struct s6_ctx *c);	/* ctxinfo.standby changed */
int reaplink_flows(const struct shim6d *d, const struct s6_ctx *c);	/* number, or -1: not known */
bool reaplink_settled(const struct shim6d *d);		/* connected long enough to know its flows */
/* Ask for reapd's counters: @one for each, then @end once (@complete false: it did not answer).  -1: not connected. */
typedef void (*reaplink_stat_fn)(void *arg, const char *name, uint64_t value, const char *text);
typedef void (*reaplink_end_fn)(void *arg, bool complete);
int reaplink_stats(struct shim6d *d, reaplink_stat_fn one, reaplink_end_fn end, void *arg);
void reaplink_stats_forget(struct shim6d *d, void *arg);

/* --- debug.c: the debug port; ctl.c: the control socket ----------------------------------------------------------- */

int debug_open(struct shim6d *d);
void debug_close(struct shim6d *d);

int ctl_open(struct shim6d *d);
void ctl_close(struct shim6d *d);
void ctl_ctx(struct shim6d *d, const struct s6_action *act);	/* for monitors */
void ctl_reap(struct shim6d *d, const struct s6_ctx *c, int old_state, const char *why);
void ctl_reapd(struct shim6d *d, bool connected);
void ctl_locators(struct shim6d *d);

/* --- state.c: what outlives the daemon; gc.c ----------------------------------------------------- */

int state_open(struct shim6d *d);
void state_close(struct shim6d *d);
void state_remove(struct shim6d *d);
void state_changed(struct shim6d *d);
int state_restore(struct shim6d *d);			/* what the kernel has too; number of contexts */

int gc_open(struct shim6d *d);
void gc_close(struct shim6d *d);

#endif /* SHIM6D_SHIM6D_H */
