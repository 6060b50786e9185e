// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>

#include "addr.h"

const char *addr_text(const struct in6_addr *a)
{
	static char buf[8][INET6_ADDRSTRLEN];
	static unsigned int turn;
	char *text = buf[turn++ % 8];

	return inet_ntop(AF_INET6, a, text, INET6_ADDRSTRLEN) ? text : "?";
}
