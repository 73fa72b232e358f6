/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes each allocation fail in turn: the caller reports it, does not crash and leaks
 * nothing. Only allocations of the project's own code fail, through the linker's --wrap.
 */
#include <doctor.h>
#include <health.h>
#include <report.h>
#include "lib-fake.h"
#include "cmd.h"

#define TREE  "tests/hosts/trees/hkids-exhausted"
#define HOSTS "tests/cli/hosts/"

/* The allocation that fails, from 1; 0 = none does. */
static unsigned long fail_at, made;
static bool fails_on; /* and each after it */

static bool fails(void)
{
	made++;
	if (!fail_at || (fails_on ? made < fail_at : made != fail_at))
		return false;
	errno = ENOMEM;
	return true;
}

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *s);
char *__wrap_strdup(const char *s);
char *__real_strndup(const char *s, size_t n);
char *__wrap_strndup(const char *s, size_t n);
int __real_vasprintf(char **s, const char *fmt, va_list ap);
int __wrap_vasprintf(char **s, const char *fmt, va_list ap);
int __wrap_asprintf(char **s, const char *fmt, ...);

void *__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
	return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *s)
{
	return fails() ? NULL : __real_strdup(s);
}

char *__wrap_strndup(const char *s, size_t n)
{
	return fails() ? NULL : __real_strndup(s, n);
}

int __wrap_vasprintf(char **s, const char *fmt, va_list ap)
{
	*s = (char *)8; /* invalid after a failure, must not be freed */
	return fails() ? -1 : __real_vasprintf(s, fmt, ap);
}

int __wrap_asprintf(char **s, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap_vasprintf(s, fmt, ap);
	va_end(ap);
	return n;
}

/* ---- operations; each opens its own host ---- */

static struct tdxctl_ctx *ctx;
static const char *host;

static int open_host(void)
{
	int err = tdxctl_new(&ctx);

	if (err)
		ctx = NULL;
	else if (host && strstr(host, ".json"))
		err = tdxctl_set_emulated(ctx, host);
	else if (host)
		err = tdxctl_set_root(ctx, host);
	return err;
}

static int get_facts(void)
{
	struct tdxctl_facts *f;
	int err = tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f);

	if (!err)
		tdxctl_facts_free(f);
	return err;
}

static int get_findings(void)
{
	struct tdxctl_finding *list;
	struct tdxctl_facts *f;
	size_t n;
	int err = tdxctl_facts_get(ctx, TDXCTL_FACTS_ALL, &f);

	if (err)
		return err;
	err = tdxctl_doctor(f, NULL, true, &list, &n);
	tdxctl_facts_free(f);
	if (!err) {
		tdxctl_findings_sort(list, n);
		tdxctl_findings_free(list, n);
	}
	return err;
}

static int get_health(void)
{
	struct tdxctl_health_report *r;
	struct tdxctl_thresholds limits;
	struct tdxctl_facts *f;
	int err = tdxctl_facts_get(ctx, TDXCTL_FACTS_CHECK, &f);

	if (err)
		return err;
	tdxctl_thresholds_default(&limits);
	err = tdxctl_health_get(f, &limits, &r);
	if (!err)
		tdxctl_health_free(r);
	tdxctl_facts_free(f);
	return err;
}

static int take_report(void)
{
	struct tdxctl_report *r;
	int err = tdxctl_report_take(ctx, true, &r);

	if (!err)
		tdxctl_report_free(r);
	return err;
}

/* Functions on a TD: its name, its pins, a plan for CPUs, a release. */
static int ask_for_a_td(void)
{
	const struct tdxctl_release_options opts = { 0 };
	struct tdxctl_release_state st;
	struct tdxctl_snapshot *s;
	struct tdxctl_release *r;
	struct tdxctl_cpu_plan *plan;
	struct tdxctl_cpu_check_rec *recs;
	struct tdxctl_pin *pins;
	size_t *idx, n;
	int err = tdxctl_snapshot_get(ctx, &s);

	if (err)
		return err;
	err = tdxctl_vm_find(ctx, s, s->tds[0].vm.name, &idx);
	if (err > 0) {
		free(idx);
		err = 0;
	}
	if (!err)
		err = tdxctl_pins_get(ctx, &s->tds[0], &pins, &n);
	if (!err) {
		tdxctl_pins_free(pins, n);
		err = tdxctl_cpu_plan(ctx, s, "0-1", &plan, &n);
	}
	if (!err) {
		tdxctl_cpu_plan_free(plan, n);
		err = tdxctl_cpu_check(ctx, &recs, &n);
	}
	if (!err) {
		free(recs);
		err = tdxctl_release_open(ctx, &s->tds[0], &opts, &r, &st);
	}
	if (!err)
		tdxctl_release_free(r);
	tdxctl_snapshot_free(s);
	return err;
}

static int write_host(void)
{
	static const struct tdxctl_emul_topology topo = { 2, 2, 15, 4 };

	return tdxctl_emul_init(ctx, fake_path("new.json"), &topo, true);
}

static int write_text(void)
{
	return tdxctl_textfile_write(ctx, fake_path("x.prom"), "x 1\n");
}

/* ---- verbs ---- */

static const struct cli_cmd *cmd;
static bool json;
static int usual; /* exit status without a failure; -1 not known yet */

static int print(void)
{
	struct cli_app app = { .table = &cmd_table,
			       .ctx = ctx,
			       .cmd = cmd,
			       .v = { .quiet = true, .per_td = true, .json = json } };
	struct out_mode mode = { 0 };
	char *argv[] = { NULL };
	int code = CLI_FAILED;

	app.out = out_new();
	if (app.out) {
		code = cli_check_needs(&app);
		if (!code)
			code = cmd->run(&app, 0, argv);
		if (out_failed(app.out) ||
		    (!app.silent &&
		     (json ? out_json(app.out, stdout, "x") : out_text(app.out, stdout, &mode))))
			code = CLI_FAILED;
	}
	tdxctl_snapshot_free(app.snap);
	out_free(app.out);
	if (usual < 0)
		usual = code;
	return code == usual ? 0 : -ENOMEM;
}

/* ---- the sweep ---- */

/*
 * Runs @fn with allocation @n failing (0: none). Returns whether that allocation exists.
 * Unless @strict, the operation may also succeed, with unknown values.
 */
static bool try_one(const char *what, int (*fn)(void), unsigned long n, bool on, bool strict)
{
	bool whole, good;
	int err;

	/* For a host that is opened first, see emulated(). */
	fails_on = on;
	made = 0;
	fail_at = host ? 0 : n;
	err = open_host();
	if (host)
		made = 0;
	fail_at = n;
	if (!err)
		err = fn();
	whole = !n || made < n;
	fail_at = 0;
	good = whole ? !err : err == -ENOMEM || (!err && !on && !strict);
	if (!CHECK(good))
		fprintf(stderr, "  %s on %s: allocation %lu%s: %d, %s\n", what,
			host ? host : "this host", n, on ? " and all after it" : "", err,
			ctx ? tdxctl_error(ctx) : "");
	tdxctl_free(ctx);
	ctx = NULL;
	return !whole;
}

/* The first thirty allocations, then every 5th part further. */
static void sweep(const char *what, int (*fn)(void), bool strict)
{
	try_one(what, fn, 0, false, strict);
	for (int on = 0; on < 2; on++)
		for (unsigned long n = 1; try_one(what, fn, n, on, strict) && check_failed < 20;
		     n += n < 30 ? 1 : n / 5)
			;
}

static void library(void)
{
	static const char *const hosts[] = { TREE, HOSTS "stages.json", HOSTS "leaked.json" };

	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		host = hosts[i];
		/* An emulated host has no files. */
		sweep("facts", get_facts, i);
		sweep("findings", get_findings, i);
		sweep("health", get_health, i);
		sweep("report", take_report, false);
	}
}

/*
 * Without memory an event of an emulated host may fail like a SEAMCALL, so any result is
 * accepted here. Nothing may leak.
 */
static void emulated(void)
{
	unsigned long n;

	host = HOSTS "stages.json";
	for (int on = 0; on < 2; on++)
		for (n = 1, made = n; made >= n; n += n < 30 ? 1 : n / 5) {
			fail_at = n;
			fails_on = on;
			made = 0;
			CHECK(open_host() <= 0);
			fail_at = 0;
			tdxctl_free(ctx);
			ctx = NULL;
		}
}

static void tds(void)
{
	host = HOSTS "stages.json";
	sweep("ask for a TD", ask_for_a_td, true);
}

/* Their output is discarded. */
static void verbs(void)
{
	static const char *const names[] = { "status", "hkid",	 "td",	    "lock", "cpu",
					     "check",  "doctor", "metrics", "keys" };
	int out = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);

	fflush(stdout);
	dup2(nowhere, STDOUT_FILENO);
	host = HOSTS "stages.json";
	for (size_t i = 0; i < 2 * sizeof(names) / sizeof(names[0]); i++) {
		json = i % 2;
		for (cmd = cmd_table.cmds;
		     strcmp(cmd->verb, names[i / 2]) || (cmd->noun && !cmd->is_default); cmd++)
			;
		usual = -1;
		sweep(names[i / 2], print, false);
		CHECK(usual >= 0 && usual != CLI_FAILED);
	}
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	close(nowhere);
	close(out);
}

static void files(void)
{
	host = NULL;
	fake_new();
	sweep("write a host", write_host, true);
	sweep("write text", write_text, true);
	fake_end();
}

int main(void)
{
	RUN(library);
	RUN(emulated);
	RUN(tds);
	RUN(verbs);
	RUN(files);
	return check_done("cmd-oom");
}
