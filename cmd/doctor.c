// SPDX-License-Identifier: GPL-2.0-only
/* doctor: why TDX does not work on this host: the worst findings first, each with a fix. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <doctor.h>

#include "cmd.h"
#include "out/wrap.h"

enum { R_ID, R_GROUP, R_STATE, R_TITLE, R_DETAIL, R_FIX };
static const struct cli_field fields[] = {
	[R_ID] = { .key = "id", .type = OUT_STR },
	[R_GROUP] = { .key = "group", .type = OUT_STR },
	[R_STATE] = { .key = "state", .type = OUT_STR },
	[R_TITLE] = { .key = "title", .type = OUT_STR },
	[R_DETAIL] = { .key = "detail", .type = OUT_STR },
	[R_FIX] = { .key = "fix", .type = OUT_STR },
};
static const struct cli_field rules = { .key = "rules", .label = "", .type = OUT_TABLE };

/* The state of a rule is the label. */
static const struct cli_field heads[TDXCTL_RULE_STATES] = {
	[TDXCTL_RULE_OK] = { .label = "ok", .type = OUT_LIST },
	[TDXCTL_RULE_SKIP] = { .label = "skip", .type = OUT_LIST },
	[TDXCTL_RULE_UNKNOWN] = { .label = "?", .type = OUT_LIST },
	[TDXCTL_RULE_INFO] = { .label = "info", .type = OUT_LIST },
	[TDXCTL_RULE_WARN] = { .label = "WARN", .type = OUT_LIST },
	[TDXCTL_RULE_FAIL] = { .label = "FAIL", .type = OUT_LIST },
};
/* clang-format off */
static const enum out_style styles[TDXCTL_RULE_STATES] = {
	[TDXCTL_RULE_OK] = STYLE_GOOD,
	[TDXCTL_RULE_SKIP] = STYLE_DIM,
	[TDXCTL_RULE_UNKNOWN] = STYLE_DIM,
	[TDXCTL_RULE_WARN] = STYLE_WARN,
	[TDXCTL_RULE_FAIL] = STYLE_BAD,
};
/* clang-format on */
static const struct cli_field more = { .label = "", .type = OUT_LIST };

static const struct cli_field summary = { .key = "summary", .label = "", .type = OUT_OBJECT };
static const struct cli_field counts[TDXCTL_RULE_STATES] = {
	[TDXCTL_RULE_OK] = { .key = "ok", .type = OUT_UINT },
	[TDXCTL_RULE_SKIP] = { .key = "skip", .type = OUT_UINT },
	[TDXCTL_RULE_UNKNOWN] = { .key = "unknown_rules", .type = OUT_UINT },
	[TDXCTL_RULE_INFO] = { .key = "info", .type = OUT_UINT },
	[TDXCTL_RULE_WARN] = { .key = "warn", .type = OUT_UINT },
	[TDXCTL_RULE_FAIL] = { .key = "fail", .type = OUT_UINT },
};
static const struct cli_field result = { .label = "=", .type = OUT_LIST };

/* With -v: rules without a finding, grouped by reason. */
static const struct cli_field others = { .label = "", .type = OUT_OBJECT };
static const struct cli_field first_key = { .key = "first", .type = OUT_STR };
static const struct cli_field first_text = { .label = "First", .type = OUT_LIST };

/* With --explain: what the table of rules has about one rule. */
static const struct cli_field explanation = { .key = "explain", .type = OUT_OBJECT };
enum {
	E_SEVERITY,
	E_ATTESTED,
	E_NEEDS,
	E_KERNELS,
	E_READS,
	E_LOG,
	E_PATTERNS,
	E_WHY,
	E_BY_HAND,
	E_FIX,
};
static const struct cli_field parts[] = {
	[E_SEVERITY] = { .key = "severity", .type = OUT_STR },
	[E_ATTESTED] = { .key = "severity_attestation", .type = OUT_STR },
	[E_NEEDS] = { .key = "needs", .type = OUT_STR },
	[E_KERNELS] = { .key = "kernels", .type = OUT_STR },
	[E_READS] = { .key = "reads", .type = OUT_LIST },
	[E_LOG] = { .key = "log", .type = OUT_STR },
	[E_PATTERNS] = { .key = "log_lines", .type = OUT_LIST },
	[E_WHY] = { .key = "why", .type = OUT_STR },
	[E_BY_HAND] = { .key = "by_hand", .type = OUT_STR },
	[E_FIX] = { .key = "fix", .type = OUT_STR },
};
static const char *const log_names[] = {
	[TDXCTL_LOG_OF_KERNEL] = "kernel log",
	[TDXCTL_LOG_OF_LAST_KERNEL] = "log of the previous kernel",
	[TDXCTL_LOG_OF_VMM] = "logs of VMs",
};

static bool is_finding(enum tdxctl_rule_state s)
{
	return s >= TDXCTL_RULE_INFO;
}

static bool in_text(const struct cli_app *app, const struct tdxctl_finding *f)
{
	return is_finding(f->state) || app->v.explain;
}

static void prefixed(struct out_node *row, const char *prefix, const char *text)
{
	char buf[600];

	snprintf(buf, sizeof(buf), "%s%s", prefix, text);
	wrap_str(row, NULL, &more, buf, STYLE_NONE);
}

/* "Linux 6.8 to 6.17", "Linux 7.1 and later", "all" */
static const char *kernels_of(const struct tdxctl_rule *r, char buf[60])
{
	unsigned int s = r->since, u = r->until;

	if (s && u)
		snprintf(buf, 60, "Linux %u.%u to %u.%u", s >> 8, s & 0xff, u >> 8, u & 0xff);
	else if (s || u)
		snprintf(buf, 60, "Linux %u.%u and %s", (s | u) >> 8, (s | u) & 0xff,
			 s ? "later" : "earlier");
	else
		snprintf(buf, 60, "all");
	return buf;
}

/* What the rule reads, with the log that its patterns are searched in. */
static const char *reads_of(const struct tdxctl_rule *r, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = '\0';
	for (size_t i = 0; r->reads && r->reads[i] && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", n ? ", " : "", r->reads[i]);
	if (r->log && n < size)
		snprintf(buf + n, size - n, "%s%s", n ? ", " : "", log_names[r->in]);
	return buf;
}

static void explain_text(struct out_node *row, const struct tdxctl_rule *r)
{
	char buf[600];

	snprintf(buf, sizeof(buf), "Group: %s. Severity: %s%s%s.", tdxctl_rule_group_str(r->group),
		 tdxctl_rule_state_str(r->severity), r->attested ? "; with --attestation: " : "",
		 r->attested ? tdxctl_rule_state_str(r->attested) : "");
	prefixed(row, "", buf);
	if (r->needs)
		prefixed(row, "Depends on: ", r->needs);
	prefixed(row, "Kernels: ", kernels_of(r, buf));
	prefixed(row, "Reads: ", reads_of(r, buf, sizeof(buf)));
	for (size_t i = 0; r->log && r->log[i]; i++)
		prefixed(row, "Log line: ", r->log[i]);
	prefixed(row, "Why it matters: ", r->why);
	prefixed(row, "Check by hand: ", r->by_hand);
}

static void explain_json(struct out_node *root, const struct tdxctl_rule *r)
{
	struct out_node *o, *list;
	char buf[60];

	if (!r) {
		out_none(root, &explanation);
		return;
	}
	o = out_object(root, &explanation);
	out_str(o, &parts[E_SEVERITY], tdxctl_rule_state_str(r->severity));
	out_str(o, &parts[E_ATTESTED],
		tdxctl_rule_state_str(r->attested ? r->attested : r->severity));
	out_str_or_none(o, &parts[E_NEEDS], r->needs);
	out_str(o, &parts[E_KERNELS], kernels_of(r, buf));
	list = out_array(o, &parts[E_READS]);
	for (size_t i = 0; r->reads && r->reads[i]; i++)
		out_item(list, r->reads[i]);
	out_str_or_none(o, &parts[E_LOG], r->log ? log_names[r->in] : NULL);
	list = out_array(o, &parts[E_PATTERNS]);
	for (size_t i = 0; r->log && r->log[i]; i++)
		out_item(list, r->log[i]);
	out_str(o, &parts[E_WHY], r->why);
	out_str(o, &parts[E_BY_HAND], r->by_hand);
	out_str(o, &parts[E_FIX], r->fix);
}

static void show(struct cli_app *app, struct out_node *table, const struct tdxctl_finding *f)
{
	const struct tdxctl_rule *r = f->rule;
	struct out_node *row = out_row(table);
	bool fix = is_finding(f->state) || app->v.explain;
	char head[600];

	out_str(row, &fields[R_ID], r->id);
	out_str(row, &fields[R_GROUP], tdxctl_rule_group_str(r->group));
	out_str(row, &fields[R_STATE], tdxctl_rule_state_str(f->state));
	out_str(row, &fields[R_TITLE], r->title);
	out_str_or_none(row, &fields[R_DETAIL], f->detail);
	if (fix)
		out_str(row, &fields[R_FIX], f->fix);
	else
		out_none(row, &fields[R_FIX]);
	if (!in_text(app, f))
		return;
	/* The title names the problem, so it is printed only if there is one. */
	if (is_finding(f->state))
		snprintf(head, sizeof(head), "%s  (%s)", r->title, r->id);
	else
		snprintf(head, sizeof(head), "%s%s%s", r->id, f->detail ? ": " : "",
			 f->detail ? f->detail : "");
	wrap_str(row, NULL, &heads[f->state], head, styles[f->state]);
	if (app->v.short_form || !fix)
		return;
	if (f->detail && is_finding(f->state))
		prefixed(row, "", f->detail);
	if (!is_finding(f->state))
		prefixed(row, "Checks for: ", r->title);
	prefixed(row, f->state == TDXCTL_RULE_INFO && !app->v.explain ? "" : "Fix: ", f->fix);
	if (app->v.explain)
		explain_text(row, r);
	else
		out_gap(row);
}

static bool requested(const struct cli_app *app, const struct tdxctl_rule *r)
{
	const struct cli_values *v = &app->v;

	if (v->explain)
		return !strcmp(v->explain, r->id);
	if (v->group)
		return !strcmp(v->group, tdxctl_rule_group_str(r->group));
	return v->attestation || r->group != TDXCTL_GROUP_ATTESTATION;
}

/*
 * Moves the requested findings to the front of @list, and the findings that kept a requested
 * rule from being checked. Returns their number.
 */
static size_t choose(const struct cli_app *app, struct tdxctl_finding *list, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		bool keep = requested(app, list[i].rule);
		struct tdxctl_finding f = list[i];

		for (size_t k = 0; !keep && app->v.group && k < count; k++)
			keep = list[k].waits == f.rule && requested(app, list[k].rule);
		if (!keep)
			continue;
		memmove(&list[n + 1], &list[n], (i - n) * sizeof(*list));
		list[n++] = f;
	}
	return n;
}

static bool same_reason(const struct tdxctl_finding *a, const struct tdxctl_finding *b)
{
	return a->state == b->state && !a->detail == !b->detail &&
	       (!a->detail || !strcmp(a->detail, b->detail));
}

/* One line for all rules with the same state and reason: "ok  a, b, c". */
static void show_others(struct cli_app *app, struct out_node *root,
			const struct tdxctl_finding *list, size_t count)
{
	struct out_node *o = out_object(root, &others);

	for (size_t i = 0; i < count; i++) {
		char buf[4096];
		size_t first = 0, at;

		if (is_finding(list[i].state))
			continue;
		while (!same_reason(&list[first], &list[i]))
			first++;
		if (first < i)
			continue;
		at = (size_t)snprintf(buf, sizeof(buf), "%s%s",
				      list[i].detail ? list[i].detail : "",
				      list[i].detail ? ": " : "");
		for (size_t k = i; k < count && at < sizeof(buf); k++)
			if (same_reason(&list[k], &list[i]))
				at += (size_t)snprintf(buf + at, sizeof(buf) - at, "%s%s",
						       k == i ? "" : ", ", list[k].rule->id);
		wrap_str(o, NULL, &heads[list[i].state], buf, styles[list[i].state]);
	}
	out_gap(root);
}

/* The finding to start with. */
static void show_first(struct cli_app *app, struct out_node *root, const struct tdxctl_finding *f,
		       bool denied)
{
	char buf[600];

	if (f)
		out_str(root, &first_key, f->rule->id);
	else
		out_none(root, &first_key);
	if (app->v.explain)
		return;
	if (f) {
		snprintf(buf, sizeof(buf), "%s (%s)", f->fix, f->rule->id);
		wrap_str(root, NULL, &first_text, buf, STYLE_NONE);
	} else if (denied) {
		wrap_str(root, NULL, &first_text,
			 "run as root: many files cannot be read otherwise", STYLE_NONE);
	}
}

static void show_summary(struct cli_app *app, struct out_node *root,
			 const size_t n[TDXCTL_RULE_STATES], const struct tdxctl_finding *why)
{
	struct out_node *o = out_object(root, &summary);
	char buf[600] = "";

	for (size_t i = TDXCTL_RULE_STATES; i-- > 0;)
		out_uint(o, &counts[i], n[i]);
	if (app->v.explain)
		return;
	view_add_count(buf, sizeof(buf), n[TDXCTL_RULE_FAIL], "failure", "failures");
	view_add_count(buf, sizeof(buf), n[TDXCTL_RULE_WARN], "warning", "warnings");
	view_add_count(buf, sizeof(buf), n[TDXCTL_RULE_INFO], "note", "notes");
	view_add_count(buf, sizeof(buf), n[TDXCTL_RULE_OK], "rule passed", "rules passed");
	view_add_count(buf, sizeof(buf), n[TDXCTL_RULE_SKIP], "skipped", NULL);
	view_add_count(buf, sizeof(buf), n[TDXCTL_RULE_UNKNOWN], "not checked", NULL);
	wrap_str(o, NULL, &result, buf, STYLE_NONE);
	if (why && !app->v.verbose) {
		snprintf(buf, sizeof(buf), "Not checked: %s: %s (use -v to list all).",
			 why->rule->id, why->detail);
		wrap_str(o, NULL, &more, buf, STYLE_DIM);
	}
}

static int unknown_rule(struct cli_app *app)
{
	const char *names[128], *found;
	char hint[160];
	size_t i;

	for (i = 0; i < tdxctl_rule_count() && i < ARRAY_SIZE(names); i++)
		names[i] = tdxctl_rule_at(i)->id;
	found = cli_suggest(app->v.explain, names, i);
	snprintf(hint, sizeof(hint),
		 found ? "Did you mean '%s'?" : "'tdxctl doctor -v' lists the rules%s.",
		 found ? found : "");
	return cli_error(app, CLI_USAGE, "usage", hint, "unknown rule '%s'", app->v.explain);
}

static enum tdxctl_rule_state threshold(const char *level)
{
	return !level || !strcmp(level, "fail") ? TDXCTL_RULE_FAIL :
	       !strcmp(level, "warn")		? TDXCTL_RULE_WARN :
						  TDXCTL_RULE_INFO;
}

static int show_all(struct cli_app *app, const struct tdxctl_finding *list, size_t count)
{
	struct out_node *root = out_root(app->out), *table = out_array(root, &rules);
	size_t n[TDXCTL_RULE_STATES] = { 0 }, shown = 0;
	enum tdxctl_rule_state worst = TDXCTL_RULE_OK;
	const struct tdxctl_finding *why = NULL;
	bool denied = false;

	for (size_t i = 0; i < count; i++) {
		show(app, table, &list[i]);
		shown += in_text(app, &list[i]);
		n[list[i].state]++;
		if (list[i].state > worst)
			worst = list[i].state;
		if (list[i].state != TDXCTL_RULE_UNKNOWN)
			continue;
		if (!why)
			why = &list[i];
		denied |= list[i].detail && strstr(list[i].detail, "no permission");
	}
	if (shown && app->v.short_form)
		out_gap(root);
	if (app->v.verbose && !app->v.explain)
		show_others(app, root, list, count);
	explain_json(root, app->v.explain ? list[0].rule : NULL);
	show_summary(app, root, n, why);
	/* In the table, a rule comes after those it depends on. */
	show_first(app, root, worst >= TDXCTL_RULE_WARN ? &list[0] : NULL, denied);
	if (n[TDXCTL_RULE_UNKNOWN] && !n[TDXCTL_RULE_OK] && !is_finding(worst))
		return cli_error(app, CLI_PERMISSION, "permission",
				 app->v.root ? "Is --root the root directory of a host?" :
					       "Run as root.",
				 "nothing could be checked: %s: %s", why->rule->id, why->detail);
	return is_finding(worst) && worst >= threshold(app->v.fail_on) ? CLI_PROBLEMS : CLI_OK;
}

/* Adds the logs of --vm-log. Returns 0 or an exit code. */
static int add_vm_logs(struct cli_app *app, struct tdxctl_facts *facts)
{
	for (size_t i = 0; i < app->v.vm_log.count; i++) {
		const char *name = app->v.vm_log.value[i];
		bool in = !strcmp(name, "-");
		int fd = in ? STDIN_FILENO : open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		int err = fd < 0 ? -errno : tdxctl_facts_add_vm_log(facts, in ? "stdin" : name, fd);

		if (fd >= 0 && !in)
			close(fd);
		if (err)
			return cli_lib_error(app, err, "cannot read %s", name);
	}
	return 0;
}

int cmd_doctor(struct cli_app *app, int argc, char **argv)
{
	bool attestation = app->v.attestation ||
			   (app->v.group && !strcmp(app->v.group, "attestation"));
	struct tdxctl_thresholds limits;
	struct tdxctl_finding *list;
	struct tdxctl_facts *facts;
	size_t count, i;
	int err;

	for (i = 0; app->v.explain && i < tdxctl_rule_count(); i++)
		if (!strcmp(tdxctl_rule_at(i)->id, app->v.explain))
			break;
	if (app->v.explain && i == tdxctl_rule_count())
		return unknown_rule(app);
	if (app->v.explain && tdxctl_rule_at(i)->group == TDXCTL_GROUP_ATTESTATION)
		attestation = true;
	err = tdxctl_facts_get(app->ctx, TDXCTL_FACTS_ALL, &facts);
	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	err = add_vm_logs(app, facts);
	if (err) {
		tdxctl_facts_free(facts);
		return err;
	}
	cli_limits_of_host(app, &limits);
	err = tdxctl_doctor(facts, &limits, attestation, &list, &count);
	tdxctl_facts_free(facts);
	if (err)
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	tdxctl_findings_sort(list, count);
	err = show_all(app, list, choose(app, list, count));
	tdxctl_findings_free(list, count);
	return err;
}
