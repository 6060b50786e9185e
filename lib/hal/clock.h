/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HAL_CLOCK_H
#define HAL_CLOCK_H

#include <stdint.h>

/*
 * Milliseconds of CLOCK_MONOTONIC.  Not BOOTTIME: the kernel's timers and those of the loop stand still while the
 * host is suspended, and a clock that jumps over a sleep would let every timeout of every association run out at
 * wake-up.
 */
uint64_t hal_now_ms(void);

#endif /* HAL_CLOCK_H */
