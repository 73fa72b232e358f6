/* SPDX-License-Identifier: GPL-2.0-only */
/* The result of check, and its formats. */
#ifndef TDXCTL_CMD_CHECK_H
#define TDXCTL_CMD_CHECK_H

#include <health.h>

#include "cli/cli.h"

struct check_result {
	const struct tdxctl_health_report *report;
	enum tdxctl_health state;	    /* of all checks together */
	size_t count[4];		    /* of checks that have a limit, by enum tdxctl_health */
	const struct tdxctl_check *unknown; /* a skipped check; NULL: none */
	const char *why;		    /* why it was skipped */
};

extern const char *const check_units[TDXCTL_UNITS];
/* Formats a value in the unit of @c: "12", "1.5 s", "0.52 %", "1.5.06". */
void check_value_text(char *buf, size_t len, const struct tdxctl_check *c, uint64_t v);
/* Prints one line with performance data to stdout. */
void check_nagios(const struct check_result *r);
/* Prints an error as such a line; returns the exit code for it. */
int check_nagios_error(const char *message);
void check_prom(const struct check_result *r);
/* Adds the table of checks, for dump-cli. */
void check_dump(struct out_node *root);

int cmd_check(struct cli_app *app, int argc, char **argv);

#endif
