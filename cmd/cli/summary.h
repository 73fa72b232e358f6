/* SPDX-License-Identifier: GPL-2.0-only */
/* A host, in one line per subject; in JSON, an object each. */
#ifndef TDXCTL_CLI_SUMMARY_H
#define TDXCTL_CLI_SUMMARY_H

#include "cli.h"

void view_summary_hkids(struct out_node *root, const struct tdxctl_facts *facts);
void view_summary_tds(struct out_node *root, const struct tdxctl_facts *facts);
void view_summary_cpus(struct out_node *root, const struct tdxctl_snapshot *s);
void view_summary_locks(struct out_node *root, const struct tdxctl_snapshot *s);

#endif
