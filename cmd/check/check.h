/* SPDX-License-Identifier: GPL-2.0-only */
/* check's result, for its formats. */
#ifndef TDXCTL_CMD_CHECK_H
#define TDXCTL_CMD_CHECK_H

#include <health.h>

#include "cli/cli.h"

struct check_result {
	const struct tdxctl_health_report *report;
	enum tdxctl_health state;	/* of all checks together */
	size_t count[4];		/* checks with a limit, by enum tdxctl_health */
	const struct tdxctl_check *unknown;	/* one that could not be made; NULL */
	const char *why;		/* and why not */
};

extern const char *const check_units[TDXCTL_UNITS];
/* "12", "1.5 s", "0.52 %", "1.5.06" */
void check_value_text(char *buf, size_t len, const struct tdxctl_check *c, uint64_t v);
/* One line with performance data. */
void check_nagios(const struct check_result *r);
/* An error as such a line; returns the exit status that goes with it. */
int check_nagios_error(const char *message);
void check_prom(const struct check_result *r);
/* Rows for dump-cli. */
void check_dump(struct out_node *root);

int cmd_check(struct cli_app *app, int argc, char **argv);

#endif
