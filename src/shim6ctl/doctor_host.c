// SPDX-License-Identifier: GPL-2.0-or-later
/* What this host needs: modules, rules, queues, connection tracking. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"
#include "hal/ct.h"
#include "hal/spawn.h"
#include "uapi/shim6_nl.h"

/* Loaded, or part of the kernel (then it is not always there to be seen). */
static bool has_module(const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static bool uses_rules(const struct patient *p)
{
	return !p->status || strcmp(str(p->status, "attach"), "hooks");
}

void examine_modules(struct patient *p)
{
	struct hal_genl fam;
	int err;

	err = p->genl ? hal_genl_resolve(p->genl, SHIM6_GENL_NAME, &fam) : -EPROTONOSUPPORT;
	if (err)
		finding(p, R_FAULT, "modprobe shim6; if there is no such module: make dkms-install, or see README",
			"kernel module shim6 is not loaded");
	else if (fam.version != SHIM6_GENL_VERSION)
		finding(p, R_FAULT, "install and load module and programs of the same version",
			"kernel module shim6 speaks version %u of its interface, this program version %d", fam.version,
			SHIM6_GENL_VERSION);
	else
		finding(p, R_OK_, NULL, "kernel module shim6 is loaded");
	if (!uses_rules(p))
		return;
	if (has_module("ip6t_shim6") && has_module("ip6t_shim6_data"))
		finding(p, R_OK_, NULL, "kernel modules ip6t_shim6 and ip6t_shim6_data are loaded");
	else
		finding(p, p->status ? R_FAULT : R_WARNING, "modprobe -a ip6t_shim6 ip6t_shim6_data",
			"match or target of ip6tables is not loaded; without the rules nothing is translated");
}

/* --- rules --- */

/* The -save program beside the -restore program of the configuration. */
static void save_program(const struct patient *p, char *buf, size_t size)
{
	const char *restore = p->status ? str(p->status, "ip6tables") : "ip6tables-restore";
	const char *at = strstr(restore, "-restore");

	if (at)
		snprintf(buf, size, "%.*s-save%s", (int)(at - restore), restore, at + strlen("-restore"));
	else
		snprintf(buf, size, "%s-save", strcmp(restore, "-") ? restore : "ip6tables");
}

/* The place of the line that begins with @rule (0: the first rule of its chain), or -1. */
static int place(const char *text, const char *chain, const char *rule)
{
	char prefix[64];
	const char *line;
	int n = 0;

	snprintf(prefix, sizeof(prefix), "-A %s ", chain);
	for (line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		if (!strncmp(line + strlen(prefix), rule, strlen(rule)))
			return n;
		n++;
	}
	return -1;
}

/* Has chain @chain a rule with @part in it, as whole words? */
static bool holds(const char *text, const char *chain, const char *part)
{
	size_t len = strlen(part);
	const char *line, *at;
	char prefix[64];

	snprintf(prefix, sizeof(prefix), "-A %s ", chain);
	for (line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		if (strncmp(line, prefix, strlen(prefix)))
			continue;
		at = strstr(line, part);
		if (at && at < line + strcspn(line, "\n") && strchr(" \n", at[len]))
			return true;
	}
	return false;
}

static void examine_jump(struct patient *p, const char *text, const char *hook, const char *chain)
{
	char rule[64];
	int at;

	snprintf(rule, sizeof(rule), "-j %s", chain);
	at = place(text, hook, rule);
	if (at < 0)
		finding(p, R_FAULT, "something has flushed its rules; shim6d puts them back within a minute, or restart it",
			"mangle table: chain %s does not jump to %s", hook, chain);
	else if (at > 0)
		finding(p, R_WARNING, "see that they let through what shim6 needs",
			"mangle table: %d rule%s come before the jump to %s in %s", at,
			at == 1 ? "" : "s", chain, hook);
	else
		finding(p, R_OK_, NULL, "mangle table: %s jumps to %s", hook, chain);
}

/* Our own chains: all that has to be in them. */
static void examine_chains(struct patient *p, const char *text)
{
	char control[32], reap[32];
	const struct {
		const char *chain, *part;
	} needed[] = {
		{ "SHIM6_IN", "-j SHIM6_CTL" }, { "SHIM6_CTL", control }, { "SHIM6_CTL", reap },
		{ "SHIM6_IN", "-j SHIM6" }, { "SHIM6_OUT", "-j SHIM6" },
	};
	size_t i;

	snprintf(control, sizeof(control), "--queue-num %lld", num(p->status, "queue_control"));
	snprintf(reap, sizeof(reap), "--queue-num %lld", num(p->status, "queue_reap"));
	for (i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!holds(text, needed[i].chain, needed[i].part))
			finding(p, R_FAULT, "something has changed its rules; shim6d puts them back within a minute, or restart it",
				"mangle table: chain %s has no rule with '%s'", needed[i].chain, needed[i].part);
}

/* A firewall on this host: does it let protocol 140 out? INPUT never sees it. */
static void examine_filter(struct patient *p, const char *text)
{
	const char *filter = strstr(text, "*filter");
	bool drops, accepts;

	if (!filter)
		return;
	drops = strstr(filter, ":OUTPUT DROP") || strstr(filter, "-A OUTPUT -j DROP") ||
		strstr(filter, "-A OUTPUT -j REJECT");
	accepts = strstr(filter, "-p 140") || strstr(filter, "-p shim6") || strstr(filter, "-m shim6");
	if (drops && !accepts)
		finding(p, R_WARNING, "ip6tables -I OUTPUT -p 140 -j ACCEPT",
			"the filter table drops what it does not know in OUTPUT, and no rule of it names Shim6 (protocol 140)");
}

void examine_rules(struct patient *p)
{
	struct hal_spawn_result res;
	char program[256];
	const char *argv[] = { program, NULL };
	int ret;

	if (!uses_rules(p) || !p->status || geteuid())
		return;
	save_program(p, program, sizeof(program));
	ret = hal_spawn_wait(argv, NULL, 10000, &res);
	if (ret) {
		finding(p, R_WARNING, NULL, "cannot read the rules with %s: %s", program,
			res.error ? strerror(-res.error) : res.err);
	} else {
		const char *mangle = strstr(res.out, "*mangle");

		examine_jump(p, mangle ? mangle : "", "INPUT", "SHIM6_IN");
		examine_jump(p, mangle ? mangle : "", "OUTPUT", "SHIM6_OUT");
		examine_chains(p, mangle ? mangle : "");
		examine_filter(p, res.out);
	}
	hal_spawn_result_free(&res);
}

/* --- queues --- */

void examine_queues(struct patient *p)
{
	FILE *f = fopen("/proc/net/netfilter/nfnetlink_queue", "re");
	const unsigned int of_shim6d = (unsigned int)num(p->status, "queue_control");
	const unsigned int of_reapd = (unsigned int)num(p->status, "queue_reap");
	bool control = false, reap = false;
	unsigned int queue, portid, waiting, mode, range, dropped, user_dropped;
	char line[256];

	if (!f) {
		if (!geteuid() && p->status)
			finding(p, R_FAULT, "modprobe nfnetlink_queue", "this kernel has no packet queues (NFQUEUE)");
		return;
	}
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%u %u %u %u %u %u %u", &queue, &portid, &waiting, &mode, &range, &dropped,
			   &user_dropped) != 7)
			continue;
		control |= queue == of_shim6d;
		reap |= queue == of_reapd;
		if ((queue == of_shim6d || queue == of_reapd) && dropped + user_dropped)
			finding(p, R_WARNING, "it was too slow, or is stuck; see its log",
				"%s lost %u control messages in its queue", queue == of_shim6d ? "shim6d" : "reapd",
				dropped + user_dropped);
	}
	fclose(f);
	if (!p->status)
		return;
	if (control && reap)
		finding(p, R_OK_, NULL, "the daemons listen to queues %u and %u", of_shim6d, of_reapd);
	if (!control)
		finding(p, R_FAULT, "restart shim6d", "nobody listens to queue %u: control messages are not seen",
			of_shim6d);
	if (!reap)
		finding(p, R_FAULT, "restart reapd", "nobody listens to queue %u: probes are not seen", of_reapd);
}

/* --- connection tracking --- */

static int read_sysctl(const char *path)
{
	FILE *f = fopen(path, "re");
	int v = -1;

	if (f) {
		if (fscanf(f, "%d", &v) != 1)
			v = -1;
		fclose(f);
	}
	return v;
}

void examine_conntrack(struct patient *p)
{
	uint64_t count, max;

	if (!p->status || flag(p->status, "answer_only"))
		return;
	if (hal_ct_fill(&count, &max)) {
		finding(p, R_WARNING, "modprobe -a nf_conntrack nf_conntrack_netlink",
			"connection tracking is not there: contexts come only by 'shim6ctl trigger' and from peers");
		return;
	}
	if (!read_sysctl("/proc/sys/net/netfilter/nf_conntrack_events"))
		finding(p, R_FAULT, "sysctl -w net.netfilter.nf_conntrack_events=2",
			"connection tracking sends no events: no context is triggered");
	if (read_sysctl("/proc/sys/net/netfilter/nf_conntrack_acct") == 0)
		finding(p, R_WARNING, "sysctl -w net.netfilter.nf_conntrack_acct=1",
			"connection tracking counts no packets: the threshold of the trigger is never reached");
	if (max && count > max - max / 10)
		finding(p, R_WARNING, "raise net.netfilter.nf_conntrack_max",
			"connection tracking is nearly full: %llu of %llu flows", (unsigned long long)count,
			(unsigned long long)max);
	else
		finding(p, R_OK_, NULL, "connection tracking: %llu of %llu flows", (unsigned long long)count,
			(unsigned long long)max);
}
