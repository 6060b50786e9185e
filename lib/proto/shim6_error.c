// SPDX-License-Identifier: GPL-2.0-or-later
/* Error messages, sent and received (RFC 5533, 5.14), and ICMP errors about our messages (7.8, 8). */
#include <string.h>

#include "proto/shim6_priv.h"

#define IPV6_LEN	40
#define IPV6_NEXTHDR	6
#define IPV6_SRC	8
#define IPV6_DST	24
#define QUOTE_MAX	(S6_MSG_MAX - 8)	/* Q12 */
#define QUOTE_MIN	(IPV6_LEN + 16)		/* up to the nonce */

#define ICMP_PARAMETER_PROBLEM	4
#define ICMP_UNKNOWN_NEXTHDR	1

/* A bucket of S6_ERROR_BURST messages that fills by S6_ERROR_RATE a second. */
static bool may_send(struct s6_host *h)
{
	h->error_tokens += (h->now - h->error_time) * S6_ERROR_RATE;
	h->error_time = h->now;
	if (h->error_tokens > S6_ERROR_BURST * 1000)
		h->error_tokens = S6_ERROR_BURST * 1000;
	if (h->error_tokens < 1000)
		return false;
	h->error_tokens -= 1000;
	return true;
}

/* The packet as it was, as far as we know: an IPv6 header with nothing between it and the message (Q12). */
static size_t quote(uint8_t *q, const struct in6_addr *src, const struct in6_addr *dst, const uint8_t *data, size_t len)
{
	size_t n = len < QUOTE_MAX - IPV6_LEN ? len : QUOTE_MAX - IPV6_LEN;

	memset(q, 0, QUOTE_MAX);
	q[0] = 6 << 4;
	q[4] = len >> 8;
	q[5] = len;
	q[IPV6_NEXTHDR] = SHIM6_PROTO;
	q[7] = 64;
	memcpy(q + IPV6_SRC, src, 16);
	memcpy(q + IPV6_DST, dst, 16);
	memcpy(q + IPV6_LEN, data, n);
	return (IPV6_LEN + n + 7) / 8 * 8;
}

/* Never about an Error (Q10): it has neither options nor an unknown type, so nothing in it can be refused. */
void s6_send_error(struct s6_host *h, uint8_t code, size_t at, const struct in6_addr *src, const struct in6_addr *dst,
		   const uint8_t *data, size_t len)
{
	uint8_t q[QUOTE_MAX];
	struct s6_msg m = { .type = SHIM6_ERROR, .code = code, .pointer = IPV6_LEN + at };

	if (!s6_addr_ok(src) || !s6_addr_ok(dst)) {
		h->counter[S6_CNT_LOCATOR]++;
		return;
	}
	if (!may_send(h)) {
		h->counter[S6_CNT_ERROR_LIMITED]++;
		return;
	}
	m.packet = (struct s6_bytes){ q, quote(q, src, dst, data, len) };
	s6_queue_send(h, NULL, &m, dst, src);
	h->counter[S6_CNT_ERROR_SENT]++;
}

/* A quoted control message of ours.  It may be cut off, so the codec cannot read it. */
struct quoted {
	uint8_t type;
	uint64_t tag;
	uint32_t nonce;
	struct in6_addr src, dst;
};

static bool read_quoted(const uint8_t *p, size_t len, struct quoted *q)
{
	const uint8_t *s6;

	if (!p || len < QUOTE_MIN || p[0] >> 4 != 6 || p[IPV6_NEXTHDR] != SHIM6_PROTO)
		return false;
	s6 = p + IPV6_LEN;
	if (s6[2] & SHIM6_P_BIT)
		return false;
	q->type = s6[2] & SHIM6_TYPE_MASK;
	q->tag = shim6_tag_get(s6 + 6);
	q->nonce = (uint32_t)s6[12] << 24 | s6[13] << 16 | s6[14] << 8 | s6[15];
	memcpy(&q->src, p + IPV6_SRC, 16);
	memcpy(&q->dst, p + IPV6_DST, 16);
	return true;
}

/* The exchange whose I1, I2 or I2bis is quoted: tag, nonce and locators are those we sent. */
static struct s6_context *quoted_exchange(const struct s6_host *h, const struct quoted *q)
{
	struct s6_context *c = s6_by_nonce(h, q->nonce);

	return c && q->tag == c->pub.ct_local && IN6_ARE_ADDR_EQUAL(&q->src, &c->ex_local) &&
	       IN6_ARE_ADDR_EQUAL(&q->dst, &c->ex_peer) ? c : NULL;
}

static void count_error(struct s6_host *h, uint8_t code)
{
	static const unsigned int counter[] = {
		[SHIM6_ERR_TYPE] = S6_CNT_ERROR_TYPE,
		[SHIM6_ERR_OPTION] = S6_CNT_ERROR_OPTION,
		[SHIM6_ERR_VERIFY] = S6_CNT_ERROR_VERIFY,
		[SHIM6_ERR_GENERATION] = S6_CNT_ERROR_GENERATION,
		[SHIM6_ERR_PREFS] = S6_CNT_ERROR_PREFS,
	};

	h->counter[code <= SHIM6_ERR_PREFS ? counter[code] : S6_CNT_ERROR_OTHER]++;
}

/*
 * An Error is not acknowledged and changes no state.  One about our Update Request that says "out of step" makes the
 * next retransmission, at its own time, tell everything; one about our I2 gives a later failure its reason.
 */
void s6_in_error(struct s6_host *h, const struct s6_msg *m, const struct in6_addr *src, const struct in6_addr *dst)
{
	struct s6_context *c = NULL;
	struct quoted q;

	if (!read_quoted(m->packet.p, m->packet.len, &q) || !IN6_ARE_ADDR_EQUAL(&q.src, dst) ||
	    !IN6_ARE_ADDR_EQUAL(&q.dst, src)) {
		h->counter[S6_CNT_ERROR_UNMATCHED]++;
		return;
	}
	if (q.type == SHIM6_I2 || q.type == SHIM6_I2BIS || q.type == SHIM6_I1) {
		c = quoted_exchange(h, &q);
		if (c && m->code == SHIM6_ERR_VERIFY)
			c->list_refused = true;
	} else {			/* 12.4: CT(peer) and the locators */
		c = s6_by_peer(h, q.tag, &q.dst);
		if (c && !s6_is_local(c, &q.src))
			c = NULL;
		if (c && q.type == SHIM6_UPDATE_REQ && c->pub.update_pending && q.nonce == c->update_nonce &&
		    (m->code == SHIM6_ERR_GENERATION || m->code == SHIM6_ERR_PREFS))
			c->update_whole = true;
	}
	if (!c) {
		h->counter[S6_CNT_ERROR_UNMATCHED]++;
		return;
	}
	count_error(h, m->code);
	s6_paid(h, c, false);
}

/* 7.8, 8.  Only Parameter Problem, unrecognised Next Header, about an I1 of ours tells something that we act upon. */
void s6_icmp_error(struct s6_host *h, uint64_t now, uint8_t icmp_type, uint8_t icmp_code, const uint8_t *quoted,
		   size_t len, struct s6_actions *acts)
{
	struct s6_context *c;
	struct quoted q;

	s6_begin(h, now, acts);
	if (icmp_type != ICMP_PARAMETER_PROBLEM || icmp_code != ICMP_UNKNOWN_NEXTHDR) {
		h->counter[S6_CNT_ICMP_OTHER]++;
	} else if (!read_quoted(quoted, len, &q) || q.type != SHIM6_I1 || !(c = quoted_exchange(h, &q)) ||
		   c->pub.state != S6_I1_SENT) {
		h->counter[S6_CNT_ICMP_UNMATCHED]++;
	} else {
		s6_fsm(h, c, &(struct s6_event){ .type = S6_EV_NO_SUPPORT });
	}
	s6_end(h);
}
