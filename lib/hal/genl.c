// SPDX-License-Identifier: GPL-2.0-or-later
/* Generic netlink: families by name. */
#include <errno.h>
#include <linux/genetlink.h>
#include <string.h>

#include "hal/nl.h"

static void read_group(const struct nlattr *nest, struct hal_genl *fam)
{
	const char *name = NULL;
	struct nlattr *attr;
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			name = mnl_attr_get_str(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
			 mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
			id = mnl_attr_get_u32(attr);
	}
	if (!name || !id || fam->n_groups == HAL_GENL_GROUPS || strlen(name) >= sizeof(fam->group[0].name))
		return;
	memcpy(fam->group[fam->n_groups].name, name, strlen(name) + 1);
	fam->group[fam->n_groups++].id = id;
}

static int read_family(const struct nlmsghdr *nlh, void *arg)
{
	struct hal_genl *fam = arg;
	struct nlattr *attr, *grp;

	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN)
		return -EBADMSG;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) >= 0)
				fam->id = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_VERSION:
			if (mnl_attr_validate(attr, MNL_TYPE_U32) >= 0)
				fam->version = mnl_attr_get_u32(attr);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			mnl_attr_for_each_nested(grp, attr)
				read_group(grp, fam);
			break;
		}
	}
	return 0;
}

int hal_genl_resolve(struct hal_nl *nl, const char *name, struct hal_genl *fam)
{
	static const struct hal_genl ctrl = { .id = GENL_ID_CTRL };
	_Alignas(8) uint8_t buf[HAL_NL_BUF];
	struct nlmsghdr *nlh;
	int err;

	memset(fam, 0, sizeof(*fam));
	if (strlen(name) >= GENL_NAMSIZ)
		return -EINVAL;
	nlh = hal_genl_put(buf, &ctrl, CTRL_CMD_GETFAMILY, 1, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	err = hal_nl_talk(nl, nlh, read_family, fam);
	if (!err && !fam->id)
		err = -ENOENT;
	return err;
}

bool hal_genl_is_new(const struct nlmsghdr *nlh, const char *name)
{
	const struct genlmsghdr *g = mnl_nlmsg_get_payload(nlh);
	struct nlattr *attr;

	if (nlh->nlmsg_type != GENL_ID_CTRL || mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN ||
	    g->cmd != CTRL_CMD_NEWFAMILY)
		return false;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
			return !strcmp(mnl_attr_get_str(attr), name);
	return false;
}

uint32_t hal_genl_group(const struct hal_genl *fam, const char *name)
{
	unsigned int i;

	for (i = 0; i < fam->n_groups; i++)
		if (!strcmp(fam->group[i].name, name))
			return fam->group[i].id;
	return 0;
}

struct nlmsghdr *hal_genl_put(void *buf, const struct hal_genl *fam, uint8_t cmd, uint8_t version, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *g;

	nlh->nlmsg_type = fam->id;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	g = mnl_nlmsg_put_extra_header(nlh, sizeof(*g));
	g->cmd = cmd;
	g->version = version;
	return nlh;
}
