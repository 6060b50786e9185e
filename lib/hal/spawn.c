// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUT_FIRST	4096		/* octets, doubled as often as it takes */

struct pipe_out {
	int fd;
	struct hal_fd *watch;
	char *text;
	size_t len, size;
	bool cut;
};

struct hal_spawn {
	pid_t pid;
	int pidfd;
	struct hal_fd *exited;
	struct hal_timer *timeout;
	int in_fd;
	struct hal_fd *in_watch;
	char *input;
	size_t in_len, in_done;
	struct pipe_out out, err;
	bool timed_out;
	hal_spawn_fn done;
	void *arg;
};

/* --- the child --- */

static _Noreturn void child(const char *path, const char *const argv[], const int fds[3], int report)
{
	static char *const env[] = { "PATH=" HAL_SPAWN_PATH, "LC_ALL=C", NULL };
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	sigset_t none;
	int i, err;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 1; i < NSIG; i++)
		sigaction(i, &dfl, NULL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			goto fail;
	/* @report is above 2 and closes by itself when the program starts. */
	if (dup2(report, 3) < 0 || fcntl(3, F_SETFD, FD_CLOEXEC) || close_range(4, ~0u, 0))
		goto fail;
	report = 3;
	umask(022);
	execve(path, (char *const *)argv, env);
fail:
	err = errno;
	_exit(write(report, &err, sizeof(err)) == sizeof(err) ? 127 : 126);
}

/* @name as a path that can be executed, in @buf. */
static int find_program(const char *name, char *buf, size_t size)
{
	const char *p = HAL_SPAWN_PATH;

	if (strchr(name, '/')) {
		if ((size_t)snprintf(buf, size, "%s", name) >= size)
			return -ENAMETOOLONG;
		return access(buf, X_OK) ? -errno : 0;
	}
	while (*p) {
		int n = (int)strcspn(p, ":");

		if ((size_t)snprintf(buf, size, "%.*s/%s", n, p, name) < size && !access(buf, X_OK))
			return 0;
		p += n + (p[n] == ':');
	}
	return -ENOENT;
}

/* --- the parent --- */

static void spawn_free(struct hal_spawn *sp)
{
	hal_fd_del(sp->exited);
	hal_fd_del(sp->in_watch);
	hal_fd_del(sp->out.watch);
	hal_fd_del(sp->err.watch);
	hal_timer_free(sp->timeout);
	if (sp->pidfd >= 0)
		close(sp->pidfd);
	if (sp->in_fd >= 0)
		close(sp->in_fd);
	if (sp->out.fd >= 0)
		close(sp->out.fd);
	if (sp->err.fd >= 0)
		close(sp->err.fd);
	free(sp->input);
	free(sp->out.text);
	free(sp->err.text);
	free(sp);
}

static void pipe_end(struct pipe_out *p)
{
	hal_fd_del(p->watch);
	p->watch = NULL;
	close(p->fd);
	p->fd = -1;
}

/* Space for @n more octets and a NUL; how many of them fit. */
static size_t pipe_room(struct pipe_out *p, size_t n)
{
	size_t size = p->size;
	char *more;

	while (size < p->len + n + 1 && size < HAL_SPAWN_OUT)
		size *= 2;
	if (size > p->size) {
		more = realloc(p->text, size);
		if (more) {
			memset(more + p->size, 0, size - p->size);
			p->text = more;
			p->size = size;
		}
	}
	return n < p->size - p->len ? n : p->size - p->len - 1;
}

/* Read what is there; beyond the limit it is thrown away, so that the program does not block. */
static void pipe_read(int fd, unsigned int events, void *arg)
{
	struct pipe_out *p = arg;
	char buf[4096];
	ssize_t n;

	(void)events;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		size_t room = pipe_room(p, (size_t)n);

		p->cut |= room < (size_t)n;
		memcpy(p->text + p->len, buf, room);
		p->len += room;
	}
	if (!n || errno != EAGAIN)
		pipe_end(p);
}

static void input_end(struct hal_spawn *sp)
{
	hal_fd_del(sp->in_watch);
	sp->in_watch = NULL;
	if (sp->in_fd >= 0)
		close(sp->in_fd);
	sp->in_fd = -1;
}

static void input_write(int fd, unsigned int events, void *arg)
{
	struct hal_spawn *sp = arg;
	struct sigaction ign = { .sa_handler = SIG_IGN }, old;
	ssize_t n;

	(void)events;
	/* A program that does not read all its input is its own business. */
	sigaction(SIGPIPE, &ign, &old);
	n = write(fd, sp->input + sp->in_done, sp->in_len - sp->in_done);
	sigaction(SIGPIPE, &old, NULL);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n > 0)
		sp->in_done += (size_t)n;
	if (n <= 0 || sp->in_done == sp->in_len)
		input_end(sp);
}

static void kill_it(struct hal_spawn *sp)
{
	kill(-sp->pid, SIGKILL);
	kill(sp->pid, SIGKILL);
}

static void too_long(void *arg)
{
	struct hal_spawn *sp = arg;

	sp->timed_out = true;
	kill_it(sp);
}

static void exited(int fd, unsigned int events, void *arg)
{
	struct hal_spawn *sp = arg;
	struct hal_spawn_result res = { 0 };
	int status = 0;

	(void)fd;
	(void)events;
	if (waitpid(sp->pid, &status, WNOHANG) == 0)
		return;
	/* Children of it may hold the pipes open; what they say later does not count. */
	if (sp->out.fd >= 0)
		pipe_read(sp->out.fd, HAL_READ, &sp->out);
	if (sp->err.fd >= 0)
		pipe_read(sp->err.fd, HAL_READ, &sp->err);
	res.error = sp->timed_out ? -ETIMEDOUT : 0;
	res.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	res.out = sp->out.text;
	res.out_len = sp->out.len;
	res.err = sp->err.text;
	res.err_len = sp->err.len;
	res.cut = sp->out.cut;
	hal_fd_del(sp->exited);
	sp->exited = NULL;
	sp->done(&res, sp->arg);
	spawn_free(sp);
}

/* Pipes: [0] is read, [1] written; descriptors above 3, so that the child can arrange 0 to 3. */
static int make_pipe(int p[2])
{
	int i, fd;

	if (pipe2(p, O_CLOEXEC)) {
		p[0] = p[1] = -1;
		return -errno;
	}
	for (i = 0; i < 2; i++) {
		if (p[i] > 3)
			continue;
		fd = fcntl(p[i], F_DUPFD_CLOEXEC, 4);
		if (fd < 0)
			return -errno;
		close(p[i]);
		p[i] = fd;
	}
	return 0;
}

static void close_pair(int p[2])
{
	if (p[0] >= 0)
		close(p[0]);
	if (p[1] >= 0)
		close(p[1]);
}

/* Fork and start; the parent's ends go to @sp. */
static int start(struct hal_spawn *sp, const char *path, const char *const argv[])
{
	int p[4][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } };	/* stdin, stdout, stderr, report */
	int i, n, err = 0;

	for (i = 0; i < 4 && !err; i++)
		err = make_pipe(p[i]);
	if (err)
		goto out;
	sp->pid = fork();
	if (sp->pid < 0) {
		err = -errno;
		goto out;
	}
	if (!sp->pid) {
		const int fds[3] = { p[0][0], p[1][1], p[2][1] };

		child(path, argv, fds, p[3][1]);
	}
	setpgid(sp->pid, sp->pid);
	close(p[3][1]);
	p[3][1] = -1;
	do
		n = (int)read(p[3][0], &err, sizeof(err));
	while (n < 0 && errno == EINTR);
	if (n == sizeof(err)) {
		waitpid(sp->pid, NULL, 0);
		err = -err;
		goto out;
	}
	err = 0;
	sp->in_fd = p[0][1];
	sp->out.fd = p[1][0];
	sp->err.fd = p[2][0];
	p[0][1] = p[1][0] = p[2][0] = -1;
	fcntl(sp->in_fd, F_SETFL, O_NONBLOCK);
	fcntl(sp->out.fd, F_SETFL, O_NONBLOCK);
	fcntl(sp->err.fd, F_SETFL, O_NONBLOCK);
out:
	for (i = 0; i < 4; i++)
		close_pair(p[i]);
	return err;
}

int hal_spawn_start(struct hal_spawn **out, struct hal_loop *loop, const char *const argv[], const char *input,
		    uint32_t timeout, hal_spawn_fn done, void *arg)
{
	struct hal_spawn *sp = calloc(1, sizeof(*sp));
	char path[4096];
	int err;

	if (!sp)
		return -ENOMEM;
	sp->pidfd = sp->in_fd = sp->out.fd = sp->err.fd = -1;
	sp->done = done;
	sp->arg = arg;
	sp->out.size = sp->err.size = OUT_FIRST;
	sp->out.text = calloc(1, OUT_FIRST);
	sp->err.text = calloc(1, OUT_FIRST);
	sp->input = strdup(input ? input : "");
	err = -ENOMEM;
	if (!sp->out.text || !sp->err.text || !sp->input)
		goto fail;
	sp->in_len = strlen(sp->input);
	err = find_program(argv[0], path, sizeof(path));
	if (!err)
		err = start(sp, path, argv);
	if (err)
		goto fail;
	err = -ENOMEM;
	sp->pidfd = pidfd_open(sp->pid, 0);
	if (sp->pidfd < 0)
		goto fail_kill;
	sp->timeout = hal_timer_new(loop, too_long, sp);
	sp->exited = hal_fd_add(loop, sp->pidfd, HAL_READ, exited, sp);
	sp->out.watch = hal_fd_add(loop, sp->out.fd, HAL_READ, pipe_read, &sp->out);
	sp->err.watch = hal_fd_add(loop, sp->err.fd, HAL_READ, pipe_read, &sp->err);
	if (!sp->timeout || !sp->exited || !sp->out.watch || !sp->err.watch)
		goto fail_kill;
	if (sp->in_len) {
		sp->in_watch = hal_fd_add(loop, sp->in_fd, HAL_WRITE, input_write, sp);
		if (!sp->in_watch)
			goto fail_kill;
	} else {
		input_end(sp);
	}
	hal_timer_set(sp->timeout, timeout);
	if (out)
		*out = sp;
	return 0;
fail_kill:
	kill_it(sp);
	waitpid(sp->pid, NULL, 0);
fail:
	spawn_free(sp);
	return err;
}

void hal_spawn_cancel(struct hal_spawn *sp)
{
	kill_it(sp);
	waitpid(sp->pid, NULL, 0);
	spawn_free(sp);
}

/* --- waiting --- */

struct waiting {
	struct hal_loop *loop;
	struct hal_spawn_result *res;
};

static void waited(const struct hal_spawn_result *res, void *arg)
{
	struct waiting *w = arg;

	*w->res = *res;
	w->res->out = strdup(res->out);
	w->res->err = strdup(res->err);
	hal_loop_stop(w->loop, 0);
}

int hal_spawn_wait(const char *const argv[], const char *input, uint32_t timeout, struct hal_spawn_result *res)
{
	struct waiting w = { hal_loop_new(), res };

	memset(res, 0, sizeof(*res));
	res->error = -ENOMEM;
	if (w.loop) {
		res->error = hal_spawn_start(NULL, w.loop, argv, input, timeout, waited, &w);
		if (!res->error)
			hal_loop_run(w.loop);
		hal_loop_free(w.loop);
	}
	if (!res->out)
		res->out = strdup("");
	if (!res->err)
		res->err = strdup("");
	return res->error ? res->error : res->status;
}

void hal_spawn_result_free(struct hal_spawn_result *res)
{
	free(res->out);
	free(res->err);
	res->out = res->err = NULL;
}
