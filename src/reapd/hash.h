/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uthash with a keyed hash: the addresses and ports in our keys are chosen by strangers.  Include instead of uthash.h. */
#ifndef REAPD_HASH_H
#define REAPD_HASH_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "hal/log.h"

/* Take a key from the system's randomness; without this call the hash is the same in every run, as tests like it. */
void hash_seed(void);
uint32_t hash_keyed(const void *key, size_t len);

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = hash_keyed(keyptr, keylen))
#define uthash_fatal(msg) do { log_err("out of memory in a table: ending"); exit(EXIT_FAILURE); } while (0)
#include <uthash.h>
#include <utlist.h>

#endif /* REAPD_HASH_H */
