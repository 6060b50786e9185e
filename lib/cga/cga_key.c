// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RSA keys: making, loading, saving; signatures over locator lists (RFC 3972 section 6, RFC 5533 5.15.5).
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "cga/cga_priv.h"
#include "uapi/shim6_wire.h"

#define KEY_FILE_MAX	16384

struct cga_key {
	EVP_PKEY *pkey;
};

static struct cga_key *wrap(EVP_PKEY *pkey, const char **err)
{
	struct cga_key *key;

	if (!pkey)
		return NULL;
	if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA) {
		*err = "not an RSA key";
		EVP_PKEY_free(pkey);
		return NULL;
	}
	key = calloc(1, sizeof(*key));
	if (!key) {
		*err = "out of memory";
		EVP_PKEY_free(pkey);
		return NULL;
	}
	key->pkey = pkey;
	return key;
}

struct cga_key *cga_key_new(unsigned int bits, const char **err)
{
	if (bits < CGA_KEY_BITS_MIN || bits > CGA_SIGNATURE_MAX * 8) {
		*err = "RSA keys have 1024 to 8192 bits";
		return NULL;
	}
	*err = "OpenSSL could not make an RSA key";
	return wrap(EVP_RSA_gen(bits), err);
}

struct cga_key *cga_key_from_der(const uint8_t *der, size_t len, const char **err)
{
	EVP_PKEY *pkey;

	*err = "not a private key in DER (PKCS#8 or RSAPrivateKey)";
	if (len > LONG_MAX)
		return NULL;
	pkey = d2i_AutoPrivateKey(NULL, &der, len);
	ERR_clear_error();
	return wrap(pkey, err);
}

/* No prompt: a daemon has nobody to ask. */
static int no_password(char *buf, int size, int rwflag, void *u)
{
	(void)buf, (void)size, (void)rwflag, (void)u;
	return -1;
}

static struct cga_key *from_file(const char *data, size_t len, const char **err)
{
	EVP_PKEY *pkey = NULL;
	BIO *bio;

	if (!memmem(data, len, "-----BEGIN", 10))
		return cga_key_from_der((const uint8_t *)data, len, err);
	bio = BIO_new_mem_buf(data, len);
	if (bio)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	BIO_free(bio);
	ERR_clear_error();
	*err = "not a private key in PEM, or protected by a password";
	return wrap(pkey, err);
}

struct cga_key *cga_key_load(const char *path, const char **err)
{
	struct cga_key *key = NULL;
	char data[KEY_FILE_MAX];
	struct stat st;
	ssize_t n;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0) {
		*err = strerror(errno);
		return NULL;
	}
	if (fstat(fd, &st) < 0) {
		*err = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		*err = "not a regular file";
	} else if (st.st_uid != 0 && st.st_uid != geteuid()) {
		*err = "owned by somebody else: chown root it";
	} else if (st.st_mode & 077) {
		*err = "others may read it: chmod 600 it, and think about who has read it";
	} else {
		n = read(fd, data, sizeof(data));
		if (n < 0)
			*err = strerror(errno);
		else if (n == sizeof(data))
			*err = "too long for a key file";
		else
			key = from_file(data, n, err);
		explicit_bzero(data, sizeof(data));
	}
	close(fd);
	return key;
}

int cga_key_save(const struct cga_key *key, const char *path)
{
	char tmp[PATH_MAX];
	int fd, rc = 0;
	FILE *f;

	if (snprintf(tmp, sizeof(tmp), "%s.new", path) >= (int)sizeof(tmp))
		return -ENAMETOOLONG;
	if (unlink(tmp) < 0 && errno != ENOENT)
		return -errno;
	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	f = fdopen(fd, "w");
	if (!f) {
		rc = -errno;
		close(fd);
	} else {
		if (PEM_write_PKCS8PrivateKey(f, key->pkey, NULL, NULL, 0, NULL, NULL) != 1)
			rc = -EIO;
		if ((fflush(f) != 0 || fsync(fd) < 0) && rc == 0)
			rc = -errno;
		if (fclose(f) != 0 && rc == 0)
			rc = -errno;
		if (rc == 0 && rename(tmp, path) < 0)
			rc = -errno;
	}
	ERR_clear_error();
	if (rc)
		unlink(tmp);
	return rc;
}

void cga_key_free(struct cga_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

unsigned int cga_key_bits(const struct cga_key *key)
{
	return EVP_PKEY_get_bits(key->pkey);
}

unsigned int cga_pds_key_bits(const struct cga_pds *pds)
{
	const uint8_t *der = pds->key;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &der, pds->key_len);
	unsigned int bits = 0;

	if (pkey && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA)
		bits = EVP_PKEY_get_bits(pkey);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return bits;
}

bool cga_fingerprint(const uint8_t *public_key, size_t len, char text[CGA_FINGERPRINT_LEN])
{
	uint8_t hash[32];

	if (EVP_Digest(public_key, len, hash, NULL, EVP_sha256(), NULL) != 1)
		return false;
	for (unsigned int i = 0; i < sizeof(hash); i++)
		snprintf(text + 2 * i, 3, "%02x", hash[i]);
	return true;
}

size_t cga_key_public(const struct cga_key *key, uint8_t *buf, size_t size)
{
	int len = i2d_PUBKEY(key->pkey, NULL);

	if (len <= 0 || (size_t)len > size)
		return 0;
	return i2d_PUBKEY(key->pkey, &buf);
}

size_t cga_signed_octets(const struct cga_list *list, uint8_t *buf, size_t size)
{
	/* RFC 5533, 5.15.5: Shim6's CGA Message Type tag */
	static const uint8_t tag[16] = {
		0x4a, 0x30, 0x56, 0x62, 0x48, 0x58, 0x57, 0x4b, 0x36, 0x55, 0x41, 0x6f, 0x50, 0x6a, 0x6d, 0x48,
	};
	size_t len = sizeof(tag) + 4;

	if (size < len)
		return 0;
	memcpy(buf, tag, sizeof(tag));
	buf[16] = list->generation >> 24;
	buf[17] = list->generation >> 16;
	buf[18] = list->generation >> 8;
	buf[19] = list->generation;
	for (unsigned int i = 0; i < list->n; i++) {
		if (list->method[i] != SHIM6_VERIFY_CGA)
			continue;
		if (size - len < 16)
			return 0;
		memcpy(buf + len, &list->addr[i], 16);
		len += 16;
	}
	return len;
}

size_t cga_list_sign(const struct cga_key *key, const struct cga_list *list, uint8_t *sig, size_t size)
{
	uint8_t msg[CGA_SIGNED_MAX];
	size_t msg_len = cga_signed_octets(list, msg, sizeof(msg));
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	size_t len = size;
	bool ok;

	/* RSASSA-PKCS1-v1_5 is the default padding of an RSA key; SHA-1 by RFC 3972, 6 (Q65) */
	ok = md && msg_len && EVP_DigestSignInit(md, NULL, EVP_sha1(), NULL, key->pkey) == 1 &&
	     EVP_DigestSign(md, sig, &len, msg, msg_len) == 1;
	EVP_MD_CTX_free(md);
	ERR_clear_error();
	return ok ? len : 0;
}
