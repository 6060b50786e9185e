// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a killed shim6d leaves to the next one: STATEDIR/shim6d.state, written at most every 100 ms while contexts
 * change.  The kernel has the rest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hal/clock.h"
#include "hal/log.h"
#include "shim6d.h"
#include "statefile.h"
#include "text.h"

#define NAME		"shim6d.state"
#define INTERVAL	100		/* ms */
#define BUSY		20		/* writing takes at most one part in so many of our time */
#define SIZE_MAX_FILE	(1u << 30)	/* octets; more than any number of contexts needs */

struct state {
	char path[CONF_PATH_MAX + 32], tmp[CONF_PATH_MAX + 32];
	struct statefile_where where;
	struct hal_timer *timer;
	bool pending;
	uint64_t not_before;		/* ms */
};

/* --- writing --------------------------------------------------------------------------------------------------- */

static int put_contexts(struct shim6d *d, FILE *f)
{
	uint8_t head[STATEFILE_HEADER], record[STATEFILE_RECORD], blob[S6_SAVE_MAX];
	const struct s6_ctx *c = NULL;
	uint32_t n = 0;
	size_t len;

	memset(head, 0, sizeof(head));
	if (fwrite(head, sizeof(head), 1, f) != 1)
		return -1;
	while ((c = s6_next(engine_host(d), c))) {
		if (!s6_ctx_live(c))
			continue;
		len = s6_save(c, blob, sizeof(blob));
		if (!len)
			continue;
		statefile_put_record(record, c->ct_local, len);
		if (fwrite(record, sizeof(record), 1, f) != 1 || fwrite(blob, len, 1, f) != 1)
			return -1;
		n++;
	}
	statefile_put_header(head, &d->state->where, n);
	if (fseek(f, 0, SEEK_SET) || fwrite(head, sizeof(head), 1, f) != 1)
		return -1;
	return 0;
}

static int write_file(struct shim6d *d)
{
	struct state *s = d->state;
	FILE *f = NULL;
	int fd, err;

	fd = open(s->tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0)
		f = fdopen(fd, "w");
	if (!f) {
		err = -errno;
		if (fd >= 0)
			close(fd);
		return err;
	}
	err = put_contexts(d, f) ? -EIO : 0;
	if (fclose(f) && !err)
		err = -errno;
	/* Not synced: after a crash of the host the kernel has no contexts either. */
	if (!err && rename(s->tmp, s->path))
		err = -errno;
	if (err)
		unlink(s->tmp);
	return err;
}

static void on_timer(void *arg)
{
	static struct hal_log_limit limit = HAL_LOG_LIMIT(60000, 1);
	struct shim6d *d = arg;
	uint64_t begin = hal_now_ms(), end;
	int err;

	d->state->pending = false;
	err = write_file(d);
	if (err) {
		d->counters.state_failed++;
		log_limited(&limit, HAL_LOG_WARN, "%s cannot be written: %s; after a restart contexts would be lost",
			    d->state->path, strerror(-err));
	}
	end = hal_now_ms();
	d->state->not_before = end + ((end - begin) * BUSY > INTERVAL ? (end - begin) * BUSY : INTERVAL);
}

/* The first change is written at once, those that follow together. */
void state_changed(struct shim6d *d)
{
	struct state *s = d->state;

	if (!s || !s->timer || s->pending)
		return;
	s->pending = true;
	hal_timer_at(s->timer, s->not_before);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static uint8_t *read_file(const char *path, size_t *len)
{
	uint8_t *p = NULL;
	struct stat st;
	FILE *f;

	f = fopen(path, "re");
	if (!f)
		return NULL;
	if (!fstat(fileno(f), &st) && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < SIZE_MAX_FILE &&
	    st.st_uid == geteuid() && !(st.st_mode & 022)) {
		p = malloc(st.st_size);
		if (p && fread(p, st.st_size, 1, f) != 1) {
			free(p);
			p = NULL;
		}
		*len = st.st_size;
	} else {
		errno = EPERM;
	}
	fclose(f);
	return p;
}

int state_restore(struct shim6d *d)
{
	size_t len = 0, at = STATEFILE_HEADER, blob_len;
	const uint8_t *blob;
	const char *why;
	uint64_t tag;
	uint8_t *p;
	int n = 0, err;

	p = read_file(d->state->path, &len);
	if (!p) {
		if (errno != ENOENT)
			log_warn("%s cannot be used: %s", d->state->path, strerror(errno));
		return 0;
	}
	why = statefile_check(p, len, &d->state->where);
	if (why)
		log_notice("%s is not used: %s", d->state->path, why);
	while (!why && statefile_next(p, len, &at, &tag, &blob, &blob_len) == 1) {
		if (!kernel_has(d, tag)) {
			log_notice("context with tag 0x%012llx of the state file: the kernel does not have it any more",
				   (unsigned long long)tag);
			continue;
		}
		err = engine_restore(d, blob, blob_len);
		if (err) {
			d->counters.not_restored++;
			log_warn("context with tag 0x%012llx of the state file cannot be taken up: %s",
				 (unsigned long long)tag, strerror(-err));
			continue;
		}
		d->counters.restored++;
		n++;
	}
	free(p);
	return n;
}

/* --- life ---------------------------------------------------------------------------------------- */

static int find_place(struct statefile_where *w)
{
	struct stat st;
	FILE *f;
	int ok;

	f = fopen("/proc/sys/kernel/random/boot_id", "re");
	if (!f)
		return -1;
	ok = fread(w->boot_id, STATEFILE_BOOT_ID, 1, f) == 1;
	fclose(f);
	if (!ok || stat("/proc/self/ns/net", &st))
		return -1;
	w->netns = st.st_ino;
	return 0;
}

int state_open(struct shim6d *d)
{
	struct state *s;

	s = d->state = calloc(1, sizeof(*s));
	if (s)
		s->timer = hal_timer_new(d->loop, on_timer, d);
	if (!s || !s->timer) {
		hal_daemon_fail("out of memory");
		return -1;
	}
	snprintf(s->path, sizeof(s->path), "%s/" NAME, d->conf.daemon.statedir);
	snprintf(s->tmp, sizeof(s->tmp), "%s/" NAME ".new", d->conf.daemon.statedir);
	if (!find_place(&s->where))
		return 0;
	hal_daemon_fail("/proc is needed: /proc/sys/kernel/random/boot_id and /proc/self/ns/net cannot be read");
	return -1;
}

void state_remove(struct shim6d *d)
{
	if (!d->state)
		return;
	d->state->pending = true;	/* nothing more is written */
	hal_timer_stop(d->state->timer);
	unlink(d->state->path);
	unlink(d->state->tmp);
}

void state_close(struct shim6d *d)
{
	if (!d->state)
		return;
	hal_timer_free(d->state->timer);
	free(d->state);
	d->state = NULL;
}
