/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The same TDs in two snapshots. */
#include <stdlib.h>
#include "model.h"

/* The TDs of a snapshot in the order of their ids; TDs without one are left out. */
struct index {
	uint32_t id;
	size_t at;
};

static int by_id(const void *a, const void *b)
{
	const struct index *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static size_t find(const struct tdxctl_snapshot *s, const struct index *idx, size_t n,
		   const struct tdxctl_td *td)
{
	const struct index key = { .id = td->id }, *hit;

	if (td->id) {
		hit = bsearch(&key, idx, n, sizeof(*idx), by_id);
		return hit && tdxctl_same_td(&s->tds[hit->at].td, td) ? hit->at : SIZE_MAX;
	}
	for (size_t i = 0; i < s->nr_tds; i++)
		if (!s->tds[i].td.id && tdxctl_same_td(&s->tds[i].td, td))
			return i;
	return SIZE_MAX;
}

int tdxctl_match_tds(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now,
		     size_t **out)
{
	struct index *idx = calloc(before->nr_tds + 1, sizeof(*idx));
	size_t *at = calloc(now->nr_tds + 1, sizeof(*at)), n = 0;

	if (!idx || !at) {
		free(idx);
		free(at);
		return -ENOMEM;
	}
	for (size_t i = 0; i < before->nr_tds; i++)
		if (before->tds[i].td.id)
			idx[n++] = (struct index){ before->tds[i].td.id, i };
	qsort(idx, n, sizeof(*idx), by_id);
	for (size_t i = 0; i < now->nr_tds; i++)
		at[i] = find(before, idx, n, &now->tds[i].td);
	free(idx);
	*out = at;
	return 0;
}
