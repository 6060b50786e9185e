// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the configuration: libconfuse knows the syntax, keys.c the keys, value.c the values.
 */
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/keys.h"
#include "hal/log.h"

#define SECTIONS_MAX	16
#define FILE_MAX	(1 << 20)	/* octets */
/* Stands behind the file's text; where libconfuse does not meet it, a section or a comment was left open. */
#define END_MARK	"__end"

/* One reading of a file.  libconfuse's callbacks carry no pointer of ours, hence the variable. */
struct reader {
	struct conf scratch;		/* values are tried here to have them checked in their line */
	conf_say_fn say;
	void *arg;
	const char *file;
	unsigned int errors;
};

static _Thread_local struct reader *reading;

__attribute__((format(printf, 4, 5)))
static void tell(conf_say_fn say, void *arg, bool error, const char *fmt, ...)
{
	char text[768];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	say(arg, error, text);
}

void conf_default(struct conf *c)
{
	memset(c, 0, sizeof(*c));
	snprintf(c->daemon.rundir, sizeof(c->daemon.rundir), "/run/shim6");
	snprintf(c->daemon.group, sizeof(c->daemon.group), "shim6");
	c->daemon.log_level = HAL_LOG_NOTICE;
	c->daemon.debug_port = 19384;
	snprintf(c->security.state, sizeof(c->security.state), "/var/lib/shim6");
	snprintf(c->dataplane.ip6tables, sizeof(c->dataplane.ip6tables), "ip6tables");
	c->security.min_key_bits = 1024;	/* RFC 5533, 16 */
	c->security.max_locators = 32;
	c->security.max_pds = 1024;
	c->dataplane.queue_control = 1;
	c->dataplane.queue_reap = 2;
	c->dataplane.max_contexts = 65536;
	c->trigger.enabled = true;
	c->trigger.packets = 45;
	conf_default_profile(c, CONF_PROFILE_RFC);
	c->routing.table = 1400;
	c->routing.priority = 32000;
	c->gc.idle = 300000;
}

void conf_default_profile(struct conf *c, int profile)
{
	bool fast = profile == CONF_PROFILE_FAST;

	c->reap.profile = profile;
	/* RFC 5534, 7.  Keepalives are never sent faster than one a second (Q51), so 3 s is the least that is sound. */
	c->reap.send_timeout = fast ? 3000 : 15000;
	c->reap.initial_probe_timeout = fast ? 80 : 500;
	c->reap.initial_probes = fast ? 16 : 4;
	c->reap.max_probe_timeout = 60000;	/* RFC 5534, 4.3 (Q48) */
	c->reap.hints = fast;
	c->reap.hint_min = 24;
	c->reap.standby = fast ? CONF_STANDBY_ON : CONF_STANDBY_OFF;
	c->reap.standby_interval = 10000;
	c->reap.tcp_kick = true;
	c->reap.failback = CONF_FAILBACK_STAY;
	c->reap.failback_hold = 60000;
	c->reap.probe_rate = 2000;
}

/* Relations between keys. */
static int check_whole(struct conf *c, const char *where, conf_say_fn say, void *arg)
{
	int err = 0;

	if (!*c->daemon.statedir)
		memcpy(c->daemon.statedir, c->daemon.rundir, sizeof(c->daemon.statedir));
	if (c->dataplane.queue_control == c->dataplane.queue_reap) {
		tell(say, arg, true, "%s: dataplane.queue_control and dataplane.queue_reap are both %u; they have to "
		     "differ", where, c->dataplane.queue_control);
		err = -1;
	}
	if (c->reap.max_probe_timeout < c->reap.initial_probe_timeout) {
		tell(say, arg, true, "%s: reap.max_probe_timeout is %u ms; allowed: reap.initial_probe_timeout (%u "
		     "ms) or more", where, c->reap.max_probe_timeout, c->reap.initial_probe_timeout);
		err = -1;
	}
	return err;
}

static void known_keys(const char *section, char *buf, size_t size)
{
	size_t at = 0;

	*buf = '\0';
	for (unsigned int i = 0; i < conf_keys_n && at < size; i++) {
		bool first_of_section = !i || strcmp(conf_keys[i].section, conf_keys[i - 1].section);

		if (section ? !strcmp(section, conf_keys[i].section) : first_of_section)
			at += snprintf(buf + at, size - at, "%s%s", at ? ", " : "",
				       section ? conf_keys[i].name : conf_keys[i].section);
	}
}

static bool section_exists(const char *name)
{
	for (unsigned int i = 0; i < conf_keys_n; i++)
		if (!strcmp(conf_keys[i].section, name))
			return true;
	return false;
}

/* What libconfuse finds wrong with the syntax. */
__attribute__((format(printf, 2, 0)))
static void syntax_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	const char *section = cfg && cfg->name && section_exists(cfg->name) ? cfg->name : NULL;
	char text[256], known[512] = "";

	vsnprintf(text, sizeof(text), fmt, ap);
	if (strstr(text, END_MARK))
		snprintf(text, sizeof(text), "the file ends inside section %s: a closing brace is missing", cfg->name);
	else if (!strncmp(text, "no such option", 14))
		known_keys(section, known, sizeof(known));
	tell(reading->say, reading->arg, true, "%s:%d: %s%s%s%s%s", reading->file, cfg ? cfg->line : 0, text,
	     *known ? "; allowed in " : "", *known ? section ? section : "the file" : "", *known ? ": " : "", known);
	reading->errors++;
}

/* Called for each value, in its line. */
static int check_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	const struct key *k = conf_key_find(cfg->name, opt->name);
	char why[512];
	int ret;

	ret = k ? conf_key_parse(k, value, &reading->scratch, why, sizeof(why)) : 0;
	if (ret) {
		tell(reading->say, reading->arg, ret < 0, "%s:%d: %s.%s: %s", reading->file, cfg->line, k->section,
		     k->name, why);
		if (ret < 0) {
			reading->errors++;
			return -1;
		}
	}
	*(const char **)result = value;
	return 0;
}

/* libconfuse's tables, made of ours. */
struct tables {
	cfg_opt_t *values;			/* of all sections, each part closed by CFG_END */
	cfg_opt_t sections[SECTIONS_MAX + 2];
};

static int make_tables(struct tables *t)
{
	cfg_opt_t end = CFG_END(), mark = CFG_INT(END_MARK, 0, CFGF_NONE);
	unsigned int sections = 0;
	cfg_opt_t *v;

	v = t->values = calloc(conf_keys_n + SECTIONS_MAX, sizeof(*v));
	if (!v)
		return -1;
	for (unsigned int i = 0; i < conf_keys_n; i++) {
		const struct key *k = &conf_keys[i];
		cfg_opt_t one = CFG_STR_CB(k->name, NULL, CFGF_NODEFAULT, check_value);
		cfg_opt_t list = CFG_STR_LIST_CB(k->name, NULL, CFGF_NODEFAULT, check_value);

		if (!i || strcmp(k->section, conf_keys[i - 1].section)) {
			cfg_opt_t section = CFG_SEC(k->section, NULL, CFGF_NONE);

			if (i)
				*v++ = end;
			section.subopts = v;
			t->sections[sections++] = section;
		}
		*v++ = conf_key_is_list(k) ? list : one;
	}
	*v = end;
	t->sections[sections++] = mark;
	t->sections[sections] = end;
	return 0;
}

/* Everything has been checked; take it over. */
static void take_values(struct conf *c, cfg_t *cfg)
{
	char why[512];

	for (unsigned int i = 0; i < conf_keys_n; i++) {
		const struct key *k = &conf_keys[i];
		cfg_t *section = cfg_getsec(cfg, k->section);
		cfg_opt_t *opt = section ? cfg_getopt(section, k->name) : NULL;
		unsigned int n = opt ? cfg_opt_size(opt) : 0;

		if (n)
			conf_key_clear(k, c);
		for (unsigned int j = 0; j < n; j++)
			if (cfg_opt_getnstr(opt, j))
				conf_key_parse(k, cfg_opt_getnstr(opt, j), c, why, sizeof(why));
	}
}

/*
 * Comments become spaces, line by line: libconfuse 3.3 counts three lines for each, so that its errors named a line far
 * behind the mistake, and stumbles over one inside a list.  One that does not end is left for it to complain about.
 */
static void blank_comments(char *text)
{
	bool word = false;		/* inside one, // is no comment */
	char quote = '\0';

	for (char *c = text; *c; c++) {
		size_t len = 0;
		char *end;

		if (quote) {
			if (*c == '\\' && c[1])
				c++;
			else if (*c == quote)
				quote = '\0';
			continue;
		}
		if (*c == '#' || (!word && c[0] == '/' && c[1] == '/')) {
			len = strcspn(c, "\n");
		} else if (!word && c[0] == '/' && c[1] == '*') {
			end = strstr(c + 2, "*/");
			if (!end)
				return;
			len = end + 2 - c;
		}
		if (len) {
			for (end = c + len; c < end; c++)
				if (*c != '\n')
					*c = ' ';
			c--;
		}
		if (*c == '"' || *c == '\'')
			quote = *c;
		word = !strchr(" \t\r\n\"'={}()+,", *c);
	}
}

/* The whole of @file with END_MARK behind it, to be freed; NULL with errno. */
static char *read_file(const char *file)
{
	char *text = malloc(FILE_MAX + 32);
	FILE *f = fopen(file, "re");
	size_t n = 0;

	if (f && text) {
		errno = 0;
		n = fread(text, 1, FILE_MAX, f);
		if (!ferror(f) && n == FILE_MAX)
			errno = EFBIG;
		else if (!ferror(f) && memchr(text, '\0', n))
			errno = EILSEQ;
	}
	if (!f || !text || errno) {
		int err = errno;

		free(text);
		text = NULL;
		if (f)
			fclose(f);
		errno = err;
		return NULL;
	}
	fclose(f);
	snprintf(text + n, 32, "\n" END_MARK "=1\n");
	blank_comments(text);
	return text;
}

static int load_file(struct conf *c, const char *file, bool must_exist, conf_say_fn say, void *arg)
{
	struct reader r = { .say = say, .arg = arg, .file = file };
	struct tables t = { 0 };
	cfg_t *cfg = NULL;
	char *text;
	int ret = -1;

	text = read_file(file);
	if (!text) {
		if (errno == ENOENT && !must_exist)
			return 0;
		tell(say, arg, true, "%s: cannot be read: %s", file, strerror(errno));
		return -1;
	}
	if (!make_tables(&t))
		cfg = cfg_init(t.sections, CFGF_NONE);
	if (!cfg) {
		tell(say, arg, true, "%s: out of memory", file);
		goto out;
	}
	reading = &r;
	cfg_set_error_function(cfg, syntax_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS && !r.errors) {
		tell(say, arg, true, "%s:%d: cannot be understood", file, cfg->line);
		r.errors++;
	} else if (!r.errors && !cfg_getint(cfg, END_MARK)) {
		tell(say, arg, true, "%s: the file ends inside a comment: */ is missing", file);
		r.errors++;
	}
	reading = NULL;
	if (!r.errors) {
		take_values(c, cfg);
		ret = 0;
	}
	cfg_free(cfg);
out:
	free(t.values);
	free(text);
	return ret;
}

int conf_set(struct conf *c, const char *section, const char *key, const char *value, const char *where,
	     conf_say_fn say, void *arg)
{
	const struct key *k = conf_key_find(section, key);
	char why[512], known[512], item[256];
	int ret = 0;

	if (!k) {
		bool have = section_exists(section);

		known_keys(have ? section : NULL, known, sizeof(known));
		tell(say, arg, true, "%s: there is no key %s.%s; allowed%s%s: %s", where, section, key,
		     have ? " in " : " sections", have ? section : "", known);
		return -1;
	}
	if (!conf_key_is_list(k)) {
		ret = conf_key_parse(k, value, c, why, sizeof(why));
		if (ret)
			tell(say, arg, ret < 0, "%s: %s", where, why);
		return ret < 0 ? -1 : 0;
	}
	conf_key_clear(k, c);
	while (*value) {
		size_t n = strcspn(value, ",");

		snprintf(item, sizeof(item), "%.*s", n < sizeof(item) ? (int)n : (int)sizeof(item) - 1, value);
		ret = conf_key_parse(k, item, c, why, sizeof(why));
		if (ret < 0) {
			tell(say, arg, true, "%s: %s", where, why);
			return -1;
		}
		value += n + (value[n] == ',');
	}
	return 0;
}

static int set_override(struct conf *c, const char *text, conf_say_fn say, void *arg)
{
	char where[160], section[32], key[64];
	const char *dot = strchr(text, '.'), *equals = strchr(text, '=');

	snprintf(where, sizeof(where), "-o %s", text);
	if (!dot || !equals || dot > equals || dot - text >= (int)sizeof(section) || equals - dot > (int)sizeof(key)) {
		tell(say, arg, true, "%s: allowed: -o section.key=value", where);
		return -1;
	}
	snprintf(section, sizeof(section), "%.*s", (int)(dot - text), text);
	snprintf(key, sizeof(key), "%.*s", (int)(equals - dot - 1), dot + 1);
	return conf_set(c, section, key, equals + 1, where, say, arg);
}

static int read_all(struct conf *c, const char *file, bool must_exist, const char *const *overrides, unsigned int n,
		    conf_say_fn say, void *arg)
{
	int err = 0;

	if (load_file(c, file, must_exist, say, arg))
		return -1;
	for (unsigned int i = 0; i < n; i++)
		if (set_override(c, overrides[i], say, arg))
			err = -1;
	return err;
}

static void say_nothing(void *arg, bool error, const char *text)
{
	(void)arg;
	(void)error;
	(void)text;
}

int conf_load(struct conf *c, const char *file, bool must_exist, const char *const *overrides, unsigned int n,
	      conf_say_fn say, void *arg)
{
	int profile;

	conf_default(c);
	if (read_all(c, file, must_exist, overrides, n, say, arg))
		return -1;
	profile = c->reap.profile;
	if (profile != CONF_PROFILE_RFC) {
		/* It changes defaults, wherever it stands: once more on top of these; what there is to say was said. */
		conf_default(c);
		conf_default_profile(c, profile);
		if (read_all(c, file, must_exist, overrides, n, say_nothing, NULL)) {
			tell(say, arg, true, "%s: changed while it was read", file);
			return -1;
		}
	}
	return check_whole(c, file, say, arg);
}

unsigned int conf_diff(const struct conf *a, const struct conf *b, char *buf, size_t size)
{
	unsigned int n = 0;
	size_t at = 0;

	if (size)
		*buf = '\0';
	for (unsigned int i = 0; i < conf_keys_n; i++) {
		const struct key *k = &conf_keys[i];

		if (!memcmp((const char *)a + k->offset, (const char *)b + k->offset, k->size))
			continue;
		if (at < size)
			at += snprintf(buf + at, size - at, "%s%s.%s", n ? ", " : "", k->section, k->name);
		n++;
	}
	return n;
}
