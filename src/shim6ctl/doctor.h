/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The examinations of "shim6ctl doctor". */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "hal/nl.h"
#include "shim6ctl.h"

enum result { R_OK_, R_SKIPPED, R_WARNING, R_FAULT };

struct patient {
	struct ctl *c;
	json_t *status;			/* of shim6d; NULL: not to be had */
	json_t *locators;		/* array; empty without shim6d */
	json_t *contexts;
	struct hal_nl *route, *genl;	/* NULL: could not be opened */
	json_t *findings;
	unsigned int count[R_FAULT + 1];
};

/* Note a finding; @remedy (NULL: none): what to type. */
void finding(struct patient *p, enum result r, const char *remedy, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

void examine_modules(struct patient *p);	/* doctor_host.c */
void examine_rules(struct patient *p);
void examine_queues(struct patient *p);
void examine_conntrack(struct patient *p);
void examine_locators(struct patient *p);	/* doctor_net.c */
void examine_routing(struct patient *p);
void examine_mtu(struct patient *p);

#endif /* DOCTOR_H */
