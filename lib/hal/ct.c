// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/ct.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libnetfilter_conntrack/libnetfilter_conntrack.h>
#include <linux/filter.h>
#include <linux/netfilter/nfnetlink_compat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hal/log.h"
#include "hal/nl.h"

#define EVENT_BUF	(4 * 1024 * 1024)
#define RESYNC_MS	250		/* several losses in this time share one dump */
#define SYSCTL		"/proc/sys/net/netfilter/"

struct hal_ct {
	struct hal_nl_events *ev;
	struct hal_nl *nl;
	struct hal_timer *resync;
	bool resyncs;		/* it runs: losses that go on do not put it off */
	struct hal_ct_opts opts;
	hal_ct_fn cb;
	void *arg;
};

static void read_labels(const struct nf_conntrack *ct, struct hal_flow *f)
{
	const struct nfct_bitmask *mask = nfct_get_attr(ct, ATTR_CONNLABELS);
	unsigned int bit;

	for (bit = 0; mask && bit <= nfct_bitmask_maxbit(mask) && bit < sizeof(f->labels) * 8; bit++)
		if (nfct_bitmask_test_bit(mask, bit))
			f->labels[bit / 8] |= 1 << bit % 8;
}

/* False if it is not an IPv6 flow. */
static bool read_flow(const struct nf_conntrack *ct, struct hal_flow *f)
{
	memset(f, 0, sizeof(*f));
	if (nfct_get_attr_u8(ct, ATTR_ORIG_L3PROTO) != AF_INET6 || !nfct_attr_is_set(ct, ATTR_ORIG_IPV6_SRC) ||
	    !nfct_attr_is_set(ct, ATTR_ORIG_IPV6_DST))
		return false;
	memcpy(&f->src, nfct_get_attr(ct, ATTR_ORIG_IPV6_SRC), sizeof(f->src));
	memcpy(&f->dst, nfct_get_attr(ct, ATTR_ORIG_IPV6_DST), sizeof(f->dst));
	f->proto = nfct_get_attr_u8(ct, ATTR_ORIG_L4PROTO);
	if (nfct_attr_is_set(ct, ATTR_ICMP_TYPE)) {
		f->sport = ntohs(nfct_get_attr_u16(ct, ATTR_ICMP_ID));
		f->dport = nfct_get_attr_u8(ct, ATTR_ICMP_TYPE);
	} else if (nfct_attr_is_set(ct, ATTR_ORIG_PORT_SRC)) {
		f->sport = ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_SRC));
		f->dport = ntohs(nfct_get_attr_u16(ct, ATTR_ORIG_PORT_DST));
	}
	f->has_counters = nfct_attr_is_set(ct, ATTR_ORIG_COUNTER_PACKETS);
	if (f->has_counters) {
		f->packets[0] = nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_PACKETS);
		f->packets[1] = nfct_get_attr_u64(ct, ATTR_REPL_COUNTER_PACKETS);
		f->octets[0] = nfct_get_attr_u64(ct, ATTR_ORIG_COUNTER_BYTES);
		f->octets[1] = nfct_get_attr_u64(ct, ATTR_REPL_COUNTER_BYTES);
	}
	f->mark = nfct_get_attr_u32(ct, ATTR_MARK);
	f->id = nfct_get_attr_u32(ct, ATTR_ID);
	if (nfct_attr_is_set(ct, ATTR_TIMESTAMP_START))
		f->start = nfct_get_attr_u64(ct, ATTR_TIMESTAMP_START);
	if (nfct_attr_is_set(ct, ATTR_CONNLABELS))
		read_labels(ct, f);
	return true;
}

static bool parse(const struct nlmsghdr *nlh, struct hal_flow *f)
{
	struct nf_conntrack *ct;
	bool ok;

	if (NFNL_SUBSYS_ID(nlh->nlmsg_type) != NFNL_SUBSYS_CTNETLINK)
		return false;
	ct = nfct_new();
	if (!ct)
		return false;
	ok = nfct_nlmsg_parse(nlh, ct) >= 0 && read_flow(ct, f);
	nfct_destroy(ct);
	return ok;
}

/* --- events --- */

static int event(const struct nlmsghdr *nlh, void *arg)
{
	struct hal_ct *ct = arg;
	struct hal_flow f;

	if (!parse(nlh, &f))
		return 0;
	if (NFNL_MSG_TYPE(nlh->nlmsg_type) == IPCTNL_MSG_CT_DELETE)
		f.type = HAL_FLOW_DESTROY;
	else
		f.type = nlh->nlmsg_flags & (NLM_F_CREATE | NLM_F_EXCL) ? HAL_FLOW_NEW : HAL_FLOW_UPDATE;
	ct->cb(&f, ct->arg);
	return 0;
}

static void lost(void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 2);
	struct hal_ct *ct = arg;

	log_limited(&limit, HAL_LOG_INFO, "connection tracking events were lost, reading the table again");
	if (!ct->resyncs)
		hal_timer_set(ct->resync, RESYNC_MS);
	ct->resyncs = true;
}

static void resync(void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 2);
	struct hal_ct *ct = arg;
	int err;

	ct->resyncs = false;
	if (ct->opts.resync_begin)
		ct->opts.resync_begin(ct->arg);
	err = hal_ct_dump(ct, 0, 0, NULL, NULL);
	if (err) {
		/* Without resync_end nobody concludes that a flow is gone. */
		log_limited(&limit, HAL_LOG_WARN, "cannot read the connection tracking table (errno %d), trying again",
			    -err);
		ct->resyncs = true;
		hal_timer_set(ct->resync, 10 * RESYNC_MS);
		return;
	}
	if (ct->opts.resync_end)
		ct->opts.resync_end(ct->arg);
}

/* Events of other families are not even queued to the socket. */
static int only_ipv6(int fd)
{
	static const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, sizeof(struct nlmsghdr)),	/* nfgen_family */
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog prog = { sizeof(code) / sizeof(code[0]), (struct sock_filter *)code };

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &prog, sizeof(prog)) ? -errno : 0;
}

static struct nlmsghdr *request(void *buf, uint8_t cmd, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nfgenmsg *g;

	nlh->nlmsg_type = (NFNL_SUBSYS_CTNETLINK << 8) | cmd;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->nfgen_family = AF_INET6;
	g->version = NFNETLINK_V0;
	return nlh;
}

/* Is the subsystem there, and are we allowed? */
static int probe(struct hal_ct *ct)
{
	_Alignas(8) uint8_t buf[64];
	int err = hal_nl_talk(ct->nl, request(buf, IPCTNL_MSG_CT_GET_STATS, 0), NULL, NULL);

	return err == -EINVAL || err == -EOPNOTSUPP ? -EPROTONOSUPPORT : err;
}

int hal_ct_open(struct hal_ct **out, struct hal_loop *loop, const struct hal_ct_opts *opts, hal_ct_fn cb, void *arg)
{
	struct hal_ct *ct = calloc(1, sizeof(*ct));
	int err;

	if (!ct)
		return -ENOMEM;
	ct->opts = *opts;
	ct->cb = cb;
	ct->arg = arg;
	err = hal_nl_open(&ct->nl, NETLINK_NETFILTER);
	if (!err)
		err = probe(ct);
	if (!err)
		err = hal_nl_events_open(&ct->ev, loop, NETLINK_NETFILTER, EVENT_BUF, event, lost, ct);
	if (!err)
		err = only_ipv6(hal_nl_events_fd(ct->ev));
	if (!err && opts->new_flows)
		err = hal_nl_events_join(ct->ev, NFNLGRP_CONNTRACK_NEW);
	if (!err && opts->updates)
		err = hal_nl_events_join(ct->ev, NFNLGRP_CONNTRACK_UPDATE);
	if (!err && opts->destroyed)
		err = hal_nl_events_join(ct->ev, NFNLGRP_CONNTRACK_DESTROY);
	if (!err) {
		ct->resync = hal_timer_new(loop, resync, ct);
		if (!ct->resync)
			err = -ENOMEM;
	}
	if (err) {
		hal_ct_close(ct);
		return err;
	}
	*out = ct;
	return 0;
}

void hal_ct_close(struct hal_ct *ct)
{
	if (!ct)
		return;
	hal_nl_events_close(ct->ev);
	hal_timer_free(ct->resync);
	hal_nl_close(ct->nl);
	free(ct);
}

uint64_t hal_ct_lost(const struct hal_ct *ct)
{
	return hal_nl_events_lost(ct->ev);
}

/* --- requests --- */

struct dump {
	hal_ct_fn cb;
	void *arg;
};

static int dumped(const struct nlmsghdr *nlh, void *arg)
{
	const struct dump *d = arg;
	struct hal_flow f;

	if (parse(nlh, &f)) {
		f.type = HAL_FLOW_DUMP;
		d->cb(&f, d->arg);
	}
	return 0;
}

int hal_ct_dump(struct hal_ct *ct, uint32_t mark, uint32_t mask, hal_ct_fn cb, void *arg)
{
	struct dump d = { cb ? cb : ct->cb, cb ? arg : ct->arg };
	_Alignas(8) uint8_t buf[128];
	struct nlmsghdr *nlh = request(buf, IPCTNL_MSG_CT_GET, NLM_F_DUMP);

	if (mask) {
		mnl_attr_put_u32(nlh, CTA_MARK, htonl(mark));
		mnl_attr_put_u32(nlh, CTA_MARK_MASK, htonl(mask));
	}
	return hal_nl_talk(ct->nl, nlh, dumped, &d);
}

static int got(const struct nlmsghdr *nlh, void *arg)
{
	struct hal_flow f;

	if (parse(nlh, &f)) {
		f.type = HAL_FLOW_DUMP;
		*(struct hal_flow *)arg = f;
	}
	return 0;
}

int hal_ct_get(struct hal_ct *ct, struct hal_flow *f)
{
	_Alignas(8) uint8_t buf[1024];
	struct nlmsghdr *nlh = request(buf, IPCTNL_MSG_CT_GET, 0);
	struct nf_conntrack *key = nfct_new();
	int err;

	if (!key)
		return -ENOMEM;
	nfct_set_attr_u8(key, ATTR_L3PROTO, AF_INET6);
	nfct_set_attr(key, ATTR_IPV6_SRC, &f->src);
	nfct_set_attr(key, ATTR_IPV6_DST, &f->dst);
	nfct_set_attr_u8(key, ATTR_L4PROTO, f->proto);
	if (f->proto == IPPROTO_ICMPV6) {
		nfct_set_attr_u16(key, ATTR_ICMP_ID, htons(f->sport));
		nfct_set_attr_u8(key, ATTR_ICMP_TYPE, (uint8_t)f->dport);
		nfct_set_attr_u8(key, ATTR_ICMP_CODE, 0);
	} else {
		nfct_set_attr_u16(key, ATTR_PORT_SRC, htons(f->sport));
		nfct_set_attr_u16(key, ATTR_PORT_DST, htons(f->dport));
	}
	err = nfct_nlmsg_build(nlh, key) < 0 ? -EINVAL : hal_nl_talk(ct->nl, nlh, got, f);
	nfct_destroy(key);
	return err;
}

/* --- switches of the namespace --- */

static int write_sysctl(const char *path, bool on)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, on ? "1\n" : "0\n", 2) != 2)
		err = -errno;
	close(fd);
	return err;
}

int hal_ct_accounting(bool on)
{
	return write_sysctl(SYSCTL "nf_conntrack_acct", on);
}

int hal_ct_timestamp(bool on)
{
	return write_sysctl(SYSCTL "nf_conntrack_timestamp", on);
}

static int read_number(const char *path, uint64_t *value)
{
	FILE *f = fopen(path, "re");
	unsigned long long v;
	int n;

	if (!f)
		return -errno;
	n = fscanf(f, "%llu", &v);
	fclose(f);
	if (n != 1)
		return -EIO;
	*value = v;
	return 0;
}

int hal_ct_fill(uint64_t *count, uint64_t *max)
{
	int err = read_number(SYSCTL "nf_conntrack_count", count);

	return err ? err : read_number(SYSCTL "nf_conntrack_max", max);
}
