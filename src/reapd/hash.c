// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/rng.h"
#include "hash.h"

struct s6_siphash_key hash_secret;

void hash_seed(void)
{
	hal_random(NULL, &hash_secret, sizeof(hash_secret));
}
