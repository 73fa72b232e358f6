// SPDX-License-Identifier: GPL-2.0-only
/* Opens the host and checks that the verb can work on it. */
#include <errno.h>
#include <string.h>

#include <report.h>

#include "cli.h"

int cli_open_host(struct cli_app *app)
{
	int err = 0;

	if (app->v.from_report) {
		struct tdxctl_report *r = NULL;

		err = tdxctl_report_read(app->ctx, app->v.from_report, &r);
		if (err == -ENOENT || err == -EINVAL || err == -EFBIG)
			return cli_lib_error_as(app, CLI_FAILED, "report-file", err, "%s",
						app->v.from_report);
		if (err)
			return cli_lib_error(app, err, "%s", app->v.from_report);
		tdxctl_set_report(app->ctx, r);
	}
	if (app->v.root) {
		err = tdxctl_set_root(app->ctx, app->v.root);
		if (err)
			return cli_lib_error(app, err, "%s", app->v.root);
	}
	if (app->v.emulate_file && !strcmp(app->v.emulate_file, "-"))
		return cli_error(app, CLI_USAGE, "usage",
				 "Write it to a file: 'tdxctl emulate init FILE'.",
				 "an emulated host must be a file, because verbs change it");
	if (app->v.emulate) {
		err = tdxctl_set_emulated(app->ctx, app->v.emulate_file);
		if (err == -ENOENT || err == -EINVAL || err == -EFBIG) {
			cli_lib_error_as(app, CLI_FAILED, "host-file", err, "%s",
					 app->v.emulate_file);
			return CLI_FAILED;
		}
		if (err)
			return cli_lib_error(app, err, "%s",
					     app->v.emulate_file ? app->v.emulate_file :
								   "emulated host");
	}
	return 0;
}

int cli_check_needs(struct cli_app *app)
{
	unsigned int needs = app->cmd->needs;
	const char *lacks;
	char name[64];
	bool host;
	int err;

	cli_cmd_name(app->cmd, name, sizeof(name));
	if ((needs & CLI_NEED_REAL) && app->v.emulate)
		return cli_error(app, CLI_USAGE, "usage", "Run it without --emulate.",
				 "%s: an emulated host has no kernel module", name);
	lacks = needs & CLI_NEED_REAL ? "has no kernel module" :
		needs & CLI_NEED_TIME ? "does not change, so there is nothing to wait for" :
					"cannot be changed";
	if ((needs & (CLI_NEED_REAL | CLI_NEED_LIVE)) && (app->v.root || app->v.from_report))
		return cli_error(app, CLI_USAGE, "usage",
				 app->v.root ? "Run it without --root." :
					       "Run it without --from-report.",
				 "%s: a %s %s", name, app->v.root ? "captured host" : "report",
				 lacks);
	if (!(needs & CLI_NEED_SNAPSHOT))
		return 0;
	tdxctl_set_brief(app->ctx, !(needs & CLI_NEED_NAMES));
	err = tdxctl_snapshot_get(app->ctx, &app->snap);
	/* The group that may read from the helper is no help for such a verb. */
	if (err == -EACCES && (needs & CLI_NEED_ADMIN))
		return cli_error(app, CLI_PERMISSION, "permission",
				 "Run as root (CAP_SYS_ADMIN is required).", "%s: %s", name,
				 tdxctl_error(app->ctx));
	if (err)
		return cli_lib_error(app, err, "cannot read host state");
	host = app->snap->source == TDXCTL_SOURCE_HOST;
	if (!app->snap->platform.has_tdx &&
	    ((needs & CLI_NEED_TDX) || ((needs & CLI_NEED_LEDGER) && host)))
		return cli_error(app, CLI_NO_TDX, "no-tdx", "'tdxctl doctor' shows why.",
				 "this host has no TDX, or it is off");
	if ((needs & CLI_NEED_LEDGER) && host) {
		if (app->v.root || app->v.from_report)
			return cli_error(app, CLI_NO_HELPER, "helper-missing",
					 "'tdxctl status' shows what is known without it.",
					 "%s: needs the helper, %s", name,
					 app->v.root ?
						 "but a captured host has only files" :
						 "but it was not loaded when the report was written");
		return cli_error(app, CLI_NO_HELPER, "helper-missing",
				 "Load the helper with 'tdxctl helper load'.",
				 "%s: the helper is not loaded", name);
	}
	return 0;
}
