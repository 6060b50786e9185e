// SPDX-License-Identifier: GPL-2.0-or-later
/* The protocol runs of RFC 5534 appendix A: two machines, the kernel's clock and a network, all simulated. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "sim/reap_world.h"

enum { A, B };

/*
 * What was said and decided, one word an action: "B:E1-0" is B's Probe Exploring over its locator 1 and A's locator
 * 0.
 */
static char story[4096];
static unsigned int messages;

static void write_down(struct world *w, unsigned int h, const struct reap_action *act, const struct s6_msg *msg)
{
	const struct w_host *x = &w->host[h];
	size_t at = strlen(story);

	if (act->type == REAP_ACT_PAIR) {
		snprintf(story + at, sizeof(story) - at, "%c:use%u-%u ", 'A' + h, x->loc_local, x->loc_peer);
	} else if (act->type == REAP_ACT_STATE) {
		snprintf(story + at, sizeof(story) - at, "%c:%s ", 'A' + h, reap_state_name(act->state));
	} else if (act->type == REAP_ACT_SEND) {
		messages++;
		snprintf(story + at, sizeof(story) - at, "%c:%c%d-%d ", 'A' + h,
			 msg->type == SHIM6_KEEPALIVE ? 'K' : "OEI"[msg->reap_state],
			 w_index(x->params.local, x->params.n_local, &act->src),
			 w_index(x->params.peer, x->params.n_peer, &act->dst));
	}
}

static void begin(struct world *w, unsigned int n0, unsigned int n1)
{
	w_init(w, 7, n0, n1);
	w->trace = write_down;
	*story = '\0';
	messages = 0;
}

static void end(struct world *w)
{
	assert_string_equal(w->error, "");
	w_end(w);
}

/* The words of @want stand in the story in this order, perhaps with others between them. */
static void assert_story(const char *want)
{
	const char *at = story;
	char word[32];
	int n;

	for (; sscanf(want, "%31s%n", word, &n) == 1; want += n) {
		size_t len = strlen(word);

		for (at = strstr(at, word); at && at[len] != ' '; at = strstr(at + len, word))
			;
		if (!at)
			fail_msg("no \"%s\" at its place in: %s", word, story);
		at += len;
	}
}

/* S5534-A-01, S5534-1-01: no communications, no messages */
static void example_1_no_communications(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_run(&w, 600000);
	assert_int_equal(messages, 0);
	assert_string_equal(story, "");
	end(&w);
}

/* S5534-A-02, S5534-1-02, S5534-4.1-12: traffic in both directions, no messages */
static void example_2_bidirectional(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_app(&w, A, 500);
	w.host[B].answers = true;
	w_run(&w, 600000);
	assert_int_equal(messages, 0);
	assert_true(w.host[A].payload_in > 500);
	end(&w);
}

/* S5534-A-03, S5534-4.1-02, S5534-6.1-08: one-way traffic; only the receiver sends Keepalives, and nobody explores */
static void example_3_unidirectional(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_app(&w, A, 500);
	w_run(&w, 600000);
	assert_int_equal(w.host[A].keepalives, 0);
	/* Rounds of 15 s: two after the interval of 6 s, the last at the end (Q46, Q47). */
	assert_in_range(w.host[B].keepalives, 3 * 600 / 16, 3 * 600 / 15 + 3);
	assert_int_equal(messages, w.host[B].keepalives);
	assert_story("B:K0-0 B:K0-0");
	assert_null(strstr(story, "exploring"));
	end(&w);
}

/*
 * S5534-4.1-09, S5534-4.1-11, S5534-6.3-01: one packet in; Keepalives at the interval, a last one after 15 s, no
 * more
 */
static void keepalives_end(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_payload_out(&w, A);
	w_run(&w, 5000);
	assert_int_equal(messages, 0);
	w_run(&w, 7000);
	assert_int_equal(messages, 1);
	w_run(&w, 14500);
	assert_int_equal(messages, 2);
	w_run(&w, 16000);
	assert_int_equal(messages, 3);
	w_run(&w, 600000);
	assert_int_equal(messages, 3);
	assert_string_equal(story, "B:K0-0 B:K0-0 B:K0-0 ");
	end(&w);
}

/*
 * S5534-A-04, S5534-6.9-05: A has one address, B has two; everything over B1 breaks.  Numbers count from 0, so B1 is
 * locator 0 of B.  B sends a little more often and happens to see the problem first.
 */
static void example_4_failure(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 1, 2);
	w_app(&w, A, 2000);
	w_app(&w, B, 100);
	w_run(&w, 30000);
	assert_int_equal(messages, 0);
	w.path[A][0][0].up = w.path[B][0][0].up = false;
	w_run(&w, 60000);
	assert_story("B:exploring B:E0-0 B:E1-0 A:inboundok A:I0-1 B:use1-0 B:operational B:O1-0 "
		     "A:use0-1 A:operational");
	assert_true(w_well(&w));
	assert_int_equal(messages, 4);
	w_run(&w, 600000);
	assert_int_equal(messages, 4);
	end(&w);
}

/* S5534-A-05: only A1 to B1 breaks.  B goes on over (B1, A1), A moves to (A2, B2). */
static void example_5_one_way_failure(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_app(&w, A, 1000);
	w_app(&w, B, 1000);
	w_run(&w, 30000);
	w.path[A][0][0].up = false;
	w_run(&w, 60000);
	assert_story("B:exploring B:E0-0 A:inboundok A:I0-0 B:E1-1 A:I1-1 B:operational B:O0-0 A:use1-1 "
		     "A:operational");
	assert_null(strstr(story, "B:use"));
	assert_true(w_well(&w));
	assert_int_equal(w.host[B].loc_local, 0);
	assert_int_equal(w.host[B].loc_peer, 0);
	end(&w);
}

/* S5534-3.3-02: each direction works over one pair only, and another one */
static void crossed_one_way_pairs(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_app(&w, A, 500);
	w.host[B].answers = true;
	w_run(&w, 30000);
	w_path_all(&w, false);
	w.path[A][0][1].up = true;
	w.path[B][0][1].up = true;
	w_run(&w, 60000);
	assert_true(w_well(&w));
	assert_int_equal(w.host[A].loc_local, 0);
	assert_int_equal(w.host[A].loc_peer, 1);
	assert_int_equal(w.host[B].loc_local, 0);
	assert_int_equal(w.host[B].loc_peer, 1);
	end(&w);
}

/* S5534-3.2-01, S5534-6.9-06: a local failure that is known is repaired within round trips, not after a timeout */
static void local_failure_acts_at_once(void **state)
{
	struct world w;

	(void)state;
	begin(&w, 2, 2);
	w_app(&w, A, 500);
	w.host[B].answers = true;
	w_run(&w, 30000);
	w.path[A][0][0].up = w.path[A][0][1].up = w.path[B][0][0].up = w.path[B][1][0].up = false;
	w_local(&w, A, 0, true);
	assert_int_equal(w.host[A].loc_local, 0);	/* the old pair until a new one is proven */
	w_run(&w, 30000 + 4 * 10);
	assert_story("A:exploring A:E1-1 B:inboundok B:I1-1 A:use1-1 A:operational A:O1-1 B:use1-1 B:operational");
	assert_true(w_well(&w));
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(example_1_no_communications),
		cmocka_unit_test(example_2_bidirectional),
		cmocka_unit_test(example_3_unidirectional),
		cmocka_unit_test(keepalives_end),
		cmocka_unit_test(example_4_failure),
		cmocka_unit_test(example_5_one_way_failure),
		cmocka_unit_test(crossed_one_way_pairs),
		cmocka_unit_test(local_failure_acts_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
