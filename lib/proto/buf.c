// SPDX-License-Identifier: GPL-2.0-or-later
/* Octets read and written through a cursor that cannot leave its buffer. */
#include <string.h>

#include "proto/buf.h"
#include "uapi/shim6_wire.h"

/* The next @n octets, or NULL. */
static const uint8_t *rbuf_take(struct rbuf *r, size_t n)
{
	const uint8_t *p;

	if (r->bad || n > r->len - r->at) {
		r->bad = true;
		return NULL;
	}
	p = r->data + r->at;
	r->at += n;
	return p;
}

/* Room for @n octets, or NULL. */
static uint8_t *wbuf_take(struct wbuf *w, size_t n)
{
	uint8_t *p;

	if (w->bad || n > w->size - w->at) {
		w->bad = true;
		return NULL;
	}
	p = w->data + w->at;
	w->at += n;
	return p;
}

static int rbuf_uint(struct rbuf *r, size_t octets, uint64_t *v)
{
	const uint8_t *p = rbuf_take(r, octets);

	*v = 0;
	if (!p)
		return -1;
	while (octets--)
		*v = *v << 8 | *p++;
	return 0;
}

static int wbuf_uint(struct wbuf *w, size_t octets, uint64_t v)
{
	uint8_t *p;

	if (v >> (8 * octets)) {
		w->bad = true;
		return -1;
	}
	p = wbuf_take(w, octets);
	if (!p)
		return -1;
	while (octets--)
		*p++ = v >> (8 * octets);
	return 0;
}

int rbuf_u8(struct rbuf *r, uint8_t *v)
{
	uint64_t x;
	int ret = rbuf_uint(r, 1, &x);

	*v = x;
	return ret;
}

int rbuf_u16(struct rbuf *r, uint16_t *v)
{
	uint64_t x;
	int ret = rbuf_uint(r, 2, &x);

	*v = x;
	return ret;
}

int rbuf_u32(struct rbuf *r, uint32_t *v)
{
	uint64_t x;
	int ret = rbuf_uint(r, 4, &x);

	*v = x;
	return ret;
}

int rbuf_tag(struct rbuf *r, uint64_t *tag)
{
	const uint8_t *p = rbuf_take(r, 6);

	*tag = p ? shim6_tag_get(p) : 0;
	return p ? 0 : -1;
}

int rbuf_addr(struct rbuf *r, struct in6_addr *a)
{
	const uint8_t *p = rbuf_take(r, sizeof(*a));

	memset(a, 0, sizeof(*a));
	if (!p)
		return -1;
	memcpy(a, p, sizeof(*a));
	return 0;
}

int rbuf_skip(struct rbuf *r, size_t n)
{
	return rbuf_take(r, n) ? 0 : -1;
}

int rbuf_view(struct rbuf *r, size_t n, const uint8_t **p)
{
	*p = rbuf_take(r, n);
	return *p ? 0 : -1;
}

int wbuf_u8(struct wbuf *w, uint64_t v)
{
	return wbuf_uint(w, 1, v);
}

int wbuf_u16(struct wbuf *w, uint64_t v)
{
	return wbuf_uint(w, 2, v);
}

int wbuf_u32(struct wbuf *w, uint64_t v)
{
	return wbuf_uint(w, 4, v);
}

int wbuf_tag(struct wbuf *w, uint64_t tag)
{
	if (tag > SHIM6_TAG_MAX) {
		w->bad = true;
		return -1;
	}
	return wbuf_uint(w, 6, tag);
}

int wbuf_addr(struct wbuf *w, const struct in6_addr *a)
{
	return wbuf_bytes(w, a, sizeof(*a));
}

int wbuf_bytes(struct wbuf *w, const void *p, size_t n)
{
	uint8_t *to = wbuf_take(w, n);

	if (!to)
		return -1;
	if (n)			/* memcpy may not be given NULL, not even for nothing */
		memcpy(to, p, n);
	return 0;
}

int wbuf_zero(struct wbuf *w, size_t n)
{
	uint8_t *to = wbuf_take(w, n);

	if (!to)
		return -1;
	memset(to, 0, n);
	return 0;
}

int wbuf_align8(struct wbuf *w)
{
	return wbuf_zero(w, -w->at & 7);
}

int wbuf_u16_at(struct wbuf *w, size_t at, uint64_t v)
{
	if (w->bad || v > UINT16_MAX || w->at < 2 || at > w->at - 2) {
		w->bad = true;
		return -1;
	}
	w->data[at] = v >> 8;
	w->data[at + 1] = v;
	return 0;
}
