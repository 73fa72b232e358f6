/* SPDX-License-Identifier: GPL-2.0-only */
/* The columns and fields of a TD. */
#ifndef TDXCTL_CLI_TD_H
#define TDXCTL_CLI_TD_H

#include "cli.h"

/* The changes between two snapshots. */
struct view_live {
	bool known; /* false: there is only one snapshot with this TD */
	int64_t pages_per_second;
	uint64_t calls_per_second;
	uint64_t most_pages; /* private pages, in all snapshots so far */
};

/* The source of the fields. */
struct view_td {
	const struct tdxctl_snapshot *snap;
	const struct tdxctl_td_view *view;
	const struct view_live *live; /* not NULL for the columns of td_live_table */
};

/* td_live_table has all columns of td_table, and the columns that need two snapshots. */
extern const struct cli_field td_table, td_live_table;

void view_td_fill(struct out_node *n, const struct tdxctl_snapshot *s,
		  const struct tdxctl_td_view *v);
void view_td_live_fill(struct out_node *n, const struct view_td *from);

#endif
