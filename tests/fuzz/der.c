// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: DER.  An input is taken as a private key, and as the key field of CGA parameters by which a signature is
 * verified: whatever key our own reader takes, OpenSSL takes as well.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "cga/cga.h"
#include "fuzz/fuzz_main.h"
#include "fuzz/fuzz_must.h"
#include "uapi/shim6_wire.h"

static struct cga *c;

static bool openssl_takes(const uint8_t *der, size_t len)
{
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &der, len);
	bool rsa = pkey && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA;

	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return rsa;
}

static void as_key_field(const uint8_t *data, size_t len)
{
	static const uint8_t modifier[16], prefix[8] = { 0x20, 0x01, 0x0d, 0xb8 }, signature[128];
	uint8_t buf[CGA_PDS_MAX], method = SHIM6_VERIFY_CGA;
	struct in6_addr addr;
	struct cga_list l = { .n = 1, .addr = &addr, .method = &method };
	size_t n = cga_pds_build(buf, sizeof(buf), modifier, prefix, 0, data, len, NULL, 0), at;
	struct cga_pds pds;
	unsigned int which;
	enum cga_fail f;

	if (!n || cga_pds_parse(buf, n, &pds, &at) || cga_address(c, buf, n, 0, &addr))
		return;
	f = cga_list_verify(c, &addr, &l, &pds, signature, sizeof(signature), 512, &which);
	must(f != CGA_OK && f < CGA_FAIL_MAX);
	if (f == CGA_SIGNATURE || f == CGA_KEY_BITS)
		must(openssl_takes(pds.key, pds.key_len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cga_key *key;
	const char *why;

	if (!c)
		c = cga_new();
	must(c);
	key = cga_key_from_der(data, len, &why);
	must(key || why);
	cga_key_free(key);
	as_key_field(data, len);
	return 0;
}
