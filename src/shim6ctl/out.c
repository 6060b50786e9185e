// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shim6ctl.h"

struct table {
	unsigned int columns, n, cap;
	bool right[COLUMNS_MAX];
	unsigned int width[COLUMNS_MAX];
	char **cells;			/* the heads first */
};

static void add(struct table *t, char *text)
{
	unsigned int column = t->n % t->columns;

	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->cells = realloc(t->cells, t->cap * sizeof(*t->cells));
	}
	if (!t->cells || !text) {
		complain("out of memory");
		exit(EXIT_FAILED);
	}
	if (strlen(text) > t->width[column])
		t->width[column] = (unsigned int)strlen(text);
	t->cells[t->n++] = text;
}

struct table *table_new(const char *const heads[])
{
	struct table *t = calloc(1, sizeof(*t));
	unsigned int i;

	if (!t) {
		complain("out of memory");
		exit(EXIT_FAILED);
	}
	while (t->columns < COLUMNS_MAX && heads[t->columns])
		t->columns++;
	for (i = 0; i < t->columns; i++) {
		t->right[i] = heads[i][0] == '>';
		add(t, strdup(heads[i] + t->right[i]));
	}
	return t;
}

void table_cell(struct table *t, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	add(t, text);
}

void table_print(struct table *t)
{
	unsigned int i, column;

	for (i = 0; i < t->n; i++) {
		column = i % t->columns;
		if (t->right[column])
			printf("%*s", (int)t->width[column], t->cells[i]);
		else if (column + 1 < t->columns)
			printf("%-*s", (int)t->width[column], t->cells[i]);
		else
			fputs(t->cells[i], stdout);	/* no blanks at the end of a line */
		fputs(column + 1 < t->columns ? "  " : "\n", stdout);
		free(t->cells[i]);
	}
	free(t->cells);
	free(t);
}

void print_json(const json_t *o)
{
	json_dumpf(o, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY);
	putchar('\n');
}

const char *str(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key)), *p;

	if (!s)
		return "-";
	for (p = s; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			return "?";
	return s;
}

long long num(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

bool flag(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

bool known(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);

	return v && !json_is_null(v);
}

const char *duration(long long ms, char *buf, size_t size)
{
	long long s = ms / 1000;

	if (ms < 1000)
		snprintf(buf, size, "%lld ms", ms);
	else if (s < 120)
		snprintf(buf, size, "%lld s", s);
	else if (s < 7200)
		snprintf(buf, size, "%lld min", s / 60);
	else if (s < 2 * 86400)
		snprintf(buf, size, "%lld h %lld min", s / 3600, s % 3600 / 60);
	else
		snprintf(buf, size, "%lld d %lld h", s / 86400, s % 86400 / 3600);
	return buf;
}
