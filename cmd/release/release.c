// SPDX-License-Identifier: GPL-2.0-only
/*
 * release: plan, question, progress, verification. What is done stays done, so
 * the same command continues after an interruption.
 */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "release.h"

#define STEP_MS 100

enum { R_VM, R_TD, R_STRATEGY, R_HKID, R_FREED, R_HKID_TEXT, R_RECLAIMED, R_LEFT, R_SEAMCALLS,
       R_PAGE_SEAMCALLS, R_DURATION, R_RESULT, R_VERIFIED, R_PLAN, R_TOOK_TEXT };

static const struct cli_field fields[] = {
	[R_VM]	      = { .key = "vm", .label = "VM", .type = OUT_STR },
	[R_TD]	      = { .key = "td", .type = OUT_UINT },
	[R_STRATEGY]  = { .key = "strategy", .label = "Strategy", .type = OUT_STR },
	[R_HKID]      = { .key = "hkid", .type = OUT_UINT },
	[R_FREED]     = { .key = "hkid_freed", .type = OUT_BOOL },
	[R_HKID_TEXT] = { .label = "HKID", .type = OUT_STR },
	[R_RECLAIMED] = { .key = "pages_reclaimed", .label = "Reclaimed", .type = OUT_PAGES },
	[R_LEFT]      = { .key = "pages_left", .label = "Left", .type = OUT_PAGES },
	[R_SEAMCALLS] = { .key = "seamcalls", .type = OUT_UINT },
	[R_PAGE_SEAMCALLS] = { .key = "page_seamcalls", .type = OUT_UINT },
	[R_DURATION]  = { .key = "duration_ns", .type = OUT_NS },
	[R_RESULT]    = { .key = "result", .label = "Result", .type = OUT_STR },
	[R_VERIFIED]  = { .key = "verified", .type = OUT_BOOL },
	[R_PLAN]      = { .key = "plan", .label = "", .type = OUT_OBJECT },
	[R_TOOK_TEXT] = { .label = "Took", .type = OUT_STR },
};

enum { V_NAME, V_OK, V_DETAIL };

static const struct cli_field check_columns[] = {
	[V_NAME]   = { .key = "check", .type = OUT_STR },
	[V_OK]	   = { .key = "ok", .label = "OK", .type = OUT_BOOL },
	[V_DETAIL] = { .key = "detail", .label = "CHECKED AFTERWARDS", .type = OUT_STR },
};

static const struct cli_field checks = {
	.key = "checks", .label = "", .type = OUT_TABLE, .empty = "Not verified.",
	.columns = check_columns, .nr_columns = ARRAY_SIZE(check_columns),
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
	stop_asked = 1;
}

/* The second signal ends us: the helper stops at a safe point by itself. */
static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESETHAND }, old;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	/* nohup(1): it is to outlive the terminal. */
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

/* The HKID it has, or had: 0 none, or TDXCTL_UNKNOWN32. */
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
	const char *back = st->hkid_freed ? "given back" : "not given back";
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
		out_strf(root, &fields[R_HKID_TEXT], "unknown which, %s", back);
	} else if (hkid) {
		out_uint(root, &fields[R_HKID], hkid);
		out_strf(root, &fields[R_HKID_TEXT], "%u, %s", hkid, back);
	} else {
		out_none(root, &fields[R_HKID]);
		out_none(root, &fields[R_HKID_TEXT]);
	}
	out_bool(root, &fields[R_FREED], st->hkid_freed);
	out_uint(root, &fields[R_RECLAIMED], reclaimed(st));
	out_uint_or(root, &fields[R_LEFT], st->pages_left, TDXCTL_UNKNOWN,
		    view_late);
	out_uint_or(root, &fields[R_SEAMCALLS], st->seamcalls, TDXCTL_UNKNOWN,
		    "the kernel did the work unseen");
	out_uint_or(root, &fields[R_PAGE_SEAMCALLS], st->page_seamcalls, TDXCTL_UNKNOWN,
		    "not counted apart when the VMM is ended");
	out_uint(root, &fields[R_DURATION], st->duration_ns);
	text_ns(took, sizeof(took), st->duration_ns);
	if (j->started)
		out_strf(root, &fields[R_TOOK_TEXT], "%s, %" PRIu64 " SEAMCALLs", took,
			 st->seamcalls);
}

/* ---- before ---- */

static int ask(struct cli_app *app, const char *name)
{
	char line[16], *clean = text_clean(name);

	fprintf(stderr, "\nRelease %s? The guest is lost. [y/N] ", clean ? clean : "it");
	fflush(stderr);
	free(clean);
	if (fgets(line, sizeof(line), stdin) &&
	    (!strcasecmp(line, "y\n") || !strcasecmp(line, "yes\n")))
		return CLI_OK;
	return cli_error(app, CLI_FAILED, "declined", "", "nothing was done");
}

static int show_plan_and_ask(struct job *j)
{
	struct cli_app *app = j->app;
	bool can_ask = isatty(STDIN_FILENO) && app->err_tty;
	struct out_mode mode = { .colour = app->err_tty && !app->v.no_color };
	struct out *talk;

	if (!app->v.yes && !can_ask)
		return cli_error(app, CLI_USAGE, "confirmation",
				 "See what it would do with --dry-run.",
				 "release destroys the guest: say --yes when not on a terminal");
	if (app->v.quiet ? !app->v.yes : !app->v.json || !app->v.yes) {
		talk = out_new();
		if (!talk)
			return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
		release_plan_fields(out_root(talk), j->td, &j->plan, &j->est);
		out_text(talk, stderr, &mode);
		out_free(talk);
	}
	if (app->v.yes) {
		if (!app->v.quiet && !app->v.json)
			fputc('\n', stderr);
		return CLI_OK;
	}
	return ask(app, j->td->vm.name);
}

/* ---- during ---- */

static int run(struct job *j)
{
	struct cli_app *app = j->app;
	struct progress bar = { .f = app->err_tty && !app->v.quiet ? stderr : NULL };
	uint64_t end = app->v.timeout ? tdxctl_clock_ns() + app->v.timeout * 1000000000ULL : 0;
	bool cancelled = false;
	int err;

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
			progress_end(&bar);
			cli_note(app, "%s: stopping at the next safe point ...",
				 j->timed_out ? "Time is up" : "Interrupted");
			tdxctl_release_cancel(j->rel);
			cancelled = true;
		}
	} while (!err && j->st.phase < TDXCTL_PHASE_DONE);
	progress_end(&bar);
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

/* Free, or another TD's already. @now: the TD in @s, NULL when it is gone. */
static bool check_hkid(const struct job *j, struct out_node *table, const struct tdxctl_snapshot *s,
		       const struct tdxctl_td *now)
{
	bool free_again = true, leaked = false;
	uint32_t hkid = hkid_of(j);
	char line[120], name[24];

	/* Which one was not known; by now it may be. */
	if (hkid == TDXCTL_UNKNOWN32 && now)
		hkid = now->hkid ? now->hkid : now->last_hkid;
	if (hkid == TDXCTL_UNKNOWN32) {
		free_again = !now || !now->hkid;
		snprintf(name, sizeof(name), "its HKID");
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
		 free_again ? "free" : leaked ? "leaked" : "still taken");
	return check(table, "hkid-free", free_again, line);
}

static bool check_pages(const struct job *j, struct out_node *table, const struct tdxctl_td *now)
{
	uint64_t pages = now ? now->private_pages : 0;
	/* Of a TD older than the helper only the guest_memfd says how many there are. */
	bool punched = pages == TDXCTL_UNKNOWN && j->started && !j->st.pages_left;
	bool none = !pages || punched;
	char line[120];

	if (none)
		snprintf(line, sizeof(line), "%sno private page is left",
			 punched ? "its guest_memfd is empty: " : "");
	else if (pages == TDXCTL_UNKNOWN)
		snprintf(line, sizeof(line), "how many private pages are left is unknown");
	else
		snprintf(line, sizeof(line), "%" PRIu64 " private pages are left", pages);
	return check(table, "pages-zero", none, line);
}

static bool check_vm(struct out_node *table, const struct tdxctl_td_view *now)
{
	if (!now)
		return check(table, "vm-gone", true, "the TD is gone");
	if (now->vm.gone)
		return check(table, "vm-gone", true, "its process is gone");
	if (!now->td.hkid || now->td.state >= TDXCTL_TD_BLOCKED)
		return check(table, "vm-gone", true, "the VM is dead: it can never run again");
	return check(table, "vm-gone", false, "the VM is alive");
}

/* A fresh look, so that nobody's word is taken for it. */
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

/* People see the plan; programs find the usual names beside it. */
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
	snprintf(hint, sizeof(hint), "'tdxctl release %s' continues where it stopped.", sel);
	if (j->st.pages_total != TDXCTL_UNKNOWN)
		snprintf(all, sizeof(all), "of %" PRIu64 " ", j->st.pages_total);
	return cli_error(j->app, CLI_PARTIAL, j->timed_out ? "timeout" : "interrupted", hint,
			 "%s; the HKID is %s, %" PRIu64 " %spages are reclaimed",
			 j->timed_out ? "time is up" : "interrupted",
			 j->st.hkid_freed ? "given back" : "still held",
			 reclaimed(&j->st), all);
}

static int finish(struct job *j, int err)
{
	const struct tdxctl_release_state *st = &j->st;
	bool some = st->hkid_freed || reclaimed(st) > 0;
	int code = CLI_OK;

	if (err || st->phase == TDXCTL_PHASE_FAILED) {
		code = cli_lib_error(j->app, err ? err : st->result, "release of %s",
				     j->td->vm.name);
		if (!err)
			code = CLI_FAILED;
		if (some)
			code = CLI_PARTIAL;
	} else if (st->phase == TDXCTL_PHASE_CANCELLED) {
		code = partial(j);
	}
	result_fields(j, code == CLI_OK ? "released" : code == CLI_PARTIAL ? "partial" : "failed",
		      code == CLI_OK ? STYLE_GOOD : STYLE_BAD);
	plan_object(j, out_object(out_root(j->app->out), &out_json_only));
	if (!verify(j, out_root(j->app->out)) && code == CLI_OK)
		code = cli_error(j->app, CLI_PARTIAL, "unverified",
				 "'tdxctl td show' tells what keeps it.",
				 "the release ended, but not everything was given back");
	return code;
}

/* Released before, and nothing but an empty shell is left: that is success. */
static bool nothing_left(const struct tdxctl_td *td)
{
	return !td->hkid && !td->private_pages && td->state == TDXCTL_TD_TEARDOWN;
}

int cmd_release(struct cli_app *app, int argc, char **argv)
{
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
	err = tdxctl_release_open(app->ctx, j.td, strategy_of(app->v.strategy), &j.rel, &j.plan);
	if (err)
		return cli_lib_error(app, err, "release of %s", j.td->vm.name);
	release_estimate(app->snap, j.td, &j.plan, &j.est);
	j.st = j.plan;
	if (app->v.dry_run) {
		dry_run(&j);
		code = CLI_OK;
		goto out;
	}
	code = show_plan_and_ask(&j);
	if (code == CLI_OK)
		code = finish(&j, run(&j));
out:
	tdxctl_release_free(j.rel);
	return code;
}
