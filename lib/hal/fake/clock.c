// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/clock.h"
#include "hal/fake/fake.h"

static uint64_t fake_clock_now = 1000000;

uint64_t hal_now_ms(void)
{
	return fake_clock_now;
}

void fake_clock_set(uint64_t ms)
{
	fake_clock_now = ms;
}
