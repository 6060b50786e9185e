// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The directory of addresses and key: what is made can be read again, what is wrong is named; sets of addresses.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/cgadir.h"
#include "hal/rng.h"
#include "shim6d/ident.c"

static const uint8_t prefixes[2][8] = { { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa1 }, { 0x20, 0x01, 0x0d, 0xb8, 0, 0xa2 } };
static struct cga *c;
static struct cga_key *key;
static char dir[64], err[512];
static struct cgadir d;

static void make(enum cga_kind kind, unsigned int sec, struct cga_made made[2])
{
	struct cga_recipe r = { .kind = kind, .prefix = prefixes, .n = 2, .key = key };
	struct cga_search search = { .sec = sec };

	hal_random(NULL, r.random, sizeof(r.random));
	assert_int_equal(cga_set_make(c, &r, &search, made), 0);
}

static void path_of(char *path, size_t size, const char *name)
{
	snprintf(path, size, "%s/%s", dir, name);
}

static void write_file(const char *name, const void *p, size_t len)
{
	char path[256];
	FILE *f;

	path_of(path, sizeof(path), name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, len, f), len);
	fclose(f);
}

static int fresh(void **state)
{
	const char *why;

	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/cgadir.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	if (!key)
		key = cga_key_new(1024, &why);
	if (!c)
		c = cga_new();
	return key && c ? 0 : -1;
}

static int clean(void **state)
{
	char command[128];

	(void)state;
	cgadir_free(&d);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

static int save_key(void)
{
	char path[256];

	path_of(path, sizeof(path), CGADIR_KEY);
	return cga_key_save(key, path);
}

/* S5535-6-07 S5535-6-08 S3972-4-01 S3972-4-07 */
static void sets_verify(void **state)
{
	static const enum cga_kind kinds[] = { CGA_KIND_HBA, CGA_KIND_CGA, CGA_KIND_HYBRID };
	struct cga_made made[2];
	struct cga_pds pds[2];
	size_t at;

	(void)state;
	for (unsigned int k = 0; k < 3; k++) {
		for (unsigned int sec = 0; sec < 2; sec++) {
			make(kinds[k], sec, made);
			for (int i = 0; i < 2; i++) {
				assert_int_equal(cga_pds_parse(made[i].pds, made[i].len, &pds[i], &at), CGA_OK);
				assert_int_equal(cga_pds_kind(&pds[i]), kinds[k]);
				assert_int_equal(cga_verify(c, &made[i].addr, &pds[i]), CGA_OK);
				assert_int_equal(made[i].addr.s6_addr[8] >> 5, sec);
				assert_memory_equal(&made[i].addr, prefixes[i], 8);
				assert_true(cga_pds_sec(c, &pds[i]) >= sec);
			}
			assert_int_equal(hba_verify(c, &made[0].addr, &pds[1]),
					 kinds[k] == CGA_KIND_CGA ? CGA_NO_MULTI_PREFIX : CGA_OK);
		}
	}
}

/* S3972-4-10 S5535-6-15: after three collisions it ends */
static void collisions_are_counted(void **state)
{
	struct in6_addr addr, before;
	struct cga_made made[2];
	struct cga_pds pds;
	size_t at;

	(void)state;
	make(CGA_KIND_HYBRID, 0, made);
	before = made[0].addr;
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(cga_collide(c, made[0].pds, made[0].len, 0, &addr), CGA_OK);
		assert_memory_not_equal(&addr, &before, 16);
		assert_int_equal(cga_pds_parse(made[0].pds, made[0].len, &pds, &at), CGA_OK);
		assert_int_equal(cga_verify(c, &addr, &pds), CGA_OK);
		before = addr;
	}
	assert_int_equal(cga_collide(c, made[0].pds, made[0].len, 0, &addr), CGA_COLLISION);
}

static void what_was_stored_is_read(void **state)
{
	struct s6d_idents *s;
	struct cga_made made[2];
	const struct s6d_ident *id;

	(void)state;
	make(CGA_KIND_HYBRID, 1, made);
	assert_int_equal(save_key(), 0);
	for (int i = 0; i < 2; i++)
		assert_int_equal(cgadir_put(dir, &made[i].addr, made[i].pds, made[i].len), 0);
	assert_int_equal(idents_load(&s, dir, err, sizeof(err)), 0);
	for (int i = 0; i < 2; i++) {
		id = ident_find(s, &made[i].addr);
		assert_non_null(id);
		assert_non_null(id->key);
		assert_int_equal(id->sec, 1);
		assert_int_equal(id->pds_len, made[i].len);
		assert_memory_equal(id->pds, made[i].pds, made[i].len);
		assert_int_equal(id->parsed.n_prefixes, 2);
	}
	made[0].addr.s6_addr[15] ^= 1;
	assert_null(ident_find(s, &made[0].addr));
	assert_int_equal(idents_dir(s)->n, 2);
	assert_int_equal(cgadir_drop(dir, idents_dir(s)->a[0].file), 0);
	idents_free(s);
	assert_int_equal(cgadir_read(&d, dir, err, sizeof(err)), 0);
	assert_int_equal(d.n, 1);
	assert_false(d.removed);
	cgadir_free(&d);
	assert_int_equal(cgadir_set_removed(dir, true), 0);
	assert_int_equal(cgadir_read(&d, dir, err, sizeof(err)), 0);
	assert_true(d.removed);
	assert_int_equal(cgadir_set_removed(dir, false), 0);
}

static void nothing_there_is_no_error(void **state)
{
	(void)state;
	assert_int_equal(cgadir_read(&d, NULL, err, sizeof(err)), 0);
	assert_int_equal(cgadir_read(&d, "/tmp/there/is/no/such", err, sizeof(err)), 0);
	assert_int_equal(d.n, 0);
	assert_null(d.key);
	assert_null(ident_find(NULL, &in6addr_loopback));
}

static void any_name_and_text(void **state)
{
	struct cga_made made[2];
	char text[4 * CGA_PDS_MAX] = "# a comment with letters: xyz\n";
	size_t at = strlen(text);

	(void)state;
	make(CGA_KIND_HBA, 0, made);
	for (size_t i = 0; i < made[0].len; i++)
		at += (size_t)sprintf(text + at, "%02X%s", made[0].pds[i], i % 16 == 15 ? "\n" : ":");
	write_file("office.pds", text, at);
	assert_int_equal(cgadir_read(&d, dir, err, sizeof(err)), 0);
	assert_int_equal(d.n, 1);
	assert_memory_equal(&d.a[0].addr, &made[0].addr, 16);
}

static void refused(const char *with)
{
	assert_int_not_equal(cgadir_read(&d, dir, err, sizeof(err)), 0);
	if (!strstr(err, with))
		fail_msg("'%s' does not say '%s'", err, with);
	assert_int_equal(d.n, 0);
	assert_null(d.key);
}

static void bad_parameters_are_named(void **state)
{
	struct cga_made made[2];
	char path[256], name[80];

	(void)state;
	make(CGA_KIND_HBA, 0, made);
	write_file("a.pds", made[0].pds, 20);
	refused("/a.pds: octet 0: the parameters are shorter");
	write_file("a.pds", made[0].pds, made[0].len - 1);
	refused("/a.pds: octet 103: an extension field runs past");
	write_file("a.pds", "01 02\n0", 7);
	refused("/a.pds:2: not hexadecimal");
	write_file("a.pds", "zz", 2);
	refused("/a.pds:1: not hexadecimal");
	path_of(path, sizeof(path), "a.pds");
	assert_int_equal(truncate(path, CGA_PDS_MAX + 1), 0);
	refused("longer than 4096");
	assert_int_equal(unlink(path), 0);
	snprintf(name, sizeof(name), "%s.pds", addr_text(&made[1].addr));
	write_file(name, made[0].pds, made[0].len);
	refused("does not prove");
	path_of(path, sizeof(path), name);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	refused("not a regular file");
}

static void bad_keys_are_named(void **state)
{
	struct cga_made made[2];
	struct cga_key *other;
	char path[256];
	const char *why;

	(void)state;
	make(CGA_KIND_CGA, 0, made);
	assert_int_equal(cgadir_put(dir, &made[0].addr, made[0].pds, made[0].len), 0);
	refused("there is no key.pem");
	path_of(path, sizeof(path), CGADIR_KEY);
	other = cga_key_new(1024, &why);
	assert_non_null(other);
	assert_int_equal(cga_key_save(other, path), 0);
	cga_key_free(other);
	refused("another key");
	assert_int_equal(save_key(), 0);
	assert_int_equal(chmod(path, 0640), 0);
	refused("/key.pem: others may read it");
	write_file(CGADIR_KEY, "-----BEGIN nothing", 18);
	assert_int_equal(chmod(path, 0600), 0);
	refused("/key.pem: not a private key");
	assert_int_equal(chmod(dir, 0777), 0);
	refused("others may write to it");
	assert_int_equal(chmod(dir, 0700), 0);
}

static void of_root_alone(void **state)
{
	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(save_key(), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_int_equal(cgadir_read(&d, dir, err, sizeof(err)), -EACCES);
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(cgadir_read(&d, dir, err, sizeof(err)), 0);
}

static void too_many_are_refused(void **state)
{
	struct cga_made made[2];
	char name[16];

	(void)state;
	make(CGA_KIND_HBA, 0, made);
	for (int i = 0; i <= CGADIR_MAX; i++) {
		snprintf(name, sizeof(name), "%d.pds", i);
		write_file(name, made[0].pds, made[0].len);
	}
	refused("more than 64");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sets_verify),
		TEST(collisions_are_counted),
		TEST(what_was_stored_is_read),
		TEST(nothing_there_is_no_error),
		TEST(any_name_and_text),
		TEST(bad_parameters_are_named),
		TEST(bad_keys_are_named),
		TEST(of_root_alone),
		TEST(too_many_are_refused),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	cga_key_free(key);
	cga_free(c);
	return failed;
}
