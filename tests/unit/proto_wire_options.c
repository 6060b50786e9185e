// SPDX-License-Identifier: GPL-2.0-or-later
/* Options: lengths, padding, where they may stand, what happens to those nobody knows.  RFC 5533, 5.15. */
#include "wire_test.h"

static struct s6_msg msg;
static size_t fault;

static enum s6_verdict decode_fault(const struct packet *p)
{
	return decode_len(p, p->len, &msg, &fault);
}

/* The fixed part of @type, all zero, and the validator if it must have one. */
static struct packet message(uint8_t type)
{
	struct packet p = { .len = 16, .octet = { SHIM6_NEXTHDR_NONE, 0, type } };

	if (type == SHIM6_I2)
		p.len = 24;
	if (type == SHIM6_I2BIS)
		p.len = 32;
	if (type == SHIM6_PROBE) {
		p.octet[12] = 0x01;	/* Psent 1 */
		p.len = 56;
	}
	if (type == SHIM6_R1 || type == SHIM6_R1BIS || type == SHIM6_I2 || type == SHIM6_I2BIS)
		add_hex(&p, "0002 0004 0000 0000");
	finish(&p);
	return p;
}

static enum s6_verdict decode_with(uint8_t type, const char *option)
{
	struct packet p = message(type);

	add_hex(&p, option);
	finish(&p);
	return decode_fault(&p);
}

static const uint8_t all_types[] = {
	SHIM6_I1, SHIM6_R1, SHIM6_I2, SHIM6_R2, SHIM6_R1BIS, SHIM6_I2BIS, SHIM6_UPDATE_REQ, SHIM6_UPDATE_ACK,
	SHIM6_KEEPALIVE, SHIM6_PROBE,
};

/* S5533-5.15-01 S5533-5.15-02 S5533-5.15-03 S5533-5.15-05 S5533-5.15-06 S5533-5.15.1-01 */
static void option_padding_table(void **state)
{
	static const uint8_t total[] = {
		8, 8, 8, 8, 8, 16, 16, 16, 16, 16, 16, 16, 16, 24, 24, 24, 24, 24, 24, 24, 24, 32,
	};
	uint8_t octets[sizeof(total)];

	(void)state;
	memset(octets, 0xee, sizeof(octets));
	for (size_t n = 0; n < sizeof(total); n++) {
		struct s6_msg m = { .type = SHIM6_R1, .validator = { octets, n } };
		struct packet p = { 0 };

		p.len = s6_encode(&m, p.octet, sizeof(p.octet));
		assert_int_equal(p.len, 16 + total[n]);
		assert_int_equal(total[n], 11 + n - (n + 3) % 8);	/* the RFC's formula */
		assert_int_equal(p.octet[16], 0);
		assert_int_equal(p.octet[17], 2);
		assert_int_equal(p.octet[18], 0);
		assert_int_equal(p.octet[19], n);
		for (size_t i = 20; i < p.len; i++)
			assert_int_equal(p.octet[i], i < 20 + n ? 0xee : 0);
		assert_verdict(decode(&p, &msg), S6_V_OK);
		assert_non_null(msg.validator.p);	/* a length of 0 is not an absent validator */
		assert_int_equal(msg.validator.len, n);
		assert_memory_equal(msg.validator.p, octets, n);
	}
}

/* S5533-5.15-04 */
static void option_padding_not_checked(void **state)
{
	(void)state;
	assert_verdict(decode_with(SHIM6_I2, "0008 0001 aaff ffff"), S6_V_OK);
	assert_int_equal(msg.pds.len, 1);
	assert_verdict(decode_with(SHIM6_UPDATE_REQ, "0006 0006 0000 0001 0102 ffff ffff ffff"), S6_V_OK);
	assert_int_equal(msg.prefs.n, 1);
	assert_verdict(decode_with(SHIM6_UPDATE_REQ, "0004 000c 0000 0001 00ff ffff ffff ffff"), S6_V_OK);
	assert_int_equal(msg.locators.n, 0);
}

/*
 * S5533-5.15-07 S5533-5.15-09 S5533-5.15-10 S5533-5.15-11 S5533-5.15-12 S5533-5.15-13 S5533-5.15-14 S5533-5.15-15
 * S5533-5.15-16 S5534-5.3-06
 */
static void option_type_codes(void **state)
{
	static const uint8_t first_two[][2] = {	/* as they follow each other in an I2 of our encoder */
		{ 0, 0x02 }, { 0, 0x04 }, { 0, 0x06 }, { 0, 0x08 }, { 0, 0x0a }, { 0, 0x0c }, { 0, 0x0e }, { 0, 0x14 },
	};
	uint8_t octets[4] = { 0 }, buf[S6_MSG_MAX];
	struct s6_msg m = { .type = SHIM6_I2, .validator = { octets, 4 }, .pds = { octets, 4 },
			    .signature = { octets, 4 }, .has_locators = true, .has_prefs = true, .has_ulids = true,
			    .has_fii = true, .has_ka_timeout = true, .prefs.element_len = 1 };
	size_t len = s6_encode(&m, buf, sizeof(buf)), at = 24;

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		assert_true(at + 4 <= len);
		assert_memory_equal(buf + at, first_two[i], 2);
		at += (4 + buf[at + 2] * 256 + buf[at + 3] + 7) / 8 * 8;
	}
	assert_int_equal(at, len);
}

/* S5533-5.15-18 S5533-12.3-06 S5533-5.4-10 S5533-5.11-07: unknown, C = 0 */
static void option_unknown_skipped(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(all_types); i++)
		assert_verdict(decode_with(all_types[i], "0258 0005 ffff ffff ff00 0000 0000 0000"), S6_V_OK);
	/* What stands behind it counts. */
	assert_verdict(decode_with(SHIM6_I1, "fffe 0000 0000 0000 000e 0004 0000 0009"), S6_V_OK);
	assert_int_equal(msg.fii, 9);
}

/* S5533-5.15-08 S5533-5.15-19 S5533-5.15-20 S5533-12.3-05: unknown, C = 1 */
static void option_unknown_critical(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(all_types); i++) {
		size_t at = message(all_types[i]).len;

		assert_verdict(decode_with(all_types[i], "0259 0004 0000 0000"), S6_V_OPTION_CRITICAL);
		assert_int_equal(fault, at);	/* first octet of the option type */
		assert_verdict(decode_with(all_types[i], "0258 0000 0000 0000 0001 0000 0000 0000"),
			       S6_V_OPTION_CRITICAL);
		assert_int_equal(fault, at + 8);
		assert_verdict(decode_with(all_types[i], "ffff 0000 0000 0000"), S6_V_OPTION_CRITICAL);
	}
}

/* S5533-5.15-07 S5533-5.15-17: all 15-bit types in a message that knows every option; none is taken for another */
static void option_all_types(void **state)
{
	struct packet p = message(SHIM6_I2);
	size_t at = p.len;

	(void)state;
	add_hex(&p, "0000 0003 ffff ff00");	/* too short for all that have a fixed length */
	for (unsigned int type = 0; type < 0x8000; type++) {
		bool known = (type >= 1 && type <= 7) || type == 10;

		p.octet[at] = type >> 7;
		p.octet[at + 1] = type << 1 & 0xff;
		finish(&p);
		if (!known) {
			assert_verdict(decode_fault(&p), S6_V_OK);
			assert_int_equal(msg.validator.len, 4);
		} else {
			assert_int_equal(decode_fault(&p) == S6_V_OK, type == SHIM6_OPT_CGA_PDS ||
					 type == SHIM6_OPT_CGA_SIG);
		}
		p.octet[at + 1] |= 1;
		finish(&p);
		assert_int_equal(decode_fault(&p) == S6_V_OPTION_CRITICAL, !known);
	}
}

/* Options with a content that would be right where they belong. */
static const struct {
	uint8_t type;
	const char *hex;	/* C = 0 */
} samples[] = {
	{ SHIM6_OPT_VALIDATOR, "0002 0004 0102 0304" },
	{ SHIM6_OPT_LOCATORS, "0004 000c 0000 0001 0000 0000 0000 0000" },
	{ SHIM6_OPT_PREFS, "0006 0005 0000 0001 0100 0000 0000 0000" },
	{ SHIM6_OPT_CGA_PDS, "0008 0004 0102 0304" },
	{ SHIM6_OPT_CGA_SIG, "000a 0004 0102 0304" },
	{ SHIM6_OPT_ULID_PAIR,
	  "000c 0024 0000 0000 20010db8000a00000000000000000001 20010db8000b00000000000000000001" },
	{ SHIM6_OPT_FII, "000e 0004 0000 0009" },
	{ SHIM6_OPT_KA_TIMEOUT, "0014 0004 0000 0014" },
};

static bool has_option(uint8_t option)
{
	switch (option) {
	case SHIM6_OPT_VALIDATOR:
		return msg.validator.len == 4 && msg.validator.p[3] == 4;
	case SHIM6_OPT_LOCATORS:
		return msg.has_locators;
	case SHIM6_OPT_PREFS:
		return msg.has_prefs;
	case SHIM6_OPT_CGA_PDS:
		return msg.pds.p;
	case SHIM6_OPT_CGA_SIG:
		return msg.signature.p;
	case SHIM6_OPT_ULID_PAIR:
		return msg.has_ulids;
	case SHIM6_OPT_FII:
		return msg.has_fii;
	default:
		return msg.has_ka_timeout;
	}
}

/* The lists of 5.4 to 5.11 and RFC 5534, 5.3, once more. */
static bool defined_for(uint8_t message, uint8_t option)
{
	switch (message) {
	case SHIM6_I1:
		return option == SHIM6_OPT_ULID_PAIR || option == SHIM6_OPT_FII;
	case SHIM6_R1:
	case SHIM6_R1BIS:
		return option == SHIM6_OPT_VALIDATOR;
	case SHIM6_I2:
	case SHIM6_I2BIS:
		return true;
	case SHIM6_R2:
	case SHIM6_UPDATE_REQ:
		return option != SHIM6_OPT_VALIDATOR && option != SHIM6_OPT_ULID_PAIR && option != SHIM6_OPT_FII;
	default:
		return false;
	}
}

/*
 * S5533-5.15-17 S5533-5.4-10 S5533-5.7-09 S5533-5.8-09 S5533-5.9-12 S5533-5.9-15 S5533-5.11-07 S5534-5.3-03
 *
 * Each option in each message.  Where it is not defined it goes by its C bit; where it is, it is read, whatever C says.
 */
static void option_where_defined(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(all_types); i++) {
		for (size_t k = 0; k < sizeof(samples) / sizeof(samples[0]); k++) {
			bool here = defined_for(all_types[i], samples[k].type);
			struct packet p = message(all_types[i]);
			size_t at = p.len;

			if (here && samples[k].type == SHIM6_OPT_VALIDATOR)
				at = p.len -= 8;	/* it is there already */
			add_hex(&p, samples[k].hex);
			finish(&p);
			assert_verdict(decode_fault(&p), S6_V_OK);
			assert_int_equal(has_option(samples[k].type), here);

			p.octet[at + 1] |= 1;
			finish(&p);
			assert_verdict(decode_fault(&p), here ? S6_V_OK : S6_V_OPTION_CRITICAL);
			if (here)
				assert_true(has_option(samples[k].type));
			else
				assert_int_equal(fault, at);
		}
	}
}

/* Two of one option contradict each other; twice an option that is skipped does not. */
static void option_twice(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(samples) / sizeof(samples[0]); k++) {
		struct packet p = message(SHIM6_I2);

		add_hex(&p, samples[k].hex);
		add_hex(&p, samples[k].hex);
		finish(&p);
		assert_verdict(decode_fault(&p), S6_V_OPTION_TWICE);

		p = message(SHIM6_UPDATE_ACK);
		add_hex(&p, samples[k].hex);
		add_hex(&p, samples[k].hex);
		finish(&p);
		assert_verdict(decode_fault(&p), S6_V_OK);
	}
}

/* S5533-5.15-01: nothing says that options are sorted */
static void option_any_order(void **state)
{
	struct packet p = message(SHIM6_I2);

	(void)state;
	for (size_t k = sizeof(samples) / sizeof(samples[0]); k-- > 1;)
		add_hex(&p, samples[k].hex);
	finish(&p);
	assert_verdict(decode_fault(&p), S6_V_OK);
	for (size_t k = 1; k < sizeof(samples) / sizeof(samples[0]); k++)
		assert_true(has_option(samples[k].type));
}

/* S5533-5.5-08 S5533-5.6-09 S5533-5.9-10 */
static void option_validator_required(void **state)
{
	static const uint8_t types[] = { SHIM6_R1, SHIM6_R1BIS, SHIM6_I2, SHIM6_I2BIS };

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		struct packet p = message(types[i]);
		struct s6_msg m = { .type = types[i] };
		uint8_t buf[S6_MSG_MAX];

		p.len -= 8;
		finish(&p);
		assert_verdict(decode_fault(&p), S6_V_OPTION_MISSING);
		assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 0);
	}
}

/* S5533-5.6-10 S5533-5.9-10: a copy, whatever its length */
static void option_validator_copied(void **state)
{
	static const size_t lengths[] = { 0, 1, 20, 32, 200 };
	uint8_t octets[200];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = i;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct s6_msg r1 = { .type = SHIM6_R1, .validator = { octets, lengths[i] } }, i2 = { .type = SHIM6_I2 };
		struct packet a = { 0 }, b = { 0 };

		a.len = s6_encode(&r1, a.octet, sizeof(a.octet));
		assert_verdict(decode_fault(&a), S6_V_OK);
		i2.validator = msg.validator;
		b.len = s6_encode(&i2, b.octet, sizeof(b.octet));
		assert_int_equal(b.len - 24, a.len - 16);
		assert_memory_equal(b.octet + 24, a.octet + 16, a.len - 16);
	}
}

/* S5533-5.15-21 */
static void option_past_end(void **state)
{
	(void)state;
	for (unsigned int length = 5; length < 65536; length += length < 40 ? 1 : 97) {
		struct packet p = message(SHIM6_I1);

		add_hex(&p, "0258 0000 0000 0000");
		p.octet[18] = length >> 8;
		p.octet[19] = length & 0xff;
		finish(&p);
		assert_verdict(decode_fault(&p), S6_V_OPTION_LENGTH);
		p.octet[17] = 0x59;	/* of an option that runs out nothing is believed, not even its C bit */
		finish(&p);
		assert_verdict(decode_fault(&p), S6_V_OPTION_LENGTH);
	}
}

/* S5533-5.15.6-03 S5533-5.15.7-01 S5534-5.3-07 S5533-5.15.2-07: lengths that their contents contradict */
static void option_wrong_length(void **state)
{
	static const char *const wrong[] = {
		"0014 0000 0000 0000", "0014 0003 0000 0000", "0014 0005 0000 0014 0000 0000 0000 0000",
		"000e 0000 0000 0000", "000e 0003 0000 0000", "000e 000c 0000 0000 0000 0000 0000 0000",
		"000c 0000 0000 0000", "000c 0004 0000 0000", "000c 000c 0000 0000 0000 0000 0000 0000",
		"000c 0020 0000 0000 20010db8000a00000000000000000001 20010db8000b00000000000000000000",
		"000c 0028 0000 0000 20010db8000a00000000000000000001 20010db8000b00000000000000000000"
			"0000 0000 0000 0000",
		"0004 0000 0000 0000", "0004 0004 0000 0001", "0004 0005 0000 0001 0000 0000 0000 0000",
		"0004 000b 0000 0001 0000 0000 0000 0000", "0004 000c 0000 0001 0100 0000 0000 0000",
		"0004 000c 0000 0001 ff00 0000 0000 0000",
		"0004 001c 0000 0001 0000 0000 0000 0000 20010db8000a00000000000000000001",
		"0004 001c 0000 0001 0201 0100 0000 0000 20010db8000a00000000000000000001",
		"0006 0000 0000 0000", "0006 0004 0000 0001", "0006 0005 0000 0001 0000 0000 0000 0000",
		"0006 0006 0000 0001 0201 0000 0000 0000", "0006 0008 0000 0001 0201 0201 0000 0000",
		"0006 000a 0000 0001 0301 0203 0405 0000", "0006 0006 0000 0001 0001 0000 0000 0000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_verdict(decode_with(SHIM6_I2, wrong[i]), S6_V_OPTION_LENGTH);
}

/* S5533-5.15.2-01 S5533-5.15.2-02 S5533-5.15.2-03 */
static void locator_list_lengths(void **state)
{
	static const struct {
		unsigned int n, length;
	} table[] = {
		{ 0, 12 }, { 1, 28 }, { 2, 44 }, { 6, 108 }, { 7, 124 }, { 8, 148 }, { 15, 260 }, { 16, 284 },
		{ 31, 532 }, { 32, 556 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .has_locators = true,
				    .locators = { .generation = 0x01020304, .n = table[i].n } };
		unsigned int n = table[i].n, first = 24 + (1 + n + 7) / 8 * 8;
		struct packet p = { 0 };

		for (unsigned int k = 0; k < n; k++) {
			m.locators.loc[k].addr = addr_of("2001:db8::");
			m.locators.loc[k].addr.s6_addr[15] = k;
			m.locators.loc[k].method = k % 2 ? SHIM6_VERIFY_CGA : SHIM6_VERIFY_HBA;
		}
		p.len = s6_encode(&m, p.octet, sizeof(p.octet));
		assert_int_equal(p.len, 16 + 4 + table[i].length);	/* so no padding follows */
		assert_int_equal(p.octet[18] * 256 + p.octet[19], table[i].length);
		assert_int_equal(p.octet[24], n);
		for (unsigned int k = 0; k < n; k++) {
			assert_int_equal(p.octet[25 + k], k % 2 ? 2 : 1);
			assert_int_equal(p.octet[first + 16 * k + 15], k);
		}
		for (unsigned int k = 25 + n; k < first; k++)
			assert_int_equal(p.octet[k], 0);
		assert_verdict(decode_fault(&p), S6_V_OK);
		assert_true(msg.has_locators);
		assert_int_equal(msg.locators_at, 16);
		assert_memory_equal(&msg.locators, &m.locators, sizeof(m.locators));
	}
}

/* S5533-5.1-05: more than we keep for a peer */
static void locator_list_too_many(void **state)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .has_locators = true, .locators.n = S6_LOCATORS_MAX + 1 };
	static const unsigned int counts[] = { 33, 34, 63, 100 };	/* the last fits the longest header */
	uint8_t buf[S6_MSG_MAX];

	(void)state;
	assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 0);
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		unsigned int n = counts[i], length = 4 + (1 + n + 7) / 8 * 8 + 16 * n;
		struct packet p = message(SHIM6_UPDATE_REQ);

		add_hex(&p, "0004 0000 0000 0001");
		p.octet[18] = length >> 8;
		p.octet[19] = length & 0xff;
		p.octet[24] = n;
		p.len = 16 + 4 + length;
		finish(&p);
		assert_verdict(decode_fault(&p), S6_V_TOO_MANY);
	}
}

/* S5533-5.15.2-06: the codec tells methods and locators as they are, it does not judge them */
static void locator_list_any_content(void **state)
{
	(void)state;
	assert_verdict(decode_with(SHIM6_R2, "0004 002c 0000 0000 02ff 0000 0000 0000"
				   "ff020000000000000000000000000001 00000000000000000000000000000000"), S6_V_OK);
	assert_int_equal(msg.locators.n, 2);
	assert_int_equal(msg.locators.loc[0].method, 255);
	assert_int_equal(msg.locators.loc[1].method, 0);
	assert_addr(&msg.locators.loc[0].addr, "ff02::1");
	assert_addr(&msg.locators.loc[1].addr, "::");
}

/* S5533-5.15.3-01 S5533-5.15.3-03 S5533-5.15.3-06 S5533-5.15.3-07 S5533-5.15.3-08 */
static void prefs_element_lengths(void **state)
{
	(void)state;
	assert_verdict(decode_with(SHIM6_R2, "0006 0007 0000 0005 01 01 02 00 0000 0000"), S6_V_OK);
	assert_int_equal(msg.prefs_at, 16);
	assert_int_equal(msg.prefs.generation, 5);
	assert_int_equal(msg.prefs.element_len, 1);
	assert_int_equal(msg.prefs.n, 2);
	assert_int_equal(msg.prefs.el[0].flags, SHIM6_LOC_BROKEN);
	assert_int_equal(msg.prefs.el[1].flags, SHIM6_LOC_TRANSIENT);
	assert_int_equal(msg.prefs.el[1].prio | msg.prefs.el[1].weight, 0);

	assert_verdict(decode_with(SHIM6_R2, "0006 0009 0000 0005 02 010a 0214 00 0000"), S6_V_OK);
	assert_int_equal(msg.prefs.n, 2);
	assert_int_equal(msg.prefs.el[1].flags, 2);
	assert_int_equal(msg.prefs.el[1].prio, 20);
	assert_int_equal(msg.prefs.el[1].weight, 0);

	assert_verdict(decode_with(SHIM6_R2, "0006 000b 0000 0005 03 010a0b 021415 00"), S6_V_OK);
	assert_int_equal(msg.prefs.n, 2);
	assert_int_equal(msg.prefs.el[0].weight, 11);
	assert_int_equal(msg.prefs.el[1].prio, 20);
	assert_int_equal(msg.prefs.el[1].weight, 21);

	assert_verdict(decode_with(SHIM6_R2, "0006 000f 0000 0005 05 010a0beeee 021415eeee 00 0000 0000"), S6_V_OK);
	assert_int_equal(msg.prefs.element_len, 5);
	assert_int_equal(msg.prefs.n, 2);
	assert_int_equal(msg.prefs.el[0].weight, 11);
	assert_int_equal(msg.prefs.el[1].flags, 2);
	assert_int_equal(msg.prefs.el[1].weight, 21);
}

/* S5533-5.15.3-01: none at all, as many as there may be, one more; elements that nobody defined are not sent */
static void prefs_counts(void **state)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .has_prefs = true, .prefs.element_len = 3 };
	struct packet p = { 0 };
	uint8_t buf[S6_MSG_MAX];

	(void)state;
	assert_verdict(decode_with(SHIM6_R2, "0006 0005 0000 0005 03 00 0000 0000 0000"), S6_V_OK);
	assert_true(msg.has_prefs);
	assert_int_equal(msg.prefs.n, 0);

	m.prefs.n = S6_LOCATORS_MAX;
	p.len = s6_encode(&m, p.octet, sizeof(p.octet));
	assert_verdict(decode_fault(&p), S6_V_OK);
	assert_int_equal(msg.prefs.n, S6_LOCATORS_MAX);

	p = message(SHIM6_UPDATE_REQ);
	add_hex(&p, "0006 0026 0000 0005 01");	/* 38 = 5 + 33 */
	p.len = 16 + 48;
	finish(&p);
	assert_verdict(decode_fault(&p), S6_V_TOO_MANY);

	m.prefs.n = S6_LOCATORS_MAX + 1;
	assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 0);
	m.prefs.n = 1;
	m.prefs.element_len = 0;
	assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 0);
	m.prefs.element_len = 4;
	assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 0);
}

/* S5533-5.15.4-01 S5533-5.15.5-01: octets in, octets out */
static void pds_and_signature_are_opaque(void **state)
{
	uint8_t pds[223], sig[256];
	struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .pds = { pds, sizeof(pds) }, .signature = { sig, sizeof(sig) } };
	struct packet p = { 0 };

	(void)state;
	memset(pds, 0x5a, sizeof(pds));
	memset(sig, 0xa5, sizeof(sig));
	p.len = s6_encode(&m, p.octet, sizeof(p.octet));
	assert_int_equal(p.len, 16 + 232 + 264);
	assert_int_equal(p.octet[16 + 2] * 256 + p.octet[16 + 3], 223);		/* without padding */
	assert_int_equal(p.octet[248 + 2] * 256 + p.octet[248 + 3], 256);
	assert_verdict(decode_fault(&p), S6_V_OK);
	assert_int_equal(msg.pds.len, 223);
	assert_memory_equal(msg.pds.p, pds, 223);
	assert_int_equal(msg.signature.len, 256);
	assert_memory_equal(msg.signature.p, sig, 256);
}

/* S5533-5.15.6-05 S5534-5.3-08 S5534-5.3-09 */
static void option_reserved_ignored(void **state)
{
	(void)state;
	assert_verdict(decode_with(SHIM6_I1, "000c 0024 ffff ffff 20010db8000a00000000000000000001"
				   "20010db8000b00000000000000000002"), S6_V_OK);
	assert_addr(&msg.sender_ulid, "2001:db8:a::1");
	assert_addr(&msg.receiver_ulid, "2001:db8:b::2");
	assert_verdict(decode_with(SHIM6_UPDATE_REQ, "0014 0004 ffff 0102"), S6_V_OK);
	assert_int_equal(msg.ka_timeout, 0x0102);
}

/* S5534-5.3-07 S5534-5.3-08 */
static void keepalive_timeout_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_UPDATE_REQ, .has_ka_timeout = true, .ka_timeout = 0xabcd };
	static const uint8_t want[] = { 0x00, 0x14, 0x00, 0x04, 0x00, 0x00, 0xab, 0xcd };
	uint8_t buf[S6_MSG_MAX];

	(void)state;
	assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 24);
	assert_memory_equal(buf + 16, want, 8);
}

/* An option that its message does not define is a mistake of the caller. */
static void encoder_refuses_misplaced(void **state)
{
	uint8_t buf[S6_MSG_MAX], octet = 0;
	struct s6_msg m[] = {
		{ .type = SHIM6_I1, .validator = { &octet, 1 } },
		{ .type = SHIM6_R1, .validator = { &octet, 1 }, .has_fii = true },
		{ .type = SHIM6_R2, .has_ulids = true },
		{ .type = SHIM6_UPDATE_ACK, .has_ka_timeout = true },
		{ .type = SHIM6_KEEPALIVE, .has_locators = true },
		{ .type = SHIM6_ERROR, .pds = { &octet, 1 } },
		{ .type = 7 }, { .type = 0 }, { .type = 69 }, { .type = 255 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++)
		assert_int_equal(s6_encode(&m[i], buf, sizeof(buf)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(option_padding_table),
		cmocka_unit_test(option_padding_not_checked),
		cmocka_unit_test(option_type_codes),
		cmocka_unit_test(option_unknown_skipped),
		cmocka_unit_test(option_unknown_critical),
		cmocka_unit_test(option_all_types),
		cmocka_unit_test(option_where_defined),
		cmocka_unit_test(option_twice),
		cmocka_unit_test(option_any_order),
		cmocka_unit_test(option_validator_required),
		cmocka_unit_test(option_validator_copied),
		cmocka_unit_test(option_past_end),
		cmocka_unit_test(option_wrong_length),
		cmocka_unit_test(locator_list_lengths),
		cmocka_unit_test(locator_list_too_many),
		cmocka_unit_test(locator_list_any_content),
		cmocka_unit_test(prefs_element_lengths),
		cmocka_unit_test(prefs_counts),
		cmocka_unit_test(pds_and_signature_are_opaque),
		cmocka_unit_test(option_reserved_ignored),
		cmocka_unit_test(keepalive_timeout_layout),
		cmocka_unit_test(encoder_refuses_misplaced),
	};

	return cmocka_run_group_tests_name("wire_options", tests, NULL, NULL);
}
