/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses that prove themselves: CGA (RFC 3972, 4581, 4982), HBA (RFC 5535), and the proof of a Shim6 locator list
 * (RFC 5533 5.15.2, 5.15.5, 7.2).
 *
 * Hashes and RSA are OpenSSL's.  Nothing here keeps state between calls but struct cga (working memory of one thread),
 * reads a clock, or allocates in proportion to its input; parameters and keys are bounded.  Every refusal has a name
 * and, for parameters, the offset at which it was found.
 */
#ifndef CGA_CGA_H
#define CGA_CGA_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CGA_PDS_MAX		4096	/* octets of a CGA Parameter Data Structure that we look at */
#define CGA_PREFIXES_MAX	32	/* prefixes of a Multi-Prefix extension that we make */
#define CGA_SIGNATURE_MAX	1024	/* RSA of 8192 bits */
#define CGA_EXT_MULTI_PREFIX	0x0012	/* RFC 5535 section 10 */
#define CGA_KEY_BITS_MIN	1024	/* of keys that sign, RFC 5533 section 16 (Q28) */
#define CGA_KEY_BITS_OWN	2048	/* of keys that we make */
#define CGA_SEC_MAX		2	/* higher values have no procedure (RFC 4982, Q62) */

enum cga_fail {
	CGA_OK,
	CGA_SHORT,		/* parameters of fewer than 25 octets (RFC 3972, 3) */
	CGA_LONG,		/* more than CGA_PDS_MAX */
	CGA_NOT_SEQUENCE,	/* the key field is not a DER SEQUENCE (RFC 3972, 3) */
	CGA_DER,		/* a DER length runs past the end, or is not in shortest form */
	CGA_EXTENSION,		/* an extension runs past the end (RFC 4581, 2) */
	CGA_MULTI_PREFIX,	/* Multi-Prefix extension not of 4 + 8n octets, or two of them (RFC 5535, 5; Q67) */
	CGA_COLLISION,		/* collision count above 2 (RFC 3972, 5 step 1) */
	CGA_PREFIX,		/* prefix of the address and of the parameters differ (step 2) */
	CGA_HASH1,		/* Hash1 is not the interface identifier (step 4) */
	CGA_SEC,		/* Sec of 3 to 7 has no meaning (RFC 4982, 6; Q62) */
	CGA_HASH2,		/* Hash2 lacks the zero bits that Sec asks for (step 7) */
	CGA_NO_MULTI_PREFIX,	/* method HBA without the extension (RFC 5535, 7.2) */
	CGA_NOT_IN_SET,		/* prefix is not in the extension (RFC 5535, 7.2 step 1) */
	CGA_P_FLAG,		/* method CGA with the parameters of HBA-only addresses (P = 0; Q64) */
	CGA_KEY,		/* the key field does not hold an RSA key */
	CGA_KEY_BITS,		/* RSA key shorter than allowed (RFC 5533, 16) */
	CGA_NO_SIGNATURE,	/* method CGA and no signature (RFC 5533, 5.15.5) */
	CGA_SIGNATURE,		/* signature does not verify */
	CGA_METHOD,		/* a verification method that is neither HBA nor CGA (RFC 5533, 7.2) */
	CGA_ULID,		/* locator has no proof: parameters absent and it is not the ULID */
	CGA_MEMORY,		/* OpenSSL failed: memory, or SHA-1 forbidden by policy (Q65) */
	CGA_FAIL_MAX
};

const char *cga_fail_name(enum cga_fail f);	/* short, for counters: "hash1" */
const char *cga_fail_text(enum cga_fail f);	/* a sentence */

/* Working memory of a thread.  NULL if OpenSSL has no SHA-1 or memory is short. */
struct cga;
struct cga *cga_new(void);
void cga_free(struct cga *c);

/* --- parameters -------------------------------------------------------------------------------------------------- */

/* A parsed CGA Parameter Data Structure (RFC 3972, 3).  Views into the caller's octets. */
struct cga_pds {
	const uint8_t *data;
	size_t len;
	const uint8_t *key;		/* SubjectPublicKeyInfo, or what HBA-only addresses have in its place */
	size_t key_len;
	const uint8_t *prefixes;	/* of the Multi-Prefix extension, 8 octets each; NULL without one */
	unsigned int n_prefixes;
	bool p_flag;			/* the key is a real one */
};

/* *@at is the offset of what is wrong. */
enum cga_fail cga_pds_parse(const uint8_t *data, size_t len, struct cga_pds *pds, size_t *at);

/* --- verification ----------------------------------------------------------------------------------------------- */

/* RFC 3972, 5 */
enum cga_fail cga_verify(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds);
/* RFC 5535, 7.2 */
enum cga_fail hba_verify(struct cga *c, const struct in6_addr *addr, const struct cga_pds *pds);

/* The PDS is the one @ulid was made from: HBA rules with a Multi-Prefix extension, CGA rules without (Q63). */
enum cga_fail cga_verify_ulid(struct cga *c, const struct in6_addr *ulid, const struct cga_pds *pds);

/* A locator list to be proven (RFC 5533, 5.15.2). */
struct cga_list {
	uint32_t generation;
	unsigned int n;
	const struct in6_addr *addr;	/* @n of each, in list order */
	const uint8_t *method;		/* SHIM6_VERIFY_* */
};

/*
 * Is every locator of @list proven by @pds, and @signature (@sig_len octets, NULL: none) where methods are CGA?
 * @ulid is the peer's; it needs no proof for itself as a locator, but @pds has to be its own (7.2, 7.13).  *@which is
 * the index of the first locator without proof (or @n if the fault is not with one).  Keys below @min_bits are refused.
 * Cheap checks come before the one RSA operation.
 */
enum cga_fail cga_list_verify(struct cga *c, const struct in6_addr *ulid, const struct cga_list *list,
			      const struct cga_pds *pds, const uint8_t *signature, size_t sig_len,
			      unsigned int min_bits, unsigned int *which);

/* --- generation -------------------------------------------------------------------------------------------------- */

/* What a search for a modifier tells while it runs; return false to stop it. */
typedef bool (*cga_progress_fn)(void *arg, uint64_t tries, double expected_tries);

struct cga_search {
	unsigned int sec;		/* 0..CGA_SEC_MAX */
	unsigned int threads;		/* 0: as many as there are CPUs */
	cga_progress_fn progress;	/* NULL: none; called about once a second, from the calling thread */
	void *arg;
	uint64_t tries;			/* out: Hash2 computed before the modifier was found */
};

/*
 * Search upwards from *@modifier (16 octets, big-endian) the first value whose Hash2 over @key and @ext has 16 * sec
 * zero bits (RFC 3972 4, RFC 5535 6).  0, -EINVAL, -ENOMEM, -ECANCELED.  The result does not depend on the number of
 * threads.
 */
int cga_search(struct cga_search *s, uint8_t modifier[16], const uint8_t *key, size_t key_len, const uint8_t *ext,
	       size_t ext_len);

/* Write the PDS for @prefix; returns its length, 0 if it does not fit. */
size_t cga_pds_build(uint8_t *buf, size_t size, const uint8_t modifier[16], const uint8_t prefix[8], uint8_t collision,
		     const uint8_t *key, size_t key_len, const uint8_t *ext, size_t ext_len);

/* The address of a PDS that cga_pds_build() wrote (RFC 3972, 4 steps 5 to 7). */
enum cga_fail cga_address(struct cga *c, const uint8_t *pds, size_t len, unsigned int sec, struct in6_addr *addr);

/* The Multi-Prefix extension for @n prefixes (RFC 5535, 5).  Returns its length, 0 if it does not fit. */
size_t cga_multi_prefix(uint8_t *buf, size_t size, const uint8_t (*prefixes)[8], unsigned int n, bool p_flag);

/* The key field of HBA-only addresses around a 48-octet random number (RFC 5535, 6; Q60).  Length, or 0. */
size_t cga_extended_modifier(uint8_t *buf, size_t size, const uint8_t nonce[48]);

/* --- whole sets -------------------------------------------------------------------------------------------------- */

enum cga_kind {
	CGA_KIND_HBA,			/* a set that proves itself by hashes; no key */
	CGA_KIND_CGA,			/* each address for itself, with a key */
	CGA_KIND_HYBRID,		/* both: a CGA-compatible HBA set (RFC 5535, 3.2) */
};

const char *cga_kind_name(enum cga_kind kind);		/* "hba", "cga", "hybrid" */
bool cga_kind_parse(const char *name, enum cga_kind *kind);
enum cga_kind cga_pds_kind(const struct cga_pds *pds);

/* The highest Sec whose zero bits Hash2 of @pds has; the parameters themselves do not say what they were made for. */
unsigned int cga_pds_sec(struct cga *c, const struct cga_pds *pds);

struct cga_recipe {
	enum cga_kind kind;
	const uint8_t (*prefix)[8];
	unsigned int n;			/* of prefixes, up to CGA_PREFIXES_MAX */
	const struct cga_key *key;	/* CGA and hybrid */
	uint8_t collision;		/* 0 to 2 */
	uint8_t random[16 + 48];	/* where the search for the modifier begins, and the extended modifier of HBA */
};

struct cga_made {
	struct in6_addr addr;
	size_t len;
	uint8_t pds[CGA_PDS_MAX];
};

/*
 * Make an address and its parameters for each prefix of @r, in their order, into @made[r->n].  search->sec is the Sec
 * wanted.  0, -EINVAL, -E2BIG (the parameters would be too long), -ENOMEM, -ECANCELED.
 */
int cga_set_make(struct cga *c, const struct cga_recipe *r, struct cga_search *search, struct cga_made *made);

/*
 * What follows a collision: count it in @pds and give the next address (RFC 3972, 4 step 8).  CGA_COLLISION: it was the
 * third.
 */
enum cga_fail cga_collide(struct cga *c, uint8_t *pds, size_t len, unsigned int sec, struct in6_addr *addr);

/* --- keys and signatures ----------------------------------------------------------------------------------------- */

struct cga_key;			/* an RSA key pair */

/* NULL with *@err set (static text, or OpenSSL's) on failure. */
struct cga_key *cga_key_new(unsigned int bits, const char **err);
/* @path: a regular file of the caller's or root's that nobody else may read; PEM or DER, PKCS#8 or RSAPrivateKey. */
struct cga_key *cga_key_load(const char *path, const char **err);
struct cga_key *cga_key_from_der(const uint8_t *der, size_t len, const char **err);
/* Written with mode 0600 under another name first, then renamed.  0 or a negative errno. */
int cga_key_save(const struct cga_key *key, const char *path);
void cga_key_free(struct cga_key *key);
unsigned int cga_key_bits(const struct cga_key *key);
/* Of the key in @pds; 0: it holds no RSA key. */
unsigned int cga_pds_key_bits(const struct cga_pds *pds);
#define CGA_FINGERPRINT_LEN	65
/* SHA-256 of a SubjectPublicKeyInfo as hexadecimal text.  false: OpenSSL failed. */
bool cga_fingerprint(const uint8_t *public_key, size_t len, char text[CGA_FINGERPRINT_LEN]);
/* SubjectPublicKeyInfo; returns its length, 0 if it does not fit. */
size_t cga_key_public(const struct cga_key *key, uint8_t *buf, size_t size);

/*
 * Sign the CGA-method locators of @list (RFC 5533, 5.15.5).  Returns the length of the signature in @sig, 0 on failure.
 * The signature covers neither peer nor nonce: one serves all peers until the list changes.
 */
size_t cga_list_sign(const struct cga_key *key, const struct cga_list *list, uint8_t *sig, size_t size);

/* The octets that are signed: type tag, generation, CGA locators.  Length, or 0 if they do not fit. */
size_t cga_signed_octets(const struct cga_list *list, uint8_t *buf, size_t size);

#endif /* CGA_CGA_H */
