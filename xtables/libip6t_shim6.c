// SPDX-License-Identifier: GPL-2.0-or-later
/* ip6tables -m shim6: Shim6 packets by kind, type and tag. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <xtables.h>

#include "shim6_tag.h"
#include "uapi/shim6_wire.h"
#include "uapi/xt_shim6.h"

enum {
	O_CONTROL,
	O_DATA,
	O_MCID,
	O_TYPE,
	F_CONTROL = 1 << O_CONTROL,
	F_DATA = 1 << O_DATA,
	F_TYPE = 1 << O_TYPE,
};

/* RFC 5533, 5.3. */
static const struct {
	unsigned int type;
	const char *name;
} types[] = {
	{ SHIM6_I1, "i1" },
	{ SHIM6_R1, "r1" },
	{ SHIM6_I2, "i2" },
	{ SHIM6_R2, "r2" },
	{ SHIM6_R1BIS, "r1bis" },
	{ SHIM6_I2BIS, "i2bis" },
	{ SHIM6_UPDATE_REQ, "update-request" },
	{ SHIM6_UPDATE_ACK, "update-ack" },
	{ SHIM6_KEEPALIVE, "keepalive" },
	{ SHIM6_PROBE, "probe" },
	{ SHIM6_ERROR, "error" },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static const struct xt_option_entry shim6_opts[] = {
	{ .name = "control", .id = O_CONTROL, .type = XTTYPE_NONE, .excl = F_DATA },
	{ .name = "data", .id = O_DATA, .type = XTTYPE_NONE, .excl = F_CONTROL | F_TYPE },
	{ .name = "mcid", .id = O_MCID, .type = XTTYPE_STRING, .flags = XTOPT_INVERT },
	{ .name = "type", .id = O_TYPE, .type = XTTYPE_STRING, .flags = XTOPT_INVERT, .excl = F_DATA },
	XTOPT_TABLEEND,
};

static void shim6_help(void)
{
	size_t i;

	printf("shim6 match options:\n"
	       "  --control             Shim6 control messages\n"
	       "  --data                packets with a Shim6 Payload Extension header\n"
	       "[!] --mcid TAG[/MASK]   packets that carry this context tag\n"
	       "[!] --type TYPE[,...]   control messages of these types, by number or name:\n"
	       "                       ");
	for (i = 0; i < TYPES; i++)
		printf(" %s", types[i].name);
	printf("\n");
}

static unsigned int parse_type(const char *text)
{
	unsigned int n;
	size_t i;

	for (i = 0; i < TYPES; i++)
		if (!strcasecmp(text, types[i].name))
			return types[i].type;
	if (!xtables_strtoui(text, NULL, &n, 0, SHIM6_TYPE_MASK))
		xtables_error(PARAMETER_PROBLEM,
			      "shim6: --type: \"%s\" is no number up to 127 and no name (see ip6tables -m shim6 -h)",
			      text);
	return n;
}

static void parse_types(const char *text, struct xt_shim6_mtinfo *info)
{
	char *list = strdup(text), *rest = list, *word;
	unsigned int n;

	if (!list)
		xtables_error(RESOURCE_PROBLEM, "shim6: out of memory");
	while ((word = strsep(&rest, ","))) {
		n = parse_type(word);
		info->types[n / 64] |= 1ULL << n % 64;
	}
	free(list);
}

static void parse_mcid(const char *text, struct xt_shim6_mtinfo *info)
{
	char *slash;

	info->tag_mask = SHIM6_TAG_MAX;
	info->tag = shim6_parse_tag("shim6", "--mcid", text, &slash);
	if (*slash == '/')
		info->tag_mask = shim6_parse_tag("shim6", "the mask of --mcid", slash + 1, NULL);
	else if (*slash)
		shim6_parse_tag("shim6", "--mcid", text, NULL);	/* does not return */
	info->tag &= info->tag_mask;
}

static void shim6_parse(struct xt_option_call *cb)
{
	struct xt_shim6_mtinfo *info = cb->data;

	xtables_option_parse(cb);
	switch (cb->entry->id) {
	case O_CONTROL:
		info->flags |= XT_SHIM6_CONTROL;
		break;
	case O_DATA:
		info->flags |= XT_SHIM6_DATA;
		break;
	case O_MCID:
		parse_mcid(cb->arg, info);
		info->flags |= XT_SHIM6_TAG | (cb->invert ? XT_SHIM6_INV_TAG : 0);
		break;
	case O_TYPE:
		parse_types(cb->arg, info);
		info->flags |= XT_SHIM6_TYPE | (cb->invert ? XT_SHIM6_INV_TYPE : 0);
		break;
	}
}

static void print_type(unsigned int n)
{
	size_t i;

	for (i = 0; i < TYPES; i++) {
		if (types[i].type == n) {
			printf("%s", types[i].name);
			return;
		}
	}
	printf("%u", n);
}

/* Both print and save: what is printed is what can be typed. */
static void show(const struct xt_shim6_mtinfo *info)
{
	unsigned int n;
	bool first = true;

	if (info->flags & XT_SHIM6_CONTROL)
		printf(" --control");
	if (info->flags & XT_SHIM6_DATA)
		printf(" --data");
	if (info->flags & XT_SHIM6_TAG) {
		printf("%s --mcid " SHIM6_TAG_FMT, info->flags & XT_SHIM6_INV_TAG ? " !" : "", (uint64_t)info->tag);
		if (info->tag_mask != SHIM6_TAG_MAX)
			printf("/" SHIM6_TAG_FMT, (uint64_t)info->tag_mask);
	}
	if (info->flags & XT_SHIM6_TYPE) {
		printf("%s --type ", info->flags & XT_SHIM6_INV_TYPE ? " !" : "");
		for (n = 0; n <= SHIM6_TYPE_MASK; n++) {
			if (!(info->types[n / 64] >> n % 64 & 1))
				continue;
			if (!first)
				printf(",");
			first = false;
			print_type(n);
		}
	}
}

static void shim6_print(const void *ip, const struct xt_entry_match *match, int numeric)
{
	(void)ip;
	(void)numeric;
	printf(" shim6");
	show((const void *)match->data);
}

static void shim6_save(const void *ip, const struct xt_entry_match *match)
{
	(void)ip;
	show((const void *)match->data);
}

static struct xtables_match shim6_match = {
	.name		= "shim6",
	.version	= XTABLES_VERSION,
	.family		= NFPROTO_IPV6,
	.revision	= 0,
	.size		= XT_ALIGN(sizeof(struct xt_shim6_mtinfo)),
	.userspacesize	= XT_ALIGN(sizeof(struct xt_shim6_mtinfo)),
	.help		= shim6_help,
	.x6_parse	= shim6_parse,
	.x6_options	= shim6_opts,
	.print		= shim6_print,
	.save		= shim6_save,
};

static void __attribute__((constructor)) shim6_register(void)
{
	xtables_register_match(&shim6_match);
}
