/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The MSRs that are read on each package. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include "host.h"

static const uint32_t numbers[TDXCTL_MSR_COUNT] = {
#define X(num, id) [TDXCTL_MSR_##id] = num,
	TDXCTL_MSRS(X)
#undef X
};

uint32_t tdxctl_msr_number(enum tdxctl_msr msr)
{
	return numbers[msr];
}

bool msr_wanted(size_t i, bool all)
{
	return all || i == TDXCTL_MSR_KEYID || i == TDXCTL_MSR_TME_ACTIVATE;
}

void msrs_unknown(struct tdxctl_msr_set *s, bool all, const char *reason)
{
	for (size_t i = 0; i < TDXCTL_MSR_COUNT; i++)
		if (msr_wanted(i, all))
			s->msr[i] = (struct tdxctl_val){ .reason = reason };
}

int host_msrs(struct tdxctl_ctx *ctx, const struct tdxctl_snapshot *snap, enum tdxctl_msrs which,
	      void (*read)(struct tdxctl_ctx *ctx, struct tdxctl_msr_set *s, bool all),
	      struct tdxctl_msr_set **out, size_t *count)
{
	struct tdxctl_msr_set *sets = calloc(snap->nr_packages + 1, sizeof(*sets));
	size_t n = 0;

	if (!sets)
		return ctx_nomem(ctx);
	for (size_t i = 0; i < snap->nr_packages; i++) {
		struct tdxctl_msr_set *s = &sets[n];
		size_t c;

		for (c = 0; c < snap->nr_cpus; c++)
			if (snap->cpus[c].online && snap->cpus[c].package == snap->packages[i].id)
				break;
		if (c == snap->nr_cpus)
			continue;
		s->package = snap->packages[i].id;
		s->cpu = snap->cpus[c].cpu;
		msrs_unknown(s, true, src_not_asked);
		if (which == TDXCTL_MSRS_ALL || (which == TDXCTL_MSRS_KEYIDS && !n))
			read(ctx, s, which == TDXCTL_MSRS_ALL);
		n++;
	}
	*out = sets;
	*count = n;
	return 0;
}
