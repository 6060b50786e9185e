// SPDX-License-Identifier: GPL-2.0-or-later
/* Keepalives and Probes: in by a netfilter queue, out by a raw socket. */
#include <errno.h>
#include <string.h>

#include "../common/ip6.h"
#include "hal/clock.h"
#include "hal/daemon.h"
#include "hal/log.h"
#include "hal/nfq.h"
#include "hal/raw.h"
#include "reapd.h"

/* The control daemon answers orphans with R1bis, which it limits itself; this keeps a flood off the socket to it. */
#define ORPHANS_PER_S	64

static bool orphan_allowed(uint64_t now)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(1000, ORPHANS_PER_S);
	uint32_t held;

	return hal_log_allow(&limit, now, &held);
}

static void tell_orphan(struct reapd *r, const struct s6_msg *msg, const struct ip6_shim *shim, uint32_t ifindex,
			uint64_t now)
{
	struct reap_ipc_orphan m = { .tag = msg->tag, .src = shim->src, .dst = shim->dst, .ifindex = ifindex };

	if (!orphan_allowed(now)) {
		count(&r->counters, C_ORPHAN_HELD);
		return;
	}
	count(&r->counters, C_ORPHAN);
	shimlink_send(r, REAP_IPC_ORPHAN, &m, sizeof(m));
}

/* Nobody else on this host wants it (RFC 5533, 12.4). */
static enum hal_verdict on_packet(const struct hal_nfq_packet *pkt, void *arg)
{
	struct reapd *r = arg;
	uint64_t now = hal_now_ms();
	struct ip6_shim shim;
	enum s6_verdict v;
	struct s6_msg msg;
	size_t fault;

	if (!ip6_find_shim(pkt->data, pkt->len, &shim)) {
		count(&r->counters, C_RX_NOT_SHIM6);
		return HAL_DROP;
	}
	v = s6_decode(shim.data, shim.len, &shim.src, &shim.dst, &msg, &fault);
	if (v != S6_V_OK) {
		r->counters.decode[v]++;
		/* The control daemon has the Errors and their rate (RFC 5533, 12.3). */
		return v == S6_V_OPTION_CRITICAL ? HAL_NEXT : HAL_DROP;
	}
	if (msg.type != SHIM6_KEEPALIVE && msg.type != SHIM6_PROBE) {
		count(&r->counters, C_RX_TYPE);
		return HAL_DROP;
	}
	if (engine_input(r->engine, &msg, &shim.src, &shim.dst, now))
		tell_orphan(r, &msg, &shim, pkt->indev, now);
	engine_rearm(r);
	return HAL_DROP;
}

int input_send(void *arg, const struct in6_addr *src, const struct in6_addr *dst, const void *data, size_t len)
{
	struct reapd *r = arg;

	return hal_raw_send(r->raw, src, dst, 0, data, len);
}

int input_open(struct reapd *r)
{
	int err = hal_raw_open(&r->raw, r->loop, SHIM6_PROTO, NULL, NULL);

	if (err) {
		hal_daemon_fail("cannot open a raw socket: %s%s", strerror(-err),
				err == -EPERM ? "; CAP_NET_RAW is needed, start it as root" : "");
		return -1;
	}
	err = hal_nfq_open(&r->nfq, r->loop, r->conf.dataplane.queue_reap, NULL, on_packet, r);
	if (!err)
		hal_nfq_set_next(r->nfq, r->conf.dataplane.queue_control);
	if (err) {
		hal_daemon_fail("cannot open netfilter queue %u: %s%s", r->conf.dataplane.queue_reap, strerror(-err),
				err == -EBUSY ? "; another program has it, see dataplane.queue_reap" :
				err == -EPROTONOSUPPORT ? "; load the module with 'modprobe nfnetlink_queue'" : "");
		return -1;
	}
	return 0;
}

void input_close(struct reapd *r)
{
	hal_nfq_close(r->nfq);
	hal_raw_close(r->raw);
	r->nfq = NULL;
	r->raw = NULL;
}
