// SPDX-License-Identifier: GPL-2.0-or-later
/* Every state with every event: appendix B of RFC 5533, corrected by the text where they differ (S5533-B-61). */
#include "proto_played.h"

enum event {
	I1_OTHER_TAG, I1_SAME_TAG, I2, I2_BAD, I2BIS, I2BIS_BAD, R1, R1_WRONG, R2, R2_WRONG, R1BIS, R1BIS_WRONG,
	PAYLOAD, UR, UA, KEEPALIVE, PROBE, RETRY, RETRY_LAST, ICMP, WANT, END,
};

static const struct cell {
	const char *ids;
	enum s6_state from;
	enum event event;
	const char *sent;
	enum s6_state to;
} cells[] = {
	{ "S5533-B-01 S5533-7.9-04",		S6_IDLE, I1_OTHER_TAG,	"A.R1 ",	S6_IDLE },
	{ "S5533-B-02 S5533-7.7-01",		S6_IDLE, WANT,		"A.I1 ",	S6_I1_SENT },
	{ "S5533-B-03 S5533-7.13-09",		S6_IDLE, I2,		"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-04 S5533-7.13-07",		S6_IDLE, I2_BAD,	"",		S6_IDLE },
	{ "S5533-B-05 S5533-7.20-08",		S6_IDLE, I2BIS,		"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-06 S5533-7.20-07",		S6_IDLE, I2BIS_BAD,	"",		S6_IDLE },
	{ "S5533-B-07 S5533-12.4-03",		S6_IDLE, R1,		"",		S6_IDLE },
	{ "S5533-B-08",				S6_IDLE, R1BIS,		"",		S6_IDLE },
	{ "S5533-B-09 S5533-12.4-04",		S6_IDLE, R2,		"",		S6_IDLE },
	{ "S5533-B-10 S5533-7.17-01 S5533-12.2-02", S6_IDLE, PAYLOAD,	"A.R1bis ",	S6_IDLE },
	{ "S5533-B-11 S5533-10.4-02 S5533-7.17-02", S6_IDLE, UR,	"A.R1bis ",	S6_IDLE },
	{ "S5533-B-11 S5533-10.5-02",		S6_IDLE, UA,		"A.R1bis ",	S6_IDLE },
	{ "S5533-B-11 S5533-5.8-08",		S6_IDLE, KEEPALIVE,	"A.R1bis ",	S6_IDLE },
	{ "S5533-B-11 S5533-5.8-08",		S6_IDLE, PROBE,		"A.R1bis ",	S6_IDLE },

	{ "S5533-B-12 S5533-7.11-03",		S6_I1_SENT, R1,		"A.I2 ",	S6_I2_SENT },
	{ "S5533-B-13 S5533-7.11-02",		S6_I1_SENT, R1_WRONG,	"",		S6_I1_SENT },
	{ "S5533-B-14 S5533-7.9-09",		S6_I1_SENT, I1_OTHER_TAG, "A.R2 ",	S6_I1_SENT },
	{ "S5533-B-15 S5533-7.16-04",		S6_I1_SENT, R2,		"",		S6_ESTABLISHED },
	{ "S5533-B-16 S5533-7.16-02",		S6_I1_SENT, R2_WRONG,	"",		S6_I1_SENT },
	{ "S5533-B-17 S5533-7.13-13 S5533-7.13-15", S6_I1_SENT, I2,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-18",				S6_I1_SENT, I2_BAD,	"",		S6_I1_SENT },
	{ "S5533-B-19 S5533-7.20-12 S5533-7.20-14", S6_I1_SENT, I2BIS,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-20",				S6_I1_SENT, I2BIS_BAD,	"",		S6_I1_SENT },
	{ "S5533-B-21",				S6_I1_SENT, RETRY,	"A.I1 ",	S6_I1_SENT },
	{ "S5533-B-22",				S6_I1_SENT, RETRY_LAST,	"",		S6_E_FAILED },
	{ "S5533-B-23 S5533-7.8-04 S5533-6.2-07", S6_I1_SENT, ICMP,	"",		S6_NO_SUPPORT },
	{ "S5533-B-24 S5533-7.18-03",		S6_I1_SENT, R1BIS,	"",		S6_I1_SENT },
	{ "S5533-B-25 S5533-12.2-04",		S6_I1_SENT, PAYLOAD,	"",		S6_I1_SENT },
	{ "S5533-B-25 S5533-10.4-07",		S6_I1_SENT, UR,		"",		S6_I1_SENT },
	{ "S5533-B-25 S5533-10.5-06",		S6_I1_SENT, UA,		"",		S6_I1_SENT },
	{ "S5533-B-25",				S6_I1_SENT, KEEPALIVE,	"",		S6_I1_SENT },
	{ "",					S6_I1_SENT, WANT,	"",		S6_I1_SENT },
	{ "",					S6_I1_SENT, END,	"",		S6_IDLE },

	{ "S5533-B-26 S5533-7.16-04",		S6_I2_SENT, R2,		"",		S6_ESTABLISHED },
	{ "S5533-B-27",				S6_I2_SENT, R2_WRONG,	"",		S6_I2_SENT },
	{ "S5533-B-28 S5533-7.9-09",		S6_I2_SENT, I1_OTHER_TAG, "A.R2 ",	S6_I2_SENT },
	{ "S5533-B-29 S5533-7.13-18 S5533-7.13-20", S6_I2_SENT, I2,	"A.R2 ",	S6_I2_SENT },
	{ "S5533-7.13-07",			S6_I2_SENT, I2_BAD,	"",		S6_I2_SENT },
	{ "S5533-B-30 S5533-7.20-16 S5533-7.20-18", S6_I2_SENT, I2BIS,	"A.R2 ",	S6_I2_SENT },
	{ "S5533-7.20-07",			S6_I2_SENT, I2BIS_BAD,	"",		S6_I2_SENT },
	{ "S5533-B-31 S5533-7.11-04",		S6_I2_SENT, R1,		"",		S6_I2_SENT },
	{ "S5533-B-32",				S6_I2_SENT, RETRY,	"A.I2 ",	S6_I2_SENT },
	{ "S5533-B-33 S5533-7.12-02",		S6_I2_SENT, RETRY_LAST,	"A.I1 ",	S6_I1_SENT },
	{ "S5533-7.8-04",			S6_I2_SENT, ICMP,	"",		S6_I2_SENT },
	{ "S5533-B-34 S5533-7.18-03",		S6_I2_SENT, R1BIS,	"",		S6_I2_SENT },
	{ "S5533-B-35 S5533-12.2-05",		S6_I2_SENT, PAYLOAD,	"A.I2 ",	S6_I2_SENT },
	{ "S5533-B-35 S5533-10.4-08",		S6_I2_SENT, UR,		"A.I2 ",	S6_I2_SENT },
	{ "S5533-B-35 S5533-10.5-07",		S6_I2_SENT, UA,		"A.I2 ",	S6_I2_SENT },
	{ "S5533-B-35",				S6_I2_SENT, KEEPALIVE,	"A.I2 ",	S6_I2_SENT },
	{ "S5533-B-35",				S6_I2_SENT, PROBE,	"A.I2 ",	S6_I2_SENT },
	{ "",					S6_I2_SENT, WANT,	"",		S6_I2_SENT },
	{ "",					S6_I2_SENT, END,	"",		S6_IDLE },

	{ "S5533-B-36 S5533-7.16-04",		S6_I2BIS_SENT, R2,	"",		S6_ESTABLISHED },
	{ "S5533-B-37",				S6_I2BIS_SENT, R2_WRONG, "",		S6_I2BIS_SENT },
	{ "S5533-B-38 S5533-7.9-09",		S6_I2BIS_SENT, I1_OTHER_TAG, "A.R2 ",	S6_I2BIS_SENT },
	{ "S5533-7.9-09",			S6_I2BIS_SENT, I1_SAME_TAG, "A.R2 ",	S6_I2BIS_SENT },
	{ "S5533-B-39 S5533-7.13-18 S5533-7.13-20", S6_I2BIS_SENT, I2,	"A.R2 ",	S6_I2BIS_SENT },
	{ "S5533-7.13-07",			S6_I2BIS_SENT, I2_BAD,	"",		S6_I2BIS_SENT },
	{ "S5533-B-40 S5533-7.20-16 S5533-7.20-18", S6_I2BIS_SENT, I2BIS, "A.R2 ",	S6_I2BIS_SENT },
	{ "S5533-7.20-07",			S6_I2BIS_SENT, I2BIS_BAD, "",		S6_I2BIS_SENT },
	{ "S5533-B-41 S5533-7.11-04",		S6_I2BIS_SENT, R1,	"",		S6_I2BIS_SENT },
	{ "S5533-B-42",				S6_I2BIS_SENT, RETRY,	"A.I2bis ",	S6_I2BIS_SENT },
	{ "S5533-B-43 S5533-7.19-02",		S6_I2BIS_SENT, RETRY_LAST, "A.I1 ",	S6_I1_SENT },
	{ "S5533-B-44 S5533-7.18-03",		S6_I2BIS_SENT, R1BIS,	"",		S6_I2BIS_SENT },
	{ "S5533-B-45 S5533-12.2-06",		S6_I2BIS_SENT, PAYLOAD,	"A.I2bis ",	S6_I2BIS_SENT },
	{ "S5533-B-45 S5533-10.4-09",		S6_I2BIS_SENT, UR,	"A.I2bis A.Update Acknowledgement ",
								S6_I2BIS_SENT },
	{ "S5533-B-45 S5533-10.5-08",		S6_I2BIS_SENT, UA,	"A.I2bis ",	S6_I2BIS_SENT },
	{ "S5533-B-45",				S6_I2BIS_SENT, KEEPALIVE, "A.I2bis ",	S6_I2BIS_SENT },
	{ "S5533-B-45",				S6_I2BIS_SENT, PROBE,	"A.I2bis ",	S6_I2BIS_SENT },
	{ "",					S6_I2BIS_SENT, WANT,	"",		S6_I2BIS_SENT },
	{ "",					S6_I2BIS_SENT, END,	"",		S6_IDLE },

	{ "S5533-B-46 S5533-7.9-08 S5533-7.5-02", S6_ESTABLISHED, I1_OTHER_TAG, "A.R1 ", S6_ESTABLISHED },
	{ "S5533-B-47 S5533-7.9-07",		S6_ESTABLISHED, I1_SAME_TAG, "A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-48 S5533-7.13-18 S5533-7.13-20", S6_ESTABLISHED, I2,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-49",				S6_ESTABLISHED, I2_BAD,	"",		S6_ESTABLISHED },
	{ "S5533-B-50 S5533-7.20-16 S5533-7.20-18", S6_ESTABLISHED, I2BIS, "A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-51",				S6_ESTABLISHED, I2BIS_BAD, "",		S6_ESTABLISHED },
	{ "S5533-B-52 S5533-7.16-06",		S6_ESTABLISHED, R2,	"",		S6_ESTABLISHED },
	{ "S5533-B-53 S5533-7.11-04",		S6_ESTABLISHED, R1,	"",		S6_ESTABLISHED },
	{ "S5533-B-54 S5533-7.18-04",		S6_ESTABLISHED, R1BIS,	"A.I2bis ",	S6_I2BIS_SENT },
	{ "S5533-7.18-02",			S6_ESTABLISHED, R1BIS_WRONG, "",	S6_ESTABLISHED },
	{ "S5533-B-55 S5533-12.2-03",		S6_ESTABLISHED, PAYLOAD, "",		S6_ESTABLISHED },
	{ "S5533-B-55 S5533-10.4-06",		S6_ESTABLISHED, UR,	"A.Update Acknowledgement ", S6_ESTABLISHED },
	{ "S5533-B-55 S5533-10.5-05",		S6_ESTABLISHED, UA,	"",		S6_ESTABLISHED },
	{ "S5533-B-55",				S6_ESTABLISHED, KEEPALIVE, "",		S6_ESTABLISHED },
	{ "",					S6_ESTABLISHED, WANT,	"",		S6_ESTABLISHED },
	{ "S5533-B-56 S5533-4-03",		S6_ESTABLISHED, END,	"",		S6_IDLE },

	{ "S5533-B-57",				S6_E_FAILED, RETRY,	"",		S6_IDLE },
	{ "S5533-B-58",				S6_E_FAILED, I1_OTHER_TAG, "A.R1 ",	S6_E_FAILED },
	{ "S5533-B-58",				S6_E_FAILED, I2,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-58",				S6_E_FAILED, I2_BAD,	"",		S6_E_FAILED },
	{ "S5533-B-58",				S6_E_FAILED, I2BIS,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-58",				S6_E_FAILED, R1,	"",		S6_E_FAILED },
	{ "S5533-B-58",				S6_E_FAILED, R2,	"",		S6_E_FAILED },
	{ "S5533-B-58",				S6_E_FAILED, R1BIS,	"",		S6_E_FAILED },
	{ "S5533-B-58",				S6_E_FAILED, UR,	"A.R1bis ",	S6_E_FAILED },
	{ "S5533-B-58",				S6_E_FAILED, KEEPALIVE,	"A.R1bis ",	S6_E_FAILED },
	{ "",					S6_E_FAILED, END,	"",		S6_IDLE },

	{ "S5533-B-59",				S6_NO_SUPPORT, RETRY,	"",		S6_IDLE },
	{ "S5533-B-60",				S6_NO_SUPPORT, I1_OTHER_TAG, "A.R1 ",	S6_NO_SUPPORT },
	{ "S5533-B-60",				S6_NO_SUPPORT, I2,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-60",				S6_NO_SUPPORT, I2_BAD,	"",		S6_NO_SUPPORT },
	{ "S5533-B-60",				S6_NO_SUPPORT, I2BIS,	"A.R2 ",	S6_ESTABLISHED },
	{ "S5533-B-60",				S6_NO_SUPPORT, R1,	"",		S6_NO_SUPPORT },
	{ "S5533-B-60",				S6_NO_SUPPORT, R2,	"",		S6_NO_SUPPORT },
	{ "S5533-B-60",				S6_NO_SUPPORT, R1BIS,	"",		S6_NO_SUPPORT },
	{ "S5533-B-60",				S6_NO_SUPPORT, UA,	"A.R1bis ",	S6_NO_SUPPORT },
	{ "",					S6_NO_SUPPORT, END,	"",		S6_IDLE },
};

static struct cookie r1_cookie, r1bis_cookie;

static void retry(struct pair *p, bool last)
{
	enum s6_state from = state_of(p, A);
	unsigned int sent = n_out;

	if (last) {
		while (state_of(p, A) == from) {
			p->trail[0] = 0;
			pair_run(p, 20);
		}
	} else {
		while (n_out == sent && state_of(p, A) == from)
			pair_run(p, 20);
	}
}

static void icmp(struct pair *p)
{
	uint8_t quoted[40 + S6_MSG_MAX] = { 0x60, [6] = 140 };

	memcpy(quoted + 8, &out_packet.src, 16);
	memcpy(quoted + 24, &out_packet.dst, 16);
	memcpy(quoted + 40, out_packet.data, out_packet.len);
	s6_icmp_error(p->s[A].h, p->now, 4, 1, quoted, 40 + out_packet.len, &p->s[A].acts);
	pair_act(p, A);
}

static void apply(struct pair *p, enum event e)
{
	struct s6_msg m = { 0 };
	uint64_t tag = ctx(p, A) ? ctx(p, A)->ct_local : LOST_TAG;
	uint32_t id;

	switch (e) {
	case I1_OTHER_TAG:
		m = i1_msg(0x777);
		break;
	case I1_SAME_TAG:
		m = i1_msg(PEER_TAG);
		break;
	case I2:
	case I2_BAD:
		m = i2_msg(PEER_TAG, &r1_cookie);
		r1_cookie.validator[5] ^= e == I2_BAD;
		break;
	case I2BIS:
	case I2BIS_BAD:
		m = i2bis_msg(PEER_TAG, &r1bis_cookie);
		r1bis_cookie.validator[31] ^= e == I2BIS_BAD ? 0x80 : 0;
		break;
	case R1:
	case R1_WRONG:
		m = r1_msg();
		m.nonce += e == R1_WRONG;
		break;
	case R2:
	case R2_WRONG:
		m = r2_msg(PEER_TAG);
		m.nonce ^= e == R2_WRONG ? 0x40000000 : 0;
		break;
	case R1BIS:
	case R1BIS_WRONG:
		m = r1bis_msg(PEER_TAG + (e == R1BIS_WRONG));
		break;
	case UR:
	case UA:
		m = (struct s6_msg){ .type = e == UR ? SHIM6_UPDATE_REQ : SHIM6_UPDATE_ACK, .tag = tag, .nonce = 9 };
		break;
	case KEEPALIVE:
		m = (struct s6_msg){ .type = SHIM6_KEEPALIVE, .tag = tag };
		break;
	case PROBE:
		m = (struct s6_msg){ .type = SHIM6_PROBE, .tag = tag, .n_sent = 1 };
		break;
	case PAYLOAD:		/* the kernel knows the tag from I2-SENT on */
		if (state_of(p, A) == S6_IDLE || state_of(p, A) == S6_I1_SENT)
			s6_unknown_tag(p->s[A].h, p->now, tag, &p->s[B].loc[0], &p->s[A].loc[0], &p->s[A].acts);
		else
			s6_payload_in(p->s[A].h, p->now, tag, &p->s[A].acts);
		pair_act(p, A);
		return;
	case RETRY:
	case RETRY_LAST:
		retry(p, e == RETRY_LAST);
		return;
	case ICMP:
		icmp(p);
		return;
	case WANT:
		pair_trigger(p, A);
		return;
	case END:
		id = ctx(p, A)->id;
		assert_int_equal(s6_delete(p->s[A].h, p->now, id, "no longer used", &p->s[A].acts), 0);
		pair_act(p, A);
		assert_true(p->s[A].last.what & S6_C_GONE);
		assert_string_equal(p->s[A].last.why, "no longer used");
		return;
	}
	play(p, &m);
}

static void one_cell(void **state)
{
	const struct cell *c = *state;
	struct s6_config cfg = pair_config(S6_VERIFY_OFF);
	struct pair p;
	struct s6_ctx before;

	played_start(&p, &cfg);
	if (c->from != S6_E_FAILED && c->from != S6_NO_SUPPORT) {
		get_r1(&p, PEER_TAG, &r1_cookie);
		get_r1bis(&p, LOST_TAG, &r1bis_cookie);
		drive(&p, c->from);
	} else {
		drive(&p, c->from);
		get_r1(&p, PEER_TAG, &r1_cookie);
		get_r1bis(&p, LOST_TAG, &r1bis_cookie);
		p.trail[0] = 0;
	}
	p.trail[0] = 0;
	if (ctx(&p, A))
		before = *ctx(&p, A);
	apply(&p, c->event);
	assert_trail(&p, c->sent);
	assert_state(&p, A, c->to);
	if (c->to == S6_ESTABLISHED)
		assert_true(ctx(&p, A)->ct_peer == PEER_TAG);
	if (c->from == c->to && c->to != S6_IDLE && c->event != I2 && c->event != I2BIS)
		assert_memory_equal(&before, ctx(&p, A), sizeof(before));	/* nothing else changed either */
	pair_stop(&p);
}

int main(void)
{
	enum { N = sizeof(cells) / sizeof(cells[0]) };
	static char name[N][64];
	struct CMUnitTest tests[N];
	static const char *const events[] = {
		"I1 with another tag", "I1 with CT(peer)", "I2", "forged I2", "I2bis", "forged I2bis", "R1",
		"R1 with another nonce", "R2", "R2 with another nonce", "R1bis", "R1bis for another tag", "payload",
		"Update Request", "Update Acknowledgement", "Keepalive", "Probe", "timeout", "last timeout", "ICMP 4/1",
		"context wanted", "context ended",
	};
	unsigned int i;

	for (i = 0; i < N; i++) {
		snprintf(name[i], sizeof(name[i]), "%s, %s", s6_state_name(cells[i].from), events[cells[i].event]);
		tests[i] = (struct CMUnitTest){ name[i], one_cell, NULL, NULL, (void *)&cells[i] };
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
