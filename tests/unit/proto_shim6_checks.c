// SPDX-License-Identifier: GPL-2.0-or-later
/* What a message must prove before it has an effect: nonces, validators, locators, proofs; and what floods can do. */
#include "proto_played.h"
#include "proto/verify.h"

/* Options and addresses of I1 (S5533-7.7-02 S5533-5.4-06 S5533-7.7-04 S5533-5.15.7-01) */
static void i1_names_the_context(void **state)
{
	struct pair *p = *state;
	uint32_t id;

	assert_int_equal(pair_trigger(p, A), 0);
	assert_int_equal(out.type, SHIM6_I1);
	assert_true(out.tag == ctx(p, A)->ct_local);
	assert_false(out.has_ulids);
	assert_false(out.has_fii);
	assert_addr(&out_packet.src, &p->s[A].loc[0]);
	assert_addr(&out_packet.dst, &p->s[B].loc[0]);
	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], 0xabcd, false, &id,
				    &p->s[A].acts), 0);
	pair_act(p, A);
	assert_true(out.has_fii);
	assert_int_equal(out.fii, 0xabcd);
	assert_int_equal(s6_count(p->s[A].h), 2);		/* S5533-2.1-01, S5533-4.2-01 */
}

/* I2 returns everything (S5533-5.6-08 S5533-5.6-10 S5533-7.11-05 S5533-7.11-11), whatever the validator's length */
static void i2_returns_the_validator(void **state)
{
	static const size_t lengths[] = { 0, 1, 20, 32, 200, 400 };
	struct pair *p = *state;
	struct s6_locator l[S6_LOCATORS_MAX] = { 0 };
	uint8_t v[401];
	struct s6_msg m;
	uint32_t id;
	unsigned int i;

	/* Even with as many locators as there can be, preferences, a ULID pair to come and an FII, all of it fits. */
	for (i = 0; i < S6_LOCATORS_MAX; i++) {
		l[i].addr = p->s[A].loc[0];
		l[i].addr.s6_addr[15] += i;
		l[i].prio = i;
	}
	s6_set_local(p->s[A].h, p->now, l, S6_LOCATORS_MAX, &p->s[A].acts);
	pair_act(p, A);
	memset(v, 0xa5, sizeof(v));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], i + 1, false, &id,
					    &p->s[A].acts), 0);
		pair_act(p, A);
		m = r1_msg();
		m.resp_nonce = 0xdeadbeef;
		m.validator = (struct s6_bytes){ v, lengths[i] };
		play(p, &m);
		assert_int_equal(out.type, SHIM6_I2);
		assert_int_equal(out.resp_nonce, 0xdeadbeef);
		assert_int_equal(out.nonce, m.nonce);			/* Q06 */
		assert_int_equal(out.validator.len, lengths[i]);
		assert_memory_equal(out.validator.p, v, lengths[i]);
		assert_int_equal(out.locators.n, S6_LOCATORS_MAX);
		assert_addr(&out_packet.dst, &p->s[B].loc[0]);
	}
	/* Longer than that: not answered, the I1 goes on. */
	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &p->s[B].loc[0], 99, false, &id, &p->s[A].acts),
			 0);
	pair_act(p, A);
	m = r1_msg();
	m.validator = (struct s6_bytes){ v, 401 };
	play(p, &m);
	assert_int_equal(s6_find_id(p->s[A].h, id)->state, S6_I1_SENT);
	assert_int_equal(cnt(p, "validator-size"), 1);
}

/* Q05: nonce and the very locators of the I1 (S5533-7.11-02 S5533-7.16-02 S5533-12.4-03 S5533-12.4-04) */
static void r1_and_r2_need_the_pair(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	assert_int_equal(pair_trigger(p, A), 0);
	m = r1_msg();
	play_over(p, &m, 1, 0);
	play_over(p, &m, 0, 1);
	assert_state(p, A, S6_I1_SENT);
	assert_int_equal(cnt(p, "r1-unmatched"), 2);
	play(p, &m);
	assert_state(p, A, S6_I2_SENT);
	m = r2_msg(PEER_TAG);
	play_over(p, &m, 1, 0);
	play_over(p, &m, 0, 1);
	assert_state(p, A, S6_I2_SENT);
	assert_int_equal(cnt(p, "r2-unmatched"), 2);
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	m.tag++;
	play(p, &m);			/* S5533-7.16-06 */
	assert_true(ctx(p, A)->ct_peer == PEER_TAG);
}

/* R1 repeats what I1 said and makes no state (S5533-7.10-01 S5533-7.10-03 S5533-5.5-06 S5533-5.5-08 S5533-7.10.1-01) */
static void r1_is_stateless(void **state)
{
	struct pair *p = *state;
	struct s6_msg m = i1_msg(PEER_TAG);
	uint32_t first;

	m.nonce = 0x12345678;
	play_over(p, &m, 1, 0);
	assert_int_equal(out.type, SHIM6_R1);
	assert_int_equal(out.nonce, 0x12345678);
	assert_addr(&out_packet.src, &p->s[A].loc[0]);
	assert_addr(&out_packet.dst, &p->s[B].loc[1]);
	assert_int_equal(out.validator.len, 32);
	assert_int_equal(s6_count(p->s[A].h), 0);
	first = out.resp_nonce;
	play_over(p, &m, 1, 0);
	assert_int_equal(out.resp_nonce, first);
	p->now += 5000;
	play_over(p, &m, 1, 0);
	assert_int_not_equal(out.resp_nonce, first);
}

/*
 * S5533-7.13-03 S5533-7.13-04 S5533-7.12-03 S5533-14-09 S5533-5.15.1-02: fresh for 30 s, not for 60; I2bis alike
 * (7.20-03)
 */
static void validators_age(void **state)
{
	static const struct { unsigned int age; bool ok; } t[] = {
		{ 0, true }, { 1000, true }, { 15000, true }, { 29000, true }, { 30000, true }, { 33000, false },
		{ 60000, false }, { 3600000, false },
	};
	struct pair *p = *state;
	struct cookie k, kbis;
	struct s6_msg m;
	unsigned int i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		get_r1(p, PEER_TAG, &k);
		get_r1bis(p, LOST_TAG, &kbis);
		p->now += t[i].age;
		m = i2_msg(PEER_TAG, &k);
		play(p, &m);
		assert_state(p, A, t[i].ok ? S6_ESTABLISHED : S6_IDLE);
		if (t[i].ok)
			s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts), pair_act(p, A);
		m = i2bis_msg(PEER_TAG, &kbis);
		play(p, &m);
		assert_state(p, A, t[i].ok ? S6_ESTABLISHED : S6_IDLE);
		if (t[i].ok)
			s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts), pair_act(p, A);
	}
	assert_int_equal(cnt(p, "i2-stale"), 6);
}

/* S5533-16.2-01: the secret changes; a validator of the old one is good until it is too old */
static void secret_rotates(void **state)
{
	struct pair *p = *state;
	struct cookie k, other;
	struct s6_msg m;
	unsigned int i;

	for (i = 0; i < 700; i++) {		/* over two changes, at any phase */
		get_r1(p, PEER_TAG, &k);
		p->now += 999;
		get_r1(p, 0x123, &other);	/* may draw the new secret */
		p->now += 20000;
		get_r1(p, 0x123, &other);
		m = i2_msg(PEER_TAG, &k);
		play(p, &m);
		assert_state(p, A, S6_ESTABLISHED);
		s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
		pair_act(p, A);
	}
}

enum change { NOTHING, TAG, NONCE, RESP_NONCE, BIT, SHORT, LONG, SRC, DST, FII, ULIDS, PACKET_TAG, KIND };

/* S5533-7.10.1-02 S5533-7.10.1-03 S5533-7.13-05 S5533-7.17.1-01 S5533-7.20-04 S5533-7.20-05 Q04 */
static void validators_bind(void **state)
{
	/* what is changed between R1 (R1bis) and I2 (I2bis), and whether it is accepted nevertheless */
	static const struct { bool bis; enum change c; bool ok; } t[] = {
		{ false, NOTHING, true }, { false, TAG, false }, { false, NONCE, true }, { false, RESP_NONCE, false },
		{ false, BIT, false }, { false, SHORT, false }, { false, LONG, false }, { false, SRC, false },
		{ false, DST, false }, { false, FII, false }, { false, ULIDS, false }, { false, KIND, false },
		{ true, NOTHING, true }, { true, TAG, true }, { true, NONCE, true }, { true, RESP_NONCE, false },
		{ true, BIT, false }, { true, SHORT, false }, { true, LONG, false }, { true, SRC, false },
		{ true, DST, false }, { true, PACKET_TAG, false }, { true, KIND, false },
	};
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;
	unsigned int i, bad = 0;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		bool use_r1bis = t[i].bis ^ (t[i].c == KIND);

		memset(&k, 0, sizeof(k));
		if (use_r1bis)
			get_r1bis(p, LOST_TAG, &k);
		else
			get_r1(p, PEER_TAG, &k);
		m = t[i].bis ? i2bis_msg(PEER_TAG, &k) : i2_msg(PEER_TAG, &k);
		put_list(p, &m, 5, 3);
		m.has_ulids = t[i].c == SRC || t[i].c == DST || t[i].c == ULIDS;
		m.sender_ulid = p->s[B].loc[t[i].c == ULIDS];
		m.receiver_ulid = p->s[A].loc[0];
		m.tag += t[i].c == TAG;
		m.nonce += t[i].c == NONCE;
		m.resp_nonce -= t[i].c == RESP_NONCE;
		k.validator[17] ^= t[i].c == BIT;
		m.validator.len -= t[i].c == SHORT;
		m.validator.len += t[i].c == LONG;
		m.has_fii = t[i].c == FII;
		m.fii = t[i].c == FII ? 4 : 0;
		m.packet_tag ^= t[i].c == PACKET_TAG;
		n_out = 0;
		play_over(p, &m, t[i].c == SRC, t[i].c == DST);
		if (t[i].ok) {
			assert_state(p, A, S6_ESTABLISHED);
			s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
			pair_act(p, A);
		} else {
			assert_int_equal(n_out, 0);			/* silently */
			assert_int_equal(s6_count(p->s[A].h), 0);
			bad++;
		}
		p->now += 1000;
	}
	assert_int_equal(cnt(p, "i2-validator"), bad);
}

/*
 * S5533-7.13-11 S5533-7.13-12 S5533-7.13-16 S5533-7.13-17 S5533-7.20-11 S5533-7.20-15 Q20: the source of I2 and
 * I2bis, in each state; in IDLE, too, as nobody else may speak for a ULID
 */
static void i2_from_a_foreign_source(void **state)
{
	static const enum s6_state states[] = { S6_IDLE, S6_I1_SENT, S6_I2_SENT, S6_ESTABLISHED, S6_I2BIS_SENT };
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct in6_addr foreign = ip("2001:db8:bad::1");
	unsigned int i, bis, listed;

	(void)state;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (bis = 0; bis < 2; bis++) {
			for (listed = 0; listed < 2; listed++) {
				struct pair pair, *p = &pair;
				struct s6_msg m = i1_msg(0x99);
				struct cookie k;

				played_start(p, &cfg);
				m.has_ulids = true;
				m.sender_ulid = p->s[B].loc[0];
				m.receiver_ulid = p->s[A].loc[0];
				if (bis) {
					s6_unknown_tag(p->s[A].h, p->now, LOST_TAG, &foreign, &p->s[A].loc[0],
						       &p->s[A].acts);
					pair_act(p, A);
				} else {
					pair_msg(p, A, &foreign, &p->s[A].loc[0], &m);
				}
				take_cookie(&k);
				drive(p, states[i]);
				m = bis ? i2bis_msg(0x99, &k) : i2_msg(0x99, &k);
				m.has_ulids = true;
				m.sender_ulid = p->s[B].loc[0];
				m.receiver_ulid = p->s[A].loc[0];
				put_list(p, &m, 1, 1);
				if (listed)
					m.locators.loc[m.locators.n++] = (struct s6_locator){
						.addr = foreign, .method = S6_VERIFY_NONE };
				pair_msg(p, A, &foreign, &p->s[A].loc[0], &m);
				if (listed) {
					assert_trail(p, !bis && states[i] == S6_IDLE ? "A.R1 A.R2 " :
							bis && states[i] == S6_IDLE ? "A.R1bis A.R2 " : "A.R2 ");
					assert_true(ctx(p, A)->ct_peer == 0x99);
					assert_int_equal(ctx(p, A)->ls_peer.n, 2);
				} else {
					assert_state(p, A, states[i]);
					assert_int_equal(cnt(p, "i2-source"), 1);
					assert_true(!ctx(p, A) || ctx(p, A)->ct_peer != 0x99);
				}
				pair_stop(p);
			}
		}
	}
}

/* S5533-7.9-05 S5533-7.9-06: an I1 with a ULID Pair option from a locator in and out of Ls(peer) */
static void i1_from_foreign_locators(void **state)
{
	struct pair *p = *state;
	struct s6_msg m = i1_msg(PEER_TAG);
	struct s6_ctx before;

	drive(p, S6_ESTABLISHED);
	before = *ctx(p, A);
	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[0];
	play_over(p, &m, 1, 0);
	assert_trail(p, "A.R2 ");
	assert_int_equal(out.nonce, m.nonce);			/* S5533-7.10-02 */
	assert_true(out.tag == before.ct_local);
	play_over(p, &m, 2, 0);
	assert_trail(p, "A.R1 ");
	assert_memory_equal(&before, ctx(p, A), sizeof(before));
	m.has_fii = true;
	m.fii = 5;
	play_over(p, &m, 1, 0);		/* S5533-7.9-03 */
	assert_trail(p, "A.R1 ");
}

/* While we ask for a context ourselves: R2, which tells our tag and is longer than I1, is for locators of the peer. */
static void concurrent_i1_from_foreign_locators(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = *state;
	struct s6_msg m = i1_msg(0x123);

	drive(p, S6_I1_SENT);
	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[0];
	p->trail[0] = '\0';
	play_over(p, &m, 1, 0);
	assert_trail(p, "A.R1 ");
	play_over(p, &m, 0, 0);
	assert_trail(p, "A.R2 ");
	pair_stop(p);
	played_start(p, &cfg);
	drive(p, S6_I2_SENT);
	p->trail[0] = '\0';
	play_over(p, &m, 1, 0);
	assert_trail(p, "A.R1 ");
}

/*
 * S5533-7.2-05 S5533-7.2-06 S5533-7.13-10 S5533-7.13-14 S5533-7.13-19 S5533-5.14-08 Q08: Error 2 points at the method
 */
static void unproven_lists(void **state)
{
	struct pair *p = *state;
	static const struct { uint8_t method; bool ok_off, ok_required; bool ulid_only; } t[] = {
		{ S6_VERIFY_NONE, true, false, false },
		{ S6_VERIFY_NONE, true, true, true },
		{ SHIM6_VERIFY_HBA, false, false, false },
		{ SHIM6_VERIFY_CGA, false, false, false },
		{ SHIM6_VERIFY_HBA, true, true, true },		/* the ULID needs no proof */
		{ 0, false, false, true },
		{ 3, false, false, false },
		{ 200, false, false, false },
		{ 255, false, false, true },
	};
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct cookie k;
	struct s6_msg m;
	unsigned int i, required;

	for (required = 0; required < 2; required++) {
		cfg.verify = required ? S6_VERIFY_REQUIRED : S6_VERIFY_OFF;
		pair_reboot(p, A, &cfg);
		for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
			bool ok = required ? t[i].ok_required : t[i].ok_off;

			get_r1(p, PEER_TAG, &k);
			m = i2_msg(PEER_TAG, &k);
			put_list(p, &m, 1, t[i].ulid_only ? 1 : 3);
			m.locators.loc[m.locators.n - 1].method = t[i].method;
			p->trail[0] = 0;
			play(p, &m);
			if (ok) {
				assert_trail(p, "A.R2 ");
				s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
				pair_act(p, A);
			} else {
				uint8_t back[S6_MSG_MAX];
				size_t len = s6_encode(&m, back, sizeof(back)), at;

				assert_trail(p, "A.Error ");
				assert_int_equal(out.code, SHIM6_ERR_VERIFY);
				assert_addr(&out_packet.dst, &p->s[B].loc[0]);	/* S5533-5.14-12 */
				assert_int_equal(out.packet.len, 40 + len);
				assert_memory_equal(out.packet.p + 40, back, len);
				at = out.pointer;
				assert_int_equal(out.packet.p[at], t[i].method);
				assert_int_equal(s6_count(p->s[A].h), 0);
			}
			p->now += 1000;
		}
	}
}

/* S5533-7.16-03 S5533-7.16-05: an R2 with an unproven list changes nothing */
static void unproven_r2(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = r2_msg(PEER_TAG);
	put_list(p, &m, 1, 3);
	m.locators.loc[1].method = 3;
	play(p, &m);
	assert_trail(p, "A.Error ");
	assert_state(p, A, S6_I2_SENT);
	m = (struct s6_msg){ .type = SHIM6_R2, .tag = PEER_TAG, .nonce = m.nonce, .has_locators = true };
	play(p, &m);
	assert_state(p, A, S6_I2_SENT);
	assert_int_equal(cnt(p, "list-empty"), 1);
}

/* S5533-7.13-06 S5533-7.20-06 S5533-10.4-05: parameters that cannot be tied to the ULID (here: none can) */
static void foreign_pds(void **state)
{
	struct pair *p = *state;
	static const uint8_t pds[32] = "parameters";
	struct cookie k;
	struct s6_msg m;

	get_r1(p, PEER_TAG, &k);
	p->trail[0] = 0;
	m = i2_msg(PEER_TAG, &k);
	m.pds = (struct s6_bytes){ pds, sizeof(pds) };
	play(p, &m);
	assert_trail(p, "");
	assert_state(p, A, S6_IDLE);
	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.pds = (struct s6_bytes){ pds, sizeof(pds) };
	play(p, &m);
	assert_trail(p, "");
	assert_int_equal(cnt(p, "proof-pds"), 2);
}

/* S5533-12.3-04 S5533-12.3-05 S5533-5.14-03 S5533-5.14-06 S5533-5.14-07 S5533-7.17-03 Q10 Q11 Q12 */
static void errors_for_malformed(void **state)
{
	struct pair *p = *state;
	uint8_t raw[1240] = { 59, 1, 7, 0 };
	uint16_t sum;

	sum = s6_checksum(raw, 16);
	raw[4] = sum >> 8, raw[5] = sum;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 16);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_TYPE);
	assert_int_equal(out.pointer, 42);
	assert_int_equal(out.packet.p[0] >> 4, 6);
	assert_int_equal(out.packet.p[6], 140);
	assert_memory_equal(out.packet.p + 8, &p->s[B].loc[0], 16);
	assert_memory_equal(out.packet.p + 24, &p->s[A].loc[0], 16);
	assert_memory_equal(out.packet.p + 40, raw, 16);

	/* option 300 with C = 1 in an I1; a packet of full size is quoted as far as there is room */
	memset(raw, 0, sizeof(raw));
	raw[0] = 59, raw[1] = 1240 / 8 - 1, raw[2] = SHIM6_I1;
	raw[16] = 300 * 2 >> 8, raw[17] = (300 * 2 & 0xff) | 1, raw[18] = 1220 >> 8, raw[19] = 1220 & 0xff;
	sum = s6_checksum(raw, 1240);
	raw[4] = sum >> 8, raw[5] = sum;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 1240);
	assert_trail(p, "A.Error ");
	assert_int_equal(out.code, SHIM6_ERR_OPTION);
	assert_int_equal(out.pointer, 56);
	assert_int_equal(out_packet.len, 1240);
	assert_int_equal(out.packet.p[4] << 8 | out.packet.p[5], 1240);

	/* an Error with such an option is nobody's business */
	raw[2] = SHIM6_ERROR, raw[4] = raw[5] = 0;
	sum = s6_checksum(raw, 1240);
	raw[4] = sum >> 8, raw[5] = sum;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 1240);
	assert_trail(p, "");

	/* an unknown type is, for its type */
	raw[2] = 100, raw[4] = raw[5] = 0;
	sum = s6_checksum(raw, 1240);
	raw[4] = sum >> 8, raw[5] = sum;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 1240);
	assert_trail(p, "A.Error ");
	assert_int_equal(cnt(p, "type"), 2);
	assert_int_equal(cnt(p, "option-critical"), 1);
	assert_int_equal(cnt(p, "error-sent"), 3);

	/* nor is anything said to a link-local neighbour */
	struct in6_addr ll = ip("fe80::1");

	pair_input(p, A, &ll, &p->s[A].loc[0], raw, 1240);
	assert_trail(p, "");
}

/* No answer to an Error, whatever is in it (S5533-5.14-05 S5533-17-03) */
static void errors_are_not_answered(void **state)
{
	struct pair *p = *state;
	struct s6_msg m = { .type = SHIM6_ERROR };
	uint8_t quoted[80] = { 0 };
	unsigned int code, len;

	drive(p, S6_ESTABLISHED);
	for (code = 0; code < 128; code++) {
		for (len = 0; len <= sizeof(quoted); len += 8) {
			m.code = code;
			m.packet = (struct s6_bytes){ quoted, len };
			play(p, &m);
		}
	}
	assert_trail(p, "");
	assert_int_equal(cnt(p, "error-unmatched"), 128 * 11);
}

/* A flood of nonsense gets a few Errors a second (5.14: "rate" is ours). */
static void errors_are_limited(void **state)
{
	struct pair *p = *state;
	uint8_t raw[16] = { 59, 1, 7, 0 };
	uint16_t sum = s6_checksum(raw, 16);
	unsigned int i;

	raw[4] = sum >> 8, raw[5] = sum;
	for (i = 0; i < 1000; i++)
		pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 16);
	assert_int_equal(cnt(p, "error-sent"), 20);
	assert_int_equal(cnt(p, "error-limited"), 980);
	p->now += 1000;
	for (i = 0; i < 1000; i++)
		pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 16);
	assert_int_equal(cnt(p, "error-sent"), 30);
}

static void icmp(struct pair *p, uint8_t type, uint8_t code, const uint8_t *q, size_t len)
{
	s6_icmp_error(p->s[A].h, p->now, type, code, q, len, &p->s[A].acts);
	pair_act(p, A);
}

/* S5533-7.8-05 S5533-7.8-06 S5533-14-04 Q15: only our own I1, and then for ten minutes */
static void icmp_no_support(void **state)
{
	struct pair *p = *state;
	uint8_t q[40 + S6_MSG_MAX];
	unsigned int i;

	assert_int_equal(pair_trigger(p, A), 0);
	quote(&out_packet, q);
	for (i = 8; i < 56; i++) {		/* any octet of addresses, type, tag or nonce */
		if (i >= 40 && i < 46 && i != 42)
			continue;
		q[i] ^= 0x40;
		icmp(p, 4, 1, q, 56);
		q[i] ^= 0x40;
		assert_state(p, A, S6_I1_SENT);
	}
	for (i = 0; i < 56; i++)		/* cut off */
		icmp(p, 4, 1, q, i);
	icmp(p, 4, 0, q, 56);
	icmp(p, 1, 4, q, 56);
	icmp(p, 3, 0, q, 56);
	assert_state(p, A, S6_I1_SENT);
	assert_int_equal(cnt(p, "icmp-other"), 3);
	icmp(p, 4, 1, q, 56);
	assert_state(p, A, S6_NO_SUPPORT);
	n_out = 0;
	pair_run(p, 599000);
	assert_int_equal(pair_trigger(p, A), -EAGAIN);
	assert_int_equal(n_out, 0);
	pair_run(p, 2000);
	assert_state(p, A, S6_IDLE);
	assert_int_equal(pair_trigger(p, A), 0);
	/* the old quote is of another I1 now */
	icmp(p, 4, 1, q, 56);
	assert_state(p, A, S6_I1_SENT);
}

/* S5533-12.4-09, Error 2 about our I2 gives the failure its reason */
static void refused_list_is_told(void **state)
{
	struct pair *p = *state;
	uint8_t q[40 + S6_MSG_MAX];
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	quote(&out_packet, q);
	m = (struct s6_msg){ .type = SHIM6_ERROR, .code = SHIM6_ERR_VERIFY, .packet = { q, 40 + out_packet.len } };
	play(p, &m);
	assert_state(p, A, S6_I2_SENT);
	assert_int_equal(cnt(p, "error-in-verify"), 1);
	pair_run(p, 1000000);
	assert_state(p, A, S6_IDLE);
	q[50] ^= 1;
	play(p, &m);
	assert_int_equal(cnt(p, "error-unmatched"), 1);
}

/* A ULID that is not ours, or cannot be one; link-local peers (RFC 5534 3.1) */
static void impossible_ulids(void **state)
{
	static const char *const bad[] = { "fe80::1", "::1", "ff02::1", "::", "fec0::1", "2001:db8:a1::1" };
	struct pair *p = *state;
	struct in6_addr src = ip("fe80::5"), mcast = ip("ff02::1");
	struct s6_msg m;
	uint8_t buf[64];
	unsigned int i;
	size_t len;

	for (i = 0; i < 6; i++) {
		m = i1_msg(1);
		m.has_ulids = true;
		m.sender_ulid = ip(bad[i]);
		m.receiver_ulid = p->s[A].loc[0];
		play(p, &m);
	}
	assert_int_equal(cnt(p, "ulid"), 6);
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = ip("2001:db8:77::1");
	play(p, &m);
	assert_int_equal(cnt(p, "not-ours"), 1);
	m = i1_msg(1);
	len = s6_encode(&m, buf, sizeof(buf));
	pair_input(p, A, &src, &p->s[A].loc[0], buf, len);
	assert_int_equal(cnt(p, "locator"), 1);
	pair_input(p, A, &mcast, &p->s[A].loc[0], buf, len);		/* S5533-12.3-03 */
	pair_input(p, A, &p->s[B].loc[0], &mcast, buf, len);
	assert_int_equal(cnt(p, "address"), 2);
	buf[7] ^= 1;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], buf, len);	/* S5533-12.3-01 */
	assert_int_equal(cnt(p, "checksum"), 1);
	buf[7] ^= 1;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], buf, len - 8);	/* S5533-12.3-02 */
	assert_int_equal(cnt(p, "truncated"), 1);
	assert_trail(p, "");
	assert_int_equal(n_out, 0);
}

/* The peer wants contexts of instances 1 to @n, by an exchange each. */
static void want_instances(struct pair *p, unsigned int n)
{
	struct cookie k;
	struct s6_msg m;
	unsigned int i;

	for (i = 1; i <= n; i++) {
		m = i1_msg(i);
		m.has_fii = true;
		m.fii = i;
		play(p, &m);
		take_cookie(&k);
		m = i2_msg(i, &k);
		m.has_fii = true;
		m.fii = i;
		play(p, &m);
	}
}

/* A peer may fill the table, one exchange each; then I2 is dropped, and what is there goes on (S10). */
static void full_table(void **state)
{
	struct pair *p = *state;

	want_instances(p, 40);
	assert_int_equal(s6_count(p->s[A].h), 32);
	assert_int_equal(cnt(p, "table-full"), 8);
	assert_int_equal(pair_trigger(p, A), -ENOSPC);
}

/* One R1bis is good for contexts of any instance, but one /64 does not get the table (16). */
static void fair_shares(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = *state;

	cfg.max_contexts = 256;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	want_instances(p, 256);
	assert_int_equal(s6_count(p->s[A].h), 128);
	assert_int_equal(cnt(p, "table-shared"), 128);
	assert_int_equal(cnt(p, "table-full"), 0);
	assert_int_equal(pair_trigger(p, A), 0);	/* what this host wants itself is another matter */
}

/* Hold-downs make room, the oldest first, and are never more than the table holds. */
static void holds_make_room(void **state)
{
	struct pair *p = *state;
	struct in6_addr peer = p->s[B].loc[0];
	uint32_t id, first = 0;
	unsigned int i;

	for (i = 0; i < 32; i++) {
		peer.s6_addr[15] = i + 1;
		assert_int_equal(s6_trigger(p->s[A].h, p->now + i, &p->s[A].loc[0], &peer, 0, false, &id,
					    &p->s[A].acts), 0);
		pair_act(p, A);
		if (!i)
			first = id;
	}
	do
		pair_run(p, 1000);
	while (s6_find_id(p->s[A].h, first) && s6_find_id(p->s[A].h, first)->state == S6_I1_SENT);
	peer.s6_addr[15] = 200;
	assert_int_equal(s6_trigger(p->s[A].h, p->now, &p->s[A].loc[0], &peer, 0, false, &id, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_int_equal(cnt(p, "holds-full"), 1);
	assert_int_equal(s6_count(p->s[A].h), 32);
}

/* A hundred thousand I1s and strange tags leave nothing behind. */
static void floods_leave_nothing(void **state)
{
	struct pair *p = *state;
	struct side *s = &p->s[A];
	struct in6_addr src = ip("2001:db8:f00d::");
	struct s6_msg m;
	uint8_t buf[64];
	size_t len;
	unsigned int i, cap = 0;

	for (i = 0; i < 100000; i++) {
		memcpy(&src.s6_addr[12], &i, 4);
		src.s6_addr[11] = 1;
		if (i % 2) {
			m = i1_msg(i);
			len = s6_encode(&m, buf, sizeof(buf));
			s6_input(s->h, p->now, &src, &s->loc[0], buf, len, &s->acts);
		} else {
			s6_unknown_tag(s->h, p->now, i, &src, &s->loc[0], &s->acts);
		}
		assert_int_equal(s->acts.n, 1);
		assert_int_equal(s->acts.a[0].type, S6_ACT_SEND);
		s6_actions_clear(&s->acts);
		if (!cap)
			cap = s->acts.cap;
	}
	assert_int_equal(s->acts.cap, cap);
	assert_int_equal(s6_count(s->h), 0);
	assert_int_equal(s6_next_due(s->h), UINT64_MAX);
	assert_int_equal(cnt(p, "unknown-tag"), 50000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OFF(i1_names_the_context),
		OFF(i2_returns_the_validator),
		OFF(r1_and_r2_need_the_pair),
		OFF(r1_is_stateless),
		OFF(validators_age),
		OFF(secret_rotates),
		OFF(validators_bind),
		OFF(i2_from_a_foreign_source),
		OFF(i1_from_foreign_locators),
		OFF(concurrent_i1_from_foreign_locators),
		OFF(unproven_lists),
		OFF(unproven_r2),
		REQUIRED(foreign_pds),
		OFF(errors_for_malformed),
		OFF(errors_are_not_answered),
		OFF(errors_are_limited),
		OFF(icmp_no_support),
		OFF(refused_list_is_told),
		OFF(impossible_ulids),
		OFF(full_table),
		OFF(fair_shares),
		OFF(holds_make_room),
		OFF(floods_leave_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
