/* SPDX-License-Identifier: GPL-2.0-or-later */
/* uthash with a keyed hash: addresses and ports in our keys are chosen by strangers.  Include instead of uthash.h. */
#ifndef REAPD_HASH_H
#define REAPD_HASH_H

#include <stddef.h>
#include <stdlib.h>

#include "hal/log.h"
#include "proto/siphash.h"

extern struct s6_siphash_key hash_secret;	/* zero until hash_seed(): tests like to see the same every time */
void hash_seed(void);

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = (unsigned int)s6_siphash(&hash_secret, keyptr, keylen))
#define uthash_fatal(msg) do { log_err("out of memory in a table: ending"); exit(EXIT_FAILURE); } while (0)
#include <uthash.h>
#include <utlist.h>

#endif /* REAPD_HASH_H */
