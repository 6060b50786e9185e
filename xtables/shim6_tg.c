// SPDX-License-Identifier: GPL-2.0-or-later
/* ip6tables -j SHIM6 and -j shim6_data: translation between ULIDs and locators. */
#include <inttypes.h>
#include <stdio.h>
#include <xtables.h>

#include "shim6_tag.h"
#include "shim6_tg.h"
#include "uapi/shim6_wire.h"
#include "uapi/xt_shim6.h"

enum {
	O_CID,
	O_SRC_LOC,
	O_DST_LOC,
	O_FII,
	F_CID = 1 << O_CID,
	F_SRC_LOC = 1 << O_SRC_LOC,
	F_DST_LOC = 1 << O_DST_LOC,
	F_STATIC = F_CID | F_SRC_LOC | F_DST_LOC,
	F_FII = 1 << O_FII,
};

/* The spellings with "_" are those of the OpenHIP manual. */
static const struct xt_option_entry shim6_tg_opts[] = {
	{ .name = "cid", .id = O_CID, .type = XTTYPE_STRING, .excl = F_FII },
	{ .name = "src-loc", .id = O_SRC_LOC, .type = XTTYPE_HOST, .excl = F_FII },
	{ .name = "src_loc", .id = O_SRC_LOC, .type = XTTYPE_HOST, .excl = F_FII },
	{ .name = "dst-loc", .id = O_DST_LOC, .type = XTTYPE_HOST, .excl = F_FII },
	{ .name = "dst_loc", .id = O_DST_LOC, .type = XTTYPE_HOST, .excl = F_FII },
	{ .name = "fii", .id = O_FII, .type = XTTYPE_UINT32, .excl = F_STATIC, .flags = XTOPT_PUT,
	  XTOPT_POINTER(struct xt_shim6_tginfo, fii) },
	XTOPT_TABLEEND,
};

static struct xtables_target shim6_tg;

static void shim6_tg_help(void)
{
	printf("%s target options (table mangle; OUTPUT translates packets out, INPUT in):\n"
	       "  none              by the contexts that shim6d keeps\n"
	       "  --fii NUMBER      OUTPUT: use this forked instance of the context (default 0)\n"
	       "or, without any context, all three of:\n"
	       "  --cid TAG         OUTPUT: context tag to send; INPUT: tag to take off\n"
	       "  --src-loc ADDRESS new source address: a locator in OUTPUT, a ULID in INPUT\n"
	       "  --dst-loc ADDRESS new destination address, likewise\n", shim6_tg.name);
}

static void shim6_tg_parse(struct xt_option_call *cb)
{
	struct xt_shim6_tginfo *info = cb->data;

	xtables_option_parse(cb);
	switch (cb->entry->id) {
	case O_CID:
		info->tag = shim6_parse_tag(shim6_tg.name, "--cid", cb->arg, NULL);
		break;
	case O_SRC_LOC:
		info->src = cb->val.haddr.in6;
		break;
	case O_DST_LOC:
		info->dst = cb->val.haddr.in6;
		break;
	case O_FII:
		info->flags |= XT_SHIM6_FII;
		break;
	}
}

static void shim6_tg_check(struct xt_fcheck_call *cb)
{
	struct xt_shim6_tginfo *info = cb->data;

	if (!(cb->xflags & F_STATIC))
		return;
	if ((cb->xflags & F_STATIC) != F_STATIC)
		xtables_error(PARAMETER_PROBLEM,
			      "%s: --cid, --src-loc and --dst-loc go together: all three, or none for the contexts",
			      shim6_tg.name);
	info->flags |= XT_SHIM6_STATIC;
}

/* Both print and save: what is printed is what can be typed. */
static void show(const struct xt_shim6_tginfo *info)
{
	if (info->flags & XT_SHIM6_FII)
		printf(" --fii %u", info->fii);
	if (!(info->flags & XT_SHIM6_STATIC))
		return;
	/* xtables_ip6addr_to_numeric() has one buffer */
	printf(" --cid " SHIM6_TAG_FMT, (uint64_t)info->tag);
	printf(" --src-loc %s", xtables_ip6addr_to_numeric(&info->src));
	printf(" --dst-loc %s", xtables_ip6addr_to_numeric(&info->dst));
}

static void shim6_tg_print(const void *ip, const struct xt_entry_target *target, int numeric)
{
	const struct xt_shim6_tginfo *info = (const void *)target->data;

	(void)ip;
	(void)numeric;
	printf(" %s", shim6_tg.name);
	if (info->flags & XT_SHIM6_STATIC)
		printf(" static");
	else
		printf(" by context");
	show(info);
}

static void shim6_tg_save(const void *ip, const struct xt_entry_target *target)
{
	(void)ip;
	show((const void *)target->data);
}

static struct xtables_target shim6_tg = {
	.version	= XTABLES_VERSION,
	.family		= NFPROTO_IPV6,
	.revision	= 0,
	.size		= XT_ALIGN(sizeof(struct xt_shim6_tginfo)),
	.userspacesize	= XT_ALIGN(sizeof(struct xt_shim6_tginfo)),
	.help		= shim6_tg_help,
	.x6_parse	= shim6_tg_parse,
	.x6_fcheck	= shim6_tg_check,
	.x6_options	= shim6_tg_opts,
	.print		= shim6_tg_print,
	.save		= shim6_tg_save,
};

/* Register the target as @name. */
void shim6_tg_register(const char *name)
{
	shim6_tg.name = name;
	xtables_register_target(&shim6_tg);
}
