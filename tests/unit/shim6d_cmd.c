// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shim6d: commands of the debug port, and the lines of dump.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shim6d/cmd.c"
#include "shim6d/text.c"

static char why[256];

static int parse(const char *text, struct cmd *cmd)
{
	*why = '\0';
	return cmd_parse(text, strlen(text), cmd, why, sizeof(why));
}

static void refused(const char *text, const char *expect)
{
	struct cmd cmd;

	assert_int_equal(parse(text, &cmd), -1);
	if (!strstr(why, expect))
		fail_msg("\"%s\": said \"%s\", expected \"%s\"", text, why, expect);
}

static void test_commands(void **state)
{
	struct cmd cmd;

	(void)state;
	assert_int_equal(parse("dump\n", &cmd), 0);
	assert_int_equal(cmd.type, CMD_DUMP);
	assert_int_equal(parse("  help", &cmd), 0);
	assert_int_equal(cmd.type, CMD_HELP);
	assert_int_equal(parse("context 2001:db8::1 2001:db8::2\r\n", &cmd), 0);
	assert_int_equal(cmd.type, CMD_CONTEXT);
	assert_string_equal(addr_text(&cmd.a), "2001:db8::1");
	assert_string_equal(addr_text(&cmd.b), "2001:db8::2");
	assert_int_equal(parse("delete\t2001:db8::1 2001:db8::2\n", &cmd), 0);
	assert_int_equal(cmd.type, CMD_DELETE);
	assert_int_equal(parse("update 4294967295\n", &cmd), 0);
	assert_int_equal(cmd.type, CMD_UPDATE);
	assert_true(cmd.id == 4294967295u);
	assert_int_equal(parse("shim 7 2001:db8::1 2001:db8::2\n", &cmd), 0);
	assert_int_equal(cmd.type, CMD_SHIM);
	assert_int_equal(cmd.id, 7);
	assert_string_equal(addr_text(&cmd.b), "2001:db8::2");
	assert_int_equal(parse("deshim 7 2001:db8::1 2001:db8::2\n", &cmd), 0);
	assert_int_equal(cmd.type, CMD_DESHIM);
}

static void test_mistakes(void **state)
{
	char text[1024];

	(void)state;
	refused("", "not a command");
	refused("\n", "not a command");
	refused("dumb", "unknown command dumb");
	refused("dump it", "dump takes 0 arguments");
	refused("context 2001:db8::1", "context takes 2 arguments");
	refused("context 2001:db8::1 10.0.0.1", "10.0.0.1 is not an IPv6 address");
	refused("update x", "x is not the id");
	refused("update -1", "-1 is not the id");
	refused("update 4294967296", "4294967296 is not the id");
	refused("shim 1 2 3 4 5 6", "not a command");
	refused("dump\001", "not a command");
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	refused(text, "not a command");
	assert_int_equal(cmd_parse("dump\0x", 6, &(struct cmd){ 0 }, why, sizeof(why)), -1);
}

static void test_help(void **state)
{
	char line[32];

	(void)state;
	for (unsigned int i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		snprintf(line, sizeof(line), "%s ", commands[i].name);
		assert_non_null(strstr(cmd_help, line));
	}
}

static struct in6_addr addr(const char *s)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static void test_dump(void **state)
{
	struct s6_ctx c = { .id = 3, .state = S6_ESTABLISHED, .ct_local = 0x112233445566, .ct_peer = 0xa };
	char line[TEXT_DUMP_MAX];
	size_t n;

	(void)state;
	c.ulid_local = addr("2001:db8:1::1");
	c.ulid_peer = addr("2001:db8:2::1");
	c.loc_local = addr("2001:db8:3::1");
	c.loc_peer = c.ulid_peer;
	c.ls_local.n = 2;
	c.ls_local.loc[0].addr = c.ulid_local;
	c.ls_local.loc[1].addr = c.loc_local;
	c.ls_peer.n = 1;
	c.ls_peer.loc[0].addr = c.ulid_peer;
	n = text_dump(line, sizeof(line), &c, 1);
	assert_int_equal(n, strlen(line));
	assert_string_equal(line, "id=3 state=ESTABLISHED ulid_local=2001:db8:1::1 ulid_peer=2001:db8:2::1 fii=0 "
			    "ct_local=0x112233445566 ct_peer=0x00000000000a loc_local=2001:db8:3::1 "
			    "loc_peer=2001:db8:2::1 "
			    "reap=exploring ls_local=2001:db8:1::1,2001:db8:3::1 ls_peer=2001:db8:2::1 "
			    "update_pending=0\n");
	c.state = S6_I1_SENT;
	c.fii = 4000000000u;
	text_dump(line, sizeof(line), &c, -1);
	assert_non_null(strstr(line, "state=I1-SENT "));
	assert_non_null(strstr(line, "fii=4000000000 "));
	assert_non_null(strstr(line, "ct_peer=0x000000000000 "));
	assert_non_null(strstr(line, "reap=unknown "));
}

/* The longest line there can be still fits. */
static void test_dump_long(void **state)
{
	struct s6_ctx c = { .id = UINT32_MAX, .state = S6_I2BIS_SENT, .fii = UINT32_MAX, .ct_local = SHIM6_TAG_MAX };
	char line[TEXT_DUMP_MAX], small[100];
	struct in6_addr a = addr("2001:1db8:1111:2222:3333:4444:5555:6666");
	size_t n;

	(void)state;
	c.ulid_local = c.ulid_peer = c.loc_local = c.loc_peer = a;
	c.ls_local.n = c.ls_peer.n = S6_LOCATORS_MAX;
	for (int i = 0; i < S6_LOCATORS_MAX; i++)
		c.ls_local.loc[i].addr = c.ls_peer.loc[i].addr = a;
	n = text_dump(line, sizeof(line), &c, 2);
	assert_true(n < sizeof(line) - 1);
	assert_int_equal(line[n - 1], '\n');
	assert_int_equal(text_dump(small, sizeof(small), &c, 2), sizeof(small) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_help), cmocka_unit_test(test_dump),
		cmocka_unit_test(test_dump_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
