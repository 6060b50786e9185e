// SPDX-License-Identifier: GPL-2.0-or-later
/* The golden captures, written by another program than our encoder, as our codec reads and writes them. */
#include <stdio.h>

#include "wire_test.h"

#define IP6_LEN		40
#define PCAP_LEN	40	/* file header and the header of the first packet */

static struct s6_msg msg;
static struct packet packet;	/* the packet of the capture at hand, from its IPv6 header */

/* Load tests/captures/@name.pcap. */
static void load_capture(const char *name)
{
	uint8_t file[2048];
	char path[512];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/captures/%s.pcap", TEST_SOURCE_DIR, name);
	f = fopen(path, "rb");
	if (!f)
		fail_msg("%s is missing; run tests/captures/generate", path);
	n = fread(file, 1, sizeof(file), f);
	fclose(f);
	assert_in_range(n, PCAP_LEN + IP6_LEN + 8, sizeof(file) - 1);
	packet.len = n - PCAP_LEN;
	memcpy(packet.octet, file + PCAP_LEN, packet.len);
	assert_int_equal(packet.octet[6], SHIM6_PROTO);
	assert_int_equal(packet.octet[4] * 256 + packet.octet[5], packet.len - IP6_LEN);
}

/* Decode it; the encoder gives the same octets back. */
static void read_capture(const char *name)
{
	uint8_t again[S6_MSG_MAX];
	struct in6_addr src, dst;
	size_t fault;

	load_capture(name);
	memcpy(&src, packet.octet + 8, 16);
	memcpy(&dst, packet.octet + 24, 16);
	assert_verdict(s6_decode(packet.octet + IP6_LEN, packet.len - IP6_LEN, &src, &dst, &msg, &fault), S6_V_OK);
	assert_int_equal(s6_encode(&msg, again, sizeof(again)), packet.len - IP6_LEN);
	assert_memory_equal(again, packet.octet + IP6_LEN, packet.len - IP6_LEN);
}

static void assert_octets(const struct s6_bytes *b, unsigned int first, size_t len)
{
	assert_int_equal(b->len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(b->p[i], first + i);
}

static void assert_lists(uint32_t generation, const char *one, const char *two)
{
	assert_true(msg.has_locators && msg.has_prefs);
	assert_int_equal(msg.locators.generation, generation);
	assert_int_equal(msg.locators.n, 2);
	assert_addr(&msg.locators.loc[0].addr, one);
	assert_addr(&msg.locators.loc[1].addr, two);
	assert_int_equal(msg.locators.loc[0].method, SHIM6_VERIFY_HBA);
	assert_int_equal(msg.locators.loc[1].method, SHIM6_VERIFY_CGA);
	assert_int_equal(msg.prefs.generation, generation);
	assert_int_equal(msg.prefs.n, 2);
	assert_int_equal(msg.prefs.el[0].prio, 10);
	assert_int_equal(msg.prefs.el[0].weight, 1);
	assert_int_equal(msg.prefs.el[1].flags, SHIM6_LOC_TRANSIENT);
	assert_int_equal(msg.prefs.el[1].prio, 20);
	assert_int_equal(msg.prefs.el[1].weight, 2);
	assert_octets(&msg.pds, 0xc0, 9);
	assert_octets(&msg.signature, 0xd0, 16);
}

static void assert_ulids(void)
{
	assert_true(msg.has_ulids);
	assert_addr(&msg.sender_ulid, "2001:db8:a1::a");
	assert_addr(&msg.receiver_ulid, "2001:db8:b1::b");
	assert_true(msg.has_fii);
	assert_int_equal(msg.fii, 0x11223344);
}

/* S5533-5.4-01 S5533-5.15.6-03 S5533-5.15.7-01 */
static void capture_i1(void **state)
{
	(void)state;
	read_capture("i1");
	assert_int_equal(msg.type, SHIM6_I1);
	assert_int_equal(msg.tag, 0x0aaaaaaaaaaa);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_ulids();
}

/* S5533-5.5-01 S5533-5.15.1-01 */
static void capture_r1(void **state)
{
	(void)state;
	read_capture("r1");
	assert_int_equal(msg.type, SHIM6_R1);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_int_equal(msg.resp_nonce, 0xf1f2f3f4);
	assert_octets(&msg.validator, 0xa0, 20);
}

/* S5533-5.6-01 S5533-5.15.2-01 S5533-5.15.3-01 S5533-5.15.4-01 S5533-5.15.5-01 */
static void capture_i2(void **state)
{
	(void)state;
	read_capture("i2");
	assert_int_equal(msg.type, SHIM6_I2);
	assert_int_equal(msg.tag, 0x0aaaaaaaaaaa);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_int_equal(msg.resp_nonce, 0xf1f2f3f4);
	assert_octets(&msg.validator, 0xa0, 20);
	assert_lists(7, "2001:db8:a1::a", "2001:db8:a2::a");
	assert_int_equal(msg.locators_at, 48);
	assert_int_equal(msg.prefs_at, 96);
}

/* S5533-5.7-01 S5534-5.3-08 */
static void capture_r2(void **state)
{
	(void)state;
	read_capture("r2");
	assert_int_equal(msg.type, SHIM6_R2);
	assert_int_equal(msg.tag, 0x7bbbbbbbbbbb);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_lists(9, "2001:db8:b1::b", "2001:db8:b2::b");
	assert_true(msg.has_ka_timeout);
	assert_int_equal(msg.ka_timeout, 20);
}

/* S5533-5.8-01 */
static void capture_r1bis(void **state)
{
	(void)state;
	read_capture("r1bis");
	assert_int_equal(msg.type, SHIM6_R1BIS);
	assert_int_equal(msg.tag, 0x7bbbbbbbbbbb);
	assert_int_equal(msg.resp_nonce, 0xf1f2f3f4);
	assert_octets(&msg.validator, 0xa0, 20);
}

/* S5533-5.9-01 */
static void capture_i2bis(void **state)
{
	(void)state;
	read_capture("i2bis");
	assert_int_equal(msg.type, SHIM6_I2BIS);
	assert_int_equal(msg.tag, 0x0aaaaaaaaaaa);
	assert_int_equal(msg.nonce, 0x01020304);
	assert_int_equal(msg.resp_nonce, 0xf1f2f3f4);
	assert_int_equal(msg.packet_tag, 0x7bbbbbbbbbbb);
	assert_octets(&msg.validator, 0xa0, 20);
	assert_ulids();
}

/* S5533-5.10-01 */
static void capture_update_request(void **state)
{
	(void)state;
	read_capture("update-request");
	assert_int_equal(msg.type, SHIM6_UPDATE_REQ);
	assert_int_equal(msg.tag, 0x7bbbbbbbbbbb);
	assert_int_equal(msg.locators.n, 1);
	assert_addr(&msg.locators.loc[0].addr, "2001:db8:a1::a");
	assert_int_equal(msg.prefs.element_len, 1);
	assert_int_equal(msg.prefs.n, 1);
	assert_int_equal(msg.prefs.el[0].flags, SHIM6_LOC_BROKEN);
}

/* S5533-5.11-01 */
static void capture_update_ack(void **state)
{
	(void)state;
	read_capture("update-ack");
	assert_int_equal(msg.type, SHIM6_UPDATE_ACK);
	assert_int_equal(msg.tag, 0x0aaaaaaaaaaa);
	assert_int_equal(msg.nonce, 0x01020304);
}

/* S5534-5.1-02 */
static void capture_keepalive(void **state)
{
	(void)state;
	read_capture("keepalive");
	assert_int_equal(msg.type, SHIM6_KEEPALIVE);
	assert_int_equal(msg.tag, 0x0aaaaaaaaaaa);
}

/* S5534-5.2-02 S5534-5.2-03 S5534-5.2-20 */
static void capture_probe(void **state)
{
	(void)state;
	read_capture("probe");
	assert_int_equal(msg.type, SHIM6_PROBE);
	assert_int_equal(msg.tag, 0x7bbbbbbbbbbb);
	assert_int_equal(msg.reap_state, SHIM6_REAP_INBOUND_OK);
	assert_int_equal(msg.n_sent, 2);
	assert_int_equal(msg.n_rcvd, 1);
	assert_memory_equal(&msg.sent[0].src, packet.octet + 8, 16);	/* this very packet's */
	assert_memory_equal(&msg.sent[0].dst, packet.octet + 24, 16);
	assert_int_equal(msg.sent[0].nonce, 0x51515151);
	assert_addr(&msg.sent[1].src, "2001:db8:a1::a");
	assert_int_equal(msg.sent[1].data, 0x0d0d0d02);
	assert_addr(&msg.rcvd[0].src, "2001:db8:b2::b");
	assert_addr(&msg.rcvd[0].dst, "2001:db8:a1::a");
	assert_int_equal(msg.rcvd[0].nonce, 0x53535353);
	assert_int_equal(msg.rcvd[0].data, 0x0d0d0d03);
}

/* S5533-5.14-01 S5533-5.14-04: the quoted I1 itself has the fault that the Error tells of */
static void capture_error(void **state)
{
	struct in6_addr src, dst;
	struct s6_bytes q;
	size_t fault;

	(void)state;
	read_capture("error");
	assert_int_equal(msg.type, SHIM6_ERROR);
	assert_int_equal(msg.code, SHIM6_ERR_OPTION);
	assert_int_equal(msg.pointer, 56);
	q = msg.packet;
	assert_int_equal(q.len, 64);
	memcpy(&src, q.p + 8, 16);
	memcpy(&dst, q.p + 24, 16);
	assert_verdict(s6_decode(q.p + IP6_LEN, q.len - IP6_LEN, &src, &dst, &msg, &fault), S6_V_OPTION_CRITICAL);
	assert_int_equal(IP6_LEN + fault, 56);
}

/* S5533-5.2-01 S5533-5.1-03: the header of tagged payload, and that the decoder leaves it alone */
static void capture_payload(void **state)
{
	uint8_t *h = packet.octet + IP6_LEN, tag[6];
	struct in6_addr src, dst;
	size_t fault;

	(void)state;
	load_capture("payload");
	assert_int_equal(h[0], IPPROTO_UDP);
	assert_int_equal(h[1], 0);
	assert_int_equal(h[2] & SHIM6_P_BIT, SHIM6_P_BIT);
	assert_int_equal(shim6_tag_get(h + 2), 0x7bbbbbbbbbbb);
	shim6_tag_put(tag, 0x7bbbbbbbbbbb, SHIM6_P_BIT);
	assert_memory_equal(tag, h + 2, sizeof(tag));
	memcpy(&src, packet.octet + 8, 16);
	memcpy(&dst, packet.octet + 24, 16);
	assert_verdict(s6_decode(h, packet.len - IP6_LEN, &src, &dst, &msg, &fault), S6_V_NOT_CONTROL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(capture_i1),
		cmocka_unit_test(capture_r1),
		cmocka_unit_test(capture_i2),
		cmocka_unit_test(capture_r2),
		cmocka_unit_test(capture_r1bis),
		cmocka_unit_test(capture_i2bis),
		cmocka_unit_test(capture_update_request),
		cmocka_unit_test(capture_update_ack),
		cmocka_unit_test(capture_keepalive),
		cmocka_unit_test(capture_probe),
		cmocka_unit_test(capture_error),
		cmocka_unit_test(capture_payload),
	};

	return cmocka_run_group_tests_name("wire_captures", tests, NULL, NULL);
}
