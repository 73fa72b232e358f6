/* SPDX-License-Identifier: GPL-2.0-only */
/* nfd.c: a feature file for Node Feature Discovery. */
#ifndef TDXCTL_NFD_H
#define TDXCTL_NFD_H

#include <facts.h>

#include "cli/cli.h"

/* Prints the features of the host. @now: its time, in seconds since 1970; 0 unknown. */
void nfd_print(FILE *out, const struct tdxctl_facts *f, uint64_t now);

#endif
