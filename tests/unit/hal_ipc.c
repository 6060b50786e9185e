// SPDX-License-Identifier: GPL-2.0-or-later
/* hal/ipc.h: what works, what is refused, what comes back by itself. */
#include "unit/hal_test.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "hal/ipc.h"
#include "hal/log.h"

static char dir[] = "/tmp/hal_ipc.XXXXXX", path[64];
static struct hal_loop *loop;
static struct hal_ipc_server *srv;
static struct hal_ipc_client *cl;

/* What either side saw. */
struct side {
	struct hal_ipc_conn *conn;
	volatile int ups, downs, messages, drained;
	int err;
	char why[64];
	struct hal_ipc_frame frame;
	uint8_t body[HAL_IPC_MAX];
	bool echo;
} server, client;

static void up(struct hal_ipc_conn *c, void *arg)
{
	struct side *s = arg;

	s->conn = c;
	s->ups++;
}

static void message(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	struct side *s = arg;

	assert_ptr_equal(c, s->conn);
	s->frame = *f;
	memcpy(s->body, body, f->len);
	s->messages++;
	if (s->echo)
		assert_int_equal(hal_ipc_send(c, f->type, 0, f->seq, body, f->len), 0);
}

static void down(struct hal_ipc_conn *c, int err, const char *why, void *arg)
{
	struct side *s = arg;

	if (c)
		s->conn = NULL;
	s->err = err;
	snprintf(s->why, sizeof(s->why), "%s", why);
	s->downs++;
}

static void drained(struct hal_ipc_conn *c, void *arg)
{
	struct side *s = arg;

	assert_int_equal(hal_ipc_queued(c), 0);
	s->drained++;
}

static const struct hal_ipc_ops ops = { up, message, down, drained };

static void quiet(enum hal_log_level level, const char *text, void *arg)
{
	(void)level;
	(void)text;
	++*(int *)arg;
}

static volatile int logged;

static void listen_again(const struct hal_ipc_server_opts *opts)
{
	assert_int_equal(hal_ipc_listen(&srv, loop, path, opts, &ops, &server), 0);
}

static int setup(void **state)
{
	(void)state;
	hal_log_hook(quiet, (void *)&logged);
	logged = 0;
	loop = hal_loop_new();
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	srv = NULL;
	cl = NULL;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	hal_ipc_client_free(cl);
	hal_ipc_server_free(srv);
	hal_loop_free(loop);
	unlink(path);
	return 0;
}

static void connect_both(void)
{
	const struct hal_ipc_client_opts opts = { .retry_min = 5, .retry_max = 20 };

	if (!srv)
		listen_again(NULL);
	assert_int_equal(hal_ipc_connect(&cl, loop, path, &opts, &ops, &client), 0);
	run_until(loop, client.ups, 1);
	run_until(loop, server.ups, 1);
}

/* A client without manners. */
static int naked(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	memcpy(sun.sun_path, path, strlen(path) + 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void frames_go_both_ways(void **state)
{
	static uint8_t big[HAL_IPC_BODY_MAX + 1];

	(void)state;
	server.echo = true;
	connect_both();
	assert_int_equal(hal_ipc_cred(server.conn)->uid, geteuid());
	assert_int_equal(hal_ipc_cred(server.conn)->pid, getpid());
	assert_int_equal(hal_ipc_send(client.conn, 7, 0x102, 0, "hello", 5), 0);
	run_until(loop, client.messages, 1);
	assert_int_equal(server.frame.type, 7);
	assert_int_equal(server.frame.flags, 0x102);
	assert_int_equal(server.frame.seq, 1);
	assert_int_equal(client.frame.seq, 1);
	assert_memory_equal(client.body, "hello", 5);

	/* An empty body, and the largest. */
	assert_int_equal(hal_ipc_send(client.conn, 8, 0, 99, NULL, 0), 0);
	run_until(loop, client.messages, 2);
	assert_int_equal(client.frame.len, 0);
	assert_int_equal(client.frame.seq, 99);
	memset(big, 0xa5, sizeof(big));
	assert_int_equal(hal_ipc_send(client.conn, 9, 0, 0, big, HAL_IPC_BODY_MAX), 0);
	run_until(loop, client.messages, 3);
	assert_int_equal(client.frame.len, HAL_IPC_BODY_MAX);
	assert_memory_equal(client.body, big, HAL_IPC_BODY_MAX);
	assert_int_equal(hal_ipc_send(client.conn, 9, 0, 0, big, HAL_IPC_BODY_MAX + 1), -EMSGSIZE);
	assert_int_equal(hal_ipc_send(NULL, 9, 0, 0, big, 1), -ENOTCONN);
}

static void bad_frames_end_the_connection(void **state)
{
	struct hal_ipc_frame f = { .magic = HAL_IPC_MAGIC, .type = 1, .len = 4, .seq = 1 };
	static uint8_t big[HAL_IPC_MAX + 16];
	int fd, size = 1 << 20;

	(void)state;
	listen_again(NULL);

	fd = naked();				/* length not that of the datagram */
	assert_int_equal(send(fd, &f, sizeof(f), 0), sizeof(f));
	run_until(loop, server.downs, 1);
	assert_int_equal(server.err, -EMSGSIZE);
	close(fd);

	fd = naked();				/* not even a header */
	assert_int_equal(send(fd, &f, 15, 0), 15);
	run_until(loop, server.downs, 2);
	assert_int_equal(server.err, -EPROTO);
	close(fd);

	fd = naked();				/* another protocol */
	f.magic ^= 1;
	f.len = 0;
	assert_int_equal(send(fd, &f, sizeof(f), 0), sizeof(f));
	run_until(loop, server.downs, 3);
	assert_int_equal(server.err, -EPROTO);
	close(fd);

	fd = naked();				/* too large, and honest about it */
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	f.magic = HAL_IPC_MAGIC;
	f.len = sizeof(big) - sizeof(f);
	memcpy(big, &f, sizeof(f));
	assert_int_equal(send(fd, big, sizeof(big), 0), sizeof(big));
	run_until(loop, server.downs, 4);
	assert_int_equal(server.err, -EMSGSIZE);
	close(fd);
	assert_int_equal(server.messages, 0);
}

static void client_comes_back_after_a_restart(void **state)
{
	(void)state;
	connect_both();
	hal_ipc_server_free(srv);
	srv = NULL;
	assert_int_equal(access(path, F_OK), -1);
	run_until(loop, client.downs, 3);	/* the end, and two attempts that failed */
	assert_null(hal_ipc_client_conn(cl));
	assert_int_equal(client.err, -ENOENT);
	listen_again(NULL);
	run_until(loop, client.ups, 2);
	run_until(loop, server.ups, 2);
	assert_int_equal(hal_ipc_send(hal_ipc_client_conn(cl), 1, 0, 0, "x", 1), 0);
	run_until(loop, server.messages, 1);
}

static void once_is_once(void **state)
{
	const struct hal_ipc_client_opts opts = { .retry_min = 1, .once = true };

	(void)state;
	assert_int_equal(hal_ipc_connect(&cl, loop, path, &opts, &ops, &client), 0);
	run_until(loop, client.downs, 1);
	assert_int_equal(client.err, -ENOENT);
	assert_string_equal(client.why, strerror(ENOENT));
	hal_ipc_client_free(cl);
	cl = NULL;
}

static bool nobody(const struct hal_ipc_cred *cred, void *arg)
{
	assert_int_equal(cred->uid, geteuid());
	assert_ptr_equal(arg, &server);
	return false;
}

static void credentials_refused(void **state)
{
	const struct hal_ipc_server_opts opts = { .group = (gid_t)-1, .allow = nobody };
	const struct hal_ipc_client_opts copts = { .retry_min = 5, .retry_max = 20 };

	(void)state;
	listen_again(&opts);
	assert_int_equal(hal_ipc_connect(&cl, loop, path, &copts, &ops, &client), 0);
	run_until(loop, client.downs, 2);
	assert_int_equal(server.ups, 0);
	assert_true(logged > 0);
}

static void who_is_allowed(void **state)
{
	struct hal_ipc_cred cred = { .uid = geteuid() + 1, .gid = 5, .n_groups = 2, .groups = { 7, 8 } };

	(void)state;
	assert_false(hal_ipc_allowed(&cred, (gid_t)-1));
	assert_false(hal_ipc_allowed(&cred, 6));
	assert_true(hal_ipc_allowed(&cred, 5));
	assert_true(hal_ipc_allowed(&cred, 8));
	cred.uid = geteuid();
	assert_true(hal_ipc_allowed(&cred, (gid_t)-1));
	cred.uid = 0;
	assert_true(hal_ipc_allowed(&cred, (gid_t)-1));
}

static void one_client_more_than_allowed(void **state)
{
	const struct hal_ipc_server_opts opts = { .group = (gid_t)-1, .max_clients = 1 };
	char c;
	int fd;

	(void)state;
	listen_again(&opts);
	connect_both();
	fd = naked();
	run_until(loop, logged, 1);
	assert_int_equal(recv(fd, &c, 1, 0), 0);
	close(fd);
	assert_int_equal(server.ups, 1);
	assert_non_null(hal_ipc_client_conn(cl));
}

/* A peer that does not read: what fits is queued, then the connection ends, and nothing was lost in silence. */
static void slow_reader_is_cut_off(void **state)
{
	const struct hal_ipc_server_opts opts = { .group = (gid_t)-1, .max_queue = 100000 };
	uint8_t body[1000] = { 0 };
	int fd, n = 0, err = 0;

	(void)state;
	listen_again(&opts);
	fd = naked();
	run_until(loop, server.ups, 1);
	while (!err && n < 100000) {
		err = hal_ipc_send(server.conn, 1, 0, 0, body, sizeof(body));
		n++;
	}
	assert_int_equal(err, -ENOBUFS);
	assert_int_equal(hal_ipc_send(server.conn, 1, 0, 0, body, 1), -ENOTCONN);
	run_until(loop, server.downs, 1);
	assert_int_equal(server.err, -ENOBUFS);
	close(fd);
}

static void queue_is_delivered_in_order(void **state)
{
	uint8_t body[4096] = { 0 };
	uint32_t i;

	(void)state;
	connect_both();
	for (i = 0; i < 200; i++)
		assert_int_equal(hal_ipc_send(server.conn, 1, 0, 0, body, sizeof(body)), 0);
	hal_ipc_finish(server.conn);
	run_until(loop, client.messages, 200);
	assert_int_equal(client.frame.seq, 200);
	run_until(loop, server.downs, 1);
	assert_string_equal(server.why, "finished");
	run_until(loop, client.downs, 1);
}

/* A long answer in lots: the next one when the last is gone. */
static void drained_is_told(void **state)
{
	uint8_t body[4096] = { 0 };
	int i;

	(void)state;
	connect_both();
	for (i = 0; !hal_ipc_queued(server.conn); i++)
		assert_int_equal(hal_ipc_send(server.conn, 1, 0, 0, body, sizeof(body)), 0);
	run_until(loop, server.drained, 1);
	run_until(loop, client.messages, i);
	assert_int_equal(server.drained, 1);
}

static void close_from_here(void **state)
{
	(void)state;
	connect_both();
	hal_ipc_close(server.conn, "had enough");
	hal_ipc_close(server.conn, "twice does not matter");
	assert_null(hal_ipc_server_next(srv, NULL));
	run_until(loop, server.downs, 1);
	assert_string_equal(server.why, "had enough");
	run_until(loop, client.ups, 2);
}

static void socket_files(void **state)
{
	char longer[200];
	struct hal_ipc_server *other;
	struct hal_ipc_server_opts opts = { .mode = 0600, .group = (gid_t)-1 };
	struct stat st;
	int fd;

	(void)state;
	listen_again(&opts);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	/* A living server is not displaced. */
	assert_int_equal(hal_ipc_listen(&other, loop, path, NULL, &ops, &server), -EADDRINUSE);
	hal_ipc_server_free(srv);
	srv = NULL;

	/* A file left by a dead one is; its successor's file is not removed by anybody else. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	memcpy(sun.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	listen_again(NULL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	hal_ipc_server_free(srv);
	srv = NULL;
	assert_int_equal(access(path, F_OK), 0);

	/* What is no socket stays. */
	assert_int_equal(hal_ipc_listen(&other, loop, path, NULL, &ops, &server), -EEXIST);
	unlink(path);

	memset(longer, 'x', sizeof(longer) - 1);
	longer[0] = '/';
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(hal_ipc_listen(&other, loop, longer, NULL, &ops, &server), -ENAMETOOLONG);
	assert_int_equal(hal_ipc_connect(&cl, loop, longer, NULL, &ops, &client), -ENAMETOOLONG);
	cl = NULL;
}

static void free_client_in_message(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	(void)c;
	(void)f;
	(void)body;
	hal_ipc_client_free(cl);
	cl = NULL;
	++*(volatile int *)arg;
}

static void free_in_down(struct hal_ipc_conn *c, int err, const char *why, void *arg)
{
	(void)c;
	(void)err;
	(void)why;
	hal_ipc_client_free(cl);
	cl = NULL;
	++*(volatile int *)arg;
}

static void owner_may_free_in_callbacks(void **state)
{
	static const struct hal_ipc_ops a = { .message = free_client_in_message };
	static const struct hal_ipc_ops b = { .message = free_client_in_message, .down = free_in_down };
	volatile int n = 0;

	(void)state;
	listen_again(NULL);
	assert_int_equal(hal_ipc_connect(&cl, loop, path, NULL, &a, (void *)&n), 0);
	run_until(loop, server.ups, 1);
	hal_ipc_send(server.conn, 1, 0, 0, "x", 1);
	run_until(loop, n, 1);
	run_until(loop, server.downs, 1);

	assert_int_equal(hal_ipc_connect(&cl, loop, path, NULL, &b, (void *)&n), 0);
	run_until(loop, server.ups, 2);
	hal_ipc_close(server.conn, "x");
	run_until(loop, n, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(frames_go_both_ways, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_frames_end_the_connection, setup, teardown),
		cmocka_unit_test_setup_teardown(client_comes_back_after_a_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(once_is_once, setup, teardown),
		cmocka_unit_test_setup_teardown(credentials_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(who_is_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(one_client_more_than_allowed, setup, teardown),
		cmocka_unit_test_setup_teardown(slow_reader_is_cut_off, setup, teardown),
		cmocka_unit_test_setup_teardown(queue_is_delivered_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(drained_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(close_from_here, setup, teardown),
		cmocka_unit_test_setup_teardown(socket_files, setup, teardown),
		cmocka_unit_test_setup_teardown(owner_may_free_in_callbacks, setup, teardown),
	};
	int ret;

	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/s", dir);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return ret;
}
