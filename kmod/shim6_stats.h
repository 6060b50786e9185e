/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Named counters, one set a namespace.  Every packet that the modules did not handle as its sender wished raises one.
 */
#ifndef _SHIM6_STATS_H
#define _SHIM6_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

/* name, sentence */
#define SHIM6_STATS(X) \
	X(out_tagged,		"Packets sent over other locators, with a Payload Extension header.") \
	X(out_held,		"Packets sent unchanged because their context may not tag yet.") \
	X(out_fragmented,	"Packets cut into fragments because 8 octets more did not fit the path.") \
	X(out_fragments,	"Fragments sent over other locators.") \
	X(out_shrunk,		"Large TCP segments cut finer because 8 octets more did not fit the path.") \
	X(out_segmented,	"Large segments cut in software because the device could not do it.") \
	X(out_pmtu_told,	"Times an upper layer was told an MTU that leaves room for the header.") \
	X(out_no_route,		"Packets dropped because there is no route between their locators.") \
	X(out_malformed,	"Local packets sent unchanged: unreadable extension headers.") \
	X(out_too_long,		"Packets dropped because 8 octets more make them too long for IPv6.") \
	X(out_natted,		"Packets sent unchanged: NAT gives their flow another address, or a rule names locators.") \
	X(out_refused,		"Packets dropped by connection tracking or NAT.") \
	X(out_refragment,	"Fragments dropped because 8 octets more did not fit the path.") \
	X(out_no_room,		"Packets dropped because their headers leave no room to cut them for 8 octets more.") \
	X(out_nomem,		"Packets dropped on output for want of memory.") \
	X(in_restored,		"Tagged packets received and given their ULIDs back.") \
	X(in_unknown_tag,	"Tagged packets of no context dropped; the control daemon was told.") \
	X(in_unknown_tag_quiet,	"Tagged packets of no context dropped, too many to be told.") \
	X(in_discarded,		"Tagged packets dropped because their context is in I1-SENT.") \
	X(in_malformed,		"Packets dropped because of a Payload Extension header of a wrong length.") \
	X(in_transit,		"Tagged packets left alone: a Routing header sends them further.") \
	X(in_defrag_failed,	"Restored fragments dropped by reassembly.") \
	X(in_conntrack_refused,	"Restored packets dropped by connection tracking or NAT.") \
	X(in_nomem,		"Packets dropped on input for want of memory.") \
	X(icmp_restored,	"ICMPv6 errors about tagged packets given to upper layers as theirs.") \
	X(icmp_too_big,		"Packet Too Big messages among them.") \
	X(icmp_unknown,		"ICMPv6 errors about tagged packets that no context sends.") \
	X(icmp_malformed,	"ICMPv6 errors about tagged packets dropped: wrong checksum or length.") \
	X(icmp_acted,		"ICMPv6 errors kept from upper layers while the daemon looks for another pair.") \
	X(icmp_about_shim,	"ICMPv6 errors dropped: they complain about the Shim6 header itself.") \
	X(gro_merged,		"Times that tagged TCP packets were aggregated into one on receipt.") \
	X(ev_send_timeout,	"Send timeouts reported to the reachability daemon.") \
	X(ev_keepalive_due,	"Keepalives asked of the reachability daemon.") \
	X(ev_hint,		"Signs of trouble with a pair reported to the reachability daemon.") \
	X(tcp_kicked,		"TCP connections made to retransmit at once as their context had moved.") \
	X(ev_lost,		"Events that no daemon heard: none listens, no memory, or no room.") \
	X(ctx_refused_full,	"Contexts refused because the table was full.")

enum shim6_stat {
#define SHIM6_STAT_ENUM(name, text) SHIM6_STAT_##name,
	SHIM6_STATS(SHIM6_STAT_ENUM)
#undef SHIM6_STAT_ENUM
	SHIM6_STAT_COUNT
};

struct shim6_stats {
	u64 v[SHIM6_STAT_COUNT];
};

#define shim6_count_n(sn, name, n)	this_cpu_add((sn)->stats->v[SHIM6_STAT_##name], n)
#define shim6_count(sn, name)		shim6_count_n(sn, name, 1)

const char *shim6_stat_name(enum shim6_stat i);
const char *shim6_stat_text(enum shim6_stat i);
u64 shim6_stat_read(const struct shim6_stats __percpu *stats, enum shim6_stat i);

#endif /* _SHIM6_STATS_H */
