/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uthash with a keyed hash, as strangers choose addresses.  Include instead of uthash.h. */
#ifndef SHIM6D_TABLE_H
#define SHIM6D_TABLE_H

#include <stdlib.h>

#include "hal/log.h"
#include "proto/siphash.h"

extern struct s6_siphash_key table_key;		/* drawn by engine_open(), before the first entry */

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = s6_siphash(&table_key, keyptr, keylen))
#define uthash_fatal(msg) do { log_err("out of memory in a table: ending"); exit(EXIT_FAILURE); } while (0)
#include <uthash.h>

#endif /* SHIM6D_TABLE_H */
