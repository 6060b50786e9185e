/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every daemon does at its start: command line, run directory, pid file, going to the background, readiness, and
 * giving privileges up.
 */
#ifndef HAL_DAEMON_H
#define HAL_DAEMON_H

#include <stdbool.h>
#include <stddef.h>

struct hal_loop;

/* --- command line --- */

#define HAL_DAEMON_SETS	64

struct hal_daemon_args {
	const char *config;		/* -c FILE */
	bool config_given;		/* false: @config is the default, which may be missing */
	bool foreground;		/* -f: stay, log to stderr */
	bool debug;			/* -d */
	unsigned int n_sets;		/* -o section.key=value, in the order given */
	const char *sets[HAL_DAEMON_SETS];
};

struct hal_daemon_info {
	const char *name;		/* "shim6d" */
	const char *what;		/* one line for --help */
	const char *version;
	const char *config;		/* default path */
};

/*
 * Parse -c FILE, -f, -d, -o section.key=value, --version, --help (and long forms).  Returns -1 to go on, otherwise
 * the exit status: 0 after --help and --version, 2 after an error, which has been written to stderr.  Strings
 * point into @argv.
 */
int hal_daemon_args(struct hal_daemon_args *args, const struct hal_daemon_info *info, int argc, char *argv[]);

/* --- life --- */

/*
 * Make directory @path (one level) with mode 0750 and group @group if that group exists, else 0755 and our own group;
 * nothing is changed if it exists.  Refuses (-EPERM) a directory that others may write to.  0 or negative errno.
 */
int hal_rundir(const char *path, const char *group);

/*
 * Go to the background: fork, new session, / as directory, stdin and stdout on /dev/null.  Returns 0 in the child;
 * the parent stays until the child calls hal_daemon_ready() (exits 0) or hal_daemon_fail() or dies (exits 1, with
 * the error line on stderr).  Call before threads, pid file and event loop.  -errno if fork() failed.
 */
int hal_daemon_fork(void);

/* Startup is complete: the parent exits with 0, stderr is detached, systemd learns READY=1 and @status, a line. */
void hal_daemon_ready(const char *status);
/* Startup failed: the line goes to the parent's stderr and to the log.  The caller then exits with 1. */
void hal_daemon_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* One datagram to $NOTIFY_SOCKET: "STOPPING=1", "RELOADING=1", "STATUS=...".  Nothing happens without systemd. */
void hal_daemon_notify(const char *text);

/*
 * RUNDIR/NAME.pid, locked while we live.  *@fd stays open.  -EAGAIN: another one runs, its number in *@other.
 * hal_pidfile_remove() takes the file away and unlocks.
 */
int hal_pidfile(const char *path, int *fd, int *other);
void hal_pidfile_remove(const char *path, int fd);

/* --- privileges --- */

/*
 * Keep only capabilities @caps (CAP_* of linux/capability.h, @n of them) in permitted and effective, none inheritable
 * unless @inherit (then they are also ambient, for the programs we run), bounding set the same; no_new_privs.
 */
int hal_drop_caps(const int caps[], size_t n, bool inherit);

/* Have the process CAP_x in its effective set? */
bool hal_have_cap(int cap);

/*
 * A syscall filter that refuses (EPERM) what no network daemon does: ptrace, module loading, mounting, reboot,
 * kexec, swap, setting the clock, bpf, perf, keyrings, io_uring, raw I/O ports, namespaces.  Children inherit it.
 * 0, -ENOSYS: built or running without seccomp, or negative errno.
 */
int hal_seccomp(void);

#endif /* HAL_DAEMON_H */
