/* SPDX-License-Identifier: GPL-2.0-only */
/* Parts of the output of status. */
#ifndef TDXCTL_STATUS_H
#define TDXCTL_STATUS_H

#include <facts.h>

#include "cli/cli.h"

int cmd_status(struct cli_app *app, int argc, char **argv);

void status_platform(struct cli_app *app, struct out_node *root, const struct tdxctl_facts *facts);
/* Without the helper: null in JSON, nothing in text. */
void status_helper(struct out_node *root, const struct tdxctl_snapshot *s);

#endif
