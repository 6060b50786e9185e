// SPDX-License-Identifier: GPL-2.0-or-later
/* shim6ctl against a made-up shim6d: what is asked, what is printed, how it fails. */
#include "unit/hal_test.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define main shim6ctl_main
#include "shim6ctl/main.c"
#undef main
#include "shim6ctl/act.c"
#include "shim6ctl/addr.c"
#include "shim6ctl/addr_make.c"
#include "shim6ctl/addr_show.c"
#include "shim6ctl/client.c"
#include "shim6ctl/doctor.c"
#undef failed
#include "shim6ctl/doctor_host.c"
#include "shim6ctl/doctor_net.c"
#include "shim6ctl/monitor.c"
#include "shim6ctl/out.c"
#include "shim6ctl/show.c"

static char dir[] = "/tmp/shim6ctl.XXXXXX", path[64];
static pid_t server_pid;

/* --- the made-up shim6d --- */

#define CTX "{\"id\":%d,\"state\":\"ESTABLISHED\",\"ulid_local\":\"2001:db8:a1::1\",\"ulid_peer\":\"2001:db8:b1::1\"," \
	"\"fii\":0,\"ct_local\":\"0x000000000001\",\"ct_peer\":null,\"loc_local\":\"2001:db8:a2::1\"," \
	"\"loc_peer\":\"2001:db8:b2::1\",\"shimmed\":%s,\"reap\":\"operational\",\"ls_local\":[],\"ls_peer\":" \
	"[{\"addr\":\"2001:db8:b2::1\",\"flags\":[\"broken\"],\"prio\":1,\"weight\":2,\"verify\":\"hba\"}]," \
	"\"gen_local\":1,\"gen_peer\":7,\"ka_timeout\":15000,\"age\":200000,\"since\":100,\"tx_age\":5,\"rx_age\":null}"

static void say(struct hal_ipc_conn *c, uint32_t seq, bool more, const char *fmt, ...)
{
	static char text[65000];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	hal_ipc_send(c, SHIM6_CTL_REPLY, more ? HAL_IPC_F_MORE : 0, seq, text, strlen(text));
}

static void serve(struct hal_ipc_conn *c, const struct hal_ipc_frame *f, const void *body, void *arg)
{
	json_t *o = json_loadb(body, f->len, 0, NULL);
	const char *cmd = str(o, "cmd");
	char *asked = json_dumps(o, JSON_COMPACT | JSON_SORT_KEYS);

	(void)arg;
	if (!strcmp(cmd, "status")) {
		say(c, f->seq, false, "{\"ok\":true,\"version\":\"9\",\"pid\":5,\"uptime\":90000000,\"config\":\"/c\","
		    "\"attach\":\"rules\",\"ip6tables\":\"ip6tables\",\"verify\":\"none\",\"module\":null,"
		    "\"reapd\":{\"connected\":false},\"contexts\":2,\"states\":{\"ESTABLISHED\":2},"
		    "\"max_contexts\":10,\"kernel_contexts\":2,\"locators\":1,\"warnings\":[\"beware\"]}");
	} else if (!strcmp(cmd, "contexts")) {
		say(c, f->seq, true, CTX, known(o, "id") ? (int)num(o, "id") : 1, "true");
		if (!known(o, "id"))
			say(c, f->seq, true, CTX, 12, "false");
		say(c, f->seq, false, "{\"ok\":true}");
	} else if (!strcmp(cmd, "stats")) {
		say(c, f->seq, true, "{\"source\":\"kernel\",\"name\":\"a\",\"value\":3,\"text\":\"Three of a.\"}");
		say(c, f->seq, true, "{\"source\":\"kernel\",\"name\":\"b\",\"value\":0,\"text\":\"None.\"}");
		say(c, f->seq, false, "{\"ok\":true,\"missing\":[\"reapd\"]}");
	} else if (!strcmp(cmd, "monitor")) {
		say(c, f->seq, true, "{\"event\":\"context\",\"time\":1,\"change\":\"state\",\"old_state\":\"I1-SENT\","
		    "\"why\":\"R2\\nforged\",\"context\":" CTX "}", 3, "true");
		say(c, f->seq, true, "{\"event\":\"reap\",\"id\":3,\"state\":\"operational\",\"old_state\":null,"
		    "\"why\":\"\"}");
		say(c, f->seq, true, "{\"event\":\"reapd\",\"connected\":false}");
		hal_ipc_finish(c);
	} else if (!strcmp(cmd, "locators")) {
		say(c, f->seq, true, "{\"addr\":\"2001:db8:a1::1\",\"prefixlen\":64,\"ifname\":\"eth0\",\"usable\":false,"
		    "\"announced\":true,\"default_route\":true,\"deprecated\":true,\"flags\":[\"temporary\"],"
		    "\"prio\":1,\"weight\":1,\"why\":\"\"}");
		say(c, f->seq, false, "{\"ok\":true}");
	} else if (!strcmp(cmd, "update") && num(o, "id") == 1) {
		/* no answer at all */
	} else if (!strcmp(cmd, "update") && num(o, "id") == 2) {
		say(c, f->seq, false, "{ this is not JSON");
	} else if (!strcmp(cmd, "update") && num(o, "id") == 3) {
		hal_ipc_close(c, "crash");
	} else if (!strcmp(cmd, "delete") && known(o, "id")) {
		say(c, f->seq, false, "{\"ok\":false,\"error\":\"no such context\",\"errno\":\"ENOENT\"}");
	} else {
		json_t *echo = json_pack("{s:b, s:i, s:s}", "ok", 1, "id", 8, "state", asked);
		char *text = json_dumps(echo, 0);

		say(c, f->seq, false, "%s", text);
		free(text);
		json_decref(echo);
	}
	free(asked);
	json_decref(o);
}

static _Noreturn void run_server(int ready)
{
	static const struct hal_ipc_ops ops = { .message = serve };
	struct hal_loop *loop = hal_loop_new();
	struct hal_ipc_server *srv;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!hal_ipc_listen(&srv, loop, path, NULL, &ops, NULL) && write(ready, "", 1) == 1)
		hal_loop_run(loop);
	_exit(1);
}

static int start_server(void **state)
{
	int p[2];
	char c;

	(void)state;
	if (!mkdtemp(dir) || pipe(p))
		return -1;
	snprintf(path, sizeof(path), "%s/shim6d.sock", dir);
	fflush(NULL);
	server_pid = fork();
	if (!server_pid)
		run_server(p[1]);
	close(p[1]);
	if (read(p[0], &c, 1) != 1)
		return -1;
	close(p[0]);
	return 0;
}

static int stop_server(void **state)
{
	(void)state;
	kill(server_pid, SIGKILL);
	waitpid(server_pid, NULL, 0);
	unlink(path);
	rmdir(dir);
	return 0;
}

/* --- running it --- */

static char out[65536], err[4096];

static void slurp(int fd, char *buf, size_t size)
{
	ssize_t n = pread(fd, buf, size - 1, 0);

	buf[n > 0 ? n : 0] = '\0';
	close(fd);
}

static int temp(void)
{
	char name[] = "/tmp/shim6ctl.out.XXXXXX";
	int fd = mkstemp(name);

	unlink(name);
	return fd;
}

/* In a process of its own; its exit status. */
static int ctl(const char *const args[])
{
	char *argv[16] = { "shim6ctl", "-r", dir, "-t", "10" };
	int o = temp(), e = temp(), status, argc = 5;
	pid_t pid;

	while (*args)
		argv[argc++] = (char *)*args++;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		dup2(o, 1);
		dup2(e, 2);
		status = shim6ctl_main(argc, argv);
		fflush(NULL);
		_exit(status);
	}
	waitpid(pid, &status, 0);
	slurp(o, out, sizeof(out));
	slurp(e, err, sizeof(err));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#define CTL(...) ctl((const char *const[]){ __VA_ARGS__, NULL })
#define has(text, part) \
	do { if (!strstr(text, part)) fail_msg("\"%s\" is not in:\n%s", part, text); } while (0)

static void tables(void **state)
{
	(void)state;
	assert_int_equal(CTL("contexts"), 0);
	has(out, "ID  STATE        REAP         LOCAL           PEER            PAIR");
	has(out, " 1  ESTABLISHED  operational  2001:db8:a1::1  2001:db8:b1::1  2001:db8:a2::1 > 2001:db8:b2::1  3 min");
	has(out, "12  ESTABLISHED");
	has(out, "the ULIDs");
	assert_int_equal(CTL("contexts", "5"), 0);
	has(out, "context 5: ESTABLISHED since 100 ms");
	has(out, "last sent       5 ms ago");
	has(out, "last received   -");
	has(out, "2001:db8:b2::1  priority 1, weight 2, proof hba, broken");
	assert_int_equal(CTL("locators"), 0);
	has(out, "2001:db8:a1::1/64  eth0       yes");
	has(out, "not usable now, deprecated, temporary\n");
}

static void status_text(void **state)
{
	(void)state;
	assert_int_equal(CTL("status"), 0);
	has(out, "shim6d 9, pid 5, up 25 h 0 min");
	has(out, "rules by ip6tables, shim6.ko does not answer");
	has(out, "reapd          not connected");
	has(out, "2 of 10 (2 ESTABLISHED), 2 in the kernel");
	has(out, "warning: beware");
}

static void counters(void **state)
{
	(void)state;
	assert_int_equal(CTL("stats"), 0);
	has(out, "kernel  a            3");
	assert_null(strstr(out, "  b "));
	has(err, "reapd does not answer");
	assert_int_equal(CTL("stats", "--all", "--explain", "b"), 0);
	has(out, "None.");
	assert_null(strstr(out, "Three"));
}

static void json(void **state)
{
	json_t *o;

	(void)state;
	assert_int_equal(CTL("contexts", "--json"), 0);
	o = json_loads(out, 0, NULL);
	assert_true(json_is_array(o) && json_array_size(o) == 2);
	json_decref(o);
	assert_int_equal(CTL("status", "-j"), 0);
	o = json_loads(out, 0, NULL);
	assert_int_equal(num(o, "max_contexts"), 10);
	json_decref(o);
}

static void events(void **state)
{
	(void)state;
	assert_int_equal(CTL("monitor"), 1);		/* as shim6d went */
	has(out, "context 3  2001:db8:a1::1 > 2001:db8:b1::1  I1-SENT -> ESTABLISHED (?)\n");
	has(out, "context 3  reachability: operational\n");
	has(out, "reapd disconnected\n");
	has(err, "the connection ended");
	assert_int_equal(CTL("--json", "monitor", "-q"), 1);
	has(out, "\n{\"event\":\"reapd\"");
}

static void requests(void **state)
{
	(void)state;
	assert_int_equal(CTL("trigger", "2001:db8::1", "2001:db8::2"), 0);
	has(out, "context 8: {\"cmd\":\"trigger\",\"fii\":0,\"force\":false,\"fork\":false,\"local\":\"2001:db8::1\","
	    "\"peer\":\"2001:db8::2\"}");
	assert_int_equal(CTL("trigger", "-f", "--fii", "0x10", "2001:db8::1", "2001:db8::2"), 0);
	has(out, "\"fii\":16,\"force\":true");
	assert_int_equal(CTL("delete", "2001:db8::1", "2001:db8::2"), 0);
	has(out, "context 8: deleted");
	assert_int_equal(CTL("delete", "4"), 1);
	has(err, "shim6ctl: no such context\n");
	assert_string_equal(out, "");
	assert_int_equal(CTL("update", "9"), 0);
	has(out, "Update Request sent");
	assert_int_equal(CTL("move", "9", "2001:db8::3", "2001:db8::4"), 0);
	has(out, "this pair is tried");
	assert_int_equal(CTL("--json", "locators", "prefer", "2001:db8::/32", "1", "2", "temporary"), 0);
	has(out, "\"entry\\\":\\\"2001:db8::/32 1 2 temporary\\\"");
	assert_int_equal(CTL("--json", "locators", "forget", "2001:db8::/32"), 0);
	has(out, "\"prefix\\\":\\\"2001:db8::/32\\\"");
	assert_int_equal(CTL("--json", "locators", "forget"), 0);
	assert_int_equal(CTL("--json", "trigger", "--fork", "2001:db8::1", "2001:db8::2"), 0);
	has(out, "\\\"fork\\\":true");
}

static void failures(void **state)
{
	(void)state;
	assert_int_equal(CTL("-t", "0.5", "update", "1"), 1);
	has(err, "no answer within 0.5 s");
	assert_int_equal(CTL("update", "2"), 1);
	has(err, "not JSON");
	assert_int_equal(CTL("update", "3"), 1);
	has(err, "closed the connection");
	assert_int_equal(CTL("-s", "/nonexistent/sock", "status"), 1);
	has(err, "cannot connect to /nonexistent/sock: No such file or directory; is shim6d running?");
	assert_int_equal(CTL("-r", "/a/very/long/path/which/is/certainly/longer/than/what/a/unix/socket/address/can/hold/"
			     "and/still/goes/on", "status"), 1);
	has(err, "too long");
}

static void misuse(void **state)
{
	(void)state;
	assert_int_equal(CTL("nonsense"), 2);
	has(err, "no command 'nonsense'");
	assert_int_equal(CTL("contexts", "x"), 2);
	assert_int_equal(CTL("contexts", "-1"), 2);
	assert_int_equal(CTL("contexts", "4294967296"), 2);
	assert_int_equal(CTL("trigger", "here"), 2);
	has(err, "usage: shim6ctl trigger");
	assert_int_equal(CTL("trigger"), 2);
	assert_int_equal(CTL("move", "1", "2001:db8::1"), 2);
	assert_int_equal(CTL("move", "x", "2001:db8::1", "2001:db8::2"), 2);
	assert_int_equal(CTL("locators", "prefer", "2001:db8::/32"), 2);
	assert_int_equal(CTL("locators", "nonsense"), 2);
	assert_int_equal(CTL("trigger", "--fii", "x", "::1"), 2);
	assert_int_equal(CTL("delete"), 2);
	assert_int_equal(CTL("update", "1", "2"), 2);
	assert_int_equal(CTL("status", "x"), 2);
	assert_int_equal(CTL("-t", "0", "status"), 2);
	assert_int_equal(CTL("--help"), 0);
	assert_int_equal(CTL("--version"), 0);
}

static void durations(void **state)
{
	char buf[32];

	(void)state;
	assert_string_equal(duration(0, buf, sizeof(buf)), "0 ms");
	assert_string_equal(duration(119999, buf, sizeof(buf)), "119 s");
	assert_string_equal(duration(7199000, buf, sizeof(buf)), "119 min");
	assert_string_equal(duration(7500000, buf, sizeof(buf)), "2 h 5 min");
	assert_string_equal(duration(180000000, buf, sizeof(buf)), "2 d 2 h");
}

/* Which rule is where in the output of ip6tables-save. */
static void rules(void **state)
{
	static const char text[] = "*mangle\n:INPUT ACCEPT [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -j SHIM6_IN\n"
				   "-A OUTPUT -j SHIM6_OUT\nCOMMIT\n";

	(void)state;
	assert_int_equal(place(text, "INPUT", "-j SHIM6_IN"), 1);
	assert_int_equal(place(text, "OUTPUT", "-j SHIM6_OUT"), 0);
	assert_int_equal(place(text, "FORWARD", "-j SHIM6_IN"), -1);
	assert_int_equal(place("", "INPUT", "-j SHIM6_IN"), -1);
	assert_true(holds(text, "OUTPUT", "-j SHIM6_OUT"));
	assert_false(holds(text, "OUTPUT", "-j SHIM6"));
	assert_false(holds(text, "FORWARD", "-j SHIM6_OUT"));
	assert_false(holds("-A A x\n-A B y\n", "A", "y"));
	assert_true(holds("-A A x\n-A B y\n", "A", "x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables), cmocka_unit_test(status_text), cmocka_unit_test(counters),
		cmocka_unit_test(json), cmocka_unit_test(events), cmocka_unit_test(requests),
		cmocka_unit_test(failures), cmocka_unit_test(misuse), cmocka_unit_test(durations),
		cmocka_unit_test(rules),
	};

	return cmocka_run_group_tests(tests, start_server, stop_server);
}
