/* SPDX-License-Identifier: GPL-2.0-only */
/* top and monitor: two looks at a host, what they tell, and the page that shows them. */
#ifndef TDXCTL_LIVE_TOP_H
#define TDXCTL_LIVE_TOP_H

#include <facts.h>

#include "cli/cli.h"
#include "cli/td.h"

int cmd_top(struct cli_app *app, int argc, char **argv);
int cmd_monitor(struct cli_app *app, int argc, char **argv);

/* ---- sample.c ---- */

/* The last two looks. */
struct sample {
	struct tdxctl_facts *now, *before; /* before: NULL if the two cannot be compared */
	struct view_live *live;		   /* of each TD of @now */
	double seconds;			   /* between the two; 0: no time passed, or no @before */
	bool restarted; /* the helper was loaded again, or another host answers */
};

/* Looks at the host. On failure, a negative errno and the error in the context, *s is unchanged. */
int sample_take(struct sample *s, struct tdxctl_ctx *ctx);
void sample_free(struct sample *s);
static inline const struct tdxctl_snapshot *sample_snap(const struct sample *s)
{
	return s->now->snap;
}
/* How much a counter grew per second. */
uint64_t sample_rate(const struct sample *s, uint64_t now, uint64_t before);

/* ---- page.c ---- */

enum page_view { PAGE_TDS, PAGE_LEAVES, PAGE_CPUS, PAGE_VIEWS };
extern const char *const page_views[PAGE_VIEWS + 1]; /* "tds", "leaves", "cpus" */

struct page {
	enum page_view view;
	/* Column and direction in each view. */
	const struct cli_field *sort[PAGE_VIEWS];
	bool down[PAGE_VIEWS];
	char filter[64]; /* "": none; in any case */
	/* The rows that match, in their order: indices into the snapshot. */
	size_t *order, nr_rows;
};

void page_init(struct page *p);
void page_free(struct page *p);
const struct cli_field *page_table(enum page_view view);
/* Selects the next column to sort by, or the previous one. */
void page_sort_next(struct page *p, int step);
/* Filters and sorts. -ENOMEM. */
int page_arrange(struct page *p, const struct sample *s);
/* Adds the lines above the list to @root. */
void page_head(struct out_node *root, const struct sample *s);
/* Adds @count rows of the list to @root, from row @first on. */
void page_rows(struct out_node *root, const struct page *p, const struct sample *s, size_t first,
	       size_t count);
/* Sets the columns of a view: those of -o, or the usual ones. */
void page_set_columns(struct cli_app *app, enum page_view view);

/* ---- screen.c ---- */

/* Shows the page until the user quits. Returns an exit code, with the error recorded. */
int screen_run(struct cli_app *app, struct page *p, struct sample *s, uint64_t delay_ns);

#endif
