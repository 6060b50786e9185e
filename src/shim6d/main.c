// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Start, reload, end.
 */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addrs.h"
#include "hal/clock.h"
#include "hal/ipc.h"
#include "hal/log.h"
#include "shim6d.h"

#define UNVERIFIED	"security.verify = none: UNVERIFIED LOCATORS: anyone can redirect sessions; for tests only"

struct process {
	char pid_path[CONF_PATH_MAX + 16];
	int pid_fd;
	bool clean;			/* nobody left contexts: a start that fails leaves nothing either */
	struct hal_signal *term, *intr, *hup;
};

static void say_stderr(void *arg, bool error, const char *text)
{
	(void)arg;
	fprintf(stderr, "shim6d: %s%s\n", error ? "" : "warning: ", text);
}

static void say_log(void *arg, bool error, const char *text)
{
	(void)arg;
	hal_logf(error ? HAL_LOG_ERR : HAL_LOG_WARN, "%s", text);
}

static int load(struct conf *c, const struct hal_daemon_args *args, conf_say_fn say)
{
	int err = conf_load(c, args->config, args->config_given, args->sets, args->n_sets, say, NULL);

	if (!err && args->debug)
		c->daemon.log_level = HAL_LOG_DEBUG;
	return err;
}

/* --- reload ---------------------------------------------------------------------------------------------------- */

/* Take over what can be changed while contexts live; the rest keeps its value and is named. */
static void reload(struct shim6d *d)
{
	struct conf next, kept;
	char names[512];

	if (load(&next, d->args, say_log)) {
		log_err("the configuration was not changed");
		return;
	}
	kept = next;
	kept.daemon = d->conf.daemon;
	kept.daemon.log_level = next.daemon.log_level;
	kept.dataplane = d->conf.dataplane;
	kept.dataplane.max_contexts = next.dataplane.max_contexts;
	kept.dataplane.fork_mark = next.dataplane.fork_mark;
	kept.dataplane.icmp = next.dataplane.icmp;
	memcpy(kept.security.state, d->conf.security.state, sizeof(kept.security.state));
	if (conf_diff(&kept, &next, names, sizeof(names)))
		log_warn("these changes need a restart: %s", names);
	if (!conf_diff(&d->conf, &kept, names, sizeof(names))) {
		log_notice("configuration read again: nothing that changes now");
		return;
	}
	d->conf = kept;
	hal_log_set_level(d->conf.daemon.log_level);
	if (engine_reconfigure(d))
		log_err("the protocol machine did not take the new configuration");
	kernel_reconfigured(d);
	locators_update(d);
	addrs_update(d);
	log_notice("configuration read again, changed: %s", names);
	if (d->conf.security.verify == CONF_VERIFY_NONE)
		log_warn(UNVERIFIED);
}

static void on_signal(int signum, void *arg)
{
	struct shim6d *d = arg;

	if (signum == SIGHUP) {
		hal_daemon_notify("RELOADING=1");
		reload(d);
		hal_daemon_notify("READY=1");
		return;
	}
	hal_daemon_notify("STOPPING=1");
	hal_loop_stop(d->loop, EXIT_SUCCESS);
}

/* --- start -------------------------------------------------------------------------------------------------------- */

static int check_privileges(void)
{
	if (hal_have_cap(CAP_NET_ADMIN) && hal_have_cap(CAP_NET_RAW))
		return 0;
	hal_daemon_fail("not enough privilege: start as root, or with CAP_NET_ADMIN and CAP_NET_RAW");
	return -1;
}

static int make_dir(const struct shim6d *d, const char *path)
{
	int err = hal_rundir(path, d->group == (gid_t)-1 ? NULL : d->conf.daemon.group);

	if (err)
		hal_daemon_fail("directory %s cannot be used: %s", path,
				err == -EPERM ? "others may write to it" : strerror(-err));
	return err ? -1 : 0;
}

static int take_pidfile(struct shim6d *d, struct process *p)
{
	int err, other = 0;

	snprintf(p->pid_path, sizeof(p->pid_path), "%s/shim6d.pid", d->conf.daemon.rundir);
	err = hal_pidfile(p->pid_path, &p->pid_fd, &other);
	if (!err)
		return 0;
	p->pid_fd = -1;
	if (err == -EAGAIN)
		hal_daemon_fail("another shim6d, process %d, runs with %s; stop it first", other, p->pid_path);
	else
		hal_daemon_fail("%s cannot be written: %s", p->pid_path, strerror(-err));
	return -1;
}

/* What a predecessor left in the kernel goes on translating through all of this. */
static int take_over(struct shim6d *d)
{
	int n;

	if (kernel_read(d))
		return -1;
	n = state_restore(d);
	kernel_settle(d);
	if (n)
		log_notice("%d contexts taken up from the shim6d before", n);
	return 0;
}

static int watch_signals(struct shim6d *d, struct process *p)
{
	p->term = hal_signal_add(d->loop, SIGTERM, on_signal, d);
	p->intr = hal_signal_add(d->loop, SIGINT, on_signal, d);
	p->hup = hal_signal_add(d->loop, SIGHUP, on_signal, d);
	if (p->term && p->intr && p->hup)
		return 0;
	hal_daemon_fail("cannot watch signals: %s", strerror(errno));
	return -1;
}

/* From here on the two capabilities that ip6tables needs as well, and system calls of a network daemon. */
static int shed_privileges(void)
{
	static const int caps[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	int err;

	err = hal_drop_caps(caps, 2, true);
	if (err) {
		hal_daemon_fail("privileges cannot be given up: %s", strerror(-err));
		return -1;
	}
	err = hal_seccomp();
	if (err && err != -ENOSYS)
		log_warn("no filter of system calls: %s", strerror(-err));
	return 0;
}

static int start(struct shim6d *d, struct process *p)
{
	if (check_privileges())
		return -1;
	d->loop = hal_loop_new();
	if (!d->loop) {
		hal_daemon_fail("the event loop cannot be made: %s", strerror(errno));
		return -1;
	}
	if (watch_signals(d, p) || make_dir(d, d->conf.daemon.rundir) || make_dir(d, d->conf.daemon.statedir) ||
	    take_pidfile(d, p))
		return -1;
	/* The queue belongs to one process a namespace: from there on nobody else's contexts are in the kernel. */
	if (kernel_open(d) || locators_open(d) || announce_open(d) || engine_open(d) || engine_listen(d) ||
	    routable_open(d) || state_open(d) || addrs_open(d))
		return -1;
	/* Locators before contexts: those restored would otherwise seem to have lost theirs. */
	locators_update(d);
	if (take_over(d) || kernel_subscribe(d))
		return -1;
	locators_start(d);
	p->clean = !s6_count(engine_host(d));
	if (rules_install(d) || kernel_attach(d))
		return -1;
	if (reaplink_open(d) || debug_open(d) || ctl_open(d) || gc_open(d))
		return -1;
	if (shed_privileges())
		return -1;
	return engine_start_proofs(d);		/* a thread keeps the privileges that it was started with */
}

/* --- end ----------------------------------------------------------------------------------------- */

/* @trace: leave contexts and rules for the next shim6d, as after an error. */
static void finish(struct shim6d *d, struct process *p, bool trace)
{
	debug_close(d);
	ctl_close(d);
	gc_close(d);
	reaplink_close(d);
	if (!trace) {
		rules_remove(d);
		kernel_flush(d);
		routable_remove(d);
		addrs_unroute(d);
		state_remove(d);
	}
	rules_close(d);
	state_close(d);
	engine_close(d);
	routable_close(d);
	addrs_close(d);
	locators_close(d);
	announce_close(d);
	kernel_close(d);
	hal_signal_del(p->hup);
	hal_signal_del(p->intr);
	hal_signal_del(p->term);
	if (p->pid_fd >= 0)
		hal_pidfile_remove(p->pid_path, p->pid_fd);
	if (d->loop)
		hal_loop_free(d->loop);
}

int main(int argc, char *argv[])
{
	static const struct hal_daemon_info info = {
		.name = "shim6d",
		.what = "Shim6 control daemon (RFC 5533)",
		.version = SHIM6_VERSION,
		.config = CONF_FILE,
	};
	static struct shim6d d;
	struct process p = { .pid_fd = -1 };
	struct hal_daemon_args args;
	int code;

	code = hal_daemon_args(&args, &info, argc, argv);
	if (code >= 0)
		return code;
	if (load(&d.conf, &args, say_stderr))
		return EXIT_FAILURE;
	d.args = &args;
	hal_log_open("shim6d", args.foreground, d.conf.daemon.log_level);
	if (!args.foreground && hal_daemon_fork()) {
		fprintf(stderr, "shim6d: cannot go to the background: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	umask(0027);
	d.started = hal_now_ms();
	if (hal_group_id(d.conf.daemon.group, &d.group)) {
		d.group = (gid_t)-1;
		log_info("there is no group %s (daemon.group): only root may use the sockets and the debug port", d.conf.daemon.group);
	}
	if (start(&d, &p)) {
		finish(&d, &p, !p.clean);
		return EXIT_FAILURE;
	}
	if (d.conf.security.verify == CONF_VERIFY_NONE)
		log_warn(UNVERIFIED);
	hal_daemon_ready(d.conf.security.verify == CONF_VERIFY_NONE ? UNVERIFIED : "running");
	log_notice("shim6d " SHIM6_VERSION " runs: %u locators, %u contexts", locators_count(&d),
		   s6_count(engine_host(&d)));
	code = hal_loop_run(d.loop);
	if (code < 0)
		log_err("the event loop failed: %s: ending; contexts stay in the kernel", strerror(-code));
	finish(&d, &p, code != EXIT_SUCCESS);
	log_notice("shim6d ended");
	hal_log_close();
	return code == EXIT_SUCCESS ? EXIT_SUCCESS : EXIT_FAILURE;
}
