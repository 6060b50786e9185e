// SPDX-License-Identifier: GPL-2.0-or-later
#include "ident.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cgadir.h"

/* At most CGADIR_MAX: looked through one by one. */
struct s6d_idents {
	struct cgadir dir;
	struct s6d_ident ident[CGADIR_MAX];
};

int idents_load(struct s6d_idents **out, const char *path, char *err, size_t errlen)
{
	struct s6d_idents *s = calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (!s) {
		snprintf(err, errlen, "out of memory");
		return -ENOMEM;
	}
	rc = cgadir_read(&s->dir, path, err, errlen);
	if (rc) {
		free(s);
		return rc;
	}
	for (unsigned int i = 0; i < s->dir.n; i++) {
		const struct cgadir_addr *a = &s->dir.a[i];

		s->ident[i] = (struct s6d_ident){
			.pds = a->pds, .pds_len = a->len, .parsed = a->parsed, .sec = a->sec,
			.key = cga_pds_kind(&a->parsed) == CGA_KIND_HBA ? NULL : s->dir.key,
		};
	}
	*out = s;
	return 0;
}

const struct s6d_ident *ident_find(const struct s6d_idents *s, const struct in6_addr *addr)
{
	const struct cgadir_addr *a = s ? cgadir_find(&s->dir, addr) : NULL;

	return a ? &s->ident[a - s->dir.a] : NULL;
}

const struct cgadir *idents_dir(const struct s6d_idents *s)
{
	return &s->dir;
}

void idents_free(struct s6d_idents *s)
{
	if (!s)
		return;
	cgadir_free(&s->dir);
	free(s);
}
