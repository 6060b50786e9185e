/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages of the family "shim6" to struct and back.  Pure: buffers in, buffers out; unit-tested without a kernel.
 * Readers return 0, or -EBADMSG if an attribute has the wrong size or one that must be there is missing.
 */
#ifndef KCTL_MSG_H
#define KCTL_MSG_H

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include "kctl/kctl.h"

/* A request of ours never needs more: 20 octets of headers, and each attribute once. */
#define KCTL_REQUEST_MAX	512

/* Start a message at @buf, which holds KCTL_REQUEST_MAX octets. */
struct nlmsghdr *kctl_msg_new(void *buf, uint16_t family, uint16_t flags, uint32_t seq, uint8_t cmd);

/* Append the members that @c->has names. */
void kctl_msg_put_ctx(struct nlmsghdr *nlh, const struct kctl_ctx *c);

uint8_t kctl_msg_cmd(const struct nlmsghdr *nlh);
int kctl_msg_get_ctx(const struct nlmsghdr *nlh, struct kctl_ctx *c);		/* needs the tag */
int kctl_msg_get_info(const struct nlmsghdr *nlh, struct kctl_info *info);
int kctl_msg_get_event(const struct nlmsghdr *nlh, struct kctl_event *ev);	/* an unknown event: -EOPNOTSUPP */
/* @name and @text point into the message. */
int kctl_msg_get_stat(const struct nlmsghdr *nlh, const char **name, uint64_t *value, const char **text);

/* Answer of the generic netlink controller: family id, version, and the ids of our two groups (0: no such group). */
struct kctl_family {
	uint16_t id;
	uint32_t version;
	uint32_t group_ctl, group_reap;
};
int kctl_msg_get_family(const struct nlmsghdr *nlh, struct kctl_family *f);

/* Error of an NLMSG_ERROR or NLMSG_DONE (0 or negative errno); *@text is the extended ack's sentence or NULL. */
int kctl_msg_get_error(const struct nlmsghdr *nlh, const char **text);

#endif /* KCTL_MSG_H */
