// SPDX-License-Identifier: GPL-2.0-or-later
/* "shim6ctl addr": what concerns the addresses of this host; list, install, remove. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "addr.h"
#include "common/addr.h"

const char *addr_directory(struct ctl *c, const char *given)
{
	static char dir[PATH_MAX];
	char why[256];
	json_t *o;

	if (given)
		return given;
	snprintf(dir, sizeof(dir), "%s", CGADIR_DEFAULT);
	if (!ask_quietly(c, json_pack("{s:s}", "cmd", "addresses"), NULL, NULL, &o, why, sizeof(why))) {
		snprintf(dir, sizeof(dir), "%s", str(o, "directory"));
		json_decref(o);
	}
	return dir;
}

/* --- list --------------------------------------------------------------------------------------------------------- */

static void keep_item(const json_t *item, void *arg)
{
	json_array_append(arg, (json_t *)item);
}

/* Without shim6d: what is stored. */
static int list_stored(const char *dir, json_t *list, json_t **summary)
{
	struct cgadir d;
	char err[512];

	if (cgadir_read(&d, dir, err, sizeof(err)))
		return complain("%s", err);
	for (unsigned int i = 0; i < d.n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:s, s:n, s:n, s:n, s:s, s:s}",
			"addr", addr_text(&d.a[i].addr), "kind", cga_kind_name(cga_pds_kind(&d.a[i].parsed)),
			"sec", d.a[i].sec, "collisions", d.a[i].pds[24], "state", d.removed ? "removed" : "stored",
			"ifname", "valid", "preferred", "route", "unknown", "file", d.a[i].file));
	*summary = json_pack("{s:s, s:b, s:i}", "directory", dir, "removed", d.removed,
			     "key_bits", d.key ? cga_key_bits(d.key) : 0);
	cgadir_free(&d);
	return EXIT_OK;
}

static const char *lifetime(const json_t *o, const char *key, char *buf, size_t size)
{
	if (!known(o, key))
		return known(o, "ifname") ? "for ever" : "-";
	return duration(num(o, key) * 1000, buf, size);
}

static void print_list(const json_t *list, const json_t *summary)
{
	static const char *const heads[] = { "ADDRESS", "KIND", ">SEC", "STATE", "INTERFACE", "VALID", "PREFERRED",
					     "ROUTE", NULL };
	struct table *t = table_new(heads);
	char valid[32], preferred[32];
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) {
		table_cell(t, "%s", str(o, "addr"));
		table_cell(t, "%s", str(o, "kind"));
		table_cell(t, "%lld", num(o, "sec"));
		table_cell(t, "%s", str(o, "state"));
		table_cell(t, "%s", str(o, "ifname"));
		table_cell(t, "%s", lifetime(o, "valid", valid, sizeof(valid)));
		table_cell(t, "%s", lifetime(o, "preferred", preferred, sizeof(preferred)));
		table_cell(t, "%s", str(o, "route"));
	}
	table_print(t);
	if (num(summary, "key_bits"))
		printf("%s: key of %lld bits\n", str(summary, "directory"), num(summary, "key_bits"));
	else
		printf("%s: no key%s\n", str(summary, "directory"), flag(summary, "making_key") ? " yet" : "");
	if (flag(summary, "removed"))
		puts("taken off this host; 'shim6ctl addr install' brings them back");
}

static int list_own(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	json_t *items = json_array(), *summary = NULL;
	char why[256];
	int ret = EXIT_OK;

	(void)argv;
	if (argc != 1)
		return misused(self, "list takes no arguments");
	if (ask_quietly(c, json_pack("{s:s}", "cmd", "addresses"), keep_item, items, &summary, why, sizeof(why))) {
		fprintf(stderr, "shim6ctl: %s\n", why);
		ret = list_stored(CGADIR_DEFAULT, items, &summary);
	}
	if (!ret && c->json)
		print_json(items);
	else if (!ret)
		print_list(items, summary);
	json_decref(items);
	json_decref(summary);
	return ret;
}

/* --- install, remove ---------------------------------------------------------------------------------------------- */

/* Copy the addresses and the key of @from into @to; shim6d itself is never asked to read what a user names. */
static int copy(const char *from, const char *to)
{
	struct cgadir d;
	char err[512], path[PATH_MAX];
	int rc;

	if (cgadir_read(&d, from, err, sizeof(err)))
		return complain("%s", err);
	if (!d.n)
		return complain("%s: no parameters (*.pds) there; 'shim6ctl addr generate --out %s' makes some", from, from);
	rc = cgadir_make(to);
	snprintf(path, sizeof(path), "%s/" CGADIR_KEY, to);
	if (!rc && d.key)
		rc = cga_key_save(d.key, path);
	for (unsigned int i = 0; i < d.n && !rc; i++)
		rc = cgadir_put(to, &d.a[i].addr, d.a[i].pds, d.a[i].len);
	cgadir_free(&d);
	return rc ? complain("%s: %s", to, strerror(-rc)) : EXIT_OK;
}

/* Another key would leave what it did not make without signature: the directory is renewed as a whole. */
static int same_key(const char *from, const char *to)
{
	static uint8_t a[CGA_PDS_MAX], b[CGA_PDS_MAX];
	struct cgadir old, new;
	char err[512];
	size_t n, m;
	int ret = EXIT_OK;

	if (cgadir_read(&old, to, err, sizeof(err)))
		return complain("%s", err);
	if (cgadir_read(&new, from, err, sizeof(err))) {
		cgadir_free(&old);
		return complain("%s", err);
	}
	if (old.key && new.key && old.n) {
		n = cga_key_public(old.key, a, sizeof(a));
		m = cga_key_public(new.key, b, sizeof(b));
		if (n != m || memcmp(a, b, n))
			ret = complain("%s has addresses of another key; 'shim6ctl addr remove --forget' first", to);
	}
	cgadir_free(&old);
	cgadir_free(&new);
	return ret;
}

static int say_done(struct ctl *c, const char *cmd, bool forget, const char *word)
{
	json_t *o;

	if (ask(c, json_pack("{s:s, s:b}", "cmd", cmd, "forget", forget), false, NULL, NULL, &o))
		return EXIT_FAILED;
	if (c->json)
		print_json(o);
	else
		printf("%s: %s\n", str(o, "directory"), word);
	if (!flag(o, "automatic") && !forget)
		complain("security.addresses = off: shim6d puts no address on an interface, and takes none off");
	json_decref(o);
	return EXIT_OK;
}

static int install(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	const char *to;

	if (argc > 2)
		return misused(self, "install takes at most the name of a directory");
	if (argc == 2) {
		to = addr_directory(c, NULL);
		if (same_key(argv[1], to) || copy(argv[1], to))
			return EXIT_FAILED;
	}
	return say_done(c, "addr-install", false, "addresses are installed where their prefixes are; see 'shim6ctl addr "
						  "list'");
}

static int remove_all(struct ctl *c, const struct command *self, int argc, char *argv[])
{
	bool forget = argc == 2 && !strcmp(argv[1], "--forget");

	if (argc > 1 && !forget)
		return misused(self, "remove takes no argument but --forget");
	return say_done(c, "addr-remove", forget, forget ? "addresses and routing taken off, key and parameters deleted" :
			"addresses and routing taken off; key and parameters are kept for 'shim6ctl addr install'");
}

/* --- which -------------------------------------------------------------------------------------------------------- */

static const struct {
	const char *name, *args, *help;
	int (*run)(struct ctl *c, const struct command *self, int argc, char *argv[]);
} subs[] = {
	{ "list", "", "addresses of this host that prove themselves", list_own },
	{ "generate", "hba|cga|hybrid --prefix PREFIX... [--sec 0|1|2] [--key FILE] [--out DIR] [--threads N]",
	  "make addresses and their parameters", addr_generate },
	{ "verify", "FILE|ADDR [ADDR]", "do parameters prove an address", addr_verify },
	{ "show", "FILE|ADDR [--der|--hex]", "what parameters hold", addr_show },
	{ "install", "[DIR]", "have shim6d use what is stored, or what DIR holds", install },
	{ "remove", "[--forget]", "take addresses and their routing off this host", remove_all },
	{ "key", "[--new FILE [--bits N]] [FILE]", "show or make a key", addr_key },
};

static void addr_usage(FILE *to)
{
	for (unsigned int i = 0; i < sizeof(subs) / sizeof(subs[0]); i++)
		fprintf(to, "  shim6ctl addr %s%s%s\n%20s%s\n", subs[i].name, *subs[i].args ? " " : "", subs[i].args, "",
			subs[i].help);
}

int cmd_addr(struct ctl *c, int argc, char *argv[])
{
	struct command self;

	if (argc == 2 && !strcmp(argv[1], "--help")) {
		addr_usage(stdout);
		return EXIT_OK;
	}
	for (unsigned int i = 0; argc > 1 && i < sizeof(subs) / sizeof(subs[0]); i++) {
		char name[32];

		if (strcmp(subs[i].name, argv[1]))
			continue;
		snprintf(name, sizeof(name), "addr %s", subs[i].name);
		self = (struct command){ .name = name, .args = subs[i].args };
		return subs[i].run(c, &self, argc - 1, argv + 1);
	}
	if (argc > 1)
		complain("addr: no such thing as '%s'", argv[1]);
	addr_usage(stderr);
	return EXIT_USAGE;
}
