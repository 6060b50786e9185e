// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "hal/clock.h"

#define LINE_MAX_LEN	1024

static const char *log_ident = "hal";
static bool log_stderr = true;
static enum hal_log_level log_level = HAL_LOG_NOTICE;
static hal_log_hook_fn log_hook;
static void *log_hook_arg;

static const struct {
	const char *name;
	int priority;
} levels[] = {
	[HAL_LOG_ERR]	 = { "error", LOG_ERR },
	[HAL_LOG_WARN]	 = { "warning", LOG_WARNING },
	[HAL_LOG_NOTICE] = { "notice", LOG_NOTICE },
	[HAL_LOG_INFO]	 = { "info", LOG_INFO },
	[HAL_LOG_DEBUG]	 = { "debug", LOG_DEBUG },
};

void hal_log_open(const char *ident, bool to_stderr, enum hal_log_level level)
{
	if (!log_stderr)
		closelog();
	log_ident = ident;
	log_stderr = to_stderr;
	log_level = level;
	if (!to_stderr)
		openlog(ident, LOG_PID | LOG_NDELAY, LOG_DAEMON);
}

void hal_log_close(void)
{
	if (!log_stderr)
		closelog();
	log_stderr = true;
}

bool hal_log_to_stderr(void)
{
	return log_stderr;
}

void hal_log_set_level(enum hal_log_level level)
{
	log_level = level;
}

enum hal_log_level hal_log_get_level(void)
{
	return log_level;
}

const char *hal_log_level_name(enum hal_log_level level)
{
	return level <= HAL_LOG_DEBUG ? levels[level].name : "?";
}

void hal_log_hook(hal_log_hook_fn hook, void *arg)
{
	log_hook = hook;
	log_hook_arg = arg;
}

static void put(enum hal_log_level level, char *line)
{
	char *p;

	/* Text of peers and programs must not forge lines or move the operator's cursor. */
	for (p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = ' ';
	if (log_hook) {
		log_hook(level, line, log_hook_arg);
	} else if (log_stderr && log_level == HAL_LOG_DEBUG) {
		uint64_t now = hal_now_ms();	/* who asks for all this may want to know where the time went */

		fprintf(stderr, "%llu.%03llu %s: %s: %s\n", (unsigned long long)now / 1000,
			(unsigned long long)now % 1000, log_ident, levels[level].name, line);
	} else if (log_stderr) {
		fprintf(stderr, "%s: %s: %s\n", log_ident, levels[level].name, line);
	} else {
		syslog(levels[level].priority, "%s", line);
	}
}

static void logv(enum hal_log_level level, const char *tail, const char *fmt, va_list ap)
{
	char line[LINE_MAX_LEN];
	int saved = errno, n;

	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(line) && tail)
		snprintf(line + n, sizeof(line) - (size_t)n, "%s", tail);
	put(level, line);
	errno = saved;
}

void hal_vlogf(enum hal_log_level level, const char *fmt, va_list ap)
{
	if (level <= log_level)
		logv(level, NULL, fmt, ap);
}

void hal_logf(enum hal_log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hal_vlogf(level, fmt, ap);
	va_end(ap);
}

void hal_logf_errno(enum hal_log_level level, int err, const char *fmt, ...)
{
	int saved = errno;
	char tail[160];
	va_list ap;

	if (level > log_level)
		return;
	snprintf(tail, sizeof(tail), ": %s", strerror(err < 0 ? -err : err));
	va_start(ap, fmt);
	logv(level, tail, fmt, ap);
	va_end(ap);
	errno = saved;
}

bool hal_log_allow(struct hal_log_limit *lim, uint64_t now, uint32_t *held)
{
	*held = 0;
	if (!lim->seen || now - lim->since >= lim->interval) {
		*held = lim->held;
		lim->since = now;
		lim->seen = 0;
		lim->held = 0;
	}
	if (lim->seen >= lim->burst) {
		lim->held++;
		return false;
	}
	lim->seen++;
	return true;
}

void hal_log_limited(struct hal_log_limit *lim, enum hal_log_level level, const char *fmt, ...)
{
	char tail[64];
	uint32_t held;
	va_list ap;

	if (level > log_level || !hal_log_allow(lim, hal_now_ms(), &held))
		return;
	snprintf(tail, sizeof(tail), " (%u more like it were held back)", held);
	va_start(ap, fmt);
	logv(level, held ? tail : NULL, fmt, ap);
	va_end(ap);
}
