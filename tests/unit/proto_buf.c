// SPDX-License-Identifier: GPL-2.0-or-later
/* The cursor buffers: they never leave their octets, and an error sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/buf.h"

static void reads_in_network_order(void **state)
{
	static const uint8_t d[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa };
	struct rbuf r = rbuf_of(d, sizeof(d));
	uint64_t tag;
	uint32_t c;
	uint16_t b;
	uint8_t a;

	(void)state;
	assert_int_equal(rbuf_u8(&r, &a), 0);
	assert_int_equal(rbuf_u16(&r, &b), 0);
	assert_int_equal(rbuf_u32(&r, &c), 0);
	assert_int_equal(a, 0x01);
	assert_int_equal(b, 0x0203);
	assert_int_equal(c, 0x04050607);
	assert_false(rbuf_done(&r));
	assert_int_equal(rbuf_left(&r), 6);
	assert_int_equal(rbuf_tag(&r, &tag), 0);
	assert_int_equal(tag, 0x7ffefdfcfbfa);	/* 47 bits */
	assert_true(rbuf_done(&r));
}

static void read_past_end_fails_and_sticks(void **state)
{
	static const uint8_t d[3] = { 0xaa, 0xbb, 0xcc };
	struct rbuf r = rbuf_of(d, sizeof(d));
	const uint8_t *p = d;
	struct in6_addr addr;
	uint64_t tag = 1;
	uint32_t c = 1;
	uint8_t a = 1;

	(void)state;
	assert_int_equal(rbuf_u32(&r, &c), -1);
	assert_int_equal(c, 0);
	assert_int_equal(rbuf_left(&r), 3);	/* nothing was taken */
	assert_int_equal(rbuf_u8(&r, &a), -1);
	assert_int_equal(a, 0);
	assert_int_equal(rbuf_tag(&r, &tag), -1);
	assert_int_equal(tag, 0);
	memset(&addr, 1, sizeof(addr));
	assert_int_equal(rbuf_addr(&r, &addr), -1);
	assert_true(IN6_IS_ADDR_UNSPECIFIED(&addr));
	assert_int_equal(rbuf_view(&r, 0, &p), -1);
	assert_null(p);
	assert_false(rbuf_done(&r));

	r = rbuf_of(d, sizeof(d));
	assert_int_equal(rbuf_skip(&r, SIZE_MAX), -1);
	r = rbuf_of(d, sizeof(d));
	assert_int_equal(rbuf_skip(&r, 1), 0);
	assert_int_equal(rbuf_skip(&r, SIZE_MAX), -1);	/* no wrap of the cursor */
}

static void view_is_in_place(void **state)
{
	static const uint8_t d[4] = { 1, 2, 3, 4 };
	struct rbuf r = rbuf_of(d, sizeof(d));
	const uint8_t *p;

	(void)state;
	assert_int_equal(rbuf_skip(&r, 1), 0);
	assert_int_equal(rbuf_view(&r, 3, &p), 0);
	assert_ptr_equal(p, d + 1);
	assert_int_equal(rbuf_view(&r, 0, &p), 0);
	assert_ptr_equal(p, d + 4);
	assert_true(rbuf_done(&r));
}

static void writes_in_network_order(void **state)
{
	static const uint8_t want[] = { 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x7f, 0xfe, 0xfd, 0xfc, 0xfb, 0xfa,
					0, 0, 0 };
	uint8_t d[16];
	struct wbuf w = wbuf_of(d, sizeof(d));

	(void)state;
	memset(d, 0xee, sizeof(d));
	assert_int_equal(wbuf_u8(&w, 0x01), 0);
	assert_int_equal(wbuf_u16(&w, 0), 0);
	assert_int_equal(wbuf_u32(&w, 0x04050607), 0);
	assert_int_equal(wbuf_tag(&w, 0x7ffefdfcfbfa), 0);
	assert_int_equal(wbuf_align8(&w), 0);
	assert_int_equal(wbuf_align8(&w), 0);	/* nothing left to do */
	assert_int_equal(wbuf_u16_at(&w, 1, 0x0203), 0);
	assert_int_equal(w.at, 16);
	assert_memory_equal(d, want, 16);
}

static void write_checks_room_and_range(void **state)
{
	uint8_t d[8];

	(void)state;
	memset(d, 0xee, sizeof(d));
	for (unsigned int i = 0; i < 7; i++) {
		struct wbuf w = wbuf_of(d, 4);
		struct in6_addr a = { 0 };

		switch (i) {
		case 0:
			assert_int_equal(wbuf_u8(&w, 0x100), -1);
			break;
		case 1:
			assert_int_equal(wbuf_u16(&w, 0x10000), -1);
			break;
		case 2:
			assert_int_equal(wbuf_u32(&w, 0x100000000), -1);
			break;
		case 3:
			assert_int_equal(wbuf_tag(&w, 1ULL << 47), -1);
			break;
		case 4:
			assert_int_equal(wbuf_addr(&w, &a), -1);
			break;
		case 5:
			assert_int_equal(wbuf_bytes(&w, d, SIZE_MAX), -1);
			break;
		case 6:
			assert_int_equal(wbuf_u16_at(&w, 0, 1), -1);	/* not written yet */
			break;
		}
		assert_true(w.bad);
		assert_int_equal(wbuf_u8(&w, 1), -1);	/* it sticks */
		assert_int_equal(wbuf_zero(&w, 0), -1);
		assert_int_equal(w.at, 0);
	}
	for (size_t i = 0; i < sizeof(d); i++)
		assert_int_equal(d[i], 0xee);
}

static void patch_stays_inside(void **state)
{
	uint8_t d[8] = { 0 };
	struct wbuf w = wbuf_of(d, sizeof(d));

	(void)state;
	assert_int_equal(wbuf_zero(&w, 4), 0);
	assert_int_equal(wbuf_u16_at(&w, 2, 0xabcd), 0);
	assert_int_equal(wbuf_u16_at(&w, 3, 0xabcd), -1);
	w = wbuf_of(d, sizeof(d));
	wbuf_zero(&w, 4);
	assert_int_equal(wbuf_u16_at(&w, SIZE_MAX, 1), -1);
	w = wbuf_of(d, sizeof(d));
	wbuf_zero(&w, 4);
	assert_int_equal(wbuf_u16_at(&w, 0, 0x10000), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_in_network_order),
		cmocka_unit_test(read_past_end_fails_and_sticks),
		cmocka_unit_test(view_is_in_place),
		cmocka_unit_test(writes_in_network_order),
		cmocka_unit_test(write_checks_room_and_range),
		cmocka_unit_test(patch_stays_inside),
	};

	return cmocka_run_group_tests_name("buf", tests, NULL, NULL);
}
