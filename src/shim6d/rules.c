// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our chains in the table mangle: put there at the start, replaced as a whole at every change, gone at the end.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hal/log.h"
#include "hal/spawn.h"
#include "ruletext.h"
#include "shim6d.h"

#define TIME	30000		/* ms; another program may hold the lock for a while */

/* Run; on failure the first line that the program said is in @why. */
static int run(const char *const argv[], const char *input, char **out, char *why, size_t size)
{
	struct hal_spawn_result res;
	int ret;

	ret = hal_spawn_wait(argv, input, TIME, &res);
	if (ret) {
		res.err[strcspn(res.err, "\n")] = '\0';
		snprintf(why, size, "%s: %s", argv[0],
			 res.error ? strerror(-res.error) : *res.err ? res.err : "failed");
	} else if (out) {
		*out = res.out;
		res.out = NULL;
	}
	hal_spawn_result_free(&res);
	return ret ? -1 : 0;
}

static int look(const struct shim6d *d, struct rules_seen *seen, char *why, size_t size)
{
	const char *const argv[] = { d->conf.dataplane.ip6tables, "-w", "20", "-t", "mangle", "-S", NULL };
	char *out = NULL;

	if (run(argv, NULL, &out, why, size))
		return -1;
	ruletext_read(out ? out : "", seen);
	free(out);
	return 0;
}

static int restore(const struct shim6d *d, char *text, char *why, size_t size)
{
	char program[CONF_PATH_MAX + 16];
	const char *const argv[] = { program, "-w", "20", "--noflush", NULL };
	int ret;

	if (!text) {
		snprintf(why, size, "out of memory");
		return -1;
	}
	snprintf(program, sizeof(program), "%s-restore", d->conf.dataplane.ip6tables);
	ret = run(argv, text, NULL, why, size);
	free(text);
	return ret;
}

/* The static rules that people typed at the debug port; *@n is 0 with NULL. */
static struct rules_static *collect(struct shim6d *d, unsigned int *n)
{
	const struct s6_ctx *c = NULL;
	struct rules_static *r;

	*n = 0;
	r = calloc(2 * s6_count(engine_host(d)) + 1, sizeof(*r));
	if (!r)
		return NULL;
	while ((c = s6_next(engine_host(d), c))) {
		const struct ctxinfo *info = engine_info(d, c->id);

		if (info && info->shim)
			r[(*n)++] = (struct rules_static){ .tag = c->ct_peer, .ulid_local = c->ulid_local,
				.ulid_peer = c->ulid_peer, .src = info->shim_src, .dst = info->shim_dst };
		if (info && info->deshim)
			r[(*n)++] = (struct rules_static){ .in = true, .tag = c->ct_local, .ulid_local = c->ulid_local,
				.ulid_peer = c->ulid_peer };
	}
	return r;
}

int rules_update(struct shim6d *d, char *why, size_t size)
{
	struct rules_want want = {
		.table = d->conf.dataplane.attach == CONF_ATTACH_RULES,
		.queue_control = d->conf.dataplane.queue_control,
		.queue_reap = d->conf.dataplane.queue_reap,
	};
	struct rules_seen seen;
	struct rules_static *fixed;
	int ret;

	if (look(d, &seen, why, size))
		return -1;
	fixed = collect(d, &want.n);
	want.fixed = fixed;
	ret = restore(d, fixed ? ruletext_install(&want, &seen) : NULL, why, size);
	free(fixed);
	return ret;
}

int rules_install(struct shim6d *d)
{
	char why[512];

	if (!rules_update(d, why, sizeof(why))) {
		d->rules_installed = true;
		return 0;
	}
	hal_daemon_fail("the ip6tables rules cannot be installed: %s; are the ip6tables extensions of shim6 "
			"installed, and is dataplane.ip6tables right?", why);
	return -1;
}

void rules_remove(struct shim6d *d)
{
	struct rules_seen seen;
	char why[512];

	if (!d->rules_installed)
		return;
	d->rules_installed = false;
	if (look(d, &seen, why, sizeof(why)) ||
	    restore(d, ruletext_detach(&seen), why, sizeof(why)) ||
	    restore(d, ruletext_delete(&seen), why, sizeof(why)))
		log_warn("our ip6tables rules are not all removed: %s; see ip6tables -t mangle -S", why);
}
