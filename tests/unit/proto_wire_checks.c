// SPDX-License-Identifier: GPL-2.0-or-later
/* What a message has to pass before its content counts: RFC 5533, 12.3.  Damage of every kind. */
#include "wire_test.h"

static struct s6_msg msg;
static size_t fault;

/* S5533-12.3-02: every truncation of every message, at the end of an allocated block */
static void wire_truncations(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet p = packet_of(vectors[i].hex);

		for (size_t len = 0; len < p.len; len++)
			assert_verdict(decode_len(&p, len, &msg, &fault), S6_V_TRUNCATED);
		assert_verdict(decode_len(&p, p.len, &msg, &fault), S6_V_OK);
	}
}

/* S5533-5.15-21: cut short by somebody who gets Hdr Ext Len and checksum right */
static void wire_cut_messages(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet whole = packet_of(vectors[i].hex);

		for (size_t len = 8; len < whole.len; len += 8) {
			struct packet p = whole;
			enum s6_verdict v;

			p.len = len;
			finish(&p);
			v = decode_len(&p, len, &msg, &fault);
			if (len < 16)
				assert_verdict(v, S6_V_SHORT);
			else if (v != S6_V_OK && v != S6_V_SHORT && v != S6_V_OPTION_LENGTH &&
				 v != S6_V_OPTION_MISSING && v != S6_V_PROBE)
				fail_msg("vector %zu cut to %zu: %s", i, len, s6_verdict_name(v));
			if (vectors[i].type == SHIM6_PROBE)
				assert_int_not_equal(v, S6_V_OK);
		}
	}
}

/* S5533-12.3-01: every change of one octet of every message */
static void wire_corruptions(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet p = packet_of(vectors[i].hex);

		for (size_t at = 0; at < p.len; at++) {
			for (unsigned int flip = 1; flip < 256; flip++) {
				enum s6_verdict v;
				size_t hdr;

				p.octet[at] ^= flip;
				v = decode_len(&p, p.len, &msg, &fault);
				hdr = 8 * (p.octet[1] + 1);
				if (hdr > p.len)
					assert_verdict(v, S6_V_TRUNCATED);
				else if (p.octet[2] & 0x80)
					assert_verdict(v, S6_V_NOT_CONTROL);
				else if (p.octet[3] & 1)
					assert_verdict(v, S6_V_HIP);
				else if (sum_of(p.octet, hdr) != p.octet[4] * 256 + p.octet[5])
					assert_verdict(v, S6_V_CHECKSUM);
				else
					assert_int_not_equal(at, 0);	/* only a new length can hit a right sum */
				p.octet[at] ^= flip;
			}
		}
	}
}

/* The same with a checksum that is right again: no crash, and only verdicts of the content. */
static void wire_corruptions_checksummed(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet whole = packet_of(vectors[i].hex);

		for (size_t at = 6; at < whole.len; at++) {
			for (unsigned int flip = 1; flip < 256; flip++) {
				struct packet p = whole;
				enum s6_verdict v;

				p.octet[at] ^= flip;
				finish(&p);
				v = decode_len(&p, p.len, &msg, &fault);
				if (v == S6_V_CHECKSUM || v == S6_V_TRUNCATED || v == S6_V_TYPE)
					fail_msg("vector %zu octet %zu: %s", i, at, s6_verdict_name(v));
				if (vectors[i].type == SHIM6_ERROR)	/* whatever is quoted */
					assert_verdict(v, S6_V_OK);
			}
		}
	}
}

/* S5533-5.3-05 */
static void wire_checksum(void **state)
{
	static const uint8_t ones[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	/* The worked example of RFC 1071, section 3: sum ddf2. */
	static const uint8_t example[8] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	static const uint8_t zeros[8];

	(void)state;
	assert_int_equal(s6_checksum(zeros, 8), 0xffff);
	assert_int_equal(s6_checksum(ones, 8), 0);
	assert_int_equal(s6_checksum(example, 8), 0xffff - 0xddf2);
	assert_int_equal(s6_checksum(example, 0), 0xffff);
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet p = packet_of(vectors[i].hex);

		assert_int_equal(s6_checksum(p.octet, p.len), 0);
		assert_int_equal(sum_of(p.octet, p.len), p.octet[4] * 256 + p.octet[5]);
	}
}

/* S5533-5.3-06: any address pair will do */
static void wire_checksum_without_addresses(void **state)
{
	struct in6_addr a = addr_of("2001:db8:1234::99"), b = addr_of("fd00::5");
	struct packet p = packet_of(VEC_I1);

	(void)state;
	assert_verdict(s6_decode(p.octet, p.len, &a, &b, &msg, &fault), S6_V_OK);
	assert_verdict(s6_decode(p.octet, p.len, &b, &a, &msg, &fault), S6_V_OK);
}

/* S5533-5.3-07; Q26: what follows the header is neither summed up nor read, whatever Next Header says */
static void wire_trailing_data(void **state)
{
	(void)state;
	for (unsigned int nexthdr = 0; nexthdr < 256; nexthdr++) {
		struct packet p = packet_of(VEC_I1);

		p.octet[0] = nexthdr;
		finish(&p);
		add_hex(&p, "ffff ffff ffff ff");
		assert_verdict(decode_len(&p, p.len, &msg, &fault), S6_V_OK);
		assert_int_equal(msg.nonce, 0x01020304);
	}
}

/* S5533-12.3-03 */
static void wire_addresses(void **state)
{
	static const char *const bad[] = { "::", "ff02::1", "ff0e::5", "ff00::" };
	struct in6_addr good = addr_of("2001:db8:a::1");
	struct packet p = packet_of(VEC_I1);

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct in6_addr a = addr_of(bad[i]);

		assert_verdict(s6_decode(p.octet, p.len, &a, &good, &msg, &fault), S6_V_ADDRESS);
		assert_verdict(s6_decode(p.octet, p.len, &good, &a, &msg, &fault), S6_V_ADDRESS);
	}
	assert_verdict(s6_decode(p.octet, p.len, &good, &good, &msg, &fault), S6_V_OK);
}

/* S5533-5.1-03 S5533-5.3-04 */
static void wire_p_and_s_bits(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet p = packet_of(vectors[i].hex);

		p.octet[2] |= SHIM6_P_BIT;
		finish(&p);
		assert_verdict(decode(&p, &msg), S6_V_NOT_CONTROL);
		p.octet[2] &= ~SHIM6_P_BIT;
		p.octet[3] |= SHIM6_S_BIT;
		finish(&p);
		assert_verdict(decode(&p, &msg), S6_V_HIP);
	}
}

/* S5533-12.3-04 S5533-5.14-06: all 117 unknown types; the type stands in octet 2 */
static void wire_unknown_types(void **state)
{
	unsigned int unknown = 0;

	(void)state;
	for (unsigned int t = 0; t < 128; t++) {
		struct packet p = packet_of(VEC_UA);
		enum s6_verdict v;

		p.octet[2] = t;
		finish(&p);
		v = decode_len(&p, p.len, &msg, &fault);
		if (strcmp(s6_type_name(t), "unknown"))
			continue;
		unknown++;
		assert_verdict(v, S6_V_TYPE);
		assert_int_equal(fault, 2);
		assert_int_equal(msg.type, t);
		p.len = 8;	/* an unknown type has no fixed part that we know */
		finish(&p);
		assert_verdict(decode(&p, &msg), S6_V_TYPE);
	}
	assert_int_equal(unknown, 117);
}

/* S5533-12.3-01 S5533-12.3-02 S5533-12.3-03 S5533-12.3-04: of several faults the first in this order is told */
static void wire_check_order(void **state)
{
	static const enum s6_verdict order[] = { S6_V_TRUNCATED, S6_V_NOT_CONTROL, S6_V_HIP, S6_V_ADDRESS,
						 S6_V_CHECKSUM, S6_V_TYPE };
	struct in6_addr any = addr_of("::"), src = addr_of("2001:db8::1");

	(void)state;
	for (size_t first = 0; first < sizeof(order) / sizeof(order[0]); first++) {
		struct packet p = packet_of("3b00 0900 0000 0000");	/* unknown type, wrong sum */

		if (first <= 2)
			p.octet[3] |= SHIM6_S_BIT;
		if (first <= 1)
			p.octet[2] |= SHIM6_P_BIT;
		if (first == 0)
			p.octet[1] = 1;
		if (first == 5)
			finish(&p);
		assert_verdict(s6_decode(p.octet, p.len, first <= 3 ? &any : &src, &src, &msg, &fault), order[first]);
	}
}

/* Counters and explanations exist for each verdict, and no two share a name. */
static void wire_verdict_names(void **state)
{
	(void)state;
	for (int v = 0; v < S6_V_MAX; v++) {
		assert_non_null(s6_verdict_name(v));
		assert_true(strlen(s6_verdict_text(v)) > 10);
		for (int w = 0; w < v; w++)
			assert_string_not_equal(s6_verdict_name(v), s6_verdict_name(w));
	}
	assert_string_equal(s6_verdict_name(S6_V_MAX), "unknown");
	assert_non_null(s6_verdict_text(-1));
}

/* RFC 5534, 3.1 and what could never be a locator */
static void addresses_of_locators(void **state)
{
	static const char *const good[] = { "2001:db8::1", "fd12:3456::1", "2002::1", "2600::", "64:ff9b::1" };
	static const char *const bad[] = { "::", "::1", "ff02::1", "fe80::1", "febf::1", "fec0::1", "feff::1",
					   "::ffff:192.0.2.1" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct in6_addr a = addr_of(good[i]);

		assert_true(s6_addr_ok(&a));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct in6_addr a = addr_of(bad[i]);

		assert_false(s6_addr_ok(&a));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_truncations),
		cmocka_unit_test(wire_cut_messages),
		cmocka_unit_test(wire_corruptions),
		cmocka_unit_test(wire_corruptions_checksummed),
		cmocka_unit_test(wire_checksum),
		cmocka_unit_test(wire_checksum_without_addresses),
		cmocka_unit_test(wire_trailing_data),
		cmocka_unit_test(wire_addresses),
		cmocka_unit_test(wire_p_and_s_bits),
		cmocka_unit_test(wire_unknown_types),
		cmocka_unit_test(wire_check_order),
		cmocka_unit_test(wire_verdict_names),
		cmocka_unit_test(addresses_of_locators),
	};

	return cmocka_run_group_tests_name("wire_checks", tests, NULL, NULL);
}
