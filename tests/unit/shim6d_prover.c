// SPDX-License-Identifier: GPL-2.0-or-later
/* The thread that verifies: results come back in order through the loop, and a flood finds a queue that is full. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "shim6d/prover.c"

static struct hal_loop *loop;
static struct hal_timer *late;
static unsigned int n_done, wanted;
static uint8_t last[S6_MSG_MAX];

static void done(void *arg, const struct prover_job *job)
{
	assert_ptr_equal(arg, &loop);
	assert_int_equal(job->fail, CGA_ULID);		/* octets that are no message */
	assert_int_equal(job->proof.result, S6_PROOF_PDS);
	memcpy(last, job->data, job->len);
	if (++n_done == wanted)
		hal_loop_stop(loop, 0);
}

static void too_late(void *arg)
{
	(void)arg;
	hal_loop_stop(loop, 1);
}

static struct prover_job job_from(unsigned int network, unsigned int number)
{
	struct prover_job job = { .len = 8, .min_bits = 1024 };

	inet_pton(AF_INET6, "2001:db8::1", &job.src);
	job.src.s6_addr[7] = network;
	job.src.s6_addr[15] = number;
	job.data[6] = number >> 8;
	job.data[7] = number;
	return job;
}

static void collect(unsigned int n)
{
	wanted = n;
	hal_timer_set(late, 60000);
	assert_int_equal(hal_loop_run(loop), 0);
	hal_timer_stop(late);
	assert_int_equal(n_done, n);
}

static void results_come_back(void **state)
{
	struct prover *p = prover_new(loop, done, &loop);
	struct prover_job job;

	(void)state;
	assert_non_null(p);
	n_done = 0;
	for (unsigned int i = 0; i < 100; i++) {
		job = job_from(i / 20, i);
		assert_int_equal(prover_submit(p, &job), PROVER_TAKEN);
	}
	collect(100);
	assert_int_equal(last[7], 99);
	prover_free(p);
}

/* The thread is held up by the lock: what happens is what the queue holds. */
static void a_flood_is_bounded(void **state)
{
	struct prover *p = prover_new(loop, done, &loop);
	unsigned int taken = 0, shared = 0, full = 0;
	struct prover_job job;

	(void)state;
	assert_non_null(p);
	n_done = 0;
	pthread_mutex_lock(&p->lock);
	p->n = PROVER_MAX - 3;		/* as if so many were at hand */
	pthread_mutex_unlock(&p->lock);
	for (unsigned int i = 0; i < 5; i++) {
		job = job_from(i, i);
		switch (prover_submit(p, &job)) {
		case PROVER_TAKEN:
			taken++;
			break;
		case PROVER_FULL:
			full++;
			break;
		default:
			fail();
		}
	}
	assert_int_equal(taken, 3);
	assert_int_equal(full, 2);
	collect(3);
	assert_int_equal(p->n, PROVER_MAX - 3);

	/* One network has its share; another gets through at the same time. */
	n_done = 0;
	pthread_mutex_lock(&p->lock);
	p->n = 0;
	for (unsigned int i = 0; i < PROVER_SHARE; i++) {
		struct prover_job *copy = malloc(sizeof(*copy));

		assert_non_null(copy);
		*copy = job_from(7, i);
		put(&p->todo, copy);
		p->n++;
	}
	job = job_from(7, 99);
	shared = neighbours(&p->todo, &job.src);
	job = job_from(8, 1);
	assert_int_equal(neighbours(&p->todo, &job.src), 0);
	assert_int_equal(shared, PROVER_SHARE);
	pthread_mutex_unlock(&p->lock);
	assert_int_equal(prover_submit(p, &job), PROVER_TAKEN);
	collect(PROVER_SHARE + 1);
	prover_free(p);
}

/* What waits is thrown away at the end, under the sanitizer's eyes. */
static void ends_with_work_left(void **state)
{
	struct prover *p = prover_new(loop, done, &loop);
	struct prover_job job;

	(void)state;
	assert_non_null(p);
	for (unsigned int i = 0; i < PROVER_MAX; i++) {
		job = job_from(i % 250, i);
		if (prover_submit(p, &job) != PROVER_TAKEN)
			break;
	}
	prover_free(p);
	prover_free(NULL);
}

static int setup(void **state)
{
	(void)state;
	loop = hal_loop_new();
	late = loop ? hal_timer_new(loop, too_late, NULL) : NULL;
	return !late;
}

static int teardown(void **state)
{
	(void)state;
	hal_timer_free(late);
	hal_loop_free(loop);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_back),
		cmocka_unit_test(a_flood_is_bounded),
		cmocka_unit_test(ends_with_work_left),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
