// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: the decoder of control messages, and the encoder with whatever the decoder accepted.
 *
 * With -DLIBFUZZER it is a libFuzzer target.  Without, main() of fuzz_main.h runs the seed corpus and mutations of it.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"
#include "fuzz/fuzz_main.h"
#include "fuzz/fuzz_must.h"

static struct in6_addr src, dst;

static void check_view(const struct s6_bytes *b, const uint8_t *data, size_t len)
{
	if (!b->p)
		must(!b->len);
	else
		must(b->p >= data && b->p <= data + len && b->len <= (size_t)(data + len - b->p));
}

static void check_message(const struct s6_msg *m, const uint8_t *data, size_t len)
{
	must(m->tag <= SHIM6_TAG_MAX && m->packet_tag <= SHIM6_TAG_MAX);
	must(m->n_sent <= S6_REPORTS_MAX && m->n_rcvd <= S6_REPORTS_MAX);
	must(m->locators.n <= S6_LOCATORS_MAX && m->prefs.n <= S6_LOCATORS_MAX);
	must(m->locators_at < len && m->prefs_at < len);
	must(m->reap_state <= SHIM6_REAP_INBOUND_OK && m->code < 128);
	check_view(&m->packet, data, len);
	check_view(&m->validator, data, len);
	check_view(&m->pds, data, len);
	check_view(&m->signature, data, len);
}

/* What was decoded can be encoded, and then stays as it is. */
static void check_round_trip(const struct s6_msg *m)
{
	uint8_t once[S6_MSG_MAX], twice[S6_MSG_MAX];
	static struct s6_msg again;
	size_t len, fault;

	len = s6_encode(m, once, sizeof(once));
	if (!len)	/* longer than we ever send, or elements that we do not define */
		return;
	must(s6_decode(once, len, &src, &dst, &again, &fault) == S6_V_OK);
	must(s6_encode(&again, twice, sizeof(twice)) == len);
	must(!memcmp(once, twice, len));
}

static enum s6_verdict try(const uint8_t *data, size_t len)
{
	static struct s6_msg m;
	enum s6_verdict v;
	size_t fault;

	v = s6_decode(data, len, &src, &dst, &m, &fault);
	must(v < S6_V_MAX);
	if (v == S6_V_TYPE)
		must(fault == 2);
	if (v == S6_V_OPTION_CRITICAL)
		must(fault >= 16 && fault % 8 == 0 && fault + 8 <= len);
	if (v == S6_V_OK) {
		check_message(&m, data, len);
		check_round_trip(&m);
	}
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	uint16_t sum;
	uint8_t *p;

	inet_pton(AF_INET6, "2001:db8:a::1", &src);
	inet_pton(AF_INET6, "2001:db8:b::1", &dst);
	try(data, len);

	/* Once more with the checks in front of the content passed. */
	len = len / 8 * 8;
	if (len < 8 || len > 2048)
		return 0;
	p = malloc(len);
	if (!p)
		return 0;
	memcpy(p, data, len);
	p[1] = len / 8 - 1;
	p[2] &= SHIM6_TYPE_MASK;
	p[3] &= ~SHIM6_S_BIT;
	p[4] = p[5] = 0;
	sum = s6_checksum(p, len);
	p[4] = sum >> 8;
	p[5] = sum & 0xff;
	must(try(p, len) != S6_V_CHECKSUM);
	free(p);
	return 0;
}
