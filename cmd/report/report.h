/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb report: its data, and the Markdown document. */
#ifndef TDXCTL_CMD_REPORT_H
#define TDXCTL_CMD_REPORT_H

#include <report.h>

#include "cli/cli.h"

int cmd_report(struct cli_app *app, int argc, char **argv);

/* Adds the data that --from-report reads to @parent. */
void report_host(struct out_node *parent, const struct tdxctl_report *r);
/* Adds a table of the MSRs and their meaning. */
void report_msr_table(struct out_node *parent, const struct tdxctl_facts *f);

/* The output of one verb. */
struct report_section {
	const char *title, *verb, *noun;
	struct cli_field field; /* its key in JSON */
	struct out *out;
};

/*
 * Prints the Markdown document. Returns 0 or -ENOMEM; the caller checks for write errors with
 * ferror(@f).
 */
int report_markdown(FILE *f, const struct report_section *sections, size_t n,
		    const struct tdxctl_report *r);

#endif
