// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "hal/fake/fake.h"
#include "hal/raw.h"

struct hal_raw {
	struct hal_raw *next;
	uint8_t protocol;
	hal_raw_error_fn cb;
	void *arg;
};

static struct hal_raw *fake_raw_sockets;
static struct fake_packet *fake_raw_packets;
static unsigned int fake_raw_n;
static int fake_raw_err;

int hal_raw_open(struct hal_raw **raw, struct hal_loop *loop, uint8_t protocol, hal_raw_error_fn cb, void *arg)
{
	struct hal_raw *r = calloc(1, sizeof(*r));

	(void)loop;
	r->protocol = protocol;
	r->cb = cb;
	r->arg = arg;
	r->next = fake_raw_sockets;
	fake_raw_sockets = r;
	*raw = r;
	return 0;
}

void hal_raw_close(struct hal_raw *raw)
{
	struct hal_raw **p;

	if (!raw)
		return;
	for (p = &fake_raw_sockets; *p != raw; p = &(*p)->next)
		;
	*p = raw->next;
	free(raw);
}

int hal_raw_send(struct hal_raw *raw, const struct in6_addr *src, const struct in6_addr *dst, uint32_t ifindex,
		 const void *data, size_t len)
{
	struct fake_packet *p;

	if (fake_raw_err)
		return -fake_raw_err;
	if (IN6_IS_ADDR_UNSPECIFIED(src) || IN6_IS_ADDR_MULTICAST(src) || IN6_IS_ADDR_UNSPECIFIED(dst) ||
	    IN6_IS_ADDR_MULTICAST(dst))
		return -EINVAL;
	if (len > sizeof(p->data))
		return -EMSGSIZE;
	p = realloc(fake_raw_packets, (fake_raw_n + 1) * sizeof(*p));
	if (!p)
		return -EAGAIN;
	fake_raw_packets = p;
	p += fake_raw_n++;
	p->src = *src;
	p->dst = *dst;
	p->ifindex = ifindex;
	p->protocol = raw->protocol;
	p->len = len;
	memcpy(p->data, data, len);
	return 0;
}

size_t hal_raw_quoted(const struct hal_raw_error *e, uint8_t protocol, void *buf, size_t size)
{
	uint8_t *p = buf;

	if (size < 40 + e->quoted_len)
		return 0;
	memset(p, 0, 40);
	p[0] = 6 << 4;
	p[4] = (uint8_t)(e->quoted_len >> 8);
	p[5] = (uint8_t)e->quoted_len;
	p[6] = protocol;
	memcpy(p + 8, &e->src, 16);
	memcpy(p + 24, &e->dst, 16);
	memcpy(p + 40, e->quoted, e->quoted_len);
	return 40 + e->quoted_len;
}

unsigned int fake_raw_count(void)
{
	return fake_raw_n;
}

const struct fake_packet *fake_raw_sent(unsigned int i)
{
	return i < fake_raw_n ? &fake_raw_packets[i] : NULL;
}

void fake_raw_clear(void)
{
	free(fake_raw_packets);
	fake_raw_packets = NULL;
	fake_raw_n = 0;
}

void fake_raw_fail(int err)
{
	fake_raw_err = err;
}

void fake_raw_error(const struct hal_raw_error *e)
{
	struct hal_raw *r;

	for (r = fake_raw_sockets; r; r = r->next)
		if (r->cb)
			r->cb(e, r->arg);
}
