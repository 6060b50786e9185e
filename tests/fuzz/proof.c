// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: locator lists and their signatures, as they come in messages.  An input is the ULID of a peer and a
 * message.
 */
#include <arpa/inet.h>
#include <string.h>

#include "fuzz/fuzz_main.h"
#include "fuzz/fuzz_must.h"
#include "prove/prove.h"

static struct cga *c;
static struct in6_addr src, dst;

static void prove(const struct in6_addr *ulid, const uint8_t *data, size_t len)
{
	struct s6_proof proof;
	static struct s6_msg m;
	enum cga_fail f;
	size_t fault;

	f = prove_message(c, &src, &dst, data, len, ulid, (struct s6_bytes){ 0 }, 1024, &proof);
	must(f < CGA_FAIL_MAX);
	must((f == CGA_OK) == (proof.result == S6_PROOF_GOOD));
	must(!memcmp(&proof.ulid, ulid, sizeof(*ulid)));
	if (proof.result == S6_PROOF_PDS)
		return;
	must(s6_decode(data, len, &src, &dst, &m, &fault) == S6_V_OK && m.pds.p);
	if (proof.result == S6_PROOF_LIST)
		must(proof.bad < m.locators.n && (m.locators.loc[proof.bad].method == SHIM6_VERIFY_HBA ||
						  m.locators.loc[proof.bad].method == SHIM6_VERIFY_CGA));
	/* Nobody else can say the same. */
	if (proof.result == S6_PROOF_GOOD) {
		struct in6_addr other = *ulid;

		other.s6_addr[15] ^= 1;
		must(prove_message(c, &src, &dst, data, len, &other, (struct s6_bytes){ 0 }, 1024, &proof) != CGA_OK);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct in6_addr ulid;
	uint16_t sum;
	uint8_t *p;

	if (!c)
		c = cga_new();
	must(c);
	inet_pton(AF_INET6, "2001:db8:a::1", &src);
	inet_pton(AF_INET6, "2001:db8:b::1", &dst);
	if (len < 16)
		return 0;
	memcpy(&ulid, data, 16);
	data += 16;
	len -= 16;
	prove(&ulid, data, len);

	/* Once more with the checks in front of the content passed. */
	len = len / 8 * 8;
	if (len < 8 || len > 2048)
		return 0;
	p = malloc(len);
	must(p);
	memcpy(p, data, len);
	p[1] = len / 8 - 1;
	p[4] = p[5] = 0;
	sum = s6_checksum(p, len);
	p[4] = sum >> 8;
	p[5] = sum & 0xff;
	prove(&ulid, p, len);
	free(p);
	return 0;
}
