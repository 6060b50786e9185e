/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TEST_FUZZ_MUST_H
#define TEST_FUZZ_MUST_H

#include <stdio.h>
#include <stdlib.h>

#define must(cond) do { \
	if (!(cond)) { \
		fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #cond); \
		abort(); \
	} \
} while (0)

#endif /* TEST_FUZZ_MUST_H */
