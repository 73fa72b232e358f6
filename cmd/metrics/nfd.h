/* SPDX-License-Identifier: GPL-2.0-only */
/* nfd.c: a feature file for Node Feature Discovery. */
#ifndef TDXCTL_NFD_H
#define TDXCTL_NFD_H

#include <facts.h>
#include <health.h>

#include "cli/cli.h"

struct nfd_host {
	const struct tdxctl_facts *facts;
	const struct tdxctl_health_report *health;
	bool captured; /* a directory of files of a host */
	uint64_t now;  /* its time, in seconds since 1970; 0 unknown */
};

/* Prints the features of the host. */
void nfd_print(FILE *out, const struct nfd_host *h);

#endif
