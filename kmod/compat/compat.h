/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Differences between kernels, so that no other file needs an #if.  Built for 6.1 and later; anything older is refused
 * here.  The SHIM6_HAVE_ macros come from Kbuild, which looks into the headers: distributions backport, so a version
 * says little.
 */
#ifndef _SHIM6_COMPAT_H
#define _SHIM6_COMPAT_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "shim6 needs Linux 6.1 or later"
#endif

/* skb_gso_segment() moved out of netdevice.h in 6.5 */
#ifdef SHIM6_HAVE_GSO_H
#include <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#include <linux/netfilter.h>
#include <net/netfilter/nf_nat.h>
#include <net/sock.h>
#include <net/xfrm.h>

/* What is written before it is read, on the packet path: CONFIG_INIT_STACK_ALL_ZERO clears all else. */
#if __has_attribute(uninitialized)
#define SHIM6_UNINIT	__attribute__((uninitialized))
#else
#define SHIM6_UNINIT
#endif

/* NAT of one packet, where the kernel has NAT at all */
static inline unsigned int shim6_nat_packet(struct nf_conn *ct, enum ip_conntrack_info info, unsigned int hook,
					    struct sk_buff *skb)
{
#if IS_ENABLED(CONFIG_NF_NAT)
	return nf_nat_packet(ct, info, hook, skb);
#else
	return NF_ACCEPT;
#endif
}

/* May IPsec want packets that @net sends, those of @sk if not NULL? */
static inline bool shim6_xfrm_out(const struct net *net, const struct sock *sk)
{
#ifdef CONFIG_XFRM
	return net->xfrm.policy_count[XFRM_POLICY_OUT] ||
	       net->xfrm.policy_default[XFRM_POLICY_OUT] == XFRM_USERPOLICY_BLOCK ||
	       (sk && sk_fullsock(sk) && rcu_access_pointer(sk->sk_policy[XFRM_POLICY_OUT]));
#else
	return false;
#endif
}

#endif /* _SHIM6_COMPAT_H */
