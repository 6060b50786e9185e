// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Verifying RSA signatures.  The key field is read here, not by OpenSSL's decoders: they take ten times as long as the
 * signature.  The key used last is kept ready, as a peer comes back with the same.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include "cga/cga_priv.h"

#define EXPONENT_BITS	64	/* a longer one would only make us compute */

/* What is left of an element's content. */
struct der {
	const uint8_t *p;
	size_t left;
};

/* The next element of @d has to be of @tag; its content goes to *@content. */
static bool next(struct der *d, uint8_t tag, struct der *content)
{
	size_t total, head;

	if (d->left < 2 || d->p[0] != tag || cga_der_length(d->p, d->left, &total))
		return false;
	head = d->p[1] < 0x80 ? 2 : 2 + (d->p[1] & 0x7f);
	*content = (struct der){ d->p + head, total - head };
	d->p += total;
	d->left -= total;
	return true;
}

/* A positive INTEGER in its shortest form. */
static bool number(struct der *d, struct der *n)
{
	if (!next(d, 0x02, n) || !n->left || n->p[0] & 0x80)
		return false;
	if (n->p[0] == 0 && n->left > 1) {
		if (!(n->p[1] & 0x80))
			return false;
		n->p++;
		n->left--;
	}
	return true;
}

static unsigned int bits_of(const struct der *n)
{
	unsigned int bits = n->left * 8;

	if (!n->p[0])		/* the number is 0 */
		return 0;
	for (uint8_t top = n->p[0]; !(top & 0x80); top <<= 1)
		bits--;
	return bits;
}

/* SubjectPublicKeyInfo of an RSA key (RFC 3279, 2.3.1; RFC 8017, A.1.1), and nothing behind it. */
static bool read_key(const uint8_t *key, size_t len, struct der *n, struct der *e)
{
	static const uint8_t rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
	struct der all = { key, len }, info, algorithm, oid, null, bits, pair;

	if (!next(&all, 0x30, &info) || all.left || !next(&info, 0x30, &algorithm) || !next(&info, 0x03, &bits) ||
	    info.left || !next(&algorithm, 0x06, &oid) || oid.left != sizeof(rsa) || memcmp(oid.p, rsa, sizeof(rsa)))
		return false;
	if (algorithm.left && (!next(&algorithm, 0x05, &null) || null.left || algorithm.left))
		return false;
	if (!bits.left || bits.p[0])
		return false;
	bits.p++;
	bits.left--;
	return next(&bits, 0x30, &pair) && !bits.left && number(&pair, n) && number(&pair, e) && !pair.left;
}

static EVP_PKEY *make_key(const struct der *n, const struct der *e)
{
	BIGNUM *bn = BN_bin2bn(n->p, n->left, NULL), *be = BN_bin2bn(e->p, e->left, NULL);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	OSSL_PARAM_BLD *bld = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (bn && be && ctx && bld && OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_N, bn) == 1 &&
	    OSSL_PARAM_BLD_push_BN(bld, OSSL_PKEY_PARAM_RSA_E, be) == 1)
		params = OSSL_PARAM_BLD_to_param(bld);
	if (params && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(bld);
	EVP_PKEY_CTX_free(ctx);
	BN_free(be);
	BN_free(bn);
	return pkey;
}

/* Make c->verify that of this key. */
static enum cga_fail take_key(struct cga *c, const uint8_t *key, size_t len)
{
	struct der n, e;
	EVP_PKEY *pkey;

	if (c->verify && c->key_len == len && !memcmp(c->key, key, len))
		return CGA_OK;
	cga_rsa_forget(c);
	if (len > sizeof(c->key) || !read_key(key, len, &n, &e))
		return CGA_KEY;
	c->key_bits = bits_of(&n);
	/* Bounds on what a stranger can make us compute */
	if (c->key_bits > CGA_SIGNATURE_MAX * 8 || bits_of(&e) > EXPONENT_BITS || bits_of(&e) < 2)
		return CGA_KEY;
	pkey = make_key(&n, &e);
	if (!pkey)
		return CGA_KEY;
	c->verify = EVP_PKEY_CTX_new(pkey, NULL);
	EVP_PKEY_free(pkey);		/* the context has it */
	/* RFC 3972, 6; Q65 */
	if (!c->verify || EVP_PKEY_verify_init(c->verify) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(c->verify, RSA_PKCS1_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(c->verify, c->sha1) != 1) {
		cga_rsa_forget(c);
		return CGA_MEMORY;
	}
	memcpy(c->key, key, len);
	c->key_len = len;
	return CGA_OK;
}

void cga_rsa_forget(struct cga *c)
{
	EVP_PKEY_CTX_free(c->verify);
	c->verify = NULL;
	c->key_len = 0;
}

enum cga_fail cga_signature_check(struct cga *c, const struct cga_pds *pds, const struct cga_list *list,
				  const uint8_t *sig, size_t sig_len, unsigned int min_bits)
{
	uint8_t msg[CGA_SIGNED_MAX], hash[CGA_HASH_LEN];
	size_t msg_len = cga_signed_octets(list, msg, sizeof(msg));
	const struct cga_piece piece = { msg, msg_len };
	enum cga_fail f = take_key(c, pds->key, pds->key_len);

	if (!f && c->key_bits < min_bits)
		f = CGA_KEY_BITS;
	if (!f && (!msg_len || !cga_hash(c, &piece, 1, hash)))
		f = CGA_MEMORY;
	if (!f && EVP_PKEY_verify(c->verify, sig, sig_len, hash, sizeof(hash)) != 1)
		f = CGA_SIGNATURE;
	ERR_clear_error();
	return f;
}
