/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines that tests/bench/run.sh reads. */
#ifndef TDXCTL_TESTS_BUDGET_H
#define TDXCTL_TESTS_BUDGET_H

#include <stdio.h>

static inline void ratio(const char *what, double value, double budget, const char *detail)
{
	printf("%-52s %8.3f of %5.2f  %s  (%s)\n", what, value, budget,
	       value <= budget ? "ok  " : "OVER", detail);
}

#endif
