/* SPDX-License-Identifier: GPL-2.0-only */
/* trace and stat: calls to the TDX module. */
#ifndef TDXCTL_CMD_TRACE_H
#define TDXCTL_CMD_TRACE_H

#include "cli/cli.h"

extern const struct cli_field stat_table;

int cmd_trace(struct cli_app *app, int argc, char **argv);
int cmd_stat(struct cli_app *app, int argc, char **argv);

struct tdxctl_trace;
struct tdxctl_trace_options;

/*
 * Starts to observe the host of @app, only the TD of --td if it is given. Returns 0, or an
 * exit code with the error recorded.
 */
int trace_start(struct cli_app *app, struct tdxctl_trace_options *opts, struct tdxctl_trace **out);

#endif
