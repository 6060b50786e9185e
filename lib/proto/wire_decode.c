// SPDX-License-Identifier: GPL-2.0-or-later
/* Control messages: octets to struct. */
#include <string.h>

#include "proto/buf.h"
#include "proto/wire.h"
#include "proto/wire_layout.h"

static void get_report(struct rbuf *r, struct s6_report *rep)
{
	rbuf_addr(r, &rep->src);
	rbuf_addr(r, &rep->dst);
	rbuf_u32(r, &rep->nonce);
	rbuf_u32(r, &rep->data);
}

/* RFC 5534, 5.2; Q40 */
static enum s6_verdict get_probe(struct rbuf *r, struct s6_msg *m)
{
	uint8_t counts, sta;

	rbuf_u8(r, &counts);
	rbuf_u8(r, &sta);
	rbuf_skip(r, 2);
	m->n_rcvd = counts >> 4;
	m->n_sent = counts & 0x0f;
	m->reap_state = sta >> 6;
	if (m->reap_state > SHIM6_REAP_INBOUND_OK || !m->n_sent ||
	    rbuf_left(r) < S6_REPORT_LEN * ((size_t)m->n_sent + m->n_rcvd))	/* Q56 */
		return S6_V_PROBE;
	for (unsigned int i = 0; i < m->n_sent; i++)
		get_report(r, &m->sent[i]);
	for (unsigned int i = 0; i < m->n_rcvd; i++)
		get_report(r, &m->rcvd[i]);
	return r->bad ? S6_V_PROBE : S6_V_OK;
}

/* The fixed part behind the checksum: RFC 5533, 5.4 to 5.14; RFC 5534, 5.1.  Reserved fields are skipped unread. */
static enum s6_verdict get_fixed(struct rbuf *r, struct s6_msg *m, uint8_t octet3)
{
	switch (m->type) {
	case SHIM6_R1:
		rbuf_skip(r, 2);
		rbuf_u32(r, &m->nonce);
		rbuf_u32(r, &m->resp_nonce);
		break;
	case SHIM6_R1BIS:
		rbuf_tag(r, &m->tag);
		rbuf_u32(r, &m->resp_nonce);
		break;
	case SHIM6_I2:
	case SHIM6_I2BIS:
		rbuf_tag(r, &m->tag);
		rbuf_u32(r, &m->nonce);
		rbuf_u32(r, &m->resp_nonce);
		if (m->type == SHIM6_I2) {
			rbuf_skip(r, 4);
		} else {
			rbuf_skip(r, 6);
			rbuf_tag(r, &m->packet_tag);	/* 49 bits Reserved2 end in front of it, 5.9 */
		}
		break;
	case SHIM6_KEEPALIVE:
		rbuf_tag(r, &m->tag);
		rbuf_skip(r, 4);
		break;
	case SHIM6_PROBE:
		rbuf_tag(r, &m->tag);
		return get_probe(r, m);
	case SHIM6_ERROR:
		m->code = octet3 >> 1;
		rbuf_u16(r, &m->pointer);
		m->packet.len = rbuf_left(r);
		rbuf_view(r, m->packet.len, &m->packet.p);
		break;
	default:	/* I1, R2, Update Request, Update Acknowledgement */
		rbuf_tag(r, &m->tag);
		rbuf_u32(r, &m->nonce);
		break;
	}
	return r->bad ? S6_V_SHORT : S6_V_OK;
}

/* 5.15.2 */
static enum s6_verdict get_locators(struct rbuf *r, struct s6_locator_list *list)
{
	size_t length = rbuf_left(r);
	uint8_t n;

	rbuf_u32(r, &list->generation);
	rbuf_u8(r, &n);
	if (r->bad || length != s6_locators_length(n))
		return S6_V_OPTION_LENGTH;
	if (n > S6_LOCATORS_MAX)
		return S6_V_TOO_MANY;
	list->n = n;
	for (unsigned int i = 0; i < n; i++)
		rbuf_u8(r, &list->loc[i].method);
	rbuf_skip(r, -(1 + n) & 7);
	for (unsigned int i = 0; i < n; i++)
		rbuf_addr(r, &list->loc[i].addr);
	return S6_V_OK;
}

/* 5.15.3: of a longer element the first three octets are what we know, the rest is skipped. */
static enum s6_verdict get_prefs(struct rbuf *r, struct s6_pref_list *list)
{
	uint8_t len;
	size_t n;

	rbuf_u32(r, &list->generation);
	rbuf_u8(r, &len);
	if (r->bad || !len || rbuf_left(r) % len)
		return S6_V_OPTION_LENGTH;
	n = rbuf_left(r) / len;
	if (n > S6_LOCATORS_MAX)
		return S6_V_TOO_MANY;
	list->element_len = len;
	list->n = n;
	for (size_t i = 0; i < n; i++) {
		rbuf_u8(r, &list->el[i].flags);
		if (len > 1)
			rbuf_u8(r, &list->el[i].prio);
		if (len > 2)
			rbuf_u8(r, &list->el[i].weight);
		if (len > 3)
			rbuf_skip(r, len - 3);
	}
	return S6_V_OK;
}

/* The content @r of one option that the type knows, found at octet @at. */
static enum s6_verdict get_option(struct rbuf *r, unsigned int type, size_t at, struct s6_msg *m)
{
	enum s6_verdict v = S6_V_OK;
	struct s6_bytes all = { r->data, r->len };

	switch (type) {
	case SHIM6_OPT_VALIDATOR:
		m->validator = all;
		return S6_V_OK;
	case SHIM6_OPT_CGA_PDS:
		m->pds = all;
		return S6_V_OK;
	case SHIM6_OPT_CGA_SIG:
		m->signature = all;
		return S6_V_OK;
	case SHIM6_OPT_LOCATORS:
		m->has_locators = true;
		m->locators_at = at;
		v = get_locators(r, &m->locators);
		break;
	case SHIM6_OPT_PREFS:
		m->has_prefs = true;
		m->prefs_at = at;
		v = get_prefs(r, &m->prefs);
		break;
	case SHIM6_OPT_ULID_PAIR:	/* 5.15.6 */
		m->has_ulids = true;
		rbuf_skip(r, 4);
		rbuf_addr(r, &m->sender_ulid);
		rbuf_addr(r, &m->receiver_ulid);
		break;
	case SHIM6_OPT_FII:		/* 5.15.7 */
		m->has_fii = true;
		rbuf_u32(r, &m->fii);
		break;
	case SHIM6_OPT_KA_TIMEOUT:	/* RFC 5534, 5.3 */
		m->has_ka_timeout = true;
		rbuf_skip(r, 2);
		rbuf_u16(r, &m->ka_timeout);
		break;
	}
	if (v == S6_V_OK && !rbuf_done(r))
		v = S6_V_OPTION_LENGTH;
	return v;
}

/* 5.15 */
static enum s6_verdict get_options(struct rbuf *r, const struct s6_layout *l, struct s6_msg *m, size_t *fault)
{
	unsigned int seen = 0;

	while (rbuf_left(r)) {
		size_t at = r->at;
		enum s6_verdict v;
		struct rbuf content;
		unsigned int type;
		uint16_t type_c, length;
		const uint8_t *p;

		rbuf_u16(r, &type_c);
		rbuf_u16(r, &length);
		rbuf_view(r, s6_option_size(length) - S6_OPT_HDR, &p);
		if (r->bad)
			return S6_V_OPTION_LENGTH;
		content = rbuf_of(p, length);
		type = type_c >> 1;

		/* An option that is not defined for this message is as good as unknown. */
		if (type > SHIM6_OPT_KA_TIMEOUT || !(l->allowed & S6_OPT_BIT(type))) {
			if (!(type_c & 1))
				continue;
			*fault = at;
			return S6_V_OPTION_CRITICAL;
		}
		if (seen & S6_OPT_BIT(type))
			return S6_V_OPTION_TWICE;
		seen |= S6_OPT_BIT(type);
		v = get_option(&content, type, at, m);
		if (v != S6_V_OK)
			return v;
	}
	return l->required & ~seen ? S6_V_OPTION_MISSING : S6_V_OK;
}

/* 12.3: neither end may be multicast or unspecified. */
static bool bad_end(const struct in6_addr *a)
{
	return IN6_IS_ADDR_MULTICAST(a) || IN6_IS_ADDR_UNSPECIFIED(a);
}

enum s6_verdict s6_decode(const uint8_t *data, size_t len, const struct in6_addr *src, const struct in6_addr *dst,
			  struct s6_msg *msg, size_t *fault)
{
	const struct s6_layout *l;
	enum s6_verdict v;
	struct rbuf r;
	size_t hdr;

	memset(msg, 0, sizeof(*msg));
	*fault = 0;

	if (len < SHIM6_CTL_MIN)
		return S6_V_TRUNCATED;
	hdr = 8 * ((size_t)data[1] + 1);	/* 5.1.  What follows the header is not ours, Q26. */
	if (hdr > len)
		return S6_V_TRUNCATED;
	if (data[2] & SHIM6_P_BIT)
		return S6_V_NOT_CONTROL;
	if (data[3] & SHIM6_S_BIT)
		return S6_V_HIP;
	if (bad_end(src) || bad_end(dst))
		return S6_V_ADDRESS;
	if (s6_checksum(data, hdr))
		return S6_V_CHECKSUM;

	msg->type = data[2] & SHIM6_TYPE_MASK;
	l = s6_layout(msg->type);
	if (!l) {
		*fault = 2;
		return S6_V_TYPE;
	}
	if (hdr < l->min)
		return S6_V_SHORT;

	r = rbuf_of(data, hdr);
	rbuf_skip(&r, S6_CHECKSUM_AT + 2);
	v = get_fixed(&r, msg, data[3]);
	if (v == S6_V_OK)
		v = get_options(&r, l, msg, fault);
	return v;
}
