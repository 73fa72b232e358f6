/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of the command line, and the verbs that have one file each. */
#ifndef TDXCTL_CMD_H
#define TDXCTL_CMD_H

#include "cli/cli.h"

extern const struct cli_table cmd_table;

/* What -o, --sort and --no-headers are about. */
extern const struct cli_field hkid_table, lock_table, cpu_table, cpu_plan_table, keys_table;

int cmd_hkid(struct cli_app *app, int argc, char **argv);
int cmd_td_list(struct cli_app *app, int argc, char **argv);
int cmd_td_show(struct cli_app *app, int argc, char **argv);
int cmd_lock(struct cli_app *app, int argc, char **argv);
int cmd_cpu_check(struct cli_app *app, int argc, char **argv);
int cmd_cpu_plan(struct cli_app *app, int argc, char **argv);
int cmd_helper_load(struct cli_app *app, int argc, char **argv);
int cmd_helper_unload(struct cli_app *app, int argc, char **argv);
int cmd_helper_status(struct cli_app *app, int argc, char **argv);
int cmd_doctor(struct cli_app *app, int argc, char **argv);
int cmd_decode(struct cli_app *app, int argc, char **argv);
int cmd_keys(struct cli_app *app, int argc, char **argv);
int cmd_emulate_init(struct cli_app *app, int argc, char **argv);
int cmd_emulate_play(struct cli_app *app, int argc, char **argv);
int cmd_dump_cli(struct cli_app *app, int argc, char **argv);
int cmd_complete_vms(struct cli_app *app, int argc, char **argv);
int cmd_complete_words(struct cli_app *app, int argc, char **argv);

#endif
