/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of metrics, used by the verb, the manual and the tests. */
#ifndef TDXCTL_METRICS_H
#define TDXCTL_METRICS_H

#include <facts.h>

#include "cli/cli.h"
#include "out/prom.h"

struct metrics_host {
	const struct tdxctl_facts *facts;
	const struct tdxctl_snapshot *snap; /* part of @facts */
	uint64_t boot_time;		    /* seconds since 1970; 0: unknown */
};

struct metric {
	struct prom_metric prom;
	bool per_td; /* only with --per-td */
	void (*emit)(struct prom *p, const struct metric *m, const struct metrics_host *h);
	size_t offset; /* for @emit: offset of the value in its struct */
};

extern const struct metric metrics[];
extern const size_t nr_metrics;

int cmd_metrics(struct cli_app *app, int argc, char **argv);

#endif
