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

static uint8_t buf[4096] __attribute__((aligned(8)));

static struct nlmsghdr *message(uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	genl->cmd = cmd;
	genl->version = SHIM6_GENL_VERSION;
	return nlh;
}

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
	struct nlmsghdr *nlh = message(SHIM6_CMD_CTX_SET);

	(void)state;
	kctl_msg_put_ctx(nlh, &c);
	assert_true(nlh->nlmsg_len <= NLMSG_HDRLEN + GENL_HDRLEN + 256);
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
		struct nlmsghdr *nlh = message(SHIM6_CMD_CTX_SET);

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
	struct nlmsghdr *nlh = message(SHIM6_CMD_CTX_GET);

	(void)state;
	c.has &= ~KCTL_CT_LOCAL;
	kctl_msg_put_ctx(nlh, &c);
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);
}

static void test_wrong_width(void **state)
{
	struct kctl_ctx back;
	struct nlmsghdr *nlh = message(SHIM6_CMD_CTX_GET);

	(void)state;
	mnl_attr_put_u32(nlh, SHIM6_A_CT_LOCAL, 1);
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);

	nlh = message(SHIM6_CMD_CTX_GET);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 1);
	mnl_attr_put(nlh, SHIM6_A_LOC_LOCAL, 15, "123456789abcdef");
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);

	nlh = message(SHIM6_CMD_CTX_GET);
	nlh->nlmsg_len = NLMSG_HDRLEN;		/* no generic header at all */
	assert_int_equal(kctl_msg_get_ctx(nlh, &back), -EBADMSG);
	assert_int_equal(kctl_msg_cmd(nlh), SHIM6_CMD_UNSPEC);
}

static void test_unknown_attribute(void **state)
{
	struct kctl_ctx back;
	struct nlmsghdr *nlh = message(SHIM6_CMD_CTX_GET);

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
	nlh = message(SHIM6_CMD_EV_SEND_TIMEOUT);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 77);
	mnl_attr_put_u32(nlh, SHIM6_A_TX_AGE, 15000);
	mnl_attr_put_u32(nlh, SHIM6_A_RX_AGE, UINT32_MAX);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), 0);
	assert_int_equal(ev.cmd, SHIM6_CMD_EV_SEND_TIMEOUT);
	assert_true(ev.ct_local == 77 && ev.tx_age == 15000 && ev.rx_age == UINT32_MAX);

	nlh = message(SHIM6_CMD_EV_KEEPALIVE_DUE);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 78);
	mnl_attr_put_u8(nlh, SHIM6_A_KA_EXPIRED, 1);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), 0);
	assert_true(ev.ka_expired && ev.ct_local == 78 && ev.tx_age == 0);

	nlh = message(SHIM6_CMD_EV_UNKNOWN_TAG);
	mnl_attr_put_u64(nlh, SHIM6_A_CT_LOCAL, 79);
	mnl_attr_put(nlh, SHIM6_A_SRC, sizeof(src), &src);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), -EBADMSG);	/* nobody to answer without both */
	mnl_attr_put(nlh, SHIM6_A_DST, sizeof(dst), &dst);
	mnl_attr_put_u32(nlh, SHIM6_A_IFINDEX, 3);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), 0);
	assert_memory_equal(&ev.src, &src, sizeof(src));
	assert_memory_equal(&ev.dst, &dst, sizeof(dst));
	assert_int_equal(ev.ifindex, 3);

	nlh = message(SHIM6_CMD_EV_HINT + 1);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), -EOPNOTSUPP);
	nlh = message(SHIM6_CMD_EV_CTX_DEAD);
	assert_int_equal(kctl_msg_get_event(nlh, &ev), -EBADMSG);
}

static void test_info_and_stat(void **state)
{
	const char *name, *text;
	struct kctl_info info;
	struct nlmsghdr *nlh;
	uint64_t value;

	(void)state;
	nlh = message(SHIM6_CMD_INFO);
	assert_int_equal(kctl_msg_get_info(nlh, &info), -EBADMSG);
	mnl_attr_put_strz(nlh, SHIM6_A_VERSION, "0.1");
	mnl_attr_put_u32(nlh, SHIM6_A_CONTEXTS, 3);
	mnl_attr_put_u32(nlh, SHIM6_A_MAX_CONTEXTS, 65536);
	mnl_attr_put_u8(nlh, SHIM6_A_HOOKS, 1);
	mnl_attr_put_u8(nlh, SHIM6_A_CONNTRACK, 1);
	assert_int_equal(kctl_msg_get_info(nlh, &info), 0);
	assert_string_equal(info.version, "0.1");
	assert_true(info.contexts == 3 && info.max_contexts == 65536 && info.hooks && info.conntrack);

	nlh = message(SHIM6_CMD_STATS);
	mnl_attr_put_strz(nlh, SHIM6_A_STAT_NAME, "out-shimmed");
	mnl_attr_put_u64(nlh, SHIM6_A_STAT_VALUE, 1ULL << 40);
	assert_int_equal(kctl_msg_get_stat(nlh, &name, &value, &text), 0);
	assert_string_equal(name, "out-shimmed");
	assert_string_equal(text, "");
	assert_true(value == 1ULL << 40);

	/* A string that is not terminated must not be read. */
	nlh = message(SHIM6_CMD_STATS);
	mnl_attr_put(nlh, SHIM6_A_STAT_NAME, 4, "abcd");
	mnl_attr_put_u64(nlh, SHIM6_A_STAT_VALUE, 1);
	assert_int_equal(kctl_msg_get_stat(nlh, &name, &value, &text), -EBADMSG);
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
