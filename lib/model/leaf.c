/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Leaves of the TDX module: their names as patterns, and the times of their calls. */
#include <fnmatch.h>
#include "model.h"
#include "tdx.h"
#include "trace.h"

bool tdxctl_leaf_is_page(unsigned int leaf)
{
	switch (leaf) {
	case TDH_MEM_SEPT_ADD:
	case TDH_MEM_PAGE_ADD:
	case TDH_MR_EXTEND:
	case TDH_MEM_PAGE_AUG:
	case TDH_MEM_RANGE_BLOCK:
	case TDH_MEM_TRACK:
	case TDH_MEM_PAGE_REMOVE:
	case TDH_PHYMEM_PAGE_RECLAIM:
		return true;
	default:
		return false;
	}
}

bool tdxctl_leaf_matches(const char *glob, unsigned int leaf)
{
	const char *name = tdxctl_leaf_str(leaf);

	return name && (!fnmatch(glob, name, FNM_CASEFOLD) ||
			(!strncmp(name, "TDH.", 4) && !fnmatch(glob, name + 4, FNM_CASEFOLD)));
}

uint64_t tdxctl_leaf_timed(const struct tdxctl_leaf *leaf)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < TDXCTL_HIST_BUCKETS; i++)
		n += leaf->hist[i];
	return n;
}

uint64_t tdxctl_leaf_percentile(const struct tdxctl_leaf *leaf, unsigned int percent)
{
	uint64_t sum = 0, total = tdxctl_leaf_timed(leaf), wanted = (total * percent + 99) / 100;
	unsigned int i;

	for (i = 0; total && i < TDXCTL_HIST_BUCKETS; i++) {
		uint64_t bound = 2ULL << i;

		sum += leaf->hist[i];
		if (sum >= wanted)
			return i + 1 == TDXCTL_HIST_BUCKETS || bound > leaf->max_ns ? leaf->max_ns :
										      bound;
	}
	return 0;
}
