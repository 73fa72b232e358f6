// SPDX-License-Identifier: GPL-2.0-only
/*
 * release: plan, confirmation, progress, verification. A release that was interrupted
 * continues when the command is run again.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "release.h"

#define STEP_MS 100

enum {
	R_VM,
	R_TD,
	R_STRATEGY,
	R_HKID,
	R_FREED,
	R_HKID_TEXT,
	R_RECLAIMED,
	R_LEFT,
	R_SEAMCALLS,
	R_PAGE_SEAMCALLS,
	R_DURATION,
	R_RESULT,
	R_VERIFIED,
	R_PLAN,
	R_TOOK_TEXT
};

static const struct cli_field fields[] = {
	[R_VM] = { .key = "vm", .label = "VM", .type = OUT_STR },
	[R_TD] = { .key = "td", .type = OUT_UINT },
	[R_STRATEGY] = { .key = "strategy", .label = "Strategy", .type = OUT_STR },
	[R_HKID] = { .key = "hkid", .type = OUT_UINT },
	[R_FREED] = { .key = "hkid_freed", .type = OUT_BOOL },
	[R_HKID_TEXT] = { .label = "HKID", .type = OUT_STR },
	[R_RECLAIMED] = { .key = "pages_reclaimed", .label = "Reclaimed", .type = OUT_PAGES },
	[R_LEFT] = { .key = "pages_left", .label = "Remaining", .type = OUT_PAGES },
	[R_SEAMCALLS] = { .key = "seamcalls", .type = OUT_UINT },
	[R_PAGE_SEAMCALLS] = { .key = "page_seamcalls", .type = OUT_UINT },
	[R_DURATION] = { .key = "duration_ns", .type = OUT_NS },
	[R_RESULT] = { .key = "result", .label = "Result", .type = OUT_STR },
	[R_VERIFIED] = { .key = "verified", .type = OUT_BOOL },
	[R_PLAN] = { .key = "plan", .label = "", .type = OUT_OBJECT },
	[R_TOOK_TEXT] = { .label = "Duration", .type = OUT_STR },
};

enum { V_NAME, V_OK, V_DETAIL };

static const struct cli_field check_columns[] = {
	[V_NAME] = { .key = "check", .type = OUT_STR },
	[V_OK] = { .key = "ok", .label = "OK", .type = OUT_BOOL },
	[V_DETAIL] = { .key = "detail", .label = "VERIFICATION", .type = OUT_STR, .text = true },
};

static const struct cli_field checks = {
	.key = "checks",
	.label = "",
	.type = OUT_TABLE,
	.empty = "Not verified.",
	.columns = check_columns,
	.nr_columns = ARRAY_SIZE(check_columns),
};

struct job {
	struct cli_app *app;
	const struct tdxctl_td_view *td;
	struct tdxctl_release *rel;
	struct tdxctl_release_state plan, st;
	struct release_estimate est;
	bool started, timed_out;
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int sig)
{
	stop_asked = sig;
}

/* The second signal terminates us; the helper then stops at a safe point. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }, old;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	/* With nohup(1), keep running without the terminal. */
	if (sigaction(SIGHUP, NULL, &old) || old.sa_handler != SIG_IGN)
		sigaction(SIGHUP, &sa, NULL);
}

static enum tdxctl_strategy strategy_of(const char *name)
{
	for (unsigned int i = 0; name && i < TDXCTL_STRATEGIES; i++)
		if (!strcmp(name, tdxctl_strategy_str(i)))
			return i;
	return TDXCTL_STRATEGY_AUTO;
}

/* The current or the last HKID of the TD; 0: none, or TDXCTL_UNKNOWN32. */
static uint32_t hkid_of(const struct job *j)
{
	return j->td->td.hkid ? j->td->td.hkid : j->td->td.last_hkid;
}

static void td_field(const struct job *j, struct out_node *n)
{
	if (j->td->td.id)
		out_uint(n, &fields[R_TD], j->td->td.id);
	else
		out_unknown(n, &fields[R_TD], view_late);
}

static uint64_t reclaimed(const struct tdxctl_release_state *st)
{
	if (st->pages_total == TDXCTL_UNKNOWN || st->pages_left == TDXCTL_UNKNOWN ||
	    st->pages_left > st->pages_total)
		return st->page_seamcalls == TDXCTL_UNKNOWN ? 0 : st->page_seamcalls;
	return st->pages_total - st->pages_left;
}

static void result_fields(const struct job *j, const char *result, enum out_style style)
{
	struct out_node *root = out_root(j->app->out);
	const struct tdxctl_release_state *st = &j->st;
	const char *freed = st->hkid_freed ? "freed" : "not freed";
	uint32_t hkid = hkid_of(j);
	char took[40];

	out_str(root, &fields[R_VM], j->td->vm.name);
	out_style(out_str(root, &fields[R_RESULT], result), style);
	td_field(j, root);
	if (j->plan.strategy == TDXCTL_STRATEGY_AUTO)
		out_none(root, &fields[R_STRATEGY]);
	else
		out_str(root, &fields[R_STRATEGY], tdxctl_strategy_str(j->plan.strategy));
	if (hkid == TDXCTL_UNKNOWN32) {
		out_unknown(root, &fields[R_HKID], view_late);
		out_strf(root, &fields[R_HKID_TEXT], "unknown, %s", freed);
	} else if (hkid) {
		out_uint(root, &fields[R_HKID], hkid);
		out_strf(root, &fields[R_HKID_TEXT], "%u, %s", hkid, freed);
	} else {
		out_none(root, &fields[R_HKID]);
		out_none(root, &fields[R_HKID_TEXT]);
	}
	out_bool(root, &fields[R_FREED], st->hkid_freed);
	out_uint(root, &fields[R_RECLAIMED], reclaimed(st));
	out_uint_or(root, &fields[R_LEFT], st->pages_left, TDXCTL_UNKNOWN, view_late);
	out_uint_or(root, &fields[R_SEAMCALLS], st->seamcalls, TDXCTL_UNKNOWN,
		    "the kernel freed the TD, which is not observed");
	out_uint_or(root, &fields[R_PAGE_SEAMCALLS], st->page_seamcalls, TDXCTL_UNKNOWN,
		    "not counted separately when the VMM is terminated");
	out_uint(root, &fields[R_DURATION], st->duration_ns);
	tdxctl_duration_str(took, sizeof(took), st->duration_ns);
	if (j->started)
		out_strf(root, &fields[R_TOOK_TEXT], "%s, %" PRIu64 " SEAMCALLs", took,
			 st->seamcalls);
}

/* ---- before ---- */

static int confirm(struct cli_app *app, const char *name)
{
	char line[16], *clean = text_clean(name), *answer;
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	sigset_t signals, old;

	/* A signal is delivered in ppoll() only, so that none is lost before the read. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &old);
	catch_signals();
	fprintf(stderr, "\nRelease %s? The guest will be lost. [y/N] ", clean ? clean : "the TD");
	fflush(stderr);
	free(clean);
	ppoll(&in, 1, NULL, &old);
	if (stop_asked)
		fputs("\ntdxctl: interrupted; nothing was changed\n", stderr);
	answer = stop_asked ? NULL : fgets(line, sizeof(line), stdin);
	sigprocmask(SIG_SETMASK, &old, NULL);
	/* SA_RESETHAND: this ends the process as if the signal had not been caught. */
	if (stop_asked)
		raise(stop_asked);
	if (answer && (!strcasecmp(line, "y\n") || !strcasecmp(line, "yes\n")))
		return CLI_OK;
	return cli_error(app, CLI_FAILED, "declined", "", "not confirmed; nothing was changed");
}

/* A script that selects TDs by their state must not destroy VMs that are about to start. */
static int refuse_young(const struct job *j)
{
	const struct tdxctl_td *td = &j->td->td;
	char age[40], sel[24];
	uint64_t ns;

	if (j->app->v.building || !view_being_built(j->app->snap, td, &ns))
		return CLI_OK;
	tdxctl_duration_str(age, sizeof(age), ns);
	view_selector(sel, sizeof(sel), j->td);
	if (td->created_ns)
		return cli_error(j->app, CLI_FAILED, "building",
				 "Wait until it runs or is a minute old, or use --building.",
				 "%s (%s) is being built: it is %s and was created %s ago",
				 j->td->vm.name, sel, tdxctl_td_state_str(td->state), age);
	return cli_error(j->app, CLI_FAILED, "building",
			 "Wait until it runs or the helper is loaded for a minute, or use --building.",
			 "%s (%s) may be being built: it is %s, and the helper, loaded %s ago, does not know its age",
			 j->td->vm.name, sel, tdxctl_td_state_str(td->state), age);
}

static int show_plan_and_ask(struct job *j)
{
	struct cli_app *app = j->app;
	bool can_ask = isatty(STDIN_FILENO) && app->err_tty;
	struct out_mode mode = {
		.colour = cli_colour(app, app->err_tty),
		.columns = cli_columns(STDERR_FILENO),
		.bytes = app->v.bytes,
	};
	struct out *plan;

	if (!app->v.yes && !can_ask)
		return cli_error(app, CLI_USAGE, "confirmation", "Use --dry-run to see the plan.",
				 "release destroys the guest; --yes is required when not on a terminal");
	if (app->v.quiet ? !app->v.yes : !app->v.json || !app->v.yes) {
		plan = out_new();
		if (!plan)
			return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
		release_plan_fields(out_root(plan), j->td, &j->plan, &j->est);
		out_text(plan, stderr, &mode);
		out_free(plan);
	}
	if (app->v.yes) {
		if (!app->v.quiet && !app->v.json)
			fputc('\n', stderr);
		return CLI_OK;
	}
	return confirm(app, j->td->vm.name);
}

/* ---- during ---- */

static int run(struct job *j)
{
	struct cli_app *app = j->app;
	struct progress bar = { .start_ns = 0 };
	uint64_t end = app->v.timeout_ns ? tdxctl_clock_ns() + app->v.timeout_ns : 0;
	bool cancelled = false;
	int err;

	cli_line_start(&bar.line, app);
	catch_signals();
	j->started = true;
	do {
		err = tdxctl_release_step(j->rel, STEP_MS, &j->st);
		if (err == -EINTR)
			err = 0;
		if (!err)
			progress_draw(&bar, &j->st);
		j->timed_out |= end && tdxctl_clock_ns() >= end;
		if (!err && !cancelled && (stop_asked || j->timed_out) &&
		    j->st.phase < TDXCTL_PHASE_DONE) {
			cli_line_end(&bar.line);
			cli_note(app, "%s: stopping at the next safe point ...",
				 j->timed_out ? "Timeout" : "Interrupted");
			tdxctl_release_cancel(j->rel);
			cancelled = true;
		}
	} while (!err && j->st.phase < TDXCTL_PHASE_DONE);
	cli_line_end(&bar.line);
	return err;
}

/* ---- after ---- */

static bool check(struct out_node *table, const char *name, bool ok, const char *detail)
{
	struct out_node *row = out_row(table);

	out_str(row, &check_columns[V_NAME], name);
	out_style(out_bool(row, &check_columns[V_OK], ok), ok ? STYLE_GOOD : STYLE_BAD);
	out_str(row, &check_columns[V_DETAIL], detail);
	return ok;
}

/* The HKID is free, or in use by another TD. @now: the TD in @s, NULL if it no longer exists. */
static bool check_hkid(const struct job *j, struct out_node *table, const struct tdxctl_snapshot *s,
		       const struct tdxctl_td *now)
{
	bool free_again = true, leaked = false;
	uint32_t hkid = hkid_of(j);
	char line[120], name[24];

	/* If the HKID was not known before, it may be known now. */
	if (hkid == TDXCTL_UNKNOWN32 && now)
		hkid = now->hkid ? now->hkid : now->last_hkid;
	if (hkid == TDXCTL_UNKNOWN32) {
		free_again = !now || !now->hkid;
		snprintf(name, sizeof(name), "the HKID");
	} else {
		snprintf(name, sizeof(name), "HKID %u", hkid);
	}
	for (size_t i = 0; i < s->nr_hkids; i++) {
		if (s->hkids[i].id != hkid || s->hkids[i].state == TDXCTL_HKID_FREE)
			continue;
		leaked = s->hkids[i].state == TDXCTL_HKID_LEAKED;
		free_again = !leaked && s->hkids[i].tdr != j->td->td.tdr;
	}
	snprintf(line, sizeof(line), "%s is %s", name,
		 free_again ? "free" :
		 leaked	    ? "leaked" :
			      "still in use");
	return check(table, "hkid-free", free_again, line);
}

static bool check_pages(const struct job *j, struct out_node *table, const struct tdxctl_td *now)
{
	uint64_t pages = now ? now->private_pages : 0;
	/* For a TD created before the helper was loaded, only the guest_memfd shows that no page is left. */
	bool punched = pages == TDXCTL_UNKNOWN && j->started && !j->st.pages_left;
	bool none = !pages || punched;
	char line[120];

	if (none)
		snprintf(line, sizeof(line), "%sno private pages remain",
			 punched ? "the guest_memfd is empty: " : "");
	else if (pages == TDXCTL_UNKNOWN)
		snprintf(line, sizeof(line), "the number of remaining private pages is not known");
	else
		snprintf(line, sizeof(line), "%" PRIu64 " private page%s", pages,
			 pages == 1 ? " remains" : "s remain");
	return check(table, "pages-zero", none, line);
}

static bool check_vm(struct out_node *table, const struct tdxctl_td_view *now)
{
	if (!now)
		return check(table, "vm-gone", true, "the TD no longer exists");
	if (now->vm.gone)
		return check(table, "vm-gone", true, "the process has ended");
	if (!now->td.hkid || now->td.state >= TDXCTL_TD_BLOCKED)
		return check(table, "vm-gone", true, "the VM is dead and cannot run again");
	return check(table, "vm-gone", false, "the VM is still alive");
}

/* Verifies the result with a new snapshot. */
static bool verify(const struct job *j, struct out_node *root)
{
	const struct tdxctl_td_view *now = NULL;
	struct tdxctl_snapshot *s = NULL;
	int err = tdxctl_snapshot_get(j->app->ctx, &s);

	if (err) {
		cli_lib_error(j->app, err, "cannot verify the release");
		out_bool(root, &fields[R_VERIFIED], false);
		out_array(root, &checks);
		return false;
	}
	for (size_t i = 0; i < s->nr_tds; i++)
		if (tdxctl_same_td(&j->td->td, &s->tds[i].td))
			now = &s->tds[i];
	out_gap(root);

	struct out_node *table = out_array(root, &checks);
	bool ok = check_hkid(j, table, s, now ? &now->td : NULL);

	ok &= check_pages(j, table, now ? &now->td : NULL);
	ok &= check_vm(table, now);
	out_bool(root, &fields[R_VERIFIED], ok);
	tdxctl_snapshot_free(s);
	return ok;
}

static void plan_object(const struct job *j, struct out_node *parent)
{
	release_plan_fields(out_object(parent, &fields[R_PLAN]), j->td, &j->plan, &j->est);
}

/* Text has only the plan; JSON also has the usual keys. */
static void dry_run(const struct job *j)
{
	struct out_node *root = out_root(j->app->out), *n = out_object(root, &out_json_only);

	out_str(n, &fields[R_VM], j->td->vm.name);
	td_field(j, n);
	out_str(n, &fields[R_STRATEGY], tdxctl_strategy_str(j->plan.strategy));
	if (j->td->td.hkid)
		out_uint_or(n, &fields[R_HKID], j->td->td.hkid, TDXCTL_UNKNOWN32, view_late);
	else
		out_none(n, &fields[R_HKID]);
	out_bool(n, &fields[R_FREED], !j->td->td.hkid);
	out_uint(n, &fields[R_RECLAIMED], 0);
	out_uint(n, &fields[R_SEAMCALLS], 0);
	out_uint(n, &fields[R_DURATION], 0);
	out_str(n, &fields[R_RESULT], "planned");
	plan_object(j, root);
}

static int partial(const struct job *j)
{
	char hint[120], sel[24], all[32] = "";

	view_selector(sel, sizeof(sel), j->td);
	snprintf(hint, sizeof(hint), "Run 'tdxctl release %s' again to continue.", sel);
	if (j->st.pages_total != TDXCTL_UNKNOWN)
		snprintf(all, sizeof(all), "of %" PRIu64 " ", j->st.pages_total);
	return cli_error(j->app, CLI_PARTIAL, j->timed_out ? "timeout" : "interrupted", hint,
			 "%s; the HKID was %s, %" PRIu64 " %spages were reclaimed",
			 j->timed_out ? "timeout" : "interrupted",
			 j->st.hkid_freed ? "freed" : "not freed", reclaimed(&j->st), all);
}

static int finish(struct job *j, int err)
{
	const struct tdxctl_release_state *st = &j->st;
	bool some = st->hkid_freed || reclaimed(st) > 0;
	int code = CLI_OK;

	if (err || st->phase == TDXCTL_PHASE_FAILED) {
		code = cli_lib_error(j->app, err ? err : st->result, "cannot release %s",
				     j->td->vm.name);
		if (!err)
			code = CLI_FAILED;
		if (some)
			code = CLI_PARTIAL;
	} else if (st->phase == TDXCTL_PHASE_CANCELLED) {
		code = partial(j);
	}
	result_fields(j,
		      code == CLI_OK	  ? "released" :
		      code == CLI_PARTIAL ? "partial" :
					    "failed",
		      code == CLI_OK ? STYLE_GOOD : STYLE_BAD);
	plan_object(j, out_object(out_root(j->app->out), &out_json_only));
	if (!verify(j, out_root(j->app->out)) && code == CLI_OK)
		code = cli_error(j->app, CLI_PARTIAL, "unverified",
				 "'tdxctl td show' shows what keeps the TD alive.",
				 "the release ended, but not everything was freed");
	return code;
}

/* Released before: no HKID and no private page is left to free. */
static bool nothing_left(const struct tdxctl_td *td)
{
	return !td->hkid && !td->private_pages && td->state == TDXCTL_TD_TEARDOWN;
}

int cmd_release(struct cli_app *app, int argc, char **argv)
{
	const struct tdxctl_release_options opts = {
		.strategy = strategy_of(app->v.strategy),
		.cpus = app->v.cpus,
	};
	struct job j = { .app = app };
	int err, code = CLI_FAILED;

	j.td = cli_find_td(app, app->snap, argv[0], &code);
	if (!j.td)
		return code;
	if (nothing_left(&j.td->td)) {
		j.st.hkid_freed = true;
		result_fields(&j, "nothing-to-do", STYLE_GOOD);
		return verify(&j, out_root(app->out)) ? CLI_OK : CLI_FAILED;
	}
	err = tdxctl_release_open(app->ctx, j.td, &opts, &j.rel, &j.plan);
	if (err)
		return cli_lib_error(app, err, "cannot release %s", j.td->vm.name);
	release_estimate(app->snap, j.td, &j.plan, &j.est);
	j.st = j.plan;
	if (app->v.dry_run) {
		dry_run(&j);
		code = refuse_young(&j);
		goto out;
	}
	code = refuse_young(&j);
	if (code == CLI_OK)
		code = show_plan_and_ask(&j);
	if (code == CLI_OK)
		code = finish(&j, run(&j));
out:
	tdxctl_release_free(j.rel);
	return code;
}
