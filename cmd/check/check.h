/* SPDX-License-Identifier: GPL-2.0-only */
/* check's result, for its formats. */
#ifndef TDXCTL_CMD_CHECK_H
#define TDXCTL_CMD_CHECK_H

#include <health.h>

#include "cmd.h"

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
void check_prom(const struct check_result *r);

#endif
