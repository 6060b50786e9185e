/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of "shim6ctl addr" share. */
#ifndef SHIM6CTL_ADDR_H
#define SHIM6CTL_ADDR_H

#include "common/cgadir.h"
#include "shim6ctl.h"

int addr_generate(struct ctl *c, const struct command *self, int argc, char *argv[]);	/* addr_make.c */
int addr_key(struct ctl *c, const struct command *self, int argc, char *argv[]);
int addr_show(struct ctl *c, const struct command *self, int argc, char *argv[]);		/* addr_show.c */
int addr_verify(struct ctl *c, const struct command *self, int argc, char *argv[]);

/* The directory of shim6d's addresses: @given, or what a running shim6d says, or CGADIR_DEFAULT. */
const char *addr_directory(struct ctl *c, const char *given);

/* Complains and returns false if @bits and path are not right for a new key. */
struct cga_key *addr_new_key(unsigned int bits, const char *path);

#endif /* SHIM6CTL_ADDR_H */
