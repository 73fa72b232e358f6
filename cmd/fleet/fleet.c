// SPDX-License-Identifier: GPL-2.0-only
/* fleet: one line for each report of many hosts, the worst first. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fleet.h"

enum {
	F_REPORT,
	F_HOSTNAME,
	F_TIME,
	F_STATE,
	F_MODULE,
	F_KERNEL,
	F_FREE,
	F_TOTAL,
	F_LEAKED,
	F_FAILURES,
	F_WARNINGS,
	F_NOTES,
	F_RULE,
	F_ADVICE,
	F_ERROR,
	F_TEXT
};

static const struct cli_field columns[] = {
	[F_REPORT] = { .key = "report", .label = "REPORT", .type = OUT_STR, .text = true },
	[F_HOSTNAME] = { .key = "hostname",
			 .label = "HOST",
			 .type = OUT_STR,
			 .wide = true,
			 .drop = 7 },
	[F_TIME] = { .key = "time", .label = "TIME", .type = OUT_STR, .wide = true, .drop = 9 },
	[F_STATE] = { .key = "state", .label = "STATE", .type = OUT_STR },
	[F_MODULE] = { .key = "tdx_module", .label = "MODULE", .type = OUT_STR, .drop = 4 },
	[F_KERNEL] = { .key = "kernel",
		       .label = "KERNEL",
		       .type = OUT_STR,
		       .wide = true,
		       .drop = 8 },
	[F_FREE] = { .key = "hkids_free",
		     .label = "FREE",
		     .type = OUT_UINT,
		     .right = true,
		     .drop = 1 },
	[F_TOTAL] = { .key = "hkids_total",
		      .label = "HKIDS",
		      .type = OUT_UINT,
		      .right = true,
		      .drop = 5 },
	[F_LEAKED] = { .key = "hkids_leaked",
		       .label = "LEAKED",
		       .type = OUT_UINT,
		       .right = true,
		       .drop = 2 },
	[F_FAILURES] = { .key = "failures",
			 .label = "FAIL",
			 .type = OUT_UINT,
			 .right = true,
			 .drop = 3 },
	[F_WARNINGS] = { .key = "warnings",
			 .label = "WARN",
			 .type = OUT_UINT,
			 .right = true,
			 .drop = 6 },
	[F_NOTES] = { .key = "notes", .type = OUT_UINT },
	[F_RULE] = { .key = "first", .label = "RULE", .type = OUT_STR, .wide = true, .drop = 10 },
	[F_ADVICE] = { .key = "advice", .type = OUT_STR },
	[F_ERROR] = { .key = "error", .type = OUT_STR },
	[F_TEXT] = { .label = "FIRST", .type = OUT_STR, .text = true },
};

const struct cli_field fleet_table = {
	.key = "hosts",
	.label = "",
	.type = OUT_TABLE,
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
};

enum { C_REPORTS, C_UNREADABLE, C_FAILED, C_WARNED, C_TEXT };
static const struct cli_field counts[] = {
	[C_REPORTS] = { .key = "reports", .type = OUT_UINT },
	[C_UNREADABLE] = { .key = "unreadable", .type = OUT_UINT },
	[C_FAILED] = { .key = "failed", .type = OUT_UINT },
	[C_WARNED] = { .key = "warned", .type = OUT_UINT },
	[C_TEXT] = { .label = "=", .type = OUT_STR, .prose = true },
};

static const char unreadable[] = "the report is not readable";

/* ---- the reports ---- */

struct files {
	char **path;
	size_t count;
};

static int add_file(struct files *f, char *path)
{
	char **bigger = path ? reallocarray(f->path, f->count + 1, sizeof(*bigger)) : NULL;

	if (!bigger) {
		free(path);
		return -ENOMEM;
	}
	f->path = bigger;
	f->path[f->count++] = path;
	return 0;
}

static int visible(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* The files in a directory, not those in its directories. */
static int add_directory(struct files *f, const char *dir)
{
	struct dirent **list;
	int n = scandir(dir, &list, visible, alphasort), err = 0;

	if (n < 0)
		return -errno;
	for (int i = 0; i < n; i++) {
		const char *sep = dir[strlen(dir) - 1] == '/' ? "" : "/";
		struct stat st;
		char *path = NULL;

		if (!err && asprintf(&path, "%s%s%s", dir, sep, list[i]->d_name) < 0)
			err = -ENOMEM;
		if (!err && (stat(path, &st) || !S_ISDIR(st.st_mode))) {
			err = add_file(f, path);
			path = NULL;
		}
		if (!err)
			free(path);
		free(list[i]);
	}
	free(list);
	return err;
}

static int find_files(struct cli_app *app, struct files *f, int argc, char **argv)
{
	bool input = false;

	for (int i = 0; i < argc; i++) {
		struct stat st;
		int err;

		if (!strcmp(argv[i], "-") && input)
			return cli_error(app, CLI_USAGE, "usage", "Name '-' once.",
					 "standard input can be read only once");
		input |= !strcmp(argv[i], "-");
		if (strcmp(argv[i], "-") && *argv[i] && !stat(argv[i], &st) && S_ISDIR(st.st_mode))
			err = add_directory(f, argv[i]);
		else
			err = add_file(f, strdup(argv[i]));
		if (err)
			return cli_lib_error(app, err, "%s", argv[i]);
	}
	if (!f->count)
		return cli_error(app, CLI_FAILED, "not-found",
				 "'tdxctl report >FILE' writes a report.", "%s: no files in it",
				 argv[0]);
	return 0;
}

/* ---- the order ---- */

struct line {
	const char *report;
	const struct fleet_host *h;
};

/* Failures first, then what is not known, then warnings. */
static int rank(const struct fleet_host *h)
{
	if (!h->read)
		return 1;
	return h->state == TDXCTL_RULE_FAIL ? 0 : h->state == TDXCTL_RULE_WARN ? 2 : 3;
}

static int by_number(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static uint64_t known(uint64_t n)
{
	return n == TDXCTL_UNKNOWN ? 0 : n;
}

static int worst_first(const void *pa, const void *pb)
{
	const struct line *la = pa, *lb = pb;
	const struct fleet_host *a = la->h, *b = lb->h;
	int d = rank(a) - rank(b);

	if (!d)
		d = by_number(known(b->leaked), known(a->leaked));
	for (int s = TDXCTL_RULE_FAIL; !d && s >= TDXCTL_RULE_WARN; s--)
		d = by_number(b->count[s], a->count[s]);
	if (!d)
		d = by_number(known(a->hkids_free), known(b->hkids_free));
	return d ? d : strcmp(la->report, lb->report);
}

/* ---- the result ---- */

static void str_or_unknown(struct out_node *row, int field, const char *s, const char *why)
{
	if (*s)
		out_str(row, &columns[field], s);
	else
		out_unknown(row, &columns[field], why);
}

static void known_fields(struct out_node *row, const struct fleet_host *h)
{
	static const enum out_style styles[TDXCTL_RULE_STATES] = {
		[TDXCTL_RULE_OK] = STYLE_GOOD,
		[TDXCTL_RULE_WARN] = STYLE_WARN,
		[TDXCTL_RULE_FAIL] = STYLE_BAD,
	};
	struct out_node *leaked;

	out_style(out_str(row, &columns[F_STATE], tdxctl_rule_state_str(h->state)),
		  styles[h->state]);
	str_or_unknown(row, F_MODULE, h->module, "the version of the TDX module is not known");
	str_or_unknown(row, F_KERNEL, h->kernel, "the version of the kernel is not known");
	out_uint_or(row, &columns[F_FREE], h->hkids_free, TDXCTL_UNKNOWN, h->hkids_why);
	out_uint_or(row, &columns[F_TOTAL], h->hkids_total, TDXCTL_UNKNOWN, h->hkids_why);
	leaked = out_uint_or(row, &columns[F_LEAKED], h->leaked, TDXCTL_UNKNOWN, h->leaked_why);
	if (h->leaked && h->leaked != TDXCTL_UNKNOWN)
		out_style(leaked, STYLE_BAD);
	out_uint(row, &columns[F_FAILURES], h->count[TDXCTL_RULE_FAIL]);
	out_uint(row, &columns[F_WARNINGS], h->count[TDXCTL_RULE_WARN]);
	out_uint(row, &columns[F_NOTES], h->count[TDXCTL_RULE_INFO]);
	out_str_or_none(row, &columns[F_RULE], *h->rule ? h->rule : NULL);
	out_str_or_none(row, &columns[F_ADVICE], *h->advice ? h->advice : NULL);
	out_none(row, &columns[F_ERROR]);
	out_str_or_none(row, &columns[F_TEXT], *h->advice ? h->advice : NULL);
}

static void unknown_fields(struct out_node *row, const struct fleet_host *h)
{
	out_style(out_str(row, &columns[F_STATE], "error"), STYLE_BAD);
	for (int i = F_MODULE; i <= F_ADVICE; i++)
		if (columns[i].key)
			out_unknown(row, &columns[i], unreadable);
	out_str(row, &columns[F_ERROR], h->error);
	out_str(row, &columns[F_TEXT], h->error);
}

static int show(struct cli_app *app, const struct line *list, size_t count)
{
	struct out_node *root = out_root(app->out), *table = out_array(root, &fleet_table);
	size_t n[TDXCTL_RULE_STATES] = { 0 }, bad = 0;
	char text[160] = "", time[32];

	for (size_t i = 0; i < count; i++) {
		const struct fleet_host *h = list[i].h;
		struct out_node *row = out_row(table);

		out_str(row, &columns[F_REPORT], list[i].report);
		str_or_unknown(row, F_HOSTNAME, h->hostname, "the report does not have it");
		str_or_unknown(row, F_TIME,
			       h->time && text_time(time, sizeof(time), h->time) ? time : "",
			       "the report does not have it");
		if (h->read)
			known_fields(row, h);
		else
			unknown_fields(row, h);
		bad += !h->read;
		n[h->state] += h->read;
	}
	out_gap(root);
	out_uint(root, &counts[C_REPORTS], count);
	out_uint(root, &counts[C_UNREADABLE], bad);
	out_uint(root, &counts[C_FAILED], n[TDXCTL_RULE_FAIL]);
	out_uint(root, &counts[C_WARNED], n[TDXCTL_RULE_WARN]);
	view_add_count(text, sizeof(text), count, "report", "reports");
	view_add_count(text, sizeof(text), n[TDXCTL_RULE_FAIL], "with a failure", "with failures");
	view_add_count(text, sizeof(text), n[TDXCTL_RULE_WARN], "with a warning", "with warnings");
	view_add_count(text, sizeof(text), bad, "unreadable", NULL);
	out_str(root, &counts[C_TEXT], text);
	if (n[TDXCTL_RULE_FAIL])
		return CLI_PROBLEMS;
	if (!bad)
		return CLI_OK;
	return cli_error(app, bad == count ? CLI_FAILED : CLI_PARTIAL, "report-file",
			 "'tdxctl report >FILE' writes a report.",
			 "%zu of %zu reports %s not readable", bad, count, bad == 1 ? "is" : "are");
}

int cmd_fleet(struct cli_app *app, int argc, char **argv)
{
	struct files f = { .path = NULL };
	struct fleet_host *hosts = NULL;
	struct line *list;
	int code;

	if (app->v.root || app->v.emulate || app->v.from_report)
		return cli_error(app, CLI_USAGE, "usage",
				 "Name the reports: 'tdxctl fleet REPORT...'.",
				 "fleet reads reports, not %s",
				 app->v.root	? "--root" :
				 app->v.emulate ? "--emulate" :
						  "--from-report");
	code = find_files(app, &f, argc, argv);
	list = code ? NULL : calloc(f.count, sizeof(*list));
	if (!code && !list)
		code = cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	if (!code) {
		code = fleet_work(f.path, f.count, &hosts);
		if (code)
			code = cli_lib_error(app, code, "cannot read the reports");
	}
	if (!code) {
		for (size_t i = 0; i < f.count; i++)
			list[i] = (struct line){ .report = f.path[i], .h = &hosts[i] };
		qsort(list, f.count, sizeof(*list), worst_first);
		code = show(app, list, f.count);
	}
	for (size_t i = 0; i < f.count; i++)
		free(f.path[i]);
	free(f.path);
	free(list);
	return code;
}
