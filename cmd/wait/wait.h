/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb wait: for free HKIDs, or for the end of a teardown. */
#ifndef TDXCTL_CMD_WAIT_H
#define TDXCTL_CMD_WAIT_H

#include "cli/cli.h"

int cmd_wait(struct cli_app *app, int argc, char **argv);

/* ---- hkids.c, gone.c: return the exit code ---- */

int wait_hkids(struct cli_app *app);
/* @argv: a command that ends the VM, and its arguments. */
int wait_gone(struct cli_app *app, int argc, char **argv);

#endif
