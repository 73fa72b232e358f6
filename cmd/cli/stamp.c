// SPDX-License-Identifier: GPL-2.0-only
/* The time and the host name in every JSON document. */
#include <string.h>

#include "cli.h"

enum { TIME, HOST, HOSTNAME };
static const struct cli_field fields[] = {
	[TIME] = { .key = "time", .type = OUT_STR },
	[HOST] = { .key = "host", .type = OUT_STR },
	[HOSTNAME] = { .key = "hostname", .type = OUT_STR },
};

int cli_time(struct cli_app *app)
{
	if (!app->v.time_form || strcmp(app->v.time_form, "iso"))
		return 0;
	if (!tdxctl_host_time(app->ctx, &app->mode.now))
		return 0;
	return cli_error(app, CLI_NO_HELPER, "not-supported", "Run it without --time=iso.",
			 "the time of %s is not known",
			 app->v.emulate ? "an emulated host" : "this host");
}

void cli_stamp_to(const struct cli_app *app, struct tdxctl_ctx *ctx, struct out_node *root)
{
	/* Two verbs already had an object "host" of their own. */
	const struct cli_field *f = &fields[app->cmd && app->cmd->host_object ? HOSTNAME : HOST];
	bool other = app->v.emulate || app->v.root || app->v.from_report;
	const char *why = !app->opened	     ? "the host was not read" :
			  app->v.emulate     ? "an emulated host has none" :
			  app->v.root	     ? "not in the captured host" :
			  app->v.from_report ? "not in the report" :
					       "cannot be read";
	char text[256];
	uint64_t now;

	if ((app->opened || !other) && !tdxctl_host_time(ctx, &now) &&
	    text_time(text, sizeof(text), now))
		out_str(root, &fields[TIME], text);
	else
		out_unknown(root, &fields[TIME], why);
	if ((app->opened || !other) && !tdxctl_host_name(ctx, text, sizeof(text)))
		out_str(root, f, text);
	else
		out_unknown(root, f, why);
}

void cli_stamp(struct cli_app *app, struct tdxctl_ctx *ctx)
{
	if (!app->stamped)
		cli_stamp_to(app, ctx, out_root(app->out));
	app->stamped = true;
}
