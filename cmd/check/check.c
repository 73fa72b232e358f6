// SPDX-License-Identifier: GPL-2.0-only
/* check: compare the host with limits, for cron and monitoring. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <health.h>

#include "check.h"

static const struct cli_field state = { .key = "state", .type = OUT_STR };
static const struct cli_field config = { .key = "config", .type = OUT_STR };

enum { C_ID, C_TITLE, C_STATE, C_UNIT, C_TOTAL, C_WARNING_RANGE, C_CRITICAL_RANGE };
static const struct cli_field check_fields[] = {
	[C_ID] = { .key = "id", .type = OUT_STR },
	[C_TITLE] = { .key = "title", .type = OUT_STR },
	[C_STATE] = { .key = "state", .type = OUT_STR },
	[C_UNIT] = { .key = "unit", .type = OUT_STR },
	[C_TOTAL] = { .key = "total", .type = OUT_UINT },
	[C_WARNING_RANGE] = { .key = "warning_range", .type = OUT_STR },
	[C_CRITICAL_RANGE] = { .key = "critical_range", .type = OUT_STR },
};
enum { V_VALUE, V_WARNING, V_CRITICAL };
static const struct cli_field numbers[] = {
	[V_VALUE] = { .key = "value", .type = OUT_UINT },
	[V_WARNING] = { .key = "warning", .type = OUT_UINT },
	[V_CRITICAL] = { .key = "critical", .type = OUT_UINT },
};
static const struct cli_field versions[] = {
	[V_VALUE] = { .key = "value", .type = OUT_STR },
	[V_WARNING] = { .key = "warning", .type = OUT_STR },
	[V_CRITICAL] = { .key = "critical", .type = OUT_STR },
};
static const struct cli_field checks = { .key = "checks", .label = "", .type = OUT_TABLE };

enum { F_CHECK, F_STATE, F_TEXT };
static const struct cli_field finding_fields[] = {
	[F_CHECK] = { .key = "check", .type = OUT_STR },
	[F_STATE] = { .key = "state", .type = OUT_STR },
	[F_TEXT] = { .key = "text", .type = OUT_STR },
};
static const struct cli_field findings = { .key = "findings", .label = "", .type = OUT_TABLE };

/* The state of a check is the label. */
static const struct cli_field heads[] = {
	[TDXCTL_HEALTH_OK] = { .label = "ok", .type = OUT_STR },
	[TDXCTL_HEALTH_WARNING] = { .label = "WARNING", .type = OUT_STR },
	[TDXCTL_HEALTH_CRITICAL] = { .label = "CRITICAL", .type = OUT_STR },
	[TDXCTL_HEALTH_UNKNOWN] = { .label = "?", .type = OUT_STR },
};
static const struct cli_field off = { .label = "off", .type = OUT_STR };
static const struct cli_field summary = { .label = "=", .type = OUT_STR };
static const struct cli_field more = { .label = "", .type = OUT_STR };

static const enum out_style styles[] = {
	[TDXCTL_HEALTH_OK] = STYLE_GOOD,
	[TDXCTL_HEALTH_WARNING] = STYLE_WARN,
	[TDXCTL_HEALTH_CRITICAL] = STYLE_BAD,
	[TDXCTL_HEALTH_UNKNOWN] = STYLE_DIM,
};

const char *const check_units[TDXCTL_UNITS] = {
	[TDXCTL_UNIT_COUNT] = "count",
	[TDXCTL_UNIT_NS] = "ns",
	[TDXCTL_UNIT_PPM] = "ppm",
	[TDXCTL_UNIT_VERSION] = "version",
};

void check_value_text(char *buf, size_t len, const struct tdxctl_check *c, uint64_t v)
{
	switch (c->unit) {
	case TDXCTL_UNIT_NS:
		tdxctl_duration_str(buf, len, v);
		break;
	case TDXCTL_UNIT_PPM:
		snprintf(buf, len, "%g %%", (double)v / 10000);
		break;
	case TDXCTL_UNIT_VERSION:
		snprintf(buf, len, "%u.%u.%02u", (unsigned int)(v >> 32) & 0xffff,
			 (unsigned int)(v >> 16) & 0xffff, (unsigned int)v & 0xffff);
		break;
	default:
		snprintf(buf, len, "%" PRIu64, v);
	}
}

/* ---- one row for each check ---- */

static void put_value(struct out_node *row, const struct tdxctl_check *c, size_t which, uint64_t v)
{
	char text[40];

	if (c->unit != TDXCTL_UNIT_VERSION) {
		out_uint(row, &numbers[which], v);
		return;
	}
	check_value_text(text, sizeof(text), c, v);
	out_str(row, &versions[which], text);
}

static void put_limit(struct out_node *row, const struct tdxctl_check *c, size_t which, uint64_t v)
{
	if (v == TDXCTL_UNKNOWN)
		out_none(row, &numbers[which]);
	else
		put_value(row, c, which, v);
}

/* In the syntax of monitoring plugins and the unit of the check. */
static void put_range(struct out_node *row, size_t which, const struct tdxctl_limit *l)
{
	if (!l->range)
		out_none(row, &check_fields[which]);
	else if (l->to == TDXCTL_UNKNOWN)
		out_strf(row, &check_fields[which], "%s%" PRIu64 ":", l->inside ? "@" : "",
			 l->from);
	else
		out_strf(row, &check_fields[which], "%s%" PRIu64 ":%" PRIu64, l->inside ? "@" : "",
			 l->from, l->to);
}

static void add_range(char *buf, size_t len, const struct tdxctl_check *c, const char *level,
		      const struct tdxctl_limit *l)
{
	char from[40], to[40];

	check_value_text(from, sizeof(from), c, l->from);
	check_value_text(to, sizeof(to), c, l->to);
	if (l->to == TDXCTL_UNKNOWN)
		snprintf(buf, len, "; %s %s %s", level, l->inside ? "from" : "below", from);
	else if (!l->from)
		snprintf(buf, len, "; %s %s %s", level, l->inside ? "up to" : "above", to);
	else
		snprintf(buf, len, "; %s %s %s to %s", level, l->inside ? "from" : "outside", from,
			 to);
}

static void add_limit(char *buf, size_t len, const struct tdxctl_check *c, const char *level,
		      const struct tdxctl_limit *l, uint64_t v)
{
	size_t at = strlen(buf);
	char text[40];

	if (v == TDXCTL_UNKNOWN)
		return;
	if (l->range) {
		add_range(buf + at, len - at, c, level, l);
		return;
	}
	check_value_text(text, sizeof(text), c, v);
	snprintf(buf + at, len - at, "; %s %s %s", level, c->low ? "below" : "above", text);
}

/* "hkids_free: 12 of 15; warning below 2; critical below 1" */
static void one_line(struct out_node *row, const struct tdxctl_check *c,
		     const struct tdxctl_check_result *r)
{
	const struct cli_field *head = r->on ? &heads[r->state] : &off;
	char value[200], limits[160] = "";

	if (r->value.readable)
		check_value_text(value, sizeof(value), c, r->value.value);
	else
		snprintf(value, sizeof(value), "%s", r->value.reason);
	if (r->value.readable && r->total)
		snprintf(value + strlen(value), sizeof(value) - strlen(value), " of %" PRIu64,
			 r->total);
	add_limit(limits, sizeof(limits), c, "warning", &r->warning_limit, r->warning);
	add_limit(limits, sizeof(limits), c, "critical", &r->critical_limit, r->critical);
	out_style(out_strf(row, head, "%s: %s%s", c->id, value, limits),
		  head == &off ? STYLE_DIM : styles[r->state]);
}

static void show_check(const struct cli_app *app, struct out_node *table, size_t i,
		       const struct tdxctl_check_result *r)
{
	const struct tdxctl_check *c = &tdxctl_checks[i];
	struct out_node *row = out_row(table);

	out_str(row, &check_fields[C_ID], c->id);
	out_str(row, &check_fields[C_TITLE], c->title);
	out_str(row, &check_fields[C_STATE], r->on ? tdxctl_health_str(r->state) : "off");
	out_str(row, &check_fields[C_UNIT], check_units[c->unit]);
	if (r->value.readable)
		put_value(row, c, V_VALUE, r->value.value);
	else
		out_unknown(row, &numbers[V_VALUE], r->value.reason);
	if (r->total)
		out_uint(row, &check_fields[C_TOTAL], r->total);
	else
		out_none(row, &check_fields[C_TOTAL]);
	put_limit(row, c, V_WARNING, r->warning);
	put_limit(row, c, V_CRITICAL, r->critical);
	put_range(row, C_WARNING_RANGE, &r->warning_limit);
	put_range(row, C_CRITICAL_RANGE, &r->critical_limit);
	if (app->v.verbose)
		one_line(row, c, r);
}

/* ---- findings ---- */

static void show_findings(struct out_node *root, const struct tdxctl_health_report *r)
{
	struct out_node *table = out_array(root, &findings);

	for (int level = TDXCTL_HEALTH_CRITICAL; level >= TDXCTL_HEALTH_WARNING; level--) {
		for (size_t i = 0; i < r->nr_reasons; i++) {
			const struct tdxctl_health_reason *w = &r->reasons[i];

			if ((int)w->state != level || !w->check)
				continue;
			struct out_node *row = out_row(table);

			out_str(row, &finding_fields[F_CHECK], w->check->id);
			out_str(row, &finding_fields[F_STATE], tdxctl_health_str(w->state));
			out_str(row, &finding_fields[F_TEXT], w->text);
			out_style(out_strf(row, &heads[level], "%s  (%s)", w->text, w->check->id),
				  styles[level]);
		}
	}
}

static void show_summary(const struct cli_app *app, struct out_node *root,
			 const struct check_result *r)
{
	char buf[200] = "";

	view_add_count(buf, sizeof(buf), r->count[TDXCTL_HEALTH_CRITICAL], "critical", NULL);
	view_add_count(buf, sizeof(buf), r->count[TDXCTL_HEALTH_WARNING], "warning", "warnings");
	view_add_count(buf, sizeof(buf), r->count[TDXCTL_HEALTH_OK], "check passed",
		       "checks passed");
	view_add_count(buf, sizeof(buf), r->count[TDXCTL_HEALTH_UNKNOWN], "skipped", NULL);
	out_str(root, &summary, buf);
	if (r->unknown && !app->v.verbose)
		out_style(out_strf(root, &more, "Skipped: %s: %s (use -v to list all).",
				   r->unknown->id, r->why),
			  STYLE_DIM);
}

static void show_all(const struct cli_app *app, const struct check_result *r, const char *file)
{
	struct out_node *root = out_root(app->out), *table;

	out_str(root, &state, tdxctl_health_str(r->state));
	out_str_or_none(root, &config, file);
	show_findings(root, r->report);
	table = out_array(root, &checks);
	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		show_check(app, table, i, &r->report->result[i]);
	if (!app->v.quiet)
		show_summary(app, root, r);
}

/* Counts the checks, and picks a skipped one to name: if possible one that the result depends on. */
static void count(struct check_result *r, const struct tdxctl_thresholds *limits)
{
	bool relied_on = false;

	r->unknown = NULL;
	for (size_t i = 0; i < TDXCTL_CHECKS; i++) {
		const struct tdxctl_check_result *c = &r->report->result[i];

		if (!c->on)
			continue;
		r->count[c->state]++;
		if (c->state != TDXCTL_HEALTH_UNKNOWN || relied_on)
			continue;
		relied_on = limits->chosen[i] || tdxctl_checks[i].required;
		if (r->unknown && !relied_on)
			continue;
		r->unknown = &tdxctl_checks[i];
		r->why = c->value.reason;
	}
}

/* ---- limits ---- */

static int unknown_check(struct cli_app *app, const char *option, const char *word, size_t len)
{
	const char *names[TDXCTL_CHECKS], *found;
	char id[40], hint[120];

	for (size_t i = 0; i < TDXCTL_CHECKS; i++)
		names[i] = tdxctl_checks[i].id;
	snprintf(id, sizeof(id), "%.*s", (int)len, word);
	found = cli_suggest(id, names, TDXCTL_CHECKS);
	if (found)
		snprintf(hint, sizeof(hint), "Did you mean '%s'?", found);
	return cli_error(app, CLI_USAGE, "usage",
			 found ? hint :
				 "'tdxctl check -v' lists the checks; a limit is like hkids_free=4.",
			 "--%s: unknown check '%s'", option, word);
}

static int apply(struct cli_app *app, const struct cli_list *list, const char *option,
		 struct tdxctl_limit *limits, struct tdxctl_thresholds *t)
{
	const struct tdxctl_check *c;
	const char *why;
	size_t len;

	for (size_t i = 0; i < list->count; i++) {
		const char *limit = list->value[i];

		len = strcspn(limit, "=");
		c = tdxctl_check_find(limit, len);
		if (!c)
			return unknown_check(app, option, limit, len);
		if (!limit[len])
			return cli_error(app, CLI_USAGE, "usage",
					 "'tdxctl check -v' lists the checks; a limit is like hkids_free=4.",
					 "--%s: no limit in '%s'", option, limit);
		if (tdxctl_limit_parse(c, limit + len + 1, &limits[c - tdxctl_checks], &why))
			return cli_error(app, CLI_USAGE, "usage", "See tdxctl.conf(5).",
					 "--%s: %s: %s", option, limit, why);
		t->chosen[c - tdxctl_checks] = true;
	}
	return 0;
}

static int read_limits(struct cli_app *app, struct tdxctl_thresholds *t, const char **file)
{
	bool found;
	int err = cli_limits(app, app->v.config, t, &found);

	if (err == -EINVAL || err == -EFBIG || err == -ENOENT || err == -EISDIR)
		return cli_lib_error_as(app, CLI_USAGE, "config", err, "%s", TDXCTL_CONF_PATH);
	if (err)
		return cli_lib_error(app, err, "%s", TDXCTL_CONF_PATH);
	*file = !found ? NULL : app->v.config ? app->v.config : TDXCTL_CONF_PATH;
	err = apply(app, &app->v.warning, "warning", t->warning, t);
	return err ? err : apply(app, &app->v.critical, "critical", t->critical, t);
}

/* ---- the verb ---- */

/* Comparing the helper with KVM takes longer than all else. */
static unsigned int facts_needed(const struct tdxctl_thresholds *t)
{
	const enum tdxctl_check_nr i = TDXCTL_CHECK_TDS_DIFFER;
	bool skipped = t->warning[i].value == TDXCTL_UNKNOWN &&
		       t->critical[i].value == TDXCTL_UNKNOWN;

	return TDXCTL_FACTS_CHECK & ~(skipped ? TDXCTL_FACTS_OBSERVED : 0U);
}

/* Monitoring kills a plugin that takes too long, and then has no result. */
static void on_timeout(int sig)
{
	static const char text[] = "tdxctl: the checks took too long\n";

	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(CLI_FAILED);
	_exit(CLI_FAILED);
}

static void on_plugin_timeout(int sig)
{
	static const char text[] = "TDX UNKNOWN - the checks took too long\n";

	if (write(STDOUT_FILENO, text, sizeof(text) - 1) < 0)
		_exit(CLI_FAILED);
	_exit(TDXCTL_HEALTH_UNKNOWN);
}

static void start_timeout(uint64_t ns, bool plugin)
{
	const struct itimerval t = { .it_value = {
					     .tv_sec = (time_t)(ns / 1000000000),
					     .tv_usec = (suseconds_t)(ns % 1000000000 / 1000) } };

	signal(SIGALRM, plugin ? on_plugin_timeout : on_timeout);
	setitimer(ITIMER_REAL, &t, NULL);
}

static int verdict(struct cli_app *app, const struct tdxctl_facts *f, const struct check_result *r)
{
	if (!f->snap->platform.has_tdx)
		return cli_error(app, CLI_NO_TDX, "no-tdx", "'tdxctl doctor' shows why.",
				 "this host has no TDX, or it is off");
	if (r->state != TDXCTL_HEALTH_UNKNOWN)
		return r->state == TDXCTL_HEALTH_OK ? CLI_OK : CLI_PROBLEMS;
	if (f->helper_err == -EACCES || f->helper_err == -EPERM)
		return cli_error(app, CLI_PERMISSION, "permission", CLI_ACCESS_HINT,
				 "not everything could be checked: %s: %s", r->unknown->id, r->why);
	if (!tdxctl_has_seamcalls(f->snap))
		return cli_error(app, CLI_NO_HELPER, "helper-missing",
				 tdxctl_kvm_without_tdx(f) ?
					 "KVM does not use TDX; 'tdxctl doctor' shows why." :
				 app->v.root || app->v.from_report ?
					 "" :
					 "Load the helper with 'tdxctl helper load'.",
				 "not everything could be checked: %s: %s", r->unknown->id, r->why);
	return cli_error(app, CLI_NO_HELPER, "not-supported", "'tdxctl check -v' lists the checks.",
			 "not everything could be checked: %s: %s", r->unknown->id, r->why);
}

static bool format_is(const struct cli_app *app, const char *name)
{
	return app->v.format && !strcmp(app->v.format, name);
}

int cmd_check(struct cli_app *app, int argc, char **argv)
{
	struct tdxctl_thresholds limits;
	struct tdxctl_health_report *report;
	struct tdxctl_facts *facts;
	struct check_result r = { 0 };
	const char *file = NULL;
	int err;

	if (app->v.json && app->v.format && !format_is(app, "json"))
		return cli_error(app, CLI_USAGE, "usage", "Run it without --json.",
				 "--json and --format %s are mutually exclusive", app->v.format);
	app->v.json |= format_is(app, "json");
	err = read_limits(app, &limits, &file);
	if (err)
		return err;
	if (app->v.timeout_ns)
		start_timeout(app->v.timeout_ns, format_is(app, "nagios"));
	tdxctl_set_brief(app->ctx, true);
	err = tdxctl_facts_get(app->ctx, facts_needed(&limits), &facts);
	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	err = tdxctl_health_get(facts, &limits, &report);
	if (err) {
		tdxctl_facts_free(facts);
		return cli_lib_error(app, err, "cannot evaluate the health of the host");
	}
	r.report = report;
	r.state = facts->snap->platform.has_tdx ? tdxctl_health_overall(report, &limits) :
						  TDXCTL_HEALTH_UNKNOWN;
	count(&r, &limits);
	if (format_is(app, "nagios") && facts->snap->platform.has_tdx) {
		check_nagios(&r);
		err = (int)r.state;
	} else {
		err = verdict(app, facts, &r);
	}
	app->silent = !app->v.json &&
		      (app->v.format || (app->v.quiet && r.state == TDXCTL_HEALTH_OK));
	if (format_is(app, "prom"))
		check_prom(&r);
	if (!format_is(app, "nagios") && !format_is(app, "prom"))
		show_all(app, &r, file);
	tdxctl_health_free(report);
	tdxctl_facts_free(facts);
	return err;
}
