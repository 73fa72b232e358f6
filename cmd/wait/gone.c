// SPDX-License-Identifier: GPL-2.0-only
/* wait --gone: prove that the teardown of a TD is over. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wait.h"

#define POLL_NS 100000000ULL

extern char **environ;

/* The stages of a teardown, in the order of the output. They may end in another order. */
enum { PROCESS, HKID, PAGES, TD, STAGES };

static const char *const stage_names[STAGES] = {
	[PROCESS] = "process",
	[HKID] = "hkid",
	[PAGES] = "pages",
	[TD] = "td",
};

enum state { OPEN, DONE, LEAKED, UNKNOWN };

static const char *const state_names[] = {
	[OPEN] = "open",
	[DONE] = "done",
	[LEAKED] = "leaked",
	[UNKNOWN] = "unknown",
};

struct stage {
	enum state state;
	uint64_t after_ns; /* DONE: when it was first seen, since the begin of the wait */
	char detail[160];
};

struct gone {
	struct cli_app *app;
	char *name, selector[24];
	pid_t pid; /* 0 unknown */
	struct tdxctl_td td;
	uint64_t attached_ns; /* names the life of the helper, whose records are lost with it */
	uint64_t start_ns, waited_ns;
	struct stage stage[STAGES];
};

enum { G_VM, G_TD, G_PID, G_HKID, G_REACHED, G_RESULT, G_OPEN, G_WAITED, G_VM_TEXT, G_TABLE };
enum { S_NAME, S_STATE, S_AFTER, S_DETAIL };

static const struct cli_field stage_columns[] = {
	[S_NAME] = { .key = "stage", .label = "STAGE", .type = OUT_STR },
	[S_STATE] = { .key = "state", .label = "STATE", .type = OUT_STR },
	[S_AFTER] = { .key = "after_ns",
		      .label = "AFTER",
		      .type = OUT_NS,
		      .right = true,
		      .drop = 1 },
	[S_DETAIL] = { .key = "detail", .label = "DETAIL", .type = OUT_STR, .text = true },
};

static const struct cli_field fields[] = {
	[G_VM] = { .key = "vm", .type = OUT_STR },
	[G_TD] = { .key = "td", .type = OUT_UINT },
	[G_PID] = { .key = "pid", .type = OUT_INT },
	[G_HKID] = { .key = "hkid", .type = OUT_UINT },
	[G_REACHED] = { .key = "reached", .type = OUT_BOOL },
	[G_RESULT] = { .key = "result", .label = "Result", .type = OUT_STR },
	[G_OPEN] = { .key = "open_stage", .type = OUT_STR },
	[G_WAITED] = { .key = "waited_ns", .label = "Waited", .type = OUT_NS },
	[G_VM_TEXT] = { .label = "VM", .type = OUT_STR },
	[G_TABLE] = { .key = "stages",
		      .label = "",
		      .type = OUT_TABLE,
		      .columns = stage_columns,
		      .nr_columns = ARRAY_SIZE(stage_columns) },
};

static const char no_record[] =
	"the TD is older than the helper, which cannot read KVM's types, so its end is not seen";

static void set(struct gone *g, int nr, enum state state, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

static void set(struct gone *g, int nr, enum state state, const char *fmt, ...)
{
	struct stage *s = &g->stage[nr];
	va_list ap;

	if (state == DONE && s->state != DONE)
		s->after_ns = g->waited_ns;
	s->state = state;
	va_start(ap, fmt);
	vsnprintf(s->detail, sizeof(s->detail), fmt, ap);
	va_end(ap);
}

/* ---- stages ---- */

static void see_process(struct gone *g)
{
	const char *why = NULL;

	switch (tdxctl_owner_life(g->app->ctx, &g->td, &why)) {
	case TDXCTL_LIFE_ENDED:
		set(g, PROCESS, DONE, "process %d has ended", (int)g->pid);
		break;
	case TDXCTL_LIFE_RUNS:
		set(g, PROCESS, OPEN, "process %d runs", (int)g->pid);
		break;
	default:
		set(g, PROCESS, UNKNOWN, "%s", why);
	}
}

static bool hkid_leaked(const struct tdxctl_snapshot *s, uint32_t hkid, const struct tdxctl_td *td)
{
	for (size_t i = 0; i < s->nr_hkids; i++)
		if (s->hkids[i].id == hkid)
			return s->hkids[i].state == TDXCTL_HKID_LEAKED &&
			       s->hkids[i].tdr == td->tdr;
	return false;
}

static void see_hkid(struct gone *g, const struct tdxctl_snapshot *s, const struct tdxctl_td *now)
{
	uint32_t hkid = g->td.hkid ? g->td.hkid : g->td.last_hkid;
	char name[24] = "the HKID";

	if (hkid && hkid != TDXCTL_UNKNOWN32)
		snprintf(name, sizeof(name), "HKID %u", hkid);
	if (hkid_leaked(s, hkid, &g->td))
		set(g, HKID, LEAKED, "%s is lost until the host reboots", name);
	else if (now ? !now->hkid : g->td.id)
		set(g, HKID, DONE, "%s is free", name);
	else if (g->td.id)
		set(g, HKID, OPEN, "%s is in use", name);
	else
		set(g, HKID, UNKNOWN, "%s", no_record);
}

static void see_pages(struct gone *g, const struct tdxctl_td *now)
{
	uint64_t pages = now ? now->private_pages : 0;
	char size[32] = "an unknown amount of";

	if (pages != TDXCTL_UNKNOWN)
		text_bytes(size, sizeof(size), pages * 4096);
	if (!g->td.id)
		set(g, PAGES, UNKNOWN, "%s", no_record);
	else if (!pages)
		set(g, PAGES, DONE, "no private memory remains");
	else if (now->state == TDXCTL_TD_LEAKED)
		set(g, PAGES, LEAKED, "%s private memory is lost until the host reboots", size);
	else
		set(g, PAGES, OPEN, "%s private memory remains", size);
}

static void see_td(struct gone *g, const struct tdxctl_td *now)
{
	if (!g->td.id)
		set(g, TD, UNKNOWN, "%s", no_record);
	else if (!now)
		set(g, TD, DONE, "the TD's own pages are free");
	else if (now->state == TDXCTL_TD_LEAKED)
		set(g, TD, LEAKED, "the TD's own pages are lost until the host reboots");
	else
		set(g, TD, OPEN, "the TD is %s", tdxctl_td_state_str(now->state));
}

static int reloaded(struct gone *g)
{
	return cli_error(g->app, CLI_NO_HELPER, "helper-gone", "'tdxctl td' lists the TDs.",
			 "whether %s is gone is not known: the helper was loaded again meanwhile",
			 g->name);
}

/* Reads the state of all stages. Returns 0 or an exit code. */
static int look(struct gone *g)
{
	struct cli_app *app = g->app;
	const struct tdxctl_td *now = NULL;
	struct tdxctl_snapshot *s;
	int err = tdxctl_snapshot_get(app->ctx, &s);

	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	g->waited_ns = tdxctl_clock_ns() - g->start_ns;
	if (!tdxctl_has_seamcalls(s)) {
		err = cli_error(app, CLI_NO_HELPER, "helper-gone",
				"Load the helper with 'tdxctl helper load'.",
				"whether %s is gone is not known: the helper was unloaded",
				g->name);
	} else if (s->info.attached_ns != g->attached_ns) {
		err = reloaded(g);
	} else {
		for (size_t i = 0; i < s->nr_tds && !now; i++)
			if (tdxctl_same_td(&g->td, &s->tds[i].td))
				now = &s->tds[i].td;
		/* A TD without a number gets one when the helper sees a SEAMCALL for it. */
		if (now && !g->td.id && now->id)
			g->td = *now;
		see_process(g);
		see_hkid(g, s, now);
		see_pages(g, now);
		see_td(g, now);
	}
	tdxctl_snapshot_free(s);
	return err;
}

/* Returns the first stage in @state, or STAGES. */
static int first(const struct gone *g, enum state state)
{
	int i = 0;

	while (i < STAGES && g->stage[i].state != state)
		i++;
	return i;
}

/* ---- the command that ends the VM ---- */

/* Its output goes to standard error: standard output has the result. */
static int run_command(struct gone *g, char **argv)
{
	struct cli_app *app = g->app;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	int err, status = 0;
	sigset_t usual;
	pid_t pid;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	sigaddset(&usual, SIGXFSZ);
	if (posix_spawn_file_actions_init(&files))
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	err = posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	if (!err)
		err = posix_spawnattr_init(&attr);
	if (!err) {
		posix_spawnattr_setsigdefault(&attr, &usual);
		posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
		err = posix_spawnp(&pid, argv[0], &files, &attr, argv, environ);
		posix_spawnattr_destroy(&attr);
	}
	posix_spawn_file_actions_destroy(&files);
	if (err)
		return cli_error(app, CLI_FAILED, "failed", "The VM was not changed.", "%s: %s",
				 argv[0], strerror(err));
	while (waitpid(pid, &status, 0) < 0)
		if (errno == EINTR && cli_stopped())
			kill(pid, SIGTERM);
	if (WIFSIGNALED(status))
		return cli_error(app, CLI_FAILED, "failed", "'tdxctl td' lists the TDs.",
				 "%s was ended by signal %d; %s may still exist", argv[0],
				 WTERMSIG(status), g->name);
	if (WEXITSTATUS(status))
		return cli_error(app, CLI_FAILED, "failed", "'tdxctl td' lists the TDs.",
				 "%s failed with exit status %d; %s may still exist", argv[0],
				 WEXITSTATUS(status), g->name);
	return 0;
}

/* ---- waiting ---- */

static void draw(struct cli_line *line, const struct gone *g)
{
	char text[320], age[40];

	tdxctl_duration_str(age, sizeof(age), g->waited_ns / NS_PER_S * NS_PER_S);
	snprintf(text, sizeof(text), "Waiting for the end of %s: %s, %s", g->name,
		 g->stage[first(g, OPEN)].detail, g->waited_ns < NS_PER_S ? "0 s" : age);
	cli_line_draw(line, text);
}

static int interrupted(struct gone *g)
{
	char age[24];

	tdxctl_duration_str(age, sizeof(age), g->waited_ns);
	return cli_error(g->app, CLI_FAILED, "interrupted", "", "interrupted after %s: %s", age,
			 g->stage[first(g, OPEN)].detail);
}

static int wait_for_end(struct gone *g)
{
	uint64_t begin = tdxctl_clock_ns(), limit = g->app->v.timeout_ns, used;
	struct cli_line line;
	int err;

	cli_line_start(&line, g->app);
	for (;;) {
		err = look(g);
		cli_line_end(&line);
		if (err || first(g, OPEN) == STAGES)
			return err;
		used = tdxctl_clock_ns() - begin;
		if (cli_stopped())
			return interrupted(g);
		/* A leaked stage never ends; the open stages do not matter then. */
		if (first(g, LEAKED) < STAGES && g->stage[PROCESS].state != OPEN)
			return 0;
		if (limit && used >= limit)
			return CLI_PROBLEMS;
		draw(&line, g);
		cli_nap(limit && limit - used < POLL_NS ? limit - used : POLL_NS);
	}
}

/* Records why the end is not proved, if it is not. Returns the exit code. */
static int verdict(struct gone *g, int code)
{
	int leaked = first(g, LEAKED), unknown = first(g, UNKNOWN);

	if (code)
		return code;
	if (leaked < STAGES)
		return cli_error(g->app, CLI_FAILED, "leaked", "Plan a reboot of the host.",
				 "the teardown of %s failed: %s", g->name, g->stage[leaked].detail);
	if (unknown < STAGES)
		return cli_error(g->app, CLI_NO_HELPER, "not-known",
				 "'tdxctl hkid' and 'tdxctl td' show what is known.",
				 "whether %s is gone is not known: %s", g->name,
				 g->stage[unknown].detail);
	return CLI_OK;
}

static const char *result_of(const struct gone *g)
{
	if (first(g, LEAKED) < STAGES)
		return "leaked";
	if (first(g, OPEN) < STAGES)
		return "not-gone";
	return first(g, UNKNOWN) < STAGES ? "unknown" : "gone";
}

static void result(struct gone *g, int code)
{
	static const enum out_style styles[] = {
		[OPEN] = STYLE_WARN, [DONE] = STYLE_GOOD, [LEAKED] = STYLE_BAD, [UNKNOWN] = STYLE_WARN
	};
	struct out_node *root = out_root(g->app->out), *table;
	uint32_t hkid = g->td.hkid ? g->td.hkid : g->td.last_hkid;
	int open = first(g, OPEN);

	out_str(root, &fields[G_VM], g->name);
	out_strf(root, &fields[G_VM_TEXT], "%s (%s)", g->name, g->selector);
	out_uint_or(root, &fields[G_TD], g->td.id, 0, no_record);
	if (g->pid)
		out_int(root, &fields[G_PID], g->pid);
	else
		out_unknown(root, &fields[G_PID], "the process that created the TD is not known");
	out_uint_or(root, &fields[G_HKID], hkid, TDXCTL_UNKNOWN32, no_record);
	out_bool(root, &fields[G_REACHED], code == CLI_OK);
	out_style(out_str(root, &fields[G_RESULT], result_of(g)),
		  code == CLI_OK ? STYLE_GOOD : STYLE_BAD);
	out_str_or_none(root, &fields[G_OPEN], open < STAGES ? stage_names[open] : NULL);
	out_uint(root, &fields[G_WAITED], g->waited_ns);
	out_gap(root);
	table = out_array(root, &fields[G_TABLE]);
	for (int i = 0; i < STAGES; i++) {
		const struct stage *s = &g->stage[i];
		struct out_node *row = out_row(table);

		out_str(row, &stage_columns[S_NAME], stage_names[i]);
		out_style(out_str(row, &stage_columns[S_STATE], state_names[s->state]),
			  styles[s->state]);
		if (s->state == DONE)
			out_uint(row, &stage_columns[S_AFTER], s->after_ns);
		else
			out_none(row, &stage_columns[S_AFTER]);
		out_str(row, &stage_columns[S_DETAIL], s->detail);
	}
}

/* Finds the VM, whose name is lost when its process ends. Returns 0 or an exit code. */
static int find(struct gone *g)
{
	struct cli_app *app = g->app;
	const struct tdxctl_td_view *view;
	int code = CLI_FAILED;

	if (!app->snap->platform.has_tdx)
		return cli_error(app, CLI_NO_TDX, "no-tdx", "'tdxctl doctor' shows why.",
				 "this host has no TDX, or it is off");
	if (!tdxctl_has_seamcalls(app->snap))
		return cli_error(app, CLI_NO_HELPER, "helper-missing",
				 "Load the helper with 'tdxctl helper load'.",
				 "the end of a teardown is not known: the helper is not loaded");
	view = cli_find_td(app, app->snap, app->v.gone, &code);
	if (!view)
		return code;
	g->name = text_clean(view->vm.name);
	if (!g->name)
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	view_selector(g->selector, sizeof(g->selector), view);
	g->td = view->td;
	g->pid = view->vm.pid ? view->vm.pid : view->td.owner.tgid;
	g->attached_ns = app->snap->info.attached_ns;
	return 0;
}

int wait_gone(struct cli_app *app, int argc, char **argv)
{
	struct gone g = { .app = app };
	int code = tdxctl_snapshot_get(app->ctx, &app->snap);

	if (code)
		return cli_lib_error(app, code, "cannot read host state");
	code = find(&g);
	if (code)
		goto out;
	tdxctl_set_brief(app->ctx, true);
	g.start_ns = tdxctl_clock_ns();
	if (argc)
		code = run_command(&g, argv);
	if (code)
		goto out;
	code = wait_for_end(&g);
	/* Without stages there is nothing to show. */
	if (g.stage[TD].detail[0]) {
		code = verdict(&g, code);
		result(&g, code);
	}
out:
	free(g.name);
	return code;
}
