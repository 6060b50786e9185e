// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "addr.h"
#include "cgadir.h"

#define SUFFIX		".pds"
#define TEXT_MAX	(8 * CGA_PDS_MAX)	/* of a file: an octet is three characters, the key is there twice */

/* --- files of parameters ------------------------------------------------------------------------------------------ */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Text is told from octets by its characters: parameters begin with 16 random octets. */
static bool is_text(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] < ' ' && !memchr("\t\r\n", p[i], 3)) || p[i] > '~')
			return false;
	return true;
}

/* Text of "addr show" says more than the parameters: they stand between the lines "parameters:" and "public key:". */
static size_t find_parameters(const char *s, size_t *n)
{
	static const char before[] = "\tparameters:\n", behind[] = "\tpublic key:";
	const char *from = strstr(s, before), *to = from ? strstr(from, behind) : NULL;

	if (to)
		*n = (size_t)(to - s);
	return from ? (size_t)(from - s) + strlen(before) : 0;
}

/* @s ends in 0.  Returns the number of octets, or -1 with *@line where the text is wrong. */
static ssize_t from_text(const char *s, size_t n, uint8_t *out, unsigned int *line)
{
	bool comment = false, start = true;
	size_t len = 0, from = find_parameters(s, &n);
	int high = -1, v;

	*line = 1;
	for (size_t i = 0; i < from; i++)
		*line += s[i] == '\n';
	for (size_t i = from; i < n; i++) {
		if (s[i] == '\n') {
			(*line)++;
			start = true;
			comment = false;
			continue;
		}
		if (start && s[i] == '#')
			comment = true;
		start = false;
		if (comment || strchr(" \t\r:", s[i]))
			continue;
		v = digit(s[i]);
		if (v < 0 || len == CGA_PDS_MAX)
			return -1;
		if (high < 0) {
			high = v;
			continue;
		}
		out[len++] = high << 4 | v;
		high = -1;
	}
	return high < 0 ? (ssize_t)len : -1;
}

int cgadir_read_pds(const char *path, uint8_t buf[CGA_PDS_MAX], size_t *len, char *err, size_t errlen)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), rc = 0;
	uint8_t data[TEXT_MAX + 1] = { 0 };
	unsigned int line;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		rc = -errno;
	else if (!S_ISREG(st.st_mode))
		rc = -EINVAL;
	else
		n = read(fd, data, TEXT_MAX);
	if (n < 0)
		rc = -errno;
	if (fd >= 0)
		close(fd);
	if (rc) {
		snprintf(err, errlen, "%s: %s", path, rc == -EINVAL ? "not a regular file" : strerror(-rc));
		return rc;
	}
	if (n && is_text(data, n)) {
		n = from_text((const char *)data, n, buf, &line);
		if (n < 0) {
			snprintf(err, errlen, "%s:%u: not hexadecimal digits, an odd number of them, or too many", path, line);
			return -EINVAL;
		}
	} else if (n <= CGA_PDS_MAX) {
		memcpy(buf, data, n);
	} else {
		snprintf(err, errlen, "%s: longer than %d octets", path, CGA_PDS_MAX);
		return -EFBIG;
	}
	*len = n;
	return 0;
}

/* --- reading the directory ---------------------------------------------------------------------------------------- */

static int is_pds(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > strlen(SUFFIX) && !strcmp(e->d_name + n - strlen(SUFFIX), SUFFIX);
}

/* The key in @a's parameters has to be ours, or nothing could be signed for the address. */
static const char *check_key(const struct cgadir *d, const struct cgadir_addr *a)
{
	uint8_t public[CGA_PDS_MAX];
	size_t n;

	if (cga_pds_kind(&a->parsed) == CGA_KIND_HBA)
		return NULL;
	if (!d->key)
		return "made with a key, but there is no " CGADIR_KEY " beside it";
	n = cga_key_public(d->key, public, sizeof(public));
	if (n != a->parsed.key_len || memcmp(public, a->parsed.key, n))
		return "made with another key than the " CGADIR_KEY " beside it";
	return NULL;
}

static int read_addr(struct cgadir *d, struct cga *c, const char *path, struct cgadir_addr *a, char *err, size_t errlen)
{
	char name[NAME_MAX + 1], full[PATH_MAX];
	uint8_t buf[CGA_PDS_MAX];
	const char *why;
	enum cga_fail f;
	size_t at;
	int rc;

	if (snprintf(full, sizeof(full), "%s/%s", path, a->file) >= (int)sizeof(full))
		return -ENAMETOOLONG;
	rc = cgadir_read_pds(full, buf, &a->len, err, errlen);
	if (rc)
		return rc;
	a->pds = malloc(a->len + 1);
	if (!a->pds) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	memcpy(a->pds, buf, a->len);
	f = cga_pds_parse(a->pds, a->len, &a->parsed, &at);
	if (f) {
		snprintf(err, errlen, "%s: octet %zu: %s", full, at, cga_fail_text(f));
		return -EINVAL;
	}
	snprintf(name, sizeof(name), "%.*s", (int)(strlen(a->file) - strlen(SUFFIX)), a->file);
	if (inet_pton(AF_INET6, name, &a->addr) == 1) {
		a->sec = a->addr.s6_addr[8] >> 5;
		f = cga_verify(c, &a->addr, &a->parsed);
	} else {
		a->sec = cga_pds_sec(c, &a->parsed);
		f = cga_address(c, a->pds, a->len, a->sec, &a->addr);
		if (!f)
			f = cga_verify(c, &a->addr, &a->parsed);
	}
	if (f) {
		snprintf(err, errlen, "%s: does not prove %s: %s", full, addr_text(&a->addr), cga_fail_text(f));
		return -EINVAL;
	}
	why = check_key(d, a);
	if (why) {
		snprintf(err, errlen, "%s: %s", full, why);
		return -ENOKEY;
	}
	return 0;
}

static int read_key(struct cgadir *d, const char *path, char *err, size_t errlen)
{
	char full[PATH_MAX];
	const char *why;

	snprintf(full, sizeof(full), "%s/%s", path, CGADIR_KEY);
	if (access(full, F_OK) < 0 && errno == ENOENT)
		return 0;
	d->key = cga_key_load(full, &why);
	if (d->key && cga_key_bits(d->key) >= CGA_KEY_BITS_MIN)
		return 0;
	snprintf(err, errlen, "%s: %s", full, d->key ? "the key is shorter than 1024 bits" : why);
	return -EKEYREJECTED;
}

static int read_all(struct cgadir *d, const char *path, char *err, size_t errlen)
{
	struct dirent **list = NULL;
	struct cga *c = cga_new();
	int n, rc = 0;

	if (!c) {
		snprintf(err, errlen, "OpenSSL failed; is SHA-1 forbidden by its configuration?");
		return -ENOMEM;
	}
	n = scandir(path, &list, is_pds, alphasort);
	if (n < 0) {
		rc = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(-rc));
	}
	if (n > CGADIR_MAX) {
		rc = -E2BIG;
		snprintf(err, errlen, "%s: more than %d addresses", path, CGADIR_MAX);
	}
	for (int i = 0; i < n; i++) {
		if (!rc) {
			struct cgadir_addr *a = &d->a[d->n++];

			snprintf(a->file, sizeof(a->file), "%s", list[i]->d_name);
			rc = read_addr(d, c, path, a, err, errlen);
		}
		free(list[i]);
	}
	free(list);
	cga_free(c);
	return rc;
}

int cgadir_read(struct cgadir *d, const char *path, char *err, size_t errlen)
{
	char full[PATH_MAX];
	struct stat st;
	int rc;

	memset(d, 0, sizeof(*d));
	if (!path)
		return 0;
	snprintf(err, errlen, "%s: the path is too long", path);
	if (strlen(path) + NAME_MAX + 2 > sizeof(full))
		return -ENAMETOOLONG;
	if (stat(path, &st) < 0) {
		rc = errno == ENOENT ? 0 : -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(-rc));
		return rc;
	}
	if (st.st_mode & 022 || (st.st_uid != 0 && st.st_uid != geteuid())) {
		snprintf(err, errlen, "%s: others may write to it: chown it to root and chmod 700 it", path);
		return -EPERM;
	}
	if (faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) < 0) {
		rc = -errno;
		snprintf(err, errlen, "%s: %s", path, strerror(-rc));
		return rc;
	}
	snprintf(full, sizeof(full), "%s/%s", path, CGADIR_REMOVED);
	d->removed = access(full, F_OK) == 0;
	rc = read_key(d, path, err, errlen);
	if (!rc)
		rc = read_all(d, path, err, errlen);
	if (rc)
		cgadir_free(d);
	return rc;
}

void cgadir_free(struct cgadir *d)
{
	for (unsigned int i = 0; i < d->n; i++)
		free(d->a[i].pds);
	cga_key_free(d->key);
	memset(d, 0, sizeof(*d));
}

const struct cgadir_addr *cgadir_find(const struct cgadir *d, const struct in6_addr *addr)
{
	for (unsigned int i = 0; i < d->n; i++)
		if (IN6_ARE_ADDR_EQUAL(&d->a[i].addr, addr))
			return &d->a[i];
	return NULL;
}

/* --- writing ------------------------------------------------------------------------------------------------------ */

int cgadir_make(const char *path)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int cgadir_put(const char *path, const struct in6_addr *addr, const uint8_t *pds, size_t len)
{
	char name[PATH_MAX], tmp[PATH_MAX];
	int fd, rc = 0;

	if (snprintf(name, sizeof(name), "%s/%s" SUFFIX, path, addr_text(addr)) >= (int)sizeof(name) ||
	    snprintf(tmp, sizeof(tmp), "%s/.%s.new", path, addr_text(addr)) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, pds, len) != (ssize_t)len || fsync(fd) < 0)
		rc = errno ? -errno : -EIO;
	if (close(fd) < 0 && !rc)
		rc = -errno;
	if (!rc && rename(tmp, name) < 0)
		rc = -errno;
	if (rc)
		unlink(tmp);
	return rc;
}

int cgadir_drop(const char *path, const char *file)
{
	char name[PATH_MAX];

	if (snprintf(name, sizeof(name), "%s/%s", path, file) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	return unlink(name) < 0 && errno != ENOENT ? -errno : 0;
}

int cgadir_set_removed(const char *path, bool removed)
{
	char name[PATH_MAX];
	int fd;

	if (!removed)
		return cgadir_drop(path, CGADIR_REMOVED);
	if (snprintf(name, sizeof(name), "%s/%s", path, CGADIR_REMOVED) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}
