// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * shim6d: text for ip6tables-restore, and the state file.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "shim6d/ruletext.c"
#include "shim6d/statefile.c"

#define TABLE_RULES	"-A SHIM6_IN -j SHIM6\n-A SHIM6_OUT -j SHIM6\n"
#define CONTROL_RULES	"-A SHIM6_IN -p 140 -m shim6 --control -j SHIM6_CTL\n" \
			"-A SHIM6_CTL -m shim6 --control --type keepalive,probe -j NFQUEUE --queue-num 2 --queue-bypass\n" \
			"-A SHIM6_CTL -m shim6 --control -j NFQUEUE --queue-num 1 --queue-bypass\n"
#define HEAD		"*mangle\n:SHIM6_IN - [0:0]\n:SHIM6_OUT - [0:0]\n:SHIM6_CTL - [0:0]\n" CONTROL_RULES

static void same(char *text, const char *expect)
{
	assert_non_null(text);
	assert_string_equal(text, expect);
	free(text);
}

static void test_fresh(void **state)
{
	struct rules_want want = { .table = true, .queue_control = 1, .queue_reap = 2 };
	struct rules_seen seen;

	(void)state;
	ruletext_read("-P INPUT ACCEPT\n-P OUTPUT ACCEPT\n-A INPUT -p tcp -j ACCEPT\n", &seen);
	assert_false(seen.chain_in || seen.chain_out || seen.jumps_in || seen.jumps_out);
	same(ruletext_install(&want, &seen), HEAD TABLE_RULES "-I INPUT -j SHIM6_IN\n-I OUTPUT -j SHIM6_OUT\nCOMMIT\n");
	want.table = false;
	assert_true(ruletext_whole(&want, &seen));		/* hooks need none */
	want.table = true;
	assert_false(ruletext_whole(&want, &seen));
}

/* What others may have taken away. */
static void test_whole(void **state)
{
	static const char *const all[] = {
		"-N SHIM6_IN\n", "-N SHIM6_OUT\n", "-N SHIM6_CTL\n", "-A INPUT -j SHIM6_IN\n", "-A OUTPUT -j SHIM6_OUT\n",
		"-A SHIM6_IN -p 140 -m shim6 --control -j SHIM6_CTL\n",
		"-A SHIM6_CTL -m shim6 --control --type keepalive,probe -j NFQUEUE --queue-num 2 --queue-bypass\n",
		"-A SHIM6_CTL -m shim6 --control -j NFQUEUE --queue-num 1 --queue-bypass\n",
		"-A SHIM6_IN -j SHIM6\n", "-A SHIM6_OUT -j SHIM6\n",
	};
	struct rules_want want = { .table = true, .queue_control = 1, .queue_reap = 2 };
	struct rules_static fixed = { .in = true };
	struct rules_seen seen;
	char text[1024];

	(void)state;
	for (int without = -1; without < 10; without++) {
		*text = '\0';
		for (int i = 0; i < 10; i++)
			if (i != without)
				snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s", all[i]);
		ruletext_read(text, &seen);
		assert_int_equal(ruletext_whole(&want, &seen), without < 0);
	}
	want = (struct rules_want){ .n = 1, .fixed = &fixed };
	ruletext_read("-N SHIM6_IN\n-N SHIM6_OUT\n-N SHIM6_CTL\n-A INPUT -j SHIM6_IN\n-A OUTPUT -j SHIM6_OUT\n", &seen);
	assert_false(ruletext_whole(&want, &seen));
	seen.rules_in = 1;
	assert_true(ruletext_whole(&want, &seen));
}

static void test_predecessor(void **state)
{
	struct rules_want want = { .table = true, .queue_control = 1, .queue_reap = 2 };
	struct rules_seen seen;

	(void)state;
	ruletext_read("-P INPUT ACCEPT\n-N SHIM6_CTL\n-N SHIM6_IN\n-N SHIM6_OUT\n-A INPUT -j SHIM6_IN\n-A OUTPUT -p tcp -j "
		      "SHIM6_OUT\n-A INPUT -j SHIM6_IN\n-A OUTPUT -j SHIM6_OUT \n-A SHIM6_IN -j SHIM6", &seen);
	assert_true(seen.chain_in && seen.chain_out);
	assert_int_equal(seen.jumps_in, 2);
	assert_int_equal(seen.jumps_out, 1);
	same(ruletext_install(&want, &seen), HEAD TABLE_RULES "COMMIT\n");
	same(ruletext_detach(&seen), "*mangle\n-D INPUT -j SHIM6_IN\n-D INPUT -j SHIM6_IN\n-D OUTPUT -j SHIM6_OUT\n"
	     "-F SHIM6_IN\n-F SHIM6_OUT\n-F SHIM6_CTL\nCOMMIT\n");
	same(ruletext_delete(&seen), "*mangle\n-X SHIM6_IN\n-X SHIM6_OUT\n-X SHIM6_CTL\nCOMMIT\n");
	ruletext_read("", &seen);
	same(ruletext_detach(&seen), "*mangle\nCOMMIT\n");
}

static void test_static(void **state)
{
	struct rules_static fixed[2] = { { .tag = 0x282026b12363 }, { .in = true, .tag = 0x551d7434e8ae } };
	struct rules_want want = { .table = true, .queue_control = 1, .queue_reap = 2, .n = 2, .fixed = fixed };
	struct rules_seen seen = { .chain_in = true, .chain_out = true, .jumps_in = 1, .jumps_out = 1 };

	(void)state;
	for (int i = 0; i < 2; i++) {
		inet_pton(AF_INET6, "2001:db8::1", &fixed[i].ulid_local);
		inet_pton(AF_INET6, "2001:db8::2", &fixed[i].ulid_peer);
	}
	inet_pton(AF_INET6, "2001:db8::a", &fixed[0].src);
	inet_pton(AF_INET6, "2001:db8::b", &fixed[0].dst);
	same(ruletext_install(&want, &seen), HEAD
	     "-A SHIM6_OUT -s 2001:db8::1 -d 2001:db8::2 -j SHIM6 --cid 0x282026b12363 --src-loc 2001:db8::a "
	     "--dst-loc 2001:db8::b\n"
	     "-A SHIM6_IN -m shim6 --data --mcid 0x551d7434e8ae -j SHIM6 --cid 0x551d7434e8ae --src-loc 2001:db8::2 "
	     "--dst-loc 2001:db8::1\n" TABLE_RULES "COMMIT\n");
}

/* --- state file ------------------------------------------------------------------------------------------------- */

static const struct statefile_where here = { "01234567-89ab-cdef-0123-456789abcdef", 4026531840 };

static size_t make(uint8_t *p, uint32_t contexts)
{
	size_t at = STATEFILE_HEADER;

	statefile_put_header(p, &here, contexts);
	for (uint32_t i = 0; i < contexts; i++) {
		statefile_put_record(p + at, 0x1000 + i, 10 + i);
		at += STATEFILE_RECORD;
		memset(p + at, i, 10 + i);
		at += 10 + i;
	}
	return at;
}

static void test_round_trip(void **state)
{
	uint8_t p[512];
	size_t len = make(p, 3), at = STATEFILE_HEADER, blob_len;
	const uint8_t *blob;
	uint64_t tag;

	(void)state;
	assert_null(statefile_check(p, len, &here));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(statefile_next(p, len, &at, &tag, &blob, &blob_len), 1);
		assert_true(tag == 0x1000 + i);
		assert_int_equal(blob_len, 10 + i);
		assert_int_equal(blob[0], i);
	}
	assert_int_equal(statefile_next(p, len, &at, &tag, &blob, &blob_len), 0);
	len = make(p, 0);
	assert_null(statefile_check(p, len, &here));
}

static void test_elsewhere(void **state)
{
	struct statefile_where there = here;
	uint8_t p[512];
	size_t len = make(p, 1);

	(void)state;
	there.netns++;
	assert_string_equal(statefile_check(p, len, &there), "it is of another network namespace");
	there = here;
	there.boot_id[0] = 'f';
	assert_string_equal(statefile_check(p, len, &there), "it is of another boot");
	p[7]++;
	assert_string_equal(statefile_check(p, len, &here), "it is not a state file of this version");
}

/* Whatever is cut off or changed, nothing is read beyond the end, and a damaged file is no good. */
static void test_damage(void **state)
{
	uint8_t p[512], *exact;
	size_t len = make(p, 3);

	(void)state;
	for (size_t cut = 0; cut < len; cut++) {
		exact = malloc(cut ? cut : 1);
		memcpy(exact, p, cut);
		assert_non_null(statefile_check(exact, cut, &here));
		free(exact);
	}
	for (uint32_t n = 0; n < 64; n++) {
		memset(p + STATEFILE_HEADER + 8, n * 37, 4);
		if (n)
			assert_non_null(statefile_check(p, len, &here));
	}
	make(p, 3);
	memset(p + STATEFILE_HEADER + 8, 0xff, 4);
	assert_string_equal(statefile_check(p, len, &here), "it is damaged");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fresh), cmocka_unit_test(test_whole),
		cmocka_unit_test(test_fresh), cmocka_unit_test(test_predecessor),
		cmocka_unit_test(test_static), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_elsewhere), cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
