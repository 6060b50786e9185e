// SPDX-License-Identifier: GPL-2.0-or-later
/* The parts that the Shim6 host is made of: tags, timers, hash, validator, locator sets, counters, names. */
#include "proto_pair.h"
#include "proto/locset.h"
#include "proto/siphash.h"
#include "proto/tags.h"
#include "proto/timerq.h"
#include "proto/validator.h"

/* Known answers of SipHash-2-4: key 00..0f, input 00, 00 01, ... of growing length (the authors' vectors). */
static void siphash(void **state)
{
	static const struct { size_t len; uint64_t hash; } t[] = {
		{ 0, 0x726fdb47dd0e0e31 }, { 1, 0x74f839c593dc67fd }, { 7, 0xab0200f58b01d137 },
		{ 8, 0x93f5f5799a932462 }, { 15, 0xa129ca6149be45e5 },
	};
	struct s6_siphash_key key = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };
	uint8_t in[16];
	unsigned int i;

	(void)state;
	for (i = 0; i < 16; i++)
		in[i] = i;
	for (i = 0; i < 5; i++)
		assert_true(s6_siphash(&key, in, t[i].len) == t[i].hash);
}

/* S5533-7.1-03 S5533-9-05: every tag comes once before one comes twice */
static void tags_walk_the_whole_space(void **state)
{
	static uint8_t seen[1 << 13];
	uint8_t seed[24];
	struct s6_tags t;
	unsigned int bits, i, walk;
	uint64_t tag;

	(void)state;
	for (bits = 1; bits <= 13; bits++) {
		for (i = 0; i < sizeof(seed); i++)
			seed[i] = i * 7 + bits;
		s6_tags_init(&t, bits, seed);
		memset(seen, 0, sizeof(seen));
		for (walk = 1; walk < 3; walk++) {
			for (i = 0; i < 1u << bits; i++) {
				tag = s6_tags_next(&t);
				assert_true(tag < 1ULL << bits);
				assert_int_equal(seen[tag], walk - 1);
				seen[tag] = walk;
			}
		}
	}
}

/* S5533-7.1-02: all 47 bits look random, and neighbours in the walk have nothing in common */
static void tags_look_random(void **state)
{
	enum { N = 20000 };
	uint8_t seed[24] = { 1, 2, 3 };
	unsigned int ones[47] = { 0 }, flips[47] = { 0 }, i, b;
	uint64_t tag, last = 0;
	struct s6_tags t;

	(void)state;
	s6_tags_init(&t, 47, seed);
	for (i = 0; i < N; i++) {
		tag = s6_tags_next(&t);
		assert_true(tag <= SHIM6_TAG_MAX);
		for (b = 0; b < 47; b++) {
			ones[b] += tag >> b & 1;
			flips[b] += (tag ^ last) >> b & 1;
		}
		last = tag;
	}
	for (b = 0; b < 47; b++) {		/* six standard deviations are 424 */
		assert_in_range(ones[b], N / 2 - 424, N / 2 + 424);
		assert_in_range(flips[b], N / 2 - 424, N / 2 + 424);
	}
}

static void timers_come_in_order(void **state)
{
	enum { N = 500 };
	static struct s6_timer timer[N];
	struct s6_timerq q = { 0 };
	struct pair p = { .seed = 5 };
	struct s6_timer *t;
	unsigned int i, round, running;
	uint64_t last;

	(void)state;
	assert_int_equal(s6_timerq_reserve(&q, N), 0);
	assert_null(s6_timerq_first(&q));
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 3 * N; i++) {
			t = &timer[pair_random(&p) % N];
			if (pair_random(&p) % 3)
				s6_timer_set(&q, t, pair_random(&p) % 1000);
			else
				s6_timer_stop(&q, t);
		}
		for (i = running = 0; i < N; i++)
			running += !!timer[i].at;
		assert_int_equal(running, q.n);
		for (last = 0; (t = s6_timerq_first(&q)); running--) {
			assert_true(t->due >= last);
			last = t->due;
			s6_timer_stop(&q, t);
			assert_int_equal(t->at, 0);
		}
		assert_int_equal(running, 0);
	}
	s6_timerq_free(&q);
}

/* S5533-7.10.1-01 S5533-16.2-01: age over a wrap of the nonce, the old secret as long as it can be needed */
static void validator_secrets(void **state)
{
	struct pair p = { .seed = 77 };
	struct s6_validator v;
	uint8_t a[32], b[32];
	struct in6_addr x = ip("2001:db8::1"), y = ip("2001:db8::2");
	uint64_t now = 123456;
	uint32_t n;
	unsigned int i;

	(void)state;
	s6_validator_init(&v, now, pair_fill, &p);
	v.start = UINT32_MAX - 200;		/* wraps soon */
	v.now.since = v.start + now / 1000;
	for (i = 0; i < 2000; i++) {
		n = s6_validator_nonce(&v, now);
		assert_true(s6_validator_r1bis(&v, n, 7, &x, &y, a));
		now += 17000;
		s6_validator_nonce(&v, now);
		assert_true(s6_validator_recent(&v, now, n));
		now += 13000;
		s6_validator_nonce(&v, now);
		assert_true(s6_validator_recent(&v, now, n));
		assert_true(s6_validator_r1bis(&v, n, 7, &x, &y, b));
		assert_true(s6_validator_same(a, b, 32));
		assert_false(s6_validator_recent(&v, now + 2000, n));
		assert_false(s6_validator_recent(&v, now, s6_validator_nonce(&v, now) + 1));
	}
	/* two changes later nothing is left of it */
	now += 700000;
	s6_validator_nonce(&v, now);
	now += 700000;
	s6_validator_nonce(&v, now);
	assert_true(s6_validator_r1bis(&v, n, 7, &x, &y, b));
	assert_false(s6_validator_same(a, b, 32));
	assert_false(s6_validator_same(a, a, 31));
	assert_false(s6_validator_same(a, NULL, 32));
}

static void locator_sets(void **state)
{
	struct s6_locset a, b;
	struct s6_locator l = { .addr = ip("2001:db8::2"), .method = 1 };
	struct in6_addr x = ip("2001:db8::1");
	struct s6_pref_list prefs;
	struct s6_locator_list list;
	unsigned int i;

	(void)state;
	s6_locset_one(&a, &x, 2);
	assert_int_equal(s6_locset_find(&a, &x), 0);
	assert_int_equal(s6_locset_find(&a, &l.addr), -1);
	assert_true(s6_locset_add(&a, &l));
	assert_true(s6_locset_plain(&a));
	b = a;
	assert_true(s6_locset_equal(&a, &b));
	b.loc[1].method = 2;
	assert_true(s6_locset_same_prefs(&a, &b));
	assert_false(s6_locset_equal(&a, &b));
	b.loc[1].prio = 1;
	assert_false(s6_locset_same_prefs(&a, &b));
	assert_true(s6_locset_same_addrs(&a, &b));
	assert_false(s6_locset_plain(&b));
	b.loc[0].flags = SHIM6_LOC_BROKEN;
	assert_int_equal(s6_locset_find_good(&b, &x), -1);
	b.generation = 9;
	s6_locset_to_list(&b, &list);
	s6_locset_to_prefs(&b, &prefs);
	s6_locset_from_list(&a, &list);
	assert_false(s6_locset_equal(&a, &b));
	s6_locset_apply_prefs(&a, &prefs);
	assert_true(s6_locset_equal(&a, &b));
	for (i = 2; i < S6_LOCATORS_MAX; i++)
		assert_true(s6_locset_add(&a, &l));
	assert_false(s6_locset_add(&a, &l));
}

/* Each counter has a name of its own and a sentence. */
static void counters_are_named(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair p = { .seed = 1 };
	struct s6_host *h = s6_host_new(&cfg, pair_fill, &p, 0);
	const char *text, *name;
	unsigned int i, j;
	uint64_t value;

	(void)state;
	assert_int_equal(s6_counters() > S6_V_MAX, 1);
	for (i = 0; i < s6_counters(); i++) {
		name = s6_counter(h, i, &value, &text);
		assert_non_null(name);
		assert_true(strlen(name) < 40 && strlen(name) > 1);
		assert_true(strlen(text) > 10 && strlen(text) < 120);
		assert_int_equal(value, 0);
		for (j = 0; j < i; j++)
			assert_string_not_equal(name, s6_counter(h, j, &value, &text));
	}
	assert_null(s6_counter(h, i, &value, &text));
	s6_host_free(h);
	s6_host_free(NULL);
	assert_string_equal(s6_state_name(S6_I2BIS_SENT), "I2BIS-SENT");
	assert_string_equal(s6_state_name(99), "unknown");
	cfg.tag_bits = 0;
	assert_null(s6_host_new(&cfg, pair_fill, &p, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(siphash),
		cmocka_unit_test(tags_walk_the_whole_space),
		cmocka_unit_test(tags_look_random),
		cmocka_unit_test(timers_come_in_order),
		cmocka_unit_test(validator_secrets),
		cmocka_unit_test(locator_sets),
		cmocka_unit_test(counters_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
