// SPDX-License-Identifier: GPL-2.0-or-later
/* Each message type against octets written by hand: what is decoded, what is encoded, what is ignored. */
#include "wire_test.h"

static struct s6_msg msg;

static void decode_vector(const char *hex)
{
	struct packet p = packet_of(hex);

	assert_verdict(decode(&p, &msg), S6_V_OK);
}

/* @hex without options but with every reserved bit of @reserved set decodes to the same as without. */
static void assert_reserved_ignored(const char *hex, const char *reserved)
{
	struct packet p = packet_of(hex), bits = packet_of(reserved);
	static struct s6_msg plain;

	assert_verdict(decode(&p, &plain), S6_V_OK);
	for (size_t i = 0; i < bits.len; i++) {
		assert_int_equal(p.octet[i] & bits.octet[i], 0);	/* sent as zero */
		p.octet[i] |= bits.octet[i];
	}
	finish(&p);
	assert_verdict(decode(&p, &msg), S6_V_OK);
	assert_int_equal(msg.tag, plain.tag);
	assert_int_equal(msg.packet_tag, plain.packet_tag);
	assert_int_equal(msg.nonce, plain.nonce);
	assert_int_equal(msg.resp_nonce, plain.resp_nonce);
	assert_int_equal(msg.reap_state, plain.reap_state);
	assert_int_equal(msg.n_sent, plain.n_sent);
	assert_int_equal(msg.n_rcvd, plain.n_rcvd);
	assert_int_equal(msg.fii, plain.fii);
	assert_int_equal(msg.ka_timeout, plain.ka_timeout);
	assert_memory_equal(&msg.sender_ulid, &plain.sender_ulid, 16);
	assert_memory_equal(&msg.receiver_ulid, &plain.receiver_ulid, 16);
}

/* The fixed part of @type takes @min octets: 8 less are too few. */
static void assert_min(uint8_t type, size_t min)
{
	struct packet p = { .len = min - 8, .octet = { SHIM6_NEXTHDR_NONE, 0, type } };
	enum s6_verdict v;

	finish(&p);
	assert_verdict(decode(&p, &msg), S6_V_SHORT);
	p.len = min;
	finish(&p);
	v = decode(&p, &msg);
	assert_int_not_equal(v, S6_V_SHORT);
}

/* S5533-5.1-01 S5533-5.1-02 S5533-5.3-01 S5533-5.3-02 S5533-5.3-03 S5533-5.3-04 */
static void wire_common_header(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet p = packet_of(vectors[i].hex);
		uint8_t buf[S6_MSG_MAX];
		size_t len;

		assert_verdict(decode(&p, &msg), S6_V_OK);
		assert_int_equal(msg.type, vectors[i].type);
		len = s6_encode(&msg, buf, sizeof(buf));
		assert_int_equal(len % 8, 0);
		assert_true(len >= 8);
		assert_int_equal(buf[0], 59);
		assert_int_equal(8 * (buf[1] + 1), len);
		assert_int_equal(buf[2], vectors[i].type);	/* P = 0 */
		assert_int_equal(buf[3] & 1, 0);		/* S */
	}
}

/*
 * S5533-5.3-09 S5533-5.3-10 S5533-5.3-11 S5533-5.3-12 S5533-5.3-13 S5533-5.3-14 S5533-5.3-15 S5533-5.3-16 S5533-5.3-17
 * S5533-5.3-18 S5533-5.3-19 S5534-5.1-01 S5534-5.2-01
 */
static void wire_type_codes(void **state)
{
	static const struct {
		uint8_t code;
		const char *name;
	} types[] = {
		{ 1, "I1" }, { 2, "R1" }, { 3, "I2" }, { 4, "R2" }, { 5, "R1bis" }, { 6, "I2bis" },
		{ 64, "Update Request" }, { 65, "Update Acknowledgement" }, { 66, "Keepalive" }, { 67, "Probe" },
		{ 68, "Error" },
	};
	unsigned int known = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_string_equal(s6_type_name(types[i].code), types[i].name);
	for (unsigned int t = 0; t < 256; t++)
		known += !!strcmp(s6_type_name(t), "unknown");
	assert_int_equal(known, 11);
}

/* S5533-5.4-01 S5533-5.4-02 S5533-5.4-03 */
static void wire_i1_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_I1, .tag = 0x5eadbeefcafe, .nonce = 0x01020304 };

	(void)state;
	decode_vector(VEC_I1);
	assert_int_equal(msg.tag, 0x5eadbeefcafe);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_false(msg.has_ulids || msg.has_fii || msg.has_locators || msg.has_prefs || msg.has_ka_timeout);
	assert_null(msg.validator.p);
	assert_encodes(&m, VEC_I1);
	assert_min(SHIM6_I1, 16);
}

/* S5533-5.4-04 S5533-5.4-05 */
static void wire_i1_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_I1, "0000 00fe 0000 8000");
}

/* S5533-5.4-08 S5533-5.4-09 S5533-5.15.6-03 S5533-5.15.6-04 S5533-5.15.6-06 S5533-5.15.7-01 */
static void wire_i1_options(void **state)
{
	struct s6_msg m = { .type = SHIM6_I1, .tag = 0x5eadbeefcafe, .nonce = 0x01020304, .has_ulids = true,
			    .sender_ulid = addr_of("2001:db8:aa::2"), .receiver_ulid = addr_of("2001:db8:bb::2"),
			    .has_fii = true, .fii = 0x11223344 };

	(void)state;
	decode_vector(VEC_I1_OPTIONS);
	assert_true(msg.has_ulids);
	assert_addr(&msg.sender_ulid, "2001:db8:aa::2");
	assert_addr(&msg.receiver_ulid, "2001:db8:bb::2");
	assert_true(msg.has_fii);
	assert_int_equal(msg.fii, 0x11223344);
	assert_encodes(&m, VEC_I1_OPTIONS);
}

/* S5533-5.5-01 S5533-5.5-02 S5533-5.5-03 */
static void wire_r1_layout(void **state)
{
	struct packet v = packet_of("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3");
	struct s6_msg m = { .type = SHIM6_R1, .nonce = 0x01020304, .resp_nonce = 0xf1f2f3f4,
			    .validator = { v.octet, v.len } };

	(void)state;
	decode_vector(VEC_R1);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_int_equal(msg.resp_nonce, 0xf1f2f3f4);
	assert_int_equal(msg.tag, 0);
	assert_int_equal(msg.validator.len, 20);
	assert_memory_equal(msg.validator.p, v.octet, 20);
	assert_encodes(&m, VEC_R1);
	assert_min(SHIM6_R1, 16);
}

/* S5533-5.5-04 S5533-5.5-05 */
static void wire_r1_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_R1, "0000 00fe 0000 ffff");
}

/* S5533-5.6-01 S5533-5.6-02 S5533-5.6-03 S5533-5.6-13 S5533-5.6-15 */
static void wire_i2_layout(void **state)
{
	struct packet v = packet_of("a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3"), pds = packet_of("d0d1d2d3d4"),
		      sig = packet_of("505152535455");
	struct s6_msg m = {
		.type = SHIM6_I2, .tag = 0x5eadbeefcafe, .nonce = 0x01020304, .resp_nonce = 0xf1f2f3f4,
		.validator = { v.octet, v.len }, .pds = { pds.octet, pds.len }, .signature = { sig.octet, sig.len },
		.has_locators = true, .locators = { .generation = 7, .n = 2 },
		.has_prefs = true, .prefs = { .generation = 7, .element_len = 3, .n = 2 },
		.has_ulids = true, .sender_ulid = addr_of("2001:db8:aa::2"),
		.receiver_ulid = addr_of("2001:db8:bb::2"),
	};

	(void)state;
	m.locators.loc[0].addr = addr_of("2001:db8:a::1");
	m.locators.loc[0].method = SHIM6_VERIFY_HBA;
	m.locators.loc[1].addr = addr_of("2001:db8:aa::2");
	m.locators.loc[1].method = SHIM6_VERIFY_CGA;
	m.prefs.el[0].flags = SHIM6_LOC_TRANSIENT;
	m.prefs.el[0].prio = 10;
	m.prefs.el[0].weight = 20;
	m.prefs.el[1].flags = SHIM6_LOC_BROKEN;
	m.prefs.el[1].prio = 1;
	m.prefs.el[1].weight = 2;

	decode_vector(VEC_I2);
	assert_int_equal(msg.tag, m.tag);
	assert_int_equal(msg.nonce, m.nonce);
	assert_int_equal(msg.resp_nonce, m.resp_nonce);
	assert_int_equal(msg.validator.len, 20);
	assert_memory_equal(msg.validator.p, v.octet, 20);
	assert_true(msg.has_locators);
	assert_int_equal(msg.locators_at, 48);
	assert_memory_equal(&msg.locators, &m.locators, sizeof(m.locators));
	assert_true(msg.has_prefs);
	assert_int_equal(msg.prefs_at, 96);
	assert_memory_equal(&msg.prefs, &m.prefs, sizeof(m.prefs));
	assert_int_equal(msg.pds.len, 5);
	assert_memory_equal(msg.pds.p, pds.octet, 5);
	assert_int_equal(msg.signature.len, 6);
	assert_memory_equal(msg.signature.p, sig.octet, 6);
	assert_true(msg.has_ulids);
	assert_addr(&msg.sender_ulid, "2001:db8:aa::2");
	assert_encodes(&m, VEC_I2);
	assert_min(SHIM6_I2, 24);
}

/* S5533-5.6-04 S5533-5.6-05 S5533-5.6-06 */
static void wire_i2_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_I2, "0000 00fe 0000 8000 0000 0000 0000 0000 0000 0000 ffff ffff");
}

/* S5533-5.7-01 S5533-5.7-02 S5533-5.7-03 */
static void wire_r2_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_R2, .tag = 0x23456789abcd, .nonce = 0x01020304,
			    .has_locators = true, .locators = { .generation = 0xffffffff, .n = 1 },
			    .has_ka_timeout = true, .ka_timeout = 30 };

	(void)state;
	m.locators.loc[0].addr = addr_of("2001:db8:b::1");
	m.locators.loc[0].method = SHIM6_VERIFY_HBA;
	decode_vector(VEC_R2);
	assert_int_equal(msg.tag, 0x23456789abcd);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_true(msg.has_locators);
	assert_memory_equal(&msg.locators, &m.locators, sizeof(m.locators));
	assert_true(msg.has_ka_timeout);
	assert_int_equal(msg.ka_timeout, 30);
	assert_encodes(&m, VEC_R2);
	assert_min(SHIM6_R2, 16);
}

/* S5533-5.7-04 S5533-5.7-05 */
static void wire_r2_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_R2, "0000 00fe 0000 8000");
}

/* S5533-5.8-01 S5533-5.8-02 S5533-5.8-03 S5533-5.8-09 */
static void wire_r1bis_layout(void **state)
{
	struct packet v = packet_of("a0a1a2a3a4a5a6a7a8a9aaab");
	struct s6_msg m = { .type = SHIM6_R1BIS, .tag = SHIM6_TAG_MAX, .resp_nonce = 0xf1f2f3f4,
			    .validator = { v.octet, v.len } };

	(void)state;
	decode_vector(VEC_R1BIS);
	assert_int_equal(msg.tag, 0x7fffffffffff);
	assert_int_equal(msg.resp_nonce, 0xf1f2f3f4);
	assert_int_equal(msg.nonce, 0);
	assert_int_equal(msg.validator.len, 12);
	assert_memory_equal(msg.validator.p, v.octet, 12);
	assert_encodes(&m, VEC_R1BIS);
	assert_min(SHIM6_R1BIS, 16);
}

/* S5533-5.8-04 S5533-5.8-05 */
static void wire_r1bis_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_R1BIS, "0000 00fe 0000 8000");
}

/* S5533-5.9-01 S5533-5.9-02 S5533-5.9-03 */
static void wire_i2bis_layout(void **state)
{
	struct packet v = packet_of("a0a1a2a3a4a5a6a7a8a9aaab");
	struct s6_msg m = { .type = SHIM6_I2BIS, .tag = 0x5eadbeefcafe, .nonce = 0x01020304, .resp_nonce = 0xf1f2f3f4,
			    .packet_tag = 0x7ffffffffffe, .validator = { v.octet, v.len }, .has_ulids = true,
			    .sender_ulid = addr_of("2001:db8:aa::2"), .receiver_ulid = addr_of("2001:db8:bb::2"),
			    .has_fii = true, .fii = 0x11223344 };

	(void)state;
	decode_vector(VEC_I2BIS);
	assert_int_equal(msg.tag, m.tag);
	assert_int_equal(msg.nonce, m.nonce);
	assert_int_equal(msg.resp_nonce, m.resp_nonce);
	assert_int_equal(msg.packet_tag, 0x7ffffffffffe);
	assert_int_equal(msg.validator.len, 12);
	assert_int_equal(msg.fii, 0x11223344);
	assert_encodes(&m, VEC_I2BIS);
	assert_min(SHIM6_I2BIS, 32);
}

/* S5533-5.9-04 S5533-5.9-05 S5533-5.9-06 */
static void wire_i2bis_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_I2BIS, "0000 00fe 0000 8000 0000 0000 0000 0000 0000 0000 ffff ffff ffff 8000");
}

/* S5533-5.10-01 S5533-5.10-02 S5533-5.10-03 */
static void wire_update_request_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .tag = 0x23456789abcd, .nonce = 0x11121314,
			    .has_prefs = true, .prefs = { .generation = 8, .element_len = 1, .n = 3 } };

	(void)state;
	m.prefs.el[0].flags = SHIM6_LOC_BROKEN;
	m.prefs.el[2].flags = SHIM6_LOC_TRANSIENT;
	decode_vector(VEC_UR);
	assert_int_equal(msg.tag, 0x23456789abcd);
	assert_int_equal(msg.nonce, 0x11121314);
	assert_true(msg.has_prefs);
	assert_memory_equal(&msg.prefs, &m.prefs, sizeof(m.prefs));
	assert_encodes(&m, VEC_UR);
	assert_min(SHIM6_UPDATE_REQ, 16);
}

/* S5533-5.10-04 S5533-5.10-05 */
static void wire_update_request_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_UR, "0000 00fe 0000 8000");
}

/* S5533-5.11-01 S5533-5.11-02 S5533-5.11-03 S5533-5.11-07 */
static void wire_update_ack_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_ACK, .tag = 0x5eadbeefcafe, .nonce = 0x11121314 };

	(void)state;
	decode_vector(VEC_UA);
	assert_int_equal(msg.tag, 0x5eadbeefcafe);
	assert_int_equal(msg.nonce, 0x11121314);
	assert_encodes(&m, VEC_UA);
	assert_min(SHIM6_UPDATE_ACK, 16);
}

/* S5533-5.11-04 S5533-5.11-05 */
static void wire_update_ack_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_UA, "0000 00fe 0000 8000");
}

/* S5534-5.1-01 S5534-5.1-02 S5534-5.1-03 */
static void wire_keepalive_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_KEEPALIVE, .tag = 0x23456789abcd };

	(void)state;
	decode_vector(VEC_KEEPALIVE);
	assert_int_equal(msg.tag, 0x23456789abcd);
	assert_encodes(&m, VEC_KEEPALIVE);
	assert_min(SHIM6_KEEPALIVE, 16);
}

/* S5534-5.1-04 S5534-5.1-05 S5534-5.1-06 */
static void wire_keepalive_reserved_ignored(void **state)
{
	(void)state;
	assert_reserved_ignored(VEC_KEEPALIVE, "0000 00fe 0000 8000 0000 0000 ffff ffff");
}

/* S5534-5.1-07 */
static void wire_keepalive_takes_options(void **state)
{
	struct packet p = packet_of(VEC_KEEPALIVE);

	(void)state;
	add_hex(&p, "0258 0004 0000 0000");	/* type 300, C = 0 */
	finish(&p);
	assert_verdict(decode(&p, &msg), S6_V_OK);
}

/* S5533-5.14-01 S5533-5.14-02 S5533-5.14-04 */
static void wire_error_layout(void **state)
{
	struct packet q = packet_of("6000 0000 0018 8c40 2001 0db8 000b 0000 0000 0000 0000 0001");
	struct s6_msg m = { .type = SHIM6_ERROR, .code = SHIM6_ERR_OPTION, .pointer = 56,
			    .packet = { q.octet, q.len } };

	(void)state;
	decode_vector(VEC_ERROR);
	assert_int_equal(msg.code, 1);
	assert_int_equal(msg.pointer, 56);
	assert_int_equal(msg.packet.len, 24);
	assert_memory_equal(msg.packet.p, q.octet, 24);
	assert_encodes(&m, VEC_ERROR);
	assert_min(SHIM6_ERROR, 16);	/* Q13 */
}

/* S5533-5.14-06 S5533-5.14-07 S5533-5.14-08 S5533-5.14-09 S5533-5.14-10 S5533-5.14-11 */
static void wire_error_codes(void **state)
{
	static const uint8_t codes[] = { 0, 1, 2, 3, 4, 120, 127 };
	uint8_t quote[8] = { 0x60 };

	(void)state;
	for (size_t i = 0; i < sizeof(codes); i++) {
		struct s6_msg m = { .type = SHIM6_ERROR, .code = codes[i], .packet = { quote, 8 } };
		struct packet p = { 0 };

		p.len = s6_encode(&m, p.octet, sizeof(p.octet));
		assert_int_equal(p.len, 16);
		assert_int_equal(p.octet[3], codes[i] * 2);	/* high 7 bits; S = 0 */
		assert_verdict(decode(&p, &msg), S6_V_OK);
		assert_int_equal(msg.code, codes[i]);
	}
}

/* S5533-5.14-03 S5533-5.14-02 S5533-5.1-04: the quote is cut so that the packet with its IPv6 header has 1280 octets */
static void wire_error_quote_size(void **state)
{
	static const struct {
		size_t quote, len;
	} sizes[] = {
		{ 0, 16 }, { 1, 16 }, { 8, 16 }, { 9, 24 }, { 40, 48 }, { 1231, 1240 }, { 1232, 1240 },
		{ 1233, 1240 }, { 1280, 1240 }, { 1500, 1240 },
	};
	static uint8_t quote[1500];

	(void)state;
	memset(quote, 0xee, sizeof(quote));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct s6_msg m = { .type = SHIM6_ERROR, .packet = { quote, sizes[i].quote } };
		struct packet p = { 0 };

		p.len = s6_encode(&m, p.octet, sizeof(p.octet));
		assert_int_equal(p.len, sizes[i].len);
		assert_true(p.len + 40 <= 1280);
		assert_verdict(decode(&p, &msg), S6_V_OK);
		assert_int_equal(msg.packet.len, sizes[i].len - 8);
		for (size_t k = 0; k < msg.packet.len; k++)
			assert_int_equal(msg.packet.p[k], k < sizes[i].quote ? 0xee : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_common_header),
		cmocka_unit_test(wire_type_codes),
		cmocka_unit_test(wire_i1_layout),
		cmocka_unit_test(wire_i1_reserved_ignored),
		cmocka_unit_test(wire_i1_options),
		cmocka_unit_test(wire_r1_layout),
		cmocka_unit_test(wire_r1_reserved_ignored),
		cmocka_unit_test(wire_i2_layout),
		cmocka_unit_test(wire_i2_reserved_ignored),
		cmocka_unit_test(wire_r2_layout),
		cmocka_unit_test(wire_r2_reserved_ignored),
		cmocka_unit_test(wire_r1bis_layout),
		cmocka_unit_test(wire_r1bis_reserved_ignored),
		cmocka_unit_test(wire_i2bis_layout),
		cmocka_unit_test(wire_i2bis_reserved_ignored),
		cmocka_unit_test(wire_update_request_layout),
		cmocka_unit_test(wire_update_request_reserved_ignored),
		cmocka_unit_test(wire_update_ack_layout),
		cmocka_unit_test(wire_update_ack_reserved_ignored),
		cmocka_unit_test(wire_keepalive_layout),
		cmocka_unit_test(wire_keepalive_reserved_ignored),
		cmocka_unit_test(wire_keepalive_takes_options),
		cmocka_unit_test(wire_error_layout),
		cmocka_unit_test(wire_error_codes),
		cmocka_unit_test(wire_error_quote_size),
	};

	return cmocka_run_group_tests_name("wire_layout", tests, NULL, NULL);
}
