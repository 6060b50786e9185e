/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Octets read and written through a cursor that cannot leave its buffer.
 *
 * Every get and put checks room and range.  It returns 0, or -1 once anything failed: an error sticks, so a row of
 * calls needs one look at the end.  A failed get yields zero, a failed put writes nothing.  Integers are big-endian
 * on the wire and host order in the arguments.
 */
#ifndef PROTO_BUF_H
#define PROTO_BUF_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rbuf {
	const uint8_t *data;	/* not ours */
	size_t len;
	size_t at;		/* octets read so far */
	bool bad;
};

struct wbuf {
	uint8_t *data;		/* not ours */
	size_t size;
	size_t at;		/* octets written so far */
	bool bad;
};

static inline struct rbuf rbuf_of(const uint8_t *data, size_t len)
{
	return (struct rbuf){ .data = data, .len = len };
}

static inline struct wbuf wbuf_of(uint8_t *data, size_t size)
{
	return (struct wbuf){ .data = data, .size = size };
}

static inline size_t rbuf_left(const struct rbuf *r)
{
	return r->len - r->at;
}

/* True if every octet was read and nothing failed. */
static inline bool rbuf_done(const struct rbuf *r)
{
	return !r->bad && r->at == r->len;
}

int rbuf_u8(struct rbuf *r, uint8_t *v);
int rbuf_u16(struct rbuf *r, uint16_t *v);
int rbuf_u32(struct rbuf *r, uint32_t *v);
int rbuf_tag(struct rbuf *r, uint64_t *tag);		/* 6 octets, the bit above the tag is ignored */
int rbuf_addr(struct rbuf *r, struct in6_addr *a);
int rbuf_skip(struct rbuf *r, size_t n);
int rbuf_view(struct rbuf *r, size_t n, const uint8_t **p);	/* the next @n octets, in place */

int wbuf_u8(struct wbuf *w, uint64_t v);
int wbuf_u16(struct wbuf *w, uint64_t v);
int wbuf_u32(struct wbuf *w, uint64_t v);
int wbuf_tag(struct wbuf *w, uint64_t tag);		/* 6 octets, the bit above the tag is zero */
int wbuf_addr(struct wbuf *w, const struct in6_addr *a);
int wbuf_bytes(struct wbuf *w, const void *p, size_t n);
int wbuf_zero(struct wbuf *w, size_t n);
int wbuf_align8(struct wbuf *w);			/* zeros up to the next multiple of 8 */
int wbuf_u16_at(struct wbuf *w, size_t at, uint64_t v);	/* over two octets already written */

#endif /* PROTO_BUF_H */
