// SPDX-License-Identifier: GPL-2.0-only
/* status: the host on one screen. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <health.h>

#include "cli/summary.h"
#include "status.h"

enum { P_ID, P_PRESENT, P_ONLINE, P_COVERED, P_GLOBAL, P_KEYS };
static const struct cli_field package_columns[] = {
	[P_ID] = { .key = "id", .label = "PACKAGE", .type = OUT_UINT, .right = true },
	[P_PRESENT] = { .key = "present_cpus",
			.label = "CPUS",
			.type = OUT_UINT,
			.right = true,
			.drop = 2 },
	[P_ONLINE] = { .key = "online_cpus", .label = "ONLINE", .type = OUT_UINT, .right = true },
	[P_COVERED] = { .key = "covered", .label = "COVERED", .type = OUT_BOOL },
	[P_GLOBAL] = { .key = "global_key",
		       .label = "GLOBAL KEY",
		       .type = OUT_BOOL,
		       .yes = "set",
		       .no = "not set",
		       .drop = 3 },
	[P_KEYS] = { .key = "keys_programmed",
		     .label = "KEYS PROGRAMMED",
		     .type = OUT_UINT,
		     .right = true,
		     .drop = 4 },
};
static const struct cli_field packages = {
	.key = "packages",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No CPU packages found.",
	.columns = package_columns,
	.nr_columns = ARRAY_SIZE(package_columns),
};

static const struct cli_field health = { .key = "health", .label = "", .type = OUT_OBJECT };
enum { V_STATE, V_REASONS };
static const struct cli_field health_fields[] = {
	[V_STATE] = { .key = "state", .label = "Health", .type = OUT_STR },
	[V_REASONS] = { .key = "reasons", .label = "", .type = OUT_LIST },
};

static void show_packages(struct out_node *root, const struct tdxctl_snapshot *s)
{
	struct out_node *table = out_array(root, &packages);
	const char *blind = tdxctl_unknown_why(s, TDXCTL_SUBJECT_SEAMCALLS);
	const char *why = blind ? blind : "not observed since the helper was loaded";

	for (size_t i = 0; i < s->nr_packages; i++) {
		const struct tdxctl_package *p = &s->packages[i];
		bool ok = view_covered(p);
		struct out_node *row = out_row(table);

		out_uint(row, &package_columns[P_ID], p->id);
		out_uint(row, &package_columns[P_PRESENT], p->present_cpus);
		out_uint(row, &package_columns[P_ONLINE], p->online_cpus);
		out_style(out_bool(row, &package_columns[P_COVERED], ok),
			  ok ? STYLE_NONE : STYLE_BAD);
		if (blind || p->global_key == TDXCTL_UNKNOWN32)
			out_unknown(row, &package_columns[P_GLOBAL], why);
		else
			out_bool(row, &package_columns[P_GLOBAL], p->global_key);
		out_uint_or(row, &package_columns[P_KEYS],
			    blind ? TDXCTL_UNKNOWN : p->keys_programmed, TDXCTL_UNKNOWN, why);
	}
}

static int show_health(struct cli_app *app, struct out_node *root, const struct tdxctl_facts *facts)
{
	static const enum out_style styles[] = {
		[TDXCTL_HEALTH_OK] = STYLE_GOOD,
		[TDXCTL_HEALTH_WARNING] = STYLE_WARN,
		[TDXCTL_HEALTH_CRITICAL] = STYLE_BAD,
		[TDXCTL_HEALTH_UNKNOWN] = STYLE_DIM,
	};
	struct tdxctl_thresholds limits;
	struct tdxctl_health_report *r;
	struct out_node *n, *list;
	int err;

	cli_limits_of_host(app, &limits);
	err = tdxctl_health_get(facts, &limits, &r);
	if (err)
		return cli_lib_error(app, err, "cannot evaluate the health of the host");
	n = out_object(root, &health);
	out_style(out_str(n, &health_fields[V_STATE], tdxctl_health_str(r->state)),
		  styles[r->state]);
	list = out_array(n, &health_fields[V_REASONS]);
	for (size_t i = 0; i < r->nr_reasons; i++)
		if (!r->reasons[i].check || r->reasons[i].check->verdict)
			out_item(list, r->reasons[i].text);
	tdxctl_health_free(r);
	return CLI_OK;
}

int cmd_status(struct cli_app *app, int argc, char **argv)
{
	struct out_node *root = out_root(app->out);
	const struct tdxctl_snapshot *s;
	struct tdxctl_facts *facts;
	int code;

	code = tdxctl_facts_join(app->ctx, TDXCTL_FACTS_STATUS, app->snap, &facts);
	app->snap = NULL;
	if (code)
		return cli_lib_error(app, code, "cannot read host state");
	s = facts->snap;
	status_platform(app, root, facts);
	status_helper(root, s);
	out_gap(root);
	view_summary_hkids(root, facts);
	view_summary_tds(root, facts);
	view_summary_cpus(root, s);
	view_summary_locks(root, s);
	out_gap(root);
	show_packages(root, s);
	out_gap(root);
	code = show_health(app, root, facts);
	if (code == CLI_OK && !s->platform.has_tdx)
		code = CLI_NO_TDX;
	tdxctl_facts_free(facts);
	return code;
}
