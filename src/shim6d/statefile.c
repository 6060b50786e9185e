// SPDX-License-Identifier: GPL-2.0-or-later
#include "statefile.h"

#include <string.h>

#define MAGIC		"SHIM6ST1"
#define AT_BOOT_ID	8
#define AT_NETNS	48
#define AT_CONTEXTS	56

void statefile_put_header(uint8_t *p, const struct statefile_where *where, uint32_t contexts)
{
	memset(p, 0, STATEFILE_HEADER);
	memcpy(p, MAGIC, 8);
	memcpy(p + AT_BOOT_ID, where->boot_id, STATEFILE_BOOT_ID);
	memcpy(p + AT_NETNS, &where->netns, sizeof(where->netns));
	memcpy(p + AT_CONTEXTS, &contexts, sizeof(contexts));
}

void statefile_put_record(uint8_t *p, uint64_t ct_local, uint32_t len)
{
	memcpy(p, &ct_local, sizeof(ct_local));
	memcpy(p + sizeof(ct_local), &len, sizeof(len));
}

/* All records are there, as many as the header says, and nothing is left. */
static int whole(const uint8_t *p, size_t len)
{
	size_t at = STATEFILE_HEADER, blob_len;
	uint32_t contexts, n = 0;
	const uint8_t *blob;
	uint64_t tag;
	int ret;

	memcpy(&contexts, p + AT_CONTEXTS, sizeof(contexts));
	while ((ret = statefile_next(p, len, &at, &tag, &blob, &blob_len)) == 1)
		n++;
	return ret == 0 && n == contexts;
}

const char *statefile_check(const uint8_t *p, size_t len, const struct statefile_where *where)
{
	if (len < STATEFILE_HEADER || memcmp(p, MAGIC, 8))
		return "it is not a state file of this version";
	if (memcmp(p + AT_BOOT_ID, where->boot_id, STATEFILE_BOOT_ID))
		return "it is of another boot";
	if (memcmp(p + AT_NETNS, &where->netns, sizeof(where->netns)))
		return "it is of another network namespace";
	if (!whole(p, len))
		return "it is damaged";
	return NULL;
}

int statefile_next(const uint8_t *p, size_t len, size_t *at, uint64_t *ct_local, const uint8_t **blob, size_t *blob_len)
{
	uint32_t n;

	if (*at == len)
		return 0;
	if (len - *at < STATEFILE_RECORD)
		return -1;
	memcpy(ct_local, p + *at, sizeof(*ct_local));
	memcpy(&n, p + *at + sizeof(*ct_local), sizeof(n));
	if (n > len - *at - STATEFILE_RECORD)
		return -1;
	*blob = p + *at + STATEFILE_RECORD;
	*blob_len = n;
	*at += STATEFILE_RECORD + n;
	return 1;
}
