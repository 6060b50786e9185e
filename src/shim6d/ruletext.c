// SPDX-License-Identifier: GPL-2.0-or-later
#include "ruletext.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_IN	"SHIM6_IN"
#define CHAIN_OUT	"SHIM6_OUT"
#define CHAIN_CTL	"SHIM6_CTL"	/* of control messages, called by CHAIN_IN */

static bool line_begins(const char *line, size_t len, const char *want)
{
	return len >= strlen(want) && !memcmp(line, want, strlen(want));
}

static bool line_is(const char *line, size_t len, const char *want)
{
	while (len && (line[len - 1] == ' ' || line[len - 1] == '\r'))
		len--;
	return len == strlen(want) && !memcmp(line, want, len);
}

void ruletext_read(const char *text, struct rules_seen *seen)
{
	*seen = (struct rules_seen){ 0 };
	while (*text) {
		size_t len = strcspn(text, "\n");

		seen->chain_in |= line_is(text, len, "-N " CHAIN_IN);
		seen->chain_out |= line_is(text, len, "-N " CHAIN_OUT);
		seen->chain_ctl |= line_is(text, len, "-N " CHAIN_CTL);
		seen->jumps_in += line_is(text, len, "-A INPUT -j " CHAIN_IN);
		seen->jumps_out += line_is(text, len, "-A OUTPUT -j " CHAIN_OUT);
		seen->rules_in += line_begins(text, len, "-A " CHAIN_IN " ");
		seen->rules_out += line_begins(text, len, "-A " CHAIN_OUT " ");
		seen->rules_ctl += line_begins(text, len, "-A " CHAIN_CTL " ");
		text += len + (text[len] == '\n');
	}
}

static void put_static(FILE *f, const struct rules_static *r)
{
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN], c[INET6_ADDRSTRLEN], d[INET6_ADDRSTRLEN];

	inet_ntop(AF_INET6, &r->ulid_local, a, sizeof(a));
	inet_ntop(AF_INET6, &r->ulid_peer, b, sizeof(b));
	inet_ntop(AF_INET6, &r->src, c, sizeof(c));
	inet_ntop(AF_INET6, &r->dst, d, sizeof(d));
	if (r->in)
		fprintf(f, "-A " CHAIN_IN " -m shim6 --data --mcid 0x%012" PRIx64 " -j SHIM6 --cid 0x%012" PRIx64
			" --src-loc %s --dst-loc %s\n", r->tag, r->tag, b, a);
	else
		fprintf(f, "-A " CHAIN_OUT " -s %s -d %s -j SHIM6 --cid 0x%012" PRIx64 " --src-loc %s --dst-loc %s\n",
			a, b, r->tag, c, d);
}

bool ruletext_whole(const struct rules_want *want, const struct rules_seen *seen)
{
	unsigned int in = want->table ? 2 : 0, out = want->table ? 1 : 0, ctl = want->table ? 2 : 0;

	for (unsigned int i = 0; i < want->n; i++)
		*(want->fixed[i].in ? &in : &out) += 1;
	if (!in && !out)
		return true;
	return seen->chain_in && seen->chain_out && seen->chain_ctl && seen->jumps_in && seen->jumps_out &&
	       seen->rules_in >= in && seen->rules_out >= out && seen->rules_ctl >= ctl;
}

char *ruletext_install(const struct rules_want *want, const struct rules_seen *seen)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	/* Naming a chain with --noflush makes it, or empties it if it is there. */
	fprintf(f, "*mangle\n:" CHAIN_IN " - [0:0]\n:" CHAIN_OUT " - [0:0]\n:" CHAIN_CTL " - [0:0]\n");
	/* One rule for all packets that are none: the protocol first, which costs nftables one comparison. */
	if (want->table)
		fprintf(f, "-A " CHAIN_IN " -p 140 -m shim6 --control -j " CHAIN_CTL "\n"
			"-A " CHAIN_CTL " -m shim6 --control --type keepalive,probe -j NFQUEUE --queue-num %" PRIu32
			" --queue-bypass\n-A " CHAIN_CTL " -m shim6 --control -j NFQUEUE --queue-num %" PRIu32
			" --queue-bypass\n", want->queue_reap, want->queue_control);
	for (unsigned int i = 0; i < want->n; i++)
		put_static(f, &want->fixed[i]);
	if (want->table)
		fprintf(f, "-A " CHAIN_IN " -j SHIM6\n-A " CHAIN_OUT " -j SHIM6\n");
	/* First, so that no rule of others takes a packet away on OUTPUT, and they see what is delivered on INPUT. */
	if (!seen->jumps_in)
		fprintf(f, "-I INPUT -j " CHAIN_IN "\n");
	if (!seen->jumps_out)
		fprintf(f, "-I OUTPUT -j " CHAIN_OUT "\n");
	fprintf(f, "COMMIT\n");
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

char *ruletext_detach(const struct rules_seen *seen)
{
	char *text = NULL;
	size_t size;
	FILE *f;

	f = open_memstream(&text, &size);
	if (!f)
		return NULL;
	fprintf(f, "*mangle\n");
	for (unsigned int i = 0; i < seen->jumps_in; i++)
		fprintf(f, "-D INPUT -j " CHAIN_IN "\n");
	for (unsigned int i = 0; i < seen->jumps_out; i++)
		fprintf(f, "-D OUTPUT -j " CHAIN_OUT "\n");
	if (seen->chain_in)
		fprintf(f, "-F " CHAIN_IN "\n");
	if (seen->chain_out)
		fprintf(f, "-F " CHAIN_OUT "\n");
	if (seen->chain_ctl)
		fprintf(f, "-F " CHAIN_CTL "\n");
	fprintf(f, "COMMIT\n");
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

char *ruletext_delete(const struct rules_seen *seen)
{
	char *text;

	if (asprintf(&text, "*mangle\n%s%s%sCOMMIT\n", seen->chain_in ? "-X " CHAIN_IN "\n" : "",
		     seen->chain_out ? "-X " CHAIN_OUT "\n" : "", seen->chain_ctl ? "-X " CHAIN_CTL "\n" : "") < 0)
		return NULL;
	return text;
}
