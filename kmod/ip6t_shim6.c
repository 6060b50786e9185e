// SPDX-License-Identifier: GPL-2.0-or-later
/* ip6t_shim6.ko: match "shim6", Shim6 packets by kind, type and tag.  See include/uapi/xt_shim6.h. */
#include <linux/module.h>
#include <linux/netfilter/x_tables.h>
#include <linux/skbuff.h>
#include <shim6_wire.h>
#include <xt_shim6.h>
#include "shim6_hdr.h"
#include "shim6_skb.h"

#define TAG_OFFSET	6		/* of a tag in a control message; that of R1bis is the sender's packet's */
#define TAG_SIZE	6

/* Does a control message of @type have a tag there (RFC 5533, 5.4 to 5.13; RFC 5534, 5.1 and 5.2)?  R1 has none. */
static bool has_tag(u8 type)
{
	switch (type) {
	case SHIM6_I1:
	case SHIM6_I2:
	case SHIM6_R2:
	case SHIM6_R1BIS:
	case SHIM6_I2BIS:
	case SHIM6_UPDATE_REQ:
	case SHIM6_UPDATE_ACK:
	case SHIM6_KEEPALIVE:
	case SHIM6_PROBE:
		return true;
	default:
		return false;
	}
}

static bool tag_matches(const struct xt_shim6_mtinfo *info, u64 tag)
{
	return ((tag & info->tag_mask) == info->tag) != !!(info->flags & XT_SHIM6_INV_TAG);
}

static bool match_payload(const struct xt_shim6_mtinfo *info, const u8 *h)
{
	if (info->flags & (XT_SHIM6_CONTROL | XT_SHIM6_TYPE) || !shim6_hdr_is_payload(h))
		return false;
	return !(info->flags & XT_SHIM6_TAG) || tag_matches(info, shim6_tag_get(h + 2));
}

static bool match_control(const struct xt_shim6_mtinfo *info, const struct sk_buff *skb, u32 off, const u8 *h)
{
	u8 type = h[2] & SHIM6_TYPE_MASK, buf[TAG_SIZE];
	const u8 *tag;

	if (info->flags & XT_SHIM6_DATA || !shim6_hdr_is_control(h))
		return false;
	if (info->flags & XT_SHIM6_TYPE &&
	    !(info->types[type / 64] >> type % 64 & 1) == !(info->flags & XT_SHIM6_INV_TYPE))
		return false;
	if (!(info->flags & XT_SHIM6_TAG))
		return true;
	tag = has_tag(type) ? shim6_skb_get(skb, off + TAG_OFFSET, TAG_SIZE, buf) : NULL;
	return tag && tag_matches(info, shim6_tag_get(tag));
}

static bool shim6_mt(const struct sk_buff *skb, struct xt_action_param *par)
{
	const struct xt_shim6_mtinfo *info = par->matchinfo;
	struct shim6_place pl;
	u8 buf[SHIM6_CTL_MIN];
	const u8 *h;

	if (shim6_skb_find(skb, &pl) != 1)
		return false;
	h = shim6_skb_get(skb, pl.off, sizeof(buf), buf);
	if (!h)
		return false;
	return h[2] & SHIM6_P_BIT ? match_payload(info, h) : match_control(info, skb, pl.off, h);
}

static int shim6_mt_check(const struct xt_mtchk_param *par)
{
	const struct xt_shim6_mtinfo *info = par->matchinfo;
	u32 f = info->flags;

	if (f & ~XT_SHIM6_MT_FLAGS || info->pad) {
		pr_info_ratelimited("shim6: rule for another version of this module; install both of one\n");
		return -EINVAL;
	}
	if (f & XT_SHIM6_DATA && f & (XT_SHIM6_CONTROL | XT_SHIM6_TYPE)) {
		pr_info_ratelimited("shim6: no packet is both --data and --control (or --type); use two rules\n");
		return -EINVAL;
	}
	if ((f & XT_SHIM6_INV_TAG && !(f & XT_SHIM6_TAG)) || (f & XT_SHIM6_INV_TYPE && !(f & XT_SHIM6_TYPE)) ||
	    info->tag & ~info->tag_mask || info->tag_mask > SHIM6_TAG_MAX) {
		pr_info_ratelimited("shim6: a tag has 47 bits, and \"!\" needs a --mcid or --type to negate\n");
		return -EINVAL;
	}
	return 0;
}

static struct xt_match shim6_mt_reg __read_mostly = {
	.name		= "shim6",
	.revision	= 0,
	.family		= NFPROTO_IPV6,
	.match		= shim6_mt,
	.checkentry	= shim6_mt_check,
	.matchsize	= sizeof(struct xt_shim6_mtinfo),
	.me		= THIS_MODULE,
};

static int __init shim6_mt_init(void)
{
	return xt_register_match(&shim6_mt_reg);
}

static void __exit shim6_mt_exit(void)
{
	xt_unregister_match(&shim6_mt_reg);
}

module_init(shim6_mt_init);
module_exit(shim6_mt_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Xtables: Shim6 match");
MODULE_VERSION(SHIM6_VERSION);
