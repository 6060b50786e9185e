// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/fake/fake.h"
#include "hal/rng.h"

static uint64_t fake_random_state = 1;

void fake_random_seed(uint64_t seed)
{
	fake_random_state = seed ? seed : 1;
}

void hal_random(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	(void)arg;
	while (len--) {
		fake_random_state ^= fake_random_state >> 12;
		fake_random_state ^= fake_random_state << 25;
		fake_random_state ^= fake_random_state >> 27;
		*p++ = (uint8_t)((fake_random_state * 0x2545f4914f6cdd1dULL) >> 56);
	}
}
