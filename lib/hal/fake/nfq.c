// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "hal/fake/fake.h"
#include "hal/nfq.h"

struct hal_nfq {
	struct hal_nfq *next;
	uint16_t num;
	hal_nfq_fn cb;
	void *arg;
	struct hal_nfq_stats stats;
};

static struct hal_nfq *fake_queues;

static struct hal_nfq *fake_queue(uint16_t num)
{
	struct hal_nfq *q;

	for (q = fake_queues; q && q->num != num; q = q->next)
		;
	return q;
}

int hal_nfq_open(struct hal_nfq **out, struct hal_loop *loop, uint16_t num, const struct hal_nfq_opts *opts,
		 hal_nfq_fn cb, void *arg)
{
	struct hal_nfq *q;

	(void)loop;
	(void)opts;
	if (fake_queue(num))
		return -EBUSY;
	q = calloc(1, sizeof(*q));
	q->num = num;
	q->cb = cb;
	q->arg = arg;
	q->next = fake_queues;
	fake_queues = q;
	*out = q;
	return 0;
}

void hal_nfq_close(struct hal_nfq *q)
{
	struct hal_nfq **p;

	if (!q)
		return;
	for (p = &fake_queues; *p != q; p = &(*p)->next)
		;
	*p = q->next;
	free(q);
}

void hal_nfq_set_next(struct hal_nfq *q, uint16_t num)
{
	(void)q;
	(void)num;
}

const struct hal_nfq_stats *hal_nfq_stats(const struct hal_nfq *q)
{
	return &q->stats;
}

enum hal_verdict fake_nfq_input(uint16_t num, const struct hal_nfq_packet *pkt)
{
	struct hal_nfq *q = fake_queue(num);
	enum hal_verdict v;

	if (!q)
		return HAL_ACCEPT;
	q->stats.packets++;
	v = q->cb(pkt, q->arg);
	q = fake_queue(num);	/* the callback may have closed it */
	if (q && v == HAL_DROP)
		q->stats.dropped++;
	return v;
}
