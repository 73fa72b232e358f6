// SPDX-License-Identifier: GPL-2.0-only
/* cpu check: can every online CPU run TDs? cpu plan: which CPUs may go offline? */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

#define MANY_CPUS 16 /* more are not listed one by one */

enum { CPU, PACKAGE, ONLINE, TDX, TDX_TEXT, STATUS, STATUS_NAME, DURATION };

static const struct cli_field cpu_columns[] = {
	[CPU] = { .key = "cpu", .label = "CPU", .type = OUT_UINT, .right = true },
	[PACKAGE] = { .key = "package",
		      .label = "PACKAGE",
		      .type = OUT_UINT,
		      .right = true,
		      .drop = 2 },
	[ONLINE] = { .key = "online", .label = "ONLINE", .type = OUT_BOOL, .drop = 1 },
	[TDX] = { .key = "tdx", .type = OUT_STR },
	[TDX_TEXT] = { .label = "TDX", .type = OUT_STR },
	[STATUS] = { .key = "status", .type = OUT_HEX },
	[STATUS_NAME] = { .label = "STATUS", .type = OUT_STR, .drop = 3 },
	[DURATION] = { .key = "duration_ns",
		       .label = "DURATION",
		       .type = OUT_NS,
		       .right = true,
		       .drop = 4 },
};

const struct cli_field cpu_table = {
	.key = "cpus",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No CPUs.",
	.columns = cpu_columns,
	.nr_columns = ARRAY_SIZE(cpu_columns),
};

enum { P_ID, P_PRESENT, P_ONLINE, P_COVERED };

static const struct cli_field package_columns[] = {
	[P_ID] = { .key = "id", .label = "PACKAGE", .type = OUT_UINT, .right = true },
	[P_PRESENT] = { .key = "present_cpus", .label = "CPUS", .type = OUT_UINT, .right = true },
	[P_ONLINE] = { .key = "online_cpus", .label = "ONLINE", .type = OUT_UINT, .right = true },
	[P_COVERED] = { .key = "covered", .label = "COVERED", .type = OUT_BOOL },
};

static const struct cli_field packages = {
	.key = "packages",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No packages.",
	.columns = package_columns,
	.nr_columns = ARRAY_SIZE(package_columns),
};

static const struct cli_field summary = { .label = "CPUs", .type = OUT_STR };
static const struct cli_field verdict = { .label = "Verdict", .type = OUT_STR };
static const struct cli_field problems = { .key = "problems",
					   .label = "Problems",
					   .type = OUT_LIST };

static const char never_online[] = "the package of an offline CPU is not known";

static enum out_style cpu_style(unsigned int state)
{
	return state == TDXCTL_CPU_ENABLED ? STYLE_GOOD :
	       state == TDXCTL_CPU_UNKNOWN ? STYLE_NONE :
					     STYLE_BAD;
}

static void status(struct out_node *row, const struct tdxctl_cpu_check_rec *r)
{
	const char *name = tdxctl_status_str(r->status);
	uint64_t value = r->status;

	if (r->status == TDXCTL_UNKNOWN) {
		static const char why[] = "no SEAMCALL was issued on this CPU";

		if (r->online)
			out_unknown(row, &cpu_columns[STATUS], why);
		else
			out_none(row, &cpu_columns[STATUS]);
		out_str(row, &cpu_columns[STATUS_NAME], "-");
		out_none(row, &cpu_columns[DURATION]);
		return;
	}
	out_uint(row, &cpu_columns[STATUS], r->status);
	/* The module answers our call with a status that looks like an error. */
	if (r->state == TDXCTL_CPU_ENABLED)
		out_str(row, &cpu_columns[STATUS_NAME], "ok");
	else if (name)
		out_str(row, &cpu_columns[STATUS_NAME], name);
	else
		out_strf(row, &cpu_columns[STATUS_NAME], "0x%" PRIx64, value);
	out_uint(row, &cpu_columns[DURATION], r->duration_ns);
}

/* With many CPUs, text has only those with a problem, and this line. */
static void summarize(struct out_node *root, const struct tdxctl_cpu_check_rec *rec, size_t n)
{
	size_t online = 0, bad = 0;

	for (size_t i = 0; i < n; i++) {
		online += rec[i].online;
		bad += rec[i].online && rec[i].state != TDXCTL_CPU_ENABLED;
	}
	if (bad)
		out_strf(root, &summary,
			 "%zu of %zu online, %zu of them not enabled for TDX (-v lists all)",
			 online, n, bad);
	else
		out_strf(root, &summary, "%zu of %zu online, all enabled for TDX (-v lists them)",
			 online, n);
	if (bad)
		out_gap(root);
}

static size_t cpu_problems(struct out_node *list, const struct tdxctl_cpu_check_rec *rec, size_t n)
{
	static const char *const texts[TDXCTL_CPU_STATES] = {
		[TDXCTL_CPU_UNKNOWN] = "did not respond",
		[TDXCTL_CPU_NOT_ENABLED] = "is not enabled for TDX",
		[TDXCTL_CPU_VMX_OFF] = "has VMX disabled",
		[TDXCTL_CPU_NO_SEAM] = "does not support SEAM mode",
	};
	size_t bad = 0;
	char line[96];

	for (size_t i = 0; i < n; i++) {
		if (!rec[i].online || rec[i].state == TDXCTL_CPU_ENABLED)
			continue;
		snprintf(line, sizeof(line), "CPU %u (package %u) %s", rec[i].cpu, rec[i].package,
			 rec[i].state < TDXCTL_CPU_STATES ? texts[rec[i].state] :
							    "is in an unknown state");
		out_item(list, line);
		bad++;
	}
	return bad;
}

int cmd_cpu_check(struct cli_app *app, int argc, char **argv)
{
	const struct tdxctl_snapshot *s = app->snap;
	struct out_node *root = out_root(app->out), *table, *list;
	const struct cli_values *v = &app->v;
	struct tdxctl_cpu_check_rec *rec = NULL;
	bool brief;
	size_t n = 0, bad, uncovered = 0;
	char line[96];
	int err;

	err = tdxctl_cpu_check(app->ctx, &rec, &n);
	if (err)
		return cli_lib_error(app, err, "cannot check the CPUs");
	brief = n > MANY_CPUS && !v->verbose && !v->all && !v->columns && !v->sort &&
		!v->no_headers;
	if (brief) {
		summarize(root, rec, n);
		app->mode.empty = "";
	}
	table = out_array(root, &cpu_table);
	for (size_t i = 0; i < n; i++) {
		struct out_node *row = out_row(table);

		if (brief && (!rec[i].online || rec[i].state == TDXCTL_CPU_ENABLED))
			out_hide(row);
		out_uint(row, &cpu_columns[CPU], rec[i].cpu);
		out_uint_or(row, &cpu_columns[PACKAGE], rec[i].package, TDXCTL_UNKNOWN32,
			    never_online);
		out_style(out_bool(row, &cpu_columns[ONLINE], rec[i].online),
			  rec[i].online ? STYLE_NONE : STYLE_DIM);
		out_str(row, &cpu_columns[TDX], tdxctl_cpu_state_str(rec[i].state));
		out_style(out_str(row, &cpu_columns[TDX_TEXT],
				  rec[i].online ? tdxctl_cpu_state_str(rec[i].state) : "-"),
			  cpu_style(rec[i].state));
		status(row, &rec[i]);
	}
	out_gap(root);
	table = out_array(root, &packages);
	out_gap(root);
	list = out_array(root, &problems);
	out_style(list, STYLE_BAD);
	bad = cpu_problems(list, rec, n);
	free(rec);
	for (size_t i = 0; i < s->nr_packages; i++) {
		const struct tdxctl_package *p = &s->packages[i];
		struct out_node *row = out_row(table);
		bool ok = view_covered(p);

		out_uint(row, &package_columns[P_ID], p->id);
		out_uint(row, &package_columns[P_PRESENT], p->present_cpus);
		out_uint(row, &package_columns[P_ONLINE], p->online_cpus);
		out_style(out_bool(row, &package_columns[P_COVERED], ok),
			  ok ? STYLE_GOOD : STYLE_BAD);
		if (ok)
			continue;
		uncovered++;
		snprintf(line, sizeof(line), "package %u has no online CPU: no TD can be created",
			 p->id);
		out_item(list, line);
	}
	if (bad || uncovered)
		return CLI_PROBLEMS;
	out_style(out_str(root, &verdict,
			  "every online CPU can run TDs, and every package is covered"),
		  STYLE_GOOD);
	return CLI_OK;
}

/* ---- plan ---- */

enum { L_CPU, L_PACKAGE, L_ONLINE, L_ALLOWED, L_REASON };

static const struct cli_field plan_columns[] = {
	[L_CPU] = { .key = "cpu", .label = "CPU", .type = OUT_UINT, .right = true },
	[L_PACKAGE] = { .key = "package",
			.label = "PACKAGE",
			.type = OUT_UINT,
			.right = true,
			.drop = 1 },
	[L_ONLINE] = { .key = "online", .label = "ONLINE", .type = OUT_BOOL, .drop = 2 },
	[L_ALLOWED] = { .key = "allowed", .label = "ALLOWED", .type = OUT_BOOL },
	[L_REASON] = { .key = "reason", .label = "REASON", .type = OUT_STR, .text = true },
};

const struct cli_field cpu_plan_table = {
	.key = "plan",
	.label = "",
	.type = OUT_TABLE,
	.columns = plan_columns,
	.nr_columns = ARRAY_SIZE(plan_columns),
};

int cmd_cpu_plan(struct cli_app *app, int argc, char **argv)
{
	struct tdxctl_cpu_plan *p = NULL;
	struct out_node *table;
	bool refused = false;
	size_t n = 0;
	int err;

	err = tdxctl_cpu_plan(app->ctx, app->snap, argv[0], &p, &n);
	if (err == -EINVAL)
		return cli_lib_error_as(app, CLI_USAGE, "usage", err, "invalid CPU list");
	if (err == -ENOENT)
		return cli_lib_error_as(app, CLI_FAILED, "not-found", err, "no such CPU");
	if (err)
		return cli_lib_error(app, err, "cannot plan for CPUs %s", argv[0]);
	table = out_array(out_root(app->out), &cpu_plan_table);
	for (size_t i = 0; i < n; i++) {
		struct out_node *row = out_row(table);

		out_uint(row, &plan_columns[L_CPU], p[i].cpu);
		out_uint_or(row, &plan_columns[L_PACKAGE], p[i].package, TDXCTL_UNKNOWN32,
			    never_online);
		out_bool(row, &plan_columns[L_ONLINE], p[i].online);
		out_style(out_bool(row, &plan_columns[L_ALLOWED], p[i].allowed),
			  p[i].allowed ? STYLE_GOOD : STYLE_BAD);
		if (p[i].reason && *p[i].reason)
			out_str(row, &plan_columns[L_REASON], p[i].reason);
		else
			out_none(row, &plan_columns[L_REASON]);
		refused |= !p[i].allowed;
	}
	tdxctl_cpu_plan_free(p, n);
	return refused ? CLI_PROBLEMS : CLI_OK;
}
