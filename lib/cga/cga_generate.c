// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making CGA and HBA: the search for a modifier (RFC 3972 section 4, RFC 5535 section 6), and the address.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cga/cga_priv.h"

#define THREADS_MAX	64
#define LOOK_EVERY	4096	/* hashes between two looks at what the others found */

/* What the threads of one search share.  Thread i tries start + i, start + i + n, ... */
struct search {
	const uint8_t *start;		/* 16 octets */
	const uint8_t *rest;		/* key and extensions */
	size_t rest_len;
	unsigned int bits, n;
	_Atomic uint64_t best;		/* lowest index that fits so far */
	_Atomic uint64_t tries;
	_Atomic bool stop, failed;
	pthread_mutex_t lock;		/* with @ended: how many threads are through */
	pthread_cond_t ended_cond;
	unsigned int ended;
};

struct worker {
	struct search *s;
	unsigned int index;
	pthread_t thread;
};

/* modifier + n as 128-bit big-endian numbers, modulo 2^128 */
static void add128(uint8_t out[16], const uint8_t modifier[16], uint64_t n)
{
	unsigned int carry = 0;

	for (int i = 15; i >= 0; i--) {
		unsigned int sum = modifier[i] + (n & 0xff) + carry;

		out[i] = sum;
		carry = sum >> 8;
		n >>= 8;
	}
}

static void try_all(struct worker *w, struct cga *c)
{
	struct search *s = w->s;
	uint8_t modifier[16], hash[CGA_HASH_LEN];
	uint64_t i = w->index, done = 0;

	/* The lowest index wins, whoever finds it: a thread goes on until it has passed the best known. */
	while (i < atomic_load_explicit(&s->best, memory_order_relaxed)) {
		add128(modifier, s->start, i);
		if (!cga_hash2(c, modifier, s->rest, s->rest_len, hash)) {
			s->failed = true;
			break;
		}
		if (cga_zero_bits(hash, s->bits)) {
			uint64_t best = s->best;

			while (i < best && !atomic_compare_exchange_weak(&s->best, &best, i))
				;
			break;
		}
		if (++done % LOOK_EVERY == 0) {
			s->tries += LOOK_EVERY;
			if (s->stop || s->failed)
				break;
		}
		i += s->n;
	}
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	struct cga *c = cga_new();

	if (c)
		try_all(w, c);
	else
		w->s->failed = true;
	cga_free(c);
	pthread_mutex_lock(&w->s->lock);
	w->s->ended++;
	pthread_cond_signal(&w->s->ended_cond);
	pthread_mutex_unlock(&w->s->lock);
	return NULL;
}

/* Wait for all @n threads, telling the caller about once a second how far they are. */
static void wait_all(struct search *s, unsigned int n, const struct cga_search *req)
{
	double expected = (double)(1ULL << s->bits);
	struct timespec until;

	pthread_mutex_lock(&s->lock);
	while (s->ended < n) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		if (pthread_cond_clockwait(&s->ended_cond, &s->lock, CLOCK_MONOTONIC, &until) == ETIMEDOUT &&
		    req->progress && !req->progress(req->arg, s->tries, expected))
			s->stop = true;
	}
	pthread_mutex_unlock(&s->lock);
}

static int run(struct search *s, struct cga_search *req)
{
	struct worker w[THREADS_MAX];
	unsigned int n;

	for (n = 0; n < s->n; n++) {
		w[n] = (struct worker){ .s = s, .index = n };
		if (pthread_create(&w[n].thread, NULL, worker, &w[n]) != 0) {
			s->failed = true;
			break;
		}
	}
	wait_all(s, n, req);
	for (unsigned int i = 0; i < n; i++)
		pthread_join(w[i].thread, NULL);
	if (s->failed)
		return -ENOMEM;
	/* Stopped threads may have left out a lower index than the best. */
	return s->stop ? -ECANCELED : 0;
}

int cga_search(struct cga_search *req, uint8_t modifier[16], const uint8_t *key, size_t key_len, const uint8_t *ext,
	       size_t ext_len)
{
	uint8_t rest[CGA_PDS_MAX], start[16];
	struct search s = { .start = start, .rest = rest, .rest_len = key_len + ext_len, .bits = 16 * req->sec };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	int rc;

	req->tries = 0;
	if (req->sec > CGA_SEC_MAX || key_len > sizeof(rest) || ext_len > sizeof(rest) - key_len)
		return -EINVAL;
	if (req->sec == 0)
		return 0;		/* RFC 3972, 4 step 3: any modifier will do */
	memcpy(start, modifier, 16);
	memcpy(rest, key, key_len);
	if (ext_len)
		memcpy(rest + key_len, ext, ext_len);
	s.n = req->threads ? req->threads : cpus > 0 ? (unsigned int)cpus : 1;
	if (s.n > THREADS_MAX)
		s.n = THREADS_MAX;
	s.best = UINT64_MAX;
	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.ended_cond, NULL);
	rc = run(&s, req);
	pthread_cond_destroy(&s.ended_cond);
	pthread_mutex_destroy(&s.lock);
	if (rc)
		return rc;
	add128(modifier, start, s.best);
	req->tries = s.best + 1;
	return 0;
}

enum cga_fail cga_address(struct cga *c, const uint8_t *pds, size_t len, unsigned int sec, struct in6_addr *addr)
{
	const struct cga_piece piece = { pds, len };
	uint8_t hash[CGA_HASH_LEN];

	if (len < CGA_KEY_OFFSET)
		return CGA_SHORT;
	if (sec > CGA_SEC_MAX)
		return CGA_SEC;
	if (!cga_hash(c, &piece, 1, hash))
		return CGA_MEMORY;
	memcpy(addr->s6_addr, pds + CGA_PREFIX_OFFSET, 8);
	memcpy(addr->s6_addr + 8, hash, 8);
	addr->s6_addr[8] = (hash[0] & 0x1c) | sec << 5;		/* Sec, and u = g = 0 */
	return CGA_OK;
}
