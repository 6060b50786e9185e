/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deterministic stand-ins for tests of programs that use lib/hal.
 *
 * Each file here defines every function of one hal header (clock, rng, loop, raw, nfq, rtnl, ct), in memory.  A test
 * includes the .c files it wants; the linker then takes nothing of that name out of libhal.a:
 *
 *	#include "hal/fake/clock.c"
 *	#include "hal/fake/loop.c"
 *
 * Time stands still but for fake_advance().  Descriptors and signals of the fake loop are only reached by
 * fake_fd_ready() and fake_signal().
 */
#ifndef HAL_FAKE_H
#define HAL_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hal/ct.h"
#include "hal/loop.h"
#include "hal/nfq.h"
#include "hal/raw.h"
#include "hal/rtnl.h"

/* clock.c: begins at 1000000 ms */
void fake_clock_set(uint64_t ms);

/* rng.c: xorshift64*, seeded with 1 */
void fake_random_seed(uint64_t seed);

/* loop.c (needs clock.c): timers fire in order of time, then of setting; each sees its own time in hal_now_ms(). */
void fake_advance(struct hal_loop *loop, uint64_t ms);
uint64_t fake_next_due(const struct hal_loop *loop);		/* absolute; UINT64_MAX: no timer */
void fake_fd_ready(struct hal_loop *loop, int fd, unsigned int events);
void fake_signal(struct hal_loop *loop, int signum);
int fake_stopped(const struct hal_loop *loop, int *code);	/* was hal_loop_stop() called? */

/* raw.c: packets sent, oldest first; they stay until fake_raw_clear(). */
struct fake_packet {
	struct in6_addr src, dst;
	uint32_t ifindex;
	uint8_t protocol;
	size_t len;
	uint8_t data[2048];
};
unsigned int fake_raw_count(void);
const struct fake_packet *fake_raw_sent(unsigned int i);
void fake_raw_clear(void);
void fake_raw_fail(int err);					/* next sends return -err; 0: as usual */
void fake_raw_error(const struct hal_raw_error *e);		/* an ICMPv6 error comes to every open socket */

/* nfq.c: a packet comes to queue @num; its verdict, HAL_ACCEPT if nobody listens (--queue-bypass). */
enum hal_verdict fake_nfq_input(uint16_t num, const struct hal_nfq_packet *pkt);

/* rtnl.c: set the host's state; the callbacks are called at once if something differs. */
void fake_rtnl_set(const struct hal_addr *addrs, unsigned int n_addrs, const struct hal_link *links,
		   unsigned int n_links);
/* Addresses as they are now, those of hal_addr_set() included: these are tentative at first. */
unsigned int fake_rtnl_addrs(struct hal_addr **addrs);
/* Rules and routes that were set and not deleted. */
unsigned int fake_rtnl_rules(const struct hal_rule **rules);
unsigned int fake_rtnl_routes(const struct hal_route **routes);

/* ct.c: an event of a flow; it also enters (or with DESTROY leaves) the table that dumps show. */
void fake_ct_event(const struct hal_flow *f);
void fake_ct_lose(void);					/* events were lost: a resynchronisation follows */

#endif /* HAL_FAKE_H */
