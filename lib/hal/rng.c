// SPDX-License-Identifier: GPL-2.0-or-later
#include "hal/rng.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/random.h>

#include "hal/log.h"

void hal_random(void *arg, void *buf, size_t len)
{
	uint8_t *p = buf;

	(void)arg;
	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			log_err_errno(errno, "no randomness from the kernel, cannot go on");
			abort();
		}
		p += n;
		len -= (size_t)n;
	}
}
