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

enum { LEAF, CALLS, ERRORS, BUSY, TOTAL, MEAN, P50, P99, MAX };

static const struct cli_field columns[] = {
	[LEAF] = { .key = "leaf", .label = "LEAF", .type = OUT_STR },
	[CALLS] = { .key = "calls", .label = "CALLS", .type = OUT_UINT, .right = true },
	[ERRORS] = { .key = "errors", .label = "ERRORS", .type = OUT_UINT, .right = true },
	[BUSY] = { .key = "busy", .label = "BUSY", .type = OUT_UINT, .right = true, .drop = 4 },
	[TOTAL] = { .key = "total_ns", .label = "TOTAL", .type = OUT_NS, .right = true },
	[MEAN] = { .key = "mean_ns", .label = "MEAN", .type = OUT_NS, .right = true, .drop = 1 },
	[P50] = { .key = "p50_ns", .label = "P50", .type = OUT_NS, .right = true, .drop = 3 },
	[P99] = { .key = "p99_ns", .label = "P99", .type = OUT_NS, .right = true, .drop = 2 },
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

enum { S_LEAF, S_STATUS, S_NAME, S_CALLS };

static const struct cli_field status_columns[] = {
	[S_LEAF] = { .key = "leaf", .label = "LEAF", .type = OUT_STR },
	[S_STATUS] = { .key = "status", .label = "STATUS", .type = OUT_HEX, .drop = 1 },
	[S_NAME] = { .key = "status_name", .label = "NAME", .type = OUT_STR },
	[S_CALLS] = { .key = "calls", .label = "CALLS", .type = OUT_UINT, .right = true },
};

static const struct cli_field statuses = {
	.key = "statuses",
	.label = "",
	.type = OUT_TABLE,
	.columns = status_columns,
	.nr_columns = ARRAY_SIZE(status_columns),
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

enum { SOURCE, DURATION };

static const struct cli_field head[] = {
	[SOURCE] = { .key = "source", .label = "Source", .type = OUT_STR },
	[DURATION] = { .key = "duration_ns", .label = "Observed", .type = OUT_NS },
};

/* ---- the counts ---- */

/* The source of the counts: BPF programs, or that of the snapshots of the host. */
struct counter {
	struct cli_app *app;
	struct tdxctl_trace *trace; /* NULL: snapshots */
	enum tdxctl_source source;
	uint64_t attached_ns; /* since when the helper counts */
};

struct counts {
	struct tdxctl_leaf *leaf;
	size_t count;
	uint64_t ns; /* when they were read */
};

/* -ENODEV: the helper that counted is gone. */
static int read_snapshot(const struct counter *c, struct counts *out)
{
	struct tdxctl_snapshot *snap;
	int err = tdxctl_snapshot_get(c->app->ctx, &snap);

	if (err)
		return err;
	if (snap->source != c->source || snap->info.attached_ns != c->attached_ns) {
		err = -ENODEV;
	} else {
		out->leaf = malloc((snap->nr_leaves + 1) * sizeof(*out->leaf));
		if (!out->leaf)
			err = -ENOMEM;
	}
	for (size_t i = 0; !err && i < snap->nr_leaves; i++)
		if (!c->app->v.leaf || tdxctl_leaf_matches(c->app->v.leaf, snap->leaves[i].leaf))
			out->leaf[out->count++] = snap->leaves[i];
	tdxctl_snapshot_free(snap);
	return err;
}

static int read_counts(const struct counter *c, struct counts *out)
{
	*out = (struct counts){ .ns = tdxctl_clock_ns() };
	return c->trace ? tdxctl_trace_stat(c->trace, &out->leaf, &out->count) :
			  read_snapshot(c, out);
}

static void subtract_leaf(struct tdxctl_leaf *a, const struct tdxctl_leaf *b)
{
	a->calls -= b->calls;
	a->errors -= b->errors;
	a->busy -= b->busy;
	a->total_ns -= b->total_ns;
	a->other_errors -= b->other_errors;
	for (int i = 0; i < TDXCTL_HIST_BUCKETS; i++)
		a->hist[i] -= b->hist[i];
	for (int i = 0; i < TDXCTL_LEAF_ERRORS; i++)
		for (int k = 0; k < TDXCTL_LEAF_ERRORS; k++)
			if (b->error[k].count && a->error[i].status == b->error[k].status)
				a->error[i].count -= b->error[k].count;
	/* The longest call was before: of those since, only the bucket is known. */
	if (a->max_ns == b->max_ns)
		a->max_ns = tdxctl_leaf_percentile(a, 100);
}

/* Counts since @before. */
static void subtract(struct counts *now, const struct counts *before)
{
	for (size_t i = 0; i < now->count; i++)
		for (size_t k = 0; k < before->count; k++)
			if (now->leaf[i].leaf == before->leaf[k].leaf)
				subtract_leaf(&now->leaf[i], &before->leaf[k]);
}

/* Calls that were not timed are taken to be as long as the others. */
static void complete_total(struct tdxctl_leaf *l)
{
	uint64_t timed = tdxctl_leaf_timed(l);

	if (timed && timed != l->calls)
		l->total_ns = (uint64_t)((double)l->total_ns / (double)timed * (double)l->calls);
}

/* ---- the document ---- */

static int by_total(const void *a, const void *b)
{
	uint64_t x = ((const struct tdxctl_leaf *)a)->total_ns;
	uint64_t y = ((const struct tdxctl_leaf *)b)->total_ns;

	return x < y ? 1 : x > y ? -1 : 0;
}

static const char *leaf_name(const struct tdxctl_leaf *l)
{
	const char *name = tdxctl_leaf_str(l->leaf);

	return name ? name : "unknown leaf";
}

static void fill_times(struct out_node *row, const struct tdxctl_leaf *l)
{
	const struct {
		const struct cli_field *column;
		uint64_t ns;
	} times[] = {
		{ &columns[TOTAL], l->total_ns },
		{ &columns[MEAN], l->total_ns / l->calls },
		{ &columns[P50], tdxctl_leaf_percentile(l, 50) },
		{ &columns[P99], tdxctl_leaf_percentile(l, 99) },
		{ &columns[MAX], l->max_ns },
	};
	bool timed = tdxctl_leaf_timed(l);

	for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
		if (timed)
			out_uint(row, times[i].column, times[i].ns);
		else
			out_unknown(row, times[i].column, "none of these calls was timed");
	}
}

static void fill_leaf(const struct counter *c, struct out_node *row, const struct tdxctl_leaf *l)
{
	out_str(row, &columns[LEAF], leaf_name(l));
	out_uint(row, &columns[CALLS], l->calls);
	out_style(out_uint(row, &columns[ERRORS], l->errors), l->errors ? STYLE_WARN : STYLE_NONE);
	if (c->source == TDXCTL_SOURCE_BPF)
		out_unknown(row, &columns[BUSY],
			    "for BPF programs, calls that a kernel function repeats are one");
	else
		out_uint(row, &columns[BUSY], l->busy);
	fill_times(row, l);
}

/* The errors of each leaf by their status, as far as it was recorded. */
static void fill_statuses(const struct counter *c, struct out_node *root, const struct counts *now)
{
	struct out_node *table, *row;
	bool any = false;

	for (size_t i = 0; i < now->count; i++)
		any |= now->leaf[i].calls && now->leaf[i].errors;
	if (any)
		out_gap(root);
	table = out_array(root, &statuses);
	if (!any)
		out_hide(table);
	for (size_t i = 0; i < now->count; i++) {
		const struct tdxctl_leaf *l = &now->leaf[i];
		uint64_t rest = l->calls ? l->errors : 0;

		for (int k = 0; k < TDXCTL_LEAF_ERRORS; k++) {
			if (!l->error[k].count || !l->calls)
				continue;
			row = out_row(table);
			out_str(row, &status_columns[S_LEAF], leaf_name(l));
			out_uint(row, &status_columns[S_STATUS], l->error[k].status);
			out_str_or_none(row, &status_columns[S_NAME],
					tdxctl_status_str(l->error[k].status));
			out_uint(row, &status_columns[S_CALLS], l->error[k].count);
			rest -= l->error[k].count < rest ? l->error[k].count : rest;
		}
		if (!rest)
			continue;
		row = out_row(table);
		out_str(row, &status_columns[S_LEAF], leaf_name(l));
		out_unknown(row, &status_columns[S_STATUS],
			    c->source == TDXCTL_SOURCE_BPF ?
				    "BPF programs count errors of any status" :
				    "the helper records some statuses of each leaf");
		out_none(row, &status_columns[S_NAME]);
		out_uint(row, &status_columns[S_CALLS], rest);
	}
}

#define BAR 20

/* The buckets of each leaf that have calls; in text only if @show. */
static void fill_histogram(struct out_node *root, const struct counts *c, bool show)
{
	static const char bar[BAR + 1] = "####################";
	struct out_node *table, *row;

	if (show)
		out_gap(root);
	table = out_array(root, &histogram);
	if (!show)
		out_hide(table);
	for (size_t i = 0; i < c->count; i++) {
		const struct tdxctl_leaf *l = &c->leaf[i];
		uint64_t timed = tdxctl_leaf_timed(l);

		for (unsigned int h = 0; h < TDXCTL_HIST_BUCKETS; h++) {
			if (!l->hist[h] || !l->calls)
				continue;
			row = out_row(table);
			out_str(row, &buckets[H_LEAF], leaf_name(l));
			out_uint(row, &buckets[H_FROM], h ? 1ULL << h : 0);
			out_uint_or_none(row, &buckets[H_TO],
					 h + 1 < TDXCTL_HIST_BUCKETS ? 2ULL << h : 0, 0);
			out_uint(row, &buckets[H_CALLS], l->hist[h]);
			out_str(row, &buckets[H_BAR], bar + BAR - BAR * l->hist[h] / timed);
		}
	}
}

static void fill(const struct counter *c, struct out_node *root, struct counts *now, uint64_t ns)
{
	struct out_node *table;

	for (size_t i = 0; i < now->count; i++)
		complete_total(&now->leaf[i]);
	qsort(now->leaf, now->count, sizeof(*now->leaf), by_total);
	out_str(root, &head[SOURCE], view_source(c->source));
	out_uint(root, &head[DURATION], ns);
	out_gap(root);
	table = out_array(root, &stat_table);
	for (size_t i = 0; i < now->count; i++)
		if (now->leaf[i].calls)
			fill_leaf(c, out_row(table), &now->leaf[i]);
	fill_statuses(c, root, now);
	fill_histogram(root, now, c->app->v.verbose);
}

static int print_interval(const struct counter *c, struct counts *now, uint64_t ns)
{
	struct out *o = out_new();
	int err;

	if (!o)
		return -ENOMEM;
	fill(c, out_root(o), now, ns);
	if (c->app->v.json) {
		cli_stamp_to(c->app, c->app->ctx, out_root(o));
		err = out_json_line(o, stdout, "stat");
	} else {
		err = out_text(o, stdout, &c->app->mode);
		putchar('\n');
	}
	if (out_failed(o))
		err = -ENOMEM;
	fflush(stdout);
	out_free(o);
	return err;
}

/* ---- the verb ---- */

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

static int observe(const struct counter *c, pid_t *child, int *status, struct counts *before)
{
	uint64_t start = before->ns, interval = c->app->v.interval_ns;
	uint64_t end = c->app->v.duration_ns ? start + c->app->v.duration_ns : 0;
	struct counts now, kept;
	bool more = true;
	int err = 0;

	while (!err && more) {
		more = wait_on(c->app, child, status, end, interval ? before->ns + interval : 0);
		if (!interval && more)
			continue;
		err = read_counts(c, &now);
		if (err)
			break;
		/* Printing sorts the leaves. */
		kept = now;
		kept.leaf = malloc((now.count + 1) * sizeof(*kept.leaf));
		if (!kept.leaf) {
			free(now.leaf);
			return -ENOMEM;
		}
		memcpy(kept.leaf, now.leaf, now.count * sizeof(*kept.leaf));
		subtract(&now, before);
		if (interval)
			err = print_interval(c, &now, now.ns - before->ns);
		else
			fill(c, out_root(c->app->out), &now, now.ns - start);
		free(now.leaf);
		free(before->leaf);
		*before = kept;
	}
	c->app->silent = !err && interval;
	return err;
}

/* The interface functions of the host are numbered below 256. */
static bool any_leaf(const char *glob)
{
	for (unsigned int leaf = 0; leaf < 256; leaf++)
		if (tdxctl_leaf_matches(glob, leaf))
			return true;
	return false;
}

/* Chooses who counts, and starts. Returns 0, or an exit code with the error recorded. */
static int start(struct counter *c)
{
	const struct tdxctl_snapshot *snap = c->app->snap;
	struct tdxctl_trace_options opts = { .pages = true };

	c->source = snap->source;
	c->attached_ns = snap->info.attached_ns;
	/* Snapshots have the counts of all TDs together. */
	if (!c->app->v.td && tdxctl_has_seamcalls(snap)) {
		if (c->app->v.leaf && !any_leaf(c->app->v.leaf))
			return cli_error(c->app, CLI_USAGE, "usage", "'*' matches all leaves.",
					 "no leaf matches '%s'", c->app->v.leaf);
		tdxctl_set_brief(c->app->ctx, true);
		cli_note(c->app, "SEAMCALLs are observed; Ctrl-C ends.");
		return CLI_OK;
	}
	if (c->source != TDXCTL_SOURCE_EMULATED)
		c->source = TDXCTL_SOURCE_BPF;
	return trace_start(c->app, &opts, &c->trace);
}

static int failed(struct cli_app *app, int err)
{
	if (err == -ENODEV)
		return cli_error(app, CLI_NO_HELPER, "helper-missing", "Run it again.",
				 "the helper was unloaded while it counted");
	return cli_lib_error(app, err, "cannot read counts");
}

int cmd_stat(struct cli_app *app, int argc, char **argv)
{
	struct counter c = { .app = app };
	struct counts before = { 0 };
	int code = start(&c), err, status = 0;
	pid_t child = 0;

	if (code)
		return code;
	cli_stop_begin();
	err = read_counts(&c, &before);
	if (!err && argc)
		child = start_command(app, argv);
	if (child < 0)
		code = cli_error(app, CLI_FAILED, "failed", "", "cannot start %s: %s", argv[0],
				 strerror(errno));
	else if (!err)
		err = observe(&c, &child, &status, &before);
	free(before.leaf);
	tdxctl_trace_free(c.trace);
	if (code || err)
		return code ? code : failed(app, err);
	/* After Ctrl-C, which the command got as well. */
	if (child > 0)
		waitpid(child, &status, 0);
	if (argc && (!WIFEXITED(status) || WEXITSTATUS(status)))
		cli_note(app, "%s: %s %d", argv[0], WIFEXITED(status) ? "exit status" : "signal",
			 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return argc && (!WIFEXITED(status) || WEXITSTATUS(status)) ? CLI_FAILED : CLI_OK;
}
