/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The target by its two names: extensions are loaded by file name, so each name has a file. */
#ifndef SHIM6_XT_TG_H
#define SHIM6_XT_TG_H

void shim6_tg_register(const char *name);

#endif
