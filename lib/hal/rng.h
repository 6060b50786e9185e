/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef HAL_RNG_H
#define HAL_RNG_H

#include <stddef.h>

/*
 * Fill @len octets at @buf from getrandom(2); @arg is ignored (the signature is what lib/proto asks for).  Waits
 * at early boot until the kernel is seeded; aborts the process if the kernel has no randomness: nothing safe could
 * go on.
 */
void hal_random(void *arg, void *buf, size_t len);

#endif /* HAL_RNG_H */
