/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The associations of this host and the REAP machine of each.
 *
 * Events come in by the functions below, what is to be done goes out by struct engine_ops; there is no socket
 * and no clock in here.  Nothing is linear in the number of associations but what concerns all of them:
 * synchronisation, a change of the host's addresses, repair after lost events.
 */
#ifndef REAPD_ENGINE_H
#define REAPD_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "counters.h"
#include "kctl/kctl.h"
#include "proto/reap.h"
#include "reap_ipc.h"

struct engine;

/* What engine_ops.usable says of an address; LATER: others go before it (RFC 5534, 3.1). */
enum { ADDR_UNUSABLE, ADDR_GOOD, ADDR_LATER };

/* The callees must not call the engine back. */
struct engine_ops {
	/* Send a Probe or Keepalive.  0 or negative errno. */
	int (*send)(void *arg, const struct in6_addr *src, const struct in6_addr *dst, const void *data, size_t len);
	/* Set timers and mode of the kernel's clock: kctl_ctx_set().  -ENOENT: no such context (yet). */
	int (*clock)(void *arg, const struct kctl_ctx *c);
	/* Tell the control daemon. */
	void (*pair)(void *arg, const struct reap_ipc_pair *p);
	void (*state)(void *arg, const struct reap_ipc_state *s);
	/* An association came (@there) or went, for this pair of ULIDs. */
	void (*assoc)(void *arg, const struct in6_addr *local, const struct in6_addr *peer, bool there);
	/* Can packets leave from @addr now?  ADDR_* */
	int (*usable)(void *arg, const struct in6_addr *addr);
	void (*rng)(void *arg, void *buf, size_t len);
	/* Has a packet of this context come in and one gone out within @ms?  NULL: always. */
	bool (*active)(void *arg, uint64_t ct_local, uint32_t ms);
	/* Call @one for each context of the kernel's: ms since its last packet.  NULL: not known. */
	void (*ages)(void *arg, void (*one)(void *one_arg, uint64_t ct_local, uint32_t ms), void *one_arg);
};

/* NULL if memory is short.  @counters and @ops outlive the engine. */
struct engine *engine_new(const struct reap_config *cfg, const struct engine_ops *ops, void *arg,
			  struct counters *counters);
void engine_free(struct engine *e);
void engine_reconfigure(struct engine *e, const struct reap_config *cfg);

/* What goes beyond RFC 5534; all zero at first. */
struct engine_fast {
	uint32_t hint_min;	/* ms of silence that are no sign yet; 0: no hints are wanted of the kernel */
	struct reap_watch_config watch;
	uint32_t probe_rate;	/* Probes a second, 0: no limit */
};
void engine_set_fast(struct engine *e, const struct engine_fast *fast, uint64_t now);

/* --- the control daemon ----------------------------------------------------------------------- */

/* It said hello: what it does not set again before engine_sync() is forgotten then. */
void engine_hello(struct engine *e);
void engine_sync(struct engine *e);
/* Add or change.  0; -EINVAL: the message makes no sense; -ENOMEM. */
int engine_set(struct engine *e, const struct reap_ipc_assoc *m, uint64_t now);
void engine_del(struct engine *e, uint64_t handle);
void engine_payload(struct engine *e, uint64_t handle, bool sent, uint64_t now);
void engine_move(struct engine *e, const struct reap_ipc_move *m, uint64_t now);
void engine_explore(struct engine *e, const struct reap_ipc_explore *m, uint64_t now);
/* Hot standby for this association, REAP_IPC_STANDBY_*. */
void engine_standby(struct engine *e, uint64_t handle, uint8_t how, uint64_t now);
void engine_forget_all(struct engine *e);

/* --- the network, the kernel, the host -------------------------------------------------------- */

/* A decoded Keepalive or Probe.  True: it is an orphan, the control daemon should know. */
bool engine_input(struct engine *e, const struct s6_msg *msg, const struct in6_addr *src, const struct in6_addr *dst,
		  uint64_t now);
void engine_event(struct engine *e, const struct kctl_event *ev, uint64_t now);
/* The module is another one, which knows no timers of ours. */
void engine_renewed(struct engine *e);
/* Events were lost: @c is a context as the kernel has it. */
void engine_repair(struct engine *e, const struct kctl_ctx *c, uint64_t now);
/* Addresses or links of this host changed. */
void engine_host_changed(struct engine *e, uint64_t now);

/* UINT64_MAX: never. */
uint64_t engine_next_due(const struct engine *e);
void engine_timeout(struct engine *e, uint64_t now);

/* --- reading ---------------------------------------------------------------------------------- */

unsigned int engine_count(const struct engine *e);
/* State of the association named by its handle, or -1. */
int engine_state(const struct engine *e, uint64_t handle);

#endif /* REAPD_ENGINE_H */
