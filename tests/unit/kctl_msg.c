// SPDX-License-Identifier: GPL-2.0-or-later
/* The messages of the kernel's netlink family, without a kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <libmnl/libmnl.h>

#include "kctl/msg.h"

#define FAMILY	0x1d

static uint8_t buf[4096] __attribute__((aligned(8)));

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

static struct kctl_ctx sample(void)
{
	struct kctl_ctx c = {
		.has = KCTL_CT_LOCAL | KCTL_CT_PEER | KCTL_ULIDS | KCTL_LOCATORS | KCTL_FII | KCTL_FLAGS |
		       KCTL_SEND_TIMEOUT | KCTL_KA_TIMEOUT | KCTL_KA_INTERVAL | KCTL_REAP_MODE | KCTL_REAP_OPS,
		.ct_local = 0x7fffffffffff, .ct_peer = 0x123456789abc,
		.ulid_local = addr("2001:db8:a::1"), .ulid_peer = addr("2001:db8:b::1"),
		.loc_local = addr("2001:db8:a::2"), .loc_peer = addr("2001:db8:b::2"),
		.fii = 0xfffffffe, .flags = SHIM6_CTX_F_ALL, .send_timeout = 15000, .ka_timeout = 12000,
		.ka_interval = 5000, .reap_mode = SHIM6_REAP_OP_STOP_KA, .reap_ops = SHIM6_REAP_OP_ALL,
	};

	return c;
}

static void test_ctx_round_trip(void **state)
{
	struct kctl_ctx c = sample(), back;
	struct nlmsghdr *nlh = kctl_msg_new(buf, FAMILY, NLM_F_ACK, 7, SHIM6_CMD_CTX_SET);

	(void)state;
	kctl_msg_put_ctx(nlh, &c);
	assert_true(nlh->nlmsg_len <= KCTL_REQUEST_MAX);
	assert_int_equal(nlh->nlmsg_type, FAMILY);
	assert_int_equal(nlh->nlmsg_flags, NLM_F_REQUEST | NLM_F_ACK);
	assert_int_equal(nlh->nlmsg_seq, 7);
	assert_int_equal(kctl_msg_cmd(nlh), SHIM6_CMD_CTX_SET);
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), 0);
	assert_memory_equal(&c, &back, sizeof(c));
}

/* Only what is named is written: a CTX_SET that leaves a member out must not touch it. */
static void test_ctx_has(void **state)
{
	(void)state;
	for (uint32_t bit = KCTL_CT_PEER; bit <= KCTL_REAP_OPS; bit <<= 1) {
		struct kctl_ctx c = sample(), back;
		struct nlmsghdr *nlh = kctl_msg_new(buf, FAMILY, 0, 1, SHIM6_CMD_CTX_SET);

		c.has = KCTL_CT_LOCAL | bit;
		kctl_msg_put_ctx(nlh, &c);
		assert_int_equal(kctl_msg_get_ctx(nlh, &back), 0);
		assert_int_equal(back.has, c.has);
		assert_true(back.ct_local == c.ct_local);
	}
}

static void test_ctx_needs_tag(void **state)
{
	struct kctl_ctx c = sample(), back;
	struct nlmsghdr *nlh = kctl_msg_new(buf, FAMILY, 0, 1, SHIM6_CMD_CTX_GET);

	(void)state;
	c.has &= ~KCTL_CT_LOCAL;
	kctl_msg_put_ctx(nlh, &c);
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);
}

static void test_wrong_width(void **state)
{
	struct kctl_ctx back;
	struct nlmsghdr *nlh = kctl_msg_new(buf, FAMILY, 0, 1, SHIM6_CMD_CTX_GET);

	(void)state;
	mnl_attr_put_u32(nlh, SHIM6_A_CT_LOCAL, 1);
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);

	nlh = kctl_msg_new(buf, FAMILY, 0, 1, SHIM6_CMD_CTX_GET);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 1);
	mnl_attr_put(nlh, SHIM6_A_LOC_LOCAL, 15, "123456789abcdef");
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);

	nlh = kctl_msg_new(buf, FAMILY, 0, 1, SHIM6_CMD_CTX_GET);
	nlh->nlmsg_len = NLMSG_HDRLEN;		/* no generic header at all */
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);
	assert_int_equal(kctl_msg_cmd(nlh), SHIM6_CMD_UNSPEC);
}

static void test_unknown_attribute(void **state)
{
	struct kctl_ctx back;
	struct nlmsghdr *nlh = kctl_msg_new(buf, FAMILY, 0, 1, SHIM6_CMD_CTX_GET);

	(void)state;
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 5);
	mnl_attr_put_u32(nlh, SHIM6_A_MAX + 9, 1);
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), 0);
	assert_int_equal(back.has, KCTL_CT_LOCAL);
}

static void test_events(void **state)
{
	struct in6_addr src = addr("2001:db8::5"), dst = addr("2001:db8::6");
	struct kctl_event ev;
	struct nlmsghdr *nlh;

	(void)state;
	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_EV_SEND_TIMEOUT);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 77);
	mnl_attr_put_u32(nlh, SHIM6_A_TX_AGE, 15000);
	mnl_attr_put_u32(nlh, SHIM6_A_RX_AGE, UINT32_MAX);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), 0);
	assert_int_equal(ev.cmd, SHIM6_CMD_EV_SEND_TIMEOUT);
	assert_true(ev.ct_local == 77 && ev.tx_age == 15000 && ev.rx_age == UINT32_MAX);

	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_EV_KEEPALIVE_DUE);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 78);
	mnl_attr_put_u8(nlh, SHIM6_A_KA_EXPIRED, 1);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), 0);
	assert_true(ev.ka_expired && ev.ct_local == 78 && ev.tx_age == 0);

	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_EV_UNKNOWN_TAG);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 79);
	mnl_attr_put(nlh, SHIM6_A_SRC, sizeof(src), &src);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), -EBADMSG);	/* nobody to answer without both */
	mnl_attr_put(nlh, SHIM6_A_DST, sizeof(dst), &dst);
	mnl_attr_put_u32(nlh, SHIM6_A_IFINDEX, 3);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), 0);
	assert_memory_equal(&ev.src, &src, sizeof(src));
	assert_memory_equal(&ev.dst, &dst, sizeof(dst));
	assert_int_equal(ev.ifindex, 3);

	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_EV_CTX_DEAD + 1);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), -EOPNOTSUPP);
	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_EV_CTX_DEAD);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), -EBADMSG);
}

static void test_info_and_stat(void **state)
{
	const char *name, *text;
	struct kctl_info info;
	struct nlmsghdr *nlh;
	uint64_t value;

	(void)state;
	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_INFO);
	assert_int_equal(kctl_msg_get_info(nlh, &info), -EBADMSG);
	mnl_attr_put_strz(nlh, SHIM6_A_VERSION, "0.1");
	mnl_attr_put_u32(nlh, SHIM6_A_CONTEXTS, 3);
	mnl_attr_put_u32(nlh, SHIM6_A_MAX_CONTEXTS, 65536);
	mnl_attr_put_u8(nlh, SHIM6_A_HOOKS, 1);
	assert_int_equal(kctl_msg_get_info(nlh, &info), 0);
	assert_string_equal(info.version, "0.1");
	assert_true(info.contexts == 3 && info.max_contexts == 65536 && info.hooks);

	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_STATS);
	mnl_attr_put_strz(nlh, SHIM6_A_STAT_NAME, "out-shimmed");
	mnl_attr_put_u64(nlh, SHIM6_A_STAT_VALUE, 1ULL << 40);
	assert_int_equal(kctl_msg_get_stat(nlh, &name, &value, &text), 0);
	assert_string_equal(name, "out-shimmed");
	assert_string_equal(text, "");
	assert_true(value == 1ULL << 40);

	/* A string that is not terminated must not be read. */
	nlh = kctl_msg_new(buf, FAMILY, 0, 0, SHIM6_CMD_STATS);
	mnl_attr_put(nlh, SHIM6_A_STAT_NAME, 4, "abcd");
	mnl_attr_put_u64(nlh, SHIM6_A_STAT_VALUE, 1);
	assert_int_equal(kctl_msg_get_stat(nlh, &name, &value, &text), -EBADMSG);
}

static void put_group(struct nlmsghdr *nlh, const char *name, uint32_t id)
{
	struct nlattr *nest = mnl_attr_nest_start(nlh, 1);

	mnl_attr_put_strz(nlh, CTRL_ATTR_MCAST_GRP_NAME, name);
	mnl_attr_put_u32(nlh, CTRL_ATTR_MCAST_GRP_ID, id);
	mnl_attr_nest_end(nlh, nest);
}

static void test_family(void **state)
{
	struct nlmsghdr *nlh = kctl_msg_new(buf, GENL_ID_CTRL, 0, 0, CTRL_CMD_NEWFAMILY);
	struct kctl_family f;
	struct nlattr *nest;

	(void)state;
	assert_int_equal(kctl_msg_get_family(nlh, &f), -EBADMSG);
	mnl_attr_put_u16(nlh, CTRL_ATTR_FAMILY_ID, FAMILY);
	mnl_attr_put_u32(nlh, CTRL_ATTR_VERSION, 1);
	nest = mnl_attr_nest_start(nlh, CTRL_ATTR_MCAST_GROUPS);
	put_group(nlh, "control", 11);
	put_group(nlh, "something", 12);
	put_group(nlh, "reap", 13);
	mnl_attr_nest_end(nlh, nest);
	assert_int_equal(kctl_msg_get_family(nlh, &f), 0);
	assert_true(f.id == FAMILY && f.version == 1 && f.group_ctl == 11 && f.group_reap == 13);
}

static struct nlmsghdr *put_error(int error, const char *text, size_t quoted, uint16_t flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(nlh, sizeof(*e));

	nlh->nlmsg_type = NLMSG_ERROR;
	nlh->nlmsg_flags = flags;
	e->error = error;
	e->msg.nlmsg_len = NLMSG_HDRLEN + quoted;
	if (!(flags & NLM_F_CAPPED) && quoted)
		mnl_nlmsg_put_extra_header(nlh, quoted);
	if (text)
		mnl_attr_put_strz(nlh, NLMSGERR_ATTR_MSG, text);
	return nlh;
}

static void test_errors(void **state)
{
	struct nlmsghdr *nlh;
	const char *text;

	(void)state;
	assert_int_equal(kctl_msg_get_error(put_error(0, NULL, 0, NLM_F_CAPPED), &text), 0);
	assert_null(text);
	nlh = put_error(-EEXIST, "tag is taken", 40, NLM_F_CAPPED | NLM_F_ACK_TLVS);
	assert_int_equal(kctl_msg_get_error(nlh, &text), -EEXIST);
	assert_string_equal(text, "tag is taken");
	nlh = put_error(-EEXIST, "tag is taken", 40, NLM_F_ACK_TLVS);
	assert_int_equal(kctl_msg_get_error(nlh, &text), -EEXIST);
	assert_string_equal(text, "tag is taken");

	/* The quoted length lies: no attribute is looked for beyond the message. */
	nlh = put_error(-EINVAL, NULL, 0, NLM_F_ACK_TLVS);
	((struct nlmsgerr *)mnl_nlmsg_get_payload(nlh))->msg.nlmsg_len = 4000;
	assert_int_equal(kctl_msg_get_error(nlh, &text), -EINVAL);
	assert_null(text);

	nlh = mnl_nlmsg_put_header(buf);
	nlh->nlmsg_type = NLMSG_DONE;
	assert_int_equal(kctl_msg_get_error(nlh, &text), 0);
	*(int *)mnl_nlmsg_put_extra_header(nlh, sizeof(int)) = -ENOBUFS;
	assert_int_equal(kctl_msg_get_error(nlh, &text), -ENOBUFS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ctx_round_trip),
		cmocka_unit_test(test_ctx_has),
		cmocka_unit_test(test_ctx_needs_tag),
		cmocka_unit_test(test_wrong_width),
		cmocka_unit_test(test_unknown_attribute),
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_info_and_stat),
		cmocka_unit_test(test_family),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
