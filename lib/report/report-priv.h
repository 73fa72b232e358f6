/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Collecting, masking and reading reports. */
#ifndef TDXCTL_LIB_REPORT_PRIV_H
#define TDXCTL_LIB_REPORT_PRIV_H

#include "host/host.h"
#include "report.h"

/* ---- trim.c ---- */

/* Cuts long texts down to the lines about TDX. -ENOMEM. */
int report_trim(struct tdxctl_report *r);
/*
 * Returns a kernel command line in which all options except well-known ones are "masked";
 * malloc'ed. NULL: out of memory.
 */
char *report_cmdline(const char *text);

/* ---- redact.c ---- */

/*
 * Replaces names and addresses in @r by aliases; reads the names from files of the host
 * @ctx. -ENOMEM: @r may still contain names.
 */
int report_mask(struct tdxctl_ctx *ctx, struct tdxctl_report *r);

/* ---- host.c ---- */

extern const struct backend report_backend;

/* ---- mask.c: each name and address in a text gets one alias ---- */

enum mask_kind {
	MASK_HOST,
	MASK_VM,
	MASK_UUID,
	MASK_USER,
	MASK_SERIAL,
	MASK_MAC,
	MASK_IPV4,
	MASK_IPV6,
	MASK_ID,
	MASK_PATH,
	MASK_CGROUP,
	MASK_PROCESS,
	MASK_KINDS
};

struct mask_name {
	char *name, *alias;
};

/* Starts zeroed; mask_free() frees its members. */
struct mask {
	struct mask_name *names;
	size_t nr_names;
	unsigned int count[MASK_KINDS]; /* aliases so far */
	bool failed;			/* out of memory */
};

/*
 * Returns the alias of @name, the same each time; it belongs to @m. "": out of memory,
 * which also sets m->failed.
 */
const char *mask_alias(struct mask *m, enum mask_kind kind, const char *name);
/* Like mask_alias(), but ignores names that are common words of kernel messages. */
void mask_learn(struct mask *m, enum mask_kind kind, const char *name);
/* Whether @s is the name of a well-known program, such as a VMM, that needs no alias. */
bool mask_is_program(const char *s);
/*
 * Returns @text with aliases for learned names and for everything that looks like an
 * address or identifier; malloc'ed. NULL: out of memory.
 */
char *mask_text(struct mask *m, const char *text);
/* Replaces *@text by mask_text() of it; NULL stays NULL. Sets m->failed. */
void mask_replace(struct mask *m, char **text);
void mask_free(struct mask *m);

#endif
