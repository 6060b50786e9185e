/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of shim6ctl share. */
#ifndef SHIM6CTL_H
#define SHIM6CTL_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Exit status */
enum {
	EXIT_OK		= 0,
	EXIT_FAILED	= 1,	/* shim6d refused, is not there, or doctor found a fault */
	EXIT_USAGE	= 2,
};

struct ctl {
	const char *rundir;
	char socket[108];
	bool json;
	uint32_t timeout;		/* ms without a word from shim6d */
};

struct command {
	const char *name, *args, *help;
	int (*run)(struct ctl *c, int argc, char *argv[]);	/* argv[0] is the command; returns the exit status */
};

/* A line "shim6ctl: text" on stderr; returns EXIT_FAILED. */
int complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same and "try --help"; returns EXIT_USAGE. */
int misused(const struct command *cmd, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const struct command *find_command(const char *name);

/* --- client.c --- */

/* An item of an answer (a frame that more follow); @item is borrowed. */
typedef void (*item_fn)(const json_t *item, void *arg);

/*
 * Send @req (freed) and read the whole answer.  Returns 0 and in *@last (may be NULL; to be freed) its last object, or
 * complains and returns EXIT_FAILED.  @endless: no time-out once connected, the answer ends when shim6d does.
 */
int ask(struct ctl *c, json_t *req, bool endless, item_fn item, void *arg, json_t **last);
/* The same without complaining: *@why gets the reason. */
int ask_quietly(struct ctl *c, json_t *req, item_fn item, void *arg, json_t **last, char *why, size_t size);

/* --- out.c --- */

#define COLUMNS_MAX	10

/* A table that is as wide as its widest cells. */
struct table;
struct table *table_new(const char *const heads[]);	/* NULL-terminated; a head that begins with '>' aligns right */
void table_cell(struct table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void table_print(struct table *t);			/* and frees it */

void print_json(const json_t *o);			/* indented, sorted as it came, and a newline */
const char *str(const json_t *o, const char *key);	/* "-" for null and absent; "?" with control characters in it */
long long num(const json_t *o, const char *key);	/* 0 for null and absent */
bool flag(const json_t *o, const char *key);
bool known(const json_t *o, const char *key);		/* there and not null */
/* Milliseconds as people say them: "350 ms", "12 s", "3 min", "2 h 5 min", "4 d 3 h". */
const char *duration(long long ms, char *buf, size_t size);

/* --- commands --- */

int cmd_status(struct ctl *c, int argc, char *argv[]);
int cmd_contexts(struct ctl *c, int argc, char *argv[]);
int cmd_locators(struct ctl *c, int argc, char *argv[]);
int cmd_addr(struct ctl *c, int argc, char *argv[]);
int cmd_stats(struct ctl *c, int argc, char *argv[]);
int cmd_trigger(struct ctl *c, int argc, char *argv[]);
int cmd_delete(struct ctl *c, int argc, char *argv[]);
int cmd_move(struct ctl *c, int argc, char *argv[]);
int cmd_rank(struct ctl *c, int argc, char *argv[]);	/* locators prefer, locators forget */
int cmd_update(struct ctl *c, int argc, char *argv[]);
int cmd_standby(struct ctl *c, int argc, char *argv[]);
int cmd_monitor(struct ctl *c, int argc, char *argv[]);
int cmd_doctor(struct ctl *c, int argc, char *argv[]);

#endif /* SHIM6CTL_H */
