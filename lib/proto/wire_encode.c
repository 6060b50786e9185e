// SPDX-License-Identifier: GPL-2.0-or-later
/* Control messages: struct to octets. */
#include "proto/buf.h"
#include "proto/wire.h"
#include "proto/wire_layout.h"

static void put_report(struct wbuf *w, const struct s6_report *rep)
{
	wbuf_addr(w, &rep->src);
	wbuf_addr(w, &rep->dst);
	wbuf_u32(w, rep->nonce);
	wbuf_u32(w, rep->data);
}

/* RFC 5534, 5.2; Q40 */
static void put_probe(struct wbuf *w, const struct s6_msg *m)
{
	if (m->reap_state > SHIM6_REAP_INBOUND_OK || !m->n_sent || m->n_sent > S6_REPORTS_MAX ||
	    m->n_rcvd > S6_REPORTS_MAX) {
		w->bad = true;
		return;
	}
	wbuf_u8(w, m->n_rcvd << 4 | m->n_sent);
	wbuf_u8(w, m->reap_state << 6);
	wbuf_zero(w, 2);
	for (unsigned int i = 0; i < m->n_sent; i++)
		put_report(w, &m->sent[i]);
	for (unsigned int i = 0; i < m->n_rcvd; i++)
		put_report(w, &m->rcvd[i]);
}

/* 5.14; Q12, Q13: as much of the packet as fits, at least 8 octets, the last unit filled with zeros. */
static void put_error(struct wbuf *w, const struct s6_msg *m)
{
	size_t quote = m->packet.p ? m->packet.len : 0;
	size_t room = S6_MSG_MAX - SHIM6_CTL_MIN;

	wbuf_u16(w, m->pointer);
	wbuf_bytes(w, m->packet.p, quote < room ? quote : room);
	if (!quote)
		wbuf_zero(w, 8);
	wbuf_align8(w);
}

/* The fixed part behind the checksum: RFC 5533, 5.4 to 5.14; RFC 5534, 5.1.  Reserved fields are zero. */
static void put_fixed(struct wbuf *w, const struct s6_msg *m)
{
	switch (m->type) {
	case SHIM6_R1:
		wbuf_zero(w, 2);
		wbuf_u32(w, m->nonce);
		wbuf_u32(w, m->resp_nonce);
		break;
	case SHIM6_R1BIS:
		wbuf_tag(w, m->tag);
		wbuf_u32(w, m->resp_nonce);
		break;
	case SHIM6_I2:
	case SHIM6_I2BIS:
		wbuf_tag(w, m->tag);
		wbuf_u32(w, m->nonce);
		wbuf_u32(w, m->resp_nonce);
		if (m->type == SHIM6_I2) {
			wbuf_zero(w, 4);
		} else {
			wbuf_zero(w, 6);
			wbuf_tag(w, m->packet_tag);
		}
		break;
	case SHIM6_KEEPALIVE:
		wbuf_tag(w, m->tag);
		wbuf_zero(w, 4);
		break;
	case SHIM6_PROBE:
		wbuf_tag(w, m->tag);
		put_probe(w, m);
		break;
	case SHIM6_ERROR:
		put_error(w, m);
		break;
	default:	/* I1, R2, Update Request, Update Acknowledgement */
		wbuf_tag(w, m->tag);
		wbuf_u32(w, m->nonce);
		break;
	}
}

/* 5.15.2 */
static void put_locators(struct wbuf *w, const struct s6_locator_list *list)
{
	if (list->n > S6_LOCATORS_MAX) {
		w->bad = true;
		return;
	}
	wbuf_u32(w, list->generation);
	wbuf_u8(w, list->n);
	for (unsigned int i = 0; i < list->n; i++)
		wbuf_u8(w, list->loc[i].method);
	wbuf_align8(w);
	for (unsigned int i = 0; i < list->n; i++)
		wbuf_addr(w, &list->loc[i].addr);
}

/* 5.15.3 defines elements of one to three octets. */
static void put_prefs(struct wbuf *w, const struct s6_pref_list *list)
{
	if (list->n > S6_LOCATORS_MAX || !list->element_len || list->element_len > 3) {
		w->bad = true;
		return;
	}
	wbuf_u32(w, list->generation);
	wbuf_u8(w, list->element_len);
	for (unsigned int i = 0; i < list->n; i++) {
		wbuf_u8(w, list->el[i].flags);
		if (list->element_len > 1)
			wbuf_u8(w, list->el[i].prio);
		if (list->element_len > 2)
			wbuf_u8(w, list->el[i].weight);
	}
}

static void put_content(struct wbuf *w, unsigned int type, const struct s6_msg *m)
{
	switch (type) {
	case SHIM6_OPT_VALIDATOR:
		wbuf_bytes(w, m->validator.p, m->validator.len);
		break;
	case SHIM6_OPT_LOCATORS:
		put_locators(w, &m->locators);
		break;
	case SHIM6_OPT_PREFS:
		put_prefs(w, &m->prefs);
		break;
	case SHIM6_OPT_CGA_PDS:
		wbuf_bytes(w, m->pds.p, m->pds.len);
		break;
	case SHIM6_OPT_CGA_SIG:
		wbuf_bytes(w, m->signature.p, m->signature.len);
		break;
	case SHIM6_OPT_ULID_PAIR:	/* 5.15.6 */
		wbuf_zero(w, 4);
		wbuf_addr(w, &m->sender_ulid);
		wbuf_addr(w, &m->receiver_ulid);
		break;
	case SHIM6_OPT_FII:		/* 5.15.7 */
		wbuf_u32(w, m->fii);
		break;
	case SHIM6_OPT_KA_TIMEOUT:	/* RFC 5534, 5.3 */
		wbuf_zero(w, 2);
		wbuf_u16(w, m->ka_timeout);
		break;
	}
}

/* S6_OPT_BIT() of each option that @m carries. */
static unsigned int options_of(const struct s6_msg *m)
{
	return (m->validator.p ? S6_OPT_BIT(SHIM6_OPT_VALIDATOR) : 0) |
	       (m->has_locators ? S6_OPT_BIT(SHIM6_OPT_LOCATORS) : 0) |
	       (m->has_prefs ? S6_OPT_BIT(SHIM6_OPT_PREFS) : 0) |
	       (m->pds.p ? S6_OPT_BIT(SHIM6_OPT_CGA_PDS) : 0) |
	       (m->signature.p ? S6_OPT_BIT(SHIM6_OPT_CGA_SIG) : 0) |
	       (m->has_ulids ? S6_OPT_BIT(SHIM6_OPT_ULID_PAIR) : 0) |
	       (m->has_fii ? S6_OPT_BIT(SHIM6_OPT_FII) : 0) |
	       (m->has_ka_timeout ? S6_OPT_BIT(SHIM6_OPT_KA_TIMEOUT) : 0);
}

/* 5.15: C = 0 in every option that we know; Length leaves the padding out, the padding is zero. */
static void put_options(struct wbuf *w, unsigned int options, const struct s6_msg *m)
{
	for (unsigned int type = 1; type <= SHIM6_OPT_KA_TIMEOUT; type++) {
		size_t at = w->at;

		if (!(options & S6_OPT_BIT(type)))
			continue;
		wbuf_u16(w, type << 1);
		wbuf_u16(w, 0);
		put_content(w, type, m);
		wbuf_u16_at(w, at + 2, w->at - at - S6_OPT_HDR);
		wbuf_align8(w);
	}
}

size_t s6_encode(const struct s6_msg *msg, uint8_t *buf, size_t size)
{
	struct wbuf w = wbuf_of(buf, size < S6_MSG_MAX ? size : S6_MSG_MAX);
	const struct s6_layout *l = s6_layout(msg->type);
	unsigned int options = options_of(msg);

	if (!l || options & ~l->allowed || l->required & ~options)
		return 0;

	wbuf_u8(&w, SHIM6_NEXTHDR_NONE);
	wbuf_u8(&w, 0);
	wbuf_u8(&w, msg->type);
	wbuf_u8(&w, msg->type == SHIM6_ERROR ? msg->code << 1 : 0);
	wbuf_u16(&w, 0);
	put_fixed(&w, msg);
	put_options(&w, options, msg);
	if (w.bad)
		return 0;

	buf[1] = w.at / 8 - 1;
	wbuf_u16_at(&w, S6_CHECKSUM_AT, s6_checksum(buf, w.at));
	return w.bad ? 0 : w.at;
}
