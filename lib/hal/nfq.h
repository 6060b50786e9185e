/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A netfilter queue on the loop: every packet gets a verdict, whatever happens.
 */
#ifndef HAL_NFQ_H
#define HAL_NFQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "hal/loop.h"

struct hal_nfq;

enum hal_verdict {
	HAL_ACCEPT,
	HAL_DROP,
	HAL_NEXT,	/* on to the queue that hal_nfq_set_next() named; without one: accepted */
};

struct hal_nfq_packet {
	const uint8_t *data;		/* from the IPv6 header on; valid during the call */
	size_t len;
	size_t orig_len;		/* more than len: the copy was cut */
	uint32_t indev;			/* ifindex; 0: none */
	uint32_t mark;
	uint8_t hook;			/* NF_INET_* */
	bool csum_ok;			/* the kernel or the hardware verified the checksum of the upper layer */
};

typedef enum hal_verdict (*hal_nfq_fn)(const struct hal_nfq_packet *pkt, void *arg);

struct hal_nfq_opts {
	uint32_t max_len;		/* packets waiting in the kernel; 0: 1024 */
	bool fail_open;			/* packets over that go on instead of being dropped */
	uint32_t copy;			/* octets of a packet; 0: 4096 */
};

struct hal_nfq_stats {
	uint64_t packets, dropped;	/* handed over; with verdict DROP */
	uint64_t lost;			/* times that the kernel dropped packets because our socket was full */
	uint64_t bad;			/* netlink messages without a usable packet; accepted */
};

/* -EPERM: needs CAP_NET_ADMIN; -EBUSY: another process has this queue; -EPROTONOSUPPORT: nfnetlink_queue is missing. */
int hal_nfq_open(struct hal_nfq **q, struct hal_loop *loop, uint16_t num, const struct hal_nfq_opts *opts,
		 hal_nfq_fn cb, void *arg);
void hal_nfq_close(struct hal_nfq *q);				/* NULL is allowed; the kernel drops what is waiting */
void hal_nfq_set_next(struct hal_nfq *q, uint16_t num);	/* nobody reads that queue: HAL_NEXT accepts */
const struct hal_nfq_stats *hal_nfq_stats(const struct hal_nfq *q);

#endif /* HAL_NFQ_H */
