// SPDX-License-Identifier: GPL-2.0-only
/* stat: counts and times of the calls to the TDX module, by leaf. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <trace.h>
#include <unistd.h>

#include "trace.h"

#define NAP_NS UINT64_C(50000000)

enum { LEAF, CALLS, ERRORS, TOTAL, MEAN, P50, P99, MAX };

static const struct cli_field columns[] = {
	[LEAF] = { .key = "leaf", .label = "LEAF", .type = OUT_STR },
	[CALLS] = { .key = "calls", .label = "CALLS", .type = OUT_UINT, .right = true },
	[ERRORS] = { .key = "errors", .label = "ERRORS", .type = OUT_UINT, .right = true },
	[TOTAL] = { .key = "total_ns", .label = "TOTAL", .type = OUT_NS, .right = true },
	[MEAN] = { .key = "mean_ns", .label = "MEAN", .type = OUT_NS, .right = true },
	[P50] = { .key = "p50_ns", .label = "P50", .type = OUT_NS, .right = true, .drop = 2 },
	[P99] = { .key = "p99_ns", .label = "P99", .type = OUT_NS, .right = true, .drop = 1 },
	[MAX] = { .key = "max_ns", .label = "MAX", .type = OUT_NS, .right = true },
};

const struct cli_field stat_table = {
	.key = "leaves",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No SEAMCALLs.",
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
};

enum { H_LEAF, H_FROM, H_TO, H_CALLS, H_BAR };

static const struct cli_field buckets[] = {
	[H_LEAF] = { .key = "leaf", .label = "LEAF", .type = OUT_STR },
	[H_FROM] = { .key = "from_ns", .label = "FROM", .type = OUT_NS, .right = true },
	[H_TO] = { .key = "below_ns", .label = "BELOW", .type = OUT_NS, .right = true },
	[H_CALLS] = { .key = "calls", .label = "CALLS", .type = OUT_UINT, .right = true },
	[H_BAR] = { .label = "", .type = OUT_BAR, .drop = 1 },
};

static const struct cli_field histogram = {
	.key = "histogram",
	.label = "",
	.type = OUT_TABLE,
	.columns = buckets,
	.nr_columns = ARRAY_SIZE(buckets),
};

static const struct cli_field duration = { .key = "duration_ns",
					   .label = "Observed",
					   .type = OUT_NS };

struct counts {
	struct tdxctl_leaf *leaf;
	size_t count;
	uint64_t ns; /* when they were read */
};

static int read_counts(const struct tdxctl_trace *t, struct counts *c)
{
	c->ns = tdxctl_clock_ns();
	return tdxctl_trace_stat(t, &c->leaf, &c->count);
}

/* Counts since @before. The maximum stays that since the start. */
static void subtract(struct counts *now, const struct counts *before)
{
	for (size_t i = 0; i < now->count; i++)
		for (size_t k = 0; k < before->count; k++) {
			struct tdxctl_leaf *a = &now->leaf[i];
			const struct tdxctl_leaf *b = &before->leaf[k];

			if (a->leaf != b->leaf)
				continue;
			a->calls -= b->calls;
			a->errors -= b->errors;
			a->total_ns -= b->total_ns;
			for (int h = 0; h < TDXCTL_HIST_BUCKETS; h++)
				a->hist[h] -= b->hist[h];
		}
}

static int by_total(const void *a, const void *b)
{
	uint64_t x = ((const struct tdxctl_leaf *)a)->total_ns;
	uint64_t y = ((const struct tdxctl_leaf *)b)->total_ns;

	return x < y ? 1 : x > y ? -1 : 0;
}

#define BAR 40

/* The buckets of each leaf that have calls; in text only if @show. */
static void fill_histogram(struct out_node *root, const struct counts *c, bool show)
{
	static const char bar[BAR + 1] = "########################################";
	struct out_node *table, *row;

	if (show)
		out_gap(root);
	table = out_array(root, &histogram);
	for (size_t i = 0; i < c->count; i++) {
		const struct tdxctl_leaf *l = &c->leaf[i];
		const char *name = tdxctl_leaf_str(l->leaf);

		for (unsigned int h = 0; h < TDXCTL_HIST_BUCKETS; h++) {
			if (!l->hist[h])
				continue;
			row = out_row(table);
			out_str(row, &buckets[H_LEAF], name ? name : "unknown leaf");
			out_uint(row, &buckets[H_FROM], h ? 1ULL << h : 0);
			out_uint_or_none(row, &buckets[H_TO],
					 h + 1 < TDXCTL_HIST_BUCKETS ? 2ULL << h : 0, 0);
			out_uint(row, &buckets[H_CALLS], l->hist[h]);
			out_str(row, &buckets[H_BAR], bar + BAR - BAR * l->hist[h] / l->calls);
			if (!show)
				out_hide(row);
		}
	}
}

static void fill(struct cli_app *app, struct out_node *root, struct counts *c, uint64_t ns)
{
	struct out_node *table, *row;

	qsort(c->leaf, c->count, sizeof(*c->leaf), by_total);
	out_uint(root, &duration, ns);
	out_gap(root);
	table = out_array(root, &stat_table);
	for (size_t i = 0; i < c->count; i++) {
		const struct tdxctl_leaf *l = &c->leaf[i];
		const char *name = tdxctl_leaf_str(l->leaf);

		if (!l->calls)
			continue;
		row = out_row(table);
		out_str(row, &columns[LEAF], name ? name : "unknown leaf");
		out_uint(row, &columns[CALLS], l->calls);
		out_style(out_uint(row, &columns[ERRORS], l->errors),
			  l->errors ? STYLE_WARN : STYLE_NONE);
		out_uint(row, &columns[TOTAL], l->total_ns);
		out_uint(row, &columns[MEAN], l->total_ns / l->calls);
		out_uint(row, &columns[P50], tdxctl_leaf_percentile(l, 50));
		out_uint(row, &columns[P99], tdxctl_leaf_percentile(l, 99));
		out_uint(row, &columns[MAX], l->max_ns);
	}
	fill_histogram(root, c, app->v.verbose);
}

static int print_interval(struct cli_app *app, struct counts *c, uint64_t ns)
{
	struct out *o = out_new();
	int err;

	if (!o)
		return -ENOMEM;
	fill(app, out_root(o), c, ns);
	if (app->v.json) {
		cli_stamp_to(app, app->ctx, out_root(o));
		err = out_json_line(o, stdout, "stat");
	} else {
		err = out_text(o, stdout, &app->mode);
		putchar('\n');
	}
	if (out_failed(o))
		err = -ENOMEM;
	fflush(stdout);
	out_free(o);
	return err;
}

/* Starts the command. Returns its PID, or an exit code below 0 with the error recorded. */
static pid_t start_command(struct cli_app *app, char **argv)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	execvp(argv[0], argv);
	fprintf(stderr, "tdxctl: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Waits for the next interval or the end. Returns false at the end. */
static bool wait_on(struct cli_app *app, pid_t *child, int *status, uint64_t end, uint64_t next)
{
	for (;;) {
		uint64_t now = tdxctl_clock_ns();

		if (*child > 0 && waitpid(*child, status, WNOHANG) == *child) {
			*child = 0;
			return false;
		}
		if (cli_stopped() || (end && now >= end))
			return false;
		if (next && now >= next)
			return true;
		cli_nap(NAP_NS);
	}
}

static int observe(struct cli_app *app, const struct tdxctl_trace *t, pid_t *child, int *status)
{
	uint64_t start = tdxctl_clock_ns(), interval = app->v.interval_ns;
	uint64_t end = app->v.duration_ns ? start + app->v.duration_ns : 0;
	struct counts before = { .ns = start }, now, kept;
	bool more = true;
	int err = 0;

	while (!err && more) {
		more = wait_on(app, child, status, end, interval ? before.ns + interval : 0);
		if (!interval)
			continue;
		err = read_counts(t, &now);
		if (err)
			break;
		/* Printing sorts the leaves. */
		kept = now;
		kept.leaf = malloc((now.count + 1) * sizeof(*kept.leaf));
		if (!kept.leaf) {
			free(now.leaf);
			err = -ENOMEM;
			break;
		}
		memcpy(kept.leaf, now.leaf, now.count * sizeof(*kept.leaf));
		subtract(&now, &before);
		err = print_interval(app, &now, now.ns - before.ns);
		free(now.leaf);
		free(before.leaf);
		before = kept;
	}
	free(before.leaf);
	if (err || interval) {
		app->silent = !err;
		return err;
	}
	err = read_counts(t, &now);
	if (!err) {
		fill(app, out_root(app->out), &now, now.ns - start);
		free(now.leaf);
	}
	return err;
}

int cmd_stat(struct cli_app *app, int argc, char **argv)
{
	struct tdxctl_trace_options opts = { .pages = true };
	struct tdxctl_trace *t = NULL;
	int code = trace_start(app, &opts, &t), err, status = 0;
	pid_t child = 0;

	if (code)
		return code;
	cli_stop_begin();
	if (argc)
		child = start_command(app, argv);
	if (child < 0) {
		tdxctl_trace_free(t);
		return cli_error(app, CLI_FAILED, "failed", "", "cannot start %s: %s", argv[0],
				 strerror(errno));
	}
	err = observe(app, t, &child, &status);
	tdxctl_trace_free(t);
	if (err)
		return cli_lib_error(app, err, "cannot read counts");
	/* After Ctrl-C, which the command got as well. */
	if (child > 0)
		waitpid(child, &status, 0);
	if (argc && (!WIFEXITED(status) || WEXITSTATUS(status)))
		cli_note(app, "%s: %s %d", argv[0], WIFEXITED(status) ? "exit status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return argc && (!WIFEXITED(status) || WEXITSTATUS(status)) ? CLI_FAILED : CLI_OK;
}
