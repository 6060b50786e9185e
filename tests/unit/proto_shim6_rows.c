// SPDX-License-Identifier: GPL-2.0-or-later
/* Requirements of RFC 5533 and 5534 that no other test of the Shim6 machine shows. */
#include "proto_played.h"

/*
 * S5533-7.13-10 S5533-7.13-14 S5533-7.13-19 S5533-7.20-10 S5533-7.20-13 S5533-7.20-17 S5533-7.2-01 S5533-7.2-02: an I2
 * or I2bis with a list that is not proven changes nothing, in whatever state
 */
static void unproven_lists_in_each_state(void **state)
{
	static const enum s6_state states[] = { S6_IDLE, S6_I1_SENT, S6_I2_SENT, S6_ESTABLISHED, S6_I2BIS_SENT };
	static const uint8_t methods[] = { 0, SHIM6_VERIFY_HBA, SHIM6_VERIFY_CGA, 3, 255 };
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	unsigned int i, bis, k;

	(void)state;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		for (bis = 0; bis < 2; bis++) {
			struct cookie r1, r1bis;
			struct s6_ctx before;
			struct s6_msg m;
			struct pair p;

			played_start(&p, &cfg);
			get_r1(&p, 0x99, &r1);
			get_r1bis(&p, LOST_TAG, &r1bis);
			drive(&p, states[i]);
			if (ctx(&p, A))
				before = *ctx(&p, A);
			for (k = 0; k < sizeof(methods); k++) {
				m = bis ? i2bis_msg(0x99, &r1bis) : i2_msg(0x99, &r1);
				put_list(&p, &m, 1, 5);
				m.locators.loc[1].method = methods[k];
				p.trail[0] = 0;
				play(&p, &m);
				assert_trail(&p, "A.Error ");
				assert_int_equal(out.code, SHIM6_ERR_VERIFY);
				assert_int_equal(out.packet.p[out.pointer], methods[k]);
				assert_state(&p, A, states[i]);
				if (ctx(&p, A))
					assert_memory_equal(&before, ctx(&p, A), sizeof(before));
			}
			pair_stop(&p);
		}
	}
}

/* S5533-7.16-05: the same for R2, in the three states that want one */
static void unproven_r2_in_each_state(void **state)
{
	static const enum s6_state states[] = { S6_I1_SENT, S6_I2_SENT, S6_I2BIS_SENT };
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	unsigned int i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct s6_ctx before;
		struct s6_msg m;
		struct pair p;

		played_start(&p, &cfg);
		drive(&p, states[i]);
		before = *ctx(&p, A);
		m = r2_msg(0x99);
		put_list(&p, &m, 1, 5);
		m.locators.loc[1].method = SHIM6_VERIFY_CGA;
		play(&p, &m);
		assert_trail(&p, "A.Error ");
		assert_memory_equal(&before, ctx(&p, A), sizeof(before));
		pair_stop(&p);
	}
}

/* S5533-7.6-03 S5533-7.6-04: what confusion ended may be begun anew, and gets tags of its own */
static void begun_anew_after_confusion(void **state)
{
	struct pair *p = *state;
	uint64_t old_tag;
	struct cookie k;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	old_tag = ctx(p, A)->ct_local;
	m = i1_msg(PEER_TAG);			/* the same tag for another ULID of B, with a locator in common */
	play_over(p, &m, 1, 0);
	take_cookie(&k);
	m = i2_msg(PEER_TAG, &k);
	put_list(p, &m, 7, 3);
	play_over(p, &m, 1, 0);
	assert_state(p, A, S6_IDLE);
	assert_int_equal(s6_count(p->s[A].h), 1);
	p->trail[0] = 0;
	drive(p, S6_I1_SENT);
	assert_int_equal(out.type, SHIM6_I1);
	assert_true(ctx(p, A)->ct_local != old_tag);
	m = r2_msg(PEER_TAG + 1);
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(s6_count(p->s[A].h), 2);
}

/* S5534-5.3-04 S5534-5.3-05: told once, a Keepalive Timeout stays until it is told anew */
static void keepalive_timeout_stays(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.has_ka_timeout = true;
	m.ka_timeout = 30;
	play(p, &m);
	assert_int_equal(ctx(p, A)->ka_timeout, 30000);
	m = update_msg(p, SHIM6_UPDATE_REQ, 2);
	put_list(p, &m, 2000, 3);
	play(p, &m);
	assert_int_equal(ctx(p, A)->ka_timeout, 30000);

	/* S5534-7-05: a peer that has lost its context, and says nothing in the new one, means the default. */
	m = i1_msg(PEER_TAG + 1);
	play(p, &m);
	take_cookie(&k);
	m = i2_msg(PEER_TAG + 1, &k);
	play(p, &m);
	assert_true(ctx(p, A)->ct_peer == PEER_TAG + 1);
	assert_int_equal(ctx(p, A)->ka_timeout, 15000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unproven_lists_in_each_state),
		cmocka_unit_test(unproven_r2_in_each_state),
		OFF(begun_anew_after_confusion),
		OFF(keepalive_timeout_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
