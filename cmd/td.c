// SPDX-License-Identifier: GPL-2.0-only
/* td list: every TD. td show: one TD, its life cycle, and what keeps it alive. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/td.h"
#include "cmd.h"

static const struct cli_field complete = { .key = "complete", .type = OUT_BOOL };
static const struct cli_field not_complete = { .label = "Note", .type = OUT_STR };

int cmd_td_list(struct cli_app *app, int argc, char **argv)
{
	const char *why = tdxctl_unknown_why(app->snap, TDXCTL_SUBJECT_TDS);
	struct out_node *root = out_root(app->out);
	struct out_node *table = out_array(root, &td_table);

	if (app->v.state)
		app->mode.empty = "No TD is in this state.";
	else if (why)
		app->mode.empty = "No TDs were seen.";
	for (size_t i = 0; i < app->snap->nr_tds; i++)
		if (!app->v.state ||
		    !strcmp(app->v.state, tdxctl_td_state_str(app->snap->tds[i].td.state)))
			view_td_fill(out_row(table), app->snap, &app->snap->tds[i]);
	if (why) {
		out_unknown(root, &complete, why);
		out_gap(root);
		out_str(root, &not_complete, why);
	} else {
		out_bool(root, &complete, true);
	}
	return CLI_OK;
}

/* ---- life cycle ---- */

enum { STEP, STEP_TEXT, REACHED, CURRENT };

static const struct cli_field step_fields[] = {
	[STEP] = { .key = "state", .type = OUT_STR },
	[STEP_TEXT] = { .label = "", .type = OUT_STR },
	[REACHED] = { .key = "reached", .type = OUT_BOOL },
	[CURRENT] = { .key = "current", .type = OUT_BOOL },
};

static const struct cli_field life = {
	.key = "life_cycle",
	.label = "Life cycle",
	.type = OUT_CHAIN,
};

struct step {
	const char *name, *text; /* in JSON, in text */
	unsigned int state;	 /* TDXCTL_TD_UNKNOWN: an end of the chain, never current */
};

static const struct step steps[] = {
	{ "none", "none", TDXCTL_TD_UNKNOWN },
	{ "assigned", "HKID assigned", TDXCTL_TD_ASSIGNED },
	{ "keys-configured", "keys configured", TDXCTL_TD_KEYS_CONFIGURED },
	{ "initialized", "initialized", TDXCTL_TD_INITIALIZED },
	{ "runnable", "runnable", TDXCTL_TD_RUNNABLE },
	{ "blocked", "blocked", TDXCTL_TD_BLOCKED },
	{ "teardown", "teardown", TDXCTL_TD_TEARDOWN },
	{ "gone", "ended", TDXCTL_TD_UNKNOWN },
};

static const struct step leaked_end = { "leaked", "leaked", TDXCTL_TD_LEAKED };

static void life_step(struct out_node *chain, const struct step *st, bool reached, bool current)
{
	struct out_node *row = out_row(chain), *n;

	out_str(row, &step_fields[STEP], st->name);
	n = out_strf(row, &step_fields[STEP_TEXT], current ? "[%s]" : "%s", st->text);
	out_style(n, current ? view_td_style(st->state) : reached ? STYLE_NONE : STYLE_DIM);
	out_bool(row, &step_fields[REACHED], reached);
	out_bool(row, &step_fields[CURRENT], current);
}

/*
 * The current step of a TD, and by inference the steps before it. "blocked" is shown only
 * for a TD in that state, since most TDs never are.
 */
static void life_cycle(struct out_node *n, const struct tdxctl_td *td)
{
	bool leaked = td->state == TDXCTL_TD_LEAKED;
	struct out_node *chain = out_array(n, &life);
	size_t at = 0, last = ARRAY_SIZE(steps) - (leaked ? 2 : 0);

	for (size_t i = 1; i < ARRAY_SIZE(steps); i++)
		if (steps[i].state == td->state && td->state != TDXCTL_TD_UNKNOWN)
			at = i;
	for (size_t i = 0; i < last; i++) {
		bool reached;

		if (steps[i].state == TDXCTL_TD_BLOCKED && td->state != TDXCTL_TD_BLOCKED)
			continue;
		/* A TD whose creation failed may have skipped steps. */
		reached = i <= at;
		if (leaked || td->state == TDXCTL_TD_TEARDOWN)
			reached = i <= 1 || i == at ||
				  (steps[i].state == TDXCTL_TD_KEYS_CONFIGURED &&
				   td->keyed_packages) ||
				  (steps[i].state == TDXCTL_TD_INITIALIZED &&
				   (td->vcpus || td->sept_pages)) ||
				  (steps[i].state == TDXCTL_TD_RUNNABLE && td->private_pages);
		if (td->state == TDXCTL_TD_UNKNOWN)
			reached = i == 0;
		life_step(chain, &steps[i], reached, at && i == at);
	}
	if (leaked)
		life_step(chain, &leaked_end, true, true);
}

/* ---- what keeps a TD alive ---- */

enum { KIND, PIN_PID, PIN_TID, PIN_FD, COMM, DETAIL };

static const struct cli_field pin_fields[] = {
	[KIND] = { .key = "kind", .type = OUT_STR },
	[PIN_PID] = { .key = "pid", .type = OUT_INT },
	[PIN_TID] = { .key = "tid", .type = OUT_INT },
	[PIN_FD] = { .key = "fd", .type = OUT_INT },
	[COMM] = { .key = "comm", .type = OUT_STR },
	[DETAIL] = { .key = "detail", .type = OUT_STR },
};

static const struct cli_field pins = { .key = "pins", .type = OUT_TABLE };
static const struct cli_field pins_complete = { .key = "pins_complete", .type = OUT_BOOL };

/* clang-format off */
static const char *const pin_kinds[] = {
	[TDXCTL_PIN_PROCESS]  = "process",
	[TDXCTL_PIN_THREAD]   = "thread",
	[TDXCTL_PIN_VM_FD]    = "vm-fd",
	[TDXCTL_PIN_VCPU_FD]  = "vcpu-fd",
	[TDXCTL_PIN_GMEM_FD]  = "guest-memfd",
	[TDXCTL_PIN_VHOST_FD] = "vhost-fd",
};
/* clang-format on */

static void pin_row(struct out_node *row, const struct tdxctl_pin *p)
{
	out_str(row, &pin_fields[KIND],
		(size_t)p->kind < ARRAY_SIZE(pin_kinds) ? pin_kinds[p->kind] : "unknown");
	out_int(row, &pin_fields[PIN_PID], p->pid);
	if (p->kind == TDXCTL_PIN_THREAD)
		out_int(row, &pin_fields[PIN_TID], p->tid);
	else
		out_none(row, &pin_fields[PIN_TID]);
	if (p->fd >= 0)
		out_int(row, &pin_fields[PIN_FD], p->fd);
	else
		out_none(row, &pin_fields[PIN_FD]);
	out_strf(row, &pin_fields[COMM], "%.*s", (int)sizeof(p->comm), p->comm);
	out_str_or_none(row, &pin_fields[DETAIL], p->detail);
}

/* In text, one line per process; in JSON, one row per pin. */
enum { H_PID, H_COMM, H_MAP, H_VM, H_VCPU, H_GMEM, H_VHOST };

static const struct cli_field holder_columns[] = {
	[H_PID] = { .label = "PID", .type = OUT_INT, .right = true },
	[H_COMM] = { .label = "COMMAND", .type = OUT_STR, .text = true },
	[H_MAP] = { .label = "MEMORY MAP", .type = OUT_STR, .drop = 2 },
	[H_VM] = { .label = "VM FD", .type = OUT_STR, .drop = 3 },
	[H_VCPU] = { .label = "VCPU FDS", .type = OUT_STR, .drop = 4 },
	[H_GMEM] = { .label = "GUEST MEMORY FDS", .type = OUT_STR, .drop = 1 },
	[H_VHOST] = { .label = "VHOST FDS", .type = OUT_STR, .drop = 5 },
};

static const struct cli_field holders = {
	.label = "Kept alive by",
	.type = OUT_TABLE,
	.empty = "no process left; the kernel is about to free it",
	.columns = holder_columns,
	.nr_columns = ARRAY_SIZE(holder_columns),
};

static const struct cli_field holders_text = { .label = "Kept alive by", .type = OUT_STR };

/* The descriptors of one kind in one process: "11,13-16". */
static void fd_list(struct out_node *row, const struct cli_field *f, const struct tdxctl_pin *p,
		    size_t n, enum tdxctl_pin_kind kind)
{
	char buf[200] = "-";
	size_t len = 0;
	int first = -1, last = -1;

	for (size_t i = 0; i <= n; i++) {
		int fd = i < n && p[i].kind == kind ? p[i].fd : -1;

		if (i < n && fd < 0)
			continue;
		if (first >= 0 && fd == last + 1) {
			last = fd;
			continue;
		}
		if (first >= 0 && len < sizeof(buf))
			len += (size_t)snprintf(buf + len, sizeof(buf) - len,
						last > first ? "%s%d-%d" : "%s%d", len ? "," : "",
						first, last);
		first = last = fd;
	}
	out_str(row, f, buf);
}

static void holder_row(struct out_node *row, const struct tdxctl_pin *p, size_t n)
{
	size_t threads = 0;
	bool map = false;

	for (size_t i = 0; i < n; i++) {
		map |= p[i].kind == TDXCTL_PIN_PROCESS;
		threads += p[i].kind == TDXCTL_PIN_THREAD;
	}
	out_int(row, &holder_columns[H_PID], p->pid);
	out_strf(row, &holder_columns[H_COMM], "%.*s", (int)sizeof(p->comm), p->comm);
	if (map || threads)
		out_strf(row, &holder_columns[H_MAP], "%zu thread%s", threads + 1,
			 threads ? "s" : "");
	else
		out_none(row, &holder_columns[H_MAP]);
	fd_list(row, &holder_columns[H_VM], p, n, TDXCTL_PIN_VM_FD);
	fd_list(row, &holder_columns[H_VCPU], p, n, TDXCTL_PIN_VCPU_FD);
	fd_list(row, &holder_columns[H_GMEM], p, n, TDXCTL_PIN_GMEM_FD);
	fd_list(row, &holder_columns[H_VHOST], p, n, TDXCTL_PIN_VHOST_FD);
}

static void show_pins(struct cli_app *app, struct out_node *n, const struct tdxctl_td_view *v)
{
	struct tdxctl_pin *list = NULL;
	struct out_node *table;
	size_t count = 0, k;
	int err;

	err = tdxctl_pins_get(app->ctx, v, &list, &count);
	if (err && err != -EACCES) {
		const char *why = tdxctl_error(app->ctx);

		out_unknown(n, &pins, *why ? why : "cannot be determined");
		out_unknown(n, &holders_text, *why ? why : "cannot be determined");
		out_bool(n, &pins_complete, false);
		return;
	}
	table = out_array(n, &pins);
	for (size_t i = 0; i < count; i++)
		pin_row(out_row(table), &list[i]);
	out_bool(n, &pins_complete, !err);
	/* What leaked is not freed, by whatever process. */
	if (v->td.state == TDXCTL_TD_LEAKED && !count) {
		out_str(n, &holders_text, "no process; what leaked is lost until the next reboot");
		tdxctl_pins_free(list, count);
		return;
	}
	table = out_array(n, &holders);
	for (size_t i = 0; i < count; i = k) {
		for (k = i + 1; k < count && list[k].pid == list[i].pid; k++)
			;
		holder_row(out_row(table), &list[i], k - i);
	}
	tdxctl_pins_free(list, count);
	if (err)
		cli_note(app,
			 "Some processes could not be read; run as root for the complete list.");
}

static const struct cli_field advice = { .label = "Note", .type = OUT_STR };

/* Capacity that is lost, or that a release would free. */
static void advise(struct out_node *n, const struct tdxctl_snapshot *s, const struct tdxctl_td *td)
{
	uint64_t age;

	if (td->state == TDXCTL_TD_LEAKED && td->hkid)
		out_style(out_strf(n, &advice, "HKID %u is lost until the next reboot", td->hkid),
			  STYLE_BAD);
	else if (td->state == TDXCTL_TD_LEAKED)
		out_style(out_str(n, &advice,
				  "the HKID is free again, but the remaining pages are lost until the next reboot"),
			  STYLE_BAD);
	else if (view_being_built(s, td, &age))
		out_str(n, &advice, "the TD is being built");
	else if (td->hkid && td->state < TDXCTL_TD_RUNNABLE && td->state != TDXCTL_TD_UNKNOWN)
		out_strf(n, &advice,
			 "the TD holds HKID %u but was never finalized; 'tdxctl release td:%u' frees it",
			 td->hkid, td->id);
	else if (td->state == TDXCTL_TD_TEARDOWN && !td->hkid && td->private_pages &&
		 td->private_pages != TDXCTL_UNKNOWN)
		out_strf(n, &advice,
			 "the HKID is already free; each remaining page takes one SEAMCALL to reclaim");
}

/* One TD as a screen; in JSON, an array with one object. */
static const struct cli_field one = { .key = "tds", .label = "", .type = OUT_TABLE };
static const struct cli_field keyed_text = { .label = "Key on packages", .type = OUT_STR };

int cmd_td_show(struct cli_app *app, int argc, char **argv)
{
	const struct tdxctl_snapshot *s = app->snap;
	const struct tdxctl_td_view *v;
	struct out_node *n;
	int code = CLI_FAILED;
	char *pkgs;

	v = cli_find_td(app, s, argv[0], &code);
	if (!v)
		return code;
	n = out_row(out_array(out_root(app->out), &one));
	view_td_fill(n, s, v);
	pkgs = view_packages(s, v->td.keyed_packages);
	out_str(n, &keyed_text, pkgs);
	free(pkgs);
	advise(n, s, &v->td);
	out_gap(n);
	life_cycle(n, &v->td);
	out_gap(n);
	show_pins(app, n, v);
	return CLI_OK;
}
