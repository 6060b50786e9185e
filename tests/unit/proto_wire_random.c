// SPDX-License-Identifier: GPL-2.0-or-later
/* Seeded random messages: what the encoder takes the decoder gives back, and the encoder refuses the rest. */
#include "wire_test.h"

#define ROUNDS	20000

static uint32_t seed = 20090601;
static uint8_t pool[1024];	/* what validators, PDSs, signatures and quotes are made of */

static uint32_t rnd(uint32_t below)
{
	return next_random(&seed) % below;
}

static uint64_t random_tag(void)
{
	return ((uint64_t)next_random(&seed) << 32 | next_random(&seed)) & SHIM6_TAG_MAX;
}

static void random_addr(struct in6_addr *a)
{
	for (size_t i = 0; i < 16; i++)
		a->s6_addr[i] = next_random(&seed);
}

static struct s6_bytes random_bytes(size_t most)
{
	size_t len = rnd(3) ? rnd(24) : rnd(most + 1);

	return (struct s6_bytes){ pool + rnd(sizeof(pool) - len), len };
}

static void random_reports(struct s6_report *r, unsigned int n)
{
	for (; n--; r++) {
		random_addr(&r->src);
		random_addr(&r->dst);
		r->nonce = next_random(&seed);
		r->data = next_random(&seed);
	}
}

static void random_locator_options(struct s6_msg *m)
{
	unsigned int most = rnd(4) ? 5 : S6_LOCATORS_MAX + 1;

	m->has_locators = rnd(2);
	if (m->has_locators) {
		m->locators.generation = next_random(&seed);
		m->locators.n = rnd(most);
		for (unsigned int i = 0; i < m->locators.n; i++) {
			random_addr(&m->locators.loc[i].addr);
			m->locators.loc[i].method = next_random(&seed);
		}
	}
	m->has_prefs = rnd(2);
	if (m->has_prefs) {
		m->prefs.generation = next_random(&seed);
		m->prefs.element_len = 1 + rnd(3);
		m->prefs.n = rnd(most);
		for (unsigned int i = 0; i < m->prefs.n; i++) {
			m->prefs.el[i].flags = next_random(&seed);
			if (m->prefs.element_len > 1)
				m->prefs.el[i].prio = next_random(&seed);
			if (m->prefs.element_len > 2)
				m->prefs.el[i].weight = next_random(&seed);
		}
	}
	if (rnd(2))
		m->pds = random_bytes(500);
	if (rnd(2))
		m->signature = random_bytes(512);
	m->has_ka_timeout = rnd(2);
	if (m->has_ka_timeout)
		m->ka_timeout = next_random(&seed);
}

static void random_context_options(struct s6_msg *m)
{
	m->has_ulids = rnd(2);
	if (m->has_ulids) {
		random_addr(&m->sender_ulid);
		random_addr(&m->receiver_ulid);
	}
	m->has_fii = rnd(2);
	if (m->has_fii)
		m->fii = next_random(&seed);
}

static void random_message(struct s6_msg *m)
{
	memset(m, 0, sizeof(*m));
	m->type = vectors[rnd(N_VECTORS)].type;
	switch (m->type) {
	case SHIM6_PROBE:
		m->tag = random_tag();
		m->reap_state = rnd(3);
		m->n_sent = 1 + rnd(15);
		m->n_rcvd = rnd(16);
		random_reports(m->sent, m->n_sent);
		random_reports(m->rcvd, m->n_rcvd);
		return;
	case SHIM6_ERROR:
		m->code = rnd(128);
		m->pointer = next_random(&seed);
		m->packet = (struct s6_bytes){ pool, 8 * (1 + rnd(100)) };
		return;
	case SHIM6_KEEPALIVE:
		m->tag = random_tag();
		return;
	}
	if (m->type != SHIM6_R1)
		m->tag = random_tag();
	if (m->type != SHIM6_R1BIS)
		m->nonce = next_random(&seed);
	if (m->type == SHIM6_I2BIS)
		m->packet_tag = random_tag();
	if (m->type == SHIM6_R1 || m->type == SHIM6_R1BIS || m->type == SHIM6_I2 || m->type == SHIM6_I2BIS) {
		m->resp_nonce = next_random(&seed);
		m->validator = random_bytes(200);
	}
	if (m->type == SHIM6_I1 || m->type == SHIM6_I2 || m->type == SHIM6_I2BIS)
		random_context_options(m);
	if (m->type == SHIM6_I2 || m->type == SHIM6_I2BIS || m->type == SHIM6_R2 || m->type == SHIM6_UPDATE_REQ)
		random_locator_options(m);
}

static void assert_bytes(const struct s6_bytes *a, const struct s6_bytes *b)
{
	assert_int_equal(!a->p, !b->p);
	assert_int_equal(a->len, b->len);
	if (a->len)
		assert_memory_equal(a->p, b->p, a->len);
}

/* Equal but for the places of views and options. */
static void assert_same(struct s6_msg *a, struct s6_msg *b)
{
	struct s6_bytes *va[] = { &a->packet, &a->validator, &a->pds, &a->signature };
	struct s6_bytes *vb[] = { &b->packet, &b->validator, &b->pds, &b->signature };

	for (size_t i = 0; i < 4; i++) {
		assert_bytes(va[i], vb[i]);
		va[i]->p = vb[i]->p = NULL;
	}
	a->locators_at = b->locators_at = a->prefs_at = b->prefs_at = 0;
	assert_memory_equal(a, b, sizeof(*a));
}

static size_t size_of_option(size_t content)
{
	return (4 + content + 7) / 8 * 8;
}

/* How long @m will be, reckoned apart from the encoder. */
static size_t expected_size(const struct s6_msg *m)
{
	size_t len = m->type == SHIM6_I2 ? 24 : m->type == SHIM6_I2BIS ? 32 : 16;

	if (m->type == SHIM6_PROBE)
		len += 40 * (m->n_sent + m->n_rcvd);
	if (m->type == SHIM6_ERROR)
		len = 8 + m->packet.len;
	if (m->validator.p)
		len += size_of_option(m->validator.len);
	if (m->has_locators)
		len += 8 + (8 + m->locators.n) / 8 * 8 + 16 * m->locators.n;
	if (m->has_prefs)
		len += size_of_option(5 + m->prefs.element_len * m->prefs.n);
	if (m->pds.p)
		len += size_of_option(m->pds.len);
	if (m->signature.p)
		len += size_of_option(m->signature.len);
	return len + 40 * m->has_ulids + 8 * m->has_fii + 8 * m->has_ka_timeout;
}

/* S5533-5.3-02 S5533-5.3-03 S5533-5.3-05 S5533-5.1-04 */
static void random_round_trips(void **state)
{
	static struct s6_msg in, out;
	unsigned int too_long = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(pool); i++)
		pool[i] = next_random(&seed);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct packet p = { 0 };
		uint8_t again[S6_MSG_MAX];

		random_message(&in);
		p.len = s6_encode(&in, p.octet, sizeof(p.octet));
		if (expected_size(&in) > S6_MSG_MAX) {
			assert_int_equal(p.len, 0);
			too_long++;
			continue;
		}
		assert_int_equal(p.len, expected_size(&in));
		assert_int_equal(sum_of(p.octet, p.len), p.octet[4] * 256 + p.octet[5]);
		assert_verdict(decode(&p, &out), S6_V_OK);
		assert_int_equal(s6_encode(&out, again, sizeof(again)), p.len);
		assert_memory_equal(again, p.octet, p.len);
		assert_same(&in, &out);
	}
	assert_in_range(too_long, 1, ROUNDS / 10);	/* the limit was met, and seldom */
}

/* A buffer too small by however much: nothing is written behind its end, and 0 says so. */
static void encoder_respects_size(void **state)
{
	static struct s6_msg m;

	(void)state;
	for (size_t i = 0; i < N_VECTORS; i++) {
		struct packet p = packet_of(vectors[i].hex);

		assert_verdict(decode(&p, &m), S6_V_OK);
		for (size_t size = 0; size < p.len; size++) {
			uint8_t *buf = malloc(size ? size : 1);

			assert_int_equal(s6_encode(&m, buf, size), 0);
			free(buf);
		}
	}
}

/* Members out of range are refused, not cut. */
static void encoder_checks_range(void **state)
{
	struct s6_msg m[] = {
		{ .type = SHIM6_I1, .tag = SHIM6_TAG_MAX + 1 },
		{ .type = SHIM6_R2, .tag = UINT64_MAX },
		{ .type = SHIM6_I2BIS, .packet_tag = SHIM6_TAG_MAX + 1, .validator = { pool, 4 } },
		{ .type = SHIM6_ERROR, .code = 128 },
		{ .type = SHIM6_PROBE, .n_sent = 16 },
		{ .type = SHIM6_PROBE, .n_sent = 1, .n_rcvd = 16 },
		{ .type = SHIM6_PROBE, .n_sent = 1, .reap_state = 3 },
		{ .type = SHIM6_R1, .validator = { pool, SIZE_MAX } },
		{ .type = SHIM6_R1, .validator = { pool, S6_MSG_MAX } },
		{ .type = SHIM6_UPDATE_REQ, .has_locators = true, .locators.n = UINT32_MAX },
		{ .type = SHIM6_UPDATE_REQ, .has_prefs = true, .prefs = { .element_len = 1, .n = UINT32_MAX } },
	};
	uint8_t buf[2 * S6_MSG_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(m) / sizeof(m[0]); i++)
		assert_int_equal(s6_encode(&m[i], buf, sizeof(buf)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_round_trips),
		cmocka_unit_test(encoder_respects_size),
		cmocka_unit_test(encoder_checks_range),
	};

	return cmocka_run_group_tests_name("wire_random", tests, NULL, NULL);
}
