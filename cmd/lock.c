// SPDX-License-Identifier: GPL-2.0-only
/* lock: tdx_lock and the key-config lock of each package. */
#include <stdlib.h>
#include <string.h>

#include "cmd.h"

enum {
	NAME,
	PACKAGE,
	STATE,
	HOLDER,
	HOLDER_PID,
	HOLDER_TEXT,
	TD,
	HELD,
	ACQUISITIONS,
	CONTENDED,
	BUSY,
	ENTROPY,
	LONGEST,
	SOURCE,
};

static const struct cli_field columns[] = {
	[NAME] = { .key = "name", .label = "LOCK", .type = OUT_STR },
	[PACKAGE] = { .key = "package", .label = "PACKAGE", .type = OUT_UINT, .right = true },
	[STATE] = { .key = "state", .label = "STATE", .type = OUT_STR },
	[HOLDER] = { .key = "holder", .type = OUT_STR },
	[HOLDER_PID] = { .key = "holder_pid", .type = OUT_INT },
	[HOLDER_TEXT] = { .label = "HOLDER", .type = OUT_STR, .text = true },
	[TD] = { .key = "td", .label = "TD", .type = OUT_UINT, .right = true, .drop = 3 },
	[HELD] = { .key = "held_ns",
		   .label = "HELD FOR",
		   .type = OUT_NS,
		   .right = true,
		   .drop = 1,
		   .age = true },
	[ACQUISITIONS] = { .key = "acquisitions",
			   .label = "ACQUIRED",
			   .type = OUT_UINT,
			   .right = true,
			   .drop = 5 },
	[CONTENDED] = { .key = "contended",
			.label = "CONTENDED",
			.type = OUT_UINT,
			.right = true,
			.drop = 2 },
	[BUSY] = { .key = "busy_retries",
		   .label = "BUSY",
		   .type = OUT_UINT,
		   .right = true,
		   .drop = 6 },
	[ENTROPY] = { .key = "entropy_retries",
		      .label = "NO ENTROPY",
		      .type = OUT_UINT,
		      .right = true,
		      .drop = 7 },
	[LONGEST] = { .key = "longest_ns",
		      .label = "LONGEST",
		      .type = OUT_NS,
		      .right = true,
		      .drop = 4 },
	[SOURCE] = { .key = "source", .label = "SOURCE", .type = OUT_STR, .wide = true, .drop = 8 },
};

const struct cli_field lock_table = {
	.key = "locks",
	.label = "",
	.type = OUT_TABLE,
	.empty = "No locks.",
	.columns = columns,
	.nr_columns = ARRAY_SIZE(columns),
};

static const char *const sources[TDXCTL_LOCK_SOURCES] = {
	[TDXCTL_LOCK_IN_EFFECT] = "seamcall",
	[TDXCTL_LOCK_MUTEX] = "mutex",
};

static const char not_found_here[] = "the lock was not found in this kernel";

static const char *unseen(const struct tdxctl_snapshot *s)
{
	return tdxctl_has_seamcalls(s) ? not_found_here : tdxctl_no_helper;
}

/* The holder may be a kernel thread or an interrupt, which have no process. */
static void holder(struct out_node *row, const struct tdxctl_snapshot *s,
		   const struct tdxctl_lock *l)
{
	static const char why[] = "the lock was acquired before the helper could observe it";
	const char *not_found = unseen(s);
	int pid = l->holder_tgid ? l->holder_tgid : l->holder_tid;

	if (l->held == TDXCTL_UNKNOWN32) {
		out_unknown(row, &columns[HOLDER], not_found);
		out_unknown(row, &columns[HOLDER_PID], not_found);
		out_str(row, &columns[HOLDER_TEXT], "?");
		return;
	}
	if (l->held != 1) {
		out_none(row, &columns[HOLDER]);
		out_none(row, &columns[HOLDER_PID]);
		out_str(row, &columns[HOLDER_TEXT], "-");
		return;
	}
	if (!l->holder_comm[0] && !pid) {
		out_unknown(row, &columns[HOLDER], why);
		out_unknown(row, &columns[HOLDER_PID], why);
		out_str(row, &columns[HOLDER_TEXT], "?");
		return;
	}
	out_strf(row, &columns[HOLDER], "%.*s", TDXCTL_COMM_LEN, l->holder_comm);
	if (pid)
		out_int(row, &columns[HOLDER_PID], pid);
	else
		out_unknown(row, &columns[HOLDER_PID], "the holder is not a process");
	out_strf(row, &columns[HOLDER_TEXT], "%.*s%s%.0d%s", TDXCTL_COMM_LEN, l->holder_comm,
		 pid ? " (" : "", pid, pid ? ")" : "");
}

static void lock_row(struct out_node *row, const struct tdxctl_snapshot *s,
		     const struct tdxctl_lock *l)
{
	const struct tdxctl_td_view *td = view_td_by_tdr(s, l->holder_tdr);
	const char *not_found = unseen(s), *no_helper = tdxctl_no_helper;
	struct out_node *state;

	out_str(row, &columns[NAME], view_lock(l->kind));
	if (l->package == TDXCTL_UNKNOWN32)
		out_none(row, &columns[PACKAGE]);
	else
		out_uint(row, &columns[PACKAGE], l->package);
	if (l->held == TDXCTL_UNKNOWN32) {
		out_unknown(row, &columns[STATE], not_found);
	} else {
		state = out_str(row, &columns[STATE], l->held ? "held" : "free");
		out_style(state, l->held ? STYLE_WARN : STYLE_NONE);
	}
	holder(row, s, l);
	if (td)
		out_uint(row, &columns[TD], td->td.id);
	else if (l->held)
		out_unknown(row, &columns[TD],
			    l->held != 1	    ? not_found :
			    tdxctl_has_seamcalls(s) ? "the helper did not see for which TD" :
						      no_helper);
	else
		out_none(row, &columns[TD]);
	if (l->held == 1 && l->held_since_ns)
		out_uint(row, &columns[HELD], view_age(s, l->held_since_ns));
	else if (l->held)
		out_unknown(row, &columns[HELD],
			    l->held != 1	    ? not_found :
			    tdxctl_has_seamcalls(s) ? "the helper did not see since when" :
						      no_helper);
	else
		out_none(row, &columns[HELD]);
	out_uint_or(row, &columns[ACQUISITIONS], l->acquisitions, TDXCTL_UNKNOWN, no_helper);
	out_style(out_uint_or(row, &columns[CONTENDED], l->contended, TDXCTL_UNKNOWN, no_helper),
		  l->contended && l->contended != TDXCTL_UNKNOWN ? STYLE_WARN : STYLE_NONE);
	out_uint_or(row, &columns[BUSY], l->busy_retries, TDXCTL_UNKNOWN, no_helper);
	out_uint_or(row, &columns[ENTROPY], l->entropy_retries, TDXCTL_UNKNOWN, no_helper);
	out_uint_or(row, &columns[LONGEST], l->longest_ns, TDXCTL_UNKNOWN, no_helper);
	out_str(row, &columns[SOURCE],
		l->source < TDXCTL_LOCK_SOURCES ? sources[l->source] : "unknown");
}

int cmd_lock(struct cli_app *app, int argc, char **argv)
{
	struct out_node *table = out_array(out_root(app->out), &lock_table);

	for (size_t i = 0; i < app->snap->nr_locks; i++)
		lock_row(out_row(table), app->snap, &app->snap->locks[i]);
	return CLI_OK;
}
