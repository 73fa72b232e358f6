// SPDX-License-Identifier: GPL-2.0-only
/* The limits of status and check. */
#include <errno.h>

#include <health.h>

#include "cli.h"

int cli_limits(struct cli_app *app, const char *file, struct tdxctl_thresholds *t, bool *found)
{
	int err;

	tdxctl_thresholds_default(t);
	err = tdxctl_conf_read(app->ctx, file, t);
	*found = !err;
	return err == -ENOENT && !file ? 0 : err;
}

void cli_limits_of_host(struct cli_app *app, struct tdxctl_thresholds *t)
{
	bool found;

	if (cli_limits(app, NULL, t, &found))
		cli_note(app, "tdxctl: warning: %s; using the default limits",
			 tdxctl_error(app->ctx));
}
