/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Host A under test, its peer B played by the test: what A sends is kept in `out`, B's answers are made by hand.
 * Everything goes between the first locators unless the test says otherwise.
 */
#ifndef TEST_PROTO_PLAYED_H
#define TEST_PROTO_PLAYED_H

#include "proto_pair.h"

#define PEER_TAG	0x2bbbbbbbbbbbULL	/* B's CT(local) */
#define LOST_TAG	0x1ccccccccccfULL	/* a tag that A does not know */

/* The last message that A sent, and its octets (views of the message point there). */
static struct flight out_packet;
static struct s6_msg out;
static unsigned int n_out;

static bool keep_out(struct pair *p, const struct flight *f, const struct s6_msg *m)
{
	(void)p, (void)m;
	out_packet = *f;
	out = parse(&out_packet);
	n_out++;
	return true;
}

static inline void played_start(struct pair *p, const struct s6_config *cfg)
{
	pair_start(p, cfg, cfg);
	p->drop = keep_out;
	n_out = 0;
}

static inline int setup_played_off(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = malloc(sizeof(*p));

	played_start(p, &cfg);
	*state = p;
	return 0;
}

static inline int setup_played_required(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_REQUIRED);
	struct pair *p = malloc(sizeof(*p));

	played_start(p, &cfg);
	*state = p;
	return 0;
}

static inline int teardown_pair(void **state)
{
	pair_stop(*state);
	free(*state);
	return 0;
}

#define OFF(f) cmocka_unit_test_setup_teardown(f, setup_played_off, teardown_pair)
#define REQUIRED(f) { #f " (required)", f, setup_played_required, teardown_pair, NULL }

/* B's message to A over B's locator @from and A's locator @to. */
static inline void play_over(struct pair *p, const struct s6_msg *m, unsigned int from, unsigned int to)
{
	pair_msg(p, A, &p->s[B].loc[from], &p->s[A].loc[to], m);
}

static inline void play(struct pair *p, const struct s6_msg *m)
{
	play_over(p, m, 0, 0);
}

/* What an R1 or R1bis of A gave to B. */
struct cookie {
	uint32_t resp_nonce;
	uint8_t validator[64];
	size_t len;
};

static inline void take_cookie(struct cookie *k)
{
	k->resp_nonce = out.resp_nonce;
	k->len = out.validator.len;
	assert_true(k->len <= sizeof(k->validator));
	memcpy(k->validator, out.validator.p, k->len);
}

static inline struct s6_msg i1_msg(uint64_t tag)
{
	return (struct s6_msg){ .type = SHIM6_I1, .tag = tag, .nonce = 0x11111111 };
}

static inline void get_r1(struct pair *p, uint64_t tag, struct cookie *k)
{
	struct s6_msg m = i1_msg(tag);

	play(p, &m);
	assert_int_equal(out.type, SHIM6_R1);
	take_cookie(k);
}

static inline void get_r1bis(struct pair *p, uint64_t tag, struct cookie *k)
{
	s6_unknown_tag(p->s[A].h, p->now, tag, &p->s[B].loc[0], &p->s[A].loc[0], &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(out.type, SHIM6_R1BIS);
	take_cookie(k);
}

static inline struct s6_msg i2_msg(uint64_t tag, const struct cookie *k)
{
	return (struct s6_msg){
		.type = SHIM6_I2, .tag = tag, .nonce = 0x22222222, .resp_nonce = k->resp_nonce,
		.validator = { k->validator, k->len },
	};
}

static inline struct s6_msg i2bis_msg(uint64_t tag, const struct cookie *k)
{
	struct s6_msg m = i2_msg(tag, k);

	m.type = SHIM6_I2BIS;
	m.nonce = 0x33333333;
	m.packet_tag = LOST_TAG;
	return m;
}

/* B's answers to what A sent last. */
static inline struct s6_msg r1_msg(void)
{
	static const uint8_t validator[20] = "opaque to initiators";

	return (struct s6_msg){
		.type = SHIM6_R1, .nonce = out.nonce, .resp_nonce = 77, .validator = { validator, sizeof(validator) },
	};
}

static inline struct s6_msg r2_msg(uint64_t tag)
{
	return (struct s6_msg){ .type = SHIM6_R2, .tag = tag, .nonce = out.nonce };
}

static inline struct s6_msg r1bis_msg(uint64_t packet_tag)
{
	struct s6_msg m = r1_msg();

	m.type = SHIM6_R1BIS;
	m.tag = packet_tag;
	m.nonce = 0;
	return m;
}

/* B's locators as a list, those in @mask, with the method of security.verify = none. */
static inline void put_list(struct pair *p, struct s6_msg *m, uint32_t generation, unsigned int mask)
{
	unsigned int i;

	m->has_locators = true;
	m->locators.generation = generation;
	m->locators.n = 0;
	for (i = 0; i < N_LOC; i++)
		if (mask & 1 << i)
			m->locators.loc[m->locators.n++] = (struct s6_locator){
				.addr = p->s[B].loc[i], .method = S6_VERIFY_NONE };
}

/* A's counter of that name. */
static inline uint64_t cnt(struct pair *p, const char *name)
{
	return count_of(p->s[A].h, name);
}

static inline struct s6_msg update_msg(struct pair *p, uint8_t type, uint32_t nonce)
{
	return (struct s6_msg){ .type = type, .tag = ctx(p, A)->ct_local, .nonce = nonce };
}

/* @f as it was on the wire; how many octets that is. */
static inline size_t quote(const struct flight *f, uint8_t *to)
{
	memset(to, 0, 40);
	to[0] = 0x60;
	to[4] = f->len >> 8;
	to[5] = f->len;
	to[6] = 140;
	memcpy(to + 8, &f->src, 16);
	memcpy(to + 24, &f->dst, 16);
	memcpy(to + 40, f->data, f->len);
	return 40 + f->len;
}

/* A's context with B in @state, by the shortest way. */
static inline void drive(struct pair *p, enum s6_state to)
{
	struct s6_msg m;
	uint8_t quoted[40 + S6_MSG_MAX];
	size_t len;

	if (to == S6_IDLE)
		return;
	assert_int_equal(pair_trigger(p, A), 0);
	if (to == S6_NO_SUPPORT) {
		len = quote(&out_packet, quoted);
		s6_icmp_error(p->s[A].h, p->now, 4, 1, quoted, len, &p->s[A].acts);
		pair_act(p, A);
	} else if (to == S6_E_FAILED) {
		while (state_of(p, A) == S6_I1_SENT)
			pair_run(p, 100);
	} else if (to != S6_I1_SENT) {
		m = r1_msg();
		play(p, &m);
		if (to != S6_I2_SENT) {
			m = r2_msg(PEER_TAG);
			if (p->s[A].h && ctx(p, A)->ls_local.n > 1)
				put_list(p, &m, 1000, 3);
			play(p, &m);
		}
		if (to == S6_I2BIS_SENT) {
			m = r1bis_msg(PEER_TAG);
			play(p, &m);
		}
	}
	assert_state(p, A, to);
	p->trail[0] = 0;
}

/* R2 with two locators under generation 1000, and preferences that say they are for @generation and for @n. */
static inline void r2_with_preferences(struct pair *p, uint32_t generation, unsigned int n)
{
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1000, 3);
	m.has_prefs = true;
	m.prefs = (struct s6_pref_list){ .generation = generation, .element_len = 3, .n = n, .el = { { .prio = 9 } } };
	play(p, &m);
}

#endif /* TEST_PROTO_PLAYED_H */
