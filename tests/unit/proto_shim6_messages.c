// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a message says, where it comes from, and what the Errors and ICMPv6 errors about ours are worth.
 * Each test fails if one clause of a condition, or one statement, is turned over that others pass without.
 */
#include "proto_played.h"
#include "proto/validator.h"

/* --- what a message says ------------------------------------------------------------------------------------------ */

struct bad {
	const char *counter;
	uint8_t octets[48];
	size_t len;
	unsigned int errors;		/* that answer it */
};

/* S5533-12.3-01 to -05: every verdict of the codec is a counter of the host, and no other one goes up. */
static void every_verdict_is_counted(void **state)
{
	static const struct bad all[] = {
		{ "truncated", { 59, 7, 1 }, 16, 0 },
		{ "truncated", { 59, 0, 1 }, 7, 0 },
		{ "not-control", { 59, 1, 0x81 }, 16, 0 },
		{ "hip", { 59, 1, 1, 1 }, 16, 0 },
		{ "checksum", { 59, 1, 1, 0, 0xff, 0xff }, 16, 0 },
		{ "type", { 59, 1, 42 }, 16, 1 },
		{ "short", { 59, 1, 3 }, 16, 0 },
		{ "option-length", { 59, 2, 1, [17] = 14, [19] = 64 }, 24, 0 },
		{ "option-critical", { 59, 2, 1, [16] = 0x7f, [17] = 0xff, [19] = 4 }, 24, 1 },
		{ "option-twice", { 59, 3, 1, [17] = 14, [19] = 4, [25] = 14, [27] = 4 }, 32, 0 },
		{ "option-missing", { 59, 1, 2 }, 16, 0 },
		{ "probe", { 59, 1, 67 }, 16, 0 },
	};
	struct pair *p = *state;
	const char *name, *text;
	uint64_t value;

	for (unsigned int i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		uint64_t before[128], received = cnt(p, "received");
		uint8_t raw[48];
		uint16_t sum;

		memcpy(raw, all[i].octets, sizeof(raw));
		if (!raw[4]) {
			sum = s6_checksum(raw, all[i].len);
			raw[4] = sum >> 8;
			raw[5] = sum;
		}
		for (unsigned int k = 0; k < s6_counters(); k++)
			s6_counter(p->s[A].h, k, &before[k], &text);
		n_out = 0;
		pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, all[i].len);
		assert_int_equal(n_out, all[i].errors);
		assert_int_equal(cnt(p, "received"), received + 1);
		for (unsigned int k = 0; k < s6_counters(); k++) {
			name = s6_counter(p->s[A].h, k, &value, &text);
			if (!strcmp(name, all[i].counter))
				assert_int_equal(value, before[k] + 1);
			else if (strcmp(name, "received") && strcmp(name, "sent") && strcmp(name, "error-sent"))
				assert_int_equal(value, before[k]);
		}
		assert_int_equal(s6_count(p->s[A].h), 0);
	}
	assert_int_equal(cnt(p, "truncated"), 2);
}

/* S5533-5.1-05: more locators than a host keeps */
static void too_many_locators(void **state)
{
	uint8_t raw[16 + 8 + 40 + 33 * 16] = { 59, 0, 64, [17] = 4 };
	struct pair *p = *state;
	size_t length = 4 + 1 + 33 + 6 + 33 * 16, len = 16 + (4 + length + 7) / 8 * 8;
	uint16_t sum;

	raw[1] = len / 8 - 1;
	raw[18] = length >> 8;
	raw[19] = length;
	raw[24] = 33;
	sum = s6_checksum(raw, len);
	raw[4] = sum >> 8;
	raw[5] = sum;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, len);
	assert_int_equal(cnt(p, "too-many"), 1);
	assert_trail(p, "");
}

/*
 * S5533-5.14-05 S5533-17-03: nothing that says it is an Error is answered, however broken: an Error has neither options
 * nor a type that we do not know.
 */
static void errors_of_any_shape(void **state)
{
	struct pair *p = *state;
	uint8_t raw[S6_MSG_MAX];

	drive(p, S6_ESTABLISHED);
	for (unsigned int i = 0; i < 50000; i++) {
		size_t len = 8 + pair_random(p) % 64 * 8;
		uint16_t sum;

		pair_fill(p, raw, len);
		raw[1] = i % 7 ? len / 8 - 1 : raw[1];
		raw[2] = SHIM6_ERROR;
		raw[3] &= i % 5 ? 0xfe : 0xff;
		raw[4] = raw[5] = 0;
		if (len >= 8u * (raw[1] + 1) && i % 11) {
			sum = s6_checksum(raw, 8 * (raw[1] + 1));
			raw[4] = sum >> 8;
			raw[5] = sum;
		}
		pair_input(p, A, &p->s[B].loc[i % 2], &p->s[A].loc[0], raw, len);
	}
	assert_trail(p, "");
	assert_state(p, A, S6_ESTABLISHED);
	assert_true(cnt(p, "error-unmatched") > 30000);
}

/* RFC 5534, 3.1: our own end of the pair has to be a possible locator, too. */
static void message_to_a_link_local_address(void **state)
{
	struct in6_addr to = ip("fe80::a");
	struct s6_msg m = i1_msg(0x99);
	struct pair *p = *state;

	pair_msg(p, A, &p->s[B].loc[0], &to, &m);
	assert_int_equal(cnt(p, "locator"), 1);
	assert_trail(p, "");
}

/* 5.15.6: a ULID pair whose receiver cannot be one is called that, and not "somebody else's". */
static void impossible_receiver(void **state)
{
	struct s6_msg m = i1_msg(0x99);
	struct pair *p = *state;

	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = ip("ff02::1");
	play(p, &m);
	assert_int_equal(cnt(p, "ulid"), 1);
	assert_int_equal(cnt(p, "not-ours"), 0);
	assert_trail(p, "");
}

/*
 * S5533-5.15.6-01: a ULID of ours that has lost its interface goes on naming its context (I1: R2 again),
 * but begins no other one.
 */
static void ulid_without_an_interface(void **state)
{
	struct s6_msg m = i1_msg(PEER_TAG);
	struct pair *p = *state;

	drive(p, S6_ESTABLISHED);
	pair_locators(p, A, 2);
	p->trail[0] = 0;
	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[0];
	play_over(p, &m, 0, 1);
	assert_trail(p, "A.R2 ");
	m.has_fii = true;
	m.fii = 5;
	play_over(p, &m, 0, 1);
	assert_trail(p, "");
	assert_int_equal(cnt(p, "not-ours"), 1);
}

/* Preferences in R2 without a list, and of another number than the list: each is left aside. */
static void preferences_that_fit_nothing(void **state)
{
	struct pair *p = *state;

	r2_with_preferences(p, 1000, 1);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(cnt(p, "prefs-unfit"), 1);
	assert_int_equal(ctx(p, A)->ls_peer.loc[0].prio, 0);
}

static void preferences_without_a_list(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	m = r2_msg(PEER_TAG);
	m.has_prefs = true;
	m.prefs = (struct s6_pref_list){ .element_len = 3 };
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(cnt(p, "prefs-unfit"), 1);
}

/* --- where a message comes from ----------------------------------------------------------------------------------- */

/* A locator that we take back stays one of ours until the peer knows: it may still write to it (10.4). */
static void taken_back_but_not_yet_known(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	pair_locators(p, A, 1);
	assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	assert_int_equal(out.locators.n, 1);
	p->trail[0] = 0;
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	play_over(p, &m, 0, 1);
	assert_trail(p, "A.Update Acknowledgement ");
}

/* 12.4: CT(peer) names live contexts only, also when it is known from an I2 that met ours. */
static void tag_of_a_context_that_fell_back(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	get_r1(p, 0x99, &k);
	drive(p, S6_I2_SENT);
	m = i2_msg(0x99, &k);
	play(p, &m);
	assert_state(p, A, S6_I2_SENT);
	while (state_of(p, A) == S6_I2_SENT)
		pair_run(p, 100);
	assert_state(p, A, S6_I1_SENT);
	assert_true(ctx(p, A)->ct_peer == 0x99);
	m = r1bis_msg(0x99);
	play(p, &m);
	assert_int_equal(cnt(p, "r1bis-unmatched"), 1);
}

/* An I2 that was accepted before is obeyed again where it was not the last word: in I2BIS-SENT (7.13). */
static void repeated_i2_in_recovery(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	get_r1(p, PEER_TAG, &k);
	m = i2_msg(PEER_TAG, &k);
	put_list(p, &m, 1000, 1);
	play(p, &m);
	assert_int_equal(ctx(p, A)->ls_peer.n, 1);
	put_list(p, &m, 1001, 3);
	play(p, &m);
	assert_int_equal(ctx(p, A)->ls_peer.n, 1);	/* ESTABLISHED: answered, not read */
	m = r1bis_msg(PEER_TAG);
	play(p, &m);
	assert_state(p, A, S6_I2BIS_SENT);
	m = i2_msg(PEER_TAG, &k);
	put_list(p, &m, 1001, 3);
	play(p, &m);
	assert_state(p, A, S6_I2BIS_SENT);
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
}

/* RFC 5534, 4.1: an I1 with the right tag counts as payload; one with another may be anybody's. */
static void i1_as_payload(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	for (unsigned int right = 0; right < 2; right++) {
		bool got = false;
		uint8_t raw[S6_MSG_MAX];
		size_t len;

		m = i1_msg(right ? PEER_TAG : 0x99);
		len = s6_encode(&m, raw, sizeof(raw));
		s6_input(p->s[A].h, p->now, &p->s[B].loc[0], &p->s[A].loc[0], raw, len, &p->s[A].acts);
		for (unsigned int i = 0; i < p->s[A].acts.n; i++)
			got |= p->s[A].acts.a[i].type == S6_ACT_PAYLOAD && !p->s[A].acts.a[i].sent;
		assert_int_equal(got, right);
		pair_act(p, A);
	}
}

/* Q53: a Keepalive in the queue of control messages is counted as reachability's. */
static void keepalive_is_not_ours(void **state)
{
	struct pair *p = *state;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_KEEPALIVE, 0);
	play(p, &m);
	assert_int_equal(cnt(p, "reap"), 1);
	assert_trail(p, "");
}

/* --- what nobody may guess, and nobody may say -------------------------------------------------------------------- */

static unsigned int drawn;
static uint8_t drawn_from;

/* The first draw is the start of the nonces, which is no secret. */
static void draw(void *arg, void *buf, size_t len)
{
	(void)arg;
	memset(buf, drawn++ ? drawn_from + drawn : 0x90, len);
}

/* S5533-7.10.1-01: a validator comes from secrets that were drawn, not from what everybody knows. */
static void validators_are_secret(void **state)
{
	struct s6_r1_facts f = { .tag = 1 };
	uint8_t one[2][S6_VALIDATOR_LEN], two[2][S6_VALIDATOR_LEN];
	struct s6_validator a, b;
	uint32_t nonce;

	(void)state;
	drawn = 0, drawn_from = 1;
	s6_validator_init(&a, 5000, draw, NULL);
	drawn = 0, drawn_from = 100;
	s6_validator_init(&b, 5000, draw, NULL);
	nonce = s6_validator_nonce(&a, 5000);
	assert_int_equal(nonce, s6_validator_nonce(&b, 5000));
	for (unsigned int past = 0; past < 2; past++) {
		assert_true(s6_validator_r1(&a, nonce - past, &f, one[past]));
		assert_true(s6_validator_r1(&b, nonce - past, &f, two[past]));
		assert_memory_not_equal(one[past], two[past], S6_VALIDATOR_LEN);
	}
	/* the nonce of the beginning belongs to the secret of the beginning */
	memset(a.before.secret, 0, sizeof(a.before.secret));
	assert_true(s6_validator_r1(&a, nonce, &f, two[0]));
	assert_memory_equal(one[0], two[0], S6_VALIDATOR_LEN);
	assert_true(s6_validator_r1(&a, nonce - 1, &f, two[1]));
	assert_memory_not_equal(one[1], two[1], S6_VALIDATOR_LEN);
}

/* S5533-7.10.1-02 S5533-7.13-05: the validator is for our ULID, too. */
static void validator_is_for_one_ulid(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	get_r1(p, PEER_TAG, &k);
	m = i2_msg(PEER_TAG, &k);
	m.has_ulids = true;
	m.sender_ulid = p->s[B].loc[0];
	m.receiver_ulid = p->s[A].loc[1];
	play(p, &m);
	assert_int_equal(cnt(p, "i2-validator"), 1);
	assert_int_equal(s6_count(p->s[A].h), 0);
	m.receiver_ulid = p->s[A].loc[0];
	play(p, &m);
	assert_int_equal(s6_count(p->s[A].h), 1);
}

/* RFC 5534, 3.1: a list with an address that cannot be a locator proves nothing, whatever it claims. */
static void impossible_locators(void **state)
{
	static const char *const bad[] = { "fe80::1", "ff02::1", "::1", "::", "::ffff:192.0.2.1", "fec0::1" };
	static const uint8_t methods[] = { S6_VERIFY_NONE, SHIM6_VERIFY_HBA, SHIM6_VERIFY_CGA };
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	get_r1(p, PEER_TAG, &k);
	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]) * sizeof(methods); i++) {
		m = i2_msg(PEER_TAG, &k);
		put_list(p, &m, 1000, 3);
		m.locators.loc[1].addr = ip(bad[i / sizeof(methods)]);
		m.locators.loc[1].method = methods[i % sizeof(methods)];
		m.pds = m.validator;
		p->trail[0] = 0;
		play(p, &m);
		assert_trail(p, "A.Error ");
		assert_int_equal(out.packet.p[out.pointer], methods[i % sizeof(methods)]);
		assert_int_equal(s6_count(p->s[A].h), 0);
		assert_int_equal(p->s[A].n_proven, 0);
		p->now += 150;			/* Errors are limited */
	}
}

/* Q08: of several locators without a proof the first one is named. */
static void first_claim_is_named(void **state)
{
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	get_r1(p, PEER_TAG, &k);
	m = i2_msg(PEER_TAG, &k);
	put_list(p, &m, 1000, 7);
	m.locators.loc[1].method = SHIM6_VERIFY_HBA;
	m.locators.loc[2].method = SHIM6_VERIFY_CGA;
	play(p, &m);
	assert_int_equal(out.code, SHIM6_ERR_VERIFY);
	assert_int_equal(out.packet.p[out.pointer], SHIM6_VERIFY_HBA);
	assert_int_equal(out.packet.p[out.pointer + 1], SHIM6_VERIFY_CGA);
}

static bool is_doc(const void *arg, const struct in6_addr *a)
{
	(void)arg;
	return a->s6_addr[0] == 0x20 && a->s6_addr[2] == 0x0d;
}

/* A policy about peers lets those pass that it allows. */
static void allowed_peers(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = *state;
	struct cookie k;
	struct s6_msg m;

	cfg.peer_ok = is_doc;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	get_r1(p, PEER_TAG, &k);
	m = i2_msg(PEER_TAG, &k);
	put_list(p, &m, 1000, 3);
	play(p, &m);
	assert_state(p, A, S6_ESTABLISHED);
	s6_delete(p->s[A].h, p->now, ctx(p, A)->id, "test", &p->s[A].acts);
	pair_act(p, A);
	drive(p, S6_ESTABLISHED);
	assert_int_equal(ctx(p, A)->ls_peer.n, 2);
	assert_int_equal(cnt(p, "peer-denied"), 0);
}

/* --- errors ------------------------------------------------------------------------------------------------------- */

/* The next time that A repeats its Update Request; true: it told all anew, under another nonce. */
static bool told_anew(struct pair *p, uint32_t nonce)
{
	n_out = 0;
	while (!n_out)
		pair_run(p, 100);
	assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	return out.nonce != nonce;
}

/*
 * 5.14, 10.4: an Error has to come the way back of what it quotes, and quote what we sent; only then codes 3 and 4
 * about the outstanding Update Request have it told anew.
 */
static void errors_about_updates(void **state)
{
	uint8_t quoted[40 + S6_MSG_MAX], right[sizeof(quoted)];
	struct s6_msg m = { .type = SHIM6_ERROR, .code = SHIM6_ERR_GENERATION, .packet = { quoted, 0 } };
	struct pair *p = *state;
	uint32_t nonce;

	drive(p, S6_ESTABLISHED);
	s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts);
	pair_act(p, A);
	m.packet.len = quote(&out_packet, right);
	nonce = out.nonce;
	memcpy(quoted, right, sizeof(quoted));
	play_over(p, &m, 1, 0);
	play_over(p, &m, 0, 1);
	assert_int_equal(cnt(p, "error-unmatched"), 2);
	quoted[0] = 0x40;			/* not IPv6 */
	play(p, &m);
	quoted[0] = 0x60;
	quoted[6] = 17;				/* not Shim6 */
	play(p, &m);
	memcpy(quoted, right, sizeof(quoted));
	quoted[8 + 5]++;			/* from our third address, which is no locator of the context */
	quoted[8 + 5]++;
	play_over(p, &m, 0, 2);
	assert_int_equal(cnt(p, "error-unmatched"), 5);
	memcpy(quoted, right, sizeof(quoted));
	quoted[40 + 2] = SHIM6_KEEPALIVE;	/* ours, but no Update Request */
	play(p, &m);
	quoted[40 + 2] = SHIM6_UPDATE_REQ;
	quoted[40 + 15] ^= 1;			/* an earlier one */
	play(p, &m);
	quoted[40 + 15] ^= 1;
	m.code = SHIM6_ERR_TYPE;		/* nothing that telling it anew could cure */
	play(p, &m);
	assert_int_equal(cnt(p, "error-unmatched"), 5);
	assert_false(told_anew(p, nonce));
	m.code = SHIM6_ERR_PREFS;
	play(p, &m);
	assert_true(told_anew(p, nonce));
}

/* Errors about I1 and I2bis are known by their exchange; only Error 2 says that our list was refused. */
static void errors_about_the_exchange(void **state)
{
	static const enum s6_state states[] = { S6_I1_SENT, S6_I2_SENT, S6_I2BIS_SENT };
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	uint8_t quoted[40 + S6_MSG_MAX];

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		struct s6_msg m = { .type = SHIM6_ERROR, .packet = { quoted, 0 } };
		struct pair pair, *p = &pair;

		played_start(p, &cfg);
		drive(p, states[i]);
		m.packet.len = quote(&out_packet, quoted);
		play(p, &m);
		assert_int_equal(cnt(p, "error-in-type"), 1);
		assert_int_equal(cnt(p, "error-unmatched"), 0);
		assert_state(p, A, states[i]);
		while (state_of(p, A) != S6_E_FAILED)
			pair_run(p, 100);
		assert_null(strstr(p->s[A].last.why, "Error 2"));
		pair_stop(p);
	}
}

/* 7.8: only "unrecognised Next Header" means that there is no Shim6, and only about an I1 that has no answer yet. */
static void icmp_that_says_nothing(void **state)
{
	static const uint8_t other[][2] = { { 1, 1 }, { 1, 4 }, { 3, 1 }, { 4, 0 }, { 4, 2 }, { 2, 0 } };
	uint8_t quoted[40 + S6_MSG_MAX];
	struct pair *p = *state;
	struct s6_msg m;
	size_t len;

	drive(p, S6_I1_SENT);
	len = quote(&out_packet, quoted);
	for (unsigned int i = 0; i < sizeof(other) / 2; i++) {
		s6_icmp_error(p->s[A].h, p->now, other[i][0], other[i][1], quoted, len, &p->s[A].acts);
		pair_act(p, A);
		assert_int_equal(cnt(p, "icmp-other"), i + 1);
	}
	assert_state(p, A, S6_I1_SENT);
	m = r1_msg();
	play(p, &m);
	s6_icmp_error(p->s[A].h, p->now, 4, 1, quoted, len, &p->s[A].acts);
	pair_act(p, A);
	assert_int_equal(cnt(p, "icmp-unmatched"), 1);
	assert_state(p, A, S6_I2_SENT);
}

/* What an Error quotes is what came and nothing of ours: what fills the last 8 octets up is zero. */
static void quotes_hold_nothing_of_ours(void **state)
{
	static const uint8_t zero[8];
	uint8_t raw[17] = { 59, 1, 7, [16] = 0xaa };
	struct pair *p = *state;
	struct in6_addr to = ip("fe80::a");
	uint16_t sum = s6_checksum(raw, 16);

	raw[4] = sum >> 8;
	raw[5] = sum;
	pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 17);
	assert_int_equal(out.packet.len, 64);
	assert_int_equal(out.packet.p[0], 0x60);
	assert_memory_equal(out.packet.p + 1, zero, 4);
	assert_int_equal(out.packet.p[5], 17);		/* Payload Length, Hop Limit: Q12 */
	assert_int_equal(out.packet.p[7], 64);
	assert_memory_equal(out.packet.p + 40, raw, 17);
	assert_memory_equal(out.packet.p + 57, zero, 7);
	p->trail[0] = 0;
	pair_input(p, A, &p->s[B].loc[0], &to, raw, 16);
	assert_trail(p, "");
	assert_int_equal(cnt(p, "locator"), 1);
	/* A long silence does not make room for more than a burst. */
	p->now += 3600000;
	for (unsigned int i = 0; i < 100; i++)
		pair_input(p, A, &p->s[B].loc[0], &p->s[A].loc[0], raw, 16);
	assert_int_equal(cnt(p, "error-sent"), 21);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OFF(every_verdict_is_counted),
		OFF(too_many_locators),
		OFF(errors_of_any_shape),
		OFF(message_to_a_link_local_address),
		OFF(impossible_receiver),
		OFF(ulid_without_an_interface),
		OFF(preferences_that_fit_nothing),
		OFF(preferences_without_a_list),
		OFF(taken_back_but_not_yet_known),
		OFF(tag_of_a_context_that_fell_back),
		OFF(repeated_i2_in_recovery),
		OFF(i1_as_payload),
		OFF(keepalive_is_not_ours),
		OFF(errors_about_updates),
		cmocka_unit_test(errors_about_the_exchange),
		OFF(icmp_that_says_nothing),
		OFF(quotes_hold_nothing_of_ours),
		cmocka_unit_test(validators_are_secret),
		OFF(validator_is_for_one_ulid),
		OFF(impossible_locators),
		OFF(first_claim_is_named),
		OFF(allowed_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
