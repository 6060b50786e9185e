// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hal/ct.h"
#include "hal/fake/fake.h"

#define FAKE_FLOWS	256

struct hal_ct {
	struct hal_ct *next;
	struct hal_ct_opts opts;
	hal_ct_fn cb;
	void *arg;
	uint64_t lost;
};

static struct hal_ct *fake_cts;
static struct hal_flow fake_flows[FAKE_FLOWS];
static unsigned int fake_n_flows;
static bool fake_acct;

int hal_ct_open(struct hal_ct **out, struct hal_loop *loop, const struct hal_ct_opts *opts, hal_ct_fn cb, void *arg)
{
	struct hal_ct *ct = calloc(1, sizeof(*ct));

	(void)loop;
	ct->opts = *opts;
	ct->cb = cb;
	ct->arg = arg;
	ct->next = fake_cts;
	fake_cts = ct;
	*out = ct;
	return 0;
}

void hal_ct_close(struct hal_ct *ct)
{
	struct hal_ct **p;

	if (!ct)
		return;
	for (p = &fake_cts; *p != ct; p = &(*p)->next)
		;
	*p = ct->next;
	free(ct);
}

static struct hal_flow *fake_flow(const struct hal_flow *f)
{
	unsigned int i;

	for (i = 0; i < fake_n_flows; i++)
		if (fake_flows[i].proto == f->proto && fake_flows[i].sport == f->sport &&
		    fake_flows[i].dport == f->dport && IN6_ARE_ADDR_EQUAL(&fake_flows[i].src, &f->src) &&
		    IN6_ARE_ADDR_EQUAL(&fake_flows[i].dst, &f->dst))
			return &fake_flows[i];
	return NULL;
}

int hal_ct_dump(struct hal_ct *ct, uint32_t mark, uint32_t mask, hal_ct_fn cb, void *arg)
{
	unsigned int i;

	for (i = 0; i < fake_n_flows; i++) {
		struct hal_flow f = fake_flows[i];

		if ((f.mark & mask) != mark)
			continue;
		f.type = HAL_FLOW_DUMP;
		f.has_counters = fake_acct;
		if (cb)
			cb(&f, arg);
		else
			ct->cb(&f, ct->arg);
	}
	return 0;
}

int hal_ct_get(struct hal_ct *ct, struct hal_flow *f)
{
	const struct hal_flow *found = fake_flow(f);

	(void)ct;
	if (!found)
		return -ENOENT;
	*f = *found;
	f->type = HAL_FLOW_DUMP;
	f->has_counters = fake_acct;
	return 0;
}

uint64_t hal_ct_lost(const struct hal_ct *ct)
{
	return ct->lost;
}

int hal_ct_accounting(bool on)
{
	fake_acct = on;
	return 0;
}

int hal_ct_timestamp(bool on)
{
	(void)on;
	return 0;
}

int hal_ct_fill(uint64_t *count, uint64_t *max)
{
	*count = fake_n_flows;
	*max = FAKE_FLOWS;
	return 0;
}

void fake_ct_event(const struct hal_flow *f)
{
	struct hal_flow *there = fake_flow(f);
	struct hal_ct *ct, *next;

	if (f->type == HAL_FLOW_DESTROY) {
		if (there)
			*there = fake_flows[--fake_n_flows];
	} else if (there) {
		*there = *f;
	} else if (fake_n_flows < FAKE_FLOWS) {
		fake_flows[fake_n_flows++] = *f;
	}
	for (ct = fake_cts; ct; ct = next) {
		next = ct->next;
		if ((f->type == HAL_FLOW_NEW && ct->opts.new_flows) ||
		    (f->type == HAL_FLOW_UPDATE && ct->opts.updates) ||
		    (f->type == HAL_FLOW_DESTROY && ct->opts.destroyed))
			ct->cb(f, ct->arg);
	}
}

void fake_ct_lose(void)
{
	struct hal_ct *ct, *next;

	for (ct = fake_cts; ct; ct = next) {
		next = ct->next;
		ct->lost++;
		if (ct->opts.resync_begin)
			ct->opts.resync_begin(ct->arg);
		hal_ct_dump(ct, 0, 0, NULL, NULL);
		if (ct->opts.resync_end)
			ct->opts.resync_end(ct->arg);
	}
}
