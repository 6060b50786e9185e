/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An RSA key, made in a thread of its own: it takes from tenths of a second to minutes. */
#ifndef SHIM6D_KEYGEN_H
#define SHIM6D_KEYGEN_H

#include "cga/cga.h"
#include "hal/loop.h"

struct keygen;

/* From the loop, once; @key is the receiver's, NULL with @err on failure.  @kg is gone then. */
typedef void (*keygen_fn)(struct cga_key *key, const char *err, void *arg);

int keygen_start(struct keygen **kg, struct hal_loop *loop, unsigned int bits, keygen_fn done, void *arg);
void keygen_cancel(struct keygen *kg);		/* waits for the thread; NULL is fine */

#endif /* SHIM6D_KEYGEN_H */
