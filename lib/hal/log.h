/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The log: to stderr ("ident: level: text") or to syslog (which is the journal on systemd), or to a test's hook.
 * One line a call, no newline at its end.  Says what failed, why, and what to do next.  errno is preserved.
 */
#ifndef HAL_LOG_H
#define HAL_LOG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

enum hal_log_level {
	HAL_LOG_ERR,		/* the operator has to act */
	HAL_LOG_WARN,		/* something is wrong, we go on */
	HAL_LOG_NOTICE,		/* start, stop, a context or pair changed */
	HAL_LOG_INFO,		/* every step worth knowing when looking for a fault */
	HAL_LOG_DEBUG,		/* every packet */
};

/* @ident is kept, not copied.  Before this call lines go to stderr at level NOTICE. */
void hal_log_open(const char *ident, bool to_stderr, enum hal_log_level level);
void hal_log_close(void);
bool hal_log_to_stderr(void);
void hal_log_set_level(enum hal_log_level level);
enum hal_log_level hal_log_get_level(void);
const char *hal_log_level_name(enum hal_log_level level);	/* "error", "warning", "notice", "info", "debug" */

/* All lines that pass the level go to @hook instead; NULL ends that.  @line is valid during the call. */
typedef void (*hal_log_hook_fn)(enum hal_log_level level, const char *line, void *arg);
void hal_log_hook(hal_log_hook_fn hook, void *arg);

void hal_logf(enum hal_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hal_vlogf(enum hal_log_level level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* Appends ": " and the text of @err, an errno of either sign. */
void hal_logf_errno(enum hal_log_level level, int err, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#define log_err(...)			hal_logf(HAL_LOG_ERR, __VA_ARGS__)
#define log_warn(...)			hal_logf(HAL_LOG_WARN, __VA_ARGS__)
#define log_notice(...)			hal_logf(HAL_LOG_NOTICE, __VA_ARGS__)
#define log_info(...)			hal_logf(HAL_LOG_INFO, __VA_ARGS__)
/* The arguments are not evaluated while the level is lower. */
#define log_debug(...) \
	do { if (hal_log_get_level() >= HAL_LOG_DEBUG) hal_logf(HAL_LOG_DEBUG, __VA_ARGS__); } while (0)
#define log_err_errno(err, ...)		hal_logf_errno(HAL_LOG_ERR, err, __VA_ARGS__)
#define log_warn_errno(err, ...)	hal_logf_errno(HAL_LOG_WARN, err, __VA_ARGS__)

/*
 * For lines that a peer or a flood could repeat: at most @burst in @interval ms, and the first line of the next
 * interval ends with the number held back.
 *	static struct hal_log_limit lim = HAL_LOG_LIMIT(10000, 5);
 *	log_limited(&lim, HAL_LOG_WARN, "...");
 */
struct hal_log_limit {
	uint32_t interval, burst;
	uint64_t since;
	uint32_t seen, held;
};
#define HAL_LOG_LIMIT(interval_ms, burst_lines) { (interval_ms), (burst_lines), 0, 0, 0 }
/* True if a line may be written at @now; *@held: lines suppressed since the last interval, to be told now, or 0. */
bool hal_log_allow(struct hal_log_limit *lim, uint64_t now, uint32_t *held);
void hal_log_limited(struct hal_log_limit *lim, enum hal_log_level level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
#define log_limited(lim, level, ...)	hal_log_limited(lim, level, __VA_ARGS__)

#endif /* HAL_LOG_H */
