// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Contexts that nothing uses any more are deleted (RFC 5533, 9): no flow of theirs in connection tracking, and no
 * packet either way for gc.idle.  The peer is not told; should it still use the context, R1bis brings it back.
 */
#include <stdlib.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/log.h"
#include "shim6d.h"

#define INTERVAL_MIN	1000		/* ms */
#define INTERVAL_MAX	30000

struct idle {
	struct shim6d *d;
	uint32_t *ids;
	unsigned int n, cap;
};

struct gc {
	struct hal_timer *timer;
};

static void look(void *arg, const struct kctl_ctx *k)
{
	struct idle *i = arg;
	const struct s6_ctx *c = s6_find_tag(engine_host(i->d), k->ct_local);
	uint32_t age = k->tx_age < k->rx_age ? k->tx_age : k->rx_age;

	if (!c || c->state != S6_ESTABLISHED || age < i->d->conf.gc.idle ||
	    hal_now_ms() - c->since < i->d->conf.gc.idle)
		return;
	if (reaplink_flows(i->d, c))
		return;
	if (i->n == i->cap) {
		uint32_t *more = realloc(i->ids, (i->cap * 2 + 64) * sizeof(*more));

		if (!more)
			return;		/* the next round goes on */
		i->ids = more;
		i->cap = i->cap * 2 + 64;
	}
	i->ids[i->n++] = c->id;
}

static void next_round(struct shim6d *d)
{
	uint32_t interval = d->conf.gc.idle / 4;

	if (interval < INTERVAL_MIN)
		interval = INTERVAL_MIN;
	if (interval > INTERVAL_MAX)
		interval = INTERVAL_MAX;
	hal_timer_set(d->gc->timer, interval);
}

static void on_timer(void *arg)
{
	struct shim6d *d = arg;
	struct idle i = { .d = d };

	next_round(d);
	/* Without reapd nobody knows the flows: a silent ssh session would lose its protection. */
	if (!d->conf.gc.idle || !reaplink_settled(d))
		return;
	kctl_ctx_dump(d->kctl, look, &i);
	for (unsigned int n = 0; n < i.n; n++) {
		d->counters.idle++;
		engine_delete(d, i.ids[n], "idle");
	}
	free(i.ids);
}

int gc_open(struct shim6d *d)
{
	d->gc = calloc(1, sizeof(*d->gc));
	if (d->gc)
		d->gc->timer = hal_timer_new(d->loop, on_timer, d);
	if (!d->gc || !d->gc->timer) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	next_round(d);
	return 0;
}

void gc_close(struct shim6d *d)
{
	if (!d->gc)
		return;
	hal_timer_free(d->gc->timer);
	free(d->gc);
	d->gc = NULL;
}
