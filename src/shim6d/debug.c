// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The debug port: UDP on the loopback addresses, a command a datagram, for people with netcat.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cmd.h"
#include "hal/log.h"
#include "hal/peer_uid.h"
#include "shim6d.h"
#include "text.h"

#define COMMAND_MAX	512
#define REPLY_MAX	8192		/* octets of a datagram; a longer reply is several, cut between lines */
#define SOCKETS		2

struct port {
	struct shim6d *d;
	int fd;
	struct hal_fd *watch;
	struct sockaddr_storage local;
	socklen_t len;
};

struct debug {
	struct port ports[SOCKETS];
};

struct reply {
	const struct port *port;
	const struct sockaddr *to;
	socklen_t tolen;
	char buf[REPLY_MAX];
	size_t len;
};

static void flush(struct reply *r)
{
	if (r->len && sendto(r->port->fd, r->buf, r->len, MSG_DONTWAIT, r->to, r->tolen) < 0)
		log_debug("a reply of the debug port was not sent: %s", strerror(errno));
	r->len = 0;
}

static void put(struct reply *r, const char *text, size_t len)
{
	if (len > sizeof(r->buf) - r->len)
		flush(r);
	if (len > sizeof(r->buf))
		return;
	memcpy(r->buf + r->len, text, len);
	r->len += len;
}

/* --- commands; each returns 0, or -1 with the reason ------------------------------------------------------------ */

static int do_dump(struct shim6d *d, struct reply *r)
{
	const struct s6_ctx *c = NULL;
	char line[TEXT_DUMP_MAX];

	while ((c = s6_next(engine_host(d), c))) {
		const struct ctxinfo *info = engine_info(d, c->id);

		put(r, line, text_dump(line, sizeof(line), c, info ? info->reap : REAP_UNKNOWN));
	}
	return 0;
}

static int do_context(struct shim6d *d, const struct cmd *cmd, struct reply *r, char *why, size_t size)
{
	char line[64];
	uint32_t id;
	int err;

	err = engine_trigger(d, &cmd->a, &cmd->b, 0, true, &id);
	if (err) {
		snprintf(why, size, "%s", engine_trigger_error(err));
		return -1;
	}
	put(r, line, snprintf(line, sizeof(line), "id=%u\n", id));
	return 0;
}

static int do_delete(struct shim6d *d, const struct cmd *cmd, char *why, size_t size)
{
	const struct s6_ctx *c = s6_find_ulids(engine_host(d), &cmd->a, &cmd->b, 0);

	if (c && !engine_delete(d, c->id, "deleted at the debug port"))
		return 0;
	snprintf(why, size, "no context of these addresses: dump shows which there are");
	return -1;
}

static bool is_ulid_pair(const struct s6_ctx *c, const struct in6_addr *a, const struct in6_addr *b)
{
	return (IN6_ARE_ADDR_EQUAL(a, &c->ulid_local) && IN6_ARE_ADDR_EQUAL(b, &c->ulid_peer)) ||
	       (IN6_ARE_ADDR_EQUAL(a, &c->ulid_peer) && IN6_ARE_ADDR_EQUAL(b, &c->ulid_local));
}

static int do_static(struct shim6d *d, const struct cmd *cmd, char *why, size_t size)
{
	const struct s6_ctx *c = s6_find_id(engine_host(d), cmd->id);
	struct ctxinfo *info = c ? engine_info(d, c->id) : NULL, before;

	if (!info || !s6_ctx_live(c)) {
		snprintf(why, size, info ? "context %u is not established: dump shows its state" :
			 "no context %u: dump shows which there are", cmd->id);
		return -1;
	}
	before = *info;
	if (cmd->type == CMD_SHIM) {
		info->shim = !is_ulid_pair(c, &cmd->a, &cmd->b);
		info->shim_src = cmd->a;
		info->shim_dst = cmd->b;
	} else {
		info->deshim = !is_ulid_pair(c, &cmd->a, &cmd->b);
	}
	if (!rules_update(d, why, size))
		return 0;
	*info = before;
	return -1;
}

static int run(struct shim6d *d, const struct cmd *cmd, struct reply *r, char *why, size_t size)
{
	switch (cmd->type) {
	case CMD_DUMP:
		return do_dump(d, r);
	case CMD_CONTEXT:
		return do_context(d, cmd, r, why, size);
	case CMD_DELETE:
		return do_delete(d, cmd, why, size);
	case CMD_UPDATE:
		if (!engine_update(d, cmd->id))
			return 0;
		snprintf(why, size, "no established context %u: dump shows which there are", cmd->id);
		return -1;
	case CMD_SHIM:
	case CMD_DESHIM:
		return do_static(d, cmd, why, size);
	case CMD_HELP:
		put(r, cmd_help, strlen(cmd_help));
		return 0;
	}
	snprintf(why, size, "unknown command");
	return -1;
}

/* --- the sockets --------------------------------------------------------------------------------- */

/* Nobody but root and the group: loopback is open to every user of the host. */
static bool allowed(const struct port *p, const struct sockaddr *peer)
{
	uid_t uid;

	if (hal_udp_peer_uid(peer, (const struct sockaddr *)&p->local, &uid))
		return false;
	return uid == 0 || (p->d->group != (gid_t)-1 && hal_uid_in_group(uid, p->d->group) > 0);
}

static void on_datagram(int fd, unsigned int events, void *arg)
{
	struct sockaddr_storage from;
	struct port *p = arg;
	struct reply r = { .port = p, .to = (struct sockaddr *)&from, .tolen = sizeof(from) };
	char text[COMMAND_MAX], why[512] = "failed", line[600];
	struct cmd cmd;
	ssize_t n;
	int ret;

	(void)events;
	n = recvfrom(fd, text, sizeof(text), MSG_DONTWAIT, (struct sockaddr *)&from, &r.tolen);
	if (n < 0)
		return;
	if (!allowed(p, (struct sockaddr *)&from)) {
		p->d->counters.debug_refused++;
		put(&r, line, snprintf(line, sizeof(line), "error: only root and the group %s may use this port\n",
				       p->d->conf.daemon.group));
		flush(&r);
		return;
	}
	p->d->counters.debug_commands++;
	ret = cmd_parse(text, n, &cmd, why, sizeof(why));
	if (!ret)
		ret = run(p->d, &cmd, &r, why, sizeof(why));
	if (ret)
		put(&r, line, snprintf(line, sizeof(line), "error: %s\n", why));
	else
		put(&r, "ok\n", 3);
	flush(&r);
}

static int port_open(struct shim6d *d, struct port *p, int family)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				   .sin6_port = htons(d->conf.daemon.debug_port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				  .sin_port = htons(d->conf.daemon.debug_port) };
	int one = 1;

	p->d = d;
	p->len = family == AF_INET ? sizeof(v4) : sizeof(v6);
	memcpy(&p->local, family == AF_INET ? (void *)&v4 : (void *)&v6, p->len);
	p->fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0)
		return -errno;
	if (family == AF_INET6)
		setsockopt(p->fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one));
	if (bind(p->fd, (struct sockaddr *)&p->local, p->len))
		return -errno;
	p->watch = hal_fd_add(d->loop, p->fd, HAL_READ, on_datagram, p);
	return p->watch ? 0 : -errno;
}

int debug_open(struct shim6d *d)
{
	static const int families[SOCKETS] = { AF_INET6, AF_INET };
	int err;

	if (!d->conf.daemon.debug_port)
		return 0;
	d->debug = calloc(1, sizeof(*d->debug));
	if (!d->debug) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	for (int i = 0; i < SOCKETS; i++)
		d->debug->ports[i].fd = -1;
	for (int i = 0; i < SOCKETS; i++) {
		err = port_open(d, &d->debug->ports[i], families[i]);
		/* A host, or a namespace whose lo is down, without one of the two still has the other. */
		if (!err || err == -EADDRNOTAVAIL || err == -EAFNOSUPPORT)
			continue;
		hal_daemon_fail("the debug port, UDP port %u of %s, cannot be opened: %s; change or switch off "
				"daemon.debug_port", d->conf.daemon.debug_port,
				families[i] == AF_INET ? "127.0.0.1" : "::1", strerror(-err));
		return -1;
	}
	return 0;
}

void debug_close(struct shim6d *d)
{
	if (!d->debug)
		return;
	for (int i = 0; i < SOCKETS; i++) {
		hal_fd_del(d->debug->ports[i].watch);
		if (d->debug->ports[i].fd >= 0)
			close(d->debug->ports[i].fd);
	}
	free(d->debug);
	d->debug = NULL;
}
