// SPDX-License-Identifier: GPL-2.0-or-later
/* The socket where reapd listens for the control daemon, between a made-up engine and a made-up daemon. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "reapd/counters.c"
#include "reapd/shimlink.c"

#define ASSOCS	5000

static struct reapd r;
static struct hal_ipc_client *client;
static struct hal_timer *limit;
static unsigned int hellos, syncs, sets, dels, payloads, explores, moves, results, told, forgotten;
static int set_err;
static struct {
	unsigned int up, down, pongs, stats, ends, pairs;
	struct reap_ipc_hello hello;
	char stat[40];
} peer;
static uint8_t standby;
static uint16_t wait_for;	/* type of frame that ends the loop; 0: the end of the connection */

/* --- stand-ins for the rest of reapd ------------------------------------------------------------ */

void engine_hello(struct engine *e) { (void)e; hellos++; }
void engine_sync(struct engine *e) { (void)e; syncs++; }
void engine_forget_all(struct engine *e) { (void)e; forgotten++; }
unsigned int engine_count(const struct engine *e) { (void)e; return sets; }
void engine_rearm(struct reapd *d) { (void)d; }
unsigned int flows_count(const struct flows *f) { (void)f; return 3; }
unsigned int flows_pairs(const struct flows *f) { (void)f; return 2; }
void trigger_control(struct reapd *d) { (void)d; told++; }

int engine_set(struct engine *e, const struct reap_ipc_assoc *m, uint64_t now)
{
	(void)e;
	(void)now;
	assert_true(m->handle == sets + 1);
	sets++;
	return set_err;
}

void engine_del(struct engine *e, uint64_t handle)
{
	(void)e;
	assert_true(handle == 7);
	dels++;
}

void engine_payload(struct engine *e, uint64_t handle, bool sent, uint64_t now)
{
	(void)e;
	(void)now;
	assert_true(handle == 7 && sent);
	payloads++;
}

void engine_standby(struct engine *e, uint64_t handle, uint8_t how, uint64_t now)
{
	(void)e;
	(void)now;
	assert_true(handle == 7);
	standby = how;
}

void engine_explore(struct engine *e, const struct reap_ipc_explore *m, uint64_t now)
{
	(void)e;
	(void)now;
	assert_true(m->handle == 7);
	explores++;
}

void engine_move(struct engine *e, const struct reap_ipc_move *m, uint64_t now)
{
	(void)e;
	(void)now;
	assert_true(m->handle == 7);
	moves++;
}

void trigger_result(struct reapd *d, const struct reap_ipc_want_result *m)
{
	(void)d;
	assert_int_equal(m->error, -EAGAIN);
	results++;
}

const struct hal_nfq_stats *hal_nfq_stats(const struct hal_nfq *q)
{
	static const struct hal_nfq_stats none;

	(void)q;
	return &none;
}

/* --- the control daemon --------------------------------------------------------------------------- */

static void on_up(struct hal_ipc_conn *c, void *arg)
{
	(void)c;
	(void)arg;
	peer.up++;
	if (wait_for == UINT16_MAX)
		hal_loop_stop(r.loop, 0);
}

static void peer_message(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	(void)c;
	(void)arg;
	switch (f->type) {
	case REAP_IPC_HELLO:
		assert_int_equal(f->len, sizeof(peer.hello));
		memcpy(&peer.hello, body, sizeof(peer.hello));
		break;
	case REAP_IPC_PONG:
		peer.pongs++;
		break;
	case REAP_IPC_STAT:
		assert_int_equal(f->len, sizeof(struct reap_ipc_stat));
		assert_int_equal(f->seq, 77);
		peer.stats++;
		break;
	case REAP_IPC_STATS_END:
		assert_int_equal(f->seq, 77);
		peer.ends++;
		break;
	case REAP_IPC_PAIR:
		peer.pairs++;
		break;
	}
	if (f->type == wait_for)
		hal_loop_stop(r.loop, 0);
}

static void peer_down(struct hal_ipc_conn *c, int err, const char *why, void *arg)
{
	(void)c;
	(void)err;
	(void)why;
	(void)arg;
	peer.down++;
	if (!wait_for)
		hal_loop_stop(r.loop, 0);
}

static const struct hal_ipc_ops peer_ops = { .up = on_up, .message = peer_message, .down = peer_down };

static void too_late(void *arg)
{
	(void)arg;
	hal_loop_stop(r.loop, 1);
}

static void run_until(uint16_t type)
{
	wait_for = type;
	hal_timer_set(limit, 20000);
	assert_int_equal(hal_loop_run(r.loop), 0);
	hal_timer_stop(limit);
}

static void say(uint16_t type, const void *body, size_t len)
{
	assert_int_equal(hal_ipc_send(hal_ipc_client_conn(client), type, 0, 77, body, len), 0);
}

static void say_hello(uint32_t version)
{
	struct reap_ipc_hello h = { .version = version, .pid = 1, .program = "shim6d" };

	say(REAP_IPC_HELLO, &h, sizeof(h));
}

static struct hal_ipc_client *connect_client(void)
{
	static const struct hal_ipc_client_opts opts = { .once = true, .max_queue = 64 << 20 };
	struct hal_ipc_client *c;
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", r.conf.daemon.rundir, REAP_IPC_SOCKET);
	assert_int_equal(hal_ipc_connect(&c, r.loop, path, &opts, &peer_ops, NULL), 0);
	return c;
}

static void quiet(enum hal_log_level level, const char *line, void *arg)
{
	(void)level;
	(void)line;
	(void)arg;
}

static int setup(void **state)
{
	(void)state;
	hal_log_hook(quiet, NULL);
	memset(&r, 0, sizeof(r));
	memset(&peer, 0, sizeof(peer));
	hellos = syncs = sets = dels = payloads = explores = results = told = forgotten = 0;
	set_err = 0;
	snprintf(r.conf.daemon.rundir, sizeof(r.conf.daemon.rundir), "/tmp/reapd_link.XXXXXX");
	assert_non_null(mkdtemp(r.conf.daemon.rundir));
	r.loop = hal_loop_new();
	limit = hal_timer_new(r.loop, too_late, NULL);
	assert_int_equal(shimlink_open(&r), 0);
	client = connect_client();
	run_until(UINT16_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hal_ipc_client_free(client);
	shimlink_close(&r);
	hal_timer_free(limit);
	hal_loop_free(r.loop);
	assert_int_equal(rmdir(r.conf.daemon.rundir), 0);	/* nothing is left in it */
	return 0;
}

/* --- tests ------------------------------------------------------------------------------------------ */

static void test_resync(void **state)
{
	struct reap_ipc_assoc m = { .n_local = 1, .n_peer = 1 };

	(void)state;
	say_hello(REAP_IPC_VERSION);
	run_until(REAP_IPC_HELLO);
	assert_string_equal(peer.hello.program, "reapd");
	assert_int_equal(peer.hello.version, REAP_IPC_VERSION);
	assert_int_equal(peer.hello.pid, getpid());
	assert_int_equal(hellos, 1);
	for (m.handle = 1; m.handle <= ASSOCS; m.handle++)
		say(REAP_IPC_ASSOC_SET, &m, sizeof(m));
	say(REAP_IPC_PING, NULL, 0);
	run_until(REAP_IPC_PONG);
	assert_int_equal(sets, ASSOCS);
	assert_int_equal(syncs, 0);
	say(REAP_IPC_SYNC, NULL, 0);
	say(REAP_IPC_PING, NULL, 0);
	run_until(REAP_IPC_PONG);
	assert_int_equal(syncs, 1);
	assert_int_equal(told, 1);
	assert_int_equal(r.counters.c[C_IPC_BAD], 0);
}

static void test_messages(void **state)
{
	struct reap_ipc_handle h = { .handle = 7 };
	struct reap_ipc_payload p = { .handle = 7, .sent = 1 };
	struct reap_ipc_explore x = { .handle = 7 };
	struct reap_ipc_move mv = { .handle = 7 };
	struct reap_ipc_standby s = { .handle = 7, .how = REAP_IPC_STANDBY_ON };
	struct reap_ipc_want_result w = { .error = -EAGAIN };
	struct reap_ipc_pair pair = { .handle = 7 };

	(void)state;
	shimlink_pair(&r, &pair);			/* to nobody yet */
	say_hello(REAP_IPC_VERSION);
	say(REAP_IPC_ASSOC_DEL, &h, sizeof(h));
	say(REAP_IPC_PAYLOAD, &p, sizeof(p));
	say(REAP_IPC_EXPLORE, &x, sizeof(x));
	say(REAP_IPC_MOVE, &mv, sizeof(mv));
	say(REAP_IPC_STANDBY, &s, sizeof(s));
	say(REAP_IPC_WANT_RESULT, &w, sizeof(w));
	say(REAP_IPC_PING, NULL, 0);
	run_until(REAP_IPC_PONG);
	shimlink_pair(&r, &pair);
	run_until(REAP_IPC_PAIR);
	assert_int_equal(peer.pairs, 1);
	assert_true(dels == 1 && payloads == 1 && explores == 1 && moves == 1 && results == 1);
	assert_int_equal(standby, REAP_IPC_STANDBY_ON);
}

/* Wrong lengths, unknown types, associations that make no sense: counted, and nothing else happens. */
static void test_nonsense(void **state)
{
	static const uint16_t types[] = {
		REAP_IPC_ASSOC_SET, REAP_IPC_ASSOC_DEL, REAP_IPC_PAYLOAD, REAP_IPC_EXPLORE, REAP_IPC_MOVE,
		REAP_IPC_STANDBY, REAP_IPC_WANT_RESULT,
		REAP_IPC_HELLO, REAP_IPC_SYNC, REAP_IPC_PING, REAP_IPC_STATS_GET, REAP_IPC_PAIR, 4711,
	};
	struct reap_ipc_assoc m = { .handle = 1 };
	uint8_t octets[9] = { 0 };

	(void)state;
	say_hello(REAP_IPC_VERSION);
	for (unsigned int i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		say(types[i], octets, sizeof(octets));
	set_err = -EINVAL;
	say(REAP_IPC_ASSOC_SET, &m, sizeof(m));
	say(REAP_IPC_PING, NULL, 0);
	run_until(REAP_IPC_PONG);
	assert_int_equal(r.counters.c[C_IPC_BAD], sizeof(types) / sizeof(types[0]) + 1);
	assert_true(sets == 1 && !dels && !payloads && !explores && !results && !syncs);
	assert_int_equal(peer.down, 0);
}

/* Only who said hello may command; counters are for everyone who may connect. */
static void test_no_hello(void **state)
{
	struct reap_ipc_handle h = { .handle = 7 };

	(void)state;
	say(REAP_IPC_ASSOC_DEL, &h, sizeof(h));
	say(REAP_IPC_STATS_GET, NULL, 0);
	run_until(REAP_IPC_STATS_END);
	assert_int_equal(dels, 0);
	assert_int_equal(r.counters.c[C_IPC_BAD], 1);
	assert_int_equal(peer.stats, 4 + COUNTER_MAX + S6_V_MAX - 1 + REAP_V_MAX - 1);
	assert_int_equal(peer.ends, 1);
}

static void test_other_version(void **state)
{
	(void)state;
	say_hello(REAP_IPC_VERSION + 1);
	run_until(0);
	assert_int_equal(peer.hello.version, REAP_IPC_VERSION);	/* it can tell its operator who is older */
	assert_int_equal(hellos, 0);
	assert_null(r.control);
}

/* The control daemon is killed, and another comes. */
static void test_successor(void **state)
{
	(void)state;
	say_hello(REAP_IPC_VERSION);
	run_until(REAP_IPC_HELLO);
	hal_ipc_client_free(client);
	client = connect_client();
	run_until(UINT16_MAX);
	say_hello(REAP_IPC_VERSION);
	run_until(REAP_IPC_HELLO);
	assert_int_equal(hellos, 2);
	assert_int_equal(forgotten, 0);
	assert_non_null(r.control);
	assert_int_equal(r.counters.c[C_IPC_LOST], 1);
}

static void test_two_at_once(void **state)
{
	struct hal_ipc_client *first = client;

	(void)state;
	say_hello(REAP_IPC_VERSION);
	run_until(REAP_IPC_HELLO);
	client = connect_client();
	run_until(UINT16_MAX);
	say_hello(REAP_IPC_VERSION);
	run_until(0);					/* the first one has to go */
	assert_int_equal(hellos, 2);
	assert_non_null(r.control);
	assert_int_equal(r.counters.c[C_IPC_LOST], 0);
	hal_ipc_client_free(first);
}

static void test_grace(void **state)
{
	(void)state;
	on_grace(&r);
	assert_int_equal(forgotten, 1);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_resync), TEST(test_messages), TEST(test_nonsense), TEST(test_no_hello),
		TEST(test_other_version), TEST(test_successor), TEST(test_two_at_once), TEST(test_grace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
