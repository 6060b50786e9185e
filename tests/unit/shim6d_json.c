// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shim6d: a context as JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <string.h>

#include "shim6d/ctxjson.c"
#include "shim6d/text.c"

static struct in6_addr addr(const char *s)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, s, &a), 1);
	return a;
}

static const char *str(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static struct s6_ctx context(void)
{
	struct s6_ctx c = {
		.id = 3, .state = S6_ESTABLISHED, .ct_local = SHIM6_TAG_MAX, .ct_peer = 1, .fii = 4000000000u,
		.ka_timeout = 15000, .since = 700, .locally_triggered = true,
	};

	c.ulid_local = addr("2001:db8:1::1");
	c.ulid_peer = addr("2001:db8:2::1");
	c.loc_local = addr("2001:db8:3::1");
	c.loc_peer = addr("2001:db8:4::1");
	c.ls_local.n = c.ls_peer.n = S6_LOCATORS_MAX;
	for (int i = 0; i < S6_LOCATORS_MAX; i++) {
		c.ls_local.loc[i].addr = c.ls_peer.loc[i].addr = addr("2001:db8:5::1");
		c.ls_peer.loc[i].addr.s6_addr[15] = i;
	}
	c.ls_peer.generation = 4294967295u;
	c.ls_peer.loc[1].flags = SHIM6_LOC_BROKEN | SHIM6_LOC_TRANSIENT;
	c.ls_peer.loc[1].method = SHIM6_VERIFY_HBA;
	c.ls_peer.loc[1].prio = 2;
	c.ls_peer.loc[1].weight = 255;
	return c;
}

static void test_known(void **state)
{
	struct kctl_ctx k = { .tx_age = 5, .rx_age = UINT32_MAX };
	struct ctxjson_more more = { .now = 1000, .created = 400, .reap = 1, .flows = 2, .k = &k };
	struct s6_ctx c = context();
	json_t *o, *loc;

	(void)state;
	o = ctxjson(&c, &more);
	assert_non_null(o);
	assert_int_equal(json_integer_value(json_object_get(o, "id")), 3);
	assert_string_equal(str(o, "state"), "ESTABLISHED");
	assert_string_equal(str(o, "ulid_local"), "2001:db8:1::1");
	assert_string_equal(str(o, "ulid_peer"), "2001:db8:2::1");
	assert_string_equal(str(o, "loc_local"), "2001:db8:3::1");
	assert_string_equal(str(o, "loc_peer"), "2001:db8:4::1");
	assert_string_equal(str(o, "ct_local"), "0x7fffffffffff");
	assert_string_equal(str(o, "ct_peer"), "0x000000000001");
	assert_string_equal(str(o, "reap"), "exploring");
	assert_true(json_is_true(json_object_get(o, "shimmed")));
	assert_true(json_integer_value(json_object_get(o, "fii")) == 4000000000);
	assert_true(json_integer_value(json_object_get(o, "gen_peer")) == 4294967295);
	assert_int_equal(json_integer_value(json_object_get(o, "age")), 600);
	assert_int_equal(json_integer_value(json_object_get(o, "since")), 300);
	assert_int_equal(json_integer_value(json_object_get(o, "tx_age")), 5);
	assert_true(json_is_null(json_object_get(o, "rx_age")));
	assert_int_equal(json_integer_value(json_object_get(o, "flows")), 2);
	assert_int_equal(json_array_size(json_object_get(o, "ls_local")), S6_LOCATORS_MAX);
	loc = json_array_get(json_object_get(o, "ls_peer"), 1);
	assert_string_equal(str(loc, "addr"), "2001:db8:5::1");
	assert_string_equal(str(loc, "verify"), "hba");
	assert_int_equal(json_array_size(json_object_get(loc, "flags")), 2);
	assert_int_equal(json_integer_value(json_object_get(loc, "weight")), 255);
	json_decref(o);
}

static void test_unknown(void **state)
{
	struct ctxjson_more more = { .now = 1000, .created = 1000, .reap = REAP_UNKNOWN, .flows = -1 };
	struct s6_ctx c = context();
	json_t *o;

	(void)state;
	c.state = S6_I1_SENT;
	c.loc_local = c.ulid_local;
	c.loc_peer = c.ulid_peer;
	o = ctxjson(&c, &more);
	assert_non_null(o);
	assert_true(json_is_null(json_object_get(o, "ct_peer")));
	assert_true(json_is_null(json_object_get(o, "reap")));
	assert_true(json_is_null(json_object_get(o, "flows")));
	assert_true(json_is_null(json_object_get(o, "tx_age")));
	assert_true(json_is_false(json_object_get(o, "shimmed")));
	json_decref(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
