/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TDXCTL_LIB_REPORT_PRIV_H
#define TDXCTL_LIB_REPORT_PRIV_H

#include "host/host.h"
#include "report.h"

/* Of long texts what is about TDX; -ENOMEM. */
int report_trim(struct tdxctl_report *r);
/* Words of a kernel command line that may be shown; the others are "masked". */
char *report_cmdline(const char *text);
/* Names and addresses give way to stand-ins; @ctx tells whose they are. -ENOMEM. */
int report_mask(struct tdxctl_ctx *ctx, struct tdxctl_report *r);

/* ---- host.c ---- */

extern const struct backend report_backend;

/* ---- mask.c: each name and address in a text gets one stand-in ---- */

enum mask_kind {
	MASK_HOST, MASK_VM, MASK_UUID, MASK_USER, MASK_SERIAL, MASK_MAC, MASK_IPV4, MASK_IPV6,
	MASK_ID, MASK_PATH, MASK_CGROUP, MASK_PROCESS, MASK_KINDS
};

struct mask_name {
	char *name, *alias;
};

struct mask {
	struct mask_name *names;
	size_t nr_names;
	unsigned int count[MASK_KINDS];
	bool failed;			/* out of memory */
};

/* The stand-in of @name, the same each time; "" when out of memory. */
const char *mask_alias(struct mask *m, enum mask_kind kind, const char *name);
/* As mask_alias(), unless @name is a word that texts need: then it stays. */
void mask_learn(struct mask *m, enum mask_kind kind, const char *name);
/* Is this the name of a program, a VMM's for one, that tells nothing of anybody? */
bool mask_is_program(const char *s);
/* @text with the names it learnt, and whatever looks like one, replaced; NULL out of memory. */
char *mask_text(struct mask *m, const char *text);
/* Replaces *@text; NULL stays NULL. */
void mask_replace(struct mask *m, char **text);
void mask_free(struct mask *m);

#endif
