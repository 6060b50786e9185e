// SPDX-License-Identifier: GPL-2.0-or-later
/* reapd, the reachability daemon: start, reload, end. */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/clock.h"
#include "hal/daemon.h"
#include "hal/log.h"
#include "hal/rng.h"
#include "hash.h"
#include "reapd.h"

static struct hal_daemon_args args;

/* --- configuration ---------------------------------------------------------------------------- */

static void say_start(void *arg, bool error, const char *text)
{
	(void)arg;
	if (error)
		hal_daemon_fail("%s", text);
	else
		log_warn("%s", text);
}

static void say_reload(void *arg, bool error, const char *text)
{
	(void)arg;
	hal_logf(error ? HAL_LOG_ERR : HAL_LOG_WARN, "%s", text);
}

static int load(struct conf *c, conf_say_fn say)
{
	return conf_load(c, args.config, args.config_given, args.sets, args.n_sets, say, NULL);
}

static enum hal_log_level log_level(const struct conf *c)
{
	return args.debug ? HAL_LOG_DEBUG : (enum hal_log_level)c->daemon.log_level;
}

static struct reap_config reap_config(const struct conf *c)
{
	return (struct reap_config){
		.send_timeout = c->reap.send_timeout,
		.initial_probe_timeout = c->reap.initial_probe_timeout,
		.initial_probes = c->reap.initial_probes,
		.max_probe_timeout = c->reap.max_probe_timeout,
	};
}

_Static_assert((int)CONF_FAILBACK_ULID == REAP_FAILBACK_ULID &&
	       (int)CONF_FAILBACK_PREFERENCE == REAP_FAILBACK_PREFERENCE, "one meaning");

void renew_parameters(struct reapd *r)
{
	if (kctl_set_tcp_kick(r->kctl, r->conf.reap.tcp_kick))
		log_warn("the kernel did not take reap.tcp_kick: %s", kctl_error(r->kctl));
}

static void set_fast(struct reapd *r)
{
	const struct conf *c = &r->conf;
	struct engine_fast fast;

	memset(&fast, 0, sizeof(fast));		/* it is compared as a whole */
	fast.hint_min = c->reap.hints ? c->reap.hint_min : 0;
	fast.watch.standby = c->reap.standby == CONF_STANDBY_ON;
	fast.watch.failback = (enum reap_failback)c->reap.failback;
	fast.watch.interval = c->reap.standby_interval;
	fast.watch.hold = c->reap.failback_hold;
	fast.probe_rate = c->reap.probe_rate;
	engine_set_fast(r->engine, &fast, hal_now_ms());
	renew_parameters(r);
}

/* --- engine ----------------------------------------------------------------------------------- */

void engine_rearm(struct reapd *r)
{
	hal_timer_at(r->engine_timer, engine_next_due(r->engine));
}

static void on_engine_timer(void *arg)
{
	struct reapd *r = arg;

	engine_timeout(r->engine, hal_now_ms());
	engine_rearm(r);
}

static const struct engine_ops ops = {
	.send = input_send,
	.clock = clock_set,
	.pair = shimlink_pair,
	.state = shimlink_state,
	.assoc = trigger_assoc,
	.usable = local_usable,
	.rng = hal_random,
	.active = clock_active,
	.ages = clock_ages,
};

static int open_engine(struct reapd *r)
{
	struct reap_config cfg = reap_config(&r->conf);

	r->engine = engine_new(&cfg, &ops, r, &r->counters);
	r->engine_timer = hal_timer_new(r->loop, on_engine_timer, r);
	if (r->engine && r->engine_timer)
		return 0;
	hal_daemon_fail("out of memory");
	return -1;
}

/* --- signals ---------------------------------------------------------------------------------- */

static void on_stop(int signum, void *arg)
{
	struct reapd *r = arg;

	log_notice("%s: ending", strsignal(signum));
	hal_loop_stop(r->loop, EXIT_SUCCESS);
}

static void on_reload(int signum, void *arg)
{
	struct reapd *r = arg;
	struct reap_config cfg;
	struct conf c, old;
	char what[512];

	(void)signum;
	hal_daemon_notify("RELOADING=1");
	if (load(&c, say_reload)) {
		log_err("the configuration is left as it was");
	} else {
		conf_diff(&r->conf, &c, what, sizeof(what));
		log_notice("configuration read again%s%s", *what ? ", changed: " : ", nothing changed", what);
		/* These hold open sockets. */
		memcpy(c.daemon.rundir, r->conf.daemon.rundir, sizeof(c.daemon.rundir));
		c.dataplane.queue_reap = r->conf.dataplane.queue_reap;
		old = r->conf;
		r->conf = c;
		cfg = reap_config(&c);
		hal_log_set_level(log_level(&c));
		engine_reconfigure(r->engine, &cfg);
		set_fast(r);
		if (memcmp(&old.trigger, &c.trigger, sizeof(c.trigger)))
			trigger_reconfigure(r);
		engine_rearm(r);
	}
	hal_daemon_notify("READY=1");
}

/* --- life ------------------------------------------------------------------------------------- */

static int drop_privileges(void)
{
	static const int caps[] = { CAP_NET_ADMIN, CAP_NET_RAW };
	int err = hal_drop_caps(caps, sizeof(caps) / sizeof(caps[0]), false);

	if (!err)
		err = hal_seccomp();
	if (!err || err == -ENOSYS)
		return 0;
	hal_daemon_fail("cannot give up privileges: %s", strerror(-err));
	return -1;
}

static int check_privileges(void)
{
	if (hal_have_cap(CAP_NET_ADMIN) && hal_have_cap(CAP_NET_RAW))
		return 0;
	hal_daemon_fail("CAP_NET_ADMIN and CAP_NET_RAW are needed: start it as root");
	return -1;
}

static int catch_signals(struct reapd *r)
{
	r->signals[0] = hal_signal_add(r->loop, SIGTERM, on_stop, r);
	r->signals[1] = hal_signal_add(r->loop, SIGINT, on_stop, r);
	r->signals[2] = hal_signal_add(r->loop, SIGHUP, on_reload, r);
	if (r->signals[0] && r->signals[1] && r->signals[2])
		return 0;
	hal_daemon_fail("cannot catch signals: %s", strerror(errno));
	return -1;
}

static int open_all(struct reapd *r)
{
	r->loop = hal_loop_new();
	if (!r->loop) {
		hal_daemon_fail("cannot make an event loop: %s", strerror(errno));
		return -1;
	}
	/* The control daemon comes last: everything that it may ask for has to be there. */
	if (catch_signals(r) || open_engine(r) || clock_open(r) || local_open(r) || input_open(r) || trigger_open(r) ||
	    shimlink_open(r))
		return -1;
	set_fast(r);
	return drop_privileges();
}

static void close_all(struct reapd *r)
{
	shimlink_close(r);
	engine_free(r->engine);		/* tells the trigger */
	trigger_close(r);
	input_close(r);
	local_close(r);
	clock_close(r);
	hal_timer_free(r->engine_timer);
	for (int i = 0; i < 3; i++)
		hal_signal_del(r->signals[i]);
	hal_loop_free(r->loop);
}

static int run(struct reapd *r)
{
	int status = EXIT_FAILURE;

	if (!open_all(r)) {
		log_notice("reapd " SHIM6_VERSION " started");
		hal_daemon_ready("watching");
		status = hal_loop_run(r->loop);
		hal_daemon_notify("STOPPING=1");
	}
	close_all(r);
	return status < 0 ? EXIT_FAILURE : status;
}

int main(int argc, char *argv[])
{
	static const struct hal_daemon_info info = {
		.name = "reapd",
		.what = "reachability daemon of shim6 (RFC 5534)",
		.version = SHIM6_VERSION,
		.config = CONF_FILE,
	};
	char pidfile[CONF_PATH_MAX + 16];
	static struct reapd r;
	int err, fd, other;

	err = hal_daemon_args(&args, &info, argc, argv);
	if (err >= 0)
		return err;
	hal_log_open("reapd", true, args.debug ? HAL_LOG_DEBUG : HAL_LOG_NOTICE);
	if (load(&r.conf, say_start))
		return EXIT_FAILURE;
	if (check_privileges())
		return EXIT_FAILURE;
	if (!args.foreground) {
		err = hal_daemon_fork();
		if (err) {
			hal_daemon_fail("cannot go to the background: %s", strerror(-err));
			return EXIT_FAILURE;
		}
	}
	hal_log_open("reapd", args.foreground, log_level(&r.conf));
	hash_seed();

	err = hal_rundir(r.conf.daemon.rundir, r.conf.daemon.group);
	if (err) {
		hal_daemon_fail("cannot use run directory %s: %s", r.conf.daemon.rundir, strerror(-err));
		return EXIT_FAILURE;
	}
	snprintf(pidfile, sizeof(pidfile), "%s/reapd.pid", r.conf.daemon.rundir);
	err = hal_pidfile(pidfile, &fd, &other);
	if (err == -EAGAIN) {
		hal_daemon_fail("reapd runs already, process %d (%s)", other, pidfile);
		return EXIT_FAILURE;
	}
	if (err) {
		hal_daemon_fail("cannot write %s: %s", pidfile, strerror(-err));
		return EXIT_FAILURE;
	}
	err = run(&r);
	hal_pidfile_remove(pidfile, fd);
	return err;
}
