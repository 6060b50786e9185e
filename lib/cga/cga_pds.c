// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The CGA Parameter Data Structure: parsing, building, and the names of what can be wrong with it.
 */
#include <string.h>

#include "cga/cga_priv.h"

static const struct {
	const char *name, *text;
} fails[CGA_FAIL_MAX] = {
	[CGA_OK] = { "ok", "the proof holds" },
	[CGA_SHORT] = { "short", "the parameters are shorter than 25 octets" },
	[CGA_LONG] = { "long", "the parameters are longer than this host accepts" },
	[CGA_NOT_SEQUENCE] = { "not-sequence", "the public key field does not begin with a DER SEQUENCE" },
	[CGA_DER] = { "der", "a DER length runs past the end or is not in its shortest form" },
	[CGA_EXTENSION] = { "extension", "an extension field runs past the end of the parameters" },
	[CGA_MULTI_PREFIX] = { "multi-prefix", "the Multi-Prefix extension is malformed or stands there twice" },
	[CGA_COLLISION] = { "collision-count", "the collision count is above 2" },
	[CGA_PREFIX] = { "prefix", "the prefix of the address is not that of the parameters" },
	[CGA_HASH1] = { "hash1", "Hash1 of the parameters is not the interface identifier" },
	[CGA_SEC] = { "sec", "a Sec value of 3 to 7 has no meaning yet" },
	[CGA_HASH2] = { "hash2", "Hash2 of the parameters lacks the zero bits that Sec asks for" },
	[CGA_NO_MULTI_PREFIX] = { "no-multi-prefix", "method HBA, but the parameters have no Multi-Prefix extension" },
	[CGA_NOT_IN_SET] = { "not-in-set", "the prefix of the address is not one of the HBA set" },
	[CGA_P_FLAG] = { "p-flag", "method CGA, but the parameters hold no public key (HBA-only)" },
	[CGA_KEY] = { "key", "the public key field does not hold an RSA key" },
	[CGA_KEY_BITS] = { "key-bits", "the RSA key is shorter than allowed" },
	[CGA_NO_SIGNATURE] = { "no-signature", "method CGA, but there is no signature" },
	[CGA_SIGNATURE] = { "signature", "the signature does not verify" },
	[CGA_METHOD] = { "method", "the verification method is neither HBA nor CGA" },
	[CGA_ULID] = { "ulid", "a locator other than the ULID comes without parameters" },
	[CGA_MEMORY] = { "openssl", "OpenSSL failed; is SHA-1 forbidden by its configuration?" },
};

const char *cga_fail_name(enum cga_fail f)
{
	return f < CGA_FAIL_MAX ? fails[f].name : "unknown";
}

const char *cga_fail_text(enum cga_fail f)
{
	return f < CGA_FAIL_MAX ? fails[f].text : "unknown failure";
}

enum cga_fail cga_der_length(const uint8_t *p, size_t left, size_t *total)
{
	size_t n;

	if (left < 2)
		return CGA_DER;
	if (p[1] < 0x80) {
		n = 2 + (size_t)p[1];
	} else if (p[1] == 0x81 && left >= 3 && p[2] >= 0x80) {
		n = 3 + (size_t)p[2];
	} else if (p[1] == 0x82 && left >= 4 && p[2] != 0) {
		n = 4 + ((size_t)p[2] << 8 | p[3]);
	} else {
		return CGA_DER;
	}
	if (n > left)
		return CGA_DER;
	*total = n;
	return CGA_OK;
}

static enum cga_fail parse_extensions(struct cga_pds *pds, size_t off, size_t *at)
{
	while (off < pds->len) {
		const uint8_t *p = pds->data + off;
		size_t left = pds->len - off, len;

		*at = off;
		if (left < CGA_EXT_HEADER)
			return CGA_EXTENSION;
		len = (size_t)p[2] << 8 | p[3];		/* RFC 4581, 2: data only */
		if (len > left - CGA_EXT_HEADER)
			return CGA_EXTENSION;
		if ((p[0] << 8 | p[1]) == CGA_EXT_MULTI_PREFIX) {
			/* RFC 5535, 5: P and 31 reserved bits, then at least one prefix.  Q67: not twice. */
			if (pds->prefixes || len < 12 || (len - 4) % 8 != 0)
				return CGA_MULTI_PREFIX;
			pds->p_flag = p[4] & 0x80;
			pds->prefixes = p + 8;
			pds->n_prefixes = (len - 4) / 8;
		}
		off += CGA_EXT_HEADER + len;
	}
	return CGA_OK;
}

enum cga_fail cga_pds_parse(const uint8_t *data, size_t len, struct cga_pds *pds, size_t *at)
{
	enum cga_fail f;

	*pds = (struct cga_pds){ .data = data, .len = len };
	*at = 0;
	if (len < CGA_KEY_OFFSET)
		return CGA_SHORT;
	if (len > CGA_PDS_MAX)
		return CGA_LONG;
	*at = CGA_KEY_OFFSET;
	if (len == CGA_KEY_OFFSET)
		return CGA_DER;
	/* RFC 3972, 3: a SubjectPublicKeyInfo, whose length is in its DER */
	if (data[CGA_KEY_OFFSET] != 0x30)
		return CGA_NOT_SEQUENCE;
	pds->key = data + CGA_KEY_OFFSET;
	f = cga_der_length(pds->key, len - CGA_KEY_OFFSET, &pds->key_len);
	if (f)
		return f;
	return parse_extensions(pds, CGA_KEY_OFFSET + pds->key_len, at);
}

size_t cga_pds_build(uint8_t *buf, size_t size, const uint8_t modifier[16], const uint8_t prefix[8], uint8_t collision,
		     const uint8_t *key, size_t key_len, const uint8_t *ext, size_t ext_len)
{
	if (key_len > CGA_PDS_MAX || ext_len > CGA_PDS_MAX || CGA_KEY_OFFSET + key_len + ext_len > CGA_PDS_MAX ||
	    CGA_KEY_OFFSET + key_len + ext_len > size)
		return 0;
	memcpy(buf, modifier, 16);
	memcpy(buf + CGA_PREFIX_OFFSET, prefix, 8);
	buf[CGA_COLLISION_OFFSET] = collision;
	memcpy(buf + CGA_KEY_OFFSET, key, key_len);
	if (ext_len)
		memcpy(buf + CGA_KEY_OFFSET + key_len, ext, ext_len);
	return CGA_KEY_OFFSET + key_len + ext_len;
}

size_t cga_multi_prefix(uint8_t *buf, size_t size, const uint8_t (*prefixes)[8], unsigned int n, bool p_flag)
{
	size_t len = 4 + 8 * (size_t)n;		/* RFC 5535, 5: without type and length */

	if (n == 0 || n > CGA_PREFIXES_MAX || CGA_EXT_HEADER + len > size)
		return 0;
	buf[0] = CGA_EXT_MULTI_PREFIX >> 8;
	buf[1] = CGA_EXT_MULTI_PREFIX & 0xff;
	buf[2] = len >> 8;
	buf[3] = len;
	memset(buf + 4, 0, 4);
	if (p_flag)
		buf[4] = 0x80;
	memcpy(buf + 8, prefixes, 8 * (size_t)n);
	return CGA_EXT_HEADER + len;
}

size_t cga_extended_modifier(uint8_t *buf, size_t size, const uint8_t nonce[48])
{
	/* SubjectPublicKeyInfo { rsaEncryption, RSAPublicKey { nonce, 65537 } } (RFC 5535, 6; RFC 3279, 2.3.1; Q60) */
	static const uint8_t head[] = {
		0x30, 0x4c,
		0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
		0x03, 0x3b, 0x00,
		0x30, 0x38,
		0x02, 0x31, 0x00,
	};
	static const uint8_t tail[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };

	if (size < sizeof(head) + 48 + sizeof(tail))
		return 0;
	memcpy(buf, head, sizeof(head));
	memcpy(buf + sizeof(head), nonce, 48);
	buf[sizeof(head)] |= 0x80;		/* positive, and exactly 384 bits */
	memcpy(buf + sizeof(head) + 48, tail, sizeof(tail));
	return sizeof(head) + 48 + sizeof(tail);
}
