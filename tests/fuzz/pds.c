// SPDX-License-Identifier: GPL-2.0-or-later
/* Fuzz target: CGA parameters.  An input is an address and the octets of a PDS. */
#include <string.h>

#include "cga/cga.h"
#include "fuzz/fuzz_main.h"
#include "fuzz/fuzz_must.h"

static struct cga *c;

static void inside(const uint8_t *p, size_t n, const struct cga_pds *pds)
{
	must(p >= pds->data && p <= pds->data + pds->len && n <= (size_t)(pds->data + pds->len - p));
}

/* With the address that belongs to the parameters they prove it. */
static void right_address(const uint8_t *data, size_t len, unsigned int sec)
{
	struct in6_addr addr;
	struct cga_pds pds;
	enum cga_fail f;
	uint8_t *copy;
	size_t at;

	copy = malloc(len);
	must(copy);
	memcpy(copy, data, len);
	copy[24] %= 3;
	must(cga_pds_parse(copy, len, &pds, &at) == CGA_OK);
	must(cga_address(c, copy, len, sec, &addr) == CGA_OK);
	f = cga_verify(c, &addr, &pds);
	must(f == (sec <= cga_pds_sec(c, &pds) ? CGA_OK : CGA_HASH2));
	for (unsigned int i = 0; i < pds.n_prefixes; i++)
		if (!memcmp(pds.prefixes + 8 * i, &addr, 8))
			must(hba_verify(c, &addr, &pds) == f);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct in6_addr addr;
	struct cga_pds pds;
	enum cga_fail f;
	size_t at;

	if (!c)
		c = cga_new();
	must(c);
	if (len < 16)
		return 0;
	memcpy(&addr, data, 16);
	data += 16;
	len -= 16;
	f = cga_pds_parse(data, len, &pds, &at);
	must(f < CGA_FAIL_MAX && at <= len);
	if (f)
		return 0;
	inside(pds.key, pds.key_len, &pds);
	if (pds.prefixes)
		inside(pds.prefixes, 8 * (size_t)pds.n_prefixes, &pds);
	must(!pds.prefixes == !pds.n_prefixes);
	must(cga_verify(c, &addr, &pds) < CGA_FAIL_MAX);
	must(hba_verify(c, &addr, &pds) < CGA_FAIL_MAX);
	right_address(data, len, 0);
	right_address(data, len, 1);
	return 0;
}
