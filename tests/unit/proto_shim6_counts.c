// SPDX-License-Identifier: GPL-2.0-or-later
/* Messages that come at the wrong time or say the wrong thing: each raises a counter of its own, and nothing else. */
#include "proto_played.h"

/* What A had before, to be compared. */
struct before {
	struct s6_ctx c;
	uint64_t count;
	unsigned int n_out;
};

static struct before look_at(struct pair *p, const char *counter)
{
	return (struct before){ *ctx(p, A), count_of(p->s[A].h, counter), n_out };
}

/* @counter went up by one; of the context nothing changed, and @sent messages went out. */
static void counted(struct pair *p, const struct before *b, const char *counter, unsigned int sent)
{
	assert_int_equal(count_of(p->s[A].h, counter), b->count + 1);
	assert_memory_equal(&b->c, ctx(p, A), sizeof(b->c));
	assert_int_equal(n_out, b->n_out + sent);
}

static void r1_too_late(void **state)
{
	struct pair *p = *state;
	struct before b;
	struct s6_msg m;

	drive(p, S6_I2_SENT);
	b = look_at(p, "r1-state");
	m = r1_msg();
	play(p, &m);
	counted(p, &b, "r1-state", 0);
}

static void r1bis_again(void **state)
{
	struct pair *p = *state;
	struct before b;
	struct s6_msg m;

	drive(p, S6_I2BIS_SENT);
	b = look_at(p, "r1bis-state");
	m = r1bis_msg(PEER_TAG);
	play(p, &m);
	counted(p, &b, "r1bis-state", 0);
}

static void tag_too_early(void **state)
{
	struct pair *p = *state;
	struct before b;
	struct s6_msg m;

	drive(p, S6_I1_SENT);
	b = look_at(p, "tagged-i1-sent");
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	play(p, &m);
	counted(p, &b, "tagged-i1-sent", 0);
}

/* The message is good otherwise, so it does what it should, without the preferences. */
static void preferences_of_no_list(void **state)
{
	struct pair *p = *state;

	r2_with_preferences(p, 999, 2);
	assert_state(p, A, S6_ESTABLISHED);
	assert_int_equal(cnt(p, "prefs-unfit"), 1);
	assert_int_equal(ctx(p, A)->ls_peer.loc[0].prio, 0);
}

static void preferences_in_updates(void **state)
{
	struct pair *p = *state;
	struct before b;
	struct s6_msg m;

	drive(p, S6_ESTABLISHED);
	m = update_msg(p, SHIM6_UPDATE_REQ, 1);
	m.has_prefs = true;
	m.prefs = (struct s6_pref_list){ .generation = 999, .element_len = 3, .n = 2 };
	b = look_at(p, "ur-generation");
	play(p, &m);
	counted(p, &b, "ur-generation", 1);
	m.prefs.generation = 1000;
	m.prefs.n = 3;
	b = look_at(p, "ur-count");
	play(p, &m);
	counted(p, &b, "ur-count", 1);
}

/* S5533-5.14-03: errors about an Update Request of ours; codes 3 and 4 have it repeated, at its own time. */
static void errors(void **state)
{
	static const char *const counter[] = {
		"error-in-type", "error-in-option", "error-in-verify", "error-in-generation", "error-in-prefs",
		"error-in-other",
	};
	uint8_t quoted[40 + S6_MSG_MAX];
	struct pair *p = *state;
	struct s6_msg m = { .type = SHIM6_ERROR, .packet = { quoted, 0 } };
	struct before b;

	drive(p, S6_ESTABLISHED);
	assert_int_equal(s6_update(p->s[A].h, p->now, ctx(p, A)->id, &p->s[A].acts), 0);
	pair_act(p, A);
	assert_int_equal(out.type, SHIM6_UPDATE_REQ);
	m.packet.len = quote(&out_packet, quoted);
	for (m.code = 0; m.code < 6; m.code++) {
		b = look_at(p, counter[m.code]);
		play(p, &m);
		counted(p, &b, counter[m.code], 0);
	}
	quoted[40 + 6] ^= 1;			/* a tag that the peer does not have */
	b = look_at(p, "error-unmatched");
	play(p, &m);
	counted(p, &b, "error-unmatched", 0);
}

static void forged_icmp(void **state)
{
	uint8_t quoted[40 + S6_MSG_MAX];
	struct pair *p = *state;
	struct before b;
	size_t len;

	drive(p, S6_I1_SENT);
	len = quote(&out_packet, quoted);
	quoted[40 + 15] ^= 1;			/* the nonce */
	b = look_at(p, "icmp-unmatched");
	s6_icmp_error(p->s[A].h, p->now, 4, 1, quoted, len, &p->s[A].acts);
	pair_act(p, A);
	counted(p, &b, "icmp-unmatched", 0);
	quoted[40 + 15] ^= 1;
	b = look_at(p, "icmp-other");
	s6_icmp_error(p->s[A].h, p->now, 1, 0, quoted, len, &p->s[A].acts);
	pair_act(p, A);
	counted(p, &b, "icmp-other", 0);
}

static void not_wanted(void **state)
{
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair *p = *state;
	struct s6_locator l = { 0 };

	cfg.answer_only = true;
	assert_int_equal(s6_host_reconfigure(p->s[A].h, &cfg), 0);
	assert_int_equal(pair_trigger(p, A), -EPERM);
	assert_int_equal(count_of(p->s[A].h, "want-policy"), 1);
	inet_pton(AF_INET6, "fe80::1", &l.addr);
	s6_set_local(p->s[A].h, p->now, &l, 1, &p->s[A].acts);
	assert_int_equal(count_of(p->s[A].h, "local-excess"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OFF(r1_too_late),
		OFF(r1bis_again),
		OFF(tag_too_early),
		OFF(preferences_of_no_list),
		OFF(preferences_in_updates),
		OFF(errors),
		OFF(forged_icmp),
		OFF(not_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
