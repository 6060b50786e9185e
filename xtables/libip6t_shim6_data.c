// SPDX-License-Identifier: GPL-2.0-or-later
/* ip6tables -j shim6_data, OpenHIP's name of -j SHIM6 */
#include "shim6_tg.h"

static void __attribute__((constructor)) shim6_register(void)
{
	shim6_tg_register("shim6_data");
}
