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
	X(out_held,		"Packets sent unchanged because their context may not send tagged packets yet.") \
	X(out_fragmented,	"Packets cut into fragments above the shim because 8 octets more did not fit the path.") \
	X(out_fragments,	"Fragments sent over other locators.") \
	X(out_shrunk,		"Large TCP segments given a smaller segment size because 8 octets more did not fit the path.") \
	X(out_segmented,	"Large segments cut in software because the device could not do it with a Shim6 header.") \
	X(out_pmtu_told,	"Times an upper layer was told a path MTU that leaves room for the Shim6 header.") \
	X(out_no_route,		"Packets dropped because no route leads from their source to their destination locator.") \
	X(out_malformed,	"Local packets sent unchanged because their extension headers could not be read.") \
	X(out_too_long,		"Packets dropped because 8 octets more do not fit in an IPv6 packet.") \
	X(out_refragment,	"Fragments dropped because 8 octets more did not fit the path and a fragment is not cut again.") \
	X(out_nomem,		"Packets dropped on output for want of memory.") \
	X(in_restored,		"Tagged packets received, their header taken off and their ULIDs put back.") \
	X(in_unknown_tag,	"Tagged packets dropped because their tag belongs to no context; the control daemon was told.") \
	X(in_unknown_tag_quiet,	"Tagged packets dropped because their tag belongs to no context, above the rate of reports.") \
	X(in_discarded,		"Tagged packets dropped because their context is not established (I1-SENT).") \
	X(in_malformed,		"Packets dropped because of a Payload Extension header of a wrong length or a broken header chain.") \
	X(in_transit,		"Tagged packets left alone because a Routing header sends them further.") \
	X(in_defrag_failed,	"Restored fragments dropped by reassembly.") \
	X(in_conntrack_refused,	"Restored packets dropped by connection tracking.") \
	X(in_nomem,		"Packets dropped on input for want of memory.") \
	X(icmp_restored,	"ICMPv6 errors about tagged packets turned into errors about the packets of the ULIDs.") \
	X(icmp_too_big,		"Packet Too Big messages among them.") \
	X(icmp_unknown,		"ICMPv6 errors about tagged packets of no current context and locator pair.") \
	X(icmp_malformed,	"ICMPv6 errors about tagged packets dropped because of a wrong checksum or length.") \
	X(icmp_about_shim,	"ICMPv6 errors dropped because they complain about the Shim6 header itself.") \
	X(gro_merged,		"Tagged packets aggregated on receipt.") \
	X(ev_send_timeout,	"Send timeouts reported to the reachability daemon.") \
	X(ev_keepalive_due,	"Keepalives asked of the reachability daemon.") \
	X(ev_lost,		"Events that no daemon listened to or that found no memory or room in its socket.") \
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
