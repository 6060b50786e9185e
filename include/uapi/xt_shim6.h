/* SPDX-License-Identifier: (GPL-2.0-or-later WITH Linux-syscall-note) */
/*
 * What ip6tables and the kernel modules tell each other: match "shim6" (ip6t_shim6.ko), target "SHIM6" and its
 * OpenHIP spelling "shim6_data" (ip6t_shim6_data.ko).  Both are revision 0.
 */
#ifndef _XT_SHIM6_H
#define _XT_SHIM6_H

#include <linux/types.h>
#include <linux/in6.h>

/* struct xt_shim6_mtinfo.flags: what has to hold.  CONTROL and DATA exclude each other. */
enum {
	XT_SHIM6_CONTROL	= 1 << 0,	/* a control message (P = 0, S = 0) */
	XT_SHIM6_DATA		= 1 << 1,	/* a Payload Extension header (P = 1) */
	XT_SHIM6_TAG		= 1 << 2,	/* --mcid, of either kind where the tag's place is known */
	XT_SHIM6_TYPE		= 1 << 3,	/* --type, implies CONTROL */
	XT_SHIM6_INV_TAG	= 1 << 4,	/* ! --mcid */
	XT_SHIM6_INV_TYPE	= 1 << 5,	/* ! --type */
	XT_SHIM6_MT_FLAGS	= (1 << 6) - 1,
};

struct xt_shim6_mtinfo {
	__u32 flags;
	__u32 pad;
	__aligned_u64 tag;		/* already masked */
	__aligned_u64 tag_mask;
	__aligned_u64 types[2];		/* bit n: type n; word n / 64 */
};

/* struct xt_shim6_tginfo.flags */
enum {
	XT_SHIM6_STATIC		= 1 << 0,	/* tag, src, dst are set: no context table is asked */
	XT_SHIM6_FII		= 1 << 1,	/* table form: context instance to use on output */
	XT_SHIM6_TG_FLAGS	= (1 << 2) - 1,
};

/*
 * Table form (flags without STATIC): OUTPUT looks up (source, destination, fii), INPUT the tag or the ULID pair.
 * Static form: OUTPUT adds a header with @tag and rewrites to @src, @dst (the locators); INPUT takes a header whose
 * tag is @tag off and rewrites to @src, @dst (the ULIDs).  Table mangle, hooks LOCAL_OUT and LOCAL_IN only.
 */
struct xt_shim6_tginfo {
	__u32 flags;
	__u32 fii;
	__aligned_u64 tag;
	struct in6_addr src;
	struct in6_addr dst;
};

#endif /* _XT_SHIM6_H */
