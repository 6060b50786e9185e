// SPDX-License-Identifier: GPL-2.0-or-later
/* The header arithmetic of the kernel modules: chains, their ends, insertion and removal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "shim6_hdr.c"

enum { HBH = 0, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, ESP = 50, AH = 51, ICMP = 58, NONE = 59, DSTOPTS = 60 };

#define TAG	0x123456789abcULL

/* A packet being written: an IPv6 header, then headers one behind the other. */
struct pkt {
	__u8 *p;
	__u32 len, prev;
};

/* Exactly as much memory as the packet has, so that the sanitizer sees a read behind its end. */
static void grow(struct pkt *k, __u32 by)
{
	k->p = realloc(k->p, k->len + by);
	assert_non_null(k->p);
	memset(k->p + k->len, 0, by);
	k->len += by;
}

static struct pkt packet(void)
{
	struct pkt k = { .prev = SHIM6_IP6_NEXTHDR };

	grow(&k, SHIM6_IP6_LEN);
	k.p[0] = 0x60;
	for (int i = 0; i < 32; i++)
		k.p[SHIM6_IP6_SRC + i] = 0x80 + i;
	k.p[k.prev] = NONE;
	return k;
}

/* Append header @type of @len octets. */
static void add(struct pkt *k, __u8 type, __u32 len)
{
	__u32 at = k->len;

	grow(k, len);
	for (__u32 i = 0; i < len; i++)
		k->p[at + i] = at + i;
	k->p[k->prev] = type;
	if (type == HBH || type == ROUTING || type == DSTOPTS || type == FRAGMENT) {
		k->p[at] = NONE;
		k->p[at + 1] = type == FRAGMENT ? 0 : len / 8 - 1;
		k->p[at + 3] = 0;
		k->prev = at;
	}
	k->p[SHIM6_IP6_PAYLOAD] = (k->len - SHIM6_IP6_LEN) >> 8;
	k->p[SHIM6_IP6_PAYLOAD + 1] = k->len - SHIM6_IP6_LEN;
}

static int place(const struct pkt *k, struct shim6_place *pl)
{
	struct shim6_flat f = { k->p, k->len };

	return shim6_hdr_insert_place(shim6_hdr_get_flat, &f, pl);
}

static int find(const struct pkt *k, struct shim6_place *pl)
{
	struct shim6_flat f = { k->p, k->len };

	return shim6_hdr_find(shim6_hdr_get_flat, &f, pl);
}

/* RFC 5533, 4.6: behind which headers does it go? */
static void test_place(void **state)
{
	static const struct {
		__u8 chain[6];		/* ends with the upper layer */
		__u32 before;		/* how many of them the new header follows */
	} rows[] = {
		{ { TCP }, 0 },
		{ { UDP }, 0 },
		{ { ICMP }, 0 },
		{ { ESP }, 0 },
		{ { AH }, 0 },
		{ { NONE }, 0 },
		{ { FRAGMENT, UDP }, 0 },
		{ { HBH, TCP }, 1 },
		{ { ROUTING, TCP }, 1 },
		{ { DSTOPTS, TCP }, 0 },
		{ { DSTOPTS, ROUTING, TCP }, 2 },
		{ { HBH, DSTOPTS, ROUTING, TCP }, 3 },
		{ { HBH, DSTOPTS, TCP }, 1 },
		{ { HBH, ROUTING, DSTOPTS, TCP }, 2 },
		{ { HBH, DSTOPTS, ROUTING, DSTOPTS, TCP }, 3 },
		{ { HBH, ROUTING, FRAGMENT, DSTOPTS, UDP }, 2 },
		{ { SHIM6_PROTO }, 0 },
		{ { DSTOPTS, SHIM6_PROTO }, 0 },
		{ { HBH, SHIM6_PROTO }, 1 },
	};

	(void)state;
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		struct pkt k = packet();
		struct shim6_place pl;
		__u32 off = SHIM6_IP6_LEN, prev = SHIM6_IP6_NEXTHDR;
		__u8 next = rows[r].chain[0];

		for (__u32 i = 0; i < 6 && (rows[r].chain[i] || i == 0); i++) {
			__u32 at = k.len;

			add(&k, rows[r].chain[i], 8 * (1 + i % 3));
			if (i + 1 == rows[r].before) {
				off = k.len;
				prev = at;
				next = rows[r].chain[i + 1];
			}
		}
		assert_int_equal(place(&k, &pl), 0);
		assert_int_equal(pl.off, off);
		assert_int_equal(pl.prev, prev);
		assert_int_equal(pl.next, next);
		free(k.p);
	}
}

/* Every prefix of a packet: an answer within it, or an error, and never a read behind it. */
static void test_truncated(void **state)
{
	static const __u8 chain[] = { HBH, DSTOPTS, ROUTING, DSTOPTS, SHIM6_PROTO };
	struct pkt whole = packet();
	__u32 headers;

	(void)state;
	for (size_t i = 0; i < sizeof(chain); i++)
		add(&whole, chain[i], 16);
	headers = whole.len - 16 + 8;
	for (__u32 len = 0; len <= whole.len; len++) {
		struct pkt k = { .len = len };
		struct shim6_place pl;
		int found;

		k.p = malloc(len ? len : 1);
		assert_non_null(k.p);
		memcpy(k.p, whole.p, len);
		found = find(&k, &pl);
		assert_int_equal(found, len >= headers ? 1 : -EINVAL);
		if (!place(&k, &pl))
			assert_true(pl.off <= len);
		free(k.p);
	}
	free(whole.p);
}

/* A header whose length goes behind the packet. */
static void test_lying_length(void **state)
{
	struct pkt k = packet();
	struct shim6_place pl;

	(void)state;
	add(&k, ROUTING, 8);
	k.p[k.prev + 1] = 255;
	assert_int_equal(place(&k, &pl), -EINVAL);
	k.p[k.prev] = SHIM6_PROTO;
	assert_int_equal(find(&k, &pl), -EINVAL);
	free(k.p);
}

static void test_too_many(void **state)
{
	struct pkt k = packet();
	struct shim6_place pl;

	(void)state;
	for (int i = 0; i < SHIM6_EXT_MAX - 1; i++)
		add(&k, DSTOPTS, 8);
	add(&k, TCP, 20);
	assert_int_equal(place(&k, &pl), 0);
	assert_int_equal(find(&k, &pl), 0);
	free(k.p);

	k = packet();
	for (int i = 0; i < SHIM6_EXT_MAX + 1; i++)
		add(&k, DSTOPTS, 8);
	assert_int_equal(place(&k, &pl), -EINVAL);
	assert_int_equal(find(&k, &pl), -EINVAL);
	free(k.p);
}

/* Hop-by-Hop is nowhere but first; elsewhere it is an unknown header, before which we go. */
static void test_late_hopopts(void **state)
{
	struct pkt k = packet();
	struct shim6_place pl;

	(void)state;
	add(&k, ROUTING, 8);
	add(&k, HBH, 8);
	add(&k, SHIM6_PROTO, 8);
	assert_int_equal(place(&k, &pl), 0);
	assert_int_equal(pl.off, SHIM6_IP6_LEN + 8);
	assert_int_equal(find(&k, &pl), 0);
	free(k.p);
}

static void test_segments_left(void **state)
{
	struct pkt k = packet();
	struct shim6_place pl;

	(void)state;
	add(&k, HBH, 8);
	add(&k, ROUTING, 24);
	add(&k, SHIM6_PROTO, 8);
	assert_int_equal(find(&k, &pl), 1);
	assert_int_equal(pl.routing, 0);
	k.p[SHIM6_IP6_LEN + 8 + 3] = 1;
	assert_int_equal(find(&k, &pl), 1);
	assert_int_equal(pl.routing, SHIM6_IP6_LEN + 8);
	free(k.p);
}

/* The header is where the RFC has it, octet by octet, and taking it off gives the packet back. */
static void test_round_trip(void **state)
{
	static const __u8 chains[][5] = {
		{ TCP }, { HBH, TCP }, { DSTOPTS, ROUTING, DSTOPTS, UDP }, { HBH, ROUTING, FRAGMENT, UDP },
		{ DSTOPTS, TCP },
	};

	(void)state;
	for (size_t c = 0; c < sizeof(chains) / sizeof(chains[0]); c++) {
		struct pkt k = packet();
		struct shim6_place in, out;
		__u8 *room;

		for (int i = 0; i < 5 && (chains[c][i] || i == 0); i++)
			add(&k, chains[c][i], 24);
		assert_int_equal(place(&k, &in), 0);
		room = malloc(k.len + SHIM6_PAYLOAD_LEN);
		assert_non_null(room);
		memset(room, 0xee, SHIM6_PAYLOAD_LEN);
		memcpy(room + SHIM6_PAYLOAD_LEN, k.p, k.len);
		assert_true(shim6_hdr_resize(room + SHIM6_PAYLOAD_LEN, SHIM6_PAYLOAD_LEN));
		shim6_hdr_open(room, &in, TAG);

		/* RFC 5533, 5.2 */
		assert_int_equal(room[in.prev], SHIM6_PROTO);
		assert_int_equal(room[in.off], in.next);
		assert_int_equal(room[in.off + 1], 0);
		assert_int_equal(room[in.off + 2], 0x80 | (TAG >> 40));
		assert_int_equal(room[in.off + 7], 0xbc);
		assert_true(shim6_hdr_is_payload(room + in.off));
		assert_false(shim6_hdr_is_control(room + in.off));
		assert_int_equal(shim6_tag_get(room + in.off + 2), TAG);
		/* all behind it stays where it was */
		assert_memory_equal(room + in.off + SHIM6_PAYLOAD_LEN, k.p + in.off, k.len - in.off);

		if (in.next != FRAGMENT) {
			struct pkt shimmed = { .p = room, .len = k.len + SHIM6_PAYLOAD_LEN };

			assert_int_equal(find(&shimmed, &out), 1);
			assert_int_equal(out.off, in.off);
			assert_int_equal(out.prev, in.prev);
		} else {
			out = in;
		}
		assert_true(shim6_hdr_resize(room, -SHIM6_PAYLOAD_LEN));
		shim6_hdr_close(room, &out);
		assert_memory_equal(room + SHIM6_PAYLOAD_LEN, k.p, k.len);
		free(room);
		free(k.p);
	}
}

static void test_resize(void **state)
{
	__u8 ip6[SHIM6_IP6_LEN] = { 0x60 };

	(void)state;
	assert_true(shim6_hdr_resize(ip6, 8));			/* jumbo: stays 0 */
	assert_int_equal(ip6[4] << 8 | ip6[5], 0);
	ip6[4] = 0xff;
	ip6[5] = 0xf7;
	assert_true(shim6_hdr_resize(ip6, 8));
	assert_int_equal(ip6[4] << 8 | ip6[5], 0xffff);
	assert_false(shim6_hdr_resize(ip6, 8));
	assert_int_equal(ip6[4] << 8 | ip6[5], 0xffff);
	ip6[4] = 1;
	ip6[5] = 4;
	assert_true(shim6_hdr_resize(ip6, -8));			/* the upper octet, too */
	assert_int_equal(ip6[4] << 8 | ip6[5], 0xfc);
	ip6[4] = 0;
	ip6[5] = 8;
	assert_false(shim6_hdr_resize(ip6, -8));		/* nothing behind the Shim6 header */
	ip6[5] = 9;
	assert_true(shim6_hdr_resize(ip6, -8));
	assert_int_equal(ip6[5], 1);
}

static void test_kinds(void **state)
{
	__u8 h[8] = { TCP, 0, 0x80, 0, 0, 0, 0, 1 };

	(void)state;
	assert_true(shim6_hdr_is_payload(h));
	h[1] = 1;			/* RFC 5533, 5.2: length is 0 */
	assert_false(shim6_hdr_is_payload(h));
	assert_false(shim6_hdr_is_control(h));
	h[2] = SHIM6_PROBE;
	assert_true(shim6_hdr_is_control(h));
	h[3] = 1;			/* S: HIP */
	assert_false(shim6_hdr_is_control(h));
	h[3] = 0xfe;
	assert_true(shim6_hdr_is_control(h));
}

/* The types of MLD, neighbour discovery and its kin in IANA's registry, and no other one. */
static void test_bypass(void **state)
{
	static const __u8 link[] = { 130, 131, 132, 133, 134, 135, 136, 137, 141, 142, 143, 148, 149, 151, 152, 153 };

	(void)state;
	for (unsigned int type = 0, i = 0; type < 256; type++) {
		bool is = i < sizeof(link) && link[i] == type;

		assert_int_equal(shim6_hdr_bypass_icmp(type), is);
		i += is;
	}
}

/* What is no extension header is not stepped over, whatever its octets look like. */
static void test_upper_layer(void **state)
{
	static const __u8 types[] = { TCP, UDP, ICMP, ESP, AH, FRAGMENT, NONE, 4, 41, 132, 253 };
	struct shim6_place pl;

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		struct pkt k = packet();

		add(&k, types[i], 24);
		k.p[SHIM6_IP6_LEN] = SHIM6_PROTO;	/* ports, SPI and the like */
		k.p[SHIM6_IP6_LEN + 1] = 0;
		k.p[SHIM6_IP6_LEN + 10] = 0x80;
		assert_int_equal(find(&k, &pl), 0);
		assert_int_equal(place(&k, &pl), 0);
		assert_int_equal(pl.off, SHIM6_IP6_LEN);
		free(k.p);
	}
}

/* The octet that says how many segments are left is a Routing header's alone. */
static void test_options_are_no_segments(void **state)
{
	static const __u8 types[] = { HBH, DSTOPTS };
	struct shim6_place pl;

	(void)state;
	for (size_t i = 0; i < sizeof(types); i++) {
		struct pkt k = packet();

		add(&k, types[i], 16);
		k.p[SHIM6_IP6_LEN + 3] = 12;		/* the length of an option */
		add(&k, SHIM6_PROTO, 8);
		assert_int_equal(find(&k, &pl), 1);
		assert_int_equal(pl.routing, 0);
		free(k.p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_lying_length),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_late_hopopts),
		cmocka_unit_test(test_segments_left),
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_resize),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_bypass),
		cmocka_unit_test(test_upper_layer),
		cmocka_unit_test(test_options_are_no_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
