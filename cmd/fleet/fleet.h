/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb fleet: one line for each of many reports. */
#ifndef TDXCTL_CMD_FLEET_H
#define TDXCTL_CMD_FLEET_H

#include <doctor.h>

#include "cli/cli.h"

/* The row of one report. Processes share it, so it has no pointers. */
struct fleet_host {
	bool read; /* else @error */
	char error[240];
	char hostname[256]; /* "" unknown */
	char kernel[72], module[32];
	uint64_t time;				  /* when the report was taken; 0 unknown */
	uint64_t hkids_free, hkids_total, leaked; /* TDXCTL_UNKNOWN, with the reason */
	char hkids_why[160], leaked_why[160];
	enum tdxctl_rule_state state; /* the worst of all rules */
	unsigned int count[TDXCTL_RULE_STATES];
	char rule[64], advice[480]; /* of the first finding; "" none */
};

extern const struct cli_field fleet_table;
int cmd_fleet(struct cli_app *app, int argc, char **argv);

/* ---- host.c ---- */

/* Reads and examines the report @file; "-" is standard input. */
void fleet_examine(const char *file, struct fleet_host *h);

/* ---- work.c ---- */

/*
 * Examines @count reports with as many processes as CPUs. *@out belongs to the caller until
 * it ends. Returns 0 or -errno.
 */
int fleet_work(char *const *files, size_t count, struct fleet_host **out);

#endif
