// SPDX-License-Identifier: GPL-2.0-only
/* wait: for free HKIDs, or for the end of a teardown. */
#include "wait.h"

int cmd_wait(struct cli_app *app, int argc, char **argv)
{
	if (!app->v.hkids_free == !app->v.gone)
		return cli_error(app, CLI_USAGE, "usage", "See 'tdxctl wait --help'.",
				 "wait: one of --hkids-free N and --gone VM is required");
	if (argc && !app->v.gone)
		return cli_error(app, CLI_USAGE, "usage", "See 'tdxctl wait --help'.",
				 "wait: a command is only allowed with --gone");
	cli_stop_begin();
	return app->v.gone ? wait_gone(app, argc, argv) : wait_hkids(app);
}
