// SPDX-License-Identifier: GPL-2.0-only
/* Looks at the host, and compares with the look before. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "top.h"

/* The TDs of a snapshot in the order of their numbers; TDs without a number are left out. */
struct index {
	uint32_t id;
	size_t at;
};

static int by_id(const void *a, const void *b)
{
	const struct index *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

static struct index *make_index(const struct tdxctl_snapshot *s, size_t *n)
{
	struct index *idx = calloc(s->nr_tds + 1, sizeof(*idx));

	*n = 0;
	for (size_t i = 0; idx && i < s->nr_tds; i++)
		if (s->tds[i].td.id)
			idx[(*n)++] = (struct index){ s->tds[i].td.id, i };
	if (idx)
		qsort(idx, *n, sizeof(*idx), by_id);
	return idx;
}

/* The same TD in the snapshot before, or NULL. */
static struct tdxctl_td_view *find(const struct tdxctl_snapshot *s, const struct index *idx,
				   size_t n, const struct tdxctl_td *td)
{
	const struct index key = { .id = td->id }, *hit;

	if (td->id) {
		hit = bsearch(&key, idx, n, sizeof(*idx), by_id);
		return hit && tdxctl_same_td(&s->tds[hit->at].td, td) ? &s->tds[hit->at] : NULL;
	}
	for (size_t i = 0; i < s->nr_tds; i++)
		if (!s->tds[i].td.id && tdxctl_same_td(&s->tds[i].td, td))
			return &s->tds[i];
	return NULL;
}

/* Whether counters of @now go on from those of @before. */
static bool goes_on(const struct tdxctl_snapshot *before, const struct tdxctl_snapshot *now)
{
	return before->source == now->source && before->hdr.now_ns <= now->hdr.now_ns &&
	       before->hdr.seamcalls <= now->hdr.seamcalls &&
	       before->info.attached_ns == now->info.attached_ns &&
	       !strcmp(before->info.provider, now->info.provider);
}

/* Reading names takes most of the time, and they do not change: they are taken over. */
static bool take_names(struct tdxctl_snapshot *before, struct tdxctl_snapshot *now)
{
	bool all = true;
	size_t n;
	struct index *idx = make_index(before, &n);

	if (!idx)
		return false;
	for (size_t i = 0; i < now->nr_tds; i++) {
		struct tdxctl_vm *vm = &now->tds[i].vm, was = *vm;
		struct tdxctl_td_view *old = find(before, idx, n, &now->tds[i].td);

		if (!old) {
			all = false;
		} else if (!vm->uuid && !vm->gone && old->vm.pid == vm->pid) {
			*vm = old->vm;
			old->vm = was;
		}
	}
	free(idx);
	return all;
}

static int compare(struct sample *s, struct view_live *live)
{
	const struct tdxctl_snapshot *now = s->now->snap, *before = s->before->snap;
	size_t n;
	struct index *idx = make_index(before, &n);

	if (!idx)
		return -ENOMEM;
	for (size_t i = 0; i < now->nr_tds; i++) {
		const struct tdxctl_td *td = &now->tds[i].td, *was;
		const struct tdxctl_td_view *old = find(before, idx, n, td);
		uint64_t most = s->live && old ? s->live[old - before->tds].most_pages : 0;

		if (td->private_pages != TDXCTL_UNKNOWN && td->private_pages > most)
			most = td->private_pages;
		live[i].most_pages = most;
		if (!old)
			continue;
		was = &old->td;
		live[i].known = true;
		if (s->seconds <= 0)
			continue;
		live[i].calls_per_second = sample_rate(s, td->seamcalls, was->seamcalls);
		if (td->private_pages != TDXCTL_UNKNOWN && was->private_pages != TDXCTL_UNKNOWN)
			live[i].pages_per_second =
				(int64_t)(((double)td->private_pages - (double)was->private_pages) /
					  s->seconds);
	}
	free(idx);
	return 0;
}

uint64_t sample_rate(const struct sample *s, uint64_t now, uint64_t before)
{
	if (s->seconds <= 0 || now < before)
		return 0;
	return (uint64_t)((double)(now - before) / s->seconds + 0.5);
}

static int look(struct sample *s, struct tdxctl_ctx *ctx, struct tdxctl_facts **out)
{
	int err;

	tdxctl_set_brief(ctx, s->now != NULL);
	err = tdxctl_facts_get(ctx, TDXCTL_FACTS_STATUS, out);
	if (err || !s->now || (*out)->snap->source != TDXCTL_SOURCE_HELPER ||
	    take_names(s->now->snap, (*out)->snap))
		return err;
	/* There is a new TD. */
	tdxctl_facts_free(*out);
	tdxctl_set_brief(ctx, false);
	return tdxctl_facts_get(ctx, TDXCTL_FACTS_STATUS, out);
}

int sample_take(struct sample *s, struct tdxctl_ctx *ctx)
{
	struct sample next = { .live = s->live };
	struct view_live *live;
	int err;

	err = look(s, ctx, &next.now);
	if (err)
		return err;
	live = calloc(next.now->snap->nr_tds + 1, sizeof(*live));
	if (!live) {
		tdxctl_facts_free(next.now);
		return -ENOMEM;
	}
	if (s->now && goes_on(s->now->snap, next.now->snap)) {
		next.before = s->now;
		next.seconds =
			(double)(next.now->snap->hdr.now_ns - s->now->snap->hdr.now_ns) / 1e9;
		err = compare(&next, live);
	} else {
		next.restarted = s->now != NULL;
		for (size_t i = 0; i < next.now->snap->nr_tds; i++)
			if (next.now->snap->tds[i].td.private_pages != TDXCTL_UNKNOWN)
				live[i].most_pages = next.now->snap->tds[i].td.private_pages;
	}
	if (err) {
		tdxctl_facts_free(next.now);
		free(live);
		return err;
	}
	tdxctl_facts_free(s->before);
	if (!next.before)
		tdxctl_facts_free(s->now);
	free(s->live);
	*s = next;
	s->live = live;
	return 0;
}

void sample_free(struct sample *s)
{
	tdxctl_facts_free(s->now);
	tdxctl_facts_free(s->before);
	free(s->live);
	*s = (struct sample){ 0 };
}
