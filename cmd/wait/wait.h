/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb wait: for free HKIDs, or for the end of a teardown. */
#ifndef TDXCTL_CMD_WAIT_H
#define TDXCTL_CMD_WAIT_H

#include "cli/cli.h"

#define NS_PER_S 1000000000ULL

int cmd_wait(struct cli_app *app, int argc, char **argv);

/* ---- poll.c ---- */

/* From now on, SIGINT and SIGTERM only ask to end. */
void wait_catch(void);
/* Whether a signal asks to end. */
bool wait_stopped(void);
/* Sleeps until the next poll, or a signal. */
void wait_nap(uint64_t ns);

/* ---- hkids.c, gone.c: return the exit code ---- */

int wait_hkids(struct cli_app *app);
/* @argv: a command that ends the VM, and its arguments. */
int wait_gone(struct cli_app *app, int argc, char **argv);

#endif
