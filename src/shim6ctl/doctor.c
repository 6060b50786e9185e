// SPDX-License-Identifier: GPL-2.0-or-later
/* shim6ctl doctor: what is missing or wrong on this host, and what to do. */
#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const result_names[] = {
	[R_OK_] = "ok", [R_SKIPPED] = "skipped", [R_WARNING] = "warning", [R_FAULT] = "fault",
};

void finding(struct patient *p, enum result r, const char *remedy, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	p->count[r]++;
	json_array_append_new(p->findings, json_pack("{s:s, s:s, s:s?}", "result", result_names[r],
						     "text", text ? text : "out of memory", "remedy", remedy));
	if (!p->c->json) {
		printf("%-8s %s\n", result_names[r], text ? text : "out of memory");
		if (remedy)
			printf("%-8s %s\n", "", remedy);
	}
	free(text);
}

static void keep(const json_t *item, void *arg)
{
	json_array_append(arg, (json_t *)item);
}

static void examine_daemons(struct patient *p)
{
	const json_t *reapd;
	json_t *w;
	char why[256];
	size_t i;

	if (ask_quietly(p->c, json_pack("{s:s}", "cmd", "status"), NULL, NULL, &p->status, why, sizeof(why))) {
		finding(p, R_FAULT, "service shim6 start", "%s", why);
		return;
	}
	finding(p, R_OK_, NULL, "shim6d runs (version %s)", str(p->status, "version"));
	if (strcmp(str(p->status, "version"), SHIM6_VERSION))
		finding(p, R_WARNING, "restart the daemon after an upgrade", "this is shim6ctl %s", SHIM6_VERSION);
	reapd = json_object_get(p->status, "reapd");
	if (flag(reapd, "connected"))
		finding(p, R_OK_, NULL, "reapd runs and is connected to shim6d");
	else
		finding(p, R_FAULT, "service shim6 start; if that does not help, its log says why",
			"reapd is not connected to shim6d: no context is triggered, no failure is found");
	/* Said by shim6d itself; what we find out below is left out. */
	json_array_foreach(json_object_get(p->status, "warnings"), i, w)
		if (strstr(json_string_value(w), "security"))
			finding(p, R_WARNING, NULL, "%s", json_string_value(w));
	ask_quietly(p->c, json_pack("{s:s}", "cmd", "locators"), keep, p->locators, NULL, why, sizeof(why));
	ask_quietly(p->c, json_pack("{s:s}", "cmd", "contexts"), keep, p->contexts, NULL, why, sizeof(why));
}

int cmd_doctor(struct ctl *c, int argc, char *argv[])
{
	struct patient p = { .c = c, .findings = json_array(), .locators = json_array(), .contexts = json_array() };
	unsigned int faults;

	if (argc > 1)
		return misused(find_command(argv[0]), "doctor takes no argument");
	if (geteuid())
		finding(&p, R_SKIPPED, "run it as root", "rules, queues and kernel state can be examined by root only");
	hal_nl_open(&p.route, NETLINK_ROUTE);
	hal_nl_open(&p.genl, NETLINK_GENERIC);
	examine_daemons(&p);
	examine_modules(&p);
	examine_rules(&p);
	examine_queues(&p);
	examine_conntrack(&p);
	examine_locators(&p);
	examine_routing(&p);
	examine_mtu(&p);
	faults = p.count[R_FAULT];
	if (c->json)
		print_json(p.findings);
	else
		printf("%u fault%s, %u warning%s\n", faults, faults == 1 ? "" : "s", p.count[R_WARNING],
		       p.count[R_WARNING] == 1 ? "" : "s");
	hal_nl_close(p.route);
	hal_nl_close(p.genl);
	json_decref(p.status);
	json_decref(p.findings);
	json_decref(p.locators);
	json_decref(p.contexts);
	return faults ? EXIT_FAILED : EXIT_OK;
}
