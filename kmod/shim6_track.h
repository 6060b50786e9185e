/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Connection tracking and NAT of translated packets.  What both know is the flow between the ULIDs: NAT is done before
 * the header goes in and after it came off, and what is left for POSTROUTING by shim6_track_settle().
 */
#ifndef _SHIM6_TRACK_H
#define _SHIM6_TRACK_H

#include <linux/skbuff.h>
#include <net/netfilter/nf_conntrack.h>

/* Is the flow of @skb one that NAT changes? */
static inline bool shim6_track_natted(const struct sk_buff *skb)
{
	const struct nf_conn *ct = (const struct nf_conn *)skb_nfct(skb);

	return ct && READ_ONCE(ct->status) & IPS_NAT_MASK;
}

bool shim6_track_nat(struct sk_buff *skb, unsigned int hook, u8 next);
unsigned int shim6_track_settle(struct sk_buff *skb);

#endif /* _SHIM6_TRACK_H */
