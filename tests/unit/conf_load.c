// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The configuration: defaults, files, overrides, and what is said about mistakes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/keys.h"
#include "hal/log.h"
#include "uapi/shim6_wire.h"

static char said[4096];
static unsigned int errors, warnings;

static void say(void *arg, bool error, const char *text)
{
	size_t at = strlen(said);

	(void)arg;
	snprintf(said + at, sizeof(said) - at, "%s\n", text);
	if (error)
		errors++;
	else
		warnings++;
}

static void quiet(void)
{
	*said = '\0';
	errors = warnings = 0;
}

/* Load @text as a file named FILE in messages, with up to one override. */
static int load(struct conf *c, const char *text, const char *override)
{
	char name[] = "/tmp/conf_load.XXXXXX";
	int fd = mkstemp(name), ret;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	quiet();
	ret = conf_load(c, name, true, &override, override ? 1 : 0, say, NULL);
	unlink(name);
	return ret;
}

static void refused(const char *text, const char *override, const char *expect)
{
	struct conf c;

	assert_int_equal(load(&c, text, override), -1);
	assert_true(errors >= 1);
	if (!strstr(said, expect))
		fail_msg("said \"%s\", expected \"%s\"", said, expect);
}

static struct in6_addr addr(const char *s)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static void test_defaults(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(&c, "", NULL), 0);
	assert_int_equal(errors + warnings, 0);
	assert_string_equal(c.daemon.rundir, "/run/shim6");
	assert_string_equal(c.daemon.statedir, "/run/shim6");
	assert_int_equal(c.daemon.debug_port, 19384);
	assert_int_equal(c.security.verify, CONF_VERIFY_REQUIRED);
	assert_int_equal(c.trigger.packets, 45);
	assert_int_equal(c.reap.send_timeout, 15000);
	assert_int_equal(c.reap.initial_probe_timeout, 500);
	assert_int_equal(c.reap.max_probe_timeout, 60000);
}

static void test_missing_file(void **state)
{
	struct conf c;

	(void)state;
	quiet();
	assert_int_equal(conf_load(&c, "/nonexistent/shim6.conf", false, NULL, 0, say, NULL), 0);
	assert_int_equal(conf_load(&c, "/nonexistent/shim6.conf", true, NULL, 0, say, NULL), -1);
	assert_non_null(strstr(said, "/nonexistent/shim6.conf: cannot be read: No such file"));
}

static void test_everything(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(&c,
			      "daemon { rundir = /tmp/a\n log_level = debug\n debug_port = 0 group = wheel }\n"
			      "security { verify = none }\n"
			      "dataplane { attach = hooks ip6tables = \"/usr/sbin/ip6tables-legacy\" queue_control = "
			      "11\nqueue_reap = 12 max_contexts = 100 }\n"
			      "trigger { enabled = no answer_only = yes packets = 0 bytes = 5000000000 age = 1.5m\n"
			      "include_prefixes = { 2001:db8:1::1/48, \"2001:db8::7\" }\n"
			      "exclude_ports = { 22, udp/53, tcp/100-200, sctp }\n"
			      "exclude_interfaces = { eth0, \"wlan*\" } }\n"
			      "reap { profile = rfc send_timeout = 12.5 initial_probe_timeout = 250ms initial_probes "
			      "= 2 }\nlocators { prefer = { \"2001:db8:1::/48 1 10\", \"::/0 7\" } }\n"
			      "gc { idle = 1h }\n", "reap.initial_probes=3"), 0);
	assert_string_equal(said, "");
	assert_string_equal(c.daemon.rundir, "/tmp/a");
	assert_string_equal(c.daemon.statedir, "/tmp/a");
	assert_string_equal(c.daemon.group, "wheel");
	assert_int_equal(c.daemon.log_level, HAL_LOG_DEBUG);
	assert_int_equal(c.daemon.debug_port, 0);
	assert_int_equal(c.security.verify, CONF_VERIFY_NONE);
	assert_int_equal(c.dataplane.attach, CONF_ATTACH_HOOKS);
	assert_string_equal(c.dataplane.ip6tables, "/usr/sbin/ip6tables-legacy");
	assert_int_equal(c.dataplane.queue_control, 11);
	assert_int_equal(c.dataplane.max_contexts, 100);
	assert_false(c.trigger.enabled);
	assert_true(c.trigger.answer_only);
	assert_int_equal(c.trigger.packets, 0);
	assert_true(c.trigger.bytes == 5000000000);
	assert_int_equal(c.trigger.age, 90000);
	assert_int_equal(c.trigger.include_prefixes.n, 2);
	assert_int_equal(c.trigger.include_prefixes.p[0].len, 48);
	assert_int_equal(c.trigger.include_prefixes.p[0].addr.s6_addr[15], 0);
	assert_int_equal(c.trigger.include_prefixes.p[1].len, 128);
	assert_int_equal(c.trigger.exclude_ports.n, 4);
	assert_int_equal(c.trigger.exclude_ports.p[2].proto, IPPROTO_TCP);
	assert_int_equal(c.trigger.exclude_ports.p[2].first, 100);
	assert_int_equal(c.trigger.exclude_ports.p[2].last, 200);
	assert_int_equal(c.trigger.exclude_ports.p[3].last, 65535);
	assert_int_equal(c.reap.send_timeout, 12500);
	assert_int_equal(c.reap.initial_probe_timeout, 250);
	assert_int_equal(c.reap.initial_probes, 3);
	assert_int_equal(c.locators.prefer.n, 2);
	assert_int_equal(c.locators.prefer.p[0].weight, 10);
	assert_int_equal(c.gc.idle, 3600000);
}

static void test_mistakes(void **state)
{
	(void)state;
	refused("daemon {\n\n debug_port = 70000\n}", NULL, ":3: daemon.debug_port: \"70000\" is not a number this "
		"takes; allowed: 0..65535");
	refused("daemon { log_level = loud }", NULL, ":1: daemon.log_level: \"loud\" is unknown; allowed: error, "
		"warning, notice");
	refused("daemon { rundir = tmp }", NULL, "allowed: an absolute path");
	refused("reap {\n send_timeout = 0\n}", NULL, ":2: reap.send_timeout: \"0\" is not a time this takes; "
		"allowed: 1 s..65535 s");
	refused("reap { send_timeout = 15x }", NULL, "as 15, 1.5s, 500ms");
	refused("reap { initial_probes = -1 }", NULL, "allowed: 1..32");
	refused("reap { initial_probes = 4 4 }", NULL, ":1:");
	refused("reap { typo = 4 }", NULL, "allowed in reap: profile, send_timeout");
	refused("\ntypo { a = 4 }", NULL, ":2:");
	refused("typo { a = 4 }", NULL, "allowed in the file: daemon, security");
	refused("reap { ", NULL, "ends inside section reap: a closing brace is missing");
	refused("reap { /* ", NULL, "ends inside a comment");
	refused("reap { profile = \"rfc", NULL, "premature end of file");
	refused("reap { profile = rfc } }", NULL, "unexpected closing brace");
	refused("trigger { include_ports = { 80, 70000 } }", NULL, "\"70000\" is not a port; allowed: 22, 5000-6000");
	refused("trigger { include_ports = { tcp/ } }", NULL, "not a port");
	refused("trigger { include_ports = { 9-8 } }", NULL, "not a port");
	refused("trigger { include_prefixes = { 10.0.0.0/8 } }", NULL, "not a prefix");
	refused("trigger { include_prefixes = { \"::/129\" } }", NULL, "not a prefix");
	refused("trigger { include_interfaces = { \"et*h\" } }", NULL, "not an interface");
	refused("trigger { enabled = maybe }", NULL, "neither true nor false");
	refused("locators { prefer = { \"2001:db8::/32\" } }", NULL, "PREFIX PRIORITY [WEIGHT]");
	refused("locators { prefer = { \"2001:db8::/32 256\" } }", NULL, "PREFIX PRIORITY [WEIGHT]");
	refused("dataplane { queue_control = 2 }", NULL, "both 2; they have to differ");
	refused("reap { initial_probe_timeout = 10 max_probe_timeout = 5 }", NULL, "reap.max_probe_timeout is 5000 ms");
	refused("", "reap.send_timeout=forever", "-o reap.send_timeout=forever: \"forever\" is not a time");
	refused("", "reap.typo=1", "there is no key reap.typo; allowed in reap: profile");
	refused("", "typo.typo=1", "allowed sections: daemon, security");
	refused("", "send_timeout=1", "allowed: -o section.key=value");
	refused("", "trigger.include_ports=1,x", "not a port");
}

/* Whatever stands in comments, a mistake is named with its own line, and a comment may stand in a list. */
static void test_comments(void **state)
{
	struct conf c;

	(void)state;
	refused("# a\n\n\t# b\n// c\ndaemon { # d\n/* e\n#f */ debug_port = 70000\n}", NULL, ":7: daemon.debug_port");
	refused("# a\ndaemon { rundir = \"/a#b\" # c\n}", NULL, ":2: daemon.rundir: \"/a#b\" cannot be used");
	refused("// a\ndaemon { rundir = '/a /*' }\n# */", NULL, ":2: daemon.rundir: \"/a /*\" cannot be used");
	refused("daemon { rundir = \"/a\\\"#\" }\ntypo { }", NULL, ":1: daemon.rundir: \"/a\"#\" cannot be used");
	assert_int_equal(load(&c, "trigger {\n include_ports = { 22, # ssh\n 80 /* web */, 443 // web\n } # end\n}\n"
			      "daemon { rundir = /a//b }", NULL), 0);
	assert_int_equal(c.trigger.include_ports.n, 3);
	assert_string_equal(c.daemon.rundir, "/a//b");
}

static void test_advice(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(&c, "reap {\nsend_timeout = 3\n}", NULL), 0);
	assert_int_equal(warnings, 1);
	assert_non_null(strstr(said, ":2: reap.send_timeout: RFC 5534 recommends 10..100 s"));
	assert_int_equal(c.reap.send_timeout, 3000);
	assert_int_equal(load(&c, "", "reap.send_timeout=200"), 0);
	assert_int_equal(warnings, 1);
}

static void test_override_lists(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(&c, "trigger { include_ports = { 1, 2, 3 } }", "trigger.include_ports=80,tcp/90"), 0);
	assert_int_equal(c.trigger.include_ports.n, 2);
	assert_int_equal(c.trigger.include_ports.p[1].first, 90);
	assert_int_equal(load(&c, "trigger { include_ports = { 1, 2, 3 } }", "trigger.include_ports="), 0);
	assert_int_equal(c.trigger.include_ports.n, 0);
}

static void test_full_list(void **state)
{
	char text[2048] = "trigger { include_ports = { 1";
	size_t at = strlen(text);

	(void)state;
	for (int i = 0; i < CONF_LIST_MAX; i++)
		at += snprintf(text + at, sizeof(text) - at, ", %d", i + 2);
	snprintf(text + at, sizeof(text) - at, " } }");
	refused(text, NULL, "one entry too many; allowed: 64 entries");
}

static void test_match(void **state)
{
	struct conf_flow f = { .proto = IPPROTO_TCP, .local_port = 40000, .peer_port = 22, .interface = "eth0" };
	struct in6_addr a;
	struct conf c;

	(void)state;
	f.local = addr("2001:db8:a::1");
	f.peer = addr("2001:db8:b::1");
	conf_default(&c);
	assert_true(conf_flow_wanted(&c, &f));
	assert_int_equal(conf_set(&c, "trigger", "include_prefixes", "2001:db8:a::/47", "x", say, NULL), 0);
	assert_true(conf_flow_wanted(&c, &f));
	assert_int_equal(conf_set(&c, "trigger", "include_prefixes", "2001:db8:c::/47", "x", say, NULL), 0);
	assert_false(conf_flow_wanted(&c, &f));
	assert_int_equal(conf_set(&c, "trigger", "include_prefixes", "", "x", say, NULL), 0);
	assert_int_equal(conf_set(&c, "trigger", "include_ports", "udp/22", "x", say, NULL), 0);
	assert_false(conf_flow_wanted(&c, &f));
	assert_int_equal(conf_set(&c, "trigger", "include_ports", "tcp", "x", say, NULL), 0);
	assert_true(conf_flow_wanted(&c, &f));
	assert_int_equal(conf_set(&c, "trigger", "exclude_ports", "22", "x", say, NULL), 0);
	assert_false(conf_flow_wanted(&c, &f));
	assert_int_equal(conf_set(&c, "trigger", "exclude_ports", "", "x", say, NULL), 0);
	assert_int_equal(conf_set(&c, "trigger", "include_interfaces", "eth*", "x", say, NULL), 0);
	assert_true(conf_flow_wanted(&c, &f));
	f.interface = NULL;
	assert_false(conf_flow_wanted(&c, &f));
	f.interface = "eth1";
	assert_int_equal(conf_set(&c, "trigger", "exclude_interfaces", "eth1", "x", say, NULL), 0);
	assert_false(conf_flow_wanted(&c, &f));

	a = addr("2001:db8:a::1");
	assert_true(conf_locator_wanted(&c, &a, "eth0"));
	assert_int_equal(conf_set(&c, "locators", "exclude_prefixes", "fd00::/8", "x", say, NULL), 0);
	assert_true(conf_locator_wanted(&c, &a, "eth0"));
	a = addr("fd12::1");
	assert_false(conf_locator_wanted(&c, &a, "eth0"));
	a = addr("2001:db8:a::1");
	assert_int_equal(conf_set(&c, "locators", "prefer", "2001:db8:a::/48 1 2,2001:db8::/32 3 4", "x", say, NULL),
			 0);
	assert_int_equal(conf_preference_find(&c.locators.prefer, &a)->priority, 1);
	assert_int_equal(conf_preference_find(&c.locators.prefer, &a)->weight, 2);
	a = addr("2001:db8:b::1");
	assert_int_equal(conf_preference_find(&c.locators.prefer, &a)->priority, 3);
	a = addr("3fff::1");
	assert_null(conf_preference_find(&c.locators.prefer, &a));
}

static bool peer_allowed(const struct conf *c, const char *text)
{
	struct in6_addr a = addr(text);

	return conf_peer_allowed(c, &a);
}

/* Section security: whose ULIDs and locators are taken. */
static void test_peers(void **state)
{
	struct conf c;

	(void)state;
	assert_int_equal(load(&c, "", NULL), 0);
	assert_true(peer_allowed(&c, "2001:db8:b::1"));
	assert_int_equal(load(&c, "security { deny_prefixes = { \"2001:db8:b::/48\" } }", NULL), 0);
	assert_false(peer_allowed(&c, "2001:db8:b::1"));
	assert_true(peer_allowed(&c, "2001:db8:c::1"));
	assert_int_equal(load(&c, "security { allow_prefixes = { \"2001:db8::/32\" }"
			      " deny_prefixes = { \"2001:db8:b::/48\" } }", NULL), 0);
	assert_false(peer_allowed(&c, "2001:db8:b::1"));
	assert_true(peer_allowed(&c, "2001:db8:c::1"));
	assert_false(peer_allowed(&c, "2001:db9::1"));
	/* The longer prefix does not win: denial does. */
	assert_int_equal(load(&c, "security { allow_prefixes = { \"2001:db8:b::/48\" }"
			      " deny_prefixes = { \"2001:db8::/32\" } }", NULL), 0);
	assert_false(peer_allowed(&c, "2001:db8:b::1"));
}

/* Flags, priority and weight can be set for a prefix while the daemon runs. */
static void test_preferences_at_run_time(void **state)
{
	struct conf_preferences l = { 0 };
	struct in6_addr a = addr("2001:db8:a::1");
	char why[256];

	(void)state;
	assert_int_equal(conf_preference_set(&l, "2001:db8:a::/48 1 2 temporary broken", why, sizeof(why)), 0);
	assert_int_equal(conf_preference_set(&l, "2001:db8::/32 9", why, sizeof(why)), 0);
	assert_int_equal(conf_preference_find(&l, &a)->flags, SHIM6_LOC_TRANSIENT | SHIM6_LOC_BROKEN);
	assert_int_equal(conf_preference_set(&l, "2001:db8:a:ffff::/48 7", why, sizeof(why)), 0);
	assert_int_equal(l.n, 2);
	assert_int_equal(conf_preference_find(&l, &a)->flags, 0);
	assert_int_equal(conf_preference_find(&l, &a)->priority, 7);
	assert_int_equal(conf_preference_remove(&l, "2001:db8:a::/47", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "no preference was set"));
	assert_int_equal(conf_preference_remove(&l, "2001:db8:a::/48", why, sizeof(why)), 0);
	assert_int_equal(conf_preference_find(&l, &a)->priority, 9);
	for (const char **bad = (const char *[]){ "", "::/0", "::/0 temporary", "::/0 1 temporary 2", "::/0 1 2 3",
						   "::/0 1 sometimes", "here 1", NULL }; *bad; bad++) {
		assert_int_equal(conf_preference_set(&l, *bad, why, sizeof(why)), -1);
		assert_non_null(strstr(why, "allowed: \"PREFIX PRIORITY"));
	}
	assert_int_equal(l.n, 1);
	for (int i = 1; i < CONF_LIST_MAX; i++) {
		char text[32];

		snprintf(text, sizeof(text), "2001:db8:%x::/48 1", i);
		assert_int_equal(conf_preference_set(&l, text, why, sizeof(why)), 0);
	}
	assert_int_equal(conf_preference_set(&l, "::/0 1", why, sizeof(why)), -1);
	assert_non_null(strstr(why, "take one away first"));
}

/* S5533-2.2-01: locators in disjoint groups */
static void test_groups(void **state)
{
	struct in6_addr a = addr("2001:db8:a::1");
	struct conf c;

	(void)state;
	conf_default(&c);
	assert_int_equal(conf_locator_group(&c, &a), 0);
	assert_int_equal(conf_set(&c, "locators", "groups", "2001:db8::/32 fd00::/8,2001:db8:a::/48", "x", say, NULL), 0);
	assert_int_equal(conf_locator_group(&c, &a), 2);
	a = addr("fd12::1");
	assert_int_equal(conf_locator_group(&c, &a), 1);
	a = addr("3fff::1");
	assert_int_equal(conf_locator_group(&c, &a), 0);
	refused("locators { groups = { \"2001:db8::/32 x\" } }", NULL, "is not a group");
	refused("locators { groups = { \"\" } }", NULL, "is not a group");
	refused("locators { groups = { \"a:: b:: c:: d:: e:: f:: 1:: 2:: 3::\" } }", NULL, "1..8 prefixes");
}

static void test_mask(void **state)
{
	struct conf c;

	(void)state;
	conf_default(&c);
	assert_int_equal(conf_set(&c, "dataplane", "fork_mark", "0xff000000", "x", say, NULL), 0);
	assert_int_equal(c.dataplane.fork_mark, 0xff000000);
	refused("", "dataplane.fork_mark=0x", "not a number");
	refused("", "dataplane.fork_mark=0x1g", "not a number");
	refused("", "dataplane.fork_mark=0x100000000", "not a number");
}

static void test_diff(void **state)
{
	struct conf a, b;
	char names[128];

	(void)state;
	conf_default(&a);
	b = a;
	assert_int_equal(conf_diff(&a, &b, names, sizeof(names)), 0);
	b.gc.idle = 1;
	b.trigger.answer_only = true;
	assert_int_equal(conf_diff(&a, &b, names, sizeof(names)), 2);
	assert_string_equal(names, "trigger.answer_only, gc.idle");
}

/* The sample has every key, and what stands commented there is the default. */
static void test_sample(void **state)
{
	char text[16384], *p = text;
	struct conf sample, plain;
	unsigned int found = 0;
	char line[256];
	FILE *f;

	(void)state;
	f = fopen(TEST_SOURCE_DIR "/etc/shim6.conf", "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *s = line + strspn(line, "\t");

		if (*s == '#' && islower((unsigned char)s[1]))
			*s = ' ';
		p += snprintf(p, sizeof(text) - (p - text), "%s", line);
		for (unsigned int i = 0; *s == ' ' && i < conf_keys_n; i++) {
			size_t n = strlen(conf_keys[i].name);

			if (!strncmp(s + 1, conf_keys[i].name, n) && s[1 + n] == ' ') {
				found++;
				break;
			}
		}
	}
	fclose(f);
	assert_int_equal(found, conf_keys_n);
	assert_int_equal(load(&sample, text, NULL), 0);
	assert_string_equal(said, "");
	load(&plain, "", NULL);
	assert_int_equal(conf_diff(&sample, &plain, line, sizeof(line)), 0);
	assert_int_equal(conf_load(&sample, TEST_SOURCE_DIR "/etc/shim6.conf", true, NULL, 0, say, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_missing_file),
		cmocka_unit_test(test_everything), cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_comments), cmocka_unit_test(test_advice),
		cmocka_unit_test(test_override_lists),
		cmocka_unit_test(test_full_list), cmocka_unit_test(test_match),
		cmocka_unit_test(test_peers),
		cmocka_unit_test(test_preferences_at_run_time),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_mask),
		cmocka_unit_test(test_diff), cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
