// SPDX-License-Identifier: GPL-2.0-only
/* check --format prom: metrics for alerts; the verb metrics has all others. */
#include "check.h"
#include "out/prom.h"

static const struct cli_field label = { .key = "check", .type = OUT_STR };

static const struct prom_metric worst = {
	.name = "tdxctl_check_worst_state",
	.type = PROM_GAUGE,
	.help = "State of all checks together: 0 ok, 1 warning, 2 critical, 3 unknown.",
};
static const struct prom_metric states = {
	.name = "tdxctl_check_state",
	.type = PROM_GAUGE,
	.help = "State of each check that has a limit: 0 ok, 1 warning, 2 critical, 3 unknown.",
	.labels = &label,
	.nr_labels = 1,
};
/* One metric for each unit; a version is not a number. */
static const struct prom_metric values[TDXCTL_UNITS] = {
	[TDXCTL_UNIT_COUNT] = {
		.name = "tdxctl_check_value", .type = PROM_GAUGE,
		.help = "Value of a check that counts.",
		.labels = &label, .nr_labels = 1,
	},
	[TDXCTL_UNIT_NS] = {
		.name = "tdxctl_check_value_seconds", .type = PROM_GAUGE, .unit = "seconds",
		.help = "Value of a check that measures a duration.",
		.labels = &label, .nr_labels = 1,
	},
	[TDXCTL_UNIT_PPM] = {
		.name = "tdxctl_check_value_ratio", .type = PROM_GAUGE, .unit = "ratio",
		.help = "Value of a check that measures a ratio.",
		.labels = &label, .nr_labels = 1,
	},
};

void check_prom(const struct check_result *r)
{
	struct prom p = { .f = stdout };

	prom_sample(&p, &worst, NULL, r->state);
	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		if (r->report->result[i].on)
			prom_sample(&p, &states, &tdxctl_checks[i].id, r->report->result[i].state);
	for (size_t unit = 0; unit < TDXCTL_UNITS; unit++)
		for (size_t i = 0; values[unit].name && i < TDXCTL_CHECKS; i++)
			if (tdxctl_checks[i].unit == unit && r->report->result[i].value.readable)
				prom_sample(&p, &values[unit], &tdxctl_checks[i].id,
					    r->report->result[i].value.value);
}
