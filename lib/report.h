/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reports: all facts about a host, with the snapshot, to examine on another machine. In
 * a masked report, names and addresses are replaced.
 */
#ifndef TDXCTL_REPORT_H
#define TDXCTL_REPORT_H

#include "facts.h"

struct tdxctl_report {
	struct tdxctl_facts *facts; /* TDXCTL_FACTS_ALL, with the snapshot */
	bool masked;
	uint64_t boot_time;		   /* seconds since 1970; 0 unknown */
	uint64_t time;			   /* when it was taken, in the same way */
	char *hostname;			   /* NULL unknown */
	struct tdxctl_cpu_check_rec *cpus; /* result of the CPU check */
	size_t nr_cpus;
	char *cpus_why; /* why there is no result; NULL if there is one */
	char *conf;	/* the host's tdxctl.conf; NULL none */
	char **reasons; /* owns the reasons of the facts, if the report was read */
	size_t nr_reasons;
};

/*
 * Reads all facts of the host into a report. With @mask, names, addresses and command
 * lines are replaced. Returns 0, or an error of tdxctl_facts_get().
 */
int tdxctl_report_take(struct tdxctl_ctx *ctx, bool mask, struct tdxctl_report **out);
/*
 * Reads a document that `tdxctl report` wrote, Markdown or JSON; @file "-" is standard
 * input. Returns 0, -EINVAL if
 * @file is not a report, with the place in tdxctl_error(), -EFBIG for more than 64 MiB,
 * or an error of reading @file.
 */
int tdxctl_report_read(struct tdxctl_ctx *ctx, const char *file, struct tdxctl_report **out);
/*
 * Reads a document from the @len bytes of @text, which has a NUL behind them. @name is
 * its name in error messages. Returns 0, -EINVAL or -ENOMEM.
 */
int tdxctl_report_parse(struct tdxctl_ctx *ctx, const char *name, const char *text, size_t len,
			struct tdxctl_report **out);
/* NULL is allowed. */
void tdxctl_report_free(struct tdxctl_report *r);
/*
 * Switches @ctx to the host that @r describes. The context owns @r from then on. Facts
 * that are read from it must be freed before the context.
 */
void tdxctl_set_report(struct tdxctl_ctx *ctx, struct tdxctl_report *r);

#endif
