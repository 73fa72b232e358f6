// SPDX-License-Identifier: GPL-2.0-only
/* hkid: every guest HKID and its owner. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

enum {
	ID,
	STATE,
	TD,
	VM,
	PID,
	AGE,
	KEYED,
	KEYED_TEXT,
	FAIL_LEAF,
	FAIL_NAME,
	FAIL_STATUS,
	FAIL_TEXT
};

static const struct cli_field columns[] = {
	[ID] = { .key = "id", .label = "HKID", .type = OUT_UINT, .right = true },
	[STATE] = { .key = "state", .label = "STATE", .type = OUT_STR },
	[TD] = { .key = "td", .label = "TD", .type = OUT_UINT, .right = true, .drop = 2 },
	[VM] = { .key = "vm", .label = "VM", .type = OUT_STR, .text = true },
	[PID] = { .key = "pid", .label = "PID", .type = OUT_INT, .right = true, .drop = 3 },
	[AGE] = { .key = "age_ns",
		  .label = "AGE",
		  .type = OUT_NS,
		  .right = true,
		  .drop = 4,
		  .age = true },
	[KEYED] = { .key = "keyed_packages", .type = OUT_HEX },
	[KEYED_TEXT] = { .label = "KEYED ON", .type = OUT_STR, .drop = 5 },
	[FAIL_LEAF] = { .key = "fail_leaf", .type = OUT_STR },
	[FAIL_NAME] = { .key = "fail_name", .type = OUT_STR },
	[FAIL_STATUS] = { .key = "fail_status", .type = OUT_HEX },
	[FAIL_TEXT] = { .label = "FAILED", .type = OUT_STR, .sparse = true, .text = true },
};

const struct cli_field hkid_table = {
	.key = "hkids",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No HKID is in use.",
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
};

static const char not_seen[] = "no SEAMCALL named this HKID since the helper was loaded";
/* BPF programs see an HKID that is allocated, and the TDs whose VM has an open file. */
static const char no_td[] =
	"it is in use, but no VM with an open file has it: it leaked, or its TD is being created or torn down";
static const struct cli_field free_text = { .label = "Free", .type = OUT_STR };

/* Why the state of an HKID is unknown. */
static const char *unseen(const struct tdxctl_snapshot *s)
{
	if (tdxctl_has_seamcalls(s))
		return not_seen;
	return no_td;
}

static void leak(struct out_node *row, const struct tdxctl_snapshot *s, const struct tdxctl_hkid *h)
{
	const char *leaf = h->fail_leaf ? tdxctl_leaf_str(h->fail_leaf) : NULL;
	const char *status = tdxctl_status_str(h->fail_status);

	if (h->state == TDXCTL_HKID_UNKNOWN) {
		for (size_t i = FAIL_LEAF; i <= FAIL_STATUS; i++)
			out_unknown(row, &columns[i], unseen(s));
		out_str(row, &columns[FAIL_TEXT], "");
		return;
	}
	if (h->state != TDXCTL_HKID_LEAKED) {
		out_none(row, &columns[FAIL_LEAF]);
		out_none(row, &columns[FAIL_NAME]);
		out_none(row, &columns[FAIL_STATUS]);
		out_str(row, &columns[FAIL_TEXT], "");
		return;
	}
	out_str(row, &columns[FAIL_LEAF], leaf ? leaf : "unknown leaf");
	out_str(row, &columns[FAIL_NAME], status ? status : "unknown status");
	out_uint(row, &columns[FAIL_STATUS], h->fail_status);
	view_failure(row, &columns[FAIL_TEXT], h->fail_leaf, h->fail_status);
}

/* The owner is the TD if it is known, else the process that issued TDH.MNG.CREATE. */
static void owner(struct out_node *row, const struct tdxctl_snapshot *s,
		  const struct tdxctl_hkid *h)
{
	const struct tdxctl_td_view *td = view_td_by_tdr(s, h->tdr);
	pid_t pid = view_pid(td, h);

	for (size_t i = TD; h->state == TDXCTL_HKID_UNKNOWN && i <= PID; i++)
		out_unknown(row, &columns[i], unseen(s));
	for (size_t i = TD; h->state == TDXCTL_HKID_FREE && i <= PID; i++)
		out_none(row, &columns[i]);
	if (h->state == TDXCTL_HKID_UNKNOWN || h->state == TDXCTL_HKID_FREE)
		return;
	if (td && td->td.id)
		out_uint(row, &columns[TD], td->td.id);
	else
		out_unknown(row, &columns[TD], view_why(s));
	if (td)
		out_str(row, &columns[VM], td->vm.name);
	else if (h->owner.comm[0])
		out_strf(row, &columns[VM], "%.*s", TDXCTL_COMM_LEN, h->owner.comm);
	else
		out_unknown(row, &columns[VM], view_why(s));
	if (pid)
		out_int(row, &columns[PID], pid);
	else
		out_unknown(row, &columns[PID], "the process has ended or was never seen");
}

int cmd_hkid(struct cli_app *app, int argc, char **argv)
{
	const struct tdxctl_snapshot *s = app->snap;
	struct out_node *table = out_array(out_root(app->out), &hkid_table);

	size_t hidden = 0;

	if (app->v.state)
		app->mode.empty = "No HKID is in this state.";
	for (size_t i = 0; i < s->nr_hkids; i++) {
		const struct tdxctl_hkid *h = &s->hkids[i];
		bool taken = h->state != TDXCTL_HKID_FREE;
		struct out_node *row;
		char *pkgs;

		if (app->v.state && strcmp(app->v.state, tdxctl_hkid_state_str(h->state)))
			continue;
		row = out_row(table);
		if (h->state == TDXCTL_HKID_FREE && !app->v.all && !app->v.state) {
			out_hide(row);
			hidden++;
		}
		pkgs = view_packages(s, h->keyed_packages);

		out_uint(row, &columns[ID], h->id);
		out_style(out_str(row, &columns[STATE], tdxctl_hkid_state_str(h->state)),
			  view_hkid_style(h->state));
		owner(row, s, h);
		if (h->since_ns)
			out_uint(row, &columns[AGE], view_age(s, h->since_ns));
		else if (taken)
			out_unknown(row, &columns[AGE],
				    h->state == TDXCTL_HKID_UNKNOWN ? unseen(s) : view_why(s));
		else
			out_none(row, &columns[AGE]);
		out_uint_or(row, &columns[KEYED], h->keyed_packages, TDXCTL_UNKNOWN, view_why(s));
		out_str(row, &columns[KEYED_TEXT], pkgs);
		free(pkgs);
		leak(row, s, h);
	}
	if (hidden)
		out_strf(out_root(app->out), &free_text, "%zu of %zu (-a lists them)", hidden,
			 s->nr_hkids);
	return CLI_OK;
}
