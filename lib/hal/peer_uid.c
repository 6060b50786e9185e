// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/peer_uid.h"

#include <errno.h>
#include <grp.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/nl.h"

/* Addresses as IPv6, IPv4 ones mapped: a dual-stack socket sends from either. */
struct search {
	struct in6_addr peer, local;
	uint16_t port, local_port;	/* network byte order */
	unsigned int found;
	bool differ;
	uid_t uid;
};

static const struct in6_addr any4 = { { { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff } } };

static bool is_any(const struct in6_addr *a)
{
	return IN6_IS_ADDR_UNSPECIFIED(a) || IN6_ARE_ADDR_EQUAL(a, &any4);
}

static void map4(struct in6_addr *a, const void *v4)
{
	*a = any4;
	memcpy(&a->s6_addr[12], v4, 4);
}

/*
 * A UDP socket at (@addr, @port), perhaps connected to @dst: could the datagram be from it?  If it is not connected, it
 * shows nothing: another user may have sent from the same port, which SO_REUSEADDR allows, and be gone.
 */
static void candidate(struct search *s, const struct in6_addr *addr, uint16_t port, const struct in6_addr *dst,
		      uint16_t dport, uid_t uid)
{
	if (port != s->port || (!is_any(addr) && !IN6_ARE_ADDR_EQUAL(addr, &s->peer)))
		return;
	if (dport && (dport != s->local_port || (!is_any(dst) && !IN6_ARE_ADDR_EQUAL(dst, &s->local))))
		return;
	if (!dport || (s->found++ && uid != s->uid))
		s->differ = true;
	s->uid = uid;
}

static int diag_msg(const struct nlmsghdr *nlh, void *arg)
{
	const struct inet_diag_msg *m = mnl_nlmsg_get_payload(nlh);
	struct in6_addr src, dst;

	if (mnl_nlmsg_get_payload_len(nlh) < sizeof(*m))
		return 0;
	if (m->idiag_family == AF_INET) {
		map4(&src, m->id.idiag_src);
		map4(&dst, m->id.idiag_dst);
	} else {
		memcpy(&src, m->id.idiag_src, sizeof(src));
		memcpy(&dst, m->id.idiag_dst, sizeof(dst));
	}
	candidate(arg, &src, m->id.idiag_sport, &dst, m->id.idiag_dport, m->idiag_uid);
	return 0;
}

static int ask_diag(struct search *s, struct hal_nl *nl, uint8_t family)
{
	struct inet_diag_req_v2 req = {
		.sdiag_family = family, .sdiag_protocol = IPPROTO_UDP, .idiag_states = ~0u, .id.idiag_sport = s->port,
	};
	_Alignas(8) uint8_t buf[256];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_DUMP;
	memcpy(mnl_nlmsg_put_extra_header(nlh, sizeof(req)), &req, sizeof(req));
	return hal_nl_talk(nl, nlh, diag_msg, s);
}

static int by_diag(struct search *s)
{
	struct hal_nl *nl;
	int err = hal_nl_open(&nl, NETLINK_SOCK_DIAG);

	if (err)
		return err;
	err = ask_diag(s, nl, AF_INET6);
	if (!err)
		err = ask_diag(s, nl, AF_INET);
	hal_nl_close(nl);
	return err;
}

/* An address of /proc/net/udp or udp6: 32-bit words in host byte order, in hexadecimal. */
static bool proc_addr(const char *hex, struct in6_addr *a)
{
	size_t i, words = strlen(hex) / 8;
	uint32_t w[4];

	if (strlen(hex) % 8 || (words != 1 && words != 4))
		return false;
	for (i = 0; i < words; i++)
		if (sscanf(hex + 8 * i, "%8x", &w[i]) != 1)
			return false;
	if (words == 1)
		map4(a, w);
	else
		memcpy(a, w, sizeof(*a));
	return true;
}

static int by_proc(struct search *s, const char *path)
{
	FILE *f = fopen(path, "re");
	char line[512];

	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f)) {
		unsigned int port, dport, uid;
		struct in6_addr src, dst;
		char a[33], b[33];

		/* sl local remote st tx:rx tr:when retransmits uid */
		if (sscanf(line, " %*u: %32[0-9A-F]:%4x %32[0-9A-F]:%4x %*x %*x:%*x %*x:%*x %*x %u", a, &port, b,
			   &dport, &uid) == 5 && proc_addr(a, &src) && proc_addr(b, &dst))
			candidate(s, &src, htons((uint16_t)port), &dst, htons((uint16_t)dport), uid);
	}
	fclose(f);
	return 0;
}

static int to_v6(const struct sockaddr *sa, struct in6_addr *a, uint16_t *port)
{
	const struct sockaddr_in6 *s6 = (const struct sockaddr_in6 *)sa;
	const struct sockaddr_in *s4 = (const struct sockaddr_in *)sa;

	if (sa->sa_family == AF_INET6) {
		*a = s6->sin6_addr;
		*port = s6->sin6_port;
	} else if (sa->sa_family == AF_INET) {
		map4(a, &s4->sin_addr);
		*port = s4->sin_port;
	} else {
		return -EAFNOSUPPORT;
	}
	return 0;
}

int hal_udp_peer_uid(const struct sockaddr *peer, const struct sockaddr *local, uid_t *uid)
{
	struct search s = { .found = 0 };
	int err;

	err = to_v6(peer, &s.peer, &s.port);
	if (!err)
		err = to_v6(local, &s.local, &s.local_port);
	if (err)
		return err;
	/* Others can be reached from outside, or be spoofed from there. */
	if (!IN6_IS_ADDR_LOOPBACK(&s.peer) && !(IN6_IS_ADDR_V4MAPPED(&s.peer) && s.peer.s6_addr[12] == 127))
		return -EADDRNOTAVAIL;
	if (by_diag(&s)) {	/* no udp_diag in this kernel, or a dump that was disturbed */
		s.found = 0;
		s.differ = false;
		err = by_proc(&s, "/proc/net/udp6");
		if (err && err != -ENOENT)
			return err;
		err = by_proc(&s, "/proc/net/udp");
		if (err)
			return err;
	}
	if (s.differ)
		return -ENOTUNIQ;
	if (!s.found)
		return -ENOENT;
	*uid = s.uid;
	return 0;
}

int hal_uid_in_group(uid_t uid, gid_t group)
{
	gid_t groups[256];
	struct passwd *pw;
	int i, n = sizeof(groups) / sizeof(groups[0]);

	if (!uid)
		return 1;
	pw = group == (gid_t)-1 ? NULL : getpwuid(uid);
	if (!pw)
		return 0;
	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) < 0)
		n = sizeof(groups) / sizeof(groups[0]);		/* more than fit: those that do */
	for (i = 0; i < n; i++)
		if (groups[i] == group)
			return 1;
	return 0;
}
