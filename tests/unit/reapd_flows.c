// SPDX-License-Identifier: GPL-2.0-or-later
/* When do the flows of a pair want a context?  Table and policy of reapd, with made-up counters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>

#include "reapd/counters.c"
#include "reapd/flows.c"
#include "reapd/hash.c"

static struct {
	uint64_t now;
	uint64_t packets[65536], octets[65536];		/* by source port */
	bool gone[65536], uncounted;
	unsigned int asked;				/* questions for counters */
	bool refuse;					/* nobody to want from */
	unsigned int wants;
	struct reap_ipc_want want;
	unsigned int numbers;
	struct reap_ipc_flows number;
} w;

static struct counters counters;
static struct flows *f;

static struct in6_addr addr(const char *text)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET6, text, &a), 1);
	return a;
}

#define LOCAL	addr("2001:db8:a::1")
#define PEER	addr("2001:db8:b::1")

static int fake_counters(void *arg, const struct flow_key *k, uint64_t *packets, uint64_t *octets)
{
	(void)arg;
	w.asked++;
	if (w.gone[k->sport])
		return -ENOENT;
	*packets = w.packets[k->sport];
	*octets = w.octets[k->sport];
	return w.uncounted ? -ENODATA : 0;
}

static bool fake_want(void *arg, const struct reap_ipc_want *m)
{
	(void)arg;
	if (w.refuse)
		return false;
	w.wants++;
	w.want = *m;
	return true;
}

static void fake_number(void *arg, const struct reap_ipc_flows *m)
{
	(void)arg;
	w.numbers++;
	w.number = *m;
}

static const struct flows_ops ops = { fake_counters, fake_want, fake_number };

static int setup(void **state)
{
	const struct flows_policy po = { .packets = 45 };

	(void)state;
	memset(&w, 0, sizeof(w));
	memset(&counters, 0, sizeof(counters));
	w.now = 1000000;
	f = flows_new(&po, &ops, NULL, &counters);
	return f ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	flows_free(f);
	return 0;
}

static struct flow_key key(uint16_t sport)
{
	return (struct flow_key){ .src = LOCAL, .dst = PEER, .proto = IPPROTO_TCP, .sport = sport, .dport = 22 };
}

static void begin(uint16_t sport)
{
	struct flow_key k = key(sport);

	flows_add(f, &k, FLOW_LOCAL_SRC | FLOW_COUNTS, 0, 0, w.now);
}

static void end(uint16_t sport)
{
	struct flow_key k = key(sport);

	flows_del(f, &k, w.packets[sport], w.octets[sport], w.now);
}

/* Let time pass as the loop would. */
static void pass(uint64_t ms)
{
	uint64_t until = w.now + ms;

	while (flows_next_due(f) <= until) {
		if (flows_next_due(f) > w.now)
			w.now = flows_next_due(f);
		flows_timeout(f, w.now, 1000);
	}
	w.now = until;
}

/* The same with the budget and the gaps of trigger.c. */
static void as_reapd_does(uint64_t ms)
{
	for (uint64_t until = w.now + ms; w.now < until; w.now += 50)
		if (flows_next_due(f) <= w.now)
			flows_timeout(f, w.now, 128);
}

static void result(int error, uint32_t retry_after)
{
	struct reap_ipc_want_result m = { .local = LOCAL, .peer = PEER, .error = error, .retry_after = retry_after };

	flows_result(f, &m, w.now);
}

static void context(bool there)
{
	struct in6_addr local = LOCAL, peer = PEER;

	flows_context(f, &local, &peer, there, w.now);
}

static void test_packets(void **state)
{
	const struct flow_key k = key(1);

	(void)state;
	begin(1);
	w.packets[1] = 44;
	pass(60000);
	assert_int_equal(w.wants, 0);
	w.packets[1] = 45;
	pass(10000);
	assert_int_equal(w.wants, 1);
	assert_true(w.want.packets == 45);
	assert_memory_equal(&w.want.local, &k.src, 16);
	assert_memory_equal(&w.want.peer, &k.dst, 16);
	pass(100000);
	assert_int_equal(w.wants, 1);			/* asked once */
	assert_int_equal(counters.c[C_WANT], 1);
}

/* Either end may have opened the flow. */
static void test_peer_opened(void **state)
{
	struct flow_key k = { .src = PEER, .dst = LOCAL, .proto = IPPROTO_UDP, .sport = 9, .dport = 53 };
	struct in6_addr local = LOCAL;

	(void)state;
	flows_add(f, &k, FLOW_COUNTS, 0, 0, w.now);
	w.packets[9] = 100;
	pass(1000);
	assert_int_equal(w.wants, 1);
	assert_memory_equal(&w.want.local, &local, 16);
}

/* Small flows add up, also those that have ended. */
static void test_sum(void **state)
{
	(void)state;
	for (uint16_t i = 1; i <= 3; i++) {
		w.packets[i] = 10;
		begin(i);
		end(i);
		pass(5000);
	}
	w.packets[4] = 14;
	begin(4);
	pass(5000);
	assert_int_equal(w.wants, 0);
	w.packets[5] = 1;
	begin(5);
	pass(5000);
	assert_int_equal(w.wants, 1);
	assert_true(w.want.packets == 45);
}

/* A pair that rests for a minute is forgotten, with what it has carried. */
static void test_linger(void **state)
{
	(void)state;
	w.packets[1] = 40;
	begin(1);
	end(1);
	assert_int_equal(flows_pairs(f), 1);
	pass(LINGER);
	assert_int_equal(flows_pairs(f), 0);
	w.packets[2] = 40;
	begin(2);
	pass(20000);
	assert_int_equal(w.wants, 0);
}

static void test_octets_and_age(void **state)
{
	const struct flows_policy octets = { .octets = 2000 }, age = { .age = 60000 };

	(void)state;
	flows_set_policy(f, &octets);
	begin(1);
	w.packets[1] = 1000;
	w.octets[1] = 1999;
	pass(30000);
	assert_int_equal(w.wants, 0);
	w.octets[1] = 2000;
	pass(10000);
	assert_int_equal(w.wants, 1);
	result(-ETIMEDOUT, 1000);

	teardown(NULL);
	setup(NULL);
	flows_set_policy(f, &age);
	begin(1);
	pass(59999);
	assert_int_equal(w.wants, 0);
	pass(1);
	assert_int_equal(w.wants, 1);
	assert_int_equal(w.want.age, 60000);
	assert_int_equal(w.asked, 0);			/* nothing to count */
}

/* Flows that do not count are followed, but never want anything. */
static void test_excluded(void **state)
{
	struct flow_key k = key(1);

	(void)state;
	context(true);
	flows_add(f, &k, FLOW_LOCAL_SRC, 500, 500, w.now);
	assert_int_equal(w.number.flows, 1);
	context(false);
	pass(60000);
	assert_int_equal(w.wants, 0);
	assert_int_equal(w.asked, 0);
	assert_int_equal(flows_count(f), 1);
}

static void test_no_policy(void **state)
{
	const struct flows_policy none = { 0, 0, 0 };

	(void)state;
	flows_set_policy(f, &none);
	begin(1);
	w.packets[1] = 1000;
	pass(600000);
	assert_int_equal(w.wants, 0);
	assert_int_equal(w.asked, 0);
}

/* The closer, the sooner: a flow at a steady rate is met soon after it passes. */
static void test_foresight(void **state)
{
	const struct flows_policy po = { .packets = 100000 };
	uint64_t at = 0;

	(void)state;
	flows_set_policy(f, &po);
	begin(1);
	for (uint64_t t = 0; t < 200000 && !w.wants; t += 10) {	/* 1000 packets a second */
		w.packets[1] += 10;
		pass(10);
		at = t;
	}
	assert_int_equal(w.wants, 1);
	assert_in_range(at, 100000 - 10, 100000 + 600);
	assert_in_range(w.asked, 1, 20);
}

static void test_hold_down(void **state)
{
	(void)state;
	begin(1);
	w.packets[1] = 50;
	pass(1000);
	assert_int_equal(w.wants, 1);
	result(-EAGAIN, 600000);
	w.packets[1] = 500;
	w.asked = 0;
	pass(599999);
	assert_int_equal(w.wants, 1);
	assert_int_equal(w.asked, 0);			/* not even looked at */
	pass(10000);
	assert_int_equal(w.wants, 2);			/* it went on sending */
	result(-EAGAIN, 600000);
	pass(700000);
	assert_int_equal(w.wants, 2);			/* it did not */
}

static void test_hold_down_default(void **state)
{
	(void)state;
	begin(1);
	w.packets[1] = 50;
	pass(1000);
	result(-ENOSPC, 0);
	w.packets[1] = 500;
	pass(HOLD_DEFAULT - 1);
	assert_int_equal(w.wants, 1);
	pass(10000);
	assert_int_equal(w.wants, 2);
}

/* With a context there is nothing to ask for; when it goes, it takes as much again. */
static void test_context(void **state)
{
	(void)state;
	begin(1);
	w.packets[1] = 50;
	pass(1000);
	context(true);
	result(0, 0);
	w.asked = 0;
	w.packets[1] = 5000;
	pass(60000);
	assert_int_equal(w.asked, 0);
	context(false);
	w.packets[1] = 5044;
	pass(1);
	w.asked = 0;
	pass(10000);
	assert_true(w.asked > 0);
	assert_int_equal(w.wants, 2);			/* what it carried meanwhile counts once */
}

static void test_forked_contexts(void **state)
{
	(void)state;
	context(true);
	context(true);
	begin(1);
	w.packets[1] = 50;
	context(false);
	pass(10000);
	assert_int_equal(w.wants, 0);
	context(false);
	pass(10000);
	assert_int_equal(w.wants, 1);
}

static void test_numbers(void **state)
{
	(void)state;
	begin(1);
	assert_int_equal(w.numbers, 0);			/* nobody cares without a context */
	context(true);
	assert_int_equal(w.number.flows, 1);
	begin(2);
	assert_int_equal(w.numbers, 1);
	end(1);
	assert_int_equal(w.number.flows, 1);
	end(2);
	assert_int_equal(w.number.flows, 0);
	assert_int_equal(w.numbers, 3);
	pass(600000);
	assert_int_equal(flows_pairs(f), 1);		/* the context keeps it */
	flows_tell_all(f, w.now);
	assert_int_equal(w.numbers, 4);
}

/* Nobody listens when the policy is passed; the wish is told as soon as somebody does. */
static void test_control_away(void **state)
{
	(void)state;
	w.refuse = true;
	begin(1);
	w.packets[1] = 50;
	pass(60000);
	assert_int_equal(w.wants, 0);
	w.refuse = false;
	flows_tell_all(f, w.now);
	pass(1);
	assert_int_equal(w.wants, 1);
	/* And again to its successor. */
	flows_tell_all(f, w.now);
	pass(1);
	assert_int_equal(w.wants, 2);
}

static void test_resync(void **state)
{
	struct flow_key k = key(2);

	(void)state;
	context(true);
	begin(1);
	begin(2);
	begin(3);
	flows_resync_begin(f);
	flows_add(f, &k, FLOW_LOCAL_SRC | FLOW_COUNTS | FLOW_FOUND, 7, 700, w.now);
	flows_resync_end(f, w.now);
	assert_int_equal(flows_count(f), 1);
	assert_int_equal(w.number.flows, 1);
	end(2);
	assert_int_equal(w.number.flows, 0);
}

/* The lists of what counts changed: flows are added again, and count once. */
static void test_forget(void **state)
{
	struct flow_key k = key(1);

	(void)state;
	context(true);
	begin(1);
	begin(2);
	context(false);
	w.packets[1] = w.packets[2] = 15;
	pass(5000);
	flows_forget(f, w.now);
	assert_int_equal(flows_count(f), 0);
	flows_add(f, &k, FLOW_LOCAL_SRC | FLOW_COUNTS | FLOW_FOUND, 15, 1500, w.now);
	pass(20000);
	assert_int_equal(w.wants, 0);
	w.packets[1] = 45;
	pass(10000);
	assert_int_equal(w.wants, 1);
}

/* The end of a flow older than us may raise no event. */
static void test_found(void **state)
{
	struct flow_key k;

	(void)state;
	context(true);
	for (uint16_t i = 1; i <= 200; i++) {
		k = key(i);
		flows_add(f, &k, FLOW_LOCAL_SRC | FLOW_COUNTS | FLOW_FOUND, 0, 0, w.now);
	}
	pass(60000);
	assert_int_equal(flows_count(f), 200);
	assert_in_range(w.asked, 200, 300);
	memset(w.gone, true, sizeof(w.gone));
	pass(60000);
	assert_int_equal(flows_count(f), 0);
	assert_int_equal(w.number.flows, 0);
}

/* So many flows at the start that their sweep could take all the time there is: what begins is counted nevertheless. */
static void test_found_many(void **state)
{
	struct flow_key k;

	(void)state;
	for (uint16_t i = 100; i < 20100; i++) {
		k = key(i);
		k.dst.s6_addr[8] = (uint8_t)(i >> 8);
		k.dst.s6_addr[9] = (uint8_t)i;
		flows_add(f, &k, FLOW_LOCAL_SRC | FLOW_COUNTS | FLOW_FOUND, 0, 0, w.now);
	}
	begin(1);
	w.packets[1] = 100;
	as_reapd_does(60000);
	assert_int_equal(w.wants, 1);
	assert_true(w.asked >= 20000);
}

/* One that turns out to have ended while it is counted. */
static void test_gone_while_counting(void **state)
{
	(void)state;
	begin(1);
	w.gone[1] = true;
	pass(1000);
	assert_int_equal(flows_count(f), 0);
	pass(LINGER);
	assert_int_equal(flows_pairs(f), 0);
}

static void test_uncounted(void **state)
{
	(void)state;
	w.uncounted = true;
	begin(1);
	w.packets[1] = 100;
	pass(60000);
	assert_int_equal(w.wants, 0);
	assert_in_range(w.asked, 5, 20);
}

/* However many flows there are, a turn of the loop asks no more than it may. */
static void test_budget(void **state)
{
	struct flow_key k = key(1);
	unsigned int before;

	(void)state;
	for (unsigned int i = 0; i < 5000; i++) {
		k.dst.s6_addr[12] = i >> 8;
		k.dst.s6_addr[13] = i;
		flows_add(f, &k, FLOW_LOCAL_SRC | FLOW_COUNTS, 0, 0, w.now);
	}
	w.now += 1000;
	flows_timeout(f, w.now, 128);
	assert_int_equal(w.asked, 128);
	assert_true(flows_next_due(f) <= w.now);
	do {
		before = w.asked;
		flows_timeout(f, w.now, 128);
	} while (w.asked == before + 128);
	assert_int_equal(w.asked, 5000);
}

/* Many flows of one pair: all have their turn, some at a time. */
static void test_turns(void **state)
{
	const struct flows_policy po = { .packets = 100000 };

	(void)state;
	flows_set_policy(f, &po);
	for (uint16_t i = 1; i <= 300; i++)
		begin(i);
	w.now += LOOK_FIRST;
	flows_timeout(f, w.now, 1000);
	assert_int_equal(w.asked, LOOKS_MAX);
	w.packets[300] = 100000;			/* the last in the row */
	pass(60000);
	assert_int_equal(w.wants, 1);
}

static void test_table_full(void **state)
{
	struct flow_key k = key(1);

	(void)state;
	for (unsigned int i = 0; i < FLOWS_MAX + 10; i++) {
		k.sport = i;
		k.dport = i >> 16;
		flows_add(f, &k, FLOW_LOCAL_SRC, 0, 0, w.now);
	}
	assert_int_equal(flows_count(f), FLOWS_MAX);
	assert_int_equal(counters.c[C_FLOW_FULL], 10);
	flows_del(f, &k, 1, 1, w.now);			/* of one that was not followed */
	assert_int_equal(flows_count(f), FLOWS_MAX);
}

static void test_pairs_full(void **state)
{
	struct flow_key k = key(1);

	(void)state;
	for (unsigned int i = 0; i < FLOW_PAIRS_MAX + 10; i++) {
		k.dst.s6_addr[11] = i >> 16;
		k.dst.s6_addr[12] = i >> 8;
		k.dst.s6_addr[13] = i;
		flows_add(f, &k, FLOW_LOCAL_SRC, 0, 0, w.now);
	}
	assert_int_equal(flows_pairs(f), FLOW_PAIRS_MAX);
	assert_int_equal(counters.c[C_PAIR_FULL], 10);
}

static void test_has_pair(void **state)
{
	struct in6_addr local = LOCAL, peer = PEER;

	(void)state;
	assert_false(flows_has_pair(f, &local, &peer));
	context(true);
	assert_true(flows_has_pair(f, &local, &peer));
	assert_false(flows_has_pair(f, &peer, &local));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_packets), TEST(test_peer_opened), TEST(test_sum), TEST(test_linger),
		TEST(test_octets_and_age), TEST(test_excluded), TEST(test_no_policy), TEST(test_foresight),
		TEST(test_hold_down), TEST(test_hold_down_default), TEST(test_context),
		TEST(test_forked_contexts), TEST(test_numbers), TEST(test_control_away), TEST(test_resync),
		TEST(test_forget),
		TEST(test_found), TEST(test_found_many), TEST(test_gone_while_counting), TEST(test_uncounted),
		TEST(test_budget), TEST(test_turns), TEST(test_table_full), TEST(test_pairs_full), TEST(test_has_pair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
