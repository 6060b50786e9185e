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

/* Append the members that @c->has names; at most 256 octets. */
void kctl_msg_put_ctx(struct nlmsghdr *nlh, const struct kctl_ctx *c);

uint8_t kctl_msg_cmd(const struct nlmsghdr *nlh);
int kctl_msg_get_ctx(const struct nlmsghdr *nlh, struct kctl_ctx *c);		/* needs the tag */
int kctl_msg_get_info(const struct nlmsghdr *nlh, struct kctl_info *info);
int kctl_msg_get_event(const struct nlmsghdr *nlh, struct kctl_event *ev);	/* an unknown event: -EOPNOTSUPP */
/* @name and @text point into the message. */
int kctl_msg_get_stat(const struct nlmsghdr *nlh, const char **name, uint64_t *value, const char **text);

#endif /* KCTL_MSG_H */
