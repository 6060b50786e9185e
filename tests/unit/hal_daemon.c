// SPDX-License-Identifier: GPL-2.0-or-later
/* hal/daemon.h, hal/peer_uid.h: command line, background with readiness, pid file, notification, privileges, peers. */
#include "unit/hal_test.h"

#include <grp.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "hal/daemon.h"
#include "hal/log.h"
#include "hal/peer_uid.h"

static char dir[] = "/tmp/hal_daemon.XXXXXX";

static const struct hal_daemon_info info = { "testd", "A daemon for tests.", "1.2.3", "/etc/testd.conf" };

static int parse(struct hal_daemon_args *a, int argc, char *argv[])
{
	return hal_daemon_args(a, &info, argc, argv);
}

#define PARSE(a, ...) parse(a, sizeof((char *[]){ "testd", __VA_ARGS__ }) / sizeof(char *), \
			    (char *[]){ "testd", __VA_ARGS__, NULL })

static void command_line(void **state)
{
	struct hal_daemon_args a;

	(void)state;
	assert_int_equal(PARSE(&a, "-f"), -1);
	assert_true(a.foreground && !a.debug && !a.config_given);
	assert_string_equal(a.config, "/etc/testd.conf");
	assert_int_equal(PARSE(&a, "-d", "-c", "/x", "-o", "a.b=c", "--option", "a.d="), -1);
	assert_true(a.debug && a.config_given && !a.foreground);
	assert_string_equal(a.config, "/x");
	assert_int_equal(a.n_sets, 2);
	assert_string_equal(a.sets[0], "a.b=c");
	assert_string_equal(a.sets[1], "a.d=");
	assert_int_equal(PARSE(&a, "--version"), 0);
	assert_int_equal(PARSE(&a, "--help"), 0);
	assert_int_equal(PARSE(&a, "-x"), 2);
	assert_int_equal(PARSE(&a, "extra"), 2);
	assert_int_equal(PARSE(&a, "-c"), 2);
	assert_int_equal(PARSE(&a, "-o", "nonsense"), 2);
	assert_int_equal(PARSE(&a, "-o", "a=b.c"), 2);
	assert_int_equal(PARSE(&a, "-o", ".b=c"), 2);
	assert_int_equal(PARSE(&a, "-o", "a.=c"), 2);
}

/* In a process of its own: run @f, return its exit status. */
static int in_child(int (*f)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid)
		_exit(f());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int starts(void)
{
	if (hal_daemon_fork())
		return 9;
	if (getpid() != getsid(0))
		return 8;
	hal_daemon_ready("ok");
	_exit(55);	/* nobody waits for this any more */
}

static int refuses(void)
{
	close(2);	/* quiet */
	open("/dev/null", O_WRONLY);
	if (hal_daemon_fork())
		return 9;
	hal_log_open("testd", true, HAL_LOG_ERR);
	hal_daemon_fail("no %s", "module");
	_exit(55);
}

static int dies(void)
{
	close(2);
	open("/dev/null", O_WRONLY);
	if (hal_daemon_fork())
		return 9;
	abort();
}

static void background(void **state)
{
	(void)state;
	assert_int_equal(in_child(starts), 0);
	assert_int_equal(in_child(refuses), 1);
	assert_int_equal(in_child(dies), 1);
}

static void error_line_reaches_the_terminal(void **state)
{
	char text[128] = "";
	int p[2], status;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(p), 0);
	fflush(NULL);
	pid = fork();
	if (!pid) {
		dup2(p[1], 2);
		if (hal_daemon_fork())
			_exit(9);
		hal_daemon_fail("x.conf:3: no such option '%s'", "y");
		_exit(1);
	}
	close(p[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(read(p[0], text, sizeof(text) - 1) > 0);
	assert_string_equal(text, "x.conf:3: no such option 'y'\n");
	assert_int_equal(WEXITSTATUS(status), 1);
	close(p[0]);
}

static void pid_file(void **state)
{
	char path[64], text[32] = "";
	int fd, fd2, other;

	(void)state;
	snprintf(path, sizeof(path), "%s/x.pid", dir);
	assert_int_equal(hal_pidfile(path, &fd, &other), 0);
	fd2 = open(path, O_RDONLY);
	assert_true(read(fd2, text, sizeof(text) - 1) > 0);
	close(fd2);
	assert_int_equal(strtol(text, NULL, 10), getpid());
	assert_int_equal(hal_pidfile(path, &fd2, &other), -EAGAIN);
	assert_int_equal(other, getpid());
	hal_pidfile_remove(path, fd);
	assert_int_equal(access(path, F_OK), -1);
	/* One left by a crash is no obstacle. */
	fd = open(path, O_CREAT | O_WRONLY, 0644);
	assert_int_equal(write(fd, "99999999999\n", 12), 12);
	close(fd);
	assert_int_equal(hal_pidfile(path, &fd, &other), 0);
	hal_pidfile_remove(path, fd);
	assert_int_equal(hal_pidfile("/nonexistent/x.pid", &fd, &other), -ENOENT);
}

static void run_directory(void **state)
{
	char path[64], file[80];
	struct stat st;

	(void)state;
	snprintf(path, sizeof(path), "%s/run", dir);
	assert_int_equal(hal_rundir(path, "no-such-group"), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(hal_rundir(path, NULL), 0);
	chmod(path, 0777);
	assert_int_equal(hal_rundir(path, NULL), -EPERM);
	rmdir(path);
	snprintf(file, sizeof(file), "%s/sub", path);
	assert_int_equal(hal_rundir(file, NULL), -ENOENT);
	close(open(path, O_CREAT | O_WRONLY, 0644));
	assert_int_equal(hal_rundir(path, NULL), -ENOTDIR);
	unlink(path);
	if (!geteuid() && getgrnam("daemon")) {
		assert_int_equal(hal_rundir(path, "daemon"), 0);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0750);
		assert_int_equal(st.st_gid, getgrnam("daemon")->gr_gid);
		rmdir(path);
	}
}

static void service_manager(void **state)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	char text[128] = "";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)state;
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/notify", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	unsetenv("NOTIFY_SOCKET");
	hal_daemon_notify("STOPPING=1");
	setenv("NOTIFY_SOCKET", sun.sun_path, 1);
	hal_daemon_ready("all is well");
	assert_true(recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT) > 0);
	assert_int_equal(strncmp(text, "READY=1\nSTATUS=all is well\n", 26), 0);
	unlink(sun.sun_path);
	close(fd);
	unsetenv("NOTIFY_SOCKET");
}

static int few_caps(void)
{
	static const int keep[] = { CAP_NET_ADMIN, CAP_NET_RAW };

	if (hal_drop_caps(keep, 2, true))
		return 1;
	if (!hal_have_cap(CAP_NET_ADMIN) || !hal_have_cap(CAP_NET_RAW) || hal_have_cap(CAP_SYS_ADMIN))
		return 2;
	if (socket(AF_INET6, SOCK_RAW, 140) < 0)
		return 3;
	if (!mount("none", "/mnt", "tmpfs", 0, NULL) || errno != EPERM)
		return 4;
	return 0;
}

static int filtered(void)
{
	int err = hal_seccomp();

	if (err == -ENOSYS)
		return 77;
	if (err)
		return 1;
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
		return 2;
	if (unshare(CLONE_NEWNET) != -1 || errno != EPERM)
		return 3;
	return fork() < 0 ? 4 : 0;
}

static void fewer_privileges(void **state)
{
	int ret;

	(void)state;
	ret = in_child(filtered);
	assert_true(!ret || ret == 77);
	if (!hal_have_cap(CAP_NET_RAW)) {
		static const int none_of_ours[] = { CAP_NET_RAW };

		assert_int_equal(hal_drop_caps(none_of_ours, 1, false), -EPERM);
		skip();
	}
	assert_int_equal(in_child(few_caps), 0);
}

static void whose_datagram(void **state)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT }, from;
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } }, from4;
	struct sockaddr_in6 away = { .sin6_family = AF_INET6, .sin6_port = 1 };
	socklen_t len;
	int here, peer;
	char c;
	uid_t uid = 12345;

	(void)state;
	/* IPv6: our end bound to ::1, the sender bound to nothing */
	here = socket(AF_INET6, SOCK_DGRAM, 0);
	if (bind(here, (struct sockaddr *)&six, sizeof(six))) {
		close(here);
		skip();		/* no loopback in this namespace */
	}
	len = sizeof(six);
	getsockname(here, (struct sockaddr *)&six, &len);
	peer = socket(AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(sendto(peer, "x", 1, 0, (struct sockaddr *)&six, sizeof(six)), 1);
	len = sizeof(from);
	assert_int_equal(recvfrom(here, &c, 1, 0, (struct sockaddr *)&from, &len), 1);
	/* Not connected: it may be another socket's. */
	assert_int_equal(hal_udp_peer_uid((struct sockaddr *)&from, (struct sockaddr *)&six, &uid), -ENOTUNIQ);
	assert_int_equal(connect(peer, (struct sockaddr *)&six, sizeof(six)), 0);
	assert_int_equal(hal_udp_peer_uid((struct sockaddr *)&from, (struct sockaddr *)&six, &uid), 0);
	assert_int_equal(uid, getuid());
	close(peer);
	assert_int_equal(hal_udp_peer_uid((struct sockaddr *)&from, (struct sockaddr *)&six, &uid), -ENOENT);
	close(here);

	/* IPv4, from a connected IPv6 socket that talks to a mapped address */
	here = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(here, (struct sockaddr *)&four, sizeof(four)), 0);
	len = sizeof(four);
	getsockname(here, (struct sockaddr *)&four, &len);
	peer = socket(AF_INET6, SOCK_DGRAM, 0);
	memset(&six, 0, sizeof(six));
	six.sin6_family = AF_INET6;
	six.sin6_port = four.sin_port;
	inet_pton(AF_INET6, "::ffff:127.0.0.1", &six.sin6_addr);
	assert_int_equal(connect(peer, (struct sockaddr *)&six, sizeof(six)), 0);
	assert_int_equal(send(peer, "x", 1, 0), 1);
	len = sizeof(from4);
	assert_int_equal(recvfrom(here, &c, 1, 0, (struct sockaddr *)&from4, &len), 1);
	assert_int_equal(hal_udp_peer_uid((struct sockaddr *)&from4, (struct sockaddr *)&four, &uid), 0);
	assert_int_equal(uid, getuid());
	close(peer);
	close(here);

	inet_pton(AF_INET6, "2001:db8::1", &away.sin6_addr);
	assert_int_equal(hal_udp_peer_uid((struct sockaddr *)&away, (struct sockaddr *)&four, &uid), -EADDRNOTAVAIL);
	assert_true(hal_uid_in_group(0, (gid_t)-1));
	assert_false(hal_uid_in_group(65534, (gid_t)-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(command_line),
		cmocka_unit_test(background),
		cmocka_unit_test(error_line_reaches_the_terminal),
		cmocka_unit_test(pid_file),
		cmocka_unit_test(run_directory),
		cmocka_unit_test(service_manager),
		cmocka_unit_test(fewer_privileges),
		cmocka_unit_test(whose_datagram),
	};
	int ret;

	if (!mkdtemp(dir))
		return 1;
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	rmdir(dir);
	return ret;
}
