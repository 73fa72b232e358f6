/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TDXCTL_LIB_REPORT_PRIV_H
#define TDXCTL_LIB_REPORT_PRIV_H

#include "report.h"
#include "private.h"

/* Of long texts what is about TDX; -ENOMEM. */
int report_trim(struct tdxctl_report *r);
/* Words of a kernel command line that may be shown; the others are "masked". */
char *report_cmdline(const char *text);
/* Names and addresses give way to stand-ins; @ctx tells whose they are. -ENOMEM. */
int report_mask(struct tdxctl_ctx *ctx, struct tdxctl_report *r);

/* What a context of a report answers; each is the caller's own copy. Facts keep their snapshot. */
int report_facts(struct tdxctl_ctx *ctx, struct tdxctl_facts *f);
int report_snapshot(struct tdxctl_ctx *ctx, struct tdxctl_snapshot **out);
int report_msrs(struct tdxctl_ctx *ctx, struct tdxctl_msr_set **out, size_t *count);
int report_cpu_check(struct tdxctl_ctx *ctx, struct tdxctl_cpu_check_rec **out, size_t *count);

#endif
