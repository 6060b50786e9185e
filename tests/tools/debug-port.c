// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A command to the debug port of a namespace, without netcat's second of waiting for more: scenes ask
 * hundreds of times.
 * usage: debug-port NAMESPACE COMMAND    exit status 0 for "ok", 1 for "error: ...", 2 without an answer
 */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#define DEBUG_PORT 19384

static int last_line(const char *text, size_t len)	/* 0, 1, or -1: there is more to come */
{
	const char *line = text;

	if (!len || text[len - 1] != '\n')
		return -1;
	for (const char *p = text; p < text + len - 1; p++)
		if (*p == '\n')
			line = p + 1;
	if (!strncmp(line, "ok", 2))
		return 0;
	return strncmp(line, "error: ", 7) ? -1 : 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6, .sin6_port = htons(DEBUG_PORT),
				   .sin6_addr = in6addr_loopback };
	struct timeval patience = { .tv_sec = 15 };
	static char text[65536];
	char path[256];
	ssize_t len;
	int fd, rc = -1;

	if (argc != 3)
		errx(2, "usage: debug-port NAMESPACE COMMAND");
	snprintf(path, sizeof(path), "/run/netns/%s", argv[1]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		err(2, "%s", path);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) || send(fd, argv[2], strlen(argv[2]), 0) < 0)
		err(2, "debug port");
	while (rc < 0) {
		len = recv(fd, text, sizeof(text), 0);
		if (len < 0)
			err(2, "debug port");
		fwrite(text, 1, (size_t)len, stdout);
		rc = last_line(text, (size_t)len);
	}
	return rc;
}
