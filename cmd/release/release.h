/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb release: plan, progress bar. */
#ifndef TDXCTL_CMD_RELEASE_H
#define TDXCTL_CMD_RELEASE_H

#include "cli/cli.h"

struct release_estimate {
	bool known;
	bool measured; /* on this host; else from typical times */
	uint64_t pages, seamcalls, duration_ns;
};

int cmd_release(struct cli_app *app, int argc, char **argv);

/* ---- plan.c ---- */

void release_estimate(const struct tdxctl_snapshot *s, const struct tdxctl_td_view *td,
		      const struct tdxctl_release_state *plan, struct release_estimate *est);
/* Adds the fields of the plan to @n. */
void release_plan_fields(struct out_node *n, const struct tdxctl_td_view *td,
			 const struct tdxctl_release_state *plan,
			 const struct release_estimate *est);

/* ---- progress.c ---- */

struct progress {
	struct cli_line line;
	uint64_t start_ns; /* of the page phase */
	uint64_t start_left;
};

void progress_draw(struct progress *p, const struct tdxctl_release_state *st);

#endif
