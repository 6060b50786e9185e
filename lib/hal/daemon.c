// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hal/log.h"

static int ready_fd = -1;	/* to the waiting parent */

/* --- run directory --- */

int hal_rundir(const char *path, const char *group)
{
	const struct group *g = group ? getgrnam(group) : NULL;
	struct stat st;

	if (!mkdir(path, g ? 0750 : 0755)) {
		/* mkdir() obeys the umask, and the group has to be there before anybody relies on it. */
		if (g && lchown(path, (uid_t)-1, g->gr_gid))
			return -errno;
		return chmod(path, g ? 0750 : 0755) ? -errno : 0;
	}
	if (errno != EEXIST)
		return -errno;
	if (lstat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if ((st.st_mode & 0022) || (st.st_uid && st.st_uid != geteuid()))
		return -EPERM;
	return 0;
}

/* --- background --- */

/* Wait for the child's word, then exit. */
static _Noreturn void wait_ready(int fd, pid_t child)
{
	char text[512];
	size_t len = 0;
	int status;

	while (len < sizeof(text) - 1) {
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
		if (!text[0])	/* ready */
			_exit(0);
	}
	text[len] = '\0';
	if (len)
		fprintf(stderr, "%s\n", text);
	else if (waitpid(child, &status, 0) == child && WIFSIGNALED(status))
		fprintf(stderr, "start failed: killed by signal %d\n", WTERMSIG(status));
	else if (len == 0)
		fprintf(stderr, "start failed without a reason; see the log\n");
	_exit(1);
}

int hal_daemon_fork(void)
{
	int p[2], null;
	pid_t pid;

	if (pipe2(p, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		int err = -errno;

		close(p[0]);
		close(p[1]);
		return err;
	}
	if (pid) {
		close(p[1]);
		wait_ready(p[0], pid);
	}
	close(p[0]);
	ready_fd = p[1];
	setsid();
	if (chdir("/"))
		return -errno;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return -errno;
	dup2(null, STDIN_FILENO);
	dup2(null, STDOUT_FILENO);
	if (null > STDERR_FILENO)
		close(null);
	return 0;
}

void hal_daemon_ready(const char *status)
{
	char text[512];

	snprintf(text, sizeof(text), "READY=1\nSTATUS=%s\nMAINPID=%d", status, (int)getpid());
	hal_daemon_notify(text);
	if (ready_fd < 0)
		return;
	if (write(ready_fd, "", 1) != 1)
		log_warn_errno(errno, "cannot tell the starting process that all is well");
	close(ready_fd);
	ready_fd = -1;
	dup2(STDOUT_FILENO, STDERR_FILENO);	/* /dev/null */
}

void hal_daemon_fail(const char *fmt, ...)
{
	char text[512];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (ready_fd < 0 || !hal_log_to_stderr())
		log_err("%s", text);
	if (ready_fd < 0 || n <= 0)
		return;
	if (write(ready_fd, text, strlen(text)) < 0)
		log_warn_errno(errno, "cannot tell the starting process why");
	close(ready_fd);
	ready_fd = -1;
}

void hal_daemon_notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(sun.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')	/* the abstract name space */
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&sun,
		   (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) < 0)
		log_warn_errno(errno, "cannot notify the service manager at %s", path);
	close(fd);
}

/* --- pid file --- */

static int read_pid(int fd)
{
	char text[16] = "";
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	return n > 0 ? (int)strtol(text, NULL, 10) : 0;
}

int hal_pidfile(const char *path, int *out, int *other)
{
	struct stat mine, there;
	char text[16];
	int fd, n;

	*other = 0;
	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB)) {
			n = -errno;
			*other = read_pid(fd);
			close(fd);
			return n;
		}
		/* The one before us may have removed the file between our open() and flock(). */
		if (!fstat(fd, &mine) && !stat(path, &there) && mine.st_ino == there.st_ino &&
		    mine.st_dev == there.st_dev)
			break;
		close(fd);
	}
	n = snprintf(text, sizeof(text), "%d\n", (int)getpid());
	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n) {
		n = -errno;
		close(fd);
		return n;
	}
	*out = fd;
	return 0;
}

void hal_pidfile_remove(const char *path, int fd)
{
	if (fd < 0)
		return;
	unlink(path);	/* while locked: nobody can have a newer file there */
	close(fd);
}
