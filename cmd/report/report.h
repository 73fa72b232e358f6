/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TDXCTL_CMD_REPORT_H
#define TDXCTL_CMD_REPORT_H

#include <report.h>

#include "cli/cli.h"

int cmd_report(struct cli_app *app, int argc, char **argv);

/* What --from-report reads, under @parent. */
void report_host(struct out_node *parent, const struct tdxctl_report *r);
/* The MSRs and what they say. */
void report_msr_table(struct out_node *parent, const struct tdxctl_facts *f);

/* One verb's result. */
struct report_section {
	const char *title, *verb, *noun;
	struct cli_field field;		/* in JSON */
	struct out *out;
};

/* The document for people; write errors stay on @f. -ENOMEM. */
int report_markdown(FILE *f, const struct report_section *sections, size_t n,
		    const struct tdxctl_report *r);

#endif
