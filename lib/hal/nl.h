/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Netlink on libmnl: requests with their answers, multicast events, generic netlink families.
 *
 * Requests are synchronous: the kernel answers before sendmsg() returns, so waiting is bounded (HAL_NL_TIMEOUT
 * guards against a kernel that does not).  Messages are built with libmnl in a buffer of the caller's, aligned to
 * 4 octets.  Callbacks of an answer must not use the same struct hal_nl.
 */
#ifndef HAL_NL_H
#define HAL_NL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/netlink.h>
#include <libmnl/libmnl.h>
#include "hal/loop.h"

#define HAL_NL_BUF	8192		/* enough for any request we make; octets */
#define HAL_NL_TIMEOUT	5000		/* ms */

struct hal_nl;

/* A message of an answer or event.  Return 0 to go on, a negative errno to give up (hal_nl_talk() returns it). */
typedef int (*hal_nl_fn)(const struct nlmsghdr *nlh, void *arg);

/* @bus: NETLINK_ROUTE, NETLINK_GENERIC, NETLINK_SOCK_DIAG, ...  0 or negative errno. */
int hal_nl_open(struct hal_nl **nl, int bus);
void hal_nl_close(struct hal_nl *nl);				/* NULL is allowed */

/*
 * Send @nlh (NLM_F_REQUEST and the sequence number are added; NLM_F_ACK unless it is a dump) and read to the end
 * of the answer; @cb (may be NULL) sees every message of it.  0 or a negative errno, the kernel's own among them;
 * -EINTR: a dump was changed under way and has to be repeated, -ETIMEDOUT.
 */
int hal_nl_talk(struct hal_nl *nl, struct nlmsghdr *nlh, hal_nl_fn cb, void *arg);

/* The extended-ack text of the last hal_nl_talk() of @nl; "" if the kernel gave none.  Valid until the next one. */
const char *hal_nl_extack(const struct hal_nl *nl);

/* --- events --- */

struct hal_nl_events;

/*
 * Listen to multicast groups of @bus on the loop.  @lost (may be NULL): the kernel dropped events (ENOBUFS): look
 * at the whole state again; it is called once for any number of losses found at a time.  @rcvbuf: octets, 0: 1
 * MiB.
 */
int hal_nl_events_open(struct hal_nl_events **ev, struct hal_loop *loop, int bus, size_t rcvbuf, hal_nl_fn cb,
		       void (*lost)(void *arg), void *arg);
int hal_nl_events_join(struct hal_nl_events *ev, uint32_t group);	/* group number; 0 or negative errno */
int hal_nl_events_fd(const struct hal_nl_events *ev);			/* to attach a filter; not to read from */
uint64_t hal_nl_events_lost(const struct hal_nl_events *ev);		/* times that events were lost */
void hal_nl_events_close(struct hal_nl_events *ev);			/* NULL is allowed */

/* --- generic netlink --- */

#define HAL_GENL_GROUPS	16

struct hal_genl {
	uint16_t id;
	uint32_t version;
	unsigned int n_groups;
	struct {
		char name[16];
		uint32_t id;
	} group[HAL_GENL_GROUPS];
};

/* Look a family up by name.  -ENOENT: not registered, its module is not loaded. */
int hal_genl_resolve(struct hal_nl *nl, const char *name, struct hal_genl *fam);
/* Is this a message of nlctrl's group "notify" that says that family @name is there? */
bool hal_genl_is_new(const struct nlmsghdr *nlh, const char *name);
uint32_t hal_genl_group(const struct hal_genl *fam, const char *name);	/* 0: no such group */
/* Begin a request in @buf (HAL_NL_BUF octets); @flags: 0, NLM_F_DUMP, ... */
struct nlmsghdr *hal_genl_put(void *buf, const struct hal_genl *fam, uint8_t cmd, uint8_t version, uint16_t flags);

#endif /* HAL_NL_H */
