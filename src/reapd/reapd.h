/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reapd: a shell around proto/reap.h (engine.c) and the trigger (flows.c).  The other files bring events in from the
 * kernel, the queue, connection tracking, the host's links and the control daemon, and carry out what comes of them.
 *
 * X_open() returns 0, or -1 after having told the reason by hal_daemon_fail().  X_close() undoes it and is harmless
 * before X_open().  Everything runs in the one thread of the loop.
 */
#ifndef REAPD_REAPD_H
#define REAPD_REAPD_H

#include <stdint.h>
#include <sys/types.h>

#include "conf/conf.h"
#include "counters.h"
#include "damp.h"
#include "engine.h"
#include "flows.h"
#include "hal/loop.h"
#include "hal/rtnl.h"
#include "kctl/kctl.h"

struct reapd {
	struct conf conf;
	struct counters counters;
	struct hal_loop *loop;
	struct hal_signal *signals[3];

	struct engine *engine;
	struct hal_timer *engine_timer;
	struct kctl *kctl;		/* clock.c */
	struct hal_raw *raw;		/* input.c */
	struct hal_nfq *nfq;
	struct hal_rtnl *rtnl;		/* local.c */
	struct hal_timer *calm;
	struct damp damp;
	struct hal_ipc_server *ipc;	/* shimlink.c */
	struct hal_ipc_conn *control;	/* the control daemon, after its hello */
	struct hal_timer *grace;
	struct hal_ct *ct;		/* trigger.c */
	struct flows *flows;
	struct hal_timer *flows_timer;
};

/* After every event that went into the engine. */
void engine_rearm(struct reapd *r);
void renew_parameters(struct reapd *r);			/* what the module is told of the configuration */

/* --- clock.c: the kernel's timers and stamps -------------------------------------------------- */

int clock_open(struct reapd *r);
void clock_close(struct reapd *r);
int clock_set(void *arg, const struct kctl_ctx *c);			/* engine_ops.clock */
bool clock_active(void *arg, uint64_t ct_local, uint32_t ms);		/* engine_ops.active */
void clock_ages(void *arg, void (*one)(void *one_arg, uint64_t ct_local, uint32_t ms), void *one_arg);

/* --- input.c: Keepalives and Probes in and out ------------------------------------------------ */

int input_open(struct reapd *r);
void input_close(struct reapd *r);
int input_send(void *arg, const struct in6_addr *src, const struct in6_addr *dst, const void *data, size_t len);

/* --- local.c: this host's addresses and links ------------------------------------------------- */

int local_open(struct reapd *r);
void local_close(struct reapd *r);
int local_usable(void *arg, const struct in6_addr *a);			/* engine_ops.usable */
/* Is @a an address of this host?  *@interface: the name of its link, or "". */
bool local_is(const struct reapd *r, const struct in6_addr *a, const char **interface);

/* --- trigger.c: connection tracking ----------------------------------------------------------- */

int trigger_open(struct reapd *r);
void trigger_close(struct reapd *r);
void trigger_reconfigure(struct reapd *r);				/* after a change of r->conf.trigger */
void trigger_assoc(void *arg, const struct in6_addr *local, const struct in6_addr *peer, bool there);
void trigger_result(struct reapd *r, const struct reap_ipc_want_result *m);
void trigger_renewed(struct reapd *r);					/* the module is another one */
void trigger_control(struct reapd *r);					/* the control daemon came or went */

/* --- shimlink.c: the control daemon ----------------------------------------------------------- */

int shimlink_open(struct reapd *r);
void shimlink_close(struct reapd *r);
/* False if no control daemon is there. */
bool shimlink_send(struct reapd *r, uint16_t type, const void *body, size_t len);
void shimlink_pair(void *arg, const struct reap_ipc_pair *p);		/* engine_ops.pair */
void shimlink_state(void *arg, const struct reap_ipc_state *s);		/* engine_ops.state */

#endif /* REAPD_REAPD_H */
