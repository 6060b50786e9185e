// SPDX-License-Identifier: GPL-2.0-or-later
/* See shim6_track.h. */
#include <linux/netfilter.h>
#include <net/ipv6.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_helper.h>
#include <net/netfilter/nf_conntrack_seqadj.h>
#include <shim6_wire.h>
#include "compat.h"
#include "shim6_skb.h"
#include "shim6_track.h"

/**
 * shim6_track_nat() - do to a packet what NAT does to its flow
 * @skb:	packet between ULIDs; may be moved
 * @hook:	where NAT would do it: NF_INET_POST_ROUTING on the way out, NF_INET_PRE_ROUTING on the way in
 * @next:	header behind the IPv6 header, if it is ICMPv6: an error about a flow is no packet of it
 *
 * Return: false if the packet is to be dropped.
 */
bool shim6_track_nat(struct sk_buff *skb, unsigned int hook, u8 next)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);

	if (!ct || (next == NEXTHDR_ICMP && nf_ct_protonum(ct) != IPPROTO_ICMPV6))
		return true;
	return shim6_nat_packet(ct, info, hook, skb) == NF_ACCEPT;
}

/*
 * A helper that changes what is said, for NAT, makes TCP's sum anew, over the addresses that it sees: those have to be
 * what the peer will see.  A sum that was made is not left to the device, which does not know the ULIDs.
 */
static unsigned int help_between_ulids(const struct nf_conntrack_helper *helper, struct sk_buff *skb, unsigned int off,
				       struct nf_conn *ct, enum ip_conntrack_info info)
{
	const struct nf_conntrack_tuple *answer = &ct->tuplehash[!CTINFO2DIR(info)].tuple;
	bool summed = skb->ip_summed != CHECKSUM_PARTIAL;
	struct in6_addr src, dst;
	unsigned int ret;

	if (skb_ensure_writable(skb, SHIM6_IP6_LEN))
		return NF_DROP;
	src = ipv6_hdr(skb)->saddr;
	dst = ipv6_hdr(skb)->daddr;
	ipv6_hdr(skb)->saddr = answer->dst.u3.in6;
	ipv6_hdr(skb)->daddr = answer->src.u3.in6;
	ret = helper->help(skb, off, ct, info);		/* may move the packet */
	if (ret == NF_ACCEPT && summed && skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		ret = NF_DROP;
	ipv6_hdr(skb)->saddr = src;
	ipv6_hdr(skb)->daddr = dst;
	return ret;
}

/* What a helper does with a packet that leaves, and what follows from what it did before. */
static unsigned int help(struct sk_buff *skb, struct nf_conn *ct, enum ip_conntrack_info info,
			 const struct shim6_place *pl)
{
	const struct nf_conn_help *h = nfct_help(ct);
	const struct nf_conntrack_helper *helper = h ? rcu_dereference(h->helper) : NULL;
	bool adjust = test_bit(IPS_SEQ_ADJUST_BIT, &ct->status);
	unsigned int ret = NF_ACCEPT;
	__be16 frag;
	u8 buf;
	const u8 *next;
	int off;

	if (likely(!helper && !adjust))
		return NF_ACCEPT;
	next = shim6_skb_get(skb, pl->off, 1, &buf);
	if (!next)
		return NF_ACCEPT;
	buf = *next;
	off = ipv6_skip_exthdr(skb, pl->off + SHIM6_PAYLOAD_LEN, &buf, &frag);
	if (off < 0 || frag & htons(IP6_OFFSET))
		return NF_ACCEPT;
	if (helper && info != IP_CT_RELATED_REPLY)
		ret = help_between_ulids(helper, skb, off, ct, info);
	if (ret == NF_ACCEPT && adjust && !nf_ct_seq_adjust(skb, ct, info, off))
		ret = NF_DROP;
	return ret;
}

/**
 * shim6_track_settle() - connection tracking is through with a tagged packet that leaves
 * @skb:	packet before NAT in POSTROUTING; may be moved
 *
 * It still belongs to the flow between the ULIDs, for rules in OUTPUT.  NAT would look for a port where the header is,
 * and end a flow that MASQUERADE knows on another interface; helpers would read the header as TCP.  So what would be
 * done last is done here, and the packet goes on without its flow.
 *
 * Return: a verdict of Netfilter.
 */
unsigned int shim6_track_settle(struct sk_buff *skb)
{
	enum ip_conntrack_info info;
	struct nf_conn *ct = nf_ct_get(skb, &info);
	struct shim6_place pl;
	unsigned int ret;

	/* A packet that is forwarded, and a control message, are tracked as what they are. */
	if (!ct || nf_ct_protonum(ct) == SHIM6_PROTO || shim6_skb_find(skb, &pl) != 1)
		return NF_ACCEPT;
	ret = help(skb, ct, info, &pl);
	if (ret == NF_ACCEPT)
		ret = nf_conntrack_confirm(skb);
	if (ret == NF_ACCEPT)
		nf_reset_ct(skb);
	return ret;
}
