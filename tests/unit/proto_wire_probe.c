// SPDX-License-Identifier: GPL-2.0-or-later
/* The Probe message, RFC 5534, 5.2. */
#include "wire_test.h"

static struct s6_msg msg;

static void set_report(struct s6_report *r, const char *src, const char *dst, uint32_t nonce, uint32_t data)
{
	*r = (struct s6_report){ .src = addr_of(src), .dst = addr_of(dst), .nonce = nonce, .data = data };
}

/* A Probe with these counts and as many reports as @reports, all of them zero. */
static struct packet probe(unsigned int sent, unsigned int rcvd, unsigned int sta, unsigned int reports)
{
	struct packet p = { .len = 16 + 40 * reports, .octet = { SHIM6_NEXTHDR_NONE, 0, SHIM6_PROBE } };

	p.octet[12] = rcvd << 4 | sent;
	p.octet[13] = sta << 6;
	finish(&p);
	return p;
}

/* S5534-5.2-02 S5534-5.2-03 S5534-5.2-04 S5534-5.2-05 S5534-5.2-08 S5534-5.2-24 */
static void wire_probe_layout(void **state)
{
	struct s6_msg m = { .type = SHIM6_PROBE, .tag = 0x23456789abcd, .reap_state = SHIM6_REAP_EXPLORING,
			    .n_sent = 2, .n_rcvd = 1 };
	struct packet p = packet_of(VEC_PROBE);

	(void)state;
	set_report(&m.sent[0], "2001:db8:a::1", "2001:db8:b::1", 0x11111111, 0xd1);
	set_report(&m.sent[1], "2001:db8:aa::2", "2001:db8:b::1", 0x22222222, 0xd2);
	set_report(&m.rcvd[0], "2001:db8:bb::2", "2001:db8:a::1", 0x33333333, 0xdeadbeef);
	assert_encodes(&m, VEC_PROBE);

	assert_verdict(decode(&p, &msg), S6_V_OK);
	assert_int_equal(p.octet[1], 1 + 5 * 3);
	assert_int_equal(msg.tag, 0x23456789abcd);
	assert_int_equal(msg.reap_state, 1);
	assert_int_equal(msg.n_sent, 2);
	assert_int_equal(msg.n_rcvd, 1);
	assert_memory_equal(msg.sent, m.sent, sizeof(m.sent));
	assert_memory_equal(msg.rcvd, m.rcvd, sizeof(m.rcvd));
}

/* S5534-5.2-06 S5534-5.2-07 S5534-5.2-09 */
static void wire_probe_reserved_ignored(void **state)
{
	struct packet p = packet_of(VEC_PROBE);

	(void)state;
	p.octet[3] = 0xfe;
	p.octet[6] |= 0x80;
	p.octet[13] |= 0x3f;
	p.octet[14] = p.octet[15] = 0xff;
	finish(&p);
	assert_verdict(decode(&p, &msg), S6_V_OK);
	assert_int_equal(msg.tag, 0x23456789abcd);
	assert_int_equal(msg.reap_state, 1);
	assert_int_equal(msg.n_sent, 2);
	assert_int_equal(msg.n_rcvd, 1);
}

/* S5534-5.2-16 S5534-5.2-17 S5534-5.2-18 S5534-5.2-19 */
static void wire_probe_states(void **state)
{
	struct s6_msg m = { .type = SHIM6_PROBE, .n_sent = 1 };
	uint8_t buf[S6_MSG_MAX];

	(void)state;
	for (unsigned int sta = 0; sta < 4; sta++) {
		struct packet p = probe(1, 0, sta, 1);

		m.reap_state = sta;
		if (sta == 3) {
			assert_verdict(decode(&p, &msg), S6_V_PROBE);
			assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 0);
			continue;
		}
		assert_verdict(decode(&p, &msg), S6_V_OK);
		assert_int_equal(msg.reap_state, sta);
		assert_int_equal(s6_encode(&m, buf, sizeof(buf)), 56);
		assert_memory_equal(buf, p.octet, 56);
	}
}

/* S5534-5.2-10 S5534-5.2-15: every pair of counts */
static void wire_probe_counts(void **state)
{
	(void)state;
	for (unsigned int sent = 0; sent <= 15; sent++) {
		for (unsigned int rcvd = 0; rcvd <= 15; rcvd++) {
			struct s6_msg m = { .type = SHIM6_PROBE, .n_sent = sent, .n_rcvd = rcvd };
			struct packet p = probe(sent, rcvd, 0, sent + rcvd);
			uint8_t buf[S6_MSG_MAX];
			size_t len = s6_encode(&m, buf, sizeof(buf));

			if (!sent) {
				assert_verdict(decode(&p, &msg), S6_V_PROBE);
				assert_int_equal(len, 0);
				continue;
			}
			assert_int_equal(len, 16 + 40 * (sent + rcvd));
			assert_true(len + 40 <= 1280);
			assert_memory_equal(buf, p.octet, len);
			assert_verdict(decode(&p, &msg), S6_V_OK);
			assert_int_equal(msg.n_sent, sent);
			assert_int_equal(msg.n_rcvd, rcvd);
		}
	}
}

/* S5534-5.2-25 */
static void wire_probe_counts_too_large(void **state)
{
	struct packet p = probe(15, 0, 0, 1);

	(void)state;
	assert_int_equal(p.len, 56);
	assert_verdict(decode(&p, &msg), S6_V_PROBE);
	for (unsigned int sent = 1; sent <= 15; sent++) {
		for (unsigned int rcvd = 0; rcvd <= 15; rcvd++) {
			p = probe(sent, rcvd, 0, sent + rcvd - 1);
			assert_verdict(decode(&p, &msg), S6_V_PROBE);
			p.len += 32;	/* almost a report */
			finish(&p);
			assert_verdict(decode(&p, &msg), S6_V_PROBE);
		}
	}
}

/* S5534-5.2-02: options stand behind the reports */
static void wire_probe_options(void **state)
{
	struct packet p = packet_of(VEC_PROBE);
	size_t fault;

	(void)state;
	add_hex(&p, "0258 0009 0102 0304 0506 0708 0900 0000");
	finish(&p);
	assert_verdict(decode(&p, &msg), S6_V_OK);
	assert_int_equal(msg.n_sent, 2);
	add_hex(&p, "0259 0004 0000 0000");
	finish(&p);
	assert_verdict(decode_len(&p, p.len, &msg, &fault), S6_V_OPTION_CRITICAL);
	assert_int_equal(fault, 136 + 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wire_probe_layout),
		cmocka_unit_test(wire_probe_reserved_ignored),
		cmocka_unit_test(wire_probe_states),
		cmocka_unit_test(wire_probe_counts),
		cmocka_unit_test(wire_probe_counts_too_large),
		cmocka_unit_test(wire_probe_options),
	};

	return cmocka_run_group_tests_name("wire_probe", tests, NULL, NULL);
}
