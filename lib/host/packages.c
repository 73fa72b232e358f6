/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds packages without an online CPU in the facts: for the health checks and for doctor. */
#include <stdio.h>
#include "host.h"

/* The kernel logs this line when it refuses a TD for lack of an online CPU in a package. */
#define REFUSED "All packages need to have online CPU to create TD"

static bool any_cpu_offline(const struct tdxctl_snapshot *s)
{
	for (size_t i = 0; i < s->nr_cpus; i++)
		if (!s->cpus[i].online)
			return true;
	return false;
}

/* Returns the number that follows @key in the kernel log, or -1. */
static long number_in_log(const struct tdxctl_facts *f, const char *key)
{
	const char *p = f->log.text ? strstr(f->log.text, key) : NULL;
	unsigned int n;

	return p && sscanf(p + strlen(key), "%8u", &n) == 1 ? (long)n : -1;
}

void packages_offline(const struct tdxctl_facts *f, struct package_gap *g)
{
	const struct tdxctl_snapshot *s = f->snap;
	long all;

	*g = (struct package_gap){ .found = TDXCTL_NO, .sure = true, .total = s->nr_packages };
	for (size_t i = 0; i < s->nr_packages; i++)
		if (s->packages[i].present_cpus && !s->packages[i].online_cpus && !g->count++)
			snprintf(g->what, sizeof(g->what), "package %u", s->packages[i].id);
	if (g->count) {
		g->found = TDXCTL_YES;
		return;
	}
	/*
	 * sysfs does not show the package of an offline CPU, but the boot log has the
	 * number of packages.
	 */
	if (!tdxctl_has_seamcalls(s) && any_cpu_offline(s)) {
		uint64_t seen = 0;

		for (size_t i = 0; i < s->nr_packages; i++)
			seen += s->packages[i].online_cpus > 0;
		all = number_in_log(f, "ogical packages:");
		g->sure = number_in_log(f, "present CPUs plus ") <= 0;
		if (all > 0)
			g->total = (uint64_t)all;
		if (all > (long)seen) {
			snprintf(g->what, sizeof(g->what), "one of %ld packages", all);
			g->count = (uint64_t)all - seen;
			g->found = TDXCTL_YES;
		}
		if (all > 0)
			goto refused;
	}
	if (f->nodes_offline) {
		snprintf(g->what, sizeof(g->what), "node %d", __builtin_ctzll(f->nodes_offline));
		g->sure = false;
		g->count = 1;
		g->total = 0;
		g->found = TDXCTL_YES;
	} else if (!s->nr_packages || f->cpus_unplaced) {
		g->found = TDXCTL_TRI_UNKNOWN;
	}
refused:
	g->refused = g->found == TDXCTL_YES && f->log.text && strstr(f->log.text, REFUSED);
}
