// SPDX-License-Identifier: GPL-2.0-only
/*
 * report: everything about this host in one document that can be shared. The state of the
 * host is read once, with names masked, and the verbs then run on that copy, so their
 * output cannot contain anything that was masked.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

#define SECTION(heading, v, n, json_key) \
	{ \
		.title = heading, .verb = v, .noun = n, .field = { \
			.key = json_key, \
			.type = OUT_OBJECT \
		} \
	}

/* In the order of the document. */
static const struct report_section sections[] = {
	SECTION("Findings", "doctor", NULL, "doctor"),
	SECTION("Checks", "check", NULL, "check"),
	SECTION("Status", "status", NULL, "status"),
	SECTION("HKIDs", "hkid", NULL, "hkid"),
	SECTION("TDs", "td", "list", "td"),
	SECTION("Locks", "lock", NULL, "lock"),
	SECTION("CPUs", "cpu", "check", "cpu"),
};

enum { TOOL_VERSION };
static const struct cli_field tool = { .key = "tool", .type = OUT_OBJECT };
static const struct cli_field tool_fields[] = {
	[TOOL_VERSION] = { .key = "version", .type = OUT_STR },
};

static const struct cli_cmd *find_cmd(const struct cli_table *t, const char *verb, const char *noun)
{
	for (size_t i = 0; i < t->nr_cmds; i++)
		if (!strcmp(t->cmds[i].verb, verb) &&
		    (noun ? t->cmds[i].noun && !strcmp(t->cmds[i].noun, noun) : !t->cmds[i].noun))
			return &t->cmds[i];
	return NULL;
}

/* Runs the verb on the report in @ctx. Its output, including errors, is in s->out. */
static int run_section(const struct cli_table *t, struct tdxctl_ctx *ctx, struct report_section *s)
{
	char *none[] = { NULL };
	struct cli_app sub = { .table = t, .ctx = ctx, .cmd = find_cmd(t, s->verb, s->noun) };

	sub.v.all = true;

	s->out = sub.out = out_new();
	if (!s->out)
		return -ENOMEM;
	if (!cli_check_needs(&sub))
		sub.cmd->run(&sub, 0, none);
	tdxctl_snapshot_free(sub.snap);
	return out_failed(s->out) ? -ENOMEM : 0;
}

static void as_json(struct out_node *root, struct report_section *s, const struct tdxctl_report *r)
{
	out_str(out_object(root, &tool), &tool_fields[TOOL_VERSION], TDXCTL_VERSION);
	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		const char *why = out_error_message(s[i].out);

		if (why && !out_root(s[i].out)->first)
			out_unknown(root, &s[i].field, why);
		else
			out_graft(out_object(root, &s[i].field), s[i].out);
	}
	report_host(root, r);
}

static int write_report(struct cli_app *app, struct tdxctl_ctx *ctx, const struct tdxctl_report *r)
{
	struct report_section list[ARRAY_SIZE(sections)];
	int err = 0;

	memcpy(list, sections, sizeof(list));
	for (size_t i = 0; !err && i < ARRAY_SIZE(list); i++)
		err = run_section(app->table, ctx, &list[i]);
	if (!err && app->v.json) {
		cli_stamp(app, ctx);
		as_json(out_root(app->out), list, r);
	} else if (!err) {
		app->silent = true;
		err = report_markdown(stdout, list, ARRAY_SIZE(list), r);
	}
	/* The tree refers to the fields in @list, so print it before they are freed. */
	if (!err && app->v.json) {
		app->silent = true;
		err = out_failed(app->out) ? -ENOMEM : out_json(app->out, stdout, "report");
	}
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		out_free(list[i].out);
	return err;
}

int cmd_report(struct cli_app *app, int argc, char **argv)
{
	struct tdxctl_report *r;
	struct tdxctl_ctx *ctx;
	int err;

	/* Markdown has the document too. */
	err = cli_load_json(app);
	if (err)
		return err;
	err = tdxctl_report_take(app->ctx, !app->v.no_redact, &r);
	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	err = tdxctl_new(&ctx);
	if (err) {
		tdxctl_report_free(r);
		return cli_error(app, CLI_FAILED, "no-memory", "", "out of memory");
	}
	tdxctl_set_report(ctx, r);
	err = write_report(app, ctx, r);
	tdxctl_free(ctx);
	return err ? cli_error(app, CLI_FAILED, "no-memory", "", "out of memory") : CLI_OK;
}
