/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Going on at once after a switch: TCP senders of a context that wait for an answer over the old pair retransmit now
 * and not when their back-off says (RFC 5534, 4.2: upper layers are told of a new pair).
 */
#ifndef _SHIM6_KICK_H
#define _SHIM6_KICK_H

struct shim6_ctx;
struct shim6_net;

void shim6_kick_init(struct shim6_net *sn);
void shim6_kick_exit(struct shim6_net *sn);
void shim6_kick(struct shim6_ctx *ctx);

#endif /* _SHIM6_KICK_H */
