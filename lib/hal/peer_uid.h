/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HAL_PEER_UID_H
#define HAL_PEER_UID_H

#include <sys/socket.h>
#include <sys/types.h>

/*
 * Who on this host, in this network namespace, owns the UDP socket that sent from @peer (sockaddr_in or
 * sockaddr_in6) to our socket bound at @local.  0 and *@uid; -ENOENT: nobody has that port, -EADDRNOTAVAIL: @peer
 * is not a loopback address, -ENOTUNIQ: several users share the port, so nobody can be told.  The sender may have
 * closed its socket since: ask at once after receiving, and treat every error as "refused".
 */
int hal_udp_peer_uid(const struct sockaddr *peer, const struct sockaddr *local, uid_t *uid);

/* True if @uid is 0 or a user who has @group as primary or supplementary group. */
int hal_uid_in_group(uid_t uid, gid_t group);

#endif /* HAL_PEER_UID_H */
